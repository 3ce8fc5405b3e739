/* SPDX-License-Identifier: GPL-2.0-only */
/* rmaplab compare FILE: one workload on several kernels, side by side. */
#include "cmd.h"
#include "commands.h"
#include "compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct compare_options {
	const char *kernels, *at;
	struct trace_options machine;
};

/* -- the command line -------------------------------------------------------------------------- */

/* "A,B,C": the kernels of those names. 0 after one line on stderr. */
static u32 kernels_read(const char *list, const struct kernel **out)
{
	char name[64];
	u32 n = 0;

	for (const char *at = list; at; at = *at ? at + 1 : NULL) {
		size_t len = strcspn(at, ",");

		snprintf(name, sizeof(name), "%.*s", (int)len, at);
		if (!kernel_known(name))
			return 0;
		if (n == MAX_RUNS)
			return (u32)complain(0, "compare: %d kernels at most", MAX_RUNS);
		out[n++] = kernel_by_name(name);
		at += len;
	}
	if (n < 2)
		return (u32)complain(0, "compare: one kernel is nothing to compare; --kernels A,B");
	return n;
}

/*
 * Options come before FILE; `compare FILE --kernels A,B` is taken as well, as long as nobody named
 * the kernels before. Where FILE is; its arguments begin at *args. -1 after one line on stderr.
 */
static int arguments_read(int argc, char **argv, struct compare_options *o, int *args)
{
	const struct option options[] = {
		{ "--kernels", &o->kernels, NULL }, { "--at", &o->at, NULL },
		{ "--ram", &o->machine.ram, NULL }, { "--swap", &o->machine.swap, NULL },
		{ "--cpus", &o->machine.cpus, NULL }, { "--pae", NULL, &o->machine.pae },
		{ "--highpte", NULL, &o->machine.highpte }, { NULL, NULL, NULL },
	};
	int file = options_read(argc, argv, options), more = 1;
	char *name;

	if (file < 0)
		return -1;
	if (file == argc)
		return complain(-1, "compare: which file? rmaplab compare --kernels A,B FILE "
				"[ARG...]");
	name = argv[file];
	if (!o->kernels) {
		argv[file] = argv[0];
		more = options_read(argc - file, argv + file, options);
		argv[file] = name;
	}
	*args = file + more;
	return more < 0 ? -1 : file;
}

static bool workload_read(const struct compare_options *o, struct workload *w)
{
	const struct trace_options *m = &o->machine;

	w->is_trace = looks_like_trace(w->file);
	if (!w->is_trace && (m->ram || m->swap || m->cpus || m->pae || m->highpte)) {
		complain(2, "compare: --ram, --swap, --cpus, --pae and --highpte are for a trace; "
			 "a script says them in machine{}");
		return false;
	}
	return !w->is_trace || trace_config(m, &w->config);
}

/* -- the whole --------------------------------------------------------------------------------- */

static bool open_runs(struct compare *c, const struct workload *w, const struct kernel **kernel,
		      u32 n)
{
	char err[600];

	for (; c->n < n; c->n++) {
		c->runs[c->n] = run_open(w, kernel[c->n], err, sizeof(err));
		if (!c->runs[c->n])
			return complain(false, "%s", err);
	}
	return true;
}

static void close_runs(struct compare *c)
{
	for (u32 k = 0; k < c->n; k++)
		run_close(c->runs[k]);
	peers_free(c);
	reclaim_free(c);
	free(c);
}

static int compare_file(struct compare *c)
{
	bool terminal = isatty(STDERR_FILENO);

	compare_all(c, terminal ? tell_operations : NULL);
	if (terminal)
		tell_the_end();
	if (c->verdict == ALL_FAILED)
		return complain(1, "%s", c->runs[0]->error);
	compare_report(c);
	return output_status() | (c->verdict != SAME);
}

int cmd_compare(int argc, char **argv)
{
	struct compare_options o = { .kernels = NULL };
	const struct kernel *kernel[MAX_RUNS];
	int args = argc, file = arguments_read(argc, argv, &o, &args), status = 1;
	struct workload w = { .pass_over = history_lacks };
	struct compare *c;
	u32 n;

	if (file < 0)
		return 2;
	if (!o.kernels)
		return complain(2, "compare: which kernels? --kernels A,B; rmaplab kernels lists "
				"those there are");
	if (o.at && strcmp(o.at, "first-reclaim"))
		return complain(2, "compare: --at is first-reclaim, not %s", o.at);
	n = kernels_read(o.kernels, kernel);
	w.file = argv[file];
	w.argc = argc - args;
	w.argv = argv + args;
	if (!n || !workload_read(&o, &w))
		return 2;
	c = calloc(1, sizeof(*c));
	if (!c)
		return complain(1, "this computer has no memory left");
	c->at_reclaim = o.at != NULL;
	w.arg = c;
	if (open_runs(c, &w, kernel, n))
		status = compare_file(c);
	close_runs(c);
	return status;
}
