/* SPDX-License-Identifier: GPL-2.0-only */
/* What compare prints: what history lists, the verdict with both states, the table of counters. */
#include "compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_LINES 12 /* of pages that differ; the rest is counted */

static const char *name_of(const struct compare *c, u32 run)
{
	return c->runs[run]->kernel->name;
}

/* The longest name of a kernel that is compared. */
static int name_width(const struct compare *c)
{
	size_t width = 0;

	for (u32 k = 0; k < c->n; k++)
		if (strlen(name_of(c, k)) > width)
			width = strlen(name_of(c, k));
	return (int)width;
}

/* -- an operation in words --------------------------------------------------------------------- */

struct writer {
	char *buf;
	size_t n, len;
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct writer *w, const char *format, ...)
{
	va_list args;
	int n;

	if (w->len + 1 >= w->n)
		return;
	va_start(args, format);
	n = vsnprintf(w->buf + w->len, w->n - w->len, format, args);
	va_end(args);
	w->len += n > 0 ? (size_t)n : 0;
}

static void put_argument(struct writer *w, const struct op *op, const char *name, size_t n, u32 *i)
{
	const char *comma = w->buf[w->len - 1] == '(' ? "" : ", ";
	bool address = !strncmp(name, "at", n) || !strncmp(name, "to", n);

	if (!strncmp(name, "text", n))
		put(w, "%s\"%s\"", comma, op->text);
	else if (strncmp(name, "pid", n))
		put(w, address ? "%s%.*s %08" PRIx64 : "%s%.*s %" PRId64, comma, (int)n, name,
		    op->arg[(*i)++]);
}

void op_text(const struct run *r, char *buf, size_t n)
{
	const struct op_row *row = &op_rows[r->op.kind];
	struct writer w = { buf, n, 0 };
	u32 i = 0;

	put(&w, "%s: %s(", r->op.pid ? thread_name(r->m, r->op.pid) : "machine", row->name);
	for (const char *name = row->args; *name;) {
		size_t len = strcspn(name, " ");

		put_argument(&w, &r->op, name, len, &i);
		name += len + (name[len] == ' ');
	}
	put(&w, ")");
}

/* "= 42", "done", "SIGSEGV at 40000000" */
static void put_answer(struct writer *w, const struct run *r)
{
	const struct op *op = &r->op;
	bool address = op->kind == OP_MMAP || op->kind == OP_MREMAP || op->kind == OP_BRK;
	char report[300];

	if (run_broken(r)) {
		machine_report(r->m, report, sizeof(report));
		put(w, "the machine breaks: %.*s", (int)strcspn(report, "\n"), report);
	} else if (op->error < 0) {
		put(w, "%s at %08x", op_error_name(op->error), op->address);
	} else if (op->error) {
		put(w, "%s", op_error_name(op->error));
	} else if (strstr(op_rows[op->kind].what, "returns")) {
		put(w, address ? "= %08" PRIx64 : "= %" PRId64, op->ret);
	} else {
		put(w, "done");
	}
}

static void run_text(const struct run *r, char *buf, size_t n)
{
	struct writer w = { buf, n, 0 };

	if (r->state == RUN_END) {
		put(&w, "the script ends here");
	} else if (r->state == RUN_FAILED) {
		put(&w, "the script fails: %s", r->error);
	} else {
		op_text(r, buf, n);
		w.len = strlen(buf);
		put(&w, "  ");
		put_answer(&w, r);
	}
}

static void print_runs(const struct compare *c)
{
	char text[1200];

	for (u32 k = 0; k < c->n; k++) {
		run_text(c->runs[k], text, sizeof(text));
		printf("  %-*s  %s\n", name_width(c), name_of(c, k), text);
	}
}

/* -- maps that differ -------------------------------------------------------------------------- */

#define RIGHTS_TEXT 40

