/* SPDX-License-Identifier: GPL-2.0-only */
/* Events as they happen: number, record, hook. What they say is in event_text.c. */
#include "event.h"

#include "machine.h"
#include "sched_private.h"

#include <string.h>

const struct event_kind_row event_kind_rows[NR_EVENT_KINDS] = {
#define X(kind, name_, sentence_) [EV_##kind] = { .name = name_, .sentence = sentence_ },
	EVENT_KINDS(X)
#undef X
};

int event_kind_by_name(const char *name)
{
	for (int i = 0; i < NR_EVENT_KINDS; i++)
		if (!strcmp(event_kind_rows[i].name, name))
			return i;
	return -1;
}

u32 event_site_count(void)
{
	return (u32)(__stop_rmap_sites - __start_rmap_sites);
}

const struct site *event_site(u16 index)
{
	return index < event_site_count() ? &__start_rmap_sites[index] : NULL;
}

const char *site_file(const struct site *site)
{
	const char *file = site->file, *top = file;

	for (const char *p = file; (p = strstr(p, "engine/")); p++)
		if (p == file || p[-1] == '/')
			top = p;
	return top;
}

/* The innermost function on the modelled stack is now at this place. */
static void remember_place(struct task_struct *t, const struct site *site)
{
	if (t->top > t->fn && t->top <= t->fn + MAX_DEPTH)
		t->top[-1].at = site;
}

static struct event new_event(struct task_struct *t, enum event_kind kind, u16 site)
{
	struct machine *m = t->machine;

	return (struct event){
		.number = ++m->events,
		.time = m->now,
		.site = site,
		.thread = t->pid,
		.kind = (u8)kind,
		.cpu = t->cpu_id,
		.depth = (u8)thread_depth(t),
	};
}

/* Nothing that the hook does may switch threads: no thread is active meanwhile. */
static void call_hook(struct machine *m, const struct event *ev)
{
	struct task_struct *active = m->sched->active;

	if (!m->hooks || !m->hooks->event)
		return;
	m->sched->active = NULL;
	m->hooks->event(m, ev, m->hooks->arg);
	m->sched->active = active;
}

/*
 * The hook may leave this stack, be it for a whole evening of looking at the machine, and come
 * back: `current` is then what somebody else left there.
 */
void event_emit_as(enum event_kind kind, const struct site *site, const u32 *a, u32 n)
{
	struct task_struct *me = current;
	struct machine *m = me->machine;
	struct event ev;

	if (!m->events_on)
		return;
	ev = new_event(me, kind, event_site_index(site));
	ev.n = (u8)(n < ARRAY_SIZE(ev.a) ? n : ARRAY_SIZE(ev.a));
	for (u32 i = 0; i < ev.n; i++)
		ev.a[i] = a[i];
	remember_place(me, site);
	if (m->config.check_every_event && m->ops && m->ops->check)
		sched_call(m, m->ops->check);
	call_hook(m, &ev);
	current = me;
	if (unlikely(m->report.kind) && kind != EV_BUG && kind != EV_PANIC)
		sched_stop_broken();
}

void event_emit(const struct site *site, u32 a, u32 b, u32 c, u32 d, u32 e)
{
	event_emit_as((enum event_kind)site->kind, site, (u32[]){ a, b, c, d, e }, site->operands);
}
