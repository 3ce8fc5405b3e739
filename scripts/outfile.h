/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outfile: a file that is there whole or not at all. It is written beside its place and renamed
 * when everything is on the disk; a full disk or an interrupted run leaves what was there before.
 */
#ifndef SCRIPTS_OUTFILE_H
#define SCRIPTS_OUTFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct outfile {
	FILE *f;		/* write here; NULL when not open */
	char *path;		/* where it will be */
	char *beside;		/* where it is until then */
};

/* Start writing @path. On false @error (one line) says why, and there is nothing to abort. */
bool outfile_open(struct outfile *o, const char *path, char *error, size_t size);

/* Put the file in its place. On false @error says why, and nothing was left behind. */
bool outfile_commit(struct outfile *o, char *error, size_t size);

/* Forget what was written. Nothing happens when the file is not open. */
void outfile_abort(struct outfile *o);

/* The place of @name in the program's state folder: XDG_STATE_HOME/rmaplab/. False: no home. */
bool state_path(const char *name, char *path, size_t size);

/* Make the folders that lead to @path; who cannot be made is noticed when the file is opened. */
void make_folders(const char *path);

#endif
