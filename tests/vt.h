/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vt: a second opinion on what a terminal shows. libvterm interprets the bytes that the program
 * sends, as any terminal would, and its cells are compared with the canvas that was drawn.
 */
#ifndef TESTS_VT_H
#define TESTS_VT_H

#include <stdbool.h>
#include <stddef.h>

#include "canvas.h"
#include "term.h"

struct vt;

struct vt *vt_new(int cols, int rows);
void vt_free(struct vt *v);
void vt_resize(struct vt *v, int cols, int rows);

/* Let the terminal read @n bytes. */
void vt_write(struct vt *v, const char *bytes, size_t n);

/* Let it read what the headless terminal @t has sent since the last time. */
void vt_follow(struct vt *v, struct term *t);

/*
 * Whether the terminal shows @c: glyphs, widths, bold, underline, reverse and colours as theme.h
 * has them at @depth, and the cursor. On false @why (@size bytes) says what differs first.
 */
bool vt_shows(struct vt *v, const struct canvas *c, enum depth depth, char *why, size_t size);

/* The text of row @y without spaces at its end; the caller frees it. */
char *vt_row(struct vt *v, int y);

#endif
