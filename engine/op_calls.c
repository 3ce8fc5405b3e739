/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each operation does, on its own thread: the system call layer, the user code that loads and
 * stores, and the few things only an experimenter asks for (reclaim, page_referenced ...). The
 * content truth is told here, in the same breath as the access, so that nothing runs in between.
 */
#include "op_impl.h"
#include <errno.h>
#include "kernels.h"
#include "i386/mmu.h"
#include "mm/dcache.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"
#include "sim/disk.h"
#include "sim/truth.h"

#define TRUTH (current->machine->truth)

/* -- validation, on the caller's stack -------------------------------------------------------- */

static bool is_u32(u64 value)
{
	return value <= UINT32_MAX;
}

/* What only mappings lead to is nobody's to name: it may end at any moment. */
struct inode *find_inode(const struct machine *m, u64 number)
{
	struct list_head *pos;

	list_for_each(pos, &m->vm->inodes) {
		struct inode *inode = list_entry(pos, struct inode, inodes);

		if (inode->i_ino == number)
			return inode->unlinked ? NULL : inode;
	}
	return NULL;
}

static s32 valid_mmap(struct machine *m, const struct op *op)
{
	u64 at = op->arg[0], len = op->arg[1], prot = op->arg[2], flags = op->arg[3];
	u64 inode = op->arg[4], offset = op->arg[5];
	u64 known = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_LOCKED;

	if (!is_u32(at) || !is_u32(len) || !len)
		return EINVAL;
	if (prot & ~(u64)(PROT_READ | PROT_WRITE | PROT_EXEC) || flags & ~known)
		return EINVAL;
	if (offset % PAGE_SIZE || !is_u32(offset >> PAGE_SHIFT))
		return EINVAL;
	return inode && !find_inode(m, inode) ? EBADF : 0;
}

static s32 valid_range(struct machine *m, const struct op *op)
{
	u64 at = op->arg[0], len = op->arg[1];

	(void)m;
	return is_u32(at) && is_u32(len) && len && at + len <= 1ull << 32 ? 0 : EINVAL;
}

static s32 valid_address(struct machine *m, const struct op *op)
{
	(void)m;
	return is_u32(op->arg[0]) ? 0 : EINVAL;
}

static s32 valid_word(struct machine *m, const struct op *op)
{
	(void)m;
	return is_u32(op->arg[0]) && op->arg[0] % 4 == 0 && is_u32(op->arg[1]) ? 0 : EINVAL;
}

static s32 valid_file_word(struct machine *m, const struct op *op)
{
	if (!find_inode(m, op->arg[0]))
		return EBADF;
	return op->arg[1] % 4 == 0 && is_u32(op->arg[2]) ? 0 : EINVAL;
}

static s32 valid_file_range(struct machine *m, const struct op *op)
{
	if (!find_inode(m, op->arg[0]))
		return EBADF;
	return op->arg[1] <= INT64_MAX && op->arg[2] <= INT32_MAX ? 0 : EINVAL;
}

static s32 valid_swapon(struct machine *m, const struct op *op)
{
	s64 priority = (s64)op->arg[1];

	(void)m;
	return op->arg[0] && priority >= -1 && priority <= 32767 &&
	       op->arg[2] <= MAX_SWAP_DEVICES ? 0 : EINVAL;
}

static s32 valid_swapoff(struct machine *m, const struct op *op)
{
	(void)m;
	return op->arg[0] < MAX_SWAPFILES && op->arg[1] <= INT64_MAX - m->now ? 0 : EINVAL;
}

static s32 valid_count(struct machine *m, const struct op *op)
{
	(void)m;
	return op->arg[0] <= INT32_MAX ? 0 : EINVAL;
}

static bool is_queued(const struct machine *m, const struct page *page)
{
	const struct page *waiting[2 * MAX_CPUS * PAGEVEC_MAX];
	u32 n = m->vm->kernel->lru->queued(m->vm, waiting, ARRAY_SIZE(waiting));

	while (n--)
		if (waiting[n] == page)
			return true;
	return false;
}

/* The kernel only ever asks about a page that is on one of the lists, or will be when it has
 * emptied its pagevecs. */
static s32 valid_page(struct machine *m, const struct op *op)
{
	const struct page *page;

	if (op->arg[0] >= m->nr_frames)
		return EINVAL;
	page = &m->vm->mem_map[op->arg[0]];
	return PageLRU(page) || is_queued(m, page) ? 0 : EINVAL;
}

