/* SPDX-License-Identifier: GPL-2.0-only */
/* The lessons there are: lessons/NN-name.lua, each opened once to learn its title. */
#include "cmd.h"
#include "commands.h"
#include "progress.h"
#include "session_priv.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LESSONS MAX_PROGRESS

static struct lesson_info lessons[MAX_LESSONS];
static u32 nr_lessons;
static bool listed;

static int is_lesson(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && dot && !strcmp(dot, ".lua");
}

/* A lesson that cannot be loaded is listed too, with the reason in the place of its title. */
static void read_lesson(const char *path)
{
	struct session_config config = { .mode = SESSION_LESSON, .file = path,
					 .no_checkpoints = true };
	struct lesson_info *info = &lessons[nr_lessons++];
	struct lesson_view view;
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));
	const char *name = strrchr(path, '/');

	info->path = must_copy(path);
	info->number = (u32)strtoul(name ? name + 1 : path, NULL, 10);
	if (s && session_lesson(s, &view)) {
		info->id = must_copy(view.id);
		info->title = must_copy(view.title);
		info->chapter = must_copy(view.chapter);
		info->steps = view.steps;
	} else {
		info->id = must_copy(name ? name + 1 : path);
		info->title = must_copy(err);
		info->chapter = must_copy("");
	}
	session_close(s);
}

static void read_lessons(void)
{
	char folder[PATH_MAX], path[PATH_MAX + 300];
	struct dirent **entries;
	int n;

	listed = true;
	data_path("lessons", folder, sizeof(folder));
	n = scandir(folder, &entries, is_lesson, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (nr_lessons < MAX_LESSONS)
			read_lesson(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void add_progress(void)
{
	struct progress all[MAX_PROGRESS];
	u32 n = progress_read(all, MAX_PROGRESS);

	for (u32 i = 0; i < nr_lessons; i++) {
		lessons[i].done = false;
		lessons[i].reached = 0;
		for (u32 j = 0; j < n; j++)
			if (!strcmp(all[j].id, lessons[i].id)) {
				lessons[i].done = all[j].done;
				lessons[i].reached = all[j].step;
			}
	}
}

const struct lesson_info *lesson_list(u32 i)
{
	if (!listed)
		read_lessons();
	if (i == 0)
		add_progress();
	return i < nr_lessons ? &lessons[i] : NULL;
}

int complain_no_lessons(void)
{
	return complain(1, "there are no lessons; RMAPLAB_DATA names the folder they are in");
}

int cmd_lesson_list(int argc, char **argv)
{
	const struct lesson_info *info;

	(void)argv;
	if (argc > 2)
		return complain(2, "lesson --list takes no more arguments");
	if (!lesson_list(0))
		return complain_no_lessons();
	for (u32 i = 0; (info = lesson_list(i)) != NULL; i++)
		printf("%-14s %02u  %2u steps  %s%s  %s\n", info->id, info->number, info->steps,
		       info->title, info->done ? " (done)" : "", info->chapter);
	if (lesson_progress_note())
		fprintf(stderr, "rmaplab: %s\n", lesson_progress_note());
	return output_status();
}
