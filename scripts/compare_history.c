/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What history has to say of a difference: the rows of compare_table.c are asked, noted, and what
 * follows from them is remembered.
 */
#include "compare.h"

#include <errno.h>
#include <string.h>

#define MADV_DONTNEED 4     /* see op.h */
#define STACK_TOP 0xc0000000u

bool is_old(const struct kernel *kernel, const char *until)
{
	for (u32 i = 0; kernels[i]; i++) {
		if (kernels[i] == kernel)
			return true;
		if (!strcmp(kernels[i]->name, until))
			return false;
	}
	return false;
}

u64 kills_of(const struct run *r)
{
	bool known;

	return inspect_counter(r->m, "oom_kills", &known);
}

static bool is_call(const struct history *h, const struct op *op)
{
	return h->call && !strcmp(h->call, op_rows[op->kind].name);
}

static struct peer *peer_here(const struct compare *c)
{
	return peer_of(c, 0, c->runs[0]->index, op_of(c, 0)->pid);
}

/* From here on the process goes its own way; with what it shares, all go theirs. */
static void part(struct compare *c, struct peer *p)
{
	p->apart = true;
	for (u32 k = 0; k < c->n; k++) {
		peer_ranges(c, k, p, &c->second);
		for (u32 i = 0; i < c->second.n; i++)
			c->all_apart |= (c->second.r[i].prot & VM_SHARED) != 0;
	}
	for (u32 i = 0; i < c->nr_peers && c->all_apart; i++)
		c->peers[i].apart = true;
}

static void note(struct compare *c, const struct history *h)
{
	size_t i = (size_t)(h - history);
	struct peer *p = peer_here(c);

	if (c->noted[i].last != c->ops)
		c->noted[i].times++;
	c->noted[i].last = c->ops;
	if (!c->noted[i].first) {
		c->noted[i].first = c->ops;
		op_text(c->runs[0], c->noted[i].text, sizeof(c->noted[i].text));
	}
	if (h->parts && p)
		part(c, p);
}

static void note_named(struct compare *c, const char *name)
{
	for (const struct history *h = history; h->name; h++)
		if (!strcmp(h->name, name))
			note(c, h);
}

/* -- calls that one of the kernels lacks ------------------------------------------------------- */

/* The row that says so; NULL: every kernel has it. */
static const struct history *lack(const struct compare *c, const struct op *op)
{
	for (const struct history *h = history; h->name; h++)
		for (u32 k = 0; k < c->n && h->lacks; k++)
			if (is_call(h, op) && is_old(kernel_of(c, k), h->until))
				return h;
	return NULL;
}

bool history_lacks(const struct op *op, void *compare)
{
	return lack(compare, op) != NULL;
}

void history_note_lack(struct compare *c)
{
	const struct history *h = lack(c, op_of(c, 0));

	if (h)
		note(c, h);
}

/* -- why an answer may differ ------------------------------------------------------------------ */

static bool fits(s32 error, s32 row)
{
	return row == ANY_ERROR ? error != 0 : error == row;
}

/* The old way on one of them, the new one on the other. */
static bool by_version(const struct compare *c, const struct history *h, u32 run)
{
	const struct op *was = op_of(c, 0), *is = op_of(c, run);
	bool old = is_old(kernel_of(c, 0), h->until);

	if (old == is_old(kernel_of(c, run), h->until) || !is_call(h, was) || h->lacks)
		return false;
	if (!old) {
		was = is;
		is = op_of(c, 0);
	}
	return fits(was->error, h->was) && fits(is->error, h->is) && (!h->when || h->when(was));
}

bool history_explains(struct compare *c, u32 run)
{
	for (const struct history *h = history; h->name; h++)
		if (h->explains ? h->explains(c, run) : h->until && by_version(c, h, run)) {
			note(c, h);
			return true;
		}
	return false;
}

bool history_reaches_beside(struct compare *c)
{
	const struct peer *p = peer_here(c);
	bool same = !p || p->apart;

	for (u32 k = 1; k < c->n && !same; k++)
		if (!same_reach(c, k)) {
			note_named(c, row_beside);
			return true;
		}
	return false;
}

