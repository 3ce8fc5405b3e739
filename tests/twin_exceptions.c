/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the modelled kernels and the real one are known to answer differently: one row each, at the
 * foot of the file. A row says which kernels, from which real kernel on, which operations, and the
 * answer of either; nothing else passes. Those of the model are facts of its time. Those of the
 * real one may be younger than this computer: then the row is never used.
 */
#include "twin.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "mm/mm.h"

#define SINCE(major, minor) ((major) << 8 | (minor))
#define BUS 7
#define SEGV 11

/* -- operations ------------------------------------------------------------------------------- */

static u32 arg(const struct twin_call *c, u32 i)
{
	return (u32)c->op.arg[i];
}

/* An argument that is a length, in whole pages: too much of it comes round to 0. */
static u32 len(const struct twin_call *c, u32 i)
{
	return PAGE_ALIGN(arg(c, i));
}

static bool too_long(const struct twin_call *c)
{
	return arg(c, 1) >= 0xfffff000;
}

/* Is one of the vmas of [at, at + len), of which this is the end, like that? */
static bool any_vma(const struct twin_call *c, bool (*is)(const struct vma_view *vma, u32 end))
{
	u32 start = arg(c, 0) & PAGE_MASK, end = PAGE_ALIGN(arg(c, 0) + arg(c, 1)), i;

	for (i = 0; i < c->nr_vmas; i++)
		if (c->vmas[i].start < end && c->vmas[i].end > start && is(&c->vmas[i], end))
			return true;
	return false;
}

/* -- mmap, mprotect --------------------------------------------------------------------------- */

static bool shared_and_private(const struct twin_call *c)
{
	return c->op.kind == OP_MMAP && (arg(c, 3) & 3) == 3 && arg(c, 4);
}

static bool mmap_too_long(const struct twin_call *c)
{
	return c->op.kind == OP_MMAP && too_long(c);
}

static bool mprotect_too_long(const struct twin_call *c)
{
	return c->op.kind == OP_MPROTECT && too_long(c);
}

static bool mprotect_wraps(const struct twin_call *c)
{
	return c->op.kind == OP_MPROTECT && arg(c, 1) && !len(c, 1);
}

static bool mprotect_nothing(const struct twin_call *c)
{
	return c->op.kind == OP_MPROTECT && !arg(c, 1);
}

static bool mprotect_sem(const struct twin_call *c)
{
	return c->op.kind == OP_MPROTECT && arg(c, 2) & PROT_SEM;
}

static bool unaligned_hint(const struct twin_call *c)
{
	return c->op.kind == OP_MMAP && !(arg(c, 3) & MAP_FIXED) && arg(c, 0) & ~PAGE_MASK;
}

/* -- mremap ----------------------------------------------------------------------------------- */

static bool is_mremap(const struct twin_call *c, bool fixed)
{
	return c->op.kind == OP_MREMAP && !(arg(c, 3) & MREMAP_FIXED) == !fixed;
}

static bool shrink_of_nothing(const struct twin_call *c)
{
	return is_mremap(c, false) && len(c, 1) >= len(c, 2) && !twin_vma(c, arg(c, 0));
}

static bool mremap_of_nothing(const struct twin_call *c)
{
	return c->op.kind == OP_MREMAP && !twin_vma(c, arg(c, 0));
}

static bool move_of_nothing(const struct twin_call *c)
{
	return is_mremap(c, true) && mremap_of_nothing(c);
}

static bool shrink_and_move(const struct twin_call *c)
{
	return is_mremap(c, true) && len(c, 1) > len(c, 2) && len(c, 2);
}

static bool duplicate_private(const struct twin_call *c)
{
	const struct vma_view *vma = twin_vma(c, arg(c, 0));

	return c->op.kind == OP_MREMAP && !len(c, 1) && vma && !(vma->flags & VM_SHARED);
}

static bool onto_itself(const struct twin_call *c)
{
	return is_mremap(c, true) && (!len(c, 1) || too_long(c)) &&
	       arg(c, 0) - arg(c, 4) < len(c, 2);
}

