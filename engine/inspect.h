/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-only views of a machine as plain values. The screen, the Lua handles and tests read the
 * engine through these; none of them changes anything or needs a modelled thread, and all may be
 * called at any event, in the middle of a kernel function.
 */
#ifndef INSPECT_H
#define INSPECT_H

#include "sim/machine.h"
#include "sim/trail.h"

/* What a frame is used for: one letter in the frames pane, one hue everywhere. */
enum frame_use {
	FRAME_FREE, FRAME_RESERVED, FRAME_ZERO, FRAME_PGD, FRAME_PTE, FRAME_CHAIN, FRAME_SLAB,
	FRAME_ANON, FRAME_FILE, FRAME_SWAPCACHE, FRAME_KERNEL, NR_FRAME_USES
};
struct frame_use_row {
	char letter;        /* '.' free, 'a' anonymous ...; capital when on the active list */
	const char *name;
};
extern const struct frame_use_row frame_use_rows[NR_FRAME_USES];

struct page_view {
	u32 pfn;
	u8 use;             /* enum frame_use */
	u8 zone;
	u8 lru;             /* 0: on no list, 1: inactive, 2: active */
	u8 order;           /* of the free block it heads, when free */
	u32 flags;          /* raw */
	s32 count;
	u32 mapcount;       /* by this kernel's rmap */
	bool mapcount_known;
	u32 index;
	u32 mapping_inode;  /* 0: none or not a file */
	bool swapcache;
	u32 swap_type, swap_offset; /* when swapcache */
	u32 table_pid, table_address; /* when it is a page table or directory */
	u32 chain;          /* the raw word of struct page that says who maps it */
	const char *word;   /* its name in this kernel: "pte_chain" "pte.direct" "_mapcount"; NULL:
			     * it has no such word (2.5.26) */
	bool word_counts;   /* it is a number of mappings, not an address */
	bool anon;          /* PageAnon */
	u32 anon_id;        /* the anonmm or anon_vma of mapping: its place in the heap */
	u32 private;
	u64 tag;            /* content */
	bool has_words;
};
bool inspect_page(const struct machine *m, u32 pfn, struct page_view *out); /* false: no such pfn */
/* One letter per frame as the frames pane shows it; n bytes at most, no final zero. */
u32 inspect_frames(const struct machine *m, u32 first, char *out, u32 n);
/* "locked referenced dirty", in bit order. Returns the length as snprintf does. */
int inspect_flags(u32 flags, char *out, size_t n);

struct pte_view {
	u64 raw;            /* 32 bits without PAE */
	u32 address, pid;
	u32 table_pfn;      /* the page table it is in */
	u32 pfn;            /* when present */
	bool present, rw, user, accessed, dirty, swap;
	bool file;          /* it names a page of the vma's file: remap_file_pages */
	u32 swap_type, swap_offset, pgoff;
};
/* false: no table there. raw may be 0 (none). */
bool inspect_pte(const struct machine *m, u32 pid, u32 address, struct pte_view *out);
/* Where CR3 of a process leads; false: no such process. */
struct directory_view {
	bool pae;
	u32 pgd_pfn, pgd_at; /* pgd_at: bytes into the frame, with PAE */
	u32 pmd_pfn[4];      /* with PAE; 0: none */
};
bool inspect_directory(const struct machine *m, u32 pid, struct directory_view *out);
/* log2 of the bytes that a page table maps: 22, or 21 with PAE. */
u32 inspect_table_shift(const struct machine *m);
/* The directory entry of an address; false: no such process. */
bool inspect_pde(const struct machine *m, u32 pid, u32 address, u64 *raw, u32 *pgd_pfn);
/* Next entry that is not 0 at or after *address; false: none. Walks whole empty tables quickly. */
bool inspect_next_pte(const struct machine *m, u32 pid, u32 *address, struct pte_view *out);

