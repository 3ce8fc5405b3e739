/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on a process apart from its memory: that there is one, whose it is, how long it works.
 * The OOM killer asks for all of it. */
#include "op_impl.h"
#include <errno.h>
#include "kernels.h"
#include "mm/vm.h"
#include "sim/truth.h"

static bool is_nice(u64 nice)
{
	return (s64)nice >= -20 && (s64)nice <= 19;
}

s32 valid_task(struct machine *m, const struct op *op)
{
	(void)m;
	return is_nice(op->arg[0]) && op->arg[1] <= (OP_TASK_ROOT | OP_TASK_RAWIO) ? 0 : EINVAL;
}

s64 task_op(struct op *op)
{
	struct machine *m = current->machine;
	u32 cpu = m->nr_pids % m->config.cpus;
	struct task_struct *t = thread_create(m, op->text[0] ? op->text : "task", cpu);

	if (!t)
		return -EAGAIN;
	t->nice = (s32)op->arg[0];
	t->root = op->arg[1] & OP_TASK_ROOT;
	t->rawio = op->arg[1] & OP_TASK_RAWIO;
	t->mm = mm_alloc(t->pid);
	if (!t->mm) {
		thread_discard(t);
		return -ENOMEM;
	}
	if (m->truth)
		truth_space_new(m->truth, t->pid);
	return t->pid;
}

s32 valid_renice(struct machine *m, const struct op *op)
{
	(void)m;
	return is_nice(op->arg[0]) ? 0 : EINVAL;
}

s64 renice_op(struct op *op)
{
	current->nice = (s32)op->arg[0];
	return 0;
}

s32 valid_oom_adj(struct machine *m, const struct op *op)
{
	const struct oom_rules *oom = m->vm->kernel->oom;
	s64 adj = (s64)op->arg[0];

	if (!oom->adj_max)
		return ENOSYS;
	return adj >= oom->adj_min && adj <= oom->adj_max ? 0 : EINVAL;
}

s64 oom_adj_op(struct op *op)
{
	current->oomkilladj = (s32)op->arg[0];
	return 0;
}

/* It leaves its memory alone, so that the machine sees only time: as much as it takes, on a cpu
 * that others may use as well. */
s64 compute_op(struct op *op)
{
	if (!op->arg[0])
		return 0;
	sleep_on_timeout(NULL, op->arg[0]);
	current->cpu_time += op->arg[0];
	current->machine->counters.idle_ns -= op->arg[0];
	return 0;
}