static bool crosses(const struct twin_call *c)
{
	return twin_vma(c, arg(c, 0)) && !twin_one_vma(c, arg(c, 0), len(c, 1));
}

static bool move_of_several(const struct twin_call *c)
{
	return is_mremap(c, true) && len(c, 1) == len(c, 2) && crosses(c);
}

static bool move_across(const struct twin_call *c)
{
	return is_mremap(c, true) && crosses(c);
}

static bool shrink_across(const struct twin_call *c)
{
	return move_across(c) && len(c, 1) > len(c, 2);
}

static bool differs_up_to(const struct twin_call *c, u32 size)
{
	u32 at = arg(c, 0) & PAGE_MASK;

	return twin_one_vma(c, at, size) != twin_one_real_vma(c, at, size);
}

/* As long as it is, and as long as it will be when it has shrunk. */
static bool border_of_one(const struct twin_call *c)
{
	if (c->op.kind != OP_MREMAP || mremap_of_nothing(c) || too_long(c))
		return false;
	return differs_up_to(c, len(c, 1)) ||
	       (len(c, 2) < len(c, 1) && differs_up_to(c, len(c, 2)));
}

static bool shrink_to_nothing(const struct twin_call *c)
{
	return c->op.kind == OP_MREMAP && !len(c, 2);
}

static bool mremap_too_long(const struct twin_call *c)
{
	return is_mremap(c, false) && arg(c, 2) >= 0xfffff000;
}

static bool mremap_from_too_long(const struct twin_call *c)
{
	return c->op.kind == OP_MREMAP && too_long(c);
}

static bool move_from_too_long(const struct twin_call *c)
{
	return is_mremap(c, true) && too_long(c);
}

/* -- madvise, mlock, words -------------------------------------------------------------------- */

static bool without_file(const struct vma_view *vma, u32 end)
{
	return !vma->inode && end > vma->start;
}

static bool willneed_anonymous(const struct twin_call *c)
{
	return c->op.kind == OP_MADVISE && arg(c, 2) == MADV_WILLNEED && any_vma(c, without_file);
}

static bool strange_advice(const struct twin_call *c)
{
	return c->op.kind == OP_MADVISE && arg(c, 2) > MADV_DONTNEED;
}

static bool madvise_nothing(const struct twin_call *c)
{
	return strange_advice(c) && !len(c, 1);
}

static bool madvise_wraps(const struct twin_call *c)
{
	return c->op.kind == OP_MADVISE && arg(c, 1) && !len(c, 1);
}

static bool out_of_reach(const struct vma_view *vma, u32 end)
{
	u32 stop = vma->end < end ? vma->end : end;
	u32 pages = vma->pgoff + ((stop - vma->start) >> PAGE_SHIFT);

	return !(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) ||
	       (vma->inode && pages > FILE_PAGES);
}

static bool mlock_out_of_reach(const struct twin_call *c)
{
	return c->op.kind == OP_MLOCK && any_vma(c, out_of_reach);
}

/* Where mlock comes to a vma that is not locked and has a page that cannot be had, is it the first
 * page of it already? */
static bool fails_at_once(const struct twin_call *c)
{
	u32 start = arg(c, 0) & PAGE_MASK, end = PAGE_ALIGN(arg(c, 0) + arg(c, 1)), i, at;

	for (i = 0; i < c->nr_vmas; i++) {
		const struct vma_view *vma = &c->vmas[i];

		if (vma->start >= end || vma->end <= start || vma->flags & VM_LOCKED ||
		    !out_of_reach(vma, end))
			continue;
		at = vma->start > start ? vma->start : start;
		return !(vma->flags & (VM_READ | VM_WRITE | VM_EXEC)) ||
		       vma->pgoff + ((at - vma->start) >> PAGE_SHIFT) >= FILE_PAGES;
	}
	return false;
}

static bool mlock_fails_at_once(const struct twin_call *c)
{
	return mlock_out_of_reach(c) && fails_at_once(c);
}

