/* SPDX-License-Identifier: GPL-2.0-only */
/* What must come of an operation of a workload: its result, and a machine that is whole. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/truth.h"
#include "workload.h"

static void forget_pid(struct workload *w, u32 pid)
{
	u32 i;

	for (i = 0; i < w->nr_pids; i++)
		if (w->pids[i] == pid)
			w->pids[i] = w->pids[--w->nr_pids];
}

/* The OOM killer may have taken anybody. */
static void forget_dead(struct workload *w)
{
	u32 i;

	for (i = w->nr_pids; i-- > 0;)
		if (!thread_by_pid(w->m, w->pids[i]))
			w->pids[i] = w->pids[--w->nr_pids];
}

static bool disk_failed(const struct workload *w)
{
	return w->m->counters.io_errors;
}

/* An access to memory that the truth allows must succeed, unless the process is killed or the page
 * is not in the file any more or cannot be read; one that it forbids must not. */
static bool access_result(struct workload *w, const struct op *op)
{
	u32 flags = truth_flags(w->m->truth, op->pid, (u32)op->arg[0]);
	u32 need = op->kind == OP_WRITE ? TRUTH_WRITE : TRUTH_READ;

	if (op->error == -9 || !thread_by_pid(w->m, op->pid))
		return true; /* the OOM killer came during it or after it */
	if (!(flags & need))
		return op->error == -11;
	return !op->error || (op->error == -7 && (flags & TRUTH_FILE || disk_failed(w)));
}

static bool is_one_of(u32 kind, const u8 *kinds, u32 n)
{
	while (n--)
		if (kinds[n] == kind)
			return true;
	return false;
}

/* From 2.6.0 on mlock says so when pages cannot be had, and msync that a locked one must not go. */
static bool is_expected_of_2_6(const struct op *op)
{
	if (op->kind == OP_MLOCK)
		return op->error == EFAULT || op->error == EPERM;
	return op->kind == OP_MSYNC && op->error == EBUSY && op->arg[2] & MS_INVALIDATE;
}

/* A disk failed and somebody has to be told. (remap_file_pages: of shared memory; of a file it is
 * ENOMEM.) */
static bool is_expected_of_disks(const struct op *op)
{
	static const u8 may_fail[] = {
		OP_FILE_READ, OP_FILE_WRITE, OP_MSYNC, OP_TRUNCATE, OP_REMAP_FILE_PAGES,
	};

	return op->error == EIO && is_one_of(op->kind, may_fail, ARRAY_SIZE(may_fail));
}

static bool is_expected(const struct op *op)
{
	static const u8 may_be_invalid[] = {
		OP_REFERENCED, OP_UNMAP, OP_FILE_READ, OP_FILE_WRITE, OP_MUNMAP, OP_MMAP, OP_MREMAP,
		OP_MADVISE, OP_MSYNC, OP_MINCORE, OP_REMAP_FILE_PAGES, OP_SWAPOFF,
		OP_DISK_ERROR,
	};

	switch (op->error) {
	case 0:
	case ENOMEM:
	case -9:
		return true;
	case -7:
	case -11:
		return op->kind == OP_TOUCH;
	case EINVAL:
		return is_one_of(op->kind, may_be_invalid, ARRAY_SIZE(may_be_invalid));
	case EINTR:
		return op->kind == OP_SWAPOFF && op->arg[1];
	case EACCES:
		return op->kind == OP_MPROTECT && op->arg[2] & PROT_SEM;
	case EFAULT:
		return op->kind == OP_MREMAP;
	case EBADF:
		return op->kind == OP_MADVISE && op->arg[2] == MADV_WILLNEED;
	case EAGAIN: /* no memory for a vma */
		return op->kind == OP_MLOCK || op->kind == OP_MUNLOCK || op->kind == OP_MADVISE;
	case EFBIG:
		return op->kind == OP_FILE_WRITE || op->kind == OP_TRUNCATE;
	case ENOSPC:
		return op->kind == OP_UNMAP || op->kind == OP_FILE || op->kind == OP_TRUNCATE;
	case ESRCH:
		return op->pid != 0; /* killed before its turn came */
	default:
		return false;
	}
}

/* What a kernel does not have, it never has. */
static bool is_unknown(const struct kernel *kernel, const struct op *op)
{
	if (op->kind == OP_REMAP_FILE_PAGES)
		return !kernel->fremap;
	return (op->kind == OP_REFERENCED || op->kind == OP_UNMAP) && kernel->rmap->blind;
}

/* A process that was killed on its way back from fork has a child all the same. */
static void remember_result(struct workload *w, const struct op *op)
{
	bool born = op->kind == OP_TASK || op->kind == OP_FORK;

	if (born && op->ret > 0 && w->nr_pids < ARRAY_SIZE(w->pids))
		w->pids[w->nr_pids++] = (u32)op->ret;
	if (op->error)
		return;
	if (op->kind == OP_EXIT)
		forget_pid(w, op->pid);
	if (op->kind == OP_FILE || op->kind == OP_SHMEM)
		w->files[w->nr_files++] = (u32)op->ret;
	w->nr_shmem += op->kind == OP_SHMEM;
}

bool workload_done(struct workload *w, const struct op *op)
{
	char text[200];
	bool ok;

	w->op = *op;
	remember_result(w, op);
	forget_dead(w);
	if (op->kind == OP_READ || op->kind == OP_WRITE)
		ok = access_result(w, op) || op->error == ESRCH;
	else
		ok = is_expected(op) || (disk_failed(w) && is_expected_of_disks(op)) ||
		     (op->error == ENOSYS && is_unknown(w->m->config.kernel, op)) ||
		     (w->m->config.kernel->mmap != &mmap_2002 && is_expected_of_2_6(op));
	if (!ok) {
		snprintf(text, sizeof(text), "ends with %s, at %08x", op_error_name(op->error),
			 op->address);
		workload_wrong(w, text);
	}
	return ok;
}

bool workload_whole(struct workload *w)
{
	char text[2000];

	if (w->m->report.kind == REPORT_NONE)
		return true;
	machine_report(w->m, text, sizeof(text));
	workload_wrong(w, text);
	return false;
}

bool workload_do(struct workload *w, const struct step *s)
{
	struct op op = workload_op(w, s);

	w->ops++;
	w->op = op;
	op_run(w->m, &op);
	return workload_whole(w) && workload_done(w, &op);
}

bool workload_check(struct workload *w)
{
	struct violation v[4];
	char text[1200];
	u32 i, n = check_machine(w->m, v, 4);
	int len = 0;

	if (!n)
		return workload_whole(w);
	for (i = 0; i < n && i < 4; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s\n  %s: %s",
				i ? "" : "broken invariants:", v[i].invariant, v[i].text);
	workload_wrong(w, text);
	return false;
}
