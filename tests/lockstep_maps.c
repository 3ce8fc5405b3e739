/* SPDX-License-Identifier: GPL-2.0-only */
/* What processes of lockstep.h have mapped, page by page, and whether it is the same on all. */
#include "lockstep.h"

#include <stdio.h>
#include <string.h>

#include "mm/mm.h"

#define PAGES(n) ((u32)(n) << PAGE_SHIFT)

#define IS_MAPPED 16u
#define IS_LOCKED 32u

u32 lockstep_page_address(const struct lockstep *l, u32 i)
{
	return i < ARENA_PAGES ? MODEL_ARENA + PAGES(i) : l->t.heap + PAGES(i - ARENA_PAGES);
}

static u8 *page_of(const struct lockstep *l, u32 at, u8 *pages)
{
	if (at - MODEL_ARENA < PAGES(ARENA_PAGES))
		return &pages[(at - MODEL_ARENA) >> PAGE_SHIFT];
	if (at - l->t.heap < PAGES(HEAP_PAGES))
		return &pages[ARENA_PAGES + ((at - l->t.heap) >> PAGE_SHIFT)];
	return NULL;
}

bool lockstep_maps(const struct lockstep *l, u32 k, u32 p, u8 *pages)
{
	static struct vma_view vmas[TWIN_MAX_VMAS];
	u32 i, at, n = inspect_vmas(l->m[k], l->pid[k][p], vmas, TWIN_MAX_VMAS);
	bool inside = n <= TWIN_MAX_VMAS;
	u8 *page;

	memset(pages, 0, LOCKSTEP_PAGES);
	for (i = 0; i < n && inside; i++)
		for (at = vmas[i].start; at < vmas[i].end; at += PAGE_SIZE) {
			page = page_of(l, at, pages);
			if (page)
				*page = (u8)(IS_MAPPED | (vmas[i].flags & 15) |
					     (vmas[i].flags & VM_LOCKED ? IS_LOCKED : 0));
			inside = inside && page;
		}
	return inside;
}

static bool wrong_page(struct lockstep *l, u32 k, u32 page, u8 is, u8 should_be)
{
	char text[200];

	snprintf(text, sizeof(text), "%s has %x mapped as %x, the last kernel as %x",
		 l->kernel[k]->name, lockstep_page_address(l, page), is, should_be);
	return lockstep_wrong(l, text);
}

static bool same_maps_on(struct lockstep *l, u32 k, u32 p, const u8 *should_be)
{
	u8 is[LOCKSTEP_PAGES];
	bool executable = false;
	u32 i;

	if (!lockstep_maps(l, k, p, is))
		return lockstep_wrong(l, "something is mapped outside");
	for (i = 0; i < LOCKSTEP_PAGES; i++) {
		if (is[i] == should_be[i])
			continue;
		if (i < ARENA_PAGES || (is[i] ^ should_be[i]) != VM_EXEC ||
		    !lockstep_excuse(l, k, LS_EXEC))
			return wrong_page(l, k, i, is[i], should_be[i]);
		executable = true;
	}
	return !executable || lockstep_excused(l, k, LS_EXEC);
}

bool lockstep_same_maps(struct lockstep *l, u32 p)
{
	u8 should_be[LOCKSTEP_PAGES];
	u32 k;

	if (!lockstep_maps(l, l->n - 1, p, should_be))
		return lockstep_wrong(l, "something is mapped outside");
	for (k = 0; k + 1 < l->n; k++)
		if (!same_maps_on(l, k, p, should_be))
			return false;
	return true;
}

bool lockstep_nameless(const struct lockstep *l, const struct op *op)
{
	const struct vma_view *vma = lockstep_vma(l, l->n - 1, (u32)op->arg[0]);

	return vma && vma->inode && vma->inode != l->t.file;
}