static bool mlock_fails_later(const struct twin_call *c)
{
	return mlock_out_of_reach(c) && !fails_at_once(c);
}

/* Only a private mapping of a file shows whether a page was copied or not. */
static bool is_copied(const struct vma_view *vma, u32 end)
{
	return vma->inode && !(vma->flags & VM_SHARED) && vma->flags & VM_WRITE &&
	       end > vma->start;
}

static bool mlock_up_to_a_hole(const struct twin_call *c)
{
	return c->op.kind == OP_MLOCK && c->op.error == ENOMEM && any_vma(c, is_copied);
}

static bool is_locked_read_only(const struct vma_view *vma, u32 end)
{
	return (vma->flags & (VM_SHARED | VM_WRITE | VM_LOCKED)) == VM_LOCKED && end > vma->start;
}

static bool mprotect_locked(const struct twin_call *c)
{
	return c->op.kind == OP_MPROTECT && arg(c, 2) & PROT_WRITE &&
	       any_vma(c, is_locked_read_only);
}

static bool mprotect_promised(const struct twin_call *c)
{
	u32 start = arg(c, 0), end = start + len(c, 1), i;

	if (c->op.kind != OP_MPROTECT || arg(c, 2) & PROT_WRITE)
		return false;
	for (i = 0; i < c->nr_vmas; i++)
		if (c->vmas[i].start < end && c->vmas[i].end > start && !c->written[i] &&
		    !c->vmas[i].inode && c->vmas[i].flags & VM_ACCOUNT)
			return true;
	return false;
}

static bool brk_of_nothing(const struct twin_call *c)
{
	u32 start = PAGE_ALIGN(arg(c, 0)), end = PAGE_ALIGN(c->brk), i;

	for (i = 0; i < c->nr_vmas; i++)
		if (c->vmas[i].start < end && c->vmas[i].end > start)
			return false;
	return c->op.kind == OP_BRK && start >= c->t->heap && start < end;
}

static bool is_locked_out_of_reach(const struct vma_view *vma, u32 end)
{
	return vma->flags & VM_LOCKED && out_of_reach(vma, end);
}

static bool mlock_once_more(const struct twin_call *c)
{
	return c->op.kind == OP_MLOCK && any_vma(c, is_locked_out_of_reach);
}

static bool read_write_only(const struct twin_call *c)
{
	const struct vma_view *vma = twin_vma(c, arg(c, 0));

	return c->op.kind == OP_READ && vma && vma->flags & VM_WRITE &&
	       !(vma->flags & (VM_READ | VM_EXEC));
}

/* -- borders --------------------------------------------------------------------------------- */

static bool one_has_pages(const struct twin_call *c)
{
	const struct twin_border *b = &c->t->border;

	return !b->below->anon_vma != !b->above->anon_vma &&
	       b->below->vm_flags == b->above->vm_flags;
}

static bool is_inherited(const struct twin_call *c)
{
	const struct list_head *chain = &c->t->border.below->anon_vma_chain;

	return c->t->border.below->anon_vma && list_next(list_next(chain)) != chain;
}

static bool grew_up_to(const struct twin_call *c)
{
	const struct twin_border *b = &c->t->border;

	return is_mremap(c, false) && b->at == arg(c, 0) + len(c, 2) &&
	       b->below->vm_flags == b->above->vm_flags;
}

/* -- the table -------------------------------------------------------------------------------- */

#define ANSWER(name, from, to, since, model, real, when, why) \
	{ name, TWIN_ANSWER, from, to, since, model, real, when, why }
#define LATER(name, from, to, since, when, why) \
	{ name, TWIN_LATER, from, to, since, 0, 0, when, why }
#define SKIP(name, from, to, since, when, why) \
	{ name, TWIN_SKIP, from, to, since, 0, 0, when, why }
/* model 1: it has the border and the real one has not; 0: the other way round. */
#define BORDER(name, from, to, since, model, when, why) \
	{ name, TWIN_BORDER, from, to, since, model, !model, when, why }
