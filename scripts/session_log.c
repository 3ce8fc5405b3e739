/* SPDX-License-Identifier: GPL-2.0-only */
/* What happened in a session, as the host remembers it: events by tick, output, inputs. */
#include "session_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNKS_KEPT 256u /* of a plain run: a million events */

void *must_grow(void *array, u32 *room, u32 wanted, size_t size)
{
	if (wanted <= *room)
		return array;
	*room = wanted > *room * 2 ? wanted : *room * 2;
	array = realloc(array, *room * size);
	if (!array) {
		fputs("rmaplab: this machine has no memory left\n", stderr);
		exit(1);
	}
	return array;
}

char *must_copy(const char *text)
{
	u32 room = 0;
	size_t n = text ? strlen(text) + 1 : 0;

	return text ? memcpy(must_grow(NULL, &room, (u32)n, 1), text, n) : NULL;
}

/* -- events ------------------------------------------------------------------------------------ */

void log_append(struct session *s, const struct event *ev, u32 machine)
{
	struct event_log *log = &s->log;
	u32 chunk = (u32)(s->end / LOG_CHUNK), room = 0;
	struct logged *to;

	if (chunk == log->nr_chunks) {
		log->chunks = must_grow(log->chunks, &log->room, chunk + 1, sizeof(*log->chunks));
		log->chunks[log->nr_chunks++] = must_grow(NULL, &room, LOG_CHUNK, sizeof(*to));
	}
	to = &log->chunks[chunk][s->end % LOG_CHUNK];
	if (ev)
		to->event = *ev;
	to->machine = machine;
	s->end++;
}

const struct logged *log_at(const struct session *s, u64 tick)
{
	const struct logged *chunk;

	if (tick == 0 || tick > s->end)
		return NULL;
	chunk = s->log.chunks[(tick - 1) / LOG_CHUNK];
	return chunk ? &chunk[(tick - 1) % LOG_CHUNK] : NULL;
}

void log_forget_old(struct session *s)
{
	struct event_log *log = &s->log;

	while (log->nr_chunks - log->first_chunk > CHUNKS_KEPT) {
		free(log->chunks[log->first_chunk]);
		log->chunks[log->first_chunk++] = NULL;
	}
}

static void log_truncate(struct session *s, u64 tick)
{
	struct event_log *log = &s->log;
	u32 keep = (u32)((tick + LOG_CHUNK - 1) / LOG_CHUNK);

	while (log->nr_chunks > keep)
		free(log->chunks[--log->nr_chunks]);
	s->end = tick;
	if (s->told > tick)
		s->told = tick;
}

/* -- output ------------------------------------------------------------------------------------ */

void lines_append(struct session *s, char kind, const char *text, size_t n, u64 tick)
{
	struct line *line;
	u32 room = 0;

	s->lines = must_grow(s->lines, &s->room_lines, s->nr_lines + 1, sizeof(*s->lines));
	line = &s->lines[s->nr_lines++];
	*line = (struct line){ .kind = kind, .tick = tick };
	line->text = must_grow(NULL, &room, (u32)n + 1, 1);
	memcpy(line->text, text, n);
	line->text[n] = 0;
}

static void lines_truncate(struct session *s, u64 tick)
{
	while (s->nr_lines && s->lines[s->nr_lines - 1].tick > tick)
		free(s->lines[--s->nr_lines].text);
}

/* Lines are in the order of their ticks: how many are there at the tick we stand at? */
u32 session_lines(const struct session *s)
{
	u32 low = 0, high = s->nr_lines;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (s->lines[middle].tick <= s->tick)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *session_line(const struct session *s, u32 i, char *kind, u64 *tick)
{
	if (i >= session_lines(s))
		return NULL;
	if (kind)
		*kind = s->lines[i].kind;
	if (tick)
		*tick = s->lines[i].tick;
	return s->lines[i].text;
}

/* -- inputs ------------------------------------------------------------------------------------ */

struct input *inputs_append(struct session *s, enum input_kind kind, const char *text)
{
	struct input *input;

	s->inputs = must_grow(s->inputs, &s->room_inputs, s->nr_inputs + 1, sizeof(*s->inputs));
	input = &s->inputs[s->nr_inputs++];
	*input = (struct input){ .kind = (u8)kind, .text = must_copy(text), .begin = s->tick };
	return input;
}

static void inputs_truncate(struct session *s, u32 n)
{
	while (s->nr_inputs > n) {
		struct input *input = &s->inputs[--s->nr_inputs];

		free(input->text);
		free(input->error);
	}
}

/* -- together ---------------------------------------------------------------------------------- */

static void snapshots_truncate(struct session *s, u64 tick)
{
	while (s->nr_snapshots && s->snapshots[s->nr_snapshots - 1].tick > tick)
		image_free(s->snapshots[--s->nr_snapshots].image);
}

void logs_truncate(struct session *s)
{
	log_truncate(s, s->tick);
	lines_truncate(s, s->tick);
	inputs_truncate(s, s->input);
	snapshots_truncate(s, s->tick);
	checkpoints_truncate(s, s->tick);
}

void logs_free(struct session *s)
{
	inputs_truncate(s, 0);
	while (s->nr_lines)
		free(s->lines[--s->nr_lines].text);
	while (s->nr_snapshots)
		image_free(s->snapshots[--s->nr_snapshots].image);
	while (s->log.nr_chunks)
		free(s->log.chunks[--s->log.nr_chunks]);
	free(s->log.chunks);
	free(s->inputs);
	free(s->lines);
	free(s->snapshots);
}
