/* SPDX-License-Identifier: GPL-2.0-only */
/*
 *	random number -> operation -> on each machine -> answers compared -> excused? -> unmapped on
 *	                                                                                 all of them
 *	                                              -> maps compared
 */
#include "lockstep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/mm.h"
#include "workload.h"

#define PAGES(n) ((u32)(n) << PAGE_SHIFT)
#define WORDS 4u /* that are written to in a page: twin_steps.c */

static const u32 word_offsets[WORDS] = { 0, 8, 2048, 4092 };

/* -- what is wrong ---------------------------------------------------------------------------- */

bool lockstep_wrong(struct lockstep *l, const char *what)
{
	char op[160];
	int len;
	u32 k;

	workload_print_op(&l->op[l->n - 1], op, sizeof(op));
	len = snprintf(l->why, sizeof(l->why), "op %llu (%s): %s", (unsigned long long)l->ops, op,
		       what);
	for (k = 0; k < l->n && (size_t)len < sizeof(l->why); k++)
		len += snprintf(l->why + len, sizeof(l->why) - (size_t)len, "\n#   %-14s %s %llx",
				l->kernel[k]->name, op_error_name(l->op[k].error),
				(unsigned long long)l->op[k].ret);
	return false;
}

static bool broken(struct lockstep *l, u32 k)
{
	char report[1000], text[1100];

	machine_report(l->m[k], report, sizeof(report));
	snprintf(text, sizeof(text), "%s: %s", l->kernel[k]->name, report);
	return lockstep_wrong(l, text);
}

/* -- one operation on all --------------------------------------------------------------------- */

static bool run_on(struct lockstep *l, u32 k, const struct op *op)
{
	l->op[k] = *op;
	if (op->pid)
		l->op[k].pid = l->pid[k][l->process];
	return op_run(l->m[k], &l->op[k]) ? true : broken(l, k);
}

static bool run_all(struct lockstep *l, const struct op *op)
{
	u32 k;

	l->ops++;
	for (k = 0; k < l->n; k++)
		if (!run_on(l, k, op))
			return false;
	return true;
}

const struct vma_view *lockstep_vma(const struct lockstep *l, u32 k, u32 at)
{
	u32 i;

	for (i = 0; i < l->vmas[k].n; i++)
		if (at >= l->vmas[k].vma[i].start && at < l->vmas[k].vma[i].end)
			return &l->vmas[k].vma[i];
	return NULL;
}

bool lockstep_one_vma(const struct lockstep *l, u32 k, u32 at, u32 len)
{
	const struct vma_view *vma = lockstep_vma(l, k, at);

	return vma && len <= vma->end - at;
}

/* What there is before the operation, for whoever asks when it is done. */
static void look(struct lockstep *l)
{
	struct twin_call *c = &l->t.call;
	struct task_view task = { 0 };
	u32 k;

	for (k = 0; k < l->n; k++)
		l->vmas[k].n = inspect_vmas(l->m[k], l->pid[k][l->process], l->vmas[k].vma,
					    TWIN_MAX_VMAS);
	inspect_task(l->m[l->n - 1], l->pid[l->n - 1][l->process], &task);
	l->brk = task.brk;
	c->process = l->process;
	c->nr_vmas = l->vmas[l->n - 1].n;
	memcpy(c->vmas, l->vmas[l->n - 1].vma, c->nr_vmas * sizeof(c->vmas[0]));
}

static bool returns_memory(u8 kind)
{
	return kind == OP_MMAP || kind == OP_MREMAP || kind == OP_BRK || kind == OP_READ ||
	       kind == OP_FILE_READ;
}

static bool same_answer(const struct lockstep *l, u32 k)
{
	const struct op *a = &l->op[k], *b = &l->op[l->n - 1];

	if (a->error != b->error || (a->error < 0 && a->address != b->address))
		return false;
	return a->error || !returns_memory(a->kind) || a->ret == b->ret;
}

/* -- the same state again --------------------------------------------------------------------- */

