/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random operations for twins. What a number comes to depends on what is mapped when it is its
 * turn, so any number can be left out of a list and the rest still makes sense.
 *
 * Every seventh operation on addresses is spoiled: an address that is not a page's, no length or
 * far too much of it, an address of the kernel, a flag that nobody knows. Most others run over the
 * end of what they are about, too.
 */
#include "twin.h"

#include "mm/mm.h"
#include "workload.h"

/* Two pages remain free at the end of the arena and of the heap: who rounds up stays inside. */
#define ARENA_END (MODEL_ARENA + ((ARENA_PAGES - 2) << PAGE_SHIFT))
#define HEAP_SIZE ((HEAP_PAGES - 2) << PAGE_SHIFT)
#define SPOILED 7
#define LOW 0x10000000u  /* nothing is there */
#define HIGH 0xc8000000u /* the kernel's own */

static u32 roll(u64 *dice, u32 sides)
{
	return (u32)((workload_random(dice) >> 16) % sides);
}

/* One of a few. */
#define PICK(dice, ...) \
	(((const u32[]){ __VA_ARGS__ })[roll(dice, sizeof((u32[]){ __VA_ARGS__ }) / sizeof(u32))])

static u32 word_in(u64 *dice, u32 page)
{
	return page + PICK(dice, 0, 8, 2048, 4092);
}


/* -- where ------------------------------------------------------------------------------------ */

static bool in_heap(const struct twin *t, u32 at)
{
	return t->heap && at >= t->heap && at < t->heap + HEAP_SIZE;
}

static u32 window_end(const struct twin *t, u32 at)
{
	return in_heap(t, at) ? t->heap + HEAP_SIZE : ARENA_END;
}

static u32 clip(u32 at, u32 len, u32 end)
{
	return len > end - at ? end - at : len;
}

static u32 some_pages(u64 *dice)
{
	return (1 + (roll(dice, 5) ? roll(dice, 6) : roll(dice, 40))) << PAGE_SHIFT;
}

static const struct vma_view *some_vma(const struct twin_call *c, u64 *dice)
{
	return c->nr_vmas ? &c->vmas[roll(dice, c->nr_vmas)] : NULL;
}

static u32 some_page(const struct twin_call *c, u64 *dice)
{
	if (c->t->heap && roll(dice, 16) == 0)
		return c->t->heap + (roll(dice, HEAP_SIZE >> PAGE_SHIFT) << PAGE_SHIFT);
	return MODEL_ARENA + (roll(dice, ARENA_PAGES - 2) << PAGE_SHIFT);
}

/* A part of a mapping, or a stretch that begins in one and leaves it, or any pages. */
static void pick_range(struct twin_call *c, u64 *dice)
{
	const struct vma_view *vma = roll(dice, 5) < 3 ? some_vma(c, dice) : NULL;
	u32 at = vma ? vma->start : some_page(c, dice), len = some_pages(dice);

	if (vma && roll(dice, 2))
		at += roll(dice, (vma->end - at) >> PAGE_SHIFT) << PAGE_SHIFT;
	if (vma && roll(dice, 3))
		len = roll(dice, 3) ? vma->end - at : clip(at, len, vma->end);
	if (at >= window_end(c->t, at))
		at = window_end(c->t, at) - PAGE_SIZE;
	c->op.arg[0] = at;
	c->op.arg[1] = clip(at, len, window_end(c->t, at));
}

/* PROT_EXEC alone is left out: with protection keys such a page cannot be read any more, which no
 * modelled processor knows. */
static u32 some_prot(u64 *dice)
{
	return roll(dice, 3) ? 3 : PICK(dice, 1, 1, 1, 0, 0, 2, 5, 7, 6);
}

/* -- the operations --------------------------------------------------------------------------- */

