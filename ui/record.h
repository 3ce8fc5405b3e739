/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record: what a headless terminal sent, as an asciicast v2 file.
 *
 *	{"version": 2, "width": 80, "height": 24, ...}
 *	[0.000000, "o", "bytes for the terminal"]
 *	[1.500000, "m", "the name of a chapter"]
 *
 * Time is what the caller says, not the clock: the same run gives the same bytes. The file is
 * there whole or not at all (outfile.h).
 */
#ifndef UI_RECORD_H
#define UI_RECORD_H

#include <stdint.h>

#include "canvas.h"
#include "outfile.h"

struct record {
	struct outfile file;
	uint64_t now;		/* microseconds since the start */
	char tail[4];		/* the start of a character whose end has not come yet */
	size_t tail_bytes;
};

/* Start a recording of a window of @cols x @rows. On false @error (one line) says why. */
bool record_open(struct record *r, const char *path, int cols, int rows, const char *title,
		 char *error, size_t size);

/* Let @microseconds pass. */
void record_wait(struct record *r, uint64_t microseconds);

/* The terminal got @n bytes now. */
void record_output(struct record *r, const char *bytes, size_t n);

/* A chapter begins now: players jump to it. */
void record_marker(struct record *r, const char *label);

/* Finish the file. On false @error says why, and nothing was left behind. */
bool record_close(struct record *r, char *error, size_t size);

/* Give the recording up; no file is left. */
void record_abort(struct record *r);

/* Write the picture @c as a text file: its rows. On false @error says why. */
bool record_text(const char *path, const struct canvas *c, char *error, size_t size);

#endif