/* Two things at one address: one of them is where the first kernel has something else. */
static void rights_text(const struct ranges *ranges, u32 at, char *text)
{
	struct writer w = { text, RIGHTS_TEXT, 0 };

	for (u32 i = 0; i < ranges->n; i++) {
		u8 prot = ranges->r[i].prot;

		if (at >= ranges->r[i].start && at < ranges->r[i].end)
			put(&w, "%s%c%c%c %s", w.len ? " and " : "", prot & VM_READ ? 'r' : '-',
			    prot & VM_WRITE ? 'w' : '-', prot & VM_EXEC ? 'x' : '-',
			    prot & VM_SHARED ? "shared" : "private");
	}
	if (!w.len)
		put(&w, "not mapped");
}

/* Where does the next range begin or end, above this address? */
static u32 next_border(const struct ranges *ranges, u32 at, u32 next)
{
	for (u32 i = 0; i < ranges->n; i++) {
		if (ranges->r[i].start > at && ranges->r[i].start < next)
			next = ranges->r[i].start;
		if (ranges->r[i].end > at && ranges->r[i].end < next)
			next = ranges->r[i].end;
	}
	return next;
}

static void print_maps(const struct compare *c)
{
	const char *name = thread_name(run_machine(c->runs[0], c->peer->machine), c->peer->pid[0]);
	char a[RIGHTS_TEXT], b[RIGHTS_TEXT];
	u32 lines = 0;

	printf("what %s has mapped then, where it is not the same:\n  %-17s  %-14s  %s\n", name,
	       "addresses", name_of(c, 0), name_of(c, c->other));
	for (u32 at = 0, next; at != UINT32_MAX; at = next) {
		next = next_border(&c->first, at, UINT32_MAX);
		next = next_border(&c->second, at, next);
		rights_text(&c->first, at, a);
		rights_text(&c->second, at, b);
		if (strcmp(a, b) && lines++ < MAX_LINES)
			printf("  %08x-%08x  %-14s  %s\n", at, next, a, b);
	}
	if (lines > MAX_LINES)
		printf("  and %u more\n", lines - MAX_LINES);
}

/* After operations or answers that differ: whose maps differ too? */
static void print_all_maps(struct compare *c)
{
	for (u32 i = 0; i < c->nr_peers; i++) {
		c->peer = &c->peers[i];
		peer_ranges(c, 0, c->peer, &c->first);
		peer_ranges(c, c->other, c->peer, &c->second);
		if (!c->peer->apart && !same_ranges(&c->first, &c->second) &&
		    !maps_explained(c, c->other, c->peer))
			print_maps(c);
	}
}

static void print_life(const struct compare *c)
{
	for (u32 k = 0; k < c->n; k++)
		printf("  %-*s  %s is %s\n", name_width(c), name_of(c, k),
		       thread_name(run_machine(c->runs[k], c->peer->machine), c->peer->pid[k]),
		       peer_alive(c, k, c->peer) ? "alive" : "gone");
}

/* -- reclaim that differs ---------------------------------------------------------------------- */