#define ALL(name, what, from, to, why) \
	{ name, what, from, to, 0, 0, 0, NULL, why }

const struct twin_exception twin_exceptions[] = {
	/* mmap */
	ANSWER("MAP_SHARED_VALIDATE", NULL, NULL, SINCE(4, 15), EINVAL, 0, shared_and_private,
	       "4.15 gave MAP_SHARED | MAP_PRIVATE a meaning for files"),
	ANSWER("mmap near an address that is no page's", NULL, "2.6.16", 0, 0, 0, unaligned_hint,
	       "rounded up to the next page; 2.6.24 rounds it down"),
	ANSWER("mmap of too much", NULL, "2.6.9-rc-mm", 0, EINVAL, ENOMEM, mmap_too_long,
	       "EINVAL up to 2.6.11, ENOMEM in 2.6.14"),

	/* mprotect */
	ANSWER("mprotect of too much", NULL, "2.6.0", 0, EINVAL, ENOMEM, mprotect_too_long,
	       "EINVAL up to 2.6.4, ENOMEM from 2.6.5 on"),
	ANSWER("mprotect of so much that it is nothing", NULL, "2.6.16", 0, 0, ENOMEM,
	       mprotect_wraps, "rounding up to whole pages gives 0, which 2.6.18 looks for"),
	ANSWER("mprotect of nothing, with unknown flags", NULL, "2.6.16", 0, EINVAL, 0,
	       mprotect_nothing, "the flags are looked at first, in 2.6.18 the length"),
	ANSWER("PROT_SEM", NULL, "2.5.27", 0, EACCES, 0, mprotect_sem,
	       "its number is that of VM_SHARED in 2.5.27, without VM_MAYSHARE; 2.6.0 drops it"),
	ANSWER("PROT_SEM and a hole", NULL, "2.5.27", 0, EACCES, ENOMEM, mprotect_sem,
	       "its number is that of VM_SHARED in 2.5.27, without VM_MAYSHARE; 2.6.0 drops it"),
	LATER("mprotect of locked memory", NULL, NULL, SINCE(4, 2), mprotect_locked,
	      "4.2 makes its pages writable at once, or copies of them"),
	LATER("mprotect of memory that nobody wrote to", "4.0", "4.0", SINCE(6, 7),
	      mprotect_promised,
	      "6.7 takes VM_ACCOUNT back from it, and then it does not merge with other memory"),

	/* mremap */
	SKIP("mremap across a border that only one has", NULL, "2.6.16", 0, border_of_one,
	     "what is merged with what changed with nearly every kernel"),
	ANSWER("mremap smaller, where nothing is", NULL, NULL, SINCE(5, 16), 0, EFAULT,
	       shrink_of_nothing,
	       "5.16 looks for the vma first, earlier kernels only when it grows or moves"),
	ANSWER("mremap to a place, where nothing is", NULL, NULL, SINCE(5, 16), EFAULT, EFAULT,
	       move_of_nothing,
	       "5.16 looks for the vma before it unmaps the target, earlier kernels after that"),
	ANSWER("mremap that must fail, where nothing is", NULL, NULL, SINCE(5, 16), EINVAL, EFAULT,
	       mremap_of_nothing,
	       "5.16 looks for the vma before it compares places and unmaps what is too much"),
	ANSWER("mremap of several vmas", NULL, NULL, SINCE(6, 17), EFAULT, 0, move_of_several,
	       "6.17 moves several vmas at once"),
	ANSWER("mremap across a border", NULL, NULL, SINCE(6, 17), EFAULT, EFAULT, move_across,
	       "6.17 checks the source before it unmaps the target, earlier kernels after that"),
	ANSWER("mremap smaller to a place, across a border", NULL, NULL, SINCE(6, 17), 0, EFAULT,
	       shrink_across, "6.17 checks the source before it has shrunk"),
	ANSWER("mremap smaller to a place", NULL, "2.5.27", 0, EFAULT, 0, shrink_and_move,
	       "2.5.27 goes on with the old length, which is not there any more; 2.6.0 does not"),
	ANSWER("mremap to no length", NULL, "2.6.0", 0, 0, EINVAL, shrink_to_nothing,
	       "it unmaps everything in 2.6.0, and is refused in 2.6.5"),
	ANSWER("mremap to no length elsewhere", NULL, "2.6.0", 0, EFAULT, EINVAL,
	       shrink_to_nothing, "it unmaps everything and then misses it in 2.6.0"),
	ANSWER("mremap from no length, private", NULL, NULL, SINCE(4, 14), 0, EINVAL,
	       duplicate_private, "4.14 refuses to duplicate a private mapping"),
	ANSWER("mremap from no length, private, in place", NULL, NULL, SINCE(4, 14), ENOMEM,
	       EINVAL, duplicate_private, "4.14 refuses to duplicate a private mapping"),
	ANSWER("mremap from no length, or too much, onto itself", NULL, NULL, SINCE(4, 3), EINVAL,
	       EFAULT, onto_itself,
	       "a source whose end is not behind its start overlaps nothing since 4.3"),
	ANSWER("mremap to too much", NULL, NULL, SINCE(6, 17), ENOMEM, EINVAL, mremap_too_long,
	       "6.17 compares the new length with TASK_SIZE, whatever the flags"),
	ANSWER("mremap of nothing to too much", NULL, NULL, SINCE(6, 17), EFAULT, EINVAL,
	       mremap_too_long, "6.17 compares the new length before it looks for the vma"),
	ANSWER("mremap from too much", NULL, "2.6.0", 0, 0, EINVAL, mremap_from_too_long,
	       "2.6.3 hands on that the rest cannot be unmapped"),
	ANSWER("mremap from too much elsewhere", NULL, "2.6.0", 0, EFAULT, EINVAL,
	       mremap_from_too_long, "2.6.3 hands on that the rest cannot be unmapped"),
	ANSWER("mremap from too much to a place", "2.6.5-objrmap", NULL, SINCE(6, 17), EINVAL,
	       EFAULT, move_from_too_long,
	       "6.17 checks the source before it tries to unmap the rest"),

	/* madvise, brk */
	ANSWER("willneed of anonymous memory", NULL, "2.6.16", 0, EBADF, 0, willneed_anonymous,
	       "3.9 reads swap ahead, earlier kernels know only files"),
	ANSWER("willneed of anonymous memory and a hole", NULL, "2.6.16", 0, EBADF, ENOMEM,
	       willneed_anonymous, "3.9 reads swap ahead, earlier kernels know only files"),
	ANSWER("unknown advice on a hole", NULL, "2.6.16", 0, ENOMEM, EINVAL, strange_advice,
	       "the advice is looked at vma by vma, and first of all in 4.0"),
	ANSWER("unknown advice on nothing", NULL, "2.6.16", 0, 0, EINVAL, madvise_nothing,
	       "the advice is looked at vma by vma, and first of all in 4.0"),
	ANSWER("advice on so much that it is nothing", NULL, "2.6.5-objrmap", 0, 0, EINVAL,
	       madvise_wraps, "rounding up to whole pages gives 0, which 2.6.7 looks for"),
	ANSWER("brk smaller, where nothing is", NULL, NULL, SINCE(6, 1), 0, 0, brk_of_nothing,
	       "6.1 lets the break where it is when nothing is mapped there to be unmapped"),
	ALL("memory from brk may be executed", TWIN_HEAP_EXEC, NULL, "2.6.7-anonmm",
	    "2.6.8 has READ_IMPLIES_EXEC: only programs that know no NX get it so"),

	/* mlock */
	ANSWER("mlock of what cannot be touched", NULL, "2.5.27", 0, 0, ENOMEM,
	       mlock_out_of_reach, "2.5.27 does not look at whether the pages could be had"),
	ANSWER("mlock of what cannot be touched at all", "2.6.0", "2.6.16", 0, EFAULT, ENOMEM,
	       mlock_fails_at_once, "2.6.0 hands the error on as it is, 2.6.27 translates it"),
	ANSWER("mlock of what can be touched in part", "2.6.0", "2.6.16", 0, EPERM, ENOMEM,
	       mlock_fails_later, "make_pages_present answers -1 until 2.6.27"),
	ANSWER("mlock, once more, of what cannot be touched", "2.6.0", "2.6.16", 0, 0, ENOMEM,
	       mlock_once_more, "what is locked already is passed over until 2.6.38"),
	LATER("mlock up to a hole", NULL, "2.6.16", 0, mlock_up_to_a_hole,
	      "each vma is faulted in when it is its turn; 2.6.38 waits until all is well"),

	/* words */
	ANSWER("reading what may only be written", NULL, "2.6.16", 0, -SEGV, 0, read_write_only,
	       "a first read of a page needs VM_READ or VM_EXEC until 2.6.19"),
	ANSWER("reading what may only be written, beyond the file", NULL, "2.6.16", 0, -SEGV, -BUS,
	       read_write_only, "a first read of a page needs VM_READ or VM_EXEC until 2.6.19"),

	/* where vmas begin and end */
	BORDER("a vma without anonymous pages beside one that has them", "4.0", "4.0",
	       SINCE(6, 15), 1, one_has_pages, "not merged from 3.0 on, by mistake; 6.15 does it"),
	BORDER("an anon_vma that two vmas took over from an ancestor", "4.0", "4.0", 0, 0,
	       is_inherited, "a count of children and vmas together lets fork do so until 6.0, "
	       "which was mended in older kernels, too"),
	BORDER("mremap up to the next vma", "4.0", "4.0", SINCE(5, 19), 1, grew_up_to,
	       "6.0 merges what has grown with what it meets"),
	ALL("borders of vmas", TWIN_BORDERS, NULL, "2.6.16",
	    "what is merged with what changed with nearly every kernel"),
	{ .name = NULL },
};

