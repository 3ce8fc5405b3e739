/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests that run on every kernel behind 2.5.27 and know what history changed between them. */
#ifndef ERAS_H
#define ERAS_H

#include "lab.h"
#include "rmap/rmap.h"

#define RO 0x25u       /* present, user, accessed */
#define RW_DIRTY 0x67u /* and writable, dirty */
#define RW_PROT (PROT_READ | PROT_WRITE)
#define BUS (-7)
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)

extern const struct kernel *era; /* the one the running test is about */

bool of_2006(void);              /* 2.6.16 and later */
bool has_chains(void);           /* a pte_chain node for each mapping: up to 2.6.6 */

/* Setups, the kernel is *state: 512 frames and one cpu; 4096 and two; 64, two, and every invariant
 * after every event. And the teardown, which looks at every invariant. */
int eras_boot(void **state);
int eras_boot_big(void **state);
int eras_boot_watched(void **state);
int eras_done(void **state);

u32 pte_raw(u32 who, u32 address);   /* the pte, 0: none */
/* rss as files and anonymous memory; kernels with one number have the sum. */
void assert_rss(u32 who, u32 files, u32 anon);
/* rmap and oracle find n mappings of the frame. */
void assert_mappings(u32 pfn, u32 n);
struct page *page_at(u32 who, u32 address);
struct vm_area_struct *vma_at(u32 who, u32 address);

u32 make_file(u32 pages);        /* its inode number */
u32 map_file(u32 who, u32 inode, u32 pages, u32 flags); /* where */
struct address_space *mapping_of(u32 inode);

/* Pages on their way to the lists hold one more reference: bring them there. */
void settle(void);
/* The page goes to swap: its pte names a slot. */
void to_swap(u32 who, u32 address);

struct era_test {
	const char *name;
	CMUnitTestFunction test;
	CMFixtureFunction setup;
};
#define ERA_TEST(name) { #name, name, eras_boot }
#define BIG_ERA_TEST(name) { #name, name, eras_boot_big }
#define WATCHED_ERA_TEST(name) { #name, name, eras_boot_watched }

/* Each of n tests for each of the kernels: what main returns. */
int eras_run(const struct era_test *each, u32 n);
/* The same with the kernels of 2.5, too. */
int eras_run_all(const struct era_test *each, u32 n);

#endif
