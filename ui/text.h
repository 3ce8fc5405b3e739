/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text: what one character is and how many cells it takes.
 *
 * All text inside the program is UTF-8. A terminal may not be: then every glyph the screen uses
 * has an ASCII twin of the same width, so that a picture keeps its shape in any locale.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_BYTES 14		/* a base character and a few combining marks, NUL included */

/* One screen character: a base with its combining marks. */
struct glyph {
	char text[GLYPH_BYTES];	/* UTF-8, NUL-terminated */
	int width;		/* cells: 1 or 2 */
};

/*
 * Decode one character at @s (NUL-terminated) into *@cp. Returns the bytes used: 0 at the end of
 * the string, 1 with *@cp = U+FFFD for a byte that belongs to no character.
 */
int utf8_decode(const char *s, uint32_t *cp);

/* Encode @cp into @out (at least 5 bytes, NUL-terminated here). Returns the bytes without NUL. */
int utf8_encode(uint32_t cp, char *out);

/*
 * How many of the @n bytes at @s make whole characters: @n less the start of a character whose
 * end has not come yet (0 to 3 bytes). Bytes that can never become a character count as whole.
 */
size_t utf8_whole(const char *s, size_t n);

/* Cells that @cp takes: 0 for a combining mark, 1, 2; -1 for what must not be printed. */
int cp_width(uint32_t cp);

/* The ASCII twin of @cp, one cell wide; '?' where there is none. */
char cp_ascii(uint32_t cp);

/*
 * Take the next glyph from *@s, with the combining marks that follow it, and move *@s behind it.
 * A control character comes as U+FFFD ('?' in ASCII): nothing a terminal would act on passes.
 * With @ascii every glyph is made of ASCII (a wide one of two characters). Returns false at the
 * end of the text.
 */
bool glyph_next(const char **s, bool ascii, struct glyph *g);

/* Cells that @text takes when drawn in one row (tabs count as one cell). */
int text_width(const char *text);

/*
 * How many bytes of @text fit into @width cells when lines break between words; a word longer
 * than a line is cut. A newline ends a line. At least one character is taken from a non-empty
 * text, so a loop always ends. *@next (may be NULL) gets the offset where the next line starts,
 * behind the spaces or the newline at which this one was broken.
 */
size_t text_break(const char *text, int width, size_t *next);

/* Whether the locale set by setlocale() speaks UTF-8. */
bool locale_is_utf8(void);

#endif
