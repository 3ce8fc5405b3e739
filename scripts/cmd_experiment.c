/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmaplab experiment [NAME]: run one, or list them. Nothing is printed or written before the end,
 * so an interrupted run leaves nothing behind.
 */
#include "cmd.h"
#include "commands.h"
#include "experiment.h"
#include "outfile.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

struct experiment_options {
	const char *name, *svg;
	bool json, all;
};

/* -- the command line -------------------------------------------------------------------------- */

/* Options may stand before and behind NAME. false after one line on stderr. */
static bool arguments_read(int argc, char **argv, struct experiment_options *o)
{
	const struct option options[] = {
		{ "--json", NULL, &o->json }, { "--all", NULL, &o->all },
		{ "--svg", &o->svg, NULL }, { NULL, NULL, NULL },
	};
	char *command = argv[0];

	while (argc > 1) {
		int next = options_read(argc, argv, options);

		if (next < 0)
			return false;
		if (next == argc)
			break;
		if (o->name)
			return complain(false, "experiment: one at a time, not also %s",
					argv[next]);
		o->name = argv[next];
		argv += next;
		argc -= next;
		argv[0] = command;
	}
	if (!o->name && (o->json || o->all || o->svg))
		return complain(false, "experiment: which one? rmaplab experiment lists them");
	return true;
}

static int unknown(const char *name)
{
	char names[1000] = "";

	for (u32 i = 0; experiment_name(i); i++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, " %s", experiment_name(i));
	}
	return complain(2, "there is no experiment %s; there are:%s", name, names);
}

static int list(void)
{
	char path[PATH_MAX], err[600];

	for (u32 i = 0; experiment_name(i); i++) {
		struct experiment *e;

		experiment_path(experiment_name(i), path, sizeof(path));
		e = experiment_open(path, err, sizeof(err));
		if (!e)
			return complain(1, "%s", err);
		printf("%-16s %s\n", e->id, e->title);
		experiment_free(e);
	}
	return output_status();
}

/* -- running ----------------------------------------------------------------------------------- */

static void tell(const char *name, u32 i, u32 of)
{
	fprintf(stderr, "\r%-70s\r%u of %u: %s ", "", i, of, name);
}

static bool write_svg(const struct experiment *e, const char *path, char *err, size_t n)
{
	struct outfile o;

	if (!outfile_open(&o, path, err, n))
		return false;
	experiment_svg(e, o.f);
	return outfile_commit(&o, err, n);
}

static int run(struct experiment *e, const struct experiment_options *o)
{
	bool terminal = isatty(STDERR_FILENO), good;
	char err[2200];

	good = experiment_run(e, o->all, terminal ? tell : NULL, err, sizeof(err));
	if (terminal)
		fprintf(stderr, "\r%-70s\r", "");
	if (good && o->svg)
		good = write_svg(e, o->svg, err, sizeof(err));
	if (!good)
		return complain(1, "%s", err);
	if (o->json)
		experiment_json(e, stdout);
	else
		experiment_text(e, stdout);
	return output_status() | !experiment_holds(e);
}

int cmd_experiment(int argc, char **argv)
{
	struct experiment_options o = { .name = NULL };
	char path[PATH_MAX], err[600];
	struct experiment *e;
	int status;

	if (!arguments_read(argc, argv, &o))
		return 2;
	if (!o.name)
		return list();
	if (!experiment_path(o.name, path, sizeof(path)))
		return unknown(o.name);
	e = experiment_open(path, err, sizeof(err));
	if (!e)
		return complain(1, "%s", err);
	status = run(e, &o);
	experiment_free(e);
	return status;
}
