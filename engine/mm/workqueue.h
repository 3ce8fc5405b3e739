/* SPDX-License-Identifier: GPL-2.0-only */
/* Work for a thread of its own on each cpu (2.6 include/linux/workqueue.h). */
#ifndef MM_WORKQUEUE_H
#define MM_WORKQUEUE_H

#include "sim/list.h"
#include "sim/spinlock.h"

struct cpu_workqueue_struct {
	spinlock_t lock;
	struct list_head worklist;
	u32 insert_sequence, remove_sequence; /* how many came, how many are done */
	struct task_struct *thread;           /* "events/0"; NULL: there was no work yet */
};

/* Call func on each cpu, and wait until all have. Sleeps. 0 or -ENOMEM: then on none of them. */
int schedule_on_each_cpu(void (*func)(void));

#endif
