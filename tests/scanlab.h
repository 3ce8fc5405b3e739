/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of reclaim without rmap: a machine with 2.5.26, and laps of its clock at will. */
#ifndef SCANLAB_H
#define SCANLAB_H

#include "lab.h"
#include "mm/vmscan_2002.h"

#define RW (PROT_READ | PROT_WRITE)
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)

/* A process without memory, at the end of mmlist. */
extern u32 bystander;

/* Boot m with 2.5.26 and a bystander; what config does not say is as in lab_boot. In pages. */
void scan_boot_config(struct machine_config config);
void scan_boot(u32 ram, u32 swap, u32 cpus);
/* No invariant is broken. */
void assert_sound(void);

struct mm_struct *mm_of(u32 who);
struct page *page_of(u32 who, u32 address);
struct pte_view pte_of(u32 who, u32 address);
/* The low word of the entry itself, to write to. */
u32 *pte_word(u32 who, u32 address);

/* A process with so many pages of its own, all written and then forgotten by it: no accessed bit is
 * set, and no TLB knows the pages. */
u32 idle_process(u32 pages, u32 *where);
/* The same with another vma behind. */
u32 idle_and_more(u32 pages, u32 *where);
/* On a kernel thread: so many pages more on the inactive list, with one reference each. arg: u32 */
void fill_inactive(void *arg);

/*
 * swap_out visits one address space more than there are, and so the one it begins with twice. A lap
 * that begins with the bystander visits all others once: everybody is at his beginning then. 1: it
 * found its 32 pages. lap_for is for kernel threads.
 */
int lap_for(zone_t *classzone);
int lap(void);
/* swap_out from where the hand is. */
int go_on(void);
/* The one that everything is in the class of. */
zone_t *last_zone(void);

#endif