static u64 used[ARRAY_SIZE(twin_exceptions)];

/* -- who is meant ----------------------------------------------------------------------------- */

static u32 rank(const char *name, u32 otherwise)
{
	u32 i;

	for (i = 0; name && kernels[i]; i++)
		if (!strcmp(kernels[i]->name, name))
			return i;
	return otherwise;
}

static bool about(const struct twin_exception *e, const struct twin *t)
{
	u32 row = rank(t->kernel->name, 0);

	return row >= rank(e->from, e->from ? UINT32_MAX : 0) && row <= rank(e->to, UINT32_MAX) &&
	       t->host.version >= e->since;
}

const struct twin_exception *twin_excuse(const struct twin_call *c)
{
	const struct twin_exception *e;

	for (e = twin_exceptions; e->name; e++)
		if (e->what == TWIN_ANSWER && e->model == c->op.error &&
		    e->real == c->real.error && about(e, c->t) && e->when(c))
			return e;
	return NULL;
}

const struct twin_exception *twin_about(const struct twin_call *c, enum twin_difference what)
{
	const struct twin_exception *e;

	for (e = twin_exceptions; e->name; e++)
		if (e->what == what && about(e, c->t) && e->when(c) &&
		    (what != TWIN_BORDER || e->model == c->t->border.in_model))
			return e;
	return NULL;
}

const struct twin_exception *twin_allows(const struct twin *t, enum twin_difference what)
{
	const struct twin_exception *e;

	for (e = twin_exceptions; e->name; e++)
		if (e->what == what && about(e, t))
			return e;
	return NULL;
}

void twin_count(const struct twin_exception *e)
{
	used[e - twin_exceptions]++;
}

void twin_print_excused(void)
{
	const struct twin_exception *e;

	for (e = twin_exceptions; e->name; e++)
		if (used[e - twin_exceptions])
			print_message("# %8llu x %s, %s .. %s: %s\n",
				      (unsigned long long)used[e - twin_exceptions], e->name,
				      e->from ? e->from : "the first", e->to ? e->to : "the last",
				      e->why);
}
