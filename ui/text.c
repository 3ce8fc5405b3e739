/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <langinfo.h>
#include <string.h>
#include <wchar.h>

#define REPLACEMENT 0xfffdu

/* ------------------------------------------------------------------ UTF-8 */

/* Bytes of the character that starts with @lead; 0 if none does. */
static int sequence_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* Overlong forms, surrogates and what lies behind Unicode are no characters. */
static bool is_character(uint32_t cp, int length)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

	return cp >= least[length] && cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
}

int utf8_decode(const char *s, uint32_t *cp)
{
	int length = sequence_length((unsigned char)*s);
	uint32_t value;

	*cp = REPLACEMENT;
	if (length <= 1) {
		if (length == 1)
			*cp = (unsigned char)*s;
		return *s != '\0';
	}
	value = (unsigned char)*s & (0x7fu >> length);
	for (int i = 1; i < length; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | ((unsigned char)s[i] & 0x3fu);
	}
	if (!is_character(value, length))
		return 1;
	*cp = value;
	return length;
}

int utf8_encode(uint32_t cp, char *out)
{
	int length = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;

	out[length] = '\0';
	for (int i = length - 1; i > 0; i--, cp >>= 6)
		out[i] = (char)(0x80 | (cp & 0x3f));
	out[0] = (char)(length == 1 ? cp : (0xf00u >> length & 0xff) | cp);
	return length;
}

size_t utf8_whole(const char *s, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char byte = (unsigned char)s[n - back];

		if ((byte & 0xc0) == 0x80)
			continue;
		return sequence_length(byte) > (int)back ? n - back : n;
	}
	return n;
}

/* ------------------------------------------------------------------ glyphs */

int cp_width(uint32_t cp)
{
	if (cp < 0x20 || cp == 0x7f)
		return -1;
	return cp < 0x7f ? 1 : wcwidth((wchar_t)cp);
}

/* Every glyph outside ASCII that the screen itself draws, with its twin. */
static const struct {
	uint32_t cp;
	char twin;
} twins[] = {
	{ 0x00b7, '-' },	/* · */
	{ 0x2022, '*' },	/* • */
	{ 0x2026, '~' },	/* … */
	{ 0x2039, '<' },	/* ‹ */
	{ 0x203a, '>' },	/* › */
	{ 0x2190, '<' }, { 0x2191, '^' }, { 0x2192, '>' }, { 0x2193, 'v' },	/* ← ↑ → ↓ */
	{ 0x232b, '<' },	/* ⌫ */
	{ 0x23ce, '!' },	/* ⏎ */
	{ 0x2260, '!' },	/* ≠ */
	{ 0x2500, '-' }, { 0x2501, '=' }, { 0x2502, '|' }, { 0x2503, '|' },	/* ─ ━ │ ┃ */
	{ 0x2581, '_' }, { 0x2582, '.' }, { 0x2583, '-' }, { 0x2584, '=' },	/* ▁ ▂ ▃ ▄ */
	{ 0x2585, '+' }, { 0x2586, '*' }, { 0x2587, '#' }, { 0x2588, '#' },	/* ▅ ▆ ▇ █ */
	{ 0x258f, '.' }, { 0x2591, '.' }, { 0x2592, ':' }, { 0x2593, '#' },	/* ▏ ░ ▒ ▓ */
	{ 0x25b2, '^' }, { 0x25b4, '^' }, { 0x25b6, '>' }, { 0x25b8, '>' },	/* ▲ ▴ ▶ ▸ */
	{ 0x25bc, 'v' }, { 0x25be, 'v' }, { 0x25c0, '<' }, { 0x25c2, '<' },	/* ▼ ▾ ◀ ◂ */
	{ 0x25cb, 'o' }, { 0x25cf, '@' },	/* ○ ● */
	{ 0x2713, 'v' }, { 0x2717, 'x' },	/* ✓ ✗ */
};

char cp_ascii(uint32_t cp)
{
	if (cp < 0x80)
		return (char)cp;
	for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++)
		if (twins[i].cp == cp)
			return twins[i].twin;
	return cp >= 0x250c && cp <= 0x256c ? '+' : '?';	/* corners and crossings */
}

/* What to show for @cp, and its width. Nothing a terminal would act on gets through. */
static void glyph_base(struct glyph *g, uint32_t cp, bool ascii)
{
	int width = cp_width(cp);

	if (width < 0 && !ascii) {
		cp = REPLACEMENT;
		width = 1;
	}
	g->width = width == 2 ? 2 : 1;
	if (!ascii) {
		utf8_encode(cp, g->text);
		return;
	}
	memset(g->text, width < 0 && cp < 0x80 ? '?' : cp_ascii(cp), (size_t)g->width);
	g->text[g->width] = '\0';
}

bool glyph_next(const char **s, bool ascii, struct glyph *g)
{
	uint32_t cp;
	int used = utf8_decode(*s, &cp);

	if (!used)
		return false;
	*s += used;
	glyph_base(g, cp, ascii);
	while ((used = utf8_decode(*s, &cp)) && cp_width(cp) == 0) {
		size_t length = strlen(g->text);

		if (!ascii && length + (size_t)used < GLYPH_BYTES) {
			memcpy(g->text + length, *s, (size_t)used);
			g->text[length + (size_t)used] = '\0';
		}
		*s += used;
	}
	return true;
}

/* ------------------------------------------------------------------ lines */

int text_width(const char *text)
{
	struct glyph g;
	int width = 0;

	while (glyph_next(&text, false, &g))
		width += g.width;
	return width;
}

/* Skip the spaces and at most one newline that a line break swallows. */
static size_t after_break(const char *text, size_t at)
{
	while (text[at] == ' ')
		at++;
	return text[at] == '\n' ? at + 1 : at;
}

size_t text_break(const char *text, int width, size_t *next)
{
	const char *at = text;
	size_t space = 0, end;
	struct glyph g;
	int used = 0;

	while (*at && *at != '\n') {
		const char *start = at;

		glyph_next(&at, false, &g);
		if (used + g.width > width && *start != ' ') {
			end = space ? space : start > text ? (size_t)(start - text)
							   : (size_t)(at - text);
			if (next)
				*next = space ? after_break(text, space) : end;
			return end;
		}
		used += g.width;
		if (*at == ' ' && at[-1] != ' ')
			space = (size_t)(at - text);
	}
	end = (size_t)(at - text);
	if (next)
		*next = *at == '\n' ? end + 1 : end;
	return end;
}

bool locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
