/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One grace period at a time, for the whole machine:
 *
 *	call_rcu --> next --(begin_grace_period)--> cur --(last cpu is quiescent)--> done --> func
 *
 * A callback that comes while a grace period is on cannot use it: a reader may have begun before
 * the callback came and after its own cpu was quiescent. It waits for the next.
 */
#include "rcu.h"

#include "sched_private.h"
#include "spinlock.h"

static struct rcu_state *rcu(void)
{
	return &current->machine->rcu;
}

/* -- lists of callbacks ------------------------------------------------------------------------ */

static void append(struct rcu_list *list, struct rcu_head *head)
{
	head->next = NULL;
	if (list->last)
		list->last->next = head;
	else
		list->first = head;
	list->last = head;
}

/* Everything on from goes behind what is on to. */
static void move_all(struct rcu_list *from, struct rcu_list *to)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	*from = (struct rcu_list){ NULL, NULL };
}

static struct rcu_head *take_first(struct rcu_list *list)
{
	struct rcu_head *head = list->first;

	if (head) {
		list->first = head->next;
		if (!list->first)
			list->last = NULL;
	}
	return head;
}

/* -- grace periods ----------------------------------------------------------------------------- */

/* A cpu nobody runs on reads nothing. A thread that another cpu's turn interrupted still runs on
 * its own, and one that spins does, too. */
static bool cpu_is_idle(const struct machine *m, u32 cpu)
{
	const struct task_struct *on = m->sched->on_cpu[cpu];

	return !on || (on->state != TASK_RUNNING && on->state != TASK_SPINNING);
}

static void begin_grace_period(struct machine *m)
{
	struct rcu_state *s = &m->rcu;
	u32 cpu;

	move_all(&s->next, &s->cur);
	for (cpu = 0; cpu < m->config.cpus; cpu++)
		if (!cpu_is_idle(m, cpu))
			s->waiting |= 1u << cpu;
	s->waiting |= 1u << current->cpu_id;
	EV(RCU_BEGIN, s->waiting);
}

/* The grace period is over for cur; if somebody came in the meantime, the next one begins. */
static void end_grace_period(struct machine *m)
{
	struct rcu_state *s = &m->rcu;

	s->completed++;
	EV(RCU_END, s->completed);
	move_all(&s->cur, &s->done);
	if (s->next.first)
		begin_grace_period(m);
}

/* A grace period that begins as one ends here may end here as well: this cpu is quiescent now. */
static void cpu_quiet(struct machine *m)
{
	struct rcu_state *s = &m->rcu;
	u32 me = 1u << current->cpu_id;

	while (s->waiting & me) {
		s->waiting &= ~me;
		if (!s->waiting)
			end_grace_period(m);
	}
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct machine *m = current->machine;

	sched_point(SP_RCU_CALL, head);
	head->func = func;
	append(&m->rcu.next, head);
	m->rcu.queued++;
	EV(RCU_CALL, m->rcu.queued);
	if (!m->rcu.waiting)
		begin_grace_period(m);
}

/* -- what the scheduler calls ------------------------------------------------------------------ */

void rcu_switched(void)
{
	if (unlikely(rcu()->waiting))
		cpu_quiet(current->machine);
}

/* Callbacks may queue others, which then may be due at once. */
void rcu_quiescent_state(void)
{
	struct rcu_head *head;

	if (likely(!rcu()->queued) || current->preempt_count)
		return;
	do {
		cpu_quiet(current->machine);
		head = take_first(&rcu()->done);
		if (head) {
			rcu()->queued--;
			head->func(head);
		}
	} while (head);
}

/* -- readers ----------------------------------------------------------------------------------- */

void rcu_read_lock_at(const struct site *site)
{
	sched_point(SP_RCU_IN, rcu());
	current->preempt_count++;
	current->rcu_read_depth++;
	if (unlikely(current->events_on) && current->machine->smp)
		event_emit_as(EV_RCU_READ_LOCK, site, NULL, 0);
}

void rcu_read_unlock_at(const struct site *site)
{
	if (!current->rcu_read_depth)
		bug(site, "rcu_read_unlock without rcu_read_lock");
	current->rcu_read_depth--;
	current->preempt_count--;
	if (unlikely(current->events_on) && current->machine->smp)
		event_emit_as(EV_RCU_READ_UNLOCK, site, NULL, 0);
	sched_point(SP_RCU_OUT, rcu());
}
