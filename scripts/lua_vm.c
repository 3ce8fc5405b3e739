/* SPDX-License-Identifier: GPL-2.0-only */
/* What a process does to mappings it has: rights, place and size, locking, advice, writing back. */
#include "lua_priv.h"

#include <string.h>

/* The numbers of mremap, msync, remap_file_pages on i386 (asm-i386/mman.h, linux/mman.h). */
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MS_ASYNC = 1, MS_SYNC = 4, MAP_NONBLOCK = 0x10000 };

/* How many pages one operation tells about. */
#define MINCORE_PAGES 256u

/* An operation on a range of the task at 1: the address at 2, the length at 3. */
static struct op range_op(lua_State *L, u8 kind)
{
	struct op op = { .kind = kind, .pid = (u16)handle_self(L, &task_kind, NULL)->id };

	op.arg[0] = arg_address(L, 2, "address");
	op.arg[1] = arg_size(L, 3, "length");
	return op;
}

static s64 run(lua_State *L, struct op *op)
{
	return run_op(L, handle_any(L, 1)->machine, op);
}

int task_mprotect(lua_State *L)
{
	struct op op = range_op(L, OP_MPROTECT);

	op.arg[2] = arg_prot(L, 4, "prot");
	run(L, &op);
	return 0;
}

/* {at=, maymove=}: without at= it may move unless maymove is false. */
static void mremap_options(lua_State *L, struct op *op)
{
	op->arg[3] = MREMAP_MAYMOVE;
	if (lua_isnoneornil(L, 5))
		return;
	arg_table(L, 5, "at maymove");
	if (arg_field(L, 5, "maymove") && !arg_bool(L, -1, "maymove"))
		op->arg[3] = 0;
	if (arg_field(L, 5, "at")) {
		op->arg[4] = arg_address(L, -1, "at");
		op->arg[3] |= MREMAP_FIXED;
	}
	lua_pop(L, 2);
}

int task_mremap(lua_State *L)
{
	struct op op = range_op(L, OP_MREMAP);

	op.arg[2] = arg_size(L, 4, "new length");
	mremap_options(L, &op);
	lua_pushinteger(L, run(L, &op));
	return 1;
}

int task_mlock(lua_State *L)
{
	struct op op = range_op(L, OP_MLOCK);

	run(L, &op);
	return 0;
}

int task_munlock(lua_State *L)
{
	struct op op = range_op(L, OP_MUNLOCK);

	run(L, &op);
	return 0;
}

/* The position of the word at idx in a list that ends with NULL. */
static u32 arg_word_of(lua_State *L, int idx, const char *what, const char *const *words,
		       const char *expected)
{
	const char *word = arg_string(L, idx, what, expected);
	u32 i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	misuse(L, idx, what, expected);
	return 0;
}

int task_madvise(lua_State *L)
{
	static const char *const advice[] = {
		"normal", "random", "sequential", "willneed", "dontneed", NULL,
	};
	struct op op = range_op(L, OP_MADVISE);

	op.arg[2] = arg_word_of(L, 4, "advice", advice, "\"normal\", \"random\", \"sequential\", "
				"\"willneed\" or \"dontneed\"");
	run(L, &op);
	return 0;
}

int task_msync(lua_State *L)
{
	static const char *const modes[] = { "sync", "async", NULL };
	struct op op = range_op(L, OP_MSYNC);

	op.arg[2] = MS_SYNC;
	if (!lua_isnoneornil(L, 4) && arg_word_of(L, 4, "mode", modes, "\"sync\" or \"async\""))
		op.arg[2] = MS_ASYNC;
	run(L, &op);
	return 0;
}

/* {nonblock=true} reads nothing. */
int task_remap_file_pages(lua_State *L)
{
	struct op op = range_op(L, OP_REMAP_FILE_PAGES);

	op.arg[3] = arg_number(L, 4, "page", UINT32_MAX);
	if (!lua_isnoneornil(L, 5)) {
		arg_table(L, 5, "nonblock");
		if (arg_field(L, 5, "nonblock") && arg_bool(L, -1, "nonblock"))
			op.arg[4] = MAP_NONBLOCK;
		lua_pop(L, 1);
	}
	run(L, &op);
	return 0;
}

/* A list of true and false, one for each page. Asked in pieces; a hole in any of them is ENOMEM. */
int task_mincore(lua_State *L)
{
	struct op all = range_op(L, OP_MINCORE);
	u64 pages = (all.arg[1] + PAGE_SIZE - 1) >> PAGE_SHIFT, done = 0;

	lua_createtable(L, (int)(pages < 4096 ? pages : 0), 0);
	do {
		u64 n = pages - done < MINCORE_PAGES ? pages - done : MINCORE_PAGES;
		struct op op = { .kind = all.kind, .pid = all.pid };
		u64 i;

		op.arg[0] = all.arg[0] + (done << PAGE_SHIFT);
		op.arg[1] = n << PAGE_SHIFT;
		run(L, &op);
		for (i = 0; i < n; i++) {
			lua_pushboolean(L, op.arg[2 + i / 64] >> i % 64 & 1);
			lua_rawseti(L, -2, (lua_Integer)(done + i + 1));
		}
		done += n;
	} while (done < pages);
	return 1;
}
