/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two kernels may answer differently, because they did. Everything else that a user could see
 * is the same, or is an error of rmaplab's. First the functions that rows ask; the table is at the
 * foot of the file.
 */
#include "compare.h"

#include <errno.h>
#include <string.h>

#define MADV_WILLNEED 3     /* see op.h */
#define STACK_TOP 0xc0000000u

/* -- where the answers say why ----------------------------------------------------------------- */

/* Could the kernel choose the address it answers? */
static bool free_choice(const struct op *op)
{
	if (op->kind == OP_MMAP)
		return !(op->arg[3] & MAP_FIXED);
	return op->kind == OP_MREMAP && !(op->arg[3] & MREMAP_FIXED);
}

/* May not move, and elsewhere there is no room to grow. */
static bool hemmed_in(const struct op *a, const struct op *b)
{
	return a->kind == OP_MREMAP && !(a->arg[3] & MREMAP_MAYMOVE) && a->arg[0] != b->arg[0] &&
	       a->error + b->error == ENOMEM;
}

static bool by_place(const struct compare *c, u32 run)
{
	const struct op *a = op_of(c, 0), *b = op_of(c, run);

	if (kernel_of(c, 0) == kernel_of(c, run))
		return false;
	return (free_choice(a) && !a->error && !b->error) || hemmed_in(a, b);
}

static bool by_residency(const struct compare *c, u32 run)
{
	return op_of(c, 0)->kind == OP_MINCORE && !op_of(c, 0)->error && !op_of(c, run)->error;
}

/* The process was killed on one of them, now or before; or a new one found no memory. */
static bool by_memory(const struct compare *c, u32 run)
{
	const struct op *a = op_of(c, 0), *b = op_of(c, run);
	s32 error = a->error ? a->error : b->error;

	if (a->error && b->error)
		return false;
	if (error == -9 || error == ESRCH)
		return kills_of(c->runs[0]) || kills_of(c->runs[run]);
	return (a->kind == OP_FORK || a->kind == OP_TASK) && (error == ENOMEM || error == EAGAIN);
}

/* Does the range of the call lie in several mappings of the kernel that refused it? */
static bool crosses_border(const struct compare *c, u32 run)
{
	const struct op *op = op_of(c, run);
	struct vma_view v[64];
	u32 n = inspect_vmas(c->runs[run]->m, op->pid, v, ARRAY_SIZE(v));

	for (u32 i = 0; i < n && i < ARRAY_SIZE(v); i++)
		if (op->arg[0] >= v[i].start && op->arg[0] < v[i].end)
			return op->arg[0] + op->arg[1] > v[i].end;
	return false;
}

static bool by_border(const struct compare *c, u32 run)
{
	const struct op *a = op_of(c, 0), *b = op_of(c, run);

	if (a->kind != OP_MREMAP && a->kind != OP_REMAP_FILE_PAGES)
		return false;
	return a->error != b->error && ((a->error && crosses_border(c, 0)) ||
					(b->error && crosses_border(c, run)));
}

static bool refused_by_cursor(const struct compare *c, u32 run)
{
	return !strcmp(kernel_of(c, run)->name, "2.6.7-anonmm") && op_of(c, run)->error == EINVAL;
}

static bool by_cursor(const struct compare *c, u32 run)
{
	if (op_of(c, 0)->kind != OP_REMAP_FILE_PAGES)
		return false;
	return refused_by_cursor(c, 0) != refused_by_cursor(c, run);
}

/* What is mapped at an address, READ, WRITE and EXEC of it; 0: nothing. */
static u32 rights_at(const struct compare *c, u32 run, u32 address)
{
	struct vma_view v[64];
	u32 n = inspect_vmas(c->runs[run]->m, op_of(c, run)->pid, v, ARRAY_SIZE(v));

	for (u32 i = 0; i < n && i < ARRAY_SIZE(v); i++)
		if (address >= v[i].start && address < v[i].end)
			return v[i].flags & (VM_READ | VM_WRITE | VM_EXEC);
	return 0;
}

/* Present or not is the kernel's business; not present, the read is refused up to 2.6.16. */
static bool refused_write_only(const struct compare *c, u32 run)
{
	const struct op *op = op_of(c, run);

	return (op->kind == OP_READ || op->kind == OP_TOUCH) && op->error == -11 &&
	       is_old(kernel_of(c, run), "2.6.16") &&
	       rights_at(c, run, op->address) == VM_WRITE;
}

static bool by_write_only(const struct compare *c, u32 run)
{
	return refused_write_only(c, 0) || refused_write_only(c, run);
}

