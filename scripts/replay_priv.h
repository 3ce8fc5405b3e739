/* SPDX-License-Identifier: GPL-2.0-only */
/* Between replay.c (accesses, processes) and replay_calls.c (system calls). */
#ifndef SCRIPTS_REPLAY_PRIV_H
#define SCRIPTS_REPLAY_PRIV_H

#include "replay.h"

#define USER_PAGES 0xc0000u        /* 3 GiB */
#define REGION_PAGES 4096u         /* 16 MiB */
#define REGIONS (USER_PAGES / REGION_PAGES)
#define MAX_FDS 1024u
#define BATCH 4096u
#define NO_PAGE UINT32_MAX

/* mremap's numbers on i386 (linux/mman.h). */
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

/* What is known of a page of a process. */
enum { SEEN = 1, CODE = 2, WRITTEN = 4, MAPPED = 8 };

struct process {
	struct process *next;
	u32 host_pid, pid;       /* in the log, in the machine (0: does nothing yet) */
	char name[TASK_COMM_LEN];
	u64 brk;                 /* 0: not known yet */
	bool ready;              /* has begun and is not gone */
	bool gone, exec_pending;
	u32 fd[MAX_FDS];         /* index in files + 1; 0: closed or unknown */
	u8 *flags;               /* of each page, USER_PAGES */
};

struct mapped_file {
	char *path;
	u32 inode, pages;        /* 0: not in the machine yet */
};

struct region_slot {
	u64 region;              /* of the program; + 1, 0: unused */
	u32 slot;
};

struct replay {
	struct machine *m;
	void (*after_op)(const struct op *op, void *arg);
	void *arg;
	struct process *processes, *now;
	struct mapped_file *files;
	u32 nr_files, room_files;
	struct mapped_file text; /* stands for what execve mapped; pages: used so far */
	bool taken[REGIONS];
	struct region_slot regions[REGIONS];
	u32 nr_regions;
	struct region_slot recent[64]; /* by region: a cache */
	u32 words[BATCH];
	u32 nr_words;
	struct replay_stats stats;
	struct lackey_counts *counts;
	char *err;
	size_t err_size;
	bool failed;
};

/* The page of the machine that stands for a page of the program; NO_PAGE: no room is left. */
u32 replay_fold(struct replay *r, u64 page);
/* Do what is queued. */
void replay_flush(struct replay *r);
/* One operation; false when the machine refused it (error is then in op) or broke. */
bool replay_op(struct replay *r, struct op *op);
void replay_fail(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The process of the log that is at work, begun in the machine; NULL: it is gone. */
struct process *process_now(struct replay *r);
void process_fork(struct replay *r, struct process *parent, u32 child);
void process_exit(struct replay *r, struct process *p);
/* Map pages of the program; file NULL: anonymous. shared is MAP_SHARED. */
void map_pages(struct replay *r, struct process *p, u64 first, u64 n,
	       const struct mapped_file *file, u64 offset_pages, bool shared);
void unmap_pages(struct replay *r, struct process *p, u64 first, u64 n);
/* Another protection for those of the pages that are mapped: 1 read, 2 write, 4 execute. */
void protect_pages(struct replay *r, struct process *p, u64 first, u64 n, u32 prot);
/* mremap to another place, no shorter than before. False: the machine cannot, and has done nothing
 * but unmap what was there. */
bool move_pages(struct replay *r, struct process *p, u64 from, u64 old, u64 to, u64 pages);
/* Touch pages for the program: read() into a buffer. */
void kernel_writes(struct replay *r, struct process *p, u64 address, u64 n);
/* The sink's function for calls. */
bool replay_call(void *replay, const struct lackey_call *call);

#endif
