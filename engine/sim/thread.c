/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads come and go: pids, names, stacks. A thread between two operations is idle and has no
 * stack; when it is given work it takes one from the pool.
 *
 *	stack  | canary | <- grows ... frames of the kernel's functions |
 *	       0                                                      16 KiB
 */
#include "sched_private.h"
#include "spinlock.h"

#include <string.h>

#define MAX_PID 65534 /* a lock's owner is pid + 1 in 16 bits */

_Thread_local struct task_struct *current;

/* Room for one more pid in the two arrays that are indexed by pid. */
static bool grow_pids(struct machine *m)
{
	u32 max = m->max_pids ? 2 * m->max_pids : 16;
	u64 old = m->max_pids;
	void *by_pid, *names;

	if (m->nr_pids < m->max_pids)
		return true;
	by_pid = region_realloc(m->region, m->by_pid, old * sizeof(*m->by_pid),
				max * sizeof(*m->by_pid));
	if (!by_pid)
		return false;
	m->by_pid = by_pid;
	names = region_realloc(m->region, m->names, old * sizeof(*m->names),
			       max * sizeof(*m->names));
	if (!names)
		return false;
	m->names = names;
	m->max_pids = max;
	return true;
}

struct task_struct *thread_create(struct machine *m, const char *comm, u32 cpu)
{
	struct task_struct *t;

	if (m->nr_pids > MAX_PID || !grow_pids(m))
		return NULL;
	t = region_alloc(m->region, sizeof(*t));
	if (!t)
		return NULL;
	t->machine = m;
	t->pid = (u16)m->nr_pids++;
	t->cpu_id = (u8)cpu;
	t->cpu = m->cpus[cpu];
	t->state = TASK_IDLE;
	t->wait_bit = NO_BIT;
	t->wait_class = NR_LOCK_CLASSES;
	t->events_on = m->events_on;
	t->smp = m->smp;
	t->start_time = m->now;
	t->top = t->fn;
	strncpy(t->comm, comm, TASK_COMM_LEN - 1);
	memcpy(m->names[t->pid], t->comm, TASK_COMM_LEN);
	m->by_pid[t->pid] = t;
	list_add_tail(&t->tasks, &m->tasks);
	return t;
}

void thread_rename(struct task_struct *t, const char *comm)
{
	memset(t->comm, 0, sizeof(t->comm));
	strncpy(t->comm, comm, TASK_COMM_LEN - 1);
	memcpy(t->machine->names[t->pid], t->comm, TASK_COMM_LEN);
}

struct task_struct *thread_by_pid(const struct machine *m, u32 pid)
{
	struct task_struct *t = pid < m->nr_pids ? m->by_pid[pid] : NULL;

	return t && t->state != TASK_ZOMBIE ? t : NULL;
}

const char *thread_name(const struct machine *m, u32 pid)
{
	return pid < m->nr_pids ? m->names[pid] : "?";
}

/* -- stacks ------------------------------------------------------------------------------------ */

static void *take_stack(struct machine *m)
{
	struct sched_state *s = m->sched;
	void *stack = s->stacks;

	if (stack)
		s->stacks = *(void **)stack;
	else
		stack = region_alloc(m->region, THREAD_STACK);
	if (stack)
		*(u32 *)stack = STACK_CANARY;
	return stack;
}

void thread_release_stack(struct task_struct *t)
{
	struct sched_state *s = t->machine->sched;

	*(void **)t->stack = s->stacks;
	s->stacks = t->stack;
	t->stack = NULL;
}

bool thread_stack_sound(const struct task_struct *t)
{
	return *(const u32 *)t->stack == STACK_CANARY;
}

/* -- a thread's life --------------------------------------------------------------------------- */

static void check_nothing_held(struct task_struct *t)
{
	if (t->nr_held)
		report_set(t->machine, REPORT_LOCK, event_site(t->held[0].site),
			   "a lock was never released", ONE_LOCK(t->held[0].class, t->held[0].id));
	else if (t->preempt_count)
		report_set(t->machine, REPORT_LOCK, NULL, "preemption was left disabled", NULL);
}

/* A thread that is done reads nothing. It may still wait for a lock here, as a running one. */
static void last_quiescent_state(struct task_struct *t)
{
	u8 state = t->state;

	t->state = TASK_RUNNING;
	rcu_quiescent_state();
	t->state = state;
}

static void thread_main(void *arg)
{
	struct task_struct *t = arg;

	sched_arrive();
	t->fn_main(t->fn_arg);
	check_nothing_held(t);
	last_quiescent_state(t);
	if (t->state == TASK_ZOMBIE)
		list_add_tail(&t->queue, &t->machine->sched->zombies);
	else
		t->state = TASK_IDLE;
	t->top = t->fn;
	sched_switch_out();
}

bool thread_start(struct task_struct *t, void (*body)(void *), void *arg)
{
	t->stack = take_stack(t->machine);
	if (!t->stack)
		return false;
	t->fn_main = body;
	t->fn_arg = arg;
	co_init(&t->co, t->stack, THREAD_STACK, thread_main, t);
	sched_enqueue(t);
	return true;
}

void thread_discard(struct task_struct *t)
{
	t->state = TASK_ZOMBIE;
	list_add_tail(&t->queue, &t->machine->sched->zombies);
}

/* The cpu may still point to the thread that exited on it, until another one comes. */
static bool may_reap(const struct machine *m, const struct task_struct *t)
{
	return m->sched->on_cpu[t->cpu_id] != t;
}

static void reap_one(struct machine *m, struct task_struct *t)
{
	list_del(&t->queue);
	m->by_pid[t->pid] = NULL;
	list_del(&t->tasks);
	region_free(m->region, t, sizeof(*t));
}

void thread_reap(struct machine *m)
{
	struct list_head *pos, *next;

	for (pos = list_next(&m->sched->zombies); pos != &m->sched->zombies; pos = next) {
		struct task_struct *t = list_entry(pos, struct task_struct, queue);

		next = list_next(pos);
		if (may_reap(m, t))
			reap_one(m, t);
	}
}