/* A page that was cut off a file is still mapped out of order: SIGBUS for the others. */
static bool by_lost_truncation(const struct compare *c, u32 run)
{
	const char *until = "2.6.5-objrmap";
	u8 kind = op_of(c, 0)->kind;

	return c->nonlinear && c->truncated &&
	       (kind == OP_READ || kind == OP_WRITE || kind == OP_TOUCH ||
		kind == OP_FILE_READ) &&
	       is_old(kernel_of(c, 0), until) != is_old(kernel_of(c, run), until);
}

/* -- where the arguments say it --------------------------------------------------------------- */

/* So long that it leaves the addresses of a process, or that whole pages of it are none. */
static bool too_long(const struct op *op)
{
	return op->arg[0] + op->arg[1] > STACK_TOP;
}

static bool too_far(const struct op *op)
{
	return op->arg[0] >= STACK_TOP;
}

static bool is_nothing(u64 len)
{
	return !(u32)((len + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1));
}

static bool wraps(const struct op *op)
{
	return op->arg[1] && is_nothing(op->arg[1]);
}

static bool to_nothing(const struct op *op)
{
	return is_nothing(op->arg[2]);
}

static bool smaller_to_place(const struct op *op)
{
	return op->arg[2] < op->arg[1] && op->arg[3] & MREMAP_FIXED;
}

static bool willneed(const struct op *op)
{
	return op->arg[2] == MADV_WILLNEED;
}

/* -- the table --------------------------------------------------------------------------------- */

const char row_memory[] = "out of memory", row_beside[] = "beside a mapping",
	   row_hole[] = "mlock up to a hole", row_dontneed[] = "dontneed of pages out of order",
	   row_heap[] = "heap and stack that may be executed",
	   row_heap_moved[] = "heap that was moved", row_stack[] = "size of the stack";

