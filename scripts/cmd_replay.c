/* SPDX-License-Identifier: GPL-2.0-only */
/* rmaplab replay TRACE: a real program's accesses through a machine, and what they cost. */
#include "cmd.h"
#include "commands.h"
#include "replay.h"
#include "size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct replay_options {
	const char *kernel, *events;
	struct trace_options machine;
	bool quiet;
	enum event_style style;
};

/* -- options ----------------------------------------------------------------------------------- */

static bool size_option(const char *name, const char *text, u64 *bytes)
{
	if (!text || size_parse(text, bytes))
		return true;
	complain(2, "%s takes a size such as 16M, not %s", name, text);
	return false;
}

bool trace_config(const struct trace_options *o, struct machine_config *config)
{
	*config = (struct machine_config){
		.ram = 16u << 20, .swap = 32u << 20, .seed = 1, .cpus = 1, .page_cluster = -1,
		.truth = true,
	};
	if (!size_option("--ram", o->ram, &config->ram) ||
	    !size_option("--swap", o->swap, &config->swap))
		return false;
	if (o->cpus && (strspn(o->cpus, "0123456789") != strlen(o->cpus) || atoi(o->cpus) < 1 ||
			atoi(o->cpus) > MAX_CPUS)) {
		complain(2, "--cpus takes a number from 1 to %d, not %s", MAX_CPUS, o->cpus);
		return false;
	}
	if (o->cpus)
		config->cpus = (u32)atoi(o->cpus);
	config->pae = o->pae;
	config->highpte = o->highpte;
	return true;
}

static bool config_read(const struct replay_options *o, struct machine_config *config)
{
	const char *kernel = o->kernel ? o->kernel : kernel_default->name;

	if (!kernel_known(kernel) || !trace_config(&o->machine, config))
		return false;
	config->kernel = kernel_by_name(kernel);
	config->events = o->style != EVENTS_OFF;
	return true;
}

/* -- events: kept while the machine runs, printed when the host's stack is back ---------------- */

struct event_queue {
	struct machine *m;
	struct machine_hooks hooks;
	struct event *events;
	u32 n, room;
	enum event_style style;
};

static void keep_event(struct machine *m, const struct event *ev, void *queue)
{
	struct event_queue *q = queue;

	(void)m;
	if (q->n == q->room) {
		q->room = q->room * 2 + 1024;
		q->events = realloc(q->events, q->room * sizeof(*q->events));
		if (!q->events)
			abort();
	}
	q->events[q->n++] = *ev;
}

static void print_events(const struct op *op, void *queue)
{
	struct event_queue *q = queue;

	(void)op;
	for (u32 i = 0; i < q->n; i++)
		event_print(q->m, &q->events[i], q->style);
	q->n = 0;
}

static void count_op(const struct op *op, void *ops)
{
	(void)op;
	tell_operations(++*(u64 *)ops);
}

/* -- the report -------------------------------------------------------------------------------- */

static void print_row(const char *name, u64 value, const char *what)
{
	printf("%-22s %12llu  %s\n", name, (unsigned long long)value, what);
}

/* Rows that are 0 say nothing, but for the first of each table. */
static void print_report(const struct machine *m, const struct replay *r,
			 const struct lackey_counts *counts)
{
	const char *stats = (const char *)replay_stats(r);
	bool known;

	print_row("lines", counts->lines, "lines of the log");
	print_row("calls", counts->calls, "system calls in it");
	for (const struct replay_stat_row *row = replay_stat_rows; row->name; row++) {
		u64 value;

		memcpy(&value, stats + row->offset, sizeof(value));
		if (value)
			print_row(row->name, value, row->what);
	}
	print_row("machine.frames", m->nr_frames, "page frames of the machine");
	print_row("machine.ms", m->now / 1000000, "virtual time, ms");
	for (const struct counter_row *row = counter_rows; row->name; row++) {
		u64 value = inspect_counter(m, row->name, &known);
		char name[40];

		snprintf(name, sizeof(name), "machine.%s", row->name);
		if (value)
			print_row(name, value, row->what);
	}
}

static bool replay_on(struct replay *r, const char *path, struct lackey_counts *counts, char *err,
		      size_t n, bool terminal)
{
	bool ok = replay_run(r, path, counts, err, n);

	if (terminal)
		tell_the_end();
	return ok;
}

static int replay_file(const char *path, struct machine *m, const struct replay_options *o)
{
	struct event_queue queue = { .m = m, .hooks = { .event = keep_event }, .style = o->style };
	bool told = o->style != EVENTS_OFF, terminal = !told && isatty(STDERR_FILENO);
	struct lackey_counts counts;
	char err[600];
	struct replay *r;
	u64 ops = 0;
	int status = 1;

	queue.hooks.arg = &queue;
	if (told)
		m->hooks = &queue.hooks;
	r = replay_new(m, told ? print_events : terminal ? count_op : NULL,
		       told ? (void *)&queue : &ops);
	if (!r)
		return complain(1, "this computer has no memory left");
	if (!replay_on(r, path, &counts, err, sizeof(err), terminal)) {
		complain(1, "%s: %s", path, err);
	} else {
		if (!o->quiet)
			print_report(m, r, &counts);
		status = output_status();
	}
	replay_free(r);
	free(queue.events);
	return status;
}

int cmd_replay(int argc, char **argv)
{
	struct replay_options o = { 0 };
	const struct option options[] = {
		{ "--kernel", &o.kernel, NULL }, { "--ram", &o.machine.ram, NULL },
		{ "--swap", &o.machine.swap, NULL }, { "--cpus", &o.machine.cpus, NULL },
		{ "--pae", NULL, &o.machine.pae }, { "--highpte", NULL, &o.machine.highpte },
		{ "--events", &o.events, NULL }, { "--quiet", NULL, &o.quiet },
		{ NULL, NULL, NULL },
	};
	int file = options_read(argc, argv, options), status;
	struct machine_config config;
	const char *why = NULL;
	struct machine *m;

	if (file < 0 || !events_style(o.events, &o.style) || !config_read(&o, &config))
		return 2;
	if (file + 1 != argc)
		return complain(2, "replay: give one trace: a lackey log, plain or .gz, or - for "
				"standard input");
	m = machine_create(&config, &why);
	if (!m)
		return complain(2, "replay: %s", why);
	status = replay_file(argv[file], m, &o);
	machine_destroy(m);
	return status;
}
