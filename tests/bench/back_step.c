/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A step back: every lesson is played to its end with its own solutions; then, standing at each of
 * its moments in turn, one step back by an event. What counts is the slowest of all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "measure.h"
#include "session.h"

#define MAX_INPUTS 200

static void give(struct session *s, enum input_kind kind)
{
	enum stop stop = session_input(s, kind, NULL, NULL);

	if (stop == STOP_IDLE)
		return;
	fprintf(stderr, "a lesson stopped: %s\n", session_error(s));
	exit(2);
}

static void play(struct session *s)
{
	struct lesson_view view;

	give(s, INPUT_START);
	for (u32 i = 0; i < MAX_INPUTS; i++) {
		if (!session_lesson(s, &view) || view.wait == LESSON_DONE)
			return;
		give(s, view.wait == LESSON_SAY || view.right ? INPUT_NEXT : INPUT_SOLUTION);
	}
	fprintf(stderr, "%s has no end\n", view.id);
	exit(2);
}

static double step_back(struct session *s, u64 from)
{
	double begin;

	if (!session_seek(s, from))
		exit(2);
	begin = measure_now();
	session_step(s, STEP_EVENT, true);
	begin = measure_now() - begin;
	if (session_tick(s) >= from)
		exit(2);
	return begin * 1e3;
}

/* Steps back from every moment, the last first. */
static double slowest(struct session *s, double *median)
{
	u64 end = session_end(s);
	double *ms = malloc((size_t)end * sizeof(*ms)), worst;

	if (!ms)
		exit(2);
	for (u64 i = 0; i < end; i++)
		ms[i] = step_back(s, end - i);
	*median = measure_median(ms, (u32)end);
	worst = ms[end - 1]; /* they are sorted now */
	free(ms);
	return worst;
}

int main(void)
{
	double worst = 0, of_medians = 0;
	const struct lesson_info *info;
	u64 steps = 0;

	for (u32 i = 0; (info = lesson_list(i)); i++) {
		struct session_config config = { .mode = SESSION_LESSON, .file = info->path };
		char err[300];
		struct session *s = session_open(&config, err, sizeof(err));
		double ms, median;

		if (!s) {
			fprintf(stderr, "%s\n", err);
			return 2;
		}
		play(s);
		ms = slowest(s, &median);
		printf("# %-12s %5llu moments, median %.3f ms, slowest %.3f ms\n", info->id,
		       (unsigned long long)session_end(s), median, ms);
		steps += session_end(s);
		worst = ms > worst ? ms : worst;
		of_medians = median > of_medians ? median : of_medians;
		session_close(s);
	}
	printf("# a step back from each of %llu moments in all lessons\n",
	       (unsigned long long)steps);
	measure_print("a step back, slowest lesson's median", of_medians, "ms", "", true);
	measure_print("a step back, slowest of all", worst, "ms", "<= 50 ms", worst <= 50);
	return 0;
}