s32 valid_tick(struct machine *m, const struct op *op)
{
	return op->arg[0] <= INT64_MAX - m->now ? 0 : EINVAL;
}

/* -- user code -------------------------------------------------------------------------------- */

/* An access of user code that may fault. false: the signal is in op. One that is refused may have
 * made the stack grow before. */
static bool user_access(struct op *op, u32 address, bool write, u32 *pfn)
{
	s32 err = access_user(address, write, pfn);

	settle_stack(address);
	if (!err) {
		sched_progress();
		return true;
	}
	op->error = err;
	op->address = address;
	return false;
}

static s64 do_read(struct op *op)
{
	u32 address = (u32)op->arg[0], pfn, word;
	struct machine *m = current->machine;

	if (!user_access(op, address, false, &pfn))
		return 0;
	word = content_load(m, pfn, address & ~PAGE_MASK);
	if (m->truth)
		truth_load(m->truth, current->pid, address, true, word, content_tag(m, pfn));
	return word;
}

static s64 do_write(struct op *op)
{
	u32 address = (u32)op->arg[0], word = (u32)op->arg[1], pfn;
	struct machine *m = current->machine;
	u64 tag;

	if (!user_access(op, address, true, &pfn))
		return 0;
	tag = content_store(m, pfn, address & ~PAGE_MASK, word);
	if (m->truth)
		truth_store(m->truth, current->pid, address, true, word, tag);
	return 0;
}

/* The access itself, after the translation: what it does to the content. */
static void touch_content(struct machine *m, u32 address, bool write, u32 pfn)
{
	if (write) {
		u64 tag = content_touch(m, pfn);

		if (m->truth)
			truth_store(m->truth, current->pid, address, false, 0, tag);
	} else if (m->truth) {
		truth_load(m->truth, current->pid, address, false, 0, content_tag(m, pfn));
	}
}

/* One page touched, and on the way back to user mode whoever became more urgent runs. false: a
 * signal, or the machine broke. */
static bool touch_page(struct op *op, u32 address, bool write)
{
	u32 pfn;

	if (!user_access(op, address, write, &pfn))
		return false;
	touch_content(current->machine, address, write, pfn);
	if (current->need_resched)
		schedule();
	return !current->killed && current->machine->report.kind == REPORT_NONE;
}

static s64 do_touch(struct op *op)
{
	u64 at = op->arg[0] & PAGE_MASK, end = op->arg[0] + op->arg[1];
	u32 faults = current->min_flt + current->maj_flt;

	while (at < end && touch_page(op, (u32)at, op->arg[2] != 0))
		at += PAGE_SIZE;
	return (s64)(u32)(current->min_flt + current->maj_flt - faults);
}

/*
 * Every word of a trace is one touch. What the TLB knows costs a lookup and nothing else, unless
 * the content truth is kept.
 */
void touch_words(struct op_call *call)
{
	struct machine *m = current->machine;
	struct cpu *cpu = current->cpu;
	const u32 *words = call->words;
	u64 i, n = call->nr_words;

	for (i = 0; i < n; i++) {
		u32 address = words[i] >> 1 << PAGE_SHIFT;
		bool write = words[i] & 1;
		s64 pfn = mmu_translate(m, cpu, address, write, true);

		if (likely(pfn >= 0 && !m->truth))
			continue;
		if (pfn >= 0)
			touch_content(m, address, write, (u32)pfn);
		else if (!touch_page(&call->op, address, write))
			break;
	}
	call->words_done = i;
	call->op.ret = (s64)i;
}

/* -- system calls ----------------------------------------------------------------------------- */

static u32 truth_kind(const struct op *op)
{
	u32 flags = 0;

	if (op->arg[2])
		flags |= TRUTH_READ; /* an i386 page that can be written or run can be read */
	if (op->arg[2] & PROT_WRITE)
		flags |= TRUTH_WRITE;
	if (op->arg[3] & MAP_SHARED)
		flags |= TRUTH_SHARED;
	return op->arg[4] || op->arg[3] & MAP_SHARED ? flags | TRUTH_FILE : flags;
}

/* Which file is mapped at an address; one that the mapping has made is new to the truth. */
static u32 mapped_inode(const struct op *op, u32 at, u32 *pgoff)
{
	const struct vm_area_struct *vma;

	if (op->arg[4] || !(op->arg[3] & MAP_SHARED))
		return (u32)op->arg[4];
	vma = find_vma(current->mm, at);
	*pgoff = vma->vm_pgoff;
	truth_file_new(TRUTH, vma->vm_file->i_ino, 0, 0);
	return vma->vm_file->i_ino;
}

