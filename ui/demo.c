/* SPDX-License-Identifier: GPL-2.0-only */
#include "demo.h"

#include <stdio.h>
#include <string.h>

#define MS 1000ull
#define READ_US (35 * MS)      /* for each character of a text */
#define READ_LEAST (1200 * MS)
#define EVENT_US (140 * MS)    /* for each event shown */
#define EVENTS_SHOWN 50        /* of one action; longer ones are shown in larger strides */
#define REPLY_US (1800 * MS)

/* Show the screen as it is now, and let it stand for a while. */
static void show(struct app *a, struct record *record, uint64_t us)
{
	const char *bytes;
	size_t n;

	app_draw(a);
	bytes = term_drain(a->term, &n);
	if (!record)
		return;
	if (n)
		record_output(record, bytes, n);
	record_wait(record, us);
}

static uint64_t reading_time(const struct lesson_view *l)
{
	size_t n = (l->text ? strlen(l->text) : 0) + (l->question ? strlen(l->question) : 0);
	uint64_t us = n * READ_US;

	return us > READ_LEAST ? us : READ_LEAST;
}

static void chapter(struct record *record, const struct lesson_view *l)
{
	char label[120];

	if (!record)
		return;
	snprintf(label, sizeof(label), "step %u of %u", l->step, l->steps);
	record_marker(record, label);
}

/* The input is carried out at once; then its events are gone through again, for the eye. */
static bool act(struct app *a, struct record *record, enum input_kind kind)
{
	u64 before = session_tick(a->session), end, stride;

	app_input(a, kind, NULL, NULL);
	if (a->message_bad)
		return false;
	end = session_tick(a->session);
	stride = (end - before) / EVENTS_SHOWN + 1;
	for (u64 tick = before + stride; record && tick < end; tick += stride) {
		app_goto(a, tick);
		show(a, record, EVENT_US);
	}
	app_goto(a, end);
	return true;
}

/* One step: read it, answer it when it asks, go on. */
static bool play_step(struct app *a, struct record *record, const struct lesson_view *l)
{
	chapter(record, l);
	show(a, record, reading_time(l));
	if (l->wait == LESSON_ASK || l->wait == LESSON_TASK) {
		if (!act(a, record, INPUT_SOLUTION))
			return false;
		show(a, record, REPLY_US);
	}
	return act(a, record, INPUT_NEXT);
}

bool demo_play(struct app *a, struct record *record)
{
	struct lesson_view l;
	uint32_t last = 0, stuck = 0;

	while (session_lesson(a->session, &l) && l.wait != LESSON_DONE) {
		if (!play_step(a, record, &l))
			return false;
		stuck = l.step == last ? stuck + 1 : 0;
		last = l.step;
		if (stuck > 3) {
			snprintf(a->message, sizeof(a->message), "step %u does not go on", l.step);
			return false;
		}
	}
	show(a, record, REPLY_US);
	return true;
}
