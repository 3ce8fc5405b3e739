/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduler runs on the stack of whoever called sched_run, and every thread on its own:
 *
 *	sched_run's caller            thread A              thread B
 *	      |  co_switch ------------> runs
 *	      |                          sleep_on, spin, a drawn preemption
 *	      | <----------- co_switch   :
 *	  pick_next                      :
 *	      |  co_switch ------------------------------------> runs
 *
 * so there is one place where the next thread is chosen, pick_next, and one where the clock jumps
 * because nobody can run, pass_time. What a thread finds on arrival - another one had its cpu, so
 * there is a switch to charge and a CR3 to load - it does itself, on its own stack.
 */
#include "disk.h"
#include "sched_private.h"

#define TICK_NS 1000000u  /* HZ is 1000 since 2.5.25 */

/*
 * How much waiting is for ever. The timers of background threads go off again and again, so they
 * alone are no hope: after 64 such jumps of the clock, with no I/O in flight, somebody who waits
 * waits in vain. And nobody polls a million times, or yields 200,000 times to nobody.
 */
#define VAIN_JUMPS 64
#define POLLS 1000000
#define LONE_YIELDS 200000

/*
 * A livelock: threads run, sleep and are woken, and nobody gets anywhere. However it comes about,
 * an hour of the machine is enough to see it, if they came round that often in it; or so many
 * rounds in no time.
 */
#define LIVELOCK_NS 3600000000000ull
#define LIVELOCK_TURNS 100000u
#define LIVELOCK_TURNS_ALONE 2000000u

struct patience {
	u32 vain, polls;
};

#define queue_entry(pos) list_entry(pos, struct task_struct, queue)

/* -- queues ------------------------------------------------------------------------------------ */

void sched_enqueue(struct task_struct *t)
{
	struct machine *m = t->machine;

	t->state = TASK_RUNNING;
	t->runnable_since = ++m->run_clock;
	list_add_tail(&t->queue, &m->sched->runnable);
}

static void make_runnable(struct task_struct *t)
{
	list_del(&t->queue);
	t->wake_at = 0;
	sched_enqueue(t);
}

/* Somebody's timed sleep ends then; 0: it is not timed. */
static void note_due(struct sched_state *s, u64 at)
{
	if (at && at < s->first_due)
		s->first_due = at;
}

/* When the first timed sleep ends; 0: there is none. */
static u64 next_due(const struct machine *m)
{
	const struct list_head *pos;
	u64 due = 0;

	list_for_each(pos, &m->sched->sleepers) {
		u64 at = queue_entry(pos)->wake_at;

		if (at && (!due || at < due))
			due = at;
	}
	return due;
}

static void expire_timers(struct machine *m)
{
	struct sched_state *s = m->sched;
	struct list_head *pos, *next;

	s->first_due = UINT64_MAX;
	for (pos = list_next(&s->sleepers); pos != &s->sleepers; pos = next) {
		struct task_struct *t = queue_entry(pos);

		next = list_next(pos);
		if (t->wake_at && t->wake_at <= m->now) {
			t->timed_out = true;
			make_runnable(t);
		} else {
			note_due(s, t->wake_at);
		}
	}
}

void sleepers_wake_at(const void *channel, u64 at)
{
	struct sched_state *s = current->machine->sched;
	struct list_head *pos;

	list_for_each(pos, &s->sleepers)
		if (queue_entry(pos)->wait_on == channel)
			queue_entry(pos)->wake_at = at;
	note_due(s, at);
}

/* -- whose turn it is -------------------------------------------------------------------------- */

/* Nobody takes a cpu from a thread that holds a spinlock or spins for one. */
static bool cpu_is_taken(const struct machine *m, const struct task_struct *t)
{
	const struct task_struct *on = m->sched->on_cpu[t->cpu_id];

	if (!on || on == t)
		return false;
	return on->state == TASK_SPINNING || (on->state == TASK_RUNNING && on->preempt_count);
}

/* The n-th thread that could run, spinners last; NULL and *n lowered by how many there were. */
static struct task_struct *nth_eligible(const struct machine *m, u32 *n)
{
	struct list_head *pos;

