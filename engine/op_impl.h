/* SPDX-License-Identifier: GPL-2.0-only */
/* Between op.c, which validates and runs operations, and op_calls.c, which is what each does. */
#ifndef OP_IMPL_H
#define OP_IMPL_H

#include "op.h"

struct inode;
struct task_struct;

/*
 * An operation in flight: a copy in the machine's region, so that a checkpoint may be taken in its
 * middle. caller is only ever followed by op_run and op_run_posted, on the caller's side.
 */
struct op_call {
	struct op op;         /* first: current->op points here */
	struct op *caller;
	struct op_call *next; /* machine->op_calls, oldest first */
	const u32 *words;     /* op_touch_pages: the caller's array, else NULL */
	u64 nr_words, words_done;
};

/* What may be asked for besides the thread it runs on. */
#define OP_PROCESS 1u /* op.pid must be a process; without it 0 is fine too */
#define OP_SYSCALL 2u /* enters and leaves the kernel; the rest is user code or the machine's own */

struct op_impl {
	u32 flags;
	/* On the caller's stack, before anything happens: 0 or an errno. NULL: all goes. */
	s32 (*valid)(struct machine *m, const struct op *op);
	/* On its thread: the result, or a negative errno; a signal goes to op->error. */
	s64 (*run)(struct op *op);
};
extern const struct op_impl op_impls[NR_OPS];

/* op_vm.c: calls that change mappings, and files under them. */
s32 valid_numbers(struct machine *m, const struct op *op); /* arg[0] .. [4] have 32 bits */
s32 valid_mincore(struct machine *m, const struct op *op);
s32 valid_truncate(struct machine *m, const struct op *op);
s64 mprotect_op(struct op *op);
s64 mremap_op(struct op *op);
s64 mlock_op(struct op *op);
s64 munlock_op(struct op *op);
s64 madvise_op(struct op *op);
s64 msync_op(struct op *op);
s64 mincore_op(struct op *op);
s64 remap_file_pages_op(struct op *op);
s64 truncate_op(struct op *op);
s64 exec_op(struct op *op);
/* op_process.c: what a process is apart from its memory, and how long it works. */
s32 valid_tick(struct machine *m, const struct op *op); /* op_calls.c: arg[0] is a time */
s32 valid_task(struct machine *m, const struct op *op);
s32 valid_renice(struct machine *m, const struct op *op);
s32 valid_oom_adj(struct machine *m, const struct op *op);
s64 task_op(struct op *op);
s64 renice_op(struct op *op);
s64 oom_adj_op(struct op *op);
s64 compute_op(struct op *op);
/* op_faults.c: what the experimenter lets fail. */
s32 valid_disk_error(struct machine *m, const struct op *op);
s32 valid_alloc_error(struct machine *m, const struct op *op);
s64 disk_error_op(struct op *op);
s64 alloc_error_op(struct op *op);
/* A file that has a name, by number; NULL: there is none. */
struct inode *find_inode(const struct machine *m, u64 number);
/* op_files.c */
s64 file_op(struct op *op);
s64 shmem_op(struct op *op);
s64 file_read_op(struct op *op);
s64 file_write_op(struct op *op);
s64 file_stream_op(struct op *op);
s64 readahead_op(struct op *op);
/* A child was born: it has not got everything. */
void settle_child(u32 pid);
/* An access succeeded: if it made the stack grow, the truth learns of it. */
void settle_stack(u32 address);

/* Memory that was made present: tell the truth what became a private copy of a file's page. */
void settle_copies(u32 at, u32 len);

/* A process that lives: has an address space and is not on its way out. */
bool is_process(const struct task_struct *t);
/* The loop behind op_touch_pages, on the process's thread. */
void touch_words(struct op_call *call);
/* exit() of the current process, on its own thread. */
void exit_current(void);

#endif
