/* SPDX-License-Identifier: GPL-2.0-only */
#include "outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Leave nothing behind, and keep errno for the message. */
static void drop(struct outfile *o)
{
	int why = errno;

	if (o->beside)
		unlink(o->beside);
	free(o->path);
	free(o->beside);
	memset(o, 0, sizeof(*o));
	errno = why;
}

bool outfile_open(struct outfile *o, const char *path, char *error, size_t size)
{
	memset(o, 0, sizeof(*o));
	o->path = strdup(path);
	if (!o->path || asprintf(&o->beside, "%s.%d.part", path, (int)getpid()) < 0) {
		o->beside = NULL;
		errno = ENOMEM;
	} else {
		o->f = fopen(o->beside, "we");
	}
	if (o->f)
		return true;
	snprintf(error, size, "cannot write %s: %s", path, strerror(errno));
	free(o->beside);
	o->beside = NULL;	/* it is not ours: nothing to unlink */
	drop(o);
	return false;
}

bool outfile_commit(struct outfile *o, char *error, size_t size)
{
	bool whole;

	errno = EIO;		/* for an error of an earlier write, whose reason is lost */
	whole = !ferror(o->f) && fflush(o->f) == 0 && fsync(fileno(o->f)) == 0;
	whole = fclose(o->f) == 0 && whole;
	o->f = NULL;
	if (whole && rename(o->beside, o->path) == 0) {
		free(o->beside);
		o->beside = NULL;
		drop(o);
		return true;
	}
	snprintf(error, size, "cannot write %s: %s", o->path, strerror(errno));
	drop(o);
	return false;
}

void outfile_abort(struct outfile *o)
{
	if (!o->f)
		return;
	fclose(o->f);
	drop(o);
}

bool state_path(const char *name, char *path, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && *state == '/')
		n = snprintf(path, size, "%s/rmaplab/%s", state, name);
	else if (home && *home)
		n = snprintf(path, size, "%s/.local/state/rmaplab/%s", home, name);
	else
		return false;
	return n > 0 && (size_t)n < size;
}

void make_folders(const char *path)
{
	char *folder = strdup(path);

	for (char *slash = folder ? strchr(folder + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(folder, 0700);
		*slash = '/';
	}
	free(folder);
}