	list_for_each(pos, &m->sched->runnable)
		if (!cpu_is_taken(m, queue_entry(pos)) && (*n)-- == 0)
			return queue_entry(pos);
	list_for_each(pos, &m->sched->spinners)
		if (spin_wait_over(queue_entry(pos)) && (*n)-- == 0)
			return queue_entry(pos);
	return NULL;
}

static u32 count_eligible(const struct machine *m)
{
	u32 n = UINT32_MAX;

	nth_eligible(m, &n);
	return UINT32_MAX - n;
}

/* Default: the one that waits longest. Stress: any. */
static struct task_struct *choose(struct machine *m)
{
	u32 n = 0, all;

	if (m->stress && m->smp) {
		all = count_eligible(m);
		n = all ? machine_random_below(m, all) : 0;
	}
	return nth_eligible(m, &n);
}

/* Nobody can run until then. */
static void idle_until(struct machine *m, u64 then)
{
	if (then <= m->now)
		return;
	m->counters.idle_ns += then - m->now;
	m->now = then;
}

/* A thread yields and there is nobody else: let the clock run to what it may be waiting for. */
static void pass_time(struct machine *m)
{
	u64 due = next_due(m), tick = m->now + TICK_NS;

	idle_until(m, due && due < tick ? due : tick);
	if (++m->sched->lone_yields > LONE_YIELDS)
		report_set(m, REPORT_LIVELOCK, NULL, "a thread yields for ever", NULL);
	expire_timers(m);
}

static struct task_struct *pick_next(struct machine *m)
{
	struct sched_state *s = m->sched;
	struct task_struct *t;

	if (m->now >= s->first_due)
		expire_timers(m);
	t = choose(m);
	if (t && t == s->yielder && count_eligible(m) == 1) {
		pass_time(m);
		make_runnable(t); /* behind those that woke */
		t = choose(m);
	} else if (t && t != s->yielder && !(t->flags & PF_KTHREAD)) {
		s->lone_yields = 0;
	}
	s->yielder = NULL;
	return t;
}

/* -- running a thread -------------------------------------------------------------------------- */

static void enter_thread(struct machine *m, struct task_struct *t)
{
	struct sched_state *s = m->sched;

	for (;;) {
		current = t;
		s->active = t;
		co_switch(&m->sched_co, &t->co);
		s->active = NULL;
		if (!s->call)
			return;
		s->call(m);
		s->call = NULL;
	}
}

u64 thread_cpu_time(const struct task_struct *t)
{
	return t->cpu_time + (t->on_cpu ? t->machine->now - t->on_cpu_since : 0);
}

static void run_thread(struct machine *m, struct task_struct *t)
{
	list_del(&t->queue);
	t->state = TASK_RUNNING;
	t->on_cpu = true;
	t->on_cpu_since = m->now;
	enter_thread(m, t);
	t->cpu_time = thread_cpu_time(t);
	t->on_cpu = false;
	if (!thread_stack_sound(t))
		report_set(m, REPORT_STACK, NULL, "a thread ran out of its stack",
			   (u64[4]){ t->pid });
	else if (t->state == TASK_IDLE || t->state == TASK_ZOMBIE)
		thread_release_stack(t);
}

void sched_arrive(void)
{
	struct task_struct *me = current, *before;
	struct machine *m = me->machine;
	struct sched_state *s = m->sched;

	before = s->on_cpu[me->cpu_id];
	if (before == me)
		return;
	s->on_cpu[me->cpu_id] = me;
	rcu_switched();
	charge(SWITCH);
	count(context_switches);
	if (m->ops && m->ops->switch_to)
		m->ops->switch_to(me);
	EV(SWITCH, before ? before->pid : 0,
	   before && before->state != TASK_IDLE && before->state != TASK_ZOMBIE);
}

void sched_switch_out(void)
{
	struct task_struct *me = current;

	co_switch(&me->co, &me->machine->sched_co);
	sched_arrive();
}

void sched_stop_broken(void)
{
	struct task_struct *me = current;
	struct machine *m = me->machine;

	if (m->sched->active != me)
		return;
	me->state = TASK_BROKEN;
	co_switch(&me->co, &m->sched_co);
}