static bool settle_with(struct lockstep *l, u8 kind, u64 a0, u64 a1, u64 a2, u64 a3)
{
	struct op op = { .kind = kind, .pid = 1, .arg = { a0, a1, a2, a3 } };
	u32 k;

	if (!run_all(l, &op))
		return false;
	for (k = 0; k < l->n; k++)
		if (l->op[k].error && !lockstep_excuse(l, k, LS_MEMORY))
			return lockstep_wrong(l, "while all were brought to the same state again");
	return true;
}

/* Nothing is mapped in [at, at + len) any more, as far as that is in a window. */
static bool clear(struct lockstep *l, u64 at, u64 len)
{
	u64 windows[2] = { MODEL_ARENA, l->t.heap }, end = at + len;
	u32 sizes[2] = { PAGES(ARENA_PAGES), PAGES(HEAP_PAGES) }, i;

	at &= ~(u64)(PAGE_SIZE - 1);
	for (i = 0; i < 2; i++) {
		u64 from = at > windows[i] ? at : windows[i];
		u64 to = end < windows[i] + sizes[i] ? end : windows[i] + sizes[i];

		if (from < to && !settle_with(l, OP_MUNMAP, from, PAGE_ALIGN(to - from), 0, 0))
			return false;
	}
	return true;
}

static bool clear_heap(struct lockstep *l)
{
	return settle_with(l, OP_MMAP, l->t.heap, PAGES(HEAP_PAGES), 3, MAP_PRIVATE | MAP_FIXED) &&
	       settle_with(l, OP_BRK, l->t.heap, 0, 0, 0) &&
	       clear(l, l->t.heap, PAGES(HEAP_PAGES));
}

/* Everything that the operation named. */
static bool settle(struct lockstep *l, const struct op *op)
{
	const u64 *arg = op->arg;
	u64 most = arg[1] > arg[2] ? arg[1] : arg[2];

	switch (op->kind) {
	case OP_READ:
	case OP_WRITE:
	case OP_TOUCH:
		return true;
	case OP_BRK:
		return clear_heap(l);
	case OP_MREMAP:
		return clear(l, arg[0], most + PAGE_SIZE) &&
		       (!(arg[3] & MREMAP_FIXED) || clear(l, arg[4], arg[2] + PAGE_SIZE));
	default:
		return clear(l, arg[0], arg[1] + PAGE_SIZE);
	}
}

/* -- processes -------------------------------------------------------------------------------- */

static bool is_alive(const struct lockstep *l, u32 k, u32 p)
{
	struct task_view task;

	return inspect_task(l->m[k], l->pid[k][p], &task) && task.state != TASK_ZOMBIE;
}

/* Its place goes to the last. */
static void forget_process(struct lockstep *l, u32 p)
{
	u32 k, last = --l->t.nr_procs;

	l->t.procs[p] = l->t.procs[last];
	for (k = 0; k < l->n; k++)
		l->pid[k][p] = l->pid[k][last];
}

static bool end_process(struct lockstep *l, u32 p)
{
	struct op op = { .kind = OP_EXIT, .pid = 1 };
	u32 k;

	l->process = p;
	for (k = 0; k < l->n; k++)
		if (is_alive(l, k, p) && !run_on(l, k, &op))
			return false;
	forget_process(l, p);
	return true;
}

static bool new_process(struct lockstep *l, const char *name)
{
	struct op op = { .kind = OP_TASK };
	u32 k, p = l->t.nr_procs++;

	snprintf(op.text, sizeof(op.text), "%s", name);
	if (!run_all(l, &op))
		return false;
	for (k = 0; k < l->n; k++) {
		if (l->op[k].error)
			return lockstep_wrong(l, "no process");
		l->pid[k][p] = (u16)l->op[k].ret;
	}
	l->t.procs[p].pid = l->pid[l->n - 1][p];
	return true;
}

/* Who was killed somewhere, to be sacrificed for memory, ends everywhere. */
static bool bury(struct lockstep *l)
{
	u32 p, k, excused;

	for (p = l->t.nr_procs; p-- > 0;) {
		for (excused = k = 0; k < l->n; k++)
			excused += !is_alive(l, k, p) && lockstep_excused(l, k, LS_MEMORY);
		if (!excused)
			continue;
		if (!end_process(l, p))
			return false;
	}
	return l->t.nr_procs || new_process(l, "next");
}

