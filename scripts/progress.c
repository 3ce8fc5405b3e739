/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far somebody has come in each lesson: $XDG_STATE_HOME/rmaplab/progress, a line each,
 *
 *	rmaplab progress 1
 *	frames 12 done
 *	translate 3 -
 *
 * Written beside itself and renamed, so that a crash leaves the old one. A file that cannot be
 * understood is set aside as progress.damaged.
 */
#include "progress.h"
#include "session_priv.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "rmaplab progress 1\n"

static char note[2 * PATH_MAX + 100];

const char *lesson_progress_note(void)
{
	return note[0] ? note : NULL;
}

/* false: there is no home to keep anything in. */
static bool progress_path(char *buf, size_t n, const char *name)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int length;

	if (state && state[0] == '/')
		length = snprintf(buf, n, "%s/rmaplab/%s", state, name);
	else if (home && home[0] == '/')
		length = snprintf(buf, n, "%s/.local/state/rmaplab/%s", home, name);
	else
		return false;
	return length > 0 && (size_t)length < n;
}

/* mkdir -p of the folder that path is in. */
static void make_folders(const char *path)
{
	char folder[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	for (char *p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(folder, 0700);
		*p = '/';
	}
}

/* -- reading ----------------------------------------------------------------------------------- */

static bool parse_line(const char *line, struct progress *p)
{
	char word[8], end;

	if (sscanf(line, "%63[a-z0-9_-] %u %7s%c", p->id, &p->step, word, &end) != 4 || end != '\n')
		return false;
	p->done = !strcmp(word, "done");
	return p->done || !strcmp(word, "-");
}

static bool read_lines(FILE *f, struct progress *out, u32 max, u32 *n)
{
	char line[200];

	if (!fgets(line, sizeof(line), f) || strcmp(line, HEADER))
		return false;
	for (*n = 0; *n < max && fgets(line, sizeof(line), f); (*n)++)
		if (!parse_line(line, &out[*n]))
			return false;
	return true;
}

static void set_aside(const char *path)
{
	char aside[PATH_MAX];

	progress_path(aside, sizeof(aside), "progress.damaged");
	if (rename(path, aside) == 0)
		snprintf(note, sizeof(note), "%s was damaged and is now %s; progress starts anew",
			 path, aside);
}

u32 progress_read(struct progress *out, u32 max)
{
	char path[PATH_MAX];
	FILE *f;
	u32 n = 0;

	if (!progress_path(path, sizeof(path), "progress"))
		return 0;
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (!read_lines(f, out, max, &n)) {
		set_aside(path);
		n = 0;
	}
	fclose(f);
	return n;
}

/* -- writing ----------------------------------------------------------------------------------- */

static bool write_lines(FILE *f, const struct progress *p, u32 n)
{
	fputs(HEADER, f);
	for (u32 i = 0; i < n; i++)
		fprintf(f, "%s %u %s\n", p[i].id, p[i].step, p[i].done ? "done" : "-");
	return fflush(f) == 0 && fsync(fileno(f)) == 0;
}

static bool progress_write(const struct progress *p, u32 n, char *err, size_t size)
{
	char path[PATH_MAX], beside[PATH_MAX];
	bool good;
	FILE *f;

	if (!progress_path(path, sizeof(path), "progress") ||
	    !progress_path(beside, sizeof(beside), "progress.new")) {
		snprintf(err, size, "progress is not kept: HOME is not set");
		return false;
	}
	make_folders(path);
	f = fopen(beside, "w");
	good = f && write_lines(f, p, n);
	good = f && fclose(f) == 0 && good;
	if (good && rename(beside, path) == 0)
		return true;
	snprintf(err, size, "progress is not kept: cannot write %s: %s", path, strerror(errno));
	unlink(beside);
	return false;
}

bool lesson_progress(const char *id, u32 step, bool done, char *err, size_t n)
{
	struct progress all[MAX_PROGRESS];
	u32 count = progress_read(all, MAX_PROGRESS - 1), i = 0;

	while (i < count && strcmp(all[i].id, id))
		i++;
	if (i == count) {
		all[count] = (struct progress){ .step = 0 };
		snprintf(all[count++].id, sizeof(all[i].id), "%s", id);
	}
	all[i].done |= done;
	if (all[i].step < step)
		all[i].step = step;
	return progress_write(all, count, err, n);
}