static void make_mmap(struct twin_call *c, u64 *dice)
{
	u32 kind = roll(dice, 20);

	pick_range(c, dice);
	if (kind % 2) {
		c->op.arg[0] = some_page(c, dice);
		c->op.arg[1] = clip((u32)c->op.arg[0], (1 + roll(dice, 48)) << PAGE_SHIFT,
				    window_end(c->t, (u32)c->op.arg[0]));
	}
	c->op.arg[2] = some_prot(dice);
	c->op.arg[3] = kind < 12 || kind >= 16 ? MAP_PRIVATE : MAP_SHARED;
	if (kind >= 8 && kind != 12) {
		c->op.arg[4] = c->t->file;
		c->op.arg[5] = roll(dice, FILE_PAGES + 2) << PAGE_SHIFT;
		c->op.arg[1] = clip(0, (u32)c->op.arg[1], (FILE_PAGES - 2) << PAGE_SHIFT);
	}
	if (roll(dice, 8))
		c->op.arg[3] |= MAP_FIXED;
	if (roll(dice, 40) == 0)
		c->op.arg[3] |= MAP_LOCKED;
}

static void make_munmap(struct twin_call *c, u64 *dice)
{
	pick_range(c, dice);
}

static void make_mprotect(struct twin_call *c, u64 *dice)
{
	pick_range(c, dice);
	c->op.arg[2] = some_prot(dice);
}

static u32 pick_target(const struct twin_call *c, u64 *dice)
{
	const struct vma_view *vma = some_vma(c, dice);
	u32 to = some_page(c, dice);

	switch (roll(dice, 6)) {
	case 0:
		to = vma ? vma->end : to;
		break;
	case 1:
		to = (u32)(c->op.arg[0] + c->op.arg[1]);
		break;
	case 2:
		to = (u32)c->op.arg[0] + (roll(dice, 16) << PAGE_SHIFT) - (8 << PAGE_SHIFT);
		break;
	}
	if (to < MODEL_ARENA || to >= ARENA_END)
		to = MODEL_ARENA + (roll(dice, ARENA_PAGES - 2) << PAGE_SHIFT);
	return to;
}

/* Memory of the heap is not moved, nor duplicated: it may be executed in old kernels, and would
 * take that along. */
static void make_mremap(struct twin_call *c, u64 *dice)
{
	u64 *arg = c->op.arg;
	u32 resize = roll(dice, 8);

	pick_range(c, dice);
	arg[2] = resize < 3 ? arg[1] : resize < 5 ? some_pages(dice) : arg[1] + some_pages(dice);
	arg[3] = in_heap(c->t, (u32)arg[0]) ? 0 : PICK(dice, 0, 0, 0, 0, 1, 1, 1, 3, 3, 3, 3, 3);
	arg[2] = clip((u32)arg[0], (u32)arg[2], window_end(c->t, (u32)arg[0]));
	if (arg[3] & MREMAP_FIXED) {
		arg[4] = pick_target(c, dice);
		arg[2] = clip((u32)arg[4], (u32)arg[2], ARENA_END);
	}
	if (arg[3] && roll(dice, 24) == 0)
		arg[1] = 0;
}

static void make_madvise(struct twin_call *c, u64 *dice)
{
	pick_range(c, dice);
	c->op.arg[2] = PICK(dice, MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED, MADV_DONTNEED,
			    MADV_WILLNEED, MADV_WILLNEED, MADV_NORMAL, MADV_NORMAL, MADV_RANDOM,
			    MADV_SEQUENTIAL);
}

static void make_mlock(struct twin_call *c, u64 *dice)
{
	pick_range(c, dice);
	c->op.arg[1] = clip(0, (u32)c->op.arg[1], 8 << PAGE_SHIFT);
}

static void make_brk(struct twin_call *c, u64 *dice)
{
	c->op.arg[0] = c->t->heap + roll(dice, HEAP_SIZE - PAGE_SIZE);
	if (roll(dice, SPOILED) == 0)
		c->op.arg[0] = PICK(dice, 0, PAGE_SIZE);
}

u32 twin_word_at(const struct twin_call *c, u64 dice)
{
	const struct vma_view *vma = roll(&dice, 4) ? some_vma(c, &dice) : NULL;
	u32 page = some_page(c, &dice);

	if (vma)
		page = vma->start + (roll(&dice, (vma->end - vma->start) >> PAGE_SHIFT)
				     << PAGE_SHIFT);
	return word_in(&dice, page);
}

static void make_access(struct twin_call *c, u64 *dice)
{
	c->op.arg[0] = twin_word_at(c, workload_random(dice));
	if (c->op.kind == OP_WRITE)
		c->op.arg[1] = 1 + roll(dice, 0x7fffffff);
}