/* -- why more than an answer may differ -------------------------------------------------------- */

bool history_explains_death(struct compare *c, u32 run)
{
	if (!kills_of(c->runs[0]) && !kills_of(c->runs[run]))
		return false;
	note_named(c, row_memory);
	return true;
}

/* No range is on both sides of this address. */
static void split_at(struct ranges *ranges, u32 address)
{
	for (u32 i = 0; i < ranges->n; i++) {
		struct range *r = &ranges->r[i];

		if (address <= r->start || address >= r->end)
			continue;
		ranges_add(ranges, address, r->end, r->prot);
		ranges->r[i].end = address;
		return;
	}
}

/* Take the right to execute from the heap, as far as brk made it, and from the stack. */
static void data_without_exec(const struct compare *c, u32 run, const struct peer *p,
			      struct ranges *out)
{
	struct task_view t = { 0 };
	u32 end;

	inspect_task(run_machine(c->runs[run], p->machine), p->pid[run], &t);
	end = (t.brk + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	split_at(out, t.start_brk);
	split_at(out, end);
	for (u32 i = 0; i < out->n; i++) {
		const struct range *r = &out->r[i];

		if ((r->start >= t.start_brk && r->end <= end) || r->end == STACK_TOP)
			out->r[i].prot &= (u8)~VM_EXEC;
	}
	ranges_join(out);
}

/* What mremap moved keeps its rights, wherever it comes from. */
static void all_without_exec(struct ranges *out)
{
	for (u32 i = 0; i < out->n; i++)
		out->r[i].prot &= (u8)~VM_EXEC;
	ranges_join(out);
}

/* One page of the stack stands for all of it. */
static void stack_as_one_page(struct ranges *out)
{
	struct range *last = out->n ? &out->r[out->n - 1] : NULL;

	if (last && last->end == STACK_TOP)
		last->start = STACK_TOP - PAGE_SIZE;
}

static bool one_is_old(const struct compare *c, u32 run, const char *until)
{
	return is_old(kernel_of(c, 0), until) != is_old(kernel_of(c, run), until);
}

const char *maps_explained(struct compare *c, u32 run, const struct peer *p)
{
	const char *why = NULL;

	if (one_is_old(c, run, "2.6.7-anonmm")) {
		why = row_heap;
		data_without_exec(c, 0, p, &c->first);
		data_without_exec(c, run, p, &c->second);
	}
	if (why && op_of(c, 0)->kind == OP_MREMAP && !same_ranges(&c->first, &c->second)) {
		why = row_heap_moved;
		all_without_exec(&c->first);
		all_without_exec(&c->second);
	}
	if (one_is_old(c, run, "2.6.16") && !same_ranges(&c->first, &c->second)) {
		why = row_stack;
		stack_as_one_page(&c->first);
		stack_as_one_page(&c->second);
	}
	return same_ranges(&c->first, &c->second) ? why : NULL;
}

bool history_explains_maps(struct compare *c, u32 run, const struct peer *p)
{
	const char *why = maps_explained(c, run, p);

	if (why)
		note_named(c, why);
	return why;
}

/* Old and new kernels are both among those compared. */
static bool straddles(const struct compare *c, const char *until)
{
	bool old = false, new = false;

	for (u32 k = 0; k < c->n; k++) {
		old |= is_old(kernel_of(c, k), until);
		new |= !is_old(kernel_of(c, k), until);
	}
	return old && new;
}

void history_follow(struct compare *c)
{
	const struct op *op = op_of(c, 0);
	struct peer *p = peer_here(c);

	if (op->kind == OP_MMAP && p && p->apart)
		part(c, p); /* does it share something now? */
	if (op->error == ENOMEM && op->kind == OP_MLOCK && straddles(c, "2.6.16"))
		note_named(c, row_hole);
	if (op->kind == OP_MADVISE && op->arg[2] == MADV_DONTNEED && c->nonlinear &&
	    straddles(c, "2.6.5-objrmap"))
		note_named(c, row_dontneed);
	if (op->error)
		return;
	c->nonlinear |= op->kind == OP_REMAP_FILE_PAGES;
	c->truncated |= op->kind == OP_TRUNCATE;
}
