/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as a person reads them. The sentence of a kind is a template (event_kinds.h):
 *
 *	"unmaps {1:task}'s pte at {2:addr}: {3?it now names {3:slot}|it is empty}"
 *	        operand 1 as a name         a choice by operand 3, nested as deep as one likes
 *
 * Everything is rendered from the record; the machine is asked for names only. Host side.
 */
#include "event.h"

#include "machine.h"
#include "spinlock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out {
	char *buf;
	size_t n, len; /* len counts what did not fit, too */
};

static void put(struct out *out, char c)
{
	if (out->len + 1 < out->n)
		out->buf[out->len] = c;
	out->len++;
}

static void put_text(struct out *out, const char *text)
{
	while (*text)
		put(out, *text++);
}

static __attribute__((format(printf, 2, 3))) void putf(struct out *out, const char *format, ...)
{
	char text[64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	put_text(out, text);
}

static int finish(struct out *out)
{
	if (out->n)
		out->buf[out->len < out->n ? out->len : out->n - 1] = 0;
	return (int)out->len;
}

/* -- operands ---------------------------------------------------------------------------------- */

static void put_lock(struct out *out, const struct machine *m, u32 class, u32 id)
{
	put_text(out, class < NR_LOCK_CLASSES ? lock_class_names[class] : "lock");
	switch (class) {
	case LC_MMAP_SEM:
	case LC_PAGE_TABLE_LOCK:
		put_text(out, " of ");
		put_text(out, thread_name(m, id));
		break;
	case LC_PAGE_LOCK:
	case LC_PTE_CHAIN_LOCK:
		putf(out, " of page %x", id);
		break;
	case LC_SWAP_DEVICE_LOCK:
		putf(out, " of swap %u", id);
		break;
	}
}

/* What only the layers above can name. */
static bool put_foreign(struct out *out, const struct machine *m, const char *as, u64 id)
{
	char text[120];

	if (!m->ops || !m->ops->render || m->ops->render(m, as, id, text, sizeof(text)) < 0)
		return false;
	put_text(out, text);
	return true;
}

static void put_operand(struct out *out, const struct machine *m, const struct event *ev, u32 i,
			const char *as)
{
	u32 id = ev->a[i];
	u64 high = !strcmp(as, "pte") && i + 2u < ev->n ? ev->a[i + 2] : 0; /* see pte_event */

	if (!strcmp(as, "task"))
		put_text(out, thread_name(m, id));
	else if (!strcmp(as, "addr"))
		putf(out, "%08x", id);
	else if (!strcmp(as, "page"))
		putf(out, "%x", id);
	else if (!strcmp(as, "lock"))
		put_lock(out, m, id, i + 1 < ARRAY_SIZE(ev->a) ? ev->a[i + 1] : 0);
	else if (!strcmp(as, "report"))
		put_text(out, m->report.text ? m->report.text : "see the report");
	else if (!put_foreign(out, m, as, high << 32 | id))
		putf(out, !strcmp(as, "pte") ? "%08x" : "%u", id);
}

/* -- the template ------------------------------------------------------------------------------ */

/* The first `wanted` (or end) from p on that is not inside inner braces. */
static const char *find_outside(const char *p, const char *end, char wanted)
{
	int depth = 0;

	for (; p < end; p++) {
		if (depth == 0 && *p == wanted)
			return p;
		depth += (*p == '{') - (*p == '}');
	}
	return end;
}

static void put_template(struct out *out, const struct machine *m, const struct event *ev,
			 const char *p, const char *end);

/* What stands between two braces: "2", "2:as" or "2?a|b". */
static void put_braces(struct out *out, const struct machine *m, const struct event *ev,
		       const char *p, const char *end)
{
	u32 i = (u32)(*p - '0');
	const char *bar;
	char as[16];

	if (p + 1 == end) {
		putf(out, "%u", ev->a[i]);
	} else if (p[1] == ':') {
		snprintf(as, sizeof(as), "%.*s", (int)(end - p - 2), p + 2);
		put_operand(out, m, ev, i, as);
	} else {
		bar = find_outside(p + 2, end, '|');
		if (ev->a[i])
			put_template(out, m, ev, p + 2, bar);
		else if (bar < end)
			put_template(out, m, ev, bar + 1, end);
	}
}

static void put_template(struct out *out, const struct machine *m, const struct event *ev,
			 const char *p, const char *end)
{
	while (p < end) {
		const char *close;

		if (*p != '{') {
			put(out, *p++);
			continue;
		}
		close = find_outside(p + 1, end, '}');
		put_braces(out, m, ev, p + 1, close);
		p = close + 1;
	}
}

static void put_sentence(struct out *out, const struct machine *m, const struct event *ev)
{
	const char *sentence = event_kind_rows[ev->kind].sentence;

	put_text(out, thread_name(m, ev->thread));
	put(out, ' ');
	put_template(out, m, ev, sentence, sentence + strlen(sentence));
}

int event_sentence(const struct machine *m, const struct event *ev, char *buf, size_t n)
{
	struct out out = { buf, n, 0 };

	put_sentence(&out, m, ev);
	return finish(&out);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static void put_string(struct out *out, const char *text)
{
	put(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			put(out, '\\');
		if ((unsigned char)*text < 0x20)
			putf(out, "\\u%04x", (unsigned)*text);
		else
			put(out, *text);
	}
	put(out, '"');
}

static void put_place(struct out *out, const struct site *site)
{
	put_text(out, ",\"func\":");
	put_string(out, site ? site->func : "");
	put_text(out, ",\"file\":");
	put_string(out, site ? site_file(site) : "");
	putf(out, ",\"line\":%u", site ? site->line : 0);
}

int event_json(const struct machine *m, const struct event *ev, char *buf, size_t n)
{
	struct out out = { buf, n, 0 };
	char text[400];

	putf(&out, "{\"n\":%llu,\"t\":%llu", (unsigned long long)ev->number,
	     (unsigned long long)ev->time);
	putf(&out, ",\"cpu\":%u,\"pid\":%u,\"thread\":", ev->cpu, ev->thread);
	put_string(&out, thread_name(m, ev->thread));
	put_text(&out, ",\"kind\":");
	put_string(&out, event_kind_rows[ev->kind].name);
	put_place(&out, event_site(ev->site));
	put_text(&out, ",\"args\":[");
	for (u32 i = 0; i < ev->n; i++)
		putf(&out, i ? ",%u" : "%u", ev->a[i]);
	put_text(&out, "],\"text\":");
	event_sentence(m, ev, text, sizeof(text));
	put_string(&out, text);
	put(&out, '}');
	return finish(&out);
}
