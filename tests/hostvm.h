/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real processes of this very kernel, whose mappings a test changes one system call at a time.
 *
 *	test                          process in slot 0           process in slot 1
 *	hostvm_call(0, mmap ...) ---> the system call
 *	                         <--- its result, or an errno
 *	hostvm_call(0, fork, 1)  ---> fork() -------------------> serves slot 1 from now on
 *	hostvm_call(1, load ...) -------------------------------> a load; SIGSEGV is caught
 *	                         <------------------------------- the word, or a signal
 *
 * All of them have the same arena: a stretch of addresses far from everything else, where nothing
 * is mapped at first and the kernel puts nothing of its own accord. Nothing in a process but the
 * calls that were asked for maps memory or moves the break. A file without a name can be mapped,
 * too. When the test ends, however it ends, so do they.
 */
#ifndef HOSTVM_H
#define HOSTVM_H

#include "sim/types.h"

#define HOST_SLOTS 8
#define HOST_ARENA (1ull << 20) /* bytes; beside it lie as many that are nobody's */
#define HOST_MAX_MAPS 640

enum host_kind {
	HOST_MMAP,     /* at len prot flags in_file offset; without in_file anonymous */
	HOST_MUNMAP, HOST_MPROTECT, HOST_MREMAP, HOST_MADVISE, HOST_MLOCK, HOST_MUNLOCK,
	HOST_BRK,      /* as the system call: returns the break, moved or not */
	HOST_LOAD,     /* at; returns the 32-bit word */
	HOST_STORE,    /* at, word */
	HOST_FORK,     /* slot of the child, which nobody may be serving */
	HOST_EXIT,
	HOST_MAPS,     /* internal, see hostvm_maps */
};

struct host_call {
	u32 kind;
	u64 arg[6];
};

struct host_reply {
	s64 ret;
	s32 error;     /* 0, an errno, or -signal: -SIGSEGV, -SIGBUS */
	u64 address;   /* of the access, for a signal */
};

/* A line of /proc/self/maps. */
struct host_map {
	u64 start, end, offset; /* offset in its file; 0 without one */
	u32 prot;               /* 1 read, 2 write, 4 execute, 8 shared */
	bool file;
};

struct hostvm {
	u64 arena, heap;   /* where they begin; heap 0: the break cannot be moved here */
	u64 memlock;       /* bytes that may be locked; 0: none */
	u32 version;       /* of the kernel: major << 8 | minor */
	s32 file;          /* descriptor of the file, in the test as well */
};

/* Slot 0 begins, with an empty arena and a file of this size. NULL, or why this machine cannot:
 * then nothing was started. */
const char *hostvm_start(struct hostvm *h, u64 file_size);
void hostvm_stop(struct hostvm *h);

/* The call by whoever serves the slot. false: nobody answered, the process is gone or hangs. */
bool hostvm_call(u32 slot, const struct host_call *call, struct host_reply *reply);
/* What /proc/self/maps says of two ranges (start, end, start, end; the second may be empty): at
 * most HOST_MAX_MAPS lines, by address, cut at the ends of the ranges. Returns how many, or -1:
 * nobody answered. */
s32 hostvm_maps(u32 slot, const u64 *ranges, struct host_map *out);

#endif
