/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads. Every task, kswapd, pdflush and the disk interrupt is a coroutine with a 16 KiB stack
 * in the machine region. A thread gives up the cpu only at a scheduling point: a lock, a trylock,
 * an atomic or bit operation, a marked racy access, an allocation, the start or end of an I/O.
 *
 * Default scheduler: a thread runs until it blocks; background threads run when they are woken
 * and the running operation blocks or ends. Stress scheduler: at every scheduling point a seeded
 * coin may take the cpu away, as two real cpus would interleave.
 *
 * A thread belongs to one cpu. On one cpu a thread that holds a spinlock is never preempted.
 */
#ifndef SIM_SCHED_H
#define SIM_SCHED_H

#include "co.h"
#include "event.h"
#include "list.h"
#include "types.h"

struct machine;
struct mm_struct;
struct op;

#define THREAD_STACK (16u << 10)
#define STACK_CANARY 0x57ac6e9du
#define TASK_COMM_LEN 16
#define NO_BIT 0xff
#define MAX_DEPTH 40    /* modelled call stack */
#define MAX_HELD 12     /* locks one thread may hold */

enum thread_state {
	TASK_RUNNING,         /* runs or could run */
	TASK_SPINNING,        /* wants a spinlock that another cpu holds */
	TASK_UNINTERRUPTIBLE, /* waits for a page, a semaphore, time */
	TASK_IDLE,            /* no operation in flight, no stack */
	TASK_ZOMBIE,          /* exited; the pid is never used again */
	TASK_BROKEN,          /* hit a BUG: will never run again */
};

/* current->flags, names of the kernel */
#define PF_EXITING 0x0004u
#define PF_MEMALLOC 0x0800u
#define PF_MEMDIE 0x1000u
#define PF_FREE_PAGES 0x2000u
#define PF_NOWARN 0x4000u
#define PF_KTHREAD 0x10000u /* ours: kswapd and its like */
#define PF_WORKER 0x40000u  /* ours: does operations of nobody in particular, see op_worker */
#define PF_SWAPOFF 0x20000u /* 2.6: in swapoff; the OOM killer takes it first */

struct held_lock {
	const void *lock;
	u8 class;  /* enum lock_class */
	u8 write;
	u16 site;  /* where it was taken */
	u32 id;    /* pid of the mm, pfn of the page, ... */
};

struct fn_frame {
	const struct site *site; /* the function */
	const struct site *at;   /* its last event; NULL before the first */
};

struct task_struct {
	struct machine *machine;
	struct cpu *cpu;
	u32 flags;            /* PF_* */
	u16 pid;
	u8 state;             /* enum thread_state */
	u8 nr_held;
	u8 preempt_count;     /* spinlocks and bit locks held, RCU sections */
	u8 rcu_read_depth;    /* of those, RCU sections */
	u8 cpu_id;            /* the cpu it belongs to */
	u8 wait_bit;          /* spinning: bit of *wait_on; NO_BIT: it is a spinlock_t */
	u8 wait_class;        /* waiting for a lock: its class and id; NR_LOCK_CLASSES: for none */
	bool timed_out;       /* the last timed sleep ran to its end */
	bool events_on, smp;  /* the machine's: EV and SMP look here, it is one step nearer */
	u32 wait_id;
	bool killed;          /* SIGKILL pending (OOM) */
	bool sigpending;      /* another signal is; who sleeps for long may look (signal_pending) */
	u64 alarm_at;         /* virtual ns at which SIGALRM comes; 0: none */
	bool need_resched;
	struct mm_struct *mm;
	const void *wait_on;  /* channel of a sleep, or the lock of a spin */
	u64 wake_at;          /* virtual ns at which a timed sleep ends; 0 = none */
	u64 runnable_since;   /* order of the run queue */
	void (*fn_main)(void *); /* kernel threads: the body */
	void *fn_arg;
	struct op *op;        /* the operation in flight */
	struct co co;
	void *stack;          /* NULL when idle */
	struct list_head tasks;   /* machine->tasks, in order of creation */
	struct list_head queue;   /* of the scheduler: runnable, spinning, asleep or zombies */
	struct list_head local_pages; /* balance_classzone's private list */
	u32 nr_local_pages;
	u32 allocation_order;
	u32 min_flt, maj_flt;     /* page faults taken; mm/fault.c counts */
	u64 start_time;           /* virtual ns at which it was made */
	u64 cpu_time;             /* ns it ran, up to when it was given the cpu last; and since: */
	u64 on_cpu_since;         /* thread_cpu_time() */
	bool on_cpu;              /* it has it */
	u16 parent;               /* pid; 0: nobody forked it */
	s32 nice;                 /* -20 .. 19 */
	bool root;                /* user 0, with CAP_SYS_ADMIN */
	bool rawio;               /* CAP_SYS_RAWIO */
	s32 oomkilladj;           /* 2.6.11: -17 .. 15; 4.0, as oom_score_adj: -1000 .. 1000 */
	struct held_lock held[MAX_HELD];
	struct fn_frame *top; /* of fn[]: behind the innermost; what is deeper is only counted */
	struct fn_frame fn[MAX_DEPTH];
	char comm[TASK_COMM_LEN];
};

/* The running thread. Set by the scheduler, and at the entry of an operation. Never NULL there. */
extern _Thread_local struct task_struct *current __attribute__((tls_model("local-exec")));

/* Tell the machine about a new thread; pid is assigned, state TASK_IDLE. Never fails for the
 * first 65,535; NULL after that or when the region is full. */
