/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernels may answer differently, because they did: by name, by version, with the reason. The
 * last kernel is what the others are compared with. The table is at the foot of the file; the
 * versions in its sentences are those of the kernels' sources.
 */
#include "lockstep.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "mm/mm.h"

/* -- what an operation is --------------------------------------------------------------------- */

static u32 arg(const struct lockstep *l, u32 i)
{
	return (u32)l->op[l->n - 1].arg[i];
}

static u32 len(const struct lockstep *l, u32 i)
{
	return PAGE_ALIGN(arg(l, i));
}

static bool too_long(const struct lockstep *l, u32 k)
{
	return arg(l, 1) >= 0xfffff000;
}

static bool wraps(const struct lockstep *l, u32 k)
{
	return arg(l, 1) && !len(l, 1);
}

/* Does any vma that the operation touches say so? */
static bool any_vma(const struct lockstep *l, u32 k, bool (*is)(const struct vma_view *, u32 end))
{
	u32 start = arg(l, 0) & PAGE_MASK, end = PAGE_ALIGN(arg(l, 0) + arg(l, 1)), i;

	for (i = 0; i < l->vmas[k].n; i++) {
		const struct vma_view *vma = &l->vmas[k].vma[i];

		if (vma->start < end && vma->end > start && is(vma, end))
			return true;
	}
	return false;
}

static bool anonymous(const struct vma_view *vma, u32 end)
{
	return !vma->inode;
}

static bool out_of_reach(const struct vma_view *vma, u32 end)
{
	return !(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) || vma->inode;
}

static bool copied_file(const struct vma_view *vma, u32 end)
{
	return vma->inode && !(vma->flags & VM_SHARED);
}

static bool locked_copy(const struct vma_view *vma, u32 end)
{
	return copied_file(vma, end) && vma->flags & VM_LOCKED;
}

static bool locked(const struct vma_view *vma, u32 end)
{
	return vma->flags & VM_LOCKED;
}

/* -- when ------------------------------------------------------------------------------------- */

static bool no_length(const struct lockstep *l, u32 k)
{
	return !arg(l, 1);
}

static bool sem(const struct lockstep *l, u32 k)
{
	return arg(l, 2) & PROT_SEM;
}

static bool to_nothing(const struct lockstep *l, u32 k)
{
	return !len(l, 2);
}

static bool beyond_memory(const struct lockstep *l, u32 k)
{
	return too_long(l, k) || (len(l, 1) > len(l, 2) && arg(l, 0) >= TASK_SIZE);
}

/* More of what is out of order: the stretch goes on, or the vma does. */
static bool more_of_it(const struct lockstep *l, u32 k)
{
	const struct vma_view *vma = lockstep_vma(l, k, arg(l, 0));

	return len(l, 1) < len(l, 2) && vma && vma->flags & VM_NONLINEAR;
}

static bool smaller_to_place(const struct lockstep *l, u32 k)
{
	return arg(l, 3) & MREMAP_FIXED && len(l, 1) > len(l, 2);
}

static bool of_anonymous(const struct lockstep *l, u32 k)
{
	return any_vma(l, k, anonymous);
}

static bool willneed(const struct lockstep *l, u32 k)
{
	return arg(l, 2) == MADV_WILLNEED && of_anonymous(l, k);
}

static bool strange_advice(const struct lockstep *l, u32 k)
{
	return arg(l, 2) > MADV_DONTNEED;
}

static bool what_cannot_be_had(const struct lockstep *l, u32 k)
{
	return any_vma(l, k, out_of_reach);
}

static bool once_more(const struct lockstep *l, u32 k)
{
	return what_cannot_be_had(l, k) && any_vma(l, k, locked);
}

static bool invalidates_locked(const struct lockstep *l, u32 k)
{
	return arg(l, 2) & MS_INVALIDATE && any_vma(l, k, locked);
}

