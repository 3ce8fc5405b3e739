/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to be done on a certain cpu is done there by keventd, a thread of each cpu:
 *
 *	schedule_on_each_cpu(func)         worker_thread
 *	  a work for each cpu  ----------> events/0: func()
 *	        |              ----------> events/1: func()
 *	  flush_cpu_workqueue  <---------- one more is done
 *
 * The kernel starts these threads at boot. Here each begins with its first work, so that a machine
 * that never needs them is none the wiser, pids included.
 *
 * Source: 2.6.0, 2.6.16 kernel/workqueue.c. schedule_on_each_cpu came with 2.6.16.
 */
#include "mm/vm.h"

#include <errno.h>

/* On the stack of who waits for it. */
struct work_struct {
	struct list_head entry;
	void (*func)(void);
};

/* -- the thread ------------------------------------------------------------------------------- */

static void run_workqueue(struct cpu_workqueue_struct *cwq)
{
	FN;

	spin_lock(&cwq->lock);
	while (!list_empty(&cwq->worklist)) {
		struct work_struct *work = list_entry(list_next(&cwq->worklist),
						      struct work_struct, entry);
		void (*func)(void) = work->func;

		list_del(&work->entry);
		spin_unlock(&cwq->lock);
		func();
		spin_lock(&cwq->lock);
		cwq->remove_sequence++;
		wake_up(&cwq->remove_sequence);
	}
	spin_unlock(&cwq->lock);
}

static void worker_thread(void *unused)
{
	struct cpu_workqueue_struct *cwq = &VM->keventd[current->cpu_id];

	(void)unused;
	for (;;) {
		run_workqueue(cwq);
		if (list_empty(&cwq->worklist))
			sleep_on(cwq);
	}
}

static bool has_thread(u32 cpu)
{
	struct cpu_workqueue_struct *cwq = &VM->keventd[cpu];
	char name[] = "events/0"; /* up to 7 */

	if (cwq->thread)
		return true;
	spin_lock_init(&cwq->lock, LC_CWQ_LOCK, cpu);
	INIT_LIST_HEAD(&cwq->worklist);
	name[sizeof(name) - 2] += (char)cpu;
	cwq->thread = daemon_start(name, cpu, worker_thread);
	return cwq->thread != NULL;
}

/* -- who has work ----------------------------------------------------------------------------- */

static void __queue_work(struct cpu_workqueue_struct *cwq, struct work_struct *work)
{
	spin_lock(&cwq->lock);
	list_add_tail(&work->entry, &cwq->worklist);
	cwq->insert_sequence++;
	wake_up(cwq);
	spin_unlock(&cwq->lock);
}

/* Until all is done that has come so far. */
static void flush_cpu_workqueue(struct cpu_workqueue_struct *cwq)
{
	FN;
	u32 sequence_needed = cwq->insert_sequence;

	while ((s32)(sequence_needed - cwq->remove_sequence) > 0)
		sleep_on(&cwq->remove_sequence);
}

int schedule_on_each_cpu(void (*func)(void))
{
	FN;
	struct work_struct works[MAX_CPUS];
	u32 cpu, cpus = current->machine->config.cpus;

	for (cpu = 0; cpu < cpus; cpu++)
		if (!has_thread(cpu))
			return -ENOMEM;
	for (cpu = 0; cpu < cpus; cpu++) {
		works[cpu].func = func;
		__queue_work(&VM->keventd[cpu], &works[cpu]);
	}
	for (cpu = 0; cpu < cpus; cpu++)
		flush_cpu_workqueue(&VM->keventd[cpu]);
	return 0;
}
