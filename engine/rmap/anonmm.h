/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct anonmm: see the drawing in 2004b_anonmm.c. What its look from outside (anonmm_look.c)
 * shares with it.
 */
#ifndef RMAP_ANONMM_H
#define RMAP_ANONMM_H

#include "rmap/objrmap.h"

struct anonmm {
	atomic_t count;        /* see above */
	spinlock_t lock;       /* the head's guards the circle; the others' are not used */
	struct mm_struct *mm;  /* NULL: it is gone */
	struct anonmm *head;
	struct list_head list; /* the circle */
};
#define I386_ANONMM_SIZE 24u
#define anonmm_entry(pos) list_entry(pos, struct anonmm, list)

/* Of an anonymous page. */
static inline struct anonmm *page_anonmm(const struct page *page)
{
	return (struct anonmm *)page->mapping;
}

/* For struct rmap_ops. */
u32 anonmm_mapcount(const struct machine *m, const struct page *page);
u32 anonmm_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max);
u32 anonmm_trail(const struct machine *m, const struct page *page, struct rmap_step *out, u32 max);
bool anonmm_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw);
bool anonmm_check_all(const struct machine *m, u32 mappings, u32 in_flight,
		      struct rmap_flaw *flaw);

#endif
