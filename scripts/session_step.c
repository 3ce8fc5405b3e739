/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Steps, forward and backward. What has happened is in the log, so where a step leads is found by
 * reading; only a forward step beyond the newest tick has to run to find out.
 *
 *	depth   0   1   2   2   3   2   1        of one thread; other threads run in between
 *	        op  f   g   g   h   g   f
 *	                    ^ here: over goes to the next g, out to the next f, back over to the
 *	                      previous g, back out to the previous f
 */
#include "session_priv.h"

struct step_search {
	enum step step;
	struct logged from; /* the event we stand at; machine NOBODY: none */
	struct session *s;
};

static bool same_thread(const struct logged *a, const struct logged *b)
{
	return a->machine == b->machine && a->event.thread == b->event.thread;
}

/* Does the step stop at this record? The end of an input always stops it. */
static bool stops(const struct step_search *search, const struct logged *record)
{
	const struct logged *from = &search->from;

	if (record->machine == NOBODY)
		return true;
	switch (search->step) {
	case STEP_EVENT:
		return true;
	case STEP_OVER:
		return from->machine == NOBODY ||
		       (same_thread(record, from) && record->event.depth <= from->event.depth);
	case STEP_OUT:
		return from->machine != NOBODY && same_thread(record, from) &&
		       record->event.depth < from->event.depth;
	case STEP_OP:
		return record->event.kind == EV_OP_END;
	case STEP_INPUT:
		break;
	}
	return false;
}

static bool stops_now(const struct machine *m, const struct event *ev, void *arg)
{
	struct step_search *search = arg;
	const struct logged *record = log_at(search->s, search->s->tick);

	(void)m;
	(void)ev;
	return record && stops(search, record);
}

static enum stop go_to(struct session *s, u64 tick)
{
	if (!session_seek(s, tick))
		return STOP_KILLED;
	return s->idle ? STOP_IDLE : STOP_TICK;
}

static enum stop step_back(struct session *s, const struct step_search *search)
{
	u64 tick = s->tick;

	while (tick > 0 && --tick > 0) {
		const struct logged *record = log_at(s, tick);

		if (!record || stops(search, record))
			break;
	}
	return go_to(s, tick);
}

enum stop session_step(struct session *s, enum step step, bool backward)
{
	const struct logged *at = log_at(s, s->tick), *record;
	struct step_search search = { .step = step, .s = s, .from = { .machine = NOBODY } };
	struct stop_when when = { .at = stops_now, .arg = &search };

	if (s->dead)
		return STOP_KILLED;
	if (at)
		search.from = *at;
	if (backward)
		return step_back(s, &search);
	for (u64 tick = s->tick + 1; tick <= s->end; tick++) {
		record = log_at(s, tick);
		if (record && stops(&search, record))
			return go_to(s, tick);
	}
	if (s->tick < s->end)
		go_to(s, s->end);
	return session_run(s, &when);
}