static void mmap_done(const struct op *op, u32 at, u32 pgoff)
{
	u32 inode = mapped_inode(op, at, &pgoff);

	truth_map(TRUTH, current->pid, at, PAGE_ALIGN((u32)op->arg[1]), truth_kind(op), inode,
		  pgoff);
}

/* MAP_FIXED unmaps first; if the new mapping then fails the old one is gone all the same. */
static void mmap_failed(const struct op *op)
{
	u32 at = (u32)op->arg[0], end = at + PAGE_ALIGN((u32)op->arg[1]);
	struct vm_area_struct *vma = find_vma(current->mm, at);

	if (TRUTH && op->arg[3] & MAP_FIXED && at % PAGE_SIZE == 0 && end > at &&
	    (!vma || vma->vm_start >= end))
		truth_unmap(TRUTH, current->pid, at, end - at);
}

static s64 do_mmap(struct op *op)
{
	struct inode *file = op->arg[4] ? open_file((u32)op->arg[4]) : NULL;
	u32 flags = (u32)op->arg[3] | (file ? 0 : MAP_ANONYMOUS);
	u32 pgoff = (u32)(op->arg[5] >> PAGE_SHIFT);
	s64 at;

	if (op->arg[4] && !file)
		return -ENOMEM;
	at = sys_mmap2(file, (u32)op->arg[0], (u32)op->arg[1], (u32)op->arg[2], flags, pgoff);
	if (at < 0)
		mmap_failed(op);
	else if (TRUTH)
		mmap_done(op, (u32)at, pgoff);
	if (at >= 0 && op->arg[3] & MAP_LOCKED)
		settle_copies((u32)at, PAGE_ALIGN((u32)op->arg[1]));
	if (file)
		close_file(file);
	return at;
}

static s64 do_unmap(struct op *op)
{
	u32 at = (u32)op->arg[0], len = (u32)op->arg[1];
	s32 err = sys_munmap(at, len);

	if (!err && TRUTH)
		truth_unmap(TRUTH, current->pid, at, PAGE_ALIGN(len));
	return err;
}

static s64 do_sbrk(struct op *op)
{
	u32 old = PAGE_ALIGN(current->mm->brk), new;
	s64 brk = sys_brk((u32)op->arg[0]);

	new = PAGE_ALIGN(current->mm->brk);
	if (TRUTH && new > old)
		truth_map(TRUTH, current->pid, old, new - old, TRUTH_READ | TRUTH_WRITE, 0, 0);
	if (TRUTH && new < old)
		truth_unmap(TRUTH, current->pid, new, old - new);
	return brk;
}

static s64 fork_op(struct op *op)
{
	s64 pid = do_fork(op->text[0] ? op->text : current->comm);

	if (pid > 0 && TRUTH)
		truth_space_fork(TRUTH, (u32)pid, current->pid);
	if (pid > 0)
		settle_child((u32)pid);
	return pid;
}

void exit_current(void)
{
	if (TRUTH)
		truth_space_exit(TRUTH, current->pid);
	do_exit();
}

static s64 exit_op(struct op *op)
{
	(void)op;
	exit_current();
	return 0;
}

static s64 do_swapon(struct op *op)
{
	if (op->arg[2])
		return sys_swapon_disk((u32)op->arg[2], op->arg[0], (s32)op->arg[1]);
	return sys_swapon(op->arg[0], (s32)op->arg[1]);
}

static s64 do_swapoff(struct op *op)
{
	if (op->arg[1])
		current->alarm_at = current->machine->now + op->arg[1];
	return sys_swapoff((u32)op->arg[0]);
}

/* Its handler does nothing: what is left of it is that a call is interrupted. In user mode there is
 * none. */
static s64 do_signal(struct op *op)
{
	struct task_struct *t = op->arg[0] ? thread_by_pid(current->machine, (u32)op->arg[0]) :
					     VM->swapoff;

	if (!t)
		return -ESRCH;
	if (t->op)
		t->sigpending = true;
	return t->op != NULL;
}

static s64 do_sync(struct op *op)
{
	(void)op;
	sync_inodes();
	wait_inodes();
	return 0;
}

/* -- the experimenter ------------------------------------------------------------------------- */

static s64 do_reclaim(struct op *op)
{
	return VM->kernel->vmscan->reclaim((u32)op->arg[0]);
}