static bool async_and_sync(const struct lockstep *l, u32 k)
{
	return (arg(l, 2) & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC);
}

static bool up_to_a_hole(const struct lockstep *l, u32 k)
{
	return l->op[k].error && any_vma(l, k, copied_file);
}

static bool copies_again(const struct lockstep *l, u32 k)
{
	return any_vma(l, k, locked_copy);
}

/* Where the word lies, pages of the file are out of order; and that was just done. */
static bool out_of_order(const struct lockstep *l, u32 k, u8 cause)
{
	const struct vma_view *vma = lockstep_vma(l, k, arg(l, 0));

	return l->cause == cause && vma && vma->flags & VM_NONLINEAR;
}

static bool truncated(const struct lockstep *l, u32 k)
{
	return out_of_order(l, k, OP_TRUNCATE);
}

static bool thrown_away(const struct lockstep *l, u32 k)
{
	return out_of_order(l, k, OP_MADVISE);
}

static bool write_only(const struct lockstep *l, u32 k)
{
	const struct vma_view *vma = lockstep_vma(l, k, l->op[k].address);

	return vma && (vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) == VM_WRITE;
}

static bool differs_up_to(const struct lockstep *l, u32 k, u32 size)
{
	u32 at = arg(l, 0) & PAGE_MASK;

	return lockstep_one_vma(l, k, at, size) != lockstep_one_vma(l, l->n - 1, at, size);
}

/* As long as it is, and as long as it will be when it has shrunk. */
static bool border_of_one(const struct lockstep *l, u32 k)
{
	bool resizes = l->op[k].kind == OP_MREMAP;

	return differs_up_to(l, k, len(l, 1)) ||
	       (resizes && len(l, 2) < len(l, 1) && differs_up_to(l, k, len(l, 2)));
}

static u64 kills(const struct lockstep *l, u32 k)
{
	bool known;

	return inspect_counter(l->m[k], "oom_kills", &known);
}

static bool no_memory(const struct lockstep *l, u32 k)
{
	return kills(l, k) || kills(l, l->n - 1);
}

/* -- the table -------------------------------------------------------------------------------- */

