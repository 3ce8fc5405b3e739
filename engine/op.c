/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations: from the caller's stack to a thread of the machine and back.
 *
 *	caller's stack                        the task's thread
 *	--------------                        -----------------
 *	op_run(m, op)
 *	  valid?  no: errno, nothing happened
 *	  copy into the region ------------->  run_op: OP_BEGIN, the work, OP_END
 *	  sched_run(): this thread, then       back to "user mode": a task that was
 *	    whoever was woken, until nobody      killed meanwhile exits here
 *	    can run
 *	  collect the result <---------------
 *
 * pid 0 is the machine's own thread, "swapper": the operations of nobody in particular run on it.
 */
#include "op_impl.h"
#include <errno.h>
#include <stdio.h>
#include "mm/vm.h"
#include "sim/check.h"
#include "sim/truth.h"

#if defined(CHECK) && CHECK
#define CHECK_EACH_OP 1
#else
#define CHECK_EACH_OP 0
#endif

const struct op_row op_rows[NR_OPS] = {
#define X(kind, name, args, what) [OP_##kind] = { name, args, what },
	OPS(X)
#undef X
};

/* -- on the thread ---------------------------------------------------------------------------- */

/* swapoff's thread, and a worker, stand for a program that is started each time. */
static void die_and_come_back(void)
{
	current->killed = false;
	current->flags &= ~(PF_MEMALLOC | PF_MEMDIE);
}

/*
 * Back to user mode: where a kernel looks for work before it lets a process go on. Somebody more
 * urgent runs first; a process that the OOM killer chose dies.
 */
static void return_to_user(struct op *op)
{
	if (current->need_resched)
		schedule();
	current->sigpending = false;
	current->alarm_at = 0;
	if (!current->killed)
		return;
	if (is_process(current)) {
		op->error = -9;
		exit_current();
	} else if (current == VM->swapoff || current->flags & PF_WORKER) {
		op->error = -9;
		die_and_come_back();
	}
}

static void settle(struct op *op, s64 ret)
{
	if (op->error)
		return;
	op->ret = ret < 0 ? 0 : ret;
	op->error = ret < 0 ? (s32)-ret : 0;
}

/* Who has just exited is a zombie already, but what waits for a grace period is given back by a
 * thread that still runs. */
static void quiescent(void)
{
	u8 state = current->state;

	current->state = TASK_RUNNING;
	rcu_quiescent_state();
	current->state = state;
}

static void run_op(void *arg)
{
	struct op_call *call = arg;
	struct op *op = &call->op;
	const struct op_impl *impl = &op_impls[op->kind];
	u32 faults = current->min_flt + current->maj_flt;

	current->op = op;
	EV(OP_BEGIN, op->kind, (u32)op->arg[0], (u32)op->arg[1]);
	if (impl->flags & OP_SYSCALL)
		charge(SYSCALL);
	if (call->words)
		touch_words(call);
	else
		settle(op, impl->run(op));
	op->faults = (u32)(current->min_flt + current->maj_flt - faults);
	if (current->state != TASK_ZOMBIE)
		return_to_user(op);
	quiescent();
	EV(OP_END, op->kind, (u32)op->error);
	sched_progress();
	op->done = true;
	current->op = NULL;
}

/* -- on the caller's side --------------------------------------------------------------------- */

bool is_process(const struct task_struct *t)
{
	return t && t->mm && !(t->flags & PF_KTHREAD) && t->state != TASK_ZOMBIE;
}

/* The thread an operation runs on; NULL: there is none. */
static struct task_struct *op_thread(struct machine *m, const struct op *op)
{
	struct task_struct *t;

	t = op->pid ? thread_by_pid(m, op->pid) : m->boot;
	if (t && (t == m->boot || t->flags & PF_WORKER))
		return op_impls[op->kind].flags & OP_PROCESS ? NULL : t;
	return is_process(t) && !t->killed ? t : NULL;
}

u32 op_worker(struct machine *m, const char *name, u32 cpu)
{
	struct task_struct *t = thread_create(m, name, cpu);

	if (!t)
		return 0;
	t->flags |= PF_KTHREAD | PF_WORKER;
	return t->pid;
}

static void out_of_region(struct machine *m)
{
	report_set(m, REPORT_MEMORY, NULL, "the machine's region is full", NULL);
}

/* Who runs swapoff when no process asks for it: a thread of its own, made when it is needed. */
static struct task_struct *swapoff_thread(struct machine *m)
{
	struct vm_state *vm = m->vm;

	if (!vm->swapoff)
		vm->swapoff = thread_create(m, "swapoff", m->config.cpus - 1);
	if (vm->swapoff)
		vm->swapoff->flags |= PF_KTHREAD;
	return vm->swapoff;
}

static s32 op_error(struct machine *m, const struct op *op)
{
	const struct op_impl *impl;

	if (op->kind >= NR_OPS)
		return EINVAL;
	impl = &op_impls[op->kind];
	if (!op_thread(m, op))
		return ESRCH;
	return impl->valid ? impl->valid(m, op) : 0;
}

