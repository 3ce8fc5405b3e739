/* SPDX-License-Identifier: GPL-2.0-only */
/* Every thread: what it does, on which cpu, and the locks it holds. */
#include "pane.h"

#include <stdio.h>

#define MANY 128

static const char *state_name(const struct task_view *t)
{
	static const char *const names[] = {
		[TASK_RUNNING] = "ready", [TASK_SPINNING] = "spins",
		[TASK_UNINTERRUPTIBLE] = "waits", [TASK_IDLE] = "idle",
		[TASK_ZOMBIE] = "gone", [TASK_BROKEN] = "BROKEN",
	};

	return t->running && t->state == TASK_RUNNING ? "runs" : names[t->state];
}

static int draw_held(struct canvas *c, const struct view *v, const struct task_view *t, int x,
		     int y)
{
	struct held_view held[MAX_HELD];
	uint32_t n = inspect_held(v->m, t->pid, held, MAX_HELD);

	for (uint32_t i = 0; i < n && i < MAX_HELD; i++)
		x = canvas_printf(c, x, y, STYLE_KERNEL, "%s(%x) ", held[i].name, held[i].id);
	return x;
}

static void draw(struct canvas *c, const struct view *v)
{
	static struct task_view tasks[MANY];
	uint32_t n = v->m ? inspect_tasks(v->m, tasks, MANY) : 0;
	int y = 0;

	for (uint32_t i = 0; i < n && i < MANY && y < canvas_height(c); i++, y++) {
		const struct task_view *t = &tasks[i];
		bool now = v->event && v->event->thread == t->pid;
		int x = canvas_printf(c, 0, y, now ? STYLE_NOW : STYLE_PLAIN, "%s%-10s cpu%u %-6s ",
				      now ? "▸" : " ", t->name, t->cpu, state_name(t));

		if (t->op < NR_OPS)
			x = canvas_printf(c, x, y, STYLE_DIM, "in %s ", op_rows[t->op].name);
		draw_held(c, v, t, x, y);
	}
}

const struct pane pane_threads = {
	.name = "threads",
	.what = "every thread, its state and the locks it holds",
	.draw = draw,
};