#define ANSWER(name, from, to, kind, was, is, when, why) \
	{ name, LS_ANSWER, from, to, OP_##kind, was, is, when, why }

const struct lockstep_exception lockstep_exceptions[] = {
	ANSWER("mmap of too much", NULL, "2.6.9-rc-mm", MMAP, EINVAL, ENOMEM, too_long,
	       "EINVAL up to 2.6.11, ENOMEM in 2.6.14"),
	ANSWER("mprotect of too much", NULL, "2.6.0", MPROTECT, EINVAL, ENOMEM, too_long,
	       "EINVAL in 2.6.0, ENOMEM in 2.6.5"),
	ANSWER("mprotect of so much that it is nothing", NULL, "2.6.16", MPROTECT, 0, ENOMEM,
	       wraps, "rounding up to whole pages gives 0, which 2.6.18 looks for"),
	ANSWER("mprotect of nothing, with unknown flags", NULL, "2.6.16", MPROTECT, EINVAL, 0,
	       no_length, "the flags are looked at first, in 2.6.18 the length"),
	ANSWER("PROT_SEM", NULL, "2.5.27", MPROTECT, EACCES, ANY_ANSWER, sem,
	       "its number is that of VM_SHARED in 2.5.27, without VM_MAYSHARE; 2.6.0 drops it"),
	ANSWER("mremap smaller to a place", NULL, "2.5.27", MREMAP, EFAULT, 0, smaller_to_place,
	       "2.5.27 goes on with the old length, which is not there any more; 2.6.0 does not"),
	ANSWER("mremap to no length", NULL, "2.6.0", MREMAP, 0, EINVAL, to_nothing,
	       "it unmaps everything in 2.6.0, and is refused in 2.6.5"),
	ANSWER("mremap to no length elsewhere", NULL, "2.6.0", MREMAP, EFAULT, EINVAL,
	       to_nothing, "it unmaps everything and then misses it in 2.6.0"),
	ANSWER("mremap from too much", NULL, "2.6.0", MREMAP, ANY_ANSWER, EINVAL, beyond_memory,
	       "2.6.5 hands on that the rest cannot be unmapped"),
	ANSWER("willneed of anonymous memory", NULL, "2.6.16", MADVISE, EBADF, ANY_ANSWER,
	       willneed, "3.9 reads swap ahead, earlier kernels know only files"),
	ANSWER("unknown advice on a hole", NULL, "2.6.16", MADVISE, ENOMEM, EINVAL,
	       strange_advice, "it is looked at vma by vma, and first of all in 2.6.37"),
	ANSWER("unknown advice on nothing", NULL, "2.6.16", MADVISE, 0, EINVAL, strange_advice,
	       "it is looked at vma by vma, and first of all in 2.6.37"),
	ANSWER("advice on so much that it is nothing", NULL, "2.6.5-objrmap", MADVISE, 0, EINVAL,
	       wraps, "rounding up to whole pages gives 0, which 2.6.7 looks for"),
	ANSWER("mlock of what cannot be touched", NULL, "2.5.27", MLOCK, 0, ENOMEM,
	       what_cannot_be_had, "2.5.27 does not look at whether the pages could be had"),
	ANSWER("mlock of what cannot be touched at all", "2.6.0", "2.6.16", MLOCK, EFAULT, ENOMEM,
	       what_cannot_be_had, "2.6.0 hands the error on as it is, 2.6.27 translates it"),
	ANSWER("mlock of what can be touched in part", "2.6.0", "2.6.16", MLOCK, EPERM, ENOMEM,
	       what_cannot_be_had, "make_pages_present answers -1 until 2.6.27"),
	ANSWER("mlock, once more, of what cannot be touched", "2.6.0", "2.6.16", MLOCK, 0, ENOMEM,
	       once_more, "what is locked already is passed over until 2.6.38"),
	ANSWER("msync of locked memory", NULL, "2.5.27", MSYNC, ANY_ANSWER, EBUSY,
	       invalidates_locked, "2.6.0 does not invalidate what is locked, 2.5.27 may"),
	ANSWER("msync at once and later", NULL, "2.5.27", MSYNC, ANY_ANSWER, EINVAL,
	       async_and_sync, "MS_ASYNC and MS_SYNC together are refused in 2.6.0"),
	ANSWER("mincore of anonymous memory", NULL, "2.6.16", MINCORE, ENOMEM, 0, of_anonymous,
	       "up to 2.6.19 only of mappings of files"),
	ANSWER("remap_file_pages beyond the file", "2.6.0", "2.6.16", REMAP_FILE_PAGES, EINVAL, 0,
	       NULL, "it brings in the pages up to 2.6.16, and only maps them in 4.0"),
	ANSWER("reading what may only be written", NULL, "2.6.16", READ, -11, ANY_ANSWER,
	       write_only, "a first read of a page needs VM_READ or VM_EXEC until 2.6.19"),
	ANSWER("touching what may only be written", NULL, "2.6.16", TOUCH, -11, ANY_ANSWER,
	       write_only, "a first read of a page needs VM_READ or VM_EXEC until 2.6.19"),
	ANSWER("mremap of one vma", NULL, "2.6.16", MREMAP, ANY_ANSWER, ANY_ANSWER, border_of_one,
	       "which neighbours are one vma changed with nearly every kernel"),
	ANSWER("remap_file_pages of one vma", NULL, "2.6.16", REMAP_FILE_PAGES, ANY_ANSWER,
	       ANY_ANSWER, border_of_one,
	       "4.0 makes a vma of each stretch, of which the next call may name no two"),
	{
		"mlock up to a hole", LS_LATER, NULL, "2.6.16", OP_MLOCK, ANY_ANSWER, ANY_ANSWER,
		up_to_a_hole, "each vma is faulted in when it is its turn; 2.6.38 waits until all "
			      "is well",
	},
	{
		"mlock, once more, of a copy of a file", LS_LATER, NULL, "2.6.16", OP_MLOCK, 0, 0,
		copies_again, "what is locked is passed over until 2.6.38, whatever mprotect did",
	},
	{
		"mremap of pages out of order", LS_LATER, "2.6.0", "2.6.16", OP_MREMAP, 0, 0,
		more_of_it, "pages that are added continue the vma there, and the last stretch of "
			    "it in 4.0",
	},
	{
		"truncation of pages out of order", LS_PLACES, "2.6.0", "2.6.5-objrmap", OP_READ,
		ANY_ANSWER, ANY_ANSWER, truncated,
		"it looks where a page would be if the file were in order, until 2.6.6",
	},
	{
		"pages out of order thrown away", LS_PLACES, "2.6.0", "2.6.5-objrmap", OP_READ,
		ANY_ANSWER, ANY_ANSWER, thrown_away,
		"madvise empties their entries and forgets the order; 2.6.7 keeps it",
	},
	{
		"no remap_file_pages", LS_LACK, NULL, "2.5.27", OP_REMAP_FILE_PAGES, ENOSYS,
		ANY_ANSWER, NULL, "it came with 2.5.46; mmap does the same there",
	},
	{
		"memory from brk may be executed", LS_EXEC, NULL, "2.6.7-anonmm", NR_OPS,
		ANY_ANSWER, ANY_ANSWER, NULL,
		"2.6.8 has READ_IMPLIES_EXEC: only programs that know no NX get it so",
	},
	{
		"out of memory", LS_MEMORY, NULL, NULL, NR_OPS, ANY_ANSWER, ANY_ANSWER, no_memory,
		"how much memory a kernel needs itself, and whom it kills, is its own",
	},
	{ .name = NULL },
};

static u64 used[ARRAY_SIZE(lockstep_exceptions)];

/* -- who is meant ----------------------------------------------------------------------------- */

static u32 rank(const char *name, u32 otherwise)
{
	u32 i;

	for (i = 0; name && kernels[i]; i++)
		if (!strcmp(kernels[i]->name, name))
			return i;
	return otherwise;
}

static bool about(const struct lockstep_exception *e, const struct kernel *kernel)
{
	u32 row = rank(kernel->name, 0);

	return row >= rank(e->from, e->from ? UINT32_MAX : 0) && row <= rank(e->to, UINT32_MAX);
}

static bool is_answer(s32 error, s32 row)
{
	return row == ANY_ANSWER || error == row;
}

const struct lockstep_exception *lockstep_excuse(const struct lockstep *l, u32 k,
						 enum lockstep_difference what)
{
	const struct op *was = &l->op[k], *is = &l->op[l->n - 1];
	const struct lockstep_exception *e;

	for (e = lockstep_exceptions; e->name; e++)
		if (e->what == what && about(e, l->kernel[k]) &&
		    (e->kind == NR_OPS || e->kind == was->kind) && is_answer(was->error, e->was) &&
		    is_answer(is->error, e->is) && (!e->when || e->when(l, k)))
			return e;
	return NULL;
}

bool lockstep_excused(const struct lockstep *l, u32 k, enum lockstep_difference what)
{
	const struct lockstep_exception *e = lockstep_excuse(l, k, what);

	if (e)
		used[e - lockstep_exceptions]++;
	return e;
}

void lockstep_print_excused(void)
{
	const struct lockstep_exception *e;

	for (e = lockstep_exceptions; e->name; e++)
		print_message("# %8llu x %s, %s .. %s: %s\n",
			      (unsigned long long)used[e - lockstep_exceptions], e->name,
			      e->from ? e->from : "the first", e->to ? e->to : "the last", e->why);
}
