/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operation API: the only way to change a machine. A key, a REPL line, a lesson, a replay and
 * the random tests all come through here. An operation runs on the task's own kernel thread and
 * ends with a result; background threads that it woke run before op_run returns.
 */
#ifndef OP_H
#define OP_H

#include "sim/machine.h"

#define MAX_SWAP_DEVICES 32 /* disks that can be swap areas, from 1 */

/*
 * X(kind, "name", "arguments", what). Arguments are arg[0] .. in order; "pid" is op.pid. Addresses,
 * lengths, sizes in bytes; counts in pages. mmap's prot and flags: 1 read, 2 write, 4 execute; 1
 * shared, 2 private, 0x10 fixed, 0x2000 locked; inode 0 is anonymous, and shared anonymous memory
 * is an object of its own, that ends with its last mapping. mremap's flags: 1 may move, 2
 * fixed. Advice: 0 normal, 1 random, 2 sequential, 3 willneed, 4 dontneed. msync's flags: 1 async,
 * 2 invalidate, 4 sync. mincore takes up to 256 pages and leaves a bit for each of them in arg[2]
 * .. arg[5], page 0 the lowest. remap_file_pages: prot is 0, pgoff in pages; flags: 0x10000
 * nonblock. exec's bytes: up to 128 KiB less 4. A swap area's priority is 0 .. 32767, or -1: each
 * later area below the ones before; its device is one of MAX_SWAP_DEVICES disks, from 1, or 0: one
 * that is not in use. disk_error: disk 0 has the files, where the block is a page of the file if
 * there is an inode; times 0xffffffff is always, 0 never again. alloc_error: of the requests for
 * pages of one kind every interval-th fails, times times; who: 1 those that cannot wait, 2 those
 * that can, 3 both; times as for a disk. nice is -20 .. 19; caps of a new process are OP_TASK_*,
 * none: an ordinary user's. oom_adj: -17 .. 15, in 4.0 -1000 .. 1000; the least one is never.
 */
#define OP_TASK_ROOT 1u  /* user 0, with CAP_SYS_ADMIN */
#define OP_TASK_RAWIO 2u /* CAP_SYS_RAWIO: it programs hardware, as root may, and the X server */

