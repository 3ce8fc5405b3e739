/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads as plain values: who there is, where each is in the kernel, what each holds. */
#include "inspect_impl.h"
#include <string.h>
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/vm.h"
#include "op.h"
#include "sim/spinlock.h"

static bool on_cpu(const struct machine *m, const struct task_struct *t)
{
	const struct cpu *cpu = t->cpu_id < m->config.cpus ? m->cpus[t->cpu_id] : NULL;

	return cpu && cpu->curr == t;
}

static void view_mm(const struct machine *m, const struct mm_struct *mm, struct task_view *out)
{
	out->rss = mm_rss(mm);
	out->file_rss = mm->file_rss;
	out->anon_rss = mm->anon_rss;
	out->total_vm = mm->total_vm;
	out->locked_vm = mm->locked_vm;
	out->nr_ptes = mm->nr_ptes;
	out->pgd_pfn = mm->pgd_pfn;
	out->start_brk = mm->start_brk;
	out->brk = mm->brk;
	out->map_count = mm->map_count;
	out->walked = m->vm->kernel->vmscan->virtual_scan;
	out->hand = m->vm->swap_mm == mm;
	out->swap_address = mm->swap_address;
}

static void view_task(const struct machine *m, const struct task_struct *t, struct task_view *out)
{
	*out = (struct task_view){
		.pid = t->pid,
		.state = t->state,
		.cpu = t->cpu_id,
		.depth = (u8)thread_depth(t),
		.nr_held = t->nr_held,
		.process = t != m->boot && !(t->flags & PF_KTHREAD),
		.running = on_cpu(m, t),
		.flags = t->flags,
		.op = t->op ? t->op->kind : NR_OPS,
		.parent = t->parent,
		.nice = t->nice,
		.oom_adj = t->oomkilladj,
		.root = t->root,
		.rawio = t->rawio,
		.start_time = t->start_time,
		.cpu_time = thread_cpu_time(t),
	};
	memcpy(out->name, t->comm, sizeof(out->name));
	if (t->mm)
		view_mm(m, t->mm, out);
}

u32 inspect_tasks(const struct machine *m, struct task_view *out, u32 max)
{
	struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (t->state == TASK_ZOMBIE)
			continue;
		if (n < max)
			view_task(m, t, &out[n]);
		n++;
	}
	return n;
}

bool inspect_task(const struct machine *m, u32 pid, struct task_view *out)
{
	const struct task_struct *t = thread_by_pid(m, pid);

	if (!t)
		return false;
	view_task(m, t, out);
	return true;
}

u32 inspect_badness(const struct machine *m, u32 pid)
{
	const struct task_struct *t = thread_by_pid(m, pid);

	return t ? task_badness(t) : 0;
}

u32 inspect_stack(const struct machine *m, u32 pid, struct frame_view *out, u32 max)
{
	const struct task_struct *t = thread_by_pid(m, pid);
	u32 i, n = t ? thread_depth(t) : 0;

	for (i = 0; i < n && i < max && i < MAX_DEPTH; i++) {
		const struct site *fn = t->fn[i].site, *at = t->fn[i].at;

		out[i] = (struct frame_view){
			.func = fn->func, .file = site_file(fn), .line = at ? at->line : fn->line,
		};
	}
	return n;
}

u32 inspect_held(const struct machine *m, u32 pid, struct held_view *out, u32 max)
{
	const struct task_struct *t = thread_by_pid(m, pid);
	u32 i, n = t ? t->nr_held : 0;

	for (i = 0; i < n && i < max && i < MAX_HELD; i++) {
		const struct held_lock *held = &t->held[i];
		const struct site *site = event_site(held->site);

		out[i] = (struct held_view){
			.name = held->class < NR_LOCK_CLASSES ? lock_class_names[held->class]
							       : "lock",
			.id = held->id,
			.write = held->write,
			.file = site ? site_file(site) : "?",
			.line = site ? site->line : 0,
		};
	}
	return n;
}