/* Who maps a frame: by this kernel's rmap in its order, or by walking everything (ground truth). */
struct mapping_view {
	u64 raw;
	u32 pid, address;
	u32 node;           /* kaddr of the chain node, 0 for the oracle */
};
u32 inspect_rmap(const struct machine *m, u32 pfn, struct mapping_view *out, u32 max);
u32 inspect_mappers(const struct machine *m, u32 pfn, struct mapping_view *out, u32 max);
/* Does this kernel keep anything about who maps a page? false: 2.5.26, all are missed. */
bool inspect_has_rmap(const struct machine *m);
/* Of the mappings that exist, those that this kernel's rmap does not find and is known to miss. */
u32 inspect_missed(const struct machine *m, u32 pfn);
/* The way from struct page to the ptes, step by step, as this kernel would go; at most max written,
 * all counted. 0: this kernel has nothing but the ptes to show. */
u32 inspect_trail(const struct machine *m, u32 pfn, struct rmap_step *out, u32 max);

struct vma_view {
	u32 id, start, end, flags, pgoff, inode;
	u32 anon_vma;       /* its place in the heap; 0: none yet */
	u32 cursor;         /* nonlinear: where the next cluster begins, bytes */
};
/* By address; at most max written, all counted. */
u32 inspect_vmas(const struct machine *m, u32 pid, struct vma_view *out, u32 max);

struct task_view {
	u32 pid;
	char name[TASK_COMM_LEN];
	u8 state, cpu, depth, nr_held;
	bool process;       /* has or had an mm: not a kernel thread */
	bool running;       /* on its cpu right now */
	u32 flags, rss, file_rss, anon_rss, total_vm, locked_vm, nr_ptes, pgd_pfn;
	u32 start_brk, brk, map_count;
	bool walked;        /* swap_out walks its page tables: 2.5.26 */
	bool hand;          /* and it is this one's turn */
	u32 swap_address;   /* where it goes on in this one; 0xc0000000: it is through */
	u8 op;              /* enum op_kind in flight; NR_OPS: none */
	u32 parent;         /* pid; 0: nobody forked it */
	s32 nice, oom_adj;
	bool root, rawio;
	u64 start_time, cpu_time; /* virtual ns */
};
/* What the OOM killer would hold against a process now; 0 for a thread of the kernel. */
u32 inspect_badness(const struct machine *m, u32 pid);
/* Those alive, by pid; at most max written, all counted. */
u32 inspect_tasks(const struct machine *m, struct task_view *out, u32 max);
bool inspect_task(const struct machine *m, u32 pid, struct task_view *out);

struct frame_view {    /* one level of the modelled call stack */
	const char *func, *file;
	u32 line;           /* of its last event, else where it begins */
};
/* The modelled call stack, outermost first; at most max written, all counted. */
u32 inspect_stack(const struct machine *m, u32 pid, struct frame_view *out, u32 max);
struct held_view {
	const char *name;   /* lock class */
	u32 id;
	bool write;
	const char *file;
	u32 line;
};
/* The locks a thread holds, outermost first; at most max written, all counted. */
u32 inspect_held(const struct machine *m, u32 pid, struct held_view *out, u32 max);

struct zone_view {
	const char *name;
	u32 start_pfn, size, free, min, low, high;
	u32 pcp;              /* of the free ones, those that cpus keep: no mark counts them */
	u32 free_blocks[16]; /* by order */
	bool need_balance, scaled;
	/* 2.6; in 2.5 nothing of it is a zone's */
	u32 nr_active, nr_inactive, due_active, due_inactive, pages_scanned;
	s32 prev_priority;
	bool all_unreclaimable;
	u32 reserve[3];      /* lowmem_reserve, by the zone that the allocation could have used */
};
/* Zones that have frames, DMA first; at most max written, all counted. */
u32 inspect_zones(const struct machine *m, struct zone_view *out, u32 max);

