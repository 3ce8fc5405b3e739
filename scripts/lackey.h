/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading logs of valgrind's lackey (--trace-mem=yes --trace-syscalls=yes), 32- and 64-bit, plain
 * or gzipped, raw or compacted. The parser knows lines; what they mean is replay.c's.
 *
 *	I  04001234,3                                   fetch, two spaces
 *	 L 1ffefff5c8,8      S ...      M ...           load, store, both
 *	==123== Command: ls -l                          valgrind's own words
 *	SYSCALL[123,1](45) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000)
 *	SYSCALL[123,1](3) sys_read ( 4, 0xbeadc0d0, 512 ) --> [async] ...
 *	SYSCALL[123,1](3) ... [async] --> Success(0x200)
 *	SYSCALL[123,1](120) sys_clone ( 1200011, ... )   clone(fork): process 123 created child 124
 *	 --> [pre-success] Success(0x7c)
 */
#ifndef SCRIPTS_LACKEY_H
#define SCRIPTS_LACKEY_H

#include "engine.h"

enum lackey_access { LACKEY_FETCH, LACKEY_LOAD, LACKEY_STORE, LACKEY_MODIFY, NR_LACKEY_ACCESSES };

#define LACKEY_ARGS 6

/* A system call, delivered once, when its result is known. */
struct lackey_call {
	u32 pid, tid;
	char name[32];              /* without "sys_" */
	u64 arg[LACKEY_ARGS];
	char path[256];             /* the first string among the arguments, "" */
	u64 result;
	u32 child;                  /* pid of the process it created, 0 */
	bool success;
};

struct lackey_sink {
	/* The log goes on with another process, or begins. */
	void (*process)(void *arg, u32 pid);
	/* "==pid== Command: text". */
	void (*command)(void *arg, u32 pid, const char *text);
	void (*access)(void *arg, enum lackey_access kind, u64 address, u32 size);
	/* false stops reading; the sink knows why. */
	bool (*call)(void *arg, const struct lackey_call *call);
	/* The first line of a compacted log: accesses of the original. */
	void (*compacted)(void *arg, u64 accesses);
	void *arg;
};

struct lackey_counts {
	u64 lines, calls;
	u64 others;  /* lines that are the program's own output, or unknown */
};

/* Read the log at path ("-" is standard input) to its end. false: err is one line that says why,
 * or empty when the sink stopped it. */
bool lackey_read(const char *path, const struct lackey_sink *sink, struct lackey_counts *counts,
		 char *err, size_t n);

#endif
