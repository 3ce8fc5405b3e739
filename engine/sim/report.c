/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the machine breaks: the first report is kept, its thread never runs again, and
 * machine_report() says on the host's side what happened and who held and wanted what.
 */
#include "sched_private.h"
#include "spinlock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_set(struct machine *m, u8 kind, const struct site *site, const char *text, const u64 *a)
{
	struct report *r = &m->report;

	if (r->kind)
		return;
	r->kind = kind;
	r->pid = current ? current->pid : 0;
	r->site = site ? event_site_index(site) : 0xffff;
	r->event = m->events;
	r->text = text;
	if (a)
		memcpy(r->a, a, sizeof(r->a));
}

void report_break(u8 kind, const struct site *site, const char *text, const u64 *a)
{
	struct machine *m = current->machine;
	bool panicked = kind == REPORT_PANIC;

	report_set(m, kind, site, text, a);
	if (m->events_on)
		event_emit_as(panicked ? EV_PANIC : EV_BUG, site, NULL, 0);
	sched_stop_broken();
	__builtin_trap(); /* no thread: the engine was called where it must not be */
}

void bug(const struct site *site, const char *text)
{
	report_break(REPORT_BUG, site, text, NULL);
}

void panic_at(const struct site *site, const char *text)
{
	report_break(REPORT_PANIC, site, text, NULL);
}

/* -- the report as text ------------------------------------------------------------------------ */

static const char *const report_names[] = {
	[REPORT_NONE] = "",
	[REPORT_BUG] = "BUG",
	[REPORT_PANIC] = "panic",
	[REPORT_DEADLOCK] = "deadlock",
	[REPORT_LOCK] = "locking",
	[REPORT_STACK] = "stack overflow",
	[REPORT_INVARIANT] = "broken invariant",
	[REPORT_CONTENT] = "lost content",
	[REPORT_MEMORY] = "out of host memory",
	[REPORT_USE_AFTER_FREE] = "use after free",
	[REPORT_LIVELOCK] = "livelock",
};

struct text {
	char *buf;
	size_t n, len;
};

static __attribute__((format(printf, 2, 3))) void add(struct text *out, const char *format, ...)
{
	size_t room = out->len < out->n ? out->n - out->len : 0;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(room ? out->buf + out->len : NULL, room, format, args);
	va_end(args);
	if (len > 0)
		out->len += (size_t)len;
}

static void add_place(struct text *out, const struct site *site)
{
	if (site)
		add(out, " in %s, %s:%u", site->func, site_file(site), site->line);
}

static void add_lock(struct text *out, const struct machine *m, u32 class, u32 id)
{
	add(out, "%s", lock_class_names[class]);
	if (class == LC_PAGE_LOCK || class == LC_PTE_CHAIN_LOCK)
		add(out, " of page %u", id);
	else if (class == LC_MMAP_SEM || class == LC_PAGE_TABLE_LOCK)
		add(out, " of %s", thread_name(m, id));
	else if (id)
		add(out, " %u", id);
}

/* Where a thread is in the modelled kernel. */
static const struct site *place_of(const struct task_struct *t)
{
	if (!thread_depth(t) || thread_depth(t) > MAX_DEPTH)
		return NULL;
	return t->top[-1].at ? t->top[-1].at : t->top[-1].site;
}

/* The way to there, for who turns in circles, innermost first. What waits need not have an FN. */
static void add_callers(struct text *out, const struct task_struct *t)
{
	const struct site *place = place_of(t);
	const char *before = "\n    called by ";
	u32 n = thread_depth(t);

	if (!place || n > MAX_DEPTH)
		return;
	if (!strcmp(t->fn[n - 1].site->func, place->func))
		n--;
	while (n--) {
		add(out, "%s%s", before, t->fn[n].site->func);
		before = ", ";
	}
}

static void add_thread(struct text *out, const struct machine *m, const struct task_struct *t)
{
	bool waits = t->state == TASK_SPINNING || t->state == TASK_UNINTERRUPTIBLE;

	add(out, "\n  %s (pid %u, cpu %u)", t->comm, t->pid, t->cpu_id);
	if (waits && t->wait_class < NR_LOCK_CLASSES) {
		add(out, t->state == TASK_SPINNING ? " spins for " : " waits for ");
		add_lock(out, m, t->wait_class, t->wait_id);
	} else {
		add(out, waits ? " sleeps" : t->state == TASK_BROKEN ? " stopped" : " was");
	}
	add_place(out, place_of(t));
	if (m->report.kind == REPORT_LIVELOCK)
		add_callers(out, t);
	for (u32 i = 0; i < t->nr_held; i++) {
		add(out, "\n    holds ");
		add_lock(out, m, t->held[i].class, t->held[i].id);
		add(out, ", taken");
		add_place(out, event_site(t->held[i].site));
	}
}

/* Any of those that are in the middle of something may be one that turns. */
static bool is_in_a_call(const struct task_struct *t)
{
	u32 idle = t->flags & PF_KTHREAD ? 1 : 0;

	return t->state != TASK_IDLE && t->state != TASK_ZOMBIE && thread_depth(t) > idle;
}

static bool worth_telling(const struct machine *m, const struct task_struct *t)
{
	if (m->report.kind == REPORT_LIVELOCK && is_in_a_call(t))
		return true;
	return t->nr_held || t->state == TASK_SPINNING || t->state == TASK_BROKEN ||
	       (t->state == TASK_UNINTERRUPTIBLE && !(t->flags & PF_KTHREAD));
}

static void add_threads(struct text *out, const struct machine *m)
{
	const struct list_head *pos;

	list_for_each(pos, &m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (worth_telling(m, t))
			add_thread(out, m, t);
	}
}

/* ONE_LOCK or LOCKS. */
static void add_locks(struct text *out, const struct machine *m)
{
	const struct report *r = &m->report;

	if (r->a[0]) {
		add(out, ": ");
		add_lock(out, m, (u32)r->a[0] - 1, (u32)r->a[1]);
	}
	if (r->a[2]) {
		add(out, ", holding ");
		add_lock(out, m, (u32)r->a[2] - 1, (u32)r->a[3]);
	}
}

int machine_report(const struct machine *m, char *buf, size_t n)
{
	const struct report *r = &m->report;
	struct text out = { buf, n, 0 };

	if (r->kind == REPORT_NONE)
		return 0;
	add(&out, "%s: %s", report_names[r->kind], r->text);
	if (r->kind == REPORT_LOCK)
		add_locks(&out, m);
	if (r->kind != REPORT_DEADLOCK && r->kind != REPORT_LIVELOCK)
		add(&out, ", by %s", thread_name(m, r->pid));
	add_place(&out, event_site(r->site));
	add(&out, ", after event %llu", (unsigned long long)r->event);
	if (r->detail[0])
		add(&out, "\n  %s", r->detail);
	add_threads(&out, m);
	return (int)out.len;
}