struct lru_view {
	u32 nr_active, nr_inactive;
	bool per_zone;        /* 2.6: the lists are the zones'. Then also what swap_tendency is
			       * made of: */
	u32 nr_mapped, total_memory, swappiness;
};
/* How many pages are on each list, of all zones. */
void inspect_lru(const struct machine *m, struct lru_view *out);
/* pfns from the head; at most max, all counted. */
u32 inspect_lru_list(const struct machine *m, bool active, u32 *pfns, u32 max);

/* A swapoff under way: who runs it, and in which address space it is (pids; mm 0: in none just
 * now); slots in use when it began; laps over everybody, from 1; the slot it looks for (0: whatever
 * is in the area); where it put a pte back last (0: nowhere yet). */
struct swapoff_view {
	u32 pid, mm, begun, pass, slot, address;
};
struct swap_view {
	u32 type, max, pages, used, lowest, highest, cluster_next, cluster_nr;
	u32 disk;             /* the number it is known by, from 1 */
	u32 slot_bytes;       /* of its map: 2, or 1 as in 4.0 */
	u32 continued_pages;  /* that hold further digits */
	s32 prio;
	struct swapoff_view swapoff; /* pid 0: none */
};
/* The swap areas in use, by type; at most max written, all counted. */
u32 inspect_swap(const struct machine *m, struct swap_view *out, u32 max);
/* One slot. raw is what the kernel keeps there: a short in which the swap cache is one of the
 * users, or a byte in which it is 0x40. */
struct slot_view {
	u32 raw;
	u32 users;       /* ptes and shared memory, the swap cache apart */
	bool cached;     /* it is in the swap cache */
	bool bad;        /* the header: of no use */
	bool shmem;      /* 4.0: marked as a shared memory file's, and not counted */
	bool continued;  /* 4.0: users has digits on pages of their own */
	bool for_ever;   /* a short that overflowed */
};
/* Of area type from slot on; n at most. How many there are. */
u32 inspect_swap_map(const struct machine *m, u32 type, u32 slot, struct slot_view *out, u32 n);

/* The file in memory that keeps a page in slot of area type: its inode number, and the page's
 * index. 0: none; ptes may name the slot. All entries of all files are gone through. */
u32 inspect_slot_file(const struct machine *m, u32 type, u32 slot, u32 *index);

struct file_view {
	u32 inode, pages, dirty, first_block;
	u64 size;
	char name[28];
	bool shmem;         /* no disk is behind it: m:shmem{}, or a shared anonymous mapping */
	bool unlinked;      /* it goes with its last mapping */
	u32 swapped;        /* pages of it in swap (shmem) */
};
/* The files, by inode number; at most max written, all counted. */
u32 inspect_files(const struct machine *m, struct file_view *out, u32 max);

struct tlb_view {
	u64 raw;
	u32 address;
	u8 set, way;
	bool stale;         /* the page table says otherwise by now */
};
/* Entries of a cpu that are in use, set by set; at most max written, all counted. */
u32 inspect_tlb(const struct machine *m, u32 cpu, struct tlb_view *out, u32 max);
void inspect_cpu(const struct machine *m, u32 cpu, u32 *pid, u32 *cr3_pfn, u32 *cr2);

struct slab_view {
	const char *name;
	u32 i386_size, per_slab, active, total, slabs;
};
/* The slab caches; at most max written, all counted. */
u32 inspect_slabs(const struct machine *m, struct slab_view *out, u32 max);
/* pte_chain freelist: free nodes, all nodes, pages eaten. */
void inspect_chains(const struct machine *m, u32 *free, u32 *total, u32 *pages);

/* A counter by its name in sim/counters.h; *known false: there is none. */
u64 inspect_counter(const struct machine *m, const char *name, bool *known);
/* Bytes of host memory: the whole region in use, the content truth, stored words. */
void inspect_memory(const struct machine *m, u64 *region, u64 *truth, u64 *words);

#endif
