/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lockstep: every run goes on to the end of its next operation, then the first run is compared
 * with each other one.
 */
#include "compare.h"

#include <string.h>

#define TELL_EVERY 64 /* operations */

/* -- is it the same operation? ----------------------------------------------------------------- */

static bool same_process(const struct compare *c, u32 run)
{
	const struct run *a = c->runs[0], *b = c->runs[run];

	if (a->index != b->index || !a->op.pid != !b->op.pid)
		return false;
	return peer_of(c, 0, a->index, a->op.pid) == peer_of(c, run, b->index, b->op.pid);
}

/* Does the next word of an operation's arguments begin with these letters? */
static bool is_word(const char *at, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(at, word, n);
}

/* Frames have other numbers on another kernel; places other addresses. */
static bool same_argument(const struct compare *c, u32 run, const char *name, size_t n, u32 i)
{
	u64 a = c->runs[0]->op.arg[i], b = c->runs[run]->op.arg[i];

	if (is_word(name, n, "pfn"))
		return true;
	if (is_word(name, n, "at") || is_word(name, n, "to"))
		return a == b || same_address(c, run, (u32)a, (u32)b);
	return a == b;
}

/* The arguments are named in the table of operations. */
static bool same_arguments(const struct compare *c, u32 run)
{
	const struct op *a = &c->runs[0]->op, *b = &c->runs[run]->op;
	const char *name = op_rows[a->kind].args;
	u32 i = 0;

	while (*name) {
		size_t n = strcspn(name, " ");

		if (is_word(name, n, "text")) {
			if (strcmp(a->text, b->text))
				return false;
		} else if (!is_word(name, n, "pid")) {
			if (!same_argument(c, run, name, n, i++))
				return false;
		}
		name += n + (name[n] == ' ');
	}
	return true;
}

static bool same_op(const struct compare *c, u32 run)
{
	return c->runs[0]->op.kind == c->runs[run]->op.kind && same_process(c, run) &&
	       same_arguments(c, run);
}

/* -- is it the same answer? -------------------------------------------------------------------- */

/* What of an operation's answer a user's program gets to see. */
enum answer {
	ANSWER_VALUE,   /* all: the value, signal or errno */
	ANSWER_ERROR,   /* only whether it failed: the value counts faults */
	ANSWER_PID,     /* the pid is the kernel's choice */
	ANSWER_ADDRESS, /* so is a mapping's place, unless it was asked for */
	ANSWER_NONE,    /* an experimenter's question: there is no such call */
};

static const u8 answers[NR_OPS] = {
	[OP_TASK] = ANSWER_PID, [OP_FORK] = ANSWER_PID, [OP_TOUCH] = ANSWER_ERROR,
	[OP_MMAP] = ANSWER_ADDRESS, [OP_MREMAP] = ANSWER_ADDRESS, [OP_BRK] = ANSWER_ADDRESS,
	[OP_RECLAIM] = ANSWER_NONE, [OP_REFILL] = ANSWER_NONE, [OP_KSWAPD] = ANSWER_NONE,
	[OP_REFERENCED] = ANSWER_NONE, [OP_UNMAP] = ANSWER_NONE,
};

static bool same_bits(const struct op *a, const struct op *b)
{
	return a->kind != OP_MINCORE || !memcmp(&a->arg[2], &b->arg[2], 4 * sizeof(a->arg[0]));
}

static bool same_answer(const struct compare *c, u32 run)
{
	const struct op *a = &c->runs[0]->op, *b = &c->runs[run]->op;

	if (answers[a->kind] == ANSWER_NONE)
		return true;
	if (a->error != b->error)
		return false;
	if (a->error < 0)
		return same_address(c, run, a->address, b->address);
	if (a->error)
		return true;
	switch (answers[a->kind]) {
	case ANSWER_VALUE:
		return a->ret == b->ret && same_bits(a, b);
	case ANSWER_ADDRESS:
		return same_address(c, run, (u32)a->ret, (u32)b->ret);
	default:
		return true;
	}
}

/* -- one step ---------------------------------------------------------------------------------- */