void sched_call(struct machine *m, void (*fn)(struct machine *))
{
	struct task_struct *me = current;
	struct sched_state *s = m->sched;

	if (s->active != me) {
		fn(m);
		return;
	}
	s->call = fn;
	co_switch(&me->co, &m->sched_co);
}

/* -- sched_run --------------------------------------------------------------------------------- */

/* Does a thread that works for somebody, not for the system, wait for a time? */
static bool anybody_polls(const struct machine *m)
{
	const struct list_head *pos;

	list_for_each(pos, &m->sched->sleepers) {
		const struct task_struct *t = queue_entry(pos);

		if (t->wake_at && (t->op || !(t->flags & PF_KTHREAD)))
			return true;
	}
	return false;
}

static bool there_is_hope(const struct machine *m, struct patience *used)
{
	if (disk_pending(m))
		return true;
	return anybody_polls(m) ? used->polls++ < POLLS : used->vain++ < VAIN_JUMPS;
}

/* Nobody can run and somebody waits: go to the next moment at which something happens. */
static bool jump(struct machine *m, struct patience *used)
{
	u64 due = next_due(m);

	if (!due || !there_is_hope(m, used))
		return false;
	idle_until(m, due);
	return true;
}

/* What sched_run is for: until done says so, looked at when nobody can run, or each time. */
struct goal {
	bool (*done)(const struct machine *m, void *arg); /* NULL: that nobody can run */
	void *arg;
	bool each_time;
};

static bool reached(const struct machine *m, const struct goal *goal)
{
	return goal->each_time && goal->done(m, goal->arg);
}

static void run_until_idle(struct machine *m, const struct goal *goal, struct patience *used)
{
	struct task_struct *t;

	while (!reached(m, goal) && (t = pick_next(m)) && !m->report.kind) {
		if (t->op || !(t->flags & PF_KTHREAD))
			used->vain = 0;
		run_thread(m, t);
	}
	if (!m->report.kind && !reached(m, goal) && !list_empty(&m->sched->spinners))
		report_set(m, REPORT_DEADLOCK, NULL, "nobody can run", NULL);
}

static void run_until(struct machine *m, const struct goal *goal)
{
	struct patience used = { 0, 0 };

	for (;;) {
		run_until_idle(m, goal, &used);
		if (m->report.kind || !goal->done || goal->done(m, goal->arg))
			return;
		if (!jump(m, &used))
			report_set(m, REPORT_DEADLOCK, NULL, "nobody can run", NULL);
	}
}

static void run_to(struct machine *m, u64 end)
{
	const struct goal goal = { NULL, NULL, false };
	struct patience used = { 0, 0 };
	u64 due;

	for (;;) {
		run_until_idle(m, &goal, &used);
		due = next_due(m);
		if (m->report.kind || !due || due > end)
			break;
		idle_until(m, due);
	}
	if (!m->report.kind)
		idle_until(m, end);
}

static void begin_turns(struct machine *m)
{
	m->sched->turns = 0;
	m->sched->progress_at = m->now;
}

static bool begin(struct machine *m)
{
	if (m->sched->running || m->report.kind)
		return false;
	m->sched->running = true;
	m->sched->lone_yields = 0;
	begin_turns(m);
	thread_reap(m);
	return true;
}

static bool run_to_goal(struct machine *m, const struct goal *goal)
{
	struct task_struct *caller = current;

	if (!begin(m))
		return false;
	run_until(m, goal);
	m->sched->running = false;
	current = caller;
	return !m->report.kind;
}

bool sched_run(struct machine *m, bool (*done)(const struct machine *, void *), void *arg)
{
	return run_to_goal(m, &(struct goal){ .done = done, .arg = arg });
}

bool sched_run_until(struct machine *m, bool (*done)(const struct machine *, void *), void *arg)
{
	return run_to_goal(m, &(struct goal){ .done = done, .arg = arg, .each_time = true });
}

bool sched_advance(struct machine *m, u64 ns)
{
	struct task_struct *caller = current;

	if (!begin(m))
		return false;
	run_to(m, m->now + ns);
	m->sched->running = false;
	current = caller;
	return !m->report.kind;
}

/* -- what threads call ------------------------------------------------------------------------- */

void sched_progress(void)
{
	begin_turns(current->machine);
}

