/* SPDX-License-Identifier: GPL-2.0-only */
/* The scalar types and small macros that every layer of the engine uses. */
#ifndef SIM_TYPES_H
#define SIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE_SHIFT 12
#define PAGE_SIZE (1u << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(addr) (((addr) + PAGE_SIZE - 1) & PAGE_MASK)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* Compiled by itself, so that registers are not shared with what calls it. */
#define APART __attribute__((noinline, unused))
/* Called in quiet code alone (machine.h), of which a file is compiled once without. */
#define QUIETLY static inline __attribute__((unused))

/*
 * A mutant is a build in which one line of the kernel is missing: `make VARIANT=mutant
 * MUTANT=name` defines MUTANT_name as 1. A named test must fail under each of them.
 */
#ifndef MUTANT_zap_keeps_rmap
#define MUTANT_zap_keeps_rmap 0         /* zap_pte_range does not call page_remove_rmap */
#endif
#ifndef MUTANT_unmap_drops_dirty
#define MUTANT_unmap_drops_dirty 0      /* try_to_unmap_one does not move the dirty bit */
#endif
#ifndef MUTANT_swap_out_drops_dirty
#define MUTANT_swap_out_drops_dirty 0   /* nor does try_to_swap_out */
#endif
#ifndef MUTANT_fork_no_swap_duplicate
#define MUTANT_fork_no_swap_duplicate 0 /* copy_page_range does not count the swap pte */
#endif
#ifndef MUTANT_unmap_waits
#define MUTANT_unmap_waits 0            /* try_to_unmap_one waits for page_table_lock */
#endif

#endif
