/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generations of reverse mapping, and the kernel's way to the one of its row. To add one:
 * write engine/rmap/YEAR_name.c with a table at its foot and list the table here; the contract
 * test runs over it from then on. What a generation leaves out it does not need.
 */
#include "rmap/rmap.h"
#include "kernels.h"

#define GENERATIONS(X) \
	X(2002a_no_rmap) \
	X(2002b_pte_chain) \
	X(2003_pte_chain) \
	X(2004a_objrmap) \
	X(2004b_anonmm) \
	X(2004c_anon_vma) \
	X(2004d_anon_vma) \
	X(2006_anon_vma) \
	X(2015_anon_vma_chain)

#define X(generation) extern const struct rmap_ops rmap_##generation, quiet_##generation;
GENERATIONS(X)
#undef X

const struct rmap_ops *const rmap_generations[] = {
#define X(generation) &rmap_##generation,
	GENERATIONS(X)
#undef X
	NULL
};

/* In the same order: the second flavour of each. */
static const struct rmap_ops *const quiet_generations[] = {
#define X(generation) &quiet_##generation,
	GENERATIONS(X)
#undef X
};

static inline const struct rmap_ops *rmap(void)
{
	return rmap_of(VM);
}

bool rmap_init(void)
{
	u32 i;

	for (i = 0; rmap_generations[i] != rmap(); i++)
		;
	VM->quiet = quiet_generations[i];
	return !rmap()->init || rmap()->init();
}

/* -- pages ----------------------------------------------------------------------------------- */

int rmap_prepare(struct rmap_ready *ready, struct vm_area_struct *vma, u32 gfp_mask)
{
	return rmap()->prepare ? rmap()->prepare(ready, vma, gfp_mask) : 0;
}

void rmap_release(struct rmap_ready *ready)
{
	if (rmap()->release)
		rmap()->release(ready);
}

void page_add_new_anon_rmap(struct page *page, struct vm_area_struct *vma, u32 address,
			    pte_t *ptep, struct rmap_ready *ready)
{
	if (rmap()->page_add_new_anon_rmap)
		rmap()->page_add_new_anon_rmap(page, vma, address, ptep, ready);
	else
		rmap()->page_add_anon_rmap(page, vma, address, ptep, ready);
}

void page_add_file_rmap(struct page *page, struct vm_area_struct *vma, u32 address, pte_t *ptep,
			struct rmap_ready *ready)
{
	rmap()->page_add_file_rmap(page, vma, address, ptep, ready);
}

int page_convert_anon(struct page *page)
{
	return rmap()->page_convert_anon ? rmap()->page_convert_anon(page) : 0;
}

void page_freed_rmap(struct page *page)
{
	if (rmap()->page_freed)
		rmap()->page_freed(page);
}

void page_reused_rmap(struct page *page, struct vm_area_struct *vma, u32 address)
{
	if (rmap()->page_reused)
		rmap()->page_reused(page, vma, address);
}

int mremap_move_rmap(struct page *page, u32 new_address)
{
	return rmap()->mremap_move ? rmap()->mremap_move(page, new_address) : 0;
}

bool swapin_must_copy(const struct page *page, struct vm_area_struct *vma, u32 address)
{
	return rmap()->swapin_must_copy && rmap()->swapin_must_copy(page, vma, address);
}

/* -- vmas and address spaces ----------------------------------------------------------------- */

int anon_vma_link(struct vm_area_struct *vma, struct vm_area_struct *from)
{
	return rmap()->anon_vma_link ? rmap()->anon_vma_link(vma, from) : 0;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	return rmap()->anon_vma_fork ? rmap()->anon_vma_fork(vma, pvma) : 0;
}

void anon_vma_unlink(struct vm_area_struct *vma)
{
	if (rmap()->anon_vma_unlink)
		rmap()->anon_vma_unlink(vma);
}

void anon_vma_merge(struct vm_area_struct *vma, struct vm_area_struct *next)
{
	if (rmap()->anon_vma_merge)
		rmap()->anon_vma_merge(vma, next);
}

int anon_vma_import(struct vm_area_struct *importer, struct vm_area_struct *exporter)
{
	return rmap()->anon_vma_import ? rmap()->anon_vma_import(importer, exporter) : 0;
}

void anon_vma_lock(struct vm_area_struct *vma)
{
	if (rmap()->anon_vma_lock)
		rmap()->anon_vma_lock(vma);
}

void anon_vma_unlock(struct vm_area_struct *vma)
{
	if (rmap()->anon_vma_unlock)
		rmap()->anon_vma_unlock(vma);
}

bool anon_vma_clones(void)
{
	return rmap()->anon_vma_clones;
}

bool is_mergeable_anon_vma(const struct anon_vma *a, const struct anon_vma *b,
			   const struct vm_area_struct *vma)
{
	if (rmap()->anon_vma_compatible)
		return rmap()->anon_vma_compatible(a, b, vma);
	return !a || !b || a == b;
}

void vma_pre_update(struct vm_area_struct *vma)
{
	if (rmap()->vma_pre_update)
		rmap()->vma_pre_update(vma);
}

void vma_post_update(struct vm_area_struct *vma)
{
	if (rmap()->vma_post_update)
		rmap()->vma_post_update(vma);
}

int exec_rmap(struct mm_struct *mm)
{
	return rmap()->exec_rmap ? rmap()->exec_rmap(mm) : 0;
}

int dup_rmap(struct mm_struct *mm, struct mm_struct *oldmm)
{
	return rmap()->dup_rmap ? rmap()->dup_rmap(mm, oldmm) : 0;
}

void exit_rmap(struct mm_struct *mm)
{
	if (rmap()->exit_rmap)
		rmap()->exit_rmap(mm);
}
