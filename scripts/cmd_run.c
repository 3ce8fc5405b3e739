/* SPDX-License-Identifier: GPL-2.0-only */
/* rmaplab run, kernels, errata, and the machine's part of doctor. */
#include "cmd.h"
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lua.h>

/* -- run --------------------------------------------------------------------------------------- */

static void print_line(const char *line, void *style)
{
	(void)style;
	puts(line);
}

static void print_event(const struct machine *m, const struct event *ev, void *style)
{
	event_print(m, ev, *(const enum event_style *)style);
}

static int run_session(const struct session_config *config)
{
	char err[600];
	struct session *s = session_open(config, err, sizeof(err));
	enum stop stop;
	int status = 1;

	if (!s)
		return complain(1, "%s", err);
	stop = session_input(s, INPUT_START, NULL, NULL);
	if (stop == STOP_IDLE)
		status = output_status();
	else
		complain(1, "%s", session_error(s));
	session_close(s);
	return status;
}

int cmd_run(int argc, char **argv)
{
	const char *kernel = NULL, *events = NULL;
	const struct option options[] = {
		{ "--kernel", &kernel, NULL }, { "--events", &events, NULL }, { NULL, NULL, NULL },
	};
	int file = options_read(argc, argv, options);
	enum event_style style;
	struct session_config config = { .mode = SESSION_SCRIPT, .on_print = print_line,
					 .no_checkpoints = true, .arg = &style };

	if (file < 0 || !events_style(events, &style) || (kernel && !kernel_known(kernel)))
		return 2;
	if (file == argc)
		return complain(2, "run: which file? rmaplab run FILE [ARG...]");
	config.file = argv[file];
	config.kernel = kernel;
	config.argc = argc - file - 1;
	config.argv = argv + file + 1;
	if (style != EVENTS_OFF)
		config.on_event = print_event;
	return run_session(&config);
}

/* -- kernels ----------------------------------------------------------------------------------- */

int cmd_kernels(int argc, char **argv)
{
	if (argc > 1)
		return complain(2, "kernels takes no arguments, got %s", argv[1]);
	for (const struct kernel *const *k = kernels; *k; k++)
		printf("%-14s %s  %s\n", (*k)->name, (*k)->date, (*k)->idea);
	return output_status();
}

int cmd_errata(int argc, char **argv)
{
	char where[200];

	if (argc > 1)
		return complain(2, "errata takes no arguments, got %s", argv[1]);
	for (const struct erratum *e = known_errata; e->name; e++) {
		erratum_where(e, where, sizeof(where));
		printf("%-28s (%s)  %s\n", e->name, where, e->what);
	}
	return output_status();
}

/* -- doctor ------------------------------------------------------------------------------------ */

static u64 now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000u + (u64)t.tv_nsec / 1000;
}

static void print_costs(void)
{
	printf("costs of the modelled machine, in ns of virtual time:\n");
	for (u32 i = 0; i < NR_COSTS; i++)
		printf("  %-12s %6u  %s\n", cost_rows[i].name, cost_rows[i].ns, cost_rows[i].what);
}

/* The self test: pages go to swap and come back, and every invariant holds. */
static const char self_test[] =
	"local m = machine{ ram='256K', swap='512K' }\n"
	"local t = m:task('doctor')\n"
	"local a = t:mmap{ len='256K' }\n"
	"for i = 0, 63 do t:write(a + i * 4096, i) end\n"
	"for i = 0, 63 do assert(t:read(a + i * 4096) == i) end\n"
	"assert(m.counters.pswpout > 0 and m.counters.pswpin > 0)\n"
	"m:check()";

static int print_self_test(void)
{
	struct session_config config = { .mode = SESSION_REPL };
	char err[600];
	u64 begin = now_us();
	struct session *s = session_open(&config, err, sizeof(err));
	int status = 1;

	if (!s) {
		printf("self test     FAILED: %s\n", err);
	} else if (session_input(s, INPUT_CHUNK, self_test, NULL) != STOP_IDLE) {
		printf("self test     FAILED: %s\n", session_error(s));
	} else {
		printf("self test     ok: %llu events in %llu us\n",
		       (unsigned long long)session_end(s), (unsigned long long)(now_us() - begin));
		status = 0;
	}
	session_close(s);
	return status;
}

int doctor_machine(void)
{
	char folder[1024];
	u32 n = 0;

	while (lesson_list(n))
		n++;
	printf("lua           %s\n", LUA_RELEASE);
	printf("lessons       %u in %s\n", n, data_path("lessons", folder, sizeof(folder)));
	printf("kernels       ");
	for (const struct kernel *const *k = kernels; *k; k++)
		printf("%s%s", (*k)->name, k[1] ? " " : "\n");
	print_costs();
	return print_self_test();
}