static u8 differs(struct compare *c, u32 run, enum verdict verdict)
{
	c->other = run;
	return c->verdict = (u8)verdict;
}

/* Every run is where it ends, or all did something. */
static u8 compare_ends(struct compare *c)
{
	for (u32 k = 1; k < c->n; k++)
		if (c->runs[k]->state != c->runs[0]->state)
			return differs(c, k, OTHER_OP);
	c->over = c->runs[0]->state != RUN_OP;
	return c->verdict = c->runs[0]->state == RUN_FAILED ? ALL_FAILED : SAME;
}

static u8 compare_ops(struct compare *c)
{
	for (u32 k = 1; k < c->n; k++)
		if (!same_op(c, k))
			return differs(c, k, OTHER_OP);
	return SAME;
}

static u8 compare_answers(struct compare *c)
{
	const struct run *first = c->runs[0];
	const struct peer *p = peer_of(c, 0, first->index, first->op.pid);

	for (u32 k = 1; k < c->n; k++)
		if (run_broken(first) != run_broken(c->runs[k]))
			return differs(c, k, OTHER_ANSWER);
	if (p ? p->apart : c->all_apart)
		return SAME;
	for (u32 k = 1; k < c->n; k++)
		if (!same_answer(c, k) && !history_explains(c, k))
			return differs(c, k, OTHER_ANSWER);
	return SAME;
}

/* Is the process alive here and dead there? */
static u8 compare_life(struct compare *c, struct peer *p, bool *alive)
{
	*alive = peer_alive(c, 0, p);
	for (u32 k = 1; k < c->n; k++) {
		if (peer_alive(c, k, p) == *alive)
			continue;
		if (!history_explains_death(c, k))
			return differs(c, k, OTHER_LIFE);
		p->apart = true;
	}
	return SAME;
}

static u8 compare_peer(struct compare *c, struct peer *p)
{
	bool alive;

	c->peer = p;
	if (compare_life(c, p, &alive) != SAME)
		return c->verdict;
	if (!alive || p->apart)
		return SAME;
	peer_ranges(c, 0, p, &c->first);
	for (u32 k = 1; k < c->n; k++) {
		peer_ranges(c, k, p, &c->second);
		if (same_ranges(&c->first, &c->second))
			continue;
		if (!history_explains_maps(c, k, p))
			return differs(c, k, OTHER_MAPS);
		peer_ranges(c, 0, p, &c->first); /* as it is again */
	}
	return SAME;
}

static u8 compare_peers(struct compare *c)
{
	u32 machine = c->runs[0]->index;

	for (u32 i = 0; i < c->nr_peers; i++)
		if (c->peers[i].machine == machine && !c->peers[i].apart &&
		    compare_peer(c, &c->peers[i]) != SAME)
			return c->verdict;
	return SAME;
}

/* The same signal everywhere: nothing came of it. */
static bool all_refused(const struct compare *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (c->runs[k]->op.error != c->runs[0]->op.error || c->runs[k]->op.error >= 0)
			return false;
	return true;
}

/* They stand at the end of the same operation. */
static u8 compare_here(struct compare *c)
{
	const struct run *first = c->runs[0];

	if (!first->op.done && !run_broken(first)) {
		history_note_lack(c);
		return SAME;
	}
	if (!all_refused(c) && history_reaches_beside(c))
		return SAME;
	if (compare_answers(c) != SAME)
		return c->verdict;
	history_follow(c);
	peers_follow(c);
	if (compare_peers(c) != SAME)
		return c->verdict;
	peers_forget(c);
	return c->at_reclaim && reclaim_differs(c) ? differs(c, 0, OTHER_RECLAIM) : SAME;
}

static u8 compare_step(struct compare *c)
{
	for (u32 k = 0; k < c->n; k++)
		run_next(c->runs[k]);
	if (compare_ends(c) != SAME || c->over)
		return c->verdict;
	if (compare_ops(c) != SAME)
		return c->verdict;
	c->ops++;
	return compare_here(c);
}

void compare_all(struct compare *c, void (*tell)(u64 ops))
{
	while (compare_step(c) == SAME && !c->over)
		if (tell && c->ops % TELL_EVERY == 0)
			tell(c->ops);
}