struct task_struct *thread_create(struct machine *m, const char *comm, u32 cpu);
/* Give an idle thread a stack and a body, and make it runnable. The thread goes back to TASK_IDLE
 * when the body returns; when the body set current->state to TASK_ZOMBIE as its last act, the
 * thread is gone and its memory is freed at the next sched_run. Locks held at that moment are a
 * REPORT_LOCK. false: no memory for the stack. */
bool thread_start(struct task_struct *t, void (*body)(void *), void *arg);
/* It is called comm from now on, in events that were before, too. */
void thread_rename(struct task_struct *t, const char *comm);
/* How long it has run so far, in virtual ns. The time in which a cpu does nothing is nobody's. */
u64 thread_cpu_time(const struct task_struct *t);
/* NULL: it never existed or is gone. */
struct task_struct *thread_by_pid(const struct machine *m, u32 pid);
/* A thread that was created and never started is gone after all; its pid is used up. */
void thread_discard(struct task_struct *t);
const char *thread_name(const struct machine *m, u32 pid); /* also of dead threads; "?" if never */

/*
 * Run threads until nobody is runnable and done(m, arg) says so (NULL: always), or nothing can
 * run any more. While it says no, the clock jumps to the next timer or end of I/O.
 * Called from the script's or the host's stack. Returns false when the machine broke (m->report)
 * or when all threads wait for something that will never come while !done (deadlock, reported).
 */
bool sched_run(struct machine *m, bool (*done)(const struct machine *, void *), void *arg);
/* The same, but it stops as soon as done says so, whoever could still run. */
bool sched_run_until(struct machine *m, bool (*done)(const struct machine *, void *), void *arg);
/* Let virtual time pass: I/O completes, timers fire, woken threads run. */
bool sched_advance(struct machine *m, u64 ns);

/* --- for code on a modelled thread ---------------------------------------------------- */

/* Sleep until wake_up(channel). The caller re-checks its condition. */
void sleep_on(const void *channel);
void wake_up(const void *channel);            /* all sleepers of the channel */
/* Sleep until ns have passed or the channel (may be NULL) is woken. true: woken. */
bool sleep_on_timeout(const void *channel, u64 ns);
/* Others first, then go on. When nobody else could run, time passes: to the next timer or end of
 * I/O, but at most one tick of 1 ms. */
void schedule(void);
void yield(void);
/*
 * The running thread got somewhere: an operation is done, an access went through, a part of a long
 * call is behind it. Who sleeps and yields again and again without that, for an hour or two million
 * times, is in a livelock, and the machine breaks.
 */
void sched_progress(void);
void preempt_disable(void);
void preempt_enable(void);

/*
 * A scheduling point that names its object. Costs a test when neither stress nor a sink wants it.
 */
enum sp_kind {
	SP_LOCK, SP_UNLOCK, SP_TRYLOCK, SP_SEM, SP_ATOMIC, SP_BITOP, SP_RACY_READ, SP_RACY_WRITE,
	SP_ALLOC, SP_FREE, SP_IO_START, SP_IO_END, SP_TLB, SP_YIELD,
	SP_RCU_IN, SP_RCU_OUT, SP_RCU_CALL, NR_SP_KINDS
};
void sched_point_slow(enum sp_kind kind, const void *object);
#define sched_point(kind, object) do { \
	if (unlikely(current->machine->stress)) \
		sched_point_slow(kind, object); \
} while (0)

/* A marked racy access: reads or writes once, and is a scheduling point. */
#define READ_ONCE(x) ({ sched_point(SP_RACY_READ, &(x)); *(volatile __typeof__(x) *)&(x); })
#define WRITE_ONCE(x, v) ({ \
	sched_point(SP_RACY_WRITE, &(x)); *(volatile __typeof__(x) *)&(x) = (v); })

/* Move the end of the timed sleep of every sleeper on channel. For the disks' interrupt. */
void sleepers_wake_at(const void *channel, u64 at);

/*
 * The machine breaks here: kind, text (a string constant) and four numbers for machine_report().
 * Only the first report of a machine counts. report_break also ends the running thread.
 */
void report_set(struct machine *m, u8 kind, const struct site *site, const char *text,
		const u64 *a);
void report_break(u8 kind, const struct site *site, const char *text, const u64 *a)
	__attribute__((noreturn));

/*
 * The kernel found a broken assumption. The thread never continues; the machine answers only
 * inspection and restore afterwards. text must be a string constant.
 */
void bug(const struct site *site, const char *text) __attribute__((noreturn));
void panic_at(const struct site *site, const char *text) __attribute__((noreturn));
#define BUG_TEXT(text) do { SITE_ROW(bug_site_, EV_BUG); bug(&bug_site_, text); } while (0)
#define BUG() BUG_TEXT("BUG()")
#define BUG_ON(cond) do { if (unlikely(cond)) BUG_TEXT("BUG_ON(" #cond ")"); } while (0)
#define panic(text) do { SITE_ROW(bug_site_, EV_PANIC); panic_at(&bug_site_, text); } while (0)

/* Quiet code (machine.h) is entered only where all its frames fit. */
#define QUIET_DEPTH 6
#ifdef QUIET
#define FN_FITS true
#else
#define FN_FITS false
#endif

/* The two halves of FN: how deep it was on the way in is how deep it is on the way out. */
static inline struct fn_frame *fn_enter(const struct site *site)
{
	struct task_struct *t = current;
	struct fn_frame *frame = t->top;

	if (FN_FITS || likely(frame < t->fn + MAX_DEPTH)) {
		frame->site = site;
		frame->at = NULL;
	}
	t->top = frame + 1;
	return frame;
}

static inline void fn_leave(struct fn_frame *const *frame)
{
	current->top = *frame;
}

/* How many functions deep a thread is. */
static inline u32 thread_depth(const struct task_struct *t)
{
	return (u32)(t->top - t->fn);
}

#endif
