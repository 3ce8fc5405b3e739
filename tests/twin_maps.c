/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where twins have something and how: addresses of the one and of the other, and what is mapped
 * there, page by page.
 */
#include "twin.h"

#include <stdio.h>
#include <string.h>

#include "mm/mm.h"
#include "workload.h"

#define PAGES(n) ((u32)(n) << PAGE_SHIFT)
#define NR_PAGES (ARENA_PAGES + HEAP_PAGES)
#define KERNEL 0xc0000000u /* from here on, in the model */

/* -- places ----------------------------------------------------------------------------------- */

bool twin_in_window(const struct twin *t, u32 at)
{
	return at - MODEL_ARENA < PAGES(ARENA_PAGES) ||
	       (t->heap && at - t->heap <= PAGES(HEAP_PAGES));
}

u64 twin_real(const struct twin *t, u32 at)
{
	if (t->heap && at - t->heap <= PAGES(HEAP_PAGES))
		return t->host.heap + (at - t->heap);
	if (at - t->elsewhere.model < t->elsewhere.len)
		return t->elsewhere.real + (at - t->elsewhere.model);
	if (at >= KERNEL)
		return TWIN_REAL_KERNEL + (at - KERNEL);
	return t->host.arena + (u64)((s64)at - (s64)MODEL_ARENA);
}

bool twin_real_in_window(const struct twin *t, u64 at)
{
	return at - t->host.arena < HOST_ARENA ||
	       (t->heap && at - t->host.heap <= PAGES(HEAP_PAGES));
}

const struct vma_view *twin_vma(const struct twin_call *c, u32 at)
{
	u32 i;

	for (i = 0; i < c->nr_vmas; i++)
		if (at >= c->vmas[i].start && at < c->vmas[i].end)
			return &c->vmas[i];
	return NULL;
}

/* -- what is wrong ---------------------------------------------------------------------------- */

static const char *error_name(s32 error, char *buf, size_t n)
{
	const char *name = op_error_name(error);

	if (name[0] != '?')
		return name;
	snprintf(buf, n, "error %d", error);
	return buf;
}

bool twin_wrong(struct twin *t, const char *what)
{
	const struct twin_call *c = &t->call;
	char op[160], model[24], real[24];

	workload_print_op(&c->op, op, sizeof(op));
	snprintf(t->why, sizeof(t->why), "%s: op %llu (%s): %s; model %s %llx, real %s %llx",
		 t->kernel->name, (unsigned long long)t->ops, op, what,
		 error_name(c->op.error, model, sizeof(model)), (unsigned long long)c->op.ret,
		 error_name(c->real.error, real, sizeof(real)), (unsigned long long)c->real.ret);
	return false;
}

/* The model's vmas. */
u32 twin_vmas(const struct twin_call *c, struct vma_view *vmas)
{
	u32 n = inspect_vmas(c->t->m, c->t->procs[c->process].pid, vmas, TWIN_MAX_VMAS);

	return n < TWIN_MAX_VMAS ? n : TWIN_MAX_VMAS;
}

/* -- what there is ---------------------------------------------------------------------------- */

#define IS_MAPPED 16u
#define IS_FILE 32u

/* Pages by number, those of the arena first; -1: it is in neither. */
static s32 index_of(const struct twin *t, u32 at)
{
	if (at - MODEL_ARENA < PAGES(ARENA_PAGES))
		return (s32)((at - MODEL_ARENA) >> PAGE_SHIFT);
	if (t->heap && at - t->heap < PAGES(HEAP_PAGES))
		return (s32)(ARENA_PAGES + ((at - t->heap) >> PAGE_SHIFT));
	return -1;
}

static u32 address_of(const struct twin *t, u32 page)
{
	return page < ARENA_PAGES ? MODEL_ARENA + PAGES(page) :
				    t->heap + PAGES(page - ARENA_PAGES);
}

/* One number for each page: how it is mapped, and where in the file it is. */
static u32 model_maps(const struct twin_call *c, struct vma_view *view, u32 *pages)
{
	u32 nr = twin_vmas(c, view), i, at;

	for (i = 0; i < nr; i++) {
		const struct vma_view *vma = &view[i];
		u32 how = IS_MAPPED | (vma->flags & 15) | (vma->inode ? IS_FILE : 0);

		for (at = vma->start; at < vma->end; at += PAGE_SIZE) {
			u32 pgoff = vma->pgoff + ((at - vma->start) >> PAGE_SHIFT);

			if (index_of(c->t, at) >= 0)
				pages[index_of(c->t, at)] = how | (vma->inode ? pgoff << 8 : 0);
		}
	}
	return nr;
}

/* Back from a real address, or the end of a real vma. */
static u32 to_model(const struct twin *t, u64 at)
{
	return at - t->host.arena <= HOST_ARENA ? MODEL_ARENA + (u32)(at - t->host.arena) :
						 t->heap + (u32)(at - t->host.heap);
}

