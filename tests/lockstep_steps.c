/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations for lockstep.h: those of the twins, with addresses made explicit, and what no
 * real process was asked for: pages touched in a row, a file cut and made longer, its pages in
 * another order, msync, reclaim.
 */
#include "lockstep.h"

#include "mm/mm.h"
#include "workload.h"

#define MORE 6         /* of so many operations one is made here */
#define LOW 0x10000000 /* where a spoiled operation may point */

static u32 roll(u64 *dice, u32 sides)
{
	return (u32)((workload_random(dice) >> 16) % sides);
}

static u32 pages(u32 n)
{
	return n << PAGE_SHIFT;
}

/* A range of the arena that mostly begins in a mapping, and mostly does not leave it. */
static const struct vma_view *pick_range(struct lockstep *l, u64 *dice)
{
	struct twin_call *c = &l->t.call;
	u32 at = twin_word_at(c, workload_random(dice)) & PAGE_MASK;
	const struct vma_view *vma = twin_vma(c, at);
	u32 len = pages(1 + roll(dice, 8));

	if (vma && roll(dice, 6) && len > vma->end - at)
		len = vma->end - at;
	c->op.arg[0] = at;
	c->op.arg[1] = len;
	return vma;
}

static void make_touch(struct lockstep *l, u64 *dice)
{
	pick_range(l, dice);
	l->t.call.op.arg[2] = roll(dice, 2);
}

static void make_msync(struct lockstep *l, u64 *dice)
{
	pick_range(l, dice);
	l->t.call.op.arg[0] += roll(dice, 16) ? 0 : 4;
	l->t.call.op.arg[2] = roll(dice, 8) ? roll(dice, 8) : 8;
}

static void make_mincore(struct lockstep *l, u64 *dice)
{
	pick_range(l, dice);
	l->t.call.op.arg[0] += roll(dice, 16) ? 0 : 4;
}

/* Each kernel takes what it likes; nobody may see a difference. */
static void make_reclaim(struct lockstep *l, u64 *dice)
{
	l->t.call.op.pid = 0;
	l->t.call.op.arg[0] = 1 + roll(dice, 60);
}

/* Half of them to the full size, or hardly anything could be mapped for long. */
static void make_truncate(struct lockstep *l, u64 *dice)
{
	struct op *op = &l->t.call.op;

	op->pid = 0;
	op->arg[0] = l->t.file;
	op->arg[1] = pages(roll(dice, 2) ? FILE_PAGES : FILE_PAGES - roll(dice, 6));
	op->arg[1] -= roll(dice, 4) ? 0 : roll(dice, PAGE_SIZE / 4) * 4;
}

/* Mostly of a shared mapping of the file, if the dice find one. */
static void make_remap(struct lockstep *l, u64 *dice)
{
	struct op *op = &l->t.call.op;
	const struct vma_view *vma = pick_range(l, dice);
	u32 tries;

	for (tries = 0; tries < 20 && !(vma && vma->flags & VM_SHARED); tries++)
		vma = pick_range(l, dice);
	op->arg[2] = roll(dice, 16) ? 0 : PROT_READ;
	op->arg[3] = roll(dice, FILE_PAGES + 1);
}

static const struct {
	u8 kind, weight;
	void (*make)(struct lockstep *l, u64 *dice);
} makers[] = {
	{ OP_TOUCH, 6, make_touch },
	{ OP_MSYNC, 2, make_msync },
	{ OP_MINCORE, 1, make_mincore },
	{ OP_RECLAIM, 2, make_reclaim },
	{ OP_REFILL, 1, make_reclaim },
	{ OP_TRUNCATE, 2, make_truncate },
	{ OP_REMAP_FILE_PAGES, 5, make_remap },
};

static void make_more(struct lockstep *l, u64 *dice)
{
	struct twin_call *c = &l->t.call;
	u32 total = 0, i, at;

	for (i = 0; i < ARRAY_SIZE(makers); i++)
		total += makers[i].weight;
	at = roll(dice, total);
	for (i = 0; at >= makers[i].weight; i++)
		at -= makers[i].weight;
	c->op = (struct op){ .kind = makers[i].kind, .pid = l->t.procs[c->process].pid };
	makers[i].make(l, dice);
}

/* Where it fits into the arena, if it does at all. */
static u32 inside(u32 target, u64 len)
{
	u32 end = MODEL_ARENA + pages(ARENA_PAGES - 1);

	return len <= HOST_ARENA / 2 && target + len > end ? end - PAGE_ALIGN((u32)len) : target;
}

/* No kernel may choose an address, and no mapping lies outside. */
static void make_explicit(struct op *op, u32 target)
{
	if (op->kind == OP_MMAP)
		op->arg[3] |= MAP_FIXED;
	if (op->kind == OP_MMAP && op->arg[0] == LOW)
		op->arg[0] = inside(target, op->arg[1]);
	if (op->kind == OP_MREMAP && op->arg[3] == MREMAP_MAYMOVE) {
		op->arg[3] |= MREMAP_FIXED;
		op->arg[4] = inside(target, op->arg[2]);
	}
}

void lockstep_make_op(struct lockstep *l, u64 step)
{
	u32 room = ARENA_PAGES - 48;

	if (roll(&step, MORE) == 0)
		make_more(l, &step);
	else
		twin_make_op(&l->t.call, workload_random(&step));
	make_explicit(&l->t.call.op, MODEL_ARENA + pages(roll(&step, room)));
}
