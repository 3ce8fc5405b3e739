/* SPDX-License-Identifier: GPL-2.0-only */
/* The processes, and the vmas of the selected one. */
#include "pane.h"

#include <stdio.h>

#define MANY 128
#define VM_READ_BIT 1u
#define VM_WRITE_BIT 2u
#define VM_SHARED_BIT 8u
#define VM_LOCKED_BIT 0x2000u

static uint32_t processes(const struct view *v, struct task_view *out)
{
	static struct task_view all[MANY];
	uint32_t n = v->m ? inspect_tasks(v->m, all, MANY) : 0, kept = 0;

	for (uint32_t i = 0; i < n && i < MANY; i++)
		if (all[i].process)
			out[kept++] = all[i];
	return kept;
}

static int draw_vmas(struct canvas *c, const struct view *v, uint32_t pid, int y)
{
	struct vma_view vmas[MANY];
	uint32_t n = inspect_vmas(v->m, pid, vmas, MANY);

	for (uint32_t i = 0; i < n && i < MANY && y < canvas_height(c); i++, y++) {
		const struct vma_view *a = &vmas[i];
		int x = canvas_printf(c, 2, y, a->inode ? STYLE_FILE : STYLE_ANON,
				      "%08x-%08x %c%c%c", a->start, a->end,
				      a->flags & VM_READ_BIT ? 'r' : '-',
				      a->flags & VM_WRITE_BIT ? 'w' : '-',
				      a->flags & VM_SHARED_BIT ? 's' : 'p');

		x = canvas_printf(c, x + 1, y, STYLE_DIM, "%uK", (a->end - a->start) >> 10);
		if (a->inode)
			x = canvas_printf(c, x + 1, y, STYLE_DIM, "file %u page %u", a->inode,
					  a->pgoff);
		if (a->flags & VM_LOCKED_BIT)
			canvas_text(c, x + 1, y, STYLE_DIM, "locked");
	}
	return y;
}

static void draw(struct canvas *c, const struct view *v)
{
	static struct task_view tasks[MANY];
	uint32_t n = processes(v, tasks);
	int y = 0;

	canvas_text(c, 0, y++, STYLE_DIM, "process          pid    rss     vm  tables");
	for (uint32_t i = 0; i < n && y < canvas_height(c); i++) {
		const struct task_view *t = &tasks[i];
		bool on = v->sel.has_address && v->sel.pid == t->pid;

		canvas_printf(c, 0, y++, on ? STYLE_SELECTED : STYLE_PLAIN,
			      "%s%s%s%*s%4u %6u %6u %7u", on ? "‹" : " ", t->name,
			      on ? "›" : " ", 13 - text_width(t->name), "", t->pid, t->rss,
			      t->total_vm, t->nr_ptes);
		if (t->hand && y < canvas_height(c))
			canvas_printf(c, 2, y++, STYLE_KERNEL, "▸ swap_out goes on at %08x",
				      t->swap_address);
		if (on || n == 1)
			y = draw_vmas(c, v, t->pid, y);
	}
	if (n == 0)
		canvas_text(c, 0, y, STYLE_DIM, "no process yet");
}

static bool move(struct view *v, enum action action)
{
	static struct task_view tasks[MANY];
	uint32_t n = processes(v, tasks), at = 0;
	struct vma_view vma;

	if (n == 0 || (action != ACT_UP && action != ACT_DOWN))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (v->sel.has_address && tasks[i].pid == v->sel.pid)
			at = action == ACT_DOWN ? i + 1 < n ? i + 1 : i : i ? i - 1 : 0;
	view_select_pte(v, tasks[at].pid,
			inspect_vmas(v->m, tasks[at].pid, &vma, 1) ? vma.start : 0);
	return true;
}

const struct pane pane_tasks = {
	.name = "tasks",
	.what = "the processes and the mappings of the selected one",
	.draw = draw,
	.move = move,
};
