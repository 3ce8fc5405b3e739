/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read-copy update, in its classic form: who reads takes no lock, it only keeps its cpu; who frees
 * waits until every cpu has done something that no reader does.
 *
 *	cpu 0   --[ read ]---------call_rcu(h, f)----sleeps--------------------- f(h)
 *	cpu 1   -------[ read ................................ ]--ends operation  ^
 *	                        |<-------- grace period ---------------------->|
 *
 * A quiescent state is a context switch, an idle cpu, or the end of an operation, which is the way
 * back to user mode. With one cpu nothing can come in between: a grace period ends at the next
 * quiescent state. It is all deterministic, and no clock is asked: the kernel noticed quiescent
 * states at its timer tick and ran the callbacks from a tasklet of the cpu that had queued them;
 * here they are noticed when they happen, and the callbacks run on the first thread that finds the
 * grace period over while it holds no spinlock itself.
 *
 * Source: 2.6.9 to 2.6.16 include/linux/rcupdate.h, kernel/rcupdate.c.
 */
#ifndef SIM_RCU_H
#define SIM_RCU_H

#include "types.h"

struct site;

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

/* Callbacks in the order in which they were queued. */
struct rcu_list {
	struct rcu_head *first, *last;
};

struct rcu_state {
	u32 waiting;          /* bit per cpu: has not been quiescent since the grace period began */
	u32 completed;        /* grace periods so far */
	u32 queued;           /* callbacks that have not run */
	struct rcu_list cur;  /* wait for the grace period that is on */
	struct rcu_list next; /* came after it had begun: they wait for the one behind it */
	struct rcu_list done; /* may run */
};

/* The reader's side. Sections nest; nobody sleeps in one. Scheduling points and, with two cpus and
 * more, events. */
void rcu_read_lock_at(const struct site *site);
void rcu_read_unlock_at(const struct site *site);
#define rcu_read_lock() do { \
	SITE_ROW(rcu_site_, EV_RCU_READ_LOCK); rcu_read_lock_at(&rcu_site_); } while (0)
#define rcu_read_unlock() do { \
	SITE_ROW(rcu_site_, EV_RCU_READ_UNLOCK); rcu_read_unlock_at(&rcu_site_); } while (0)

/* Call func(head) after a grace period that begins now or later. head lies in the region and is the
 * callee's again when func is called; func may take spinlocks and may not sleep. Any context. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));

/*
 * For the scheduler. rcu_switched: this cpu goes from one thread to another, or to none: quiescent.
 * rcu_quiescent_state: the same, of a thread that yields, woke up or is done; callbacks whose time
 * has come run here, on its stack. (Not of one that is about to sleep: it has seen that it must,
 * and whoever wakes it must find it asleep. What the last thread to fall asleep leaves waits for
 * the next that runs.)
 */
void rcu_switched(void);
void rcu_quiescent_state(void);

#endif