/* Another turn of somebody who does not work for the system alone. */
static void take_turn(struct task_struct *me)
{
	struct machine *m = me->machine;
	struct sched_state *s = m->sched;

	if (!me->op && me->flags & PF_KTHREAD)
		return;
	if (++s->turns < LIVELOCK_TURNS)
		return;
	if (m->now - s->progress_at >= LIVELOCK_NS || s->turns >= LIVELOCK_TURNS_ALONE)
		report_set(m, REPORT_LIVELOCK, NULL, "threads go round and get nowhere", NULL);
}

static void may_sleep(struct task_struct *me)
{
	if (me->preempt_count)
		BUG_TEXT("scheduling while atomic: a spinlock is held");
	if (me->machine->sched->active != me)
		BUG_TEXT("this stack belongs to no thread and cannot wait");
}

/* Neighbours have different bits: things that are slept on lie in arrays. */
static u64 channel_bit(const void *channel)
{
	return 1ull << ((uintptr_t)channel / 8 & 63);
}

static void sleep_until(const void *channel, u64 at)
{
	struct task_struct *me = current;
	struct sched_state *s = me->machine->sched;

	may_sleep(me);
	take_turn(me);
	rcu_switched();
	me->wait_on = channel;
	me->wake_at = at;
	me->timed_out = false;
	me->state = TASK_UNINTERRUPTIBLE;
	list_add_tail(&me->queue, &s->sleepers);
	s->asleep_on |= channel_bit(channel);
	note_due(s, at);
	EV(SLEEP);
	sched_switch_out();
	me->wait_on = NULL;
	rcu_quiescent_state();
}

void sleep_on(const void *channel)
{
	sleep_until(channel, 0);
}

bool sleep_on_timeout(const void *channel, u64 ns)
{
	sleep_until(channel, current->machine->now + (ns ? ns : 1));
	return !current->timed_out;
}

static __attribute__((noinline)) void wake_all(struct sched_state *s, const void *channel)
{
	struct list_head *pos, *next;

	s->asleep_on = 0;
	for (pos = list_next(&s->sleepers); pos != &s->sleepers; pos = next) {
		struct task_struct *t = queue_entry(pos);

		next = list_next(pos);
		if (t->wait_on != channel) {
			s->asleep_on |= channel_bit(t->wait_on);
			continue;
		}
		make_runnable(t);
		EV(WAKE, t->pid);
	}
}

/* Mostly nobody sleeps: that must cost next to nothing, every unlock_page comes here. */
void wake_up(const void *channel)
{
	struct sched_state *s = current->machine->sched;

	if (unlikely(s->asleep_on & channel_bit(channel)) && channel)
		wake_all(s, channel);
}

void schedule(void)
{
	struct task_struct *me = current;

	may_sleep(me);
	take_turn(me);
	rcu_quiescent_state();
	me->need_resched = false;
	EV(YIELD);
	me->machine->sched->yielder = me;
	sched_enqueue(me);
	sched_switch_out();
}

void yield(void)
{
	schedule();
}

void preempt_disable(void)
{
	current->preempt_count++;
}

void preempt_enable(void)
{
	current->preempt_count--;
}

void sched_spin(const void *lock, u8 bit)
{
	struct task_struct *me = current;

	me->wait_on = lock;
	me->wait_bit = bit;
	me->state = TASK_SPINNING;
	list_add_tail(&me->queue, &me->machine->sched->spinners);
	sched_switch_out();
	me->wait_on = NULL;
	me->wait_bit = NO_BIT;
}

/*
 * Stress: at each point, one time in `stress`, another thread goes on instead. A thread that
 * holds spinlocks is stopped, too: the other cpus do not wait for it. Its own cpu does.
 */
void sched_point_slow(enum sp_kind kind, const void *object)
{
	struct task_struct *me = current;
	struct machine *m = me->machine;

	(void)kind;
	(void)object;
	m->counters.sched_points++;
	if (!m->smp || m->sched->active != me || me->state != TASK_RUNNING)
		return;
	if (machine_random_below(m, m->stress))
		return;
	if (me->preempt_count)
		me->need_resched = true;
	sched_enqueue(me);
	sched_switch_out();
}
