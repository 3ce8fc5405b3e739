/* SPDX-License-Identifier: GPL-2.0-only */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <zlib.h>

double measure_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double measure_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double measure_median(double *values, u32 n)
{
	qsort(values, n, sizeof(*values), by_value);
	return values[(n - 1) / 2];
}

u64 measure_resident(void)
{
	unsigned long size = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
		exit(2);
	fclose(f);
	return resident * (u64)sysconf(_SC_PAGESIZE);
}

void measure_print(const char *name, double figure, const char *unit, const char *anchor, bool ok)
{
	printf("%-46s %9.2f %-10s %-24s %s\n", name, figure, unit, anchor, ok ? "" : "MISSED");
	fflush(stdout);
}

struct machine *measure_machine(u64 ram, u64 swap, u32 cpus)
{
	struct machine_config config = {
		.kernel = kernel_by_name("2.5.27"), .ram = ram, .swap = swap, .cpus = cpus,
		.seed = 1, .page_cluster = -1,
	};
	const char *why;
	struct machine *m = machine_create(&config, &why);

	if (!m) {
		fprintf(stderr, "no machine: %s\n", why);
		exit(2);
	}
	return m;
}

s64 measure_op(struct machine *m, struct op op)
{
	char text[2000];

	if (!op_run(m, &op)) {
		machine_report(m, text, sizeof(text));
		fprintf(stderr, "%s\n", text);
		exit(2);
	}
	if (op.error) {
		fprintf(stderr, "%s: %s\n", op_rows[op.kind].name, op_error_name(op.error));
		exit(2);
	}
	return op.ret;
}

/* -- the trace --------------------------------------------------------------------------------- */

#define MAX_REGIONS 64

struct reader {
	struct trace trace;
	u64 room;
	u64 region[MAX_REGIONS]; /* which 16 MiB of the program's address space */
};

static u32 fold(struct reader *r, u64 address)
{
	u32 i;

	for (i = 0; i < r->trace.regions && r->region[i] != address / TRACE_REGION; i++)
		;
	if (i == MAX_REGIONS)
		exit(2);
	if (i == r->trace.regions)
		r->region[r->trace.regions++] = address / TRACE_REGION;
	return TRACE_BASE + i * TRACE_REGION + (u32)(address % TRACE_REGION);
}

static void add_access(struct reader *r, const char *line)
{
	struct trace *t = &r->trace;
	char kind = line[0] == 'I' ? 'I' : line[1];

	if (t->n == r->room) {
		r->room = r->room ? 2 * r->room : 1 << 20;
		t->words = realloc(t->words, r->room * sizeof(*t->words));
		if (!t->words)
			exit(2);
	}
	t->words[t->n++] = fold(r, strtoull(line + 3, NULL, 16)) >> PAGE_SHIFT << 1 |
			   (kind == 'S' || kind == 'M');
}

struct trace measure_trace(const char *name)
{
	struct reader r = { .room = 0 };
	char path[200], line[300];
	gzFile f;

	snprintf(path, sizeof(path), "tests/data/%s.lk.gz", name);
	f = gzopen(path, "rb");
	if (!f) {
		fprintf(stderr, "no %s: run this from the top of the project\n", path);
		exit(2);
	}
	while (gzgets(f, line, sizeof(line))) {
		if (!strncmp(line, "==0== compacted: records ", 25))
			r.trace.accesses = strtoull(line + 25, NULL, 10);
		else if (!strncmp(line, "I  ", 3) || (line[0] == ' ' && strchr("LSM", line[1])))
			add_access(&r, line);
	}
	gzclose(f);
	return r.trace;
}
