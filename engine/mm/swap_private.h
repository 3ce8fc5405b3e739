/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the swap areas share, and nobody else sees: two tables that a kernel's row
 * names. slot_ops: which slot comes next, of which area, under which locks. swap_map_ops: how the
 * users of a slot are counted.
 */
#ifndef MM_SWAP_PRIVATE_H
#define MM_SWAP_PRIVATE_H

#include "kernels.h"
#include "mm/vm.h"

struct slot_ops {
	const char *name;      /* "2002" */
	swp_entry_t (*get_swap_page)(void);
	/* While a claim to a slot is given up (swap_info_get), and while one is added. */
	void (*lock)(struct swap_info_struct *p);
	void (*unlock)(struct swap_info_struct *p);
	spinlock_t *(*count_lock)(struct swap_info_struct *p);
	/* Nobody has the slot any more; locks held. */
	void (*freed)(struct swap_info_struct *p, u32 offset);
	/* Into the list by priority, and out of it. swap_list_lock and sdev_lock held. */
	void (*insert)(struct swap_info_struct *p);
	void (*remove)(struct swap_info_struct *p);
};
extern const struct slot_ops slots_2002, slots_2005, slots_2014;

enum swap_claim { CLAIM_USER, CLAIM_CACHE, CLAIM_SHMEM };

struct swap_map_ops {
	const char *name;      /* "short" */
	u32 slot_bytes;
	u32 bad;               /* what stands for a slot that cannot be used */
	u32 fresh;             /* and for one just handed out */
	u32 cache_only;        /* the swap cache has it, and nobody else */
	/* One claim more to a slot in use: 0, -ENOENT, -EEXIST, -EINVAL, or -ENOMEM: the count is
	 * full, and may be continued. One less: what stands there now. count_lock and lock held. */
	int (*claim)(struct swap_info_struct *p, u32 offset, enum swap_claim claim);
	u32 (*unclaim)(struct swap_info_struct *p, u32 offset, enum swap_claim claim);
	/* For inspection: users apart from the swap cache; does that have the slot? */
	u32 (*users)(const struct vm_state *vm, swp_entry_t entry, u32 raw);
	bool (*has_cache)(const struct vm_state *vm, swp_entry_t entry, u32 raw);
	/* add_swap_count_continuation; NULL: the count stays full. And swapoff gives them back. */
	int (*more)(swp_entry_t entry, u32 gfp_mask);
	void (*free_more)(struct swap_info_struct *p);
};
extern const struct swap_map_ops swap_map_short, swap_map_byte;

/* What stands for a slot. */
static inline u32 swap_slot(const struct swap_info_struct *p, u32 offset)
{
	return p->slot_bytes == 1 ? p->swap_bytes[offset] : p->swap_map[offset];
}

static inline void set_swap_slot(struct swap_info_struct *p, u32 offset, u32 raw)
{
	if (p->slot_bytes == 1)
		p->swap_bytes[offset] = (u8)raw;
	else
		p->swap_map[offset] = (u16)raw;
}

/*
 * swap_map.c. The area of an entry that is in use, locked; NULL: it is in no use, and no lock is
 * held. put lets go of the locks.
 */
struct swap_info_struct *swap_info_get(swp_entry_t entry);
void swap_info_put(struct swap_info_struct *p);
/* One claim less; locks held. What stands there now: 0, the slot is free. */
u32 swap_entry_free(struct swap_info_struct *p, u32 offset, enum swap_claim claim);

/* swapfile.c: the ordinary list, by priority: before those of the same priority, or behind. */
void swap_list_add(struct swap_info_struct *p, bool behind);
void swap_list_del(struct swap_info_struct *p);
/* Free slots are between the two: one is taken, one is given back. */
void swap_bounds_taken(struct swap_info_struct *p, u32 offset);
void swap_bounds_freed(struct swap_info_struct *p, u32 offset);

#endif
