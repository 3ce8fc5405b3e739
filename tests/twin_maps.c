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

/* One number for a page: how it is mapped, and where in the file it is. */
static u32 *page_of(const struct twin *t, u32 at, u32 *pages)
{
	if (at - MODEL_ARENA < PAGES(ARENA_PAGES))
		return &pages[(at - MODEL_ARENA) >> PAGE_SHIFT];
	if (t->heap && at - t->heap < PAGES(HEAP_PAGES))
		return &pages[ARENA_PAGES + ((at - t->heap) >> PAGE_SHIFT)];
	return NULL;
}

static u32 model_maps(const struct twin_call *c, struct vma_view *vmas, u32 *pages)
{
	u32 nr = twin_vmas(c, vmas), i, at, *page;

	for (i = 0; i < nr; i++) {
		const struct vma_view *vma = &vmas[i];
		u32 how = IS_MAPPED | (vma->flags & 15) | (vma->inode ? IS_FILE : 0);

		for (at = vma->start; at < vma->end; at += PAGE_SIZE) {
			u32 pgoff = vma->pgoff + ((at - vma->start) >> PAGE_SHIFT);

			page = page_of(c->t, at, pages);
			if (page)
				*page = how | (vma->inode ? pgoff << 8 : 0);
		}
	}
	return nr;
}

/* Back from a real address. */
static u32 to_model(const struct twin *t, u64 at)
{
	return at - t->host.arena < HOST_ARENA ? MODEL_ARENA + (u32)(at - t->host.arena) :
						 t->heap + (u32)(at - t->host.heap);
}

static s32 real_maps(struct twin_call *c, struct host_map *maps, u32 *pages)
{
	const struct twin *t = c->t;
	u64 heap_end = t->heap ? t->host.heap + PAGES(HEAP_PAGES) : 0;
	u64 ranges[4] = { t->host.arena, t->host.arena + HOST_ARENA,
			  heap_end ? t->host.heap : 0, heap_end };
	s32 n = hostvm_maps(t->procs[c->process].slot, ranges, maps), i;

	for (i = 0; i < n; i++) {
		u32 how = IS_MAPPED | maps[i].prot | (maps[i].file ? IS_FILE : 0);
		u64 at;

		for (at = maps[i].start; at < maps[i].end; at += PAGE_SIZE) {
			u64 offset = maps[i].file ? maps[i].offset + (at - maps[i].start) : 0;
			u32 pgoff = (u32)(offset >> PAGE_SHIFT);

			*page_of(t, to_model(t, at), pages) = how | pgoff << 8;
		}
	}
	return n;
}

/* Does every vma of the arena begin and end where the real one does? */
static bool same_borders(struct twin_call *c, const struct vma_view *vmas, u32 nr,
			 const struct host_map *maps, s32 n)
{
	const u32 end = MODEL_ARENA + PAGES(ARENA_PAGES);
	char text[120];
	s32 at = 0;
	u32 i;

	while (at < n && maps[at].start < c->t->host.arena)
		at++; /* the heap */
	for (i = 0; i < nr; i++) {
		const struct vma_view *vma = &vmas[i];

		if (vma->end <= MODEL_ARENA || vma->start >= end)
			continue;
		if (at < n && twin_real(c->t, vma->start) == maps[at].start &&
		    twin_real(c->t, vma->end) == maps[at].end) {
			at++;
			continue;
		}
		snprintf(text, sizeof(text), "vma %x-%x, real %llx-%llx", vma->start, vma->end,
			 (unsigned long long)(at < n ? maps[at].start : 0),
			 (unsigned long long)(at < n ? maps[at].end : 0));
		return twin_wrong(c->t, text);
	}
	return true; /* what is mapped is the same, so there are no more real ones */
}

static void describe(char *text, size_t n, u32 page)
{
	snprintf(text, n, "%s %c%c%c%c%s %x", page & IS_MAPPED ? "mapped" : "hole",
		 page & 1 ? 'r' : '-', page & 2 ? 'w' : '-', page & 4 ? 'x' : '-',
		 page & 8 ? 's' : 'p', page & IS_FILE ? " file page" : "", page >> 8);
}

static bool same_pages(struct twin *t, const u32 *model, const u32 *real)
{
	const struct twin_exception *heap_exec = twin_allows(t, TWIN_HEAP_EXEC);
	char text[160], one[48], other[48];
	bool executable = false;
	u32 i, at;

	for (i = 0; i < NR_PAGES; i++) {
		if (model[i] == real[i])
			continue;
		if (i >= ARENA_PAGES && heap_exec && (model[i] ^ real[i]) == VM_EXEC) {
			executable = true;
			continue;
		}
		at = i < ARENA_PAGES ? MODEL_ARENA + PAGES(i) : t->heap + PAGES(i - ARENA_PAGES);
		describe(one, sizeof(one), model[i]);
		describe(other, sizeof(other), real[i]);
		snprintf(text, sizeof(text), "page %x: model %s, real %s", at, one, other);
		return twin_wrong(t, text);
	}
	if (executable)
		twin_count(heap_exec);
	return true;
}

/* The maps of the process of the last call. */
bool twin_compare_maps(struct twin *t)
{
	static struct host_map maps[HOST_MAX_MAPS];
	static struct vma_view vmas[TWIN_MAX_VMAS];
	static u32 model[NR_PAGES], real[NR_PAGES];
	const struct twin_exception *borders = twin_allows(t, TWIN_BORDERS);
	struct twin_call *c = &t->call;
	u32 nr;
	s32 n;

	memset(model, 0, sizeof(model));
	memset(real, 0, sizeof(real));
	nr = model_maps(c, vmas, model);
	n = real_maps(c, maps, real);
	if (n < 0)
		return twin_wrong(t, "no answer from the real process");
	if (!same_pages(t, model, real))
		return false;
	if (same_borders(c, vmas, nr, maps, n))
		return true;
	if (!borders)
		return false;
	twin_count(borders);
	t->why[0] = '\0';
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
	static struct host_map maps[HOST_MAX_MAPS];
	u64 start = twin_real(c->t, at), end = start + (len ? len : PAGE_SIZE);

	return hostvm_maps(c->t->procs[c->process].slot, (u64[4]){ start, end }, maps) == 1 &&
	       maps[0].start == start && maps[0].end == end;
}