/* A child that was not born everywhere ends where it was. */
static bool born(struct lockstep *l)
{
	u32 k, p = l->t.nr_procs++, missing = 0;

	for (k = 0; k < l->n; k++) {
		l->pid[k][p] = l->op[k].error ? 0 : (u16)l->op[k].ret;
		missing += !l->pid[k][p];
	}
	l->t.procs[p].pid = l->pid[l->n - 1][p];
	return missing ? end_process(l, p) : true;
}

/* -- answers compared ------------------------------------------------------------------------- */

/* What the kernels say of op. *excused: they differ, as they did. */
static bool same_answers(struct lockstep *l, enum lockstep_difference what, bool *excused)
{
	u32 k;

	for (k = 0; k + 1 < l->n; k++) {
		if (same_answer(l, k))
			continue;
		if (!lockstep_excused(l, k, LS_ANSWER) && !lockstep_excused(l, k, what) &&
		    !lockstep_excused(l, k, LS_MEMORY))
			return lockstep_wrong(l, "they answer differently");
		*excused = true;
	}
	return true;
}

static bool left_something(const struct lockstep *l)
{
	bool left = false;
	u32 k;

	for (k = 0; k + 1 < l->n; k++)
		left |= lockstep_excused(l, k, LS_LATER);
	return left;
}

/* Read a word everywhere. Where the file is out of order a difference costs the page. */
static bool read_word(struct lockstep *l, u32 at)
{
	struct op op = { .kind = OP_READ, .pid = 1, .arg = { at } };
	bool excused = false;

	if (!run_all(l, &op))
		return false;
	l->compared++;
	if (!same_answers(l, LS_PLACES, &excused))
		return false;
	return !excused || lockstep_excuse(l, 0, LS_ANSWER) || clear(l, at, PAGE_SIZE);
}

/* Nobody can tell now which page of the file it is, but perhaps later: it goes, where a difference
 * would be excused. */
static bool drop_hidden(struct lockstep *l, u32 at)
{
	bool drop = false;
	u32 k;

	for (k = 0; k < l->n; k++)
		l->op[k] = (struct op){ .kind = OP_READ, .arg = { at } };
	for (k = 0; k < l->n; k++)
		drop |= lockstep_excused(l, k, LS_PLACES);
	return !drop || clear(l, at, PAGE_SIZE);
}

/* A page that cannot be read, or in which nothing is written, says nothing. */
static bool compare_place(struct lockstep *l, u32 at, u8 how)
{
	const struct op *last = &l->op[l->n - 1];

	if (!(how & VM_SHARED))
		return true;
	if (how & (VM_READ | VM_EXEC) && !read_word(l, at))
		return false;
	if (how & (VM_READ | VM_EXEC) && !last->error && (last->kind != OP_READ || last->ret))
		return true;
	return drop_hidden(l, at);
}

/* Every page that shows a page of the file, whether it is its own or not. */
static bool compare_places(struct lockstep *l, u8 cause)
{
	u8 pages[LOCKSTEP_PAGES];
	u32 i;

	l->cause = cause;
	for (l->process = 0; l->process < l->t.nr_procs; l->process++) {
		look(l);
		lockstep_maps(l, l->n - 1, l->process, pages);
		for (i = 0; i < LOCKSTEP_PAGES; i++)
			if (!compare_place(l, lockstep_page_address(l, i), pages[i]))
				return false;
	}
	l->cause = OP_TASK;
	return bury(l);
}

/* -- the operation ---------------------------------------------------------------------------- */

static u32 growth(const struct op *op)
{
	return op->arg[2] > op->arg[1] ? (u32)(op->arg[2] - op->arg[1]) : 0;
}

