/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps of a debugger, forwards and backwards. What already happened is in the log, so the moment
 * wanted is found there and sought; beyond the newest moment the machine runs until one comes.
 */
#include "session_priv.h"

struct goal {
	enum step step;
	bool from_event;  /* we stand on an event, not at the end of an input */
	u16 thread;
	u8 depth;
};

/* Does a step that began at the goal end at this event? */
static bool ends_at(const struct goal *goal, const struct event *ev)
{
	bool same = !goal->from_event || ev->thread == goal->thread;

	switch (goal->step) {
	case STEP_EVENT:
		return true;
	case STEP_OVER:
		return !goal->from_event || (same && ev->depth <= goal->depth);
	case STEP_OUT:
		return goal->from_event && same && ev->depth < goal->depth;
	case STEP_OP:
		return ev->kind == EV_OP_END;
	case STEP_INPUT:
		return false;
	}
	return true;
}

/* The same for any tick: the end of an input ends every step. */
static bool ends_at_tick(const struct session *s, const struct goal *goal, u64 tick)
{
	const struct logged *record = log_at(s, tick);

	return !record || record->machine == NOBODY || ends_at(goal, &record->event);
}

static bool ends_at_event(const struct machine *m, const struct event *ev, void *goal)
{
	(void)m;
	return ends_at(goal, ev);
}

static enum stop arrive(struct session *s, u64 tick)
{
	session_seek(s, tick);
	return s->idle ? STOP_IDLE : STOP_TICK;
}

static enum stop step_back(struct session *s, const struct goal *goal)
{
	u64 tick = s->tick;

	if (tick == 0)
		return STOP_IDLE;
	do
		tick--;
	while (tick > 0 && !ends_at_tick(s, goal, tick));
	return arrive(s, tick);
}

static enum stop step_forward(struct session *s, struct goal *goal)
{
	struct stop_when when = { .at = ends_at_event, .arg = goal };

	for (u64 tick = s->tick + 1; tick <= s->end; tick++)
		if (ends_at_tick(s, goal, tick))
			return arrive(s, tick);
	session_seek(s, s->end);
	return session_run(s, &when);
}

enum stop session_step(struct session *s, enum step step, bool backward)
{
	const struct logged *record = s->tick ? log_at(s, s->tick) : NULL;
	struct goal goal = { .step = step };

	if (record && record->machine != NOBODY) {
		goal.from_event = true;
		goal.thread = record->event.thread;
		goal.depth = record->event.depth;
	}
	return backward ? step_back(s, &goal) : step_forward(s, &goal);
}
