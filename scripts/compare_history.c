/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two kernels may answer differently, because they did. Everything else that a user could see
 * is the same, or is an error of rmaplab's. The table is at the foot of the file.
 */
#include "compare.h"

#include <errno.h>
#include <string.h>

/* As operations take them, see op.h. */
enum { MAP_FIXED = 0x10, MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

/* Is the kernel one of those named? NULL names every one. */
static bool listed(const char *names, const struct kernel *k)
{
	size_t n = strlen(k->name);

	for (const char *at = names; at && *at; at += strcspn(at, " "), at += *at == ' ')
		if (!strncmp(at, k->name, n) && (at[n] == ' ' || !at[n]))
			return true;
	return !names;
}

static const struct op *op_of(const struct compare *c, u32 run)
{
	return &c->runs[run]->op;
}

static void note(struct compare *c, const struct history *h)
{
	size_t i = (size_t)(h - history);

	if (!c->noted[i].times++) {
		c->noted[i].first = c->ops;
		op_text(c->runs[0], c->noted[i].text, sizeof(c->noted[i].text));
	}
}

/* -- calls that one of the kernels lacks ------------------------------------------------------- */

/* The row that says so; NULL: every kernel has it. */
static const struct history *lack(const struct compare *c, const char *call)
{
	for (u32 i = 0; i < nr_history; i++)
		for (u32 k = 0; k < c->n && history[i].call; k++)
			if (!strcmp(history[i].call, call) &&
			    listed(history[i].kernels, c->runs[k]->kernel))
				return &history[i];
	return NULL;
}

bool history_lacks(const struct op *op, void *compare)
{
	return lack(compare, op_rows[op->kind].name) != NULL;
}

void history_note_lack(struct compare *c)
{
	const struct history *h = lack(c, op_rows[op_of(c, 0)->kind].name);

	if (h)
		note(c, h);
}

/* -- why an answer may differ ------------------------------------------------------------------ */

/* Could the kernel choose the address it answers? */
static bool free_choice(const struct op *op)
{
	if (op->kind == OP_MMAP)
		return !(op->arg[3] & MAP_FIXED);
	return op->kind == OP_MREMAP && !(op->arg[3] & MREMAP_FIXED);
}

/* May not move, and elsewhere there is no room to grow. */
static bool hemmed_in(const struct op *a, const struct op *b)
{
	return a->kind == OP_MREMAP && !(a->arg[3] & MREMAP_MAYMOVE) && a->arg[0] != b->arg[0] &&
	       a->error + b->error == ENOMEM;
}

static bool by_place(const struct compare *c, const struct history *h, u32 run)
{
	const struct op *a = op_of(c, 0), *b = op_of(c, run);

	(void)h;
	if (!c->runs[0]->kernel->top_down_mmap && !c->runs[run]->kernel->top_down_mmap)
		return false;
	return (free_choice(a) && !a->error && !b->error) || hemmed_in(a, b);
}

static bool by_residency(const struct compare *c, const struct history *h, u32 run)
{
	(void)h;
	return op_of(c, 0)->kind == OP_MINCORE && !op_of(c, 0)->error && !op_of(c, run)->error;
}

static u64 kills(const struct run *r)
{
	bool known;

	return inspect_counter(r->m, "oom_kills", &known);
}

/* The process was killed on one of them, now or before; or a new one found no memory. */
static bool by_memory(const struct compare *c, const struct history *h, u32 run)
{
	const struct op *a = op_of(c, 0), *b = op_of(c, run);
	s32 error = a->error ? a->error : b->error;

	(void)h;
	if (a->error && b->error)
		return false;
	if (error == -9 || error == ESRCH)
		return kills(c->runs[0]) || kills(c->runs[run]);
	return (a->kind == OP_FORK || a->kind == OP_TASK) && (error == ENOMEM || error == EAGAIN);
}

static bool is_access(const struct op *op)
{
	return op->kind == OP_READ || op->kind == OP_WRITE || op->kind == OP_TOUCH;
}

/* A page that was cut off a file is still mapped out of order: SIGBUS for the others. */
static bool by_lost_truncation(const struct compare *c, const struct history *h, u32 run)
{
	return c->nonlinear && c->truncated && is_access(op_of(c, 0)) &&
	       listed(h->kernels, c->runs[0]->kernel) != listed(h->kernels, c->runs[run]->kernel);
}

bool history_explains(struct compare *c, u32 run)
{
	for (u32 i = 0; i < nr_history; i++)
		if (history[i].explains && history[i].explains(c, &history[i], run)) {
			note(c, &history[i]);
			return true;
		}
	return false;
}

bool history_explains_death(struct compare *c, u32 run)
{
	if (!kills(c->runs[0]) && !kills(c->runs[run]))
		return false;
	for (u32 i = 0; i < nr_history; i++)
		if (history[i].explains == by_memory)
			note(c, &history[i]);
	return true;
}

void history_follow(struct compare *c)
{
	const struct op *op = op_of(c, 0);
	const char *name = op_rows[op->kind].name;

	if (op->error)
		return;
	c->nonlinear |= !strcmp(name, "remap_file_pages");
	c->truncated |= op->kind == OP_TRUNCATE;
}

const struct history history[] = {
	{ .name = "no remap_file_pages", .kernels = "2.5.26 2.5.27", .call = "remap_file_pages",
	  .sentence = "remap_file_pages came with 2.5.46: passed over on every kernel" },
	{ .name = "place of a mapping", .explains = by_place,
	  .sentence = "where no place was asked for, 2.6.9 and later take the highest gap, those "
		      "before the lowest" },
	{ .name = "mincore", .explains = by_residency,
	  .sentence = "mincore says what is in memory, which is each kernel's own business" },
	{ .name = "out of memory", .explains = by_memory,
	  .sentence = "how much memory a kernel needs itself, and whom it kills, is its own" },
	{ .name = "truncated, still mapped", .kernels = "2.6.0 2.6.5-objrmap",
	  .explains = by_lost_truncation,
	  .sentence = "truncation misses pages that are mapped out of order in 2.6.0 - 2.6.5" },
};
const u32 nr_history = ARRAY_SIZE(history);
_Static_assert(ARRAY_SIZE(history) <= MAX_HISTORY, "struct compare has room for each row");