static s32 real_maps(struct twin_call *c, struct host_map *map, u32 *pages)
{
	const struct twin *t = c->t;
	u64 heap_end = t->heap ? t->host.heap + PAGES(HEAP_PAGES) : 0;
	u64 ranges[4] = { t->host.arena, t->host.arena + HOST_ARENA,
			  heap_end ? t->host.heap : 0, heap_end };
	s32 n = hostvm_maps(t->procs[c->process].slot, ranges, map), i;

	for (i = 0; i < n; i++) {
		u32 how = IS_MAPPED | map[i].prot | (map[i].file ? IS_FILE : 0);
		u64 at;

		for (at = map[i].start; at < map[i].end; at += PAGE_SIZE) {
			u64 offset = map[i].file ? map[i].offset + (at - map[i].start) : 0;
			u32 pgoff = (u32)(offset >> PAGE_SHIFT);

			pages[index_of(t, to_model(t, at))] = how | pgoff << 8;
		}
	}
	return n;
}

static void describe(char *text, size_t n, u32 page)
{
	snprintf(text, n, "%s %c%c%c%c%s %x", page & IS_MAPPED ? "mapped" : "hole",
		 page & 1 ? 'r' : '-', page & 2 ? 'w' : '-', page & 4 ? 'x' : '-',
		 page & 8 ? 's' : 'p', page & IS_FILE ? " file page" : "", page >> 8);
}

/* What twin_compare_maps found. */
static struct host_map maps[HOST_MAX_MAPS];
static struct vma_view vmas[TWIN_MAX_VMAS];
static u32 nr_vmas;
static s32 nr_maps;

static bool same_pages(struct twin *t, const u32 *model, const u32 *real)
{
	const struct twin_exception *heap_exec = twin_allows(t, TWIN_HEAP_EXEC);
	char text[160], one[48], other[48];
	bool executable = false;
	u32 i;

	for (i = 0; i < NR_PAGES; i++) {
		if (model[i] == real[i])
			continue;
		if (i >= ARENA_PAGES && heap_exec && (model[i] ^ real[i]) == VM_EXEC) {
			executable = true;
			continue;
		}
		describe(one, sizeof(one), model[i]);
		describe(other, sizeof(other), real[i]);
		snprintf(text, sizeof(text), "page %x: model %s, real %s", address_of(t, i), one,
			 other);
		return twin_wrong(t, text);
	}
	if (executable)
		twin_count(heap_exec);
	return true;
}

bool twin_compare_maps(struct twin *t)
{
	static u32 model[NR_PAGES], real[NR_PAGES];

	memset(model, 0, sizeof(model));
	memset(real, 0, sizeof(real));
	nr_vmas = model_maps(&t->call, vmas, model);
	nr_maps = real_maps(&t->call, maps, real);
	if (nr_maps < 0)
		return twin_wrong(t, "no answer from the real process");
	return same_pages(t, model, real);
}

/* -- borders --------------------------------------------------------------------------------- */

static void mark(const struct twin *t, bool *borders, u32 at)
{
	if (index_of(t, at) >= 0)
		borders[index_of(t, at)] = true;
}

const struct vm_area_struct *twin_first_vma(const struct twin_call *c)
{
	return thread_by_pid(c->t->m, c->t->procs[c->process].pid)->mm->mmap;
}

static const struct vm_area_struct *vma_at(const struct twin_call *c, u32 at)
{
	const struct vm_area_struct *vma = twin_first_vma(c);

	while (vma && vma->vm_end <= at)
		vma = vma->vm_next;
	return vma;
}

bool twin_find_border(struct twin *t)
{
	bool model[NR_PAGES] = { false }, real[NR_PAGES] = { false };
	u32 page;
	s32 i;

	for (i = 0; i < (s32)nr_vmas; i++) {
		mark(t, model, vmas[i].start);
		mark(t, model, vmas[i].end);
	}
	for (i = 0; i < nr_maps; i++) {
		mark(t, real, to_model(t, maps[i].start));
		mark(t, real, to_model(t, maps[i].end));
	}
	for (page = 0; page < NR_PAGES && model[page] == real[page]; page++)
		;
	if (page == NR_PAGES)
		return false;
	t->border.at = address_of(t, page);
	t->border.in_model = model[page];
	t->border.below = vma_at(&t->call, t->border.at - 1);
	t->border.above = vma_at(&t->call, t->border.at);
	return true;
}

/* Is what is mapped at `at` mapped up to at + len, and by the same vma? */
bool twin_one_vma(const struct twin_call *c, u32 at, u32 len)
{
	const struct vma_view *vma = twin_vma(c, at);

	return vma && len <= vma->end - at;
}

bool twin_one_real_vma(const struct twin_call *c, u32 at, u32 len)
{
	static struct host_map map[HOST_MAX_MAPS];
	u64 start = twin_real(c->t, at), end = start + (len ? len : PAGE_SIZE);

	return hostvm_maps(c->t->procs[c->process].slot, (u64[4]){ start, end }, map) == 1 &&
	       map[0].start == start && map[0].end == end;
}