static bool taken_by(const struct compare *c, u32 run, u64 key)
{
	const struct pages *taken = &c->residents[run].taken;
	u32 low = 0, high = taken->n;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (taken->key[middle] == key)
			return true;
		if (taken->key[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool taken_by_all(const struct compare *c, u64 key)
{
	for (u32 k = 0; k < c->n; k++)
		if (!taken_by(c, k, key))
			return false;
	return true;
}

/* Pages in a row of one process from `from` on, alike in whether all took them. */
static u32 row_of_pages(const struct compare *c, u32 run, u32 from)
{
	const struct pages *taken = &c->residents[run].taken;
	bool all = taken_by_all(c, taken->key[from]);
	u32 i = from + 1;

	while (i < taken->n && taken->key[i] == taken->key[i - 1] + 1 &&
	       taken->key[i] >> 20 == taken->key[from] >> 20 &&
	       taken_by_all(c, taken->key[i]) == all)
		i++;
	return i - from;
}

static void print_taken(const struct compare *c, u32 run)
{
	const struct residents *r = &c->residents[run];
	u32 lines = 0;

	printf("  %s takes %u mapped pages; it frees %" PRIu64 " and looks at %" PRIu64 "\n",
	       name_of(c, run), r->taken.n, r->stolen, r->scanned);
	for (u32 i = 0, n; i < r->taken.n; i += n) {
		u64 key = r->taken.key[i];
		const struct peer *p = &c->peers[key >> 20];
		u32 at = (u32)(key << PAGE_SHIFT);

		n = row_of_pages(c, run, i);
		if (lines++ < MAX_LINES)
			printf("    %s %08x-%08x%s\n",
			       thread_name(run_machine(c->runs[run], p->machine), p->pid[run]), at,
			       at + n * PAGE_SIZE,
			       taken_by_all(c, key) ? "" : "  not taken by every kernel");
	}
	if (lines > MAX_LINES)
		printf("    and %u more rows of pages\n", lines - MAX_LINES);
}

/* -- the verdict ------------------------------------------------------------------------------- */

static const char *const verdicts[] = {
	[OTHER_OP] = "is not the same on every kernel",
	[OTHER_ANSWER] = "does not answer the same",
	[OTHER_LIFE] = "leaves a process alive on one kernel only",
	[OTHER_MAPS] = "leaves other mappings behind",
	[OTHER_RECLAIM] = "is the first to reclaim differently",
};

static void print_listed(const struct compare *c)
{
	bool any = false;

	for (u32 i = 0; history[i].name; i++) {
		if (!c->noted[i].times)
			continue;
		if (!any)
			printf("history lists these differences:\n");
		any = true;
		printf("  %s: %s\n    %" PRIu64 " operation%s, the first is %" PRIu64 ", %s\n",
		       history[i].name, history[i].sentence, c->noted[i].times,
		       c->noted[i].times == 1 ? "" : "s", c->noted[i].first, c->noted[i].text);
	}
}

static void print_verdict(struct compare *c)
{
	if (c->verdict == SAME) {
		printf("all %" PRIu64 " operations agree%s\n", c->ops,
		       c->at_reclaim ? ", and reclaim takes the same pages" : "");
		return;
	}
	printf("operation %" PRIu64 " %s:\n", c->ops + (c->verdict == OTHER_OP),
	       verdicts[c->verdict]);
	print_runs(c);
	if (c->verdict == OTHER_OP || c->verdict == OTHER_ANSWER)
		print_all_maps(c);
	if (c->verdict == OTHER_LIFE)
		print_life(c);
	if (c->verdict == OTHER_MAPS)
		print_maps(c);
	for (u32 k = 0; k < c->n && c->verdict == OTHER_RECLAIM; k++)
		print_taken(c, k);
}

/* -- the table --------------------------------------------------------------------------------- */

static const char *const counters[] = {
	"ptes_visited", "chain_nodes_walked", "vmas_visited", "locked_ops", "chain_pages",
	"slab_pages", "rmap_trylock_failed", "pgscan", "pgsteal", "pgfault", "pgmajfault",
	"pgcow", "pswpin", "pswpout", "oom_kills",
};

static u64 sum_of(const struct run *r, const char *name)
{
	u64 sum = 0;
	bool known;

	for (u32 i = 0; i < run_machines(r); i++)
		sum += name ? inspect_counter(run_machine(r, i), name, &known)
			    : run_machine(r, i)->now / 1000;
	return sum;
}

/* A row; name NULL: the virtual time. */
static void print_row(const struct compare *c, const char *name, int width)
{
	printf("%-19s", name ? name : "virtual_time_us");
	for (u32 k = 0; k < c->n; k++)
		printf("  %*" PRIu64, width, sum_of(c->runs[k], name));
	printf("\n");
}

static void print_table(const struct compare *c)
{
	int width = name_width(c) > 12 ? name_width(c) : 12;

	printf("\n%-19s", "counter");
	for (u32 k = 0; k < c->n; k++)
		printf("  %*s", width, name_of(c, k));
	printf("\n");
	for (u32 i = 0; i < ARRAY_SIZE(counters); i++)
		print_row(c, counters[i], width);
	print_row(c, NULL, width);
}

void compare_report(struct compare *c)
{
	print_listed(c);
	print_verdict(c);
	print_table(c);
}