const struct history history[] = {
	{ .name = "no remap_file_pages", .until = "2.5.27", .call = "remap_file_pages",
	  .lacks = true,
	  .sentence = "remap_file_pages came with 2.5.46: passed over on every kernel" },
	{ .name = "no page_referenced", .until = "2.5.26", .call = "page_referenced",
	  .lacks = true, .sentence = "nobody could ask a page who used it before 2.5.27" },
	{ .name = "no try_to_unmap", .until = "2.5.26", .call = "try_to_unmap",
	  .lacks = true, .sentence = "nobody could unmap one page alone before 2.5.27" },
	{ .name = "place of a mapping", .explains = by_place,
	  .sentence = "where no place is asked for, 2.5.27 takes the lowest gap, 2.6.0 - 2.6.8 the "
		      "next one up, 2.6.9 and later one at the top" },
	{ .name = "mincore", .explains = by_residency,
	  .sentence = "it says what is in memory, which is each kernel's own business" },
	{ .name = "mincore of anonymous memory", .until = "2.6.16", .call = "mincore",
	  .was = ENOMEM, .is = 0, .sentence = "up to 2.6.16 only of mappings of files" },
	{ .name = row_memory, .explains = by_memory,
	  .sentence = "how much memory a kernel needs itself, and whom it kills, is its own" },
	{ .name = "truncated, still mapped", .explains = by_lost_truncation,
	  .sentence = "truncation misses pages that are mapped out of order in 2.6.0 - 2.6.5" },
	{ .name = row_heap,
	  .sentence = "what brk and exec made may be executed up to 2.6.7" },
	{ .name = row_heap_moved, .parts = true,
	  .sentence = "what was in the heap keeps its rights where mremap moves it" },
	{ .name = row_stack,
	  .sentence = "exec makes 128 KiB more of it from 2.6.23 on" },
	{ .name = "mmap of too much", .until = "2.6.9-rc-mm", .call = "mmap", .was = EINVAL,
	  .is = ENOMEM, .when = too_long, .sentence = "EINVAL up to 2.6.11, then ENOMEM" },
	{ .name = "mprotect of too much", .until = "2.6.0", .call = "mprotect", .was = EINVAL,
	  .is = ENOMEM, .when = too_long, .sentence = "EINVAL in 2.6.0, ENOMEM in 2.6.5" },
	{ .name = "mincore of too much", .until = "2.6.9-rc-mm", .call = "mincore", .was = EINVAL,
	  .is = ENOMEM, .when = too_long, .sentence = "EINVAL in 2.6.9, ENOMEM in 2.6.16" },
	{ .name = "mincore of nothing, too far up", .until = "2.6.9-rc-mm", .call = "mincore",
	  .was = 0, .is = ENOMEM, .when = too_far,
	  .sentence = "2.6.16 looks at the address before the length" },
	{ .name = "mprotect of so much that it is nothing", .until = "2.6.9-rc-mm",
	  .call = "mprotect", .was = 0, .is = ENOMEM, .when = wraps,
	  .sentence = "whole pages of it are none, which 2.6.16 looks for" },
	{ .name = "mremap smaller to a place", .until = "2.5.27", .call = "mremap",
	  .was = EFAULT, .is = 0, .when = smaller_to_place, .parts = true,
	  .sentence = "2.5.27 goes on with the old length, which is not there any more" },
	{ .name = "mremap to no length", .until = "2.6.0", .call = "mremap", .was = 0,
	  .is = EINVAL, .when = to_nothing, .parts = true,
	  .sentence = "unmaps everything up to 2.6.0, is refused from 2.6.5 on" },
	{ .name = "mremap to no length elsewhere", .until = "2.6.0", .call = "mremap",
	  .was = EFAULT, .is = EINVAL, .when = to_nothing, .parts = true,
	  .sentence = "unmaps everything up to 2.6.0 and then misses it" },
	{ .name = "mremap from too much", .until = "2.6.0", .call = "mremap", .was = 0,
	  .is = EINVAL, .when = too_long, .parts = true,
	  .sentence = "2.6.5 hands on that the rest cannot be unmapped" },
	{ .name = "mremap from too much to a place", .until = "2.6.0", .call = "mremap",
	  .was = EFAULT, .is = EINVAL, .when = too_long, .parts = true,
	  .sentence = "2.6.5 hands on that the rest cannot be unmapped" },
	{ .name = "willneed of anonymous memory", .until = "2.6.16", .call = "madvise",
	  .was = EBADF, .is = 0, .when = willneed,
	  .sentence = "3.9 reads swap ahead, before it is for files only" },
	{ .name = "willneed of anonymous memory and a hole", .until = "2.6.16",
	  .call = "madvise", .was = EBADF, .is = ENOMEM, .when = willneed,
	  .sentence = "3.9 reads swap ahead, before it is for files only" },
	{ .name = "advice on so much that it is nothing", .until = "2.6.5-objrmap",
	  .call = "madvise", .was = 0, .is = EINVAL, .when = wraps,
	  .sentence = "whole pages of it are none, which 2.6.7 looks for" },
	{ .name = "mlock of what cannot be touched", .until = "2.5.27", .call = "mlock",
	  .was = 0, .is = ANY_ERROR, .parts = true,
	  .sentence = "2.5.27 does not look whether the pages could be had" },
	{ .name = "mlock of what cannot be touched, and a hole", .until = "2.5.27",
	  .call = "mlock", .was = ENOMEM, .is = ANY_ERROR, .parts = true,
	  .sentence = "2.5.27 goes on to the hole, 2.6.0 stops where the pages cannot be had" },
	{ .name = "mlock of what cannot be touched at all", .until = "2.6.16", .call = "mlock",
	  .was = EFAULT, .is = ENOMEM, .parts = true,
	  .sentence = "translated to ENOMEM from 2.6.27 on" },
	{ .name = "mlock of what can be touched in part", .until = "2.6.16", .call = "mlock",
	  .was = EPERM, .is = ENOMEM, .parts = true,
	  .sentence = "make_pages_present answers -1, which is EPERM, until 2.6.27" },
	{ .name = "reading what may only be written", .explains = by_write_only,
	  .sentence = "an i386 page that can be written can be read, but the fault of a first read "
		      "wants VM_READ or VM_EXEC until 2.6.19" },
	{ .name = "remap_file_pages beyond the file", .until = "2.6.16",
	  .call = "remap_file_pages", .was = EINVAL, .is = 0, .parts = true,
	  .sentence = "it brings in the pages up to 2.6.16, and only maps them in 4.0" },
	{ .name = "remap_file_pages after reclaim", .explains = by_cursor, .parts = true,
	  .sentence = "2.6.7 refuses it where try_to_unmap has left its cursor in the mapping" },
	{ .name = row_dontneed, .parts = true,
	  .sentence = "forgets the order up to 2.6.5; later a file pte remembers it" },
	{ .name = "mlock of what is locked and cannot be touched", .until = "2.6.16",
	  .call = "mlock", .was = 0, .is = ENOMEM,
	  .sentence = "what is locked already is passed over up to 2.6.16, tried again in 4.0" },
	{ .name = row_hole, .parts = true,
	  .sentence = "each mapping before it is faulted in up to 2.6.16, with copies of a file's "
		      "pages; 2.6.38 waits until all is well" },
	{ .name = row_beside, .parts = true,
	  .sentence = "what lies beside a mapping whose place the kernel chose is another thing on "
		      "each kernel" },
	{ .name = "borders of mappings", .explains = by_border, .parts = true,
	  .sentence = "which neighbours become one mapping changed with nearly every kernel; the "
		      "call wants one" },
	{ .name = NULL },
};
_Static_assert(ARRAY_SIZE(history) <= MAX_HISTORY, "struct compare has room for each row");