/* No process is to lock more than a few pages: little memory would be too little. */
static bool locks_too_much(const struct lockstep *l, const struct op *op)
{
	const struct vma_view *vma = lockstep_vma(l, l->n - 1, (u32)op->arg[0]);
	struct task_view task = { 0 };
	u64 more = 0;
	u32 k, most = 0;

	if (op->kind == OP_MLOCK || (op->kind == OP_MMAP && op->arg[3] & MAP_LOCKED))
		more = op->arg[1] >> PAGE_SHIFT;
	if (op->kind == OP_MREMAP && vma && vma->flags & VM_LOCKED)
		more = (growth(op) >> PAGE_SHIFT) + 1;
	for (k = 0; k < l->n; k++)
		if (inspect_task(l->m[k], l->pid[k][l->process], &task) && task.locked_vm > most)
			most = task.locked_vm;
	return more && most + more > LOCKSTEP_LOCKED;
}

/* 4.0 maps the pages anew; so can a kernel that has no such call. */
static bool stand_in(struct lockstep *l, u32 k, const struct op *op)
{
	const struct vma_view *vma = lockstep_vma(l, k, (u32)op->arg[0]);
	struct op anew = { .kind = OP_MMAP, .pid = 1, .arg = {
		op->arg[0] & PAGE_MASK, op->arg[1], 0, MAP_SHARED | MAP_FIXED, l->t.file,
		op->arg[3] << PAGE_SHIFT } };
	bool ok;

	if (l->op[l->n - 1].error || l->op[k].error != ENOSYS ||
	    !lockstep_excused(l, k, LS_LACK) || !vma)
		return true;
	anew.arg[2] = vma->flags & (VM_READ | VM_WRITE | VM_EXEC);
	anew.arg[3] |= vma->flags & VM_LOCKED ? MAP_LOCKED : 0;
	ok = run_on(l, k, &anew);
	l->op[k].kind = op->kind;
	l->op[k].ret = 0;
	return ok;
}

static bool stand_ins(struct lockstep *l, const struct op *op)
{
	u32 k;

	for (k = 0; op->kind == OP_REMAP_FILE_PAGES && k < l->n; k++) {
		if (!stand_in(l, k, op))
			return false;
		l->disordered |= !l->op[k].error;
	}
	return true;
}

static bool fits(const struct lockstep *l, const struct op *op)
{
	if (op->kind == OP_REMAP_FILE_PAGES)
		return !lockstep_nameless(l, op);
	return op->kind != OP_FORK || l->t.nr_procs < TWIN_PROCESSES;
}

static bool make(struct lockstep *l, const struct op *op)
{
	bool excused = false, left;

	if (!run_all(l, op) || !stand_ins(l, op) || !same_answers(l, LS_LACK, &excused))
		return false;
	if (op->kind == OP_FORK && !l->op[l->n - 1].error)
		return born(l) && bury(l);
	if (op->kind == OP_EXIT) {
		forget_process(l, l->process);
		return true;
	}
	left = left_something(l);
	if ((excused || left) && op->pid && !settle(l, op))
		return false;
	if (!bury(l))
		return false;
	if (op->pid && l->process < l->t.nr_procs && !lockstep_same_maps(l, l->process))
		return false;
	if (l->disordered && (op->kind == OP_TRUNCATE || op->kind == OP_MADVISE ||
			      op->kind == OP_REMAP_FILE_PAGES))
		return compare_places(l, op->kind);
	return true;
}

/* Every fourth store goes on for some pages: memory is to be filled. */
static bool write_on(struct lockstep *l, struct op *op, u64 dice)
{
	u32 pages = dice % 4 ? 0 : (u32)(dice >> 8) % 24;

	for (; op->kind == OP_WRITE && !l->op[l->n - 1].error && pages; pages--) {
		op->arg[0] += PAGE_SIZE;
		op->arg[1]++;
		if (!make(l, op))
			return false;
	}
	return true;
}

bool lockstep_do(struct lockstep *l, u64 step)
{
	u64 dice = step;
	struct op op;

	l->process = (u32)(workload_random(&dice) >> 32) % l->t.nr_procs;
	look(l);
	lockstep_make_op(l, workload_random(&dice));
	op = l->t.call.op;
	if (!fits(l, &op) || locks_too_much(l, &op)) {
		l->not_locked++;
		return true;
	}
	return make(l, &op) && write_on(l, &op, workload_random(&dice));
}

/* -- everything ------------------------------------------------------------------------------- */

