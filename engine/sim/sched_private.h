/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the scheduler (thread.c, sched.c, spinlock.c, report.c, event.c) share. */
#ifndef SIM_SCHED_PRIVATE_H
#define SIM_SCHED_PRIVATE_H

#include "machine.h"

struct sched_state {
	/* Every thread that is neither idle nor running right now is on one of the four. */
	struct list_head runnable;    /* in order of runnable_since */
	struct list_head spinners;    /* in the order in which they began */
	struct list_head sleepers;
	u64 asleep_on;                /* a bit, of 64, for each channel that somebody sleeps on;
				       * perhaps some for which nobody does any more */
	u64 first_due;                /* no sleeper's time ends before this moment */
	struct list_head zombies;     /* in the order in which they ended */
	struct task_struct *on_cpu[MAX_CPUS]; /* who had the cpu last */
	struct task_struct *active;   /* who runs on its own stack at this moment, else NULL */
	struct task_struct *yielder;  /* who gave the cpu away last, of its own will */
	void (*call)(struct machine *m); /* see sched_call */
	void *stacks;                 /* free stacks, each begins with a pointer to the next */
	u32 lone_yields;              /* times a yield found nobody else, in a row */
	u32 turns;                    /* times somebody gave up the cpu of his own will, since */
	u64 progress_at;              /* this moment, when somebody got somewhere */
	u32 nr_page_locks;            /* in all lists of held locks */
	bool running;                 /* sched_run is on */
};

/* Suspend the running thread, whose state and queue are set; returns when it runs again. */
void sched_switch_out(void);
/* Put a thread at the end of the runnable ones. */
void sched_enqueue(struct task_struct *t);
/* Spin until the lock in wait_on may be free: a spinlock_t, or a bit of a word. */
void sched_spin(const void *lock, u8 bit);
/* The thread's first steps on its cpu: charge the switch, load its page tables, say so. */
void sched_arrive(void);
/* The machine is broken: the running thread ends here. Returns only on a stack that is no
 * thread's. */
void sched_stop_broken(void);
/* Run fn on the stack of sched_run's caller, which has room for it. */
void sched_call(struct machine *m, void (*fn)(struct machine *));

/* thread.c: give the stack of a thread that is done back; free the threads that exited. */
void thread_release_stack(struct task_struct *t);
void thread_reap(struct machine *m);
bool thread_stack_sound(const struct task_struct *t);

/* The operands of a REPORT_LOCK: one lock, or the one wanted and one that is held. */
#define ONE_LOCK(class, id) ((u64[4]){ (class) + 1u, id })
#define LOCKS(class, id, held_class, held_id) \
	((u64[4]){ (class) + 1u, id, (held_class) + 1u, held_id })

/* spinlock.c: could the lock that t spins for be taken now? */
bool spin_wait_over(const struct task_struct *t);

#endif
