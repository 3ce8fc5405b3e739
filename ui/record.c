/* SPDX-License-Identifier: GPL-2.0-only */
#include "record.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ JSON */

static void write_character(FILE *out, uint32_t cp)
{
	char text[5];

	switch (cp) {
	case '"':
	case '\\':
		fprintf(out, "\\%c", (char)cp);
		break;
	case '\n':
		fputs("\\n", out);
		break;
	case '\r':
		fputs("\\r", out);
		break;
	default:
		if (cp < 0x20 || cp == 0x7f) {
			fprintf(out, "\\u%04" PRIx32, cp);
			break;
		}
		utf8_encode(cp, text);
		fputs(text, out);
	}
}

/* Write @n bytes as they stand in a JSON string; what is no UTF-8 becomes U+FFFD. */
static void write_json(FILE *out, const char *bytes, size_t n)
{
	uint32_t cp;

	while (n) {
		char four[5] = "";	/* decoding must not look behind the end */
		size_t used = n < 4 ? n : 4;

		memcpy(four, bytes, used);
		used = (size_t)utf8_decode(four, &cp);
		write_character(out, used ? cp : 0);	/* a NUL is a character, too */
		used += !used;
		bytes += used;
		n -= used;
	}
}

/* ------------------------------------------------------------------ events */

static void start_event(struct record *r, char kind)
{
	fprintf(r->file.f, "[%" PRIu64 ".%06" PRIu64 ", \"%c\", \"", r->now / 1000000,
		r->now % 1000000, kind);
}

static void end_event(struct record *r)
{
	fputs("\"]\n", r->file.f);
}

bool record_open(struct record *r, const char *path, int cols, int rows, const char *title,
		 char *error, size_t size)
{
	memset(r, 0, sizeof(*r));
	if (!outfile_open(&r->file, path, error, size))
		return false;
	fprintf(r->file.f, "{\"version\": 2, \"width\": %d, \"height\": %d, \"title\": \"", cols,
		rows);
	write_json(r->file.f, title, strlen(title));
	fputs("\", \"env\": {\"TERM\": \"xterm-256color\"}}\n", r->file.f);
	return true;
}

void record_wait(struct record *r, uint64_t microseconds)
{
	r->now += microseconds;
}

/* Move bytes from *@bytes to the tail until it holds whole characters. False: more must come. */
static bool complete_tail(struct record *r, const char **bytes, size_t *n)
{
	while (utf8_whole(r->tail, r->tail_bytes) != r->tail_bytes) {
		if (!*n)
			return false;
		r->tail[r->tail_bytes++] = *(*bytes)++;
		--*n;
	}
	return true;
}

/* A character may come in two parts: every event must be UTF-8 by itself. */
void record_output(struct record *r, const char *bytes, size_t n)
{
	size_t whole;

	if (!complete_tail(r, &bytes, &n) || n + r->tail_bytes == 0)
		return;
	whole = utf8_whole(bytes, n);
	if (whole || r->tail_bytes) {
		start_event(r, 'o');
		write_json(r->file.f, r->tail, r->tail_bytes);
		write_json(r->file.f, bytes, whole);
		end_event(r);
	}
	r->tail_bytes = n - whole;
	memcpy(r->tail, bytes + whole, r->tail_bytes);
}

void record_marker(struct record *r, const char *label)
{
	start_event(r, 'm');
	write_json(r->file.f, label, strlen(label));
	end_event(r);
}

bool record_close(struct record *r, char *error, size_t size)
{
	return outfile_commit(&r->file, error, size);
}

void record_abort(struct record *r)
{
	outfile_abort(&r->file);
}

bool record_text(const char *path, const struct canvas *c, char *error, size_t size)
{
	struct outfile o;

	if (!outfile_open(&o, path, error, size))
		return false;
	canvas_print(c, o.f);
	return outfile_commit(&o, error, size);
}