#define OPS(X) \
	X(TASK, "task", "nice caps text", "a new process with an empty mm; returns its pid") \
	X(MMAP, "mmap", "pid at len prot flags inode offset", "map memory; returns the address") \
	X(MUNMAP, "munmap", "pid at len", "unmap") \
	X(MPROTECT, "mprotect", "pid at len prot", "change access rights") \
	X(MREMAP, "mremap", "pid at old new flags to", "resize or move; returns the address") \
	X(MLOCK, "mlock", "pid at len", "keep pages in memory, after faulting them in") \
	X(MUNLOCK, "munlock", "pid at len", "let go of them") \
	X(MADVISE, "madvise", "pid at len advice", "say how memory will be used") \
	X(MSYNC, "msync", "pid at len flags", "write a shared mapping to its file") \
	X(MINCORE, "mincore", "pid at len", "returns how many pages are in the page cache") \
	X(REMAP_FILE_PAGES, "remap_file_pages", "pid at len prot pgoff flags", \
	  "let a part of a shared mapping show other pages of its file") \
	X(BRK, "brk", "pid at", "move the end of the heap; returns the break") \
	X(READ, "read", "pid at", "load one 32-bit word; returns it") \
	X(WRITE, "write", "pid at word", "store one 32-bit word") \
	X(TOUCH, "touch", "pid at len write", "touch every page once; returns the faults taken") \
	X(FORK, "fork", "pid text", "fork; returns the child's pid") \
	X(EXEC, "exec", "pid bytes text", "run another program with so many bytes of arguments") \
	X(EXIT, "exit", "pid", "exit") \
	X(RENICE, "renice", "pid nice", "change how nice a process is") \
	X(OOM_ADJ, "oom_adj", "pid adj", "write to /proc/PID/oom_adj or oom_score_adj") \
	X(COMPUTE, "compute", "pid ns", "run in user mode so long, without touching memory") \
	X(FILE, "file", "size text", "create a file; returns its inode number") \
	X(SHMEM, "shmem", "size text", "create shared memory; returns its inode number") \
	X(FILE_READ, "file_read", "inode offset", "read() one word; returns it") \
	X(FILE_WRITE, "file_write", "inode offset word", "write() one word") \
	X(FILE_STREAM, "file_stream", "inode offset len", \
	  "read() a range in one call; returns the bytes read") \
	X(READAHEAD, "readahead", "inode offset len", "start to read a range of a file") \
	X(TRUNCATE, "truncate", "inode size", "make a file shorter or longer") \
	X(SWAPON, "swapon", "size priority device", "add a swap area; returns its type") \
	X(SWAPOFF, "swapoff", "type alarm", \
	  "take a swap area out of use; alarm: a signal after so many ns, 0: none") \
	X(SIGNAL, "signal", "target", \
	  "send a signal to a process in a system call, by pid; 0: to the swapoff of pid 0") \
	X(DISK_ERROR, "disk_error", "disk block write times inode", \
	  "let transfers of a block fail") \
	X(ALLOC_ERROR, "alloc_error", "interval times who", "let requests for pages fail") \
	X(RECLAIM, "reclaim", "pages", "direct reclaim; returns the pages freed") \
	X(REFILL, "refill", "pages", "refill_inactive") \
	X(KSWAPD, "kswapd", "", "wake kswapd and let it work") \
	X(REFERENCED, "page_referenced", "pfn", "ask and clear; returns the references") \
	X(UNMAP, "try_to_unmap", "pfn", "unmap a page from everybody; returns SWAP_*") \
	X(SYNC, "sync", "", "write every dirty file page and wait") \
	X(TICK, "tick", "ns", "let virtual time pass")

enum op_kind {
#define X(kind, name, args, what) OP_##kind,
	OPS(X)
#undef X
	NR_OPS
};

struct op {
	u8 kind;          /* enum op_kind */
	u16 pid;          /* on whose thread; 0: the machine's own "swapper" thread */
	u64 arg[6];
	char text[28];
	/* result */
	s64 ret;
	s32 error;        /* 0, errno > 0, or -signal (SIGSEGV 11, SIGBUS 7, SIGKILL 9) */
	u32 address;      /* of the fault, for a signal */
	u64 faults;       /* page faults taken by this operation */
	bool done;
};

struct op_row {
	const char *name, *args, *what;
};
extern const struct op_row op_rows[NR_OPS];

/*
 * Run one operation to its end, then let woken background threads run until they block.
 * Returns false when the machine is broken (m->report): before, then nothing was done, or now.
 * Arguments are validated: a bad one gives error EINVAL, ESRCH, ... and changes nothing.
 */
bool op_run(struct machine *m, struct op *op);

/*
 * Several operations at once, for stress: post queues an operation on its task's thread (an idle
 * task starts at once when the machine runs); op_run_posted runs until all are done. The op must
 * stay valid until done. post returns false when the task is busy or gone.
 */
bool op_post(struct machine *m, struct op *op);
bool op_run_posted(struct machine *m);
/* The same until one of them is done; the others stay where they are. */
bool op_run_posted_one(struct machine *m);

/*
 * Operations of nobody in particular (pid 0) come one at a time, on the machine's own thread. For
 * more of them at once: a kernel thread on that cpu, whose pid such an operation may have instead.
 * 0: no room.
 */
u32 op_worker(struct machine *m, const char *name, u32 cpu);

/* A run of page touches, the fast path of a replay: word i is the page number << 1 | write.
 * Faults, SIGSEGV included, are counted; *faults grows. Returns how many words were done: all of
 * them, or up to and without the first that got a signal. */
u64 op_touch_pages(struct machine *m, u32 pid, const u32 *words, u64 n, u64 *faults);

/* English for an errno or -signal: "ENOMEM", "SIGSEGV". */
const char *op_error_name(s32 error);

#endif
