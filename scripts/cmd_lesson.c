/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmaplab lesson --check: play lessons without a screen and prove that they hold what they
 * promise. Each step is verified by scripts/lib/lesson.lua; the time is taken here.
 */
#include "cmd.h"
#include "commands.h"
#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define STEP_LIMIT_MS 2000u
#define TOTAL_BUDGET 2000000000ull

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000u + (u64)t.tv_nsec / 1000000;
}

/* Messages name the lesson and the step, in front or because lesson.lua has done so. */
static int failed(const struct lesson_view *view, const char *path, const char *text)
{
	if (!strncmp(text, "lesson ", 7))
		return complain(1, "%s: %s", path, text);
	return complain(1, "%s: lesson %s, step %u: %s", path, view->id, view->step, text);
}

/* Give an input within the time a step may take. */
static int check_input(struct session *s, const char *path, int kind)
{
	struct lesson_view view;
	u64 begin = now_ms(), took;
	char text[100];

	session_lesson(s, &view);
	if (session_input(s, (enum input_kind)kind, NULL, NULL) != STOP_IDLE) {
		session_lesson(s, &view);
		return failed(&view, path, session_error(s));
	}
	took = now_ms() - begin;
	if (took <= STEP_LIMIT_MS)
		return 0;
	session_lesson(s, &view);
	snprintf(text, sizeof(text), "takes %llu ms, over %u", (unsigned long long)took,
		 STEP_LIMIT_MS);
	return failed(&view, path, text);
}

static int check_steps(struct session *s, const char *path)
{
	struct lesson_view view;
	u32 inputs = 0;

	if (check_input(s, path, INPUT_START))
		return 1;
	while (session_lesson(s, &view) && view.wait != LESSON_DONE) {
		if (check_input(s, path, INPUT_CHECK) || check_input(s, path, INPUT_NEXT))
			return 1;
		if (++inputs > 2 * view.steps + 2)
			return failed(&view, path, "does not come to its end");
	}
	printf("%-14s ok: %u steps, %llu events\n", view.id, view.steps,
	       (unsigned long long)session_end(s));
	return 0;
}

/* What the command line says beside the lesson. */
struct check_options {
	const char *kernel, *events;
	enum event_style style;
};

static void print_event(const struct machine *m, const struct event *ev, void *options)
{
	event_print(m, ev, ((const struct check_options *)options)->style);
}

static int check_lesson(const char *path, struct check_options *o)
{
	struct session_config config = { .mode = SESSION_LESSON, .file = path, .arg = o,
					 .kernel = o->kernel, .total_budget = TOTAL_BUDGET };
	char err[600];
	struct session *s;
	int status;

	if (o->style != EVENTS_OFF)
		config.on_event = print_event;
	s = session_open(&config, err, sizeof(err));
	if (!s && strstr(err, path))
		return complain(1, "%s", err);
	if (!s)
		return complain(1, "%s: %s", path, err);
	status = check_steps(s, path);
	session_close(s);
	return status;
}

/* An id ("chain"), a number ("4", "04") or a path. NULL after one line on stderr. */
static const char *lesson_path(const char *word)
{
	const struct lesson_info *info;
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	if (strchr(word, '/') || strstr(word, ".lua"))
		return word;
	for (u32 i = 0; (info = lesson_list(i)) != NULL; i++)
		if (!strcasecmp(info->id, word) || (!*end && number && info->number == number))
			return info->path;
	complain(2, "there is no lesson %s; rmaplab lesson --list shows those there are", word);
	return NULL;
}

static int check_all(struct check_options *o)
{
	const struct lesson_info *info;
	int status = 0;

	if (!lesson_list(0))
		return complain_no_lessons();
	for (u32 i = 0; (info = lesson_list(i)) != NULL; i++)
		status |= check_lesson(info->path, o);
	return status | output_status();
}

/* --check may stand before the lesson or behind it. */
int cmd_lesson_check(int argc, char **argv)
{
	struct check_options o = { .kernel = NULL };
	bool check;
	const struct option options[] = {
		{ "--kernel", &o.kernel, NULL }, { "--events", &o.events, NULL },
		{ "--check", NULL, &check }, { NULL, NULL, NULL },
	};
	int i = options_read(argc, argv, options);
	const char *word = i >= 0 && i < argc ? argv[i] : NULL, *path;

	if (i < 0 || !events_style(o.events, &o.style) || (o.kernel && !kernel_known(o.kernel)))
		return 2;
	for (i++; word && i < argc; i++)
		if (strcmp(argv[i], "--check"))
			return complain(2, "lesson --check takes one lesson or none, got %s",
					argv[i]);
	if (!word)
		return check_all(&o);
	path = lesson_path(word);
	return path ? check_lesson(path, &o) | output_status() : 2;
}