static bool compare_process(struct lockstep *l, u32 p, u32 offset)
{
	u8 pages[LOCKSTEP_PAGES];
	u32 i;

	if (!lockstep_same_maps(l, p))
		return false;
	l->process = p;
	look(l);
	lockstep_maps(l, l->n - 1, p, pages);
	for (i = 0; i < LOCKSTEP_PAGES; i++)
		if (pages[i] && !read_word(l, lockstep_page_address(l, i) + offset))
			return false;
	return true;
}

static bool compare_file(struct lockstep *l, u32 offset)
{
	struct op op = { .kind = OP_FILE_READ, .arg = { l->t.file } };
	bool excused = false;
	u32 i;

	for (i = 0; i < FILE_PAGES; i++) {
		op.arg[1] = PAGES(i) + offset;
		if (!run_all(l, &op) || !same_answers(l, LS_ANSWER, &excused))
			return false;
	}
	return true;
}

bool lockstep_compare(struct lockstep *l)
{
	u32 p, offset = word_offsets[l->ops % WORDS];

	for (p = 0; bury(l) && p < l->t.nr_procs; p++)
		if (!compare_process(l, p, offset))
			return false;
	return !l->why[0] && compare_file(l, offset) && bury(l);
}

bool lockstep_check(struct lockstep *l)
{
	struct violation v[1];
	char text[600];
	u32 k;

	for (k = 0; k < l->n; k++) {
		if (!check_machine(l->m[k], v, 1))
			continue;
		snprintf(text, sizeof(text), "%s: %s: %s", l->kernel[k]->name, v[0].invariant,
			 v[0].text);
		return lockstep_wrong(l, text);
	}
	return true;
}

/* -- begin and end ---------------------------------------------------------------------------- */

/* Every second machine is too small for all that is written to, and swaps; two of four have two
 * cpus. */
static bool boot(struct lockstep *l, const struct kernel *kernel, u64 seed)
{
	struct machine_config config = {
		.kernel = kernel, .ram = (seed % 2 ? 2048ull : 128ull) << PAGE_SHIFT,
		.swap = 2048ull << PAGE_SHIFT, .seed = seed, .cpus = 1 + (u32)(seed / 2 % 2),
		.page_cluster = -1, .truth = true, .unchecked = true,
	};
	const char *why;

	l->kernel[l->n] = kernel;
	l->m[l->n] = machine_create(&config, &why);
	if (l->m[l->n++])
		return true;
	snprintf(l->why, sizeof(l->why), "%s: no machine: %s", kernel->name, why);
	return false;
}

static bool boot_all(struct lockstep *l, u64 seed)
{
	const char *name = getenv("KERNEL");
	u32 i;

	for (i = 0; kernels[i]; i++)
		if ((!name || !kernels[i + 1] || !strcmp(kernels[i]->name, name)) &&
		    !boot(l, kernels[i], seed))
			return false;
	return true;
}

static bool fill_file(struct lockstep *l)
{
	bool excused = false;
	u32 i;

	for (i = 0; i < WORDS * FILE_PAGES; i++) {
		struct op op = { .kind = OP_FILE_WRITE, .arg = {
			l->t.file, PAGES(i / WORDS) + word_offsets[i % WORDS], 0x46000000 + i } };

		if (!run_all(l, &op) || !same_answers(l, LS_ANSWER, &excused))
			return false;
	}
	return true;
}

bool lockstep_begin(struct lockstep *l, u64 seed)
{
	struct op file = { .kind = OP_FILE, .arg = { PAGES(FILE_PAGES) }, .text = "data" };
	struct task_view task;

	memset(l, 0, sizeof(*l));
	l->t.call.t = &l->t;
	if (!boot_all(l, seed) || !run_all(l, &file))
		return false;
	l->t.file = (u32)l->op[0].ret;
	if (!new_process(l, "first") || !fill_file(l))
		return false;
	inspect_task(l->m[0], l->pid[0][0], &task);
	l->t.heap = task.start_brk;
	l->ops = 0;
	return true;
}

void lockstep_end(struct lockstep *l)
{
	u32 k;

	for (k = 0; k < l->n; k++)
		if (l->m[k])
			machine_destroy(l->m[k]);
	l->n = 0;
}