static void make_file_access(struct twin_call *c, u64 *dice)
{
	c->op.pid = 0;
	c->op.arg[0] = c->t->file;
	c->op.arg[1] = word_in(dice, roll(dice, FILE_PAGES) << PAGE_SHIFT);
	if (c->op.kind == OP_FILE_WRITE)
		c->op.arg[2] = 1 + roll(dice, 0x7fffffff);
}

/* -- what is wrong with them ------------------------------------------------------------------ */

static void spoil_flags(struct op *op, u64 *dice)
{
	switch (op->kind) {
	case OP_MMAP:
		switch (roll(dice, 4)) {
		case 0: op->arg[4] = NO_INODE; break;
		case 1: op->arg[5] += 512; break;
		default: op->arg[3] = (op->arg[3] & ~3ull) | PICK(dice, 0, 3);
		}
		break;
	case OP_MPROTECT:
		op->arg[2] |= PICK(dice, PROT_SEM, 0x40);
		break;
	case OP_MREMAP:
		switch (roll(dice, 4)) {
		case 0: op->arg[3] |= 8; break;
		case 1: op->arg[3] = MREMAP_FIXED; break;
		case 2: op->arg[4] += 4; break;
		default: op->arg[4] = HIGH;
		}
		break;
	case OP_MADVISE:
		op->arg[2] = PICK(dice, 77, 0x80000000);
		break;
	}
}

/* mlock is asked for little: what else it answers depends on who asks. */
static void spoil_length(struct op *op, u64 *dice)
{
	u32 which = op->kind == OP_MREMAP ? 1 + roll(dice, 2) : 1;

	if (op->kind == OP_MLOCK || op->kind == OP_MUNLOCK || roll(dice, 2))
		op->arg[which] = 0;
	else
		op->arg[which] = PICK(dice, 0xfffff000, 0xffffffff);
}

static void spoil(struct op *op, u64 *dice)
{
	switch (roll(dice, 6)) {
	case 0:
		op->arg[0] += 1 + roll(dice, PAGE_SIZE - 1);
		break;
	case 1:
		op->arg[1] -= op->arg[1] ? roll(dice, PAGE_SIZE) : 0;
		break;
	case 2:
		op->arg[0] = PICK(dice, LOW, HIGH);
		break;
	case 3:
		spoil_length(op, dice);
		break;
	default:
		spoil_flags(op, dice);
	}
}

/* -- all -------------------------------------------------------------------------------------- */

static const struct {
	u8 kind, weight;
	bool range;             /* of addresses, that can be spoiled */
	void (*make)(struct twin_call *c, u64 *dice);
} makers[] = {
	{ OP_WRITE, 30, false, make_access },
	{ OP_READ, 6, false, make_access },
	{ OP_MMAP, 14, true, make_mmap },
	{ OP_MUNMAP, 4, true, make_munmap },
	{ OP_MPROTECT, 12, true, make_mprotect },
	{ OP_MREMAP, 14, true, make_mremap },
	{ OP_MADVISE, 6, true, make_madvise },
	{ OP_MLOCK, 3, true, make_mlock },
	{ OP_MUNLOCK, 3, true, make_mlock },
	{ OP_BRK, 3, false, make_brk },
	{ OP_FILE_READ, 1, false, make_file_access },
	{ OP_FILE_WRITE, 2, false, make_file_access },
	{ OP_FORK, 1, false, NULL },
	{ OP_EXIT, 1, false, NULL },
};

/* Of what cannot be done now, a word is read instead: no room for a child, nobody left. */
static bool possible(const struct twin *t, u8 kind)
{
	if (kind == OP_BRK)
		return t->heap;
	if (kind == OP_FORK)
		return t->nr_procs < TWIN_PROCESSES;
	return kind != OP_EXIT || t->nr_procs > 1;
}

void twin_make_op(struct twin_call *c, u64 step)
{
	u32 total = 0, i, at;

	for (i = 0; i < ARRAY_SIZE(makers); i++)
		total += makers[i].weight;
	at = roll(&step, total);
	for (i = 0; at >= makers[i].weight; i++)
		at -= makers[i].weight;
	if (!possible(c->t, makers[i].kind))
		i = 1;
	c->op = (struct op){ .kind = makers[i].kind, .pid = c->t->procs[c->process].pid };
	if (makers[i].make)
		makers[i].make(c, &step);
	if (makers[i].range && roll(&step, SPOILED) == 0)
		spoil(&c->op, &step);
}