/* A copy of op in the region, at the end of machine->op_calls. NULL: no room. */
static struct op_call *post(struct machine *m, struct op *op)
{
	struct op_call *call = region_alloc(m->region, sizeof(*call)), **end = &m->op_calls;

	if (!call) {
		out_of_region(m);
		return NULL;
	}
	call->op = *op;
	call->op.text[sizeof(op->text) - 1] = '\0';
	call->caller = op;
	while (*end)
		end = &(*end)->next;
	*end = call;
	return call;
}

static bool start(struct machine *m, struct task_struct *t, struct op_call *call)
{
	t->op = &call->op;
	if (thread_start(t, run_op, call))
		return true;
	t->op = NULL;
	out_of_region(m);
	return false;
}

static bool all_done(const struct machine *m, void *unused)
{
	const struct op_call *call;

	(void)unused;
	for (call = m->op_calls; call; call = call->next)
		if (!call->op.done)
			return false;
	return true;
}

static bool one_done(const struct machine *m, void *unused)
{
	const struct op_call *call;

	(void)unused;
	for (call = m->op_calls; call; call = call->next)
		if (call->op.done)
			return true;
	return !m->op_calls;
}

/* Hand the results of finished operations to those who asked. */
static void collect(struct machine *m)
{
	struct op_call **at = &m->op_calls, *call;

	while ((call = *at)) {
		if (!call->op.done) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		*call->caller = call->op;
		region_free(m->region, call, sizeof(*call));
	}
}

static bool whole(const struct machine *m)
{
	return m->report.kind == REPORT_NONE;
}

static void finish_report(struct machine *m)
{
	if (m->report.kind == REPORT_CONTENT && !m->report.detail[0])
		truth_describe(m, m->report.detail, sizeof(m->report.detail));
}

static bool run_all(struct machine *m)
{
	bool ok = sched_run(m, all_done, NULL);

	collect(m);
	if (ok && CHECK_EACH_OP && !m->config.unchecked)
		check_report(m);
	finish_report(m);
	return whole(m);
}

bool op_post(struct machine *m, struct op *op)
{
	struct task_struct *t;
	struct op_call *call;

	op->ret = 0;
	op->faults = 0;
	op->address = 0;
	op->done = false;
	if (!whole(m))
		return false;
	op->error = op_error(m, op);
	if (op->error)
		return false;
	t = op->kind == OP_SWAPOFF && !op->pid ? swapoff_thread(m) : op_thread(m, op);
	if (!t) {
		out_of_region(m);
		return false;
	}
	if (t->op || t->state != TASK_IDLE) {
		op->error = EBUSY;
		return false;
	}
	call = post(m, op);
	return call && start(m, t, call);
}

bool op_run_posted(struct machine *m)
{
	return whole(m) && run_all(m);
}

bool op_run_posted_one(struct machine *m)
{
	if (!whole(m))
		return false;
	sched_run_until(m, one_done, NULL);
	collect(m);
	finish_report(m);
	return whole(m);
}

bool op_run(struct machine *m, struct op *op)
{
	if (op_post(m, op))
		return run_all(m);
	op->done = whole(m);
	return op->done;
}

u64 op_touch_pages(struct machine *m, u32 pid, const u32 *words, u64 n, u64 *faults)
{
	struct op op = { .kind = OP_TOUCH, .pid = (u16)pid, .arg = { 0, PAGE_SIZE } };
	struct op_call *call;
	u64 done;

	if (!n || pid > 0xffff || !op_post(m, &op))
		return 0;
	for (call = m->op_calls; call->caller != &op; call = call->next)
		;
	call->words = words;
	call->nr_words = n;
	call->caller = &op;
	run_all(m);
	done = op.done ? (u64)op.ret : call->words_done;
	*faults += op.faults;
	return done;
}

/* -- names ------------------------------------------------------------------------------------ */

static const struct error_name {
	s32 error;
	const char *name;
} error_names[] = {
	{ 0, "0" },
	{ EPERM, "EPERM" }, { ENOENT, "ENOENT" }, { ESRCH, "ESRCH" }, { EINTR, "EINTR" },
	{ EIO, "EIO" }, { E2BIG, "E2BIG" }, { EBADF, "EBADF" }, { EAGAIN, "EAGAIN" },
	{ ENOMEM, "ENOMEM" }, { EACCES, "EACCES" }, { EFAULT, "EFAULT" }, { EBUSY, "EBUSY" },
	{ EEXIST, "EEXIST" }, { ENODEV, "ENODEV" }, { EINVAL, "EINVAL" }, { ENFILE, "ENFILE" },
	{ EFBIG, "EFBIG" }, { ENOSPC, "ENOSPC" }, { ENOSYS, "ENOSYS" },
	{ EOVERFLOW, "EOVERFLOW" },
	{ -7, "SIGBUS" }, { -9, "SIGKILL" }, { -11, "SIGSEGV" },
};

const char *op_error_name(s32 error)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(error_names); i++)
		if (error_names[i].error == error)
			return error_names[i].name;
	return "?";
}