static s64 do_refill(struct op *op)
{
	VM->kernel->vmscan->refill_inactive((u32)op->arg[0]);
	return 0;
}

static s64 do_kswapd(struct op *op)
{
	u32 i;

	(void)op;
	for (i = 0; i < MAX_NR_ZONES; i++)
		if (VM->zones[i].size)
			wakeup_kswapd(&VM->zones[i]);
	return 0;
}

static s64 do_referenced(struct op *op)
{
	if (!VM->kernel->vmscan->referenced)
		return -ENOSYS;
	return VM->kernel->vmscan->referenced(pfn_to_page((u32)op->arg[0]));
}

static s64 do_try_to_unmap(struct op *op)
{
	if (!VM->kernel->vmscan->unmap)
		return -ENOSYS;
	return VM->kernel->vmscan->unmap(pfn_to_page((u32)op->arg[0]));
}

static s64 do_tick(struct op *op)
{
	if (op->arg[0])
		sleep_on_timeout(NULL, op->arg[0]);
	return 0;
}

#define CALL (OP_PROCESS | OP_SYSCALL)

const struct op_impl op_impls[NR_OPS] = {
	[OP_TASK] = { 0, valid_task, task_op },
	[OP_MMAP] = { CALL, valid_mmap, do_mmap },
	[OP_MUNMAP] = { CALL, valid_range, do_unmap },
	[OP_MPROTECT] = { CALL, valid_numbers, mprotect_op },
	[OP_MREMAP] = { CALL, valid_numbers, mremap_op },
	[OP_MLOCK] = { CALL, valid_numbers, mlock_op },
	[OP_MUNLOCK] = { CALL, valid_numbers, munlock_op },
	[OP_MADVISE] = { CALL, valid_numbers, madvise_op },
	[OP_MSYNC] = { CALL, valid_numbers, msync_op },
	[OP_MINCORE] = { CALL, valid_mincore, mincore_op },
	[OP_REMAP_FILE_PAGES] = { CALL, valid_numbers, remap_file_pages_op },
	[OP_BRK] = { CALL, valid_address, do_sbrk },
	[OP_READ] = { OP_PROCESS, valid_word, do_read },
	[OP_WRITE] = { OP_PROCESS, valid_word, do_write },
	[OP_TOUCH] = { OP_PROCESS, valid_range, do_touch },
	[OP_FORK] = { CALL, NULL, fork_op },
	[OP_EXEC] = { CALL, valid_numbers, exec_op },
	[OP_EXIT] = { CALL, NULL, exit_op },
	[OP_RENICE] = { CALL, valid_renice, renice_op },
	[OP_OOM_ADJ] = { CALL, valid_oom_adj, oom_adj_op },
	[OP_COMPUTE] = { OP_PROCESS, valid_tick, compute_op },
	[OP_FILE] = { OP_SYSCALL, NULL, file_op },
	[OP_SHMEM] = { OP_SYSCALL, NULL, shmem_op },
	[OP_FILE_READ] = { OP_SYSCALL, valid_file_word, file_read_op },
	[OP_FILE_WRITE] = { OP_SYSCALL, valid_file_word, file_write_op },
	[OP_FILE_STREAM] = { OP_SYSCALL, valid_file_range, file_stream_op },
	[OP_READAHEAD] = { OP_SYSCALL, valid_file_range, readahead_op },
	[OP_TRUNCATE] = { OP_SYSCALL, valid_truncate, truncate_op },
	[OP_DISK_ERROR] = { 0, valid_disk_error, disk_error_op },
	[OP_ALLOC_ERROR] = { 0, valid_alloc_error, alloc_error_op },
	[OP_SWAPON] = { OP_SYSCALL, valid_swapon, do_swapon },
	[OP_SWAPOFF] = { OP_SYSCALL, valid_swapoff, do_swapoff },
	[OP_SIGNAL] = { 0, NULL, do_signal },
	[OP_RECLAIM] = { 0, valid_count, do_reclaim },
	[OP_REFILL] = { 0, valid_count, do_refill },
	[OP_KSWAPD] = { 0, NULL, do_kswapd },
	[OP_REFERENCED] = { 0, valid_page, do_referenced },
	[OP_UNMAP] = { 0, valid_page, do_try_to_unmap },
	[OP_SYNC] = { OP_SYSCALL, NULL, do_sync },
	[OP_TICK] = { 0, valid_tick, do_tick },
};
