/* SPDX-License-Identifier: GPL-2.0-only */
#include "subcommands.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "commands.h"
#include "demo.h"
#include "outfile.h"

static int fail(int status, const char *text)
{
	fprintf(stderr, "rmaplab: %s\n", text);
	return status;
}

/* --- lessons ------------------------------------------------------------------------------ */

const char *find_lesson(const char *name, char *buf, size_t n)
{
	const struct lesson_info *info;
	char *end;
	unsigned long number = strtoul(name, &end, 10);
	bool is_number = *name && *end == '\0';

	for (u32 i = 0; (info = lesson_list(i)); i++)
		if ((is_number && info->number == number) || strcmp(info->id, name) == 0) {
			snprintf(buf, n, "%s", info->path);
			return buf;
		}
	if (access(name, R_OK) != 0)
		return NULL;
	snprintf(buf, n, "%s", name);
	return buf;
}

/* --- the screen --------------------------------------------------------------------------- */

static bool kernel_exists(const char *kernel)
{
	if (!kernel || kernel_by_name(kernel))
		return true;
	fprintf(stderr, "rmaplab: there is no kernel %s; there are:", kernel);
	for (int i = 0; kernels[i]; i++)
		fprintf(stderr, " %s", kernels[i]->name);
	fputc('\n', stderr);
	return false;
}

/* Open the screen, start what is wanted, run until the user leaves. */
static int on_screen(const char *kernel, const char *lesson)
{
	struct term_config config = { .headless = false };
	char error[300], history[512];
	struct term *t;
	struct app a;
	int status;

	if (!kernel_exists(kernel))
		return 2;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail(2, "the screen needs a terminal; without one use run, repl or "
			    "lesson --check");
	t = term_open(&config, error, sizeof(error));
	if (!t)
		return fail(2, error);
	if (!app_open(&a, t, state_path("history", history, sizeof(history)) ? history : NULL)) {
		term_close(t);
		return fail(1, "no memory for the screen");
	}
	if (kernel)
		snprintf(a.kernel, sizeof(a.kernel), "%s", kernel);
	if (lesson)
		app_start(&a, lesson);
	status = app_run(&a);
	app_close(&a);
	term_close(t);
	return status;
}

int cmd_menu(const char *kernel)
{
	return on_screen(kernel, NULL);
}

static bool has(int argc, char **argv, const char *option)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

int cmd_lesson(int argc, char **argv)
{
	const char *kernel = NULL, *name = NULL;
	char path[512];

	if (has(argc, argv, "--check"))
		return cmd_lesson_check(argc, argv);
	if (has(argc, argv, "--list"))
		return cmd_lesson_list(argc, argv);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
			kernel = argv[++i];
		else if (argv[i][0] == '-' || name)
			return fail(2, "usage: rmaplab lesson [--kernel NAME] [ID|FILE] [--check] "
				    "[--list]");
		else
			name = argv[i];
	}
	if (!name)
		return on_screen(kernel, NULL);
	if (!find_lesson(name, path, sizeof(path))) {
		fprintf(stderr, "rmaplab: there is no lesson %s; `rmaplab lesson --list` lists "
			"them\n", name);
		return 2;
	}
	return on_screen(kernel, path);
}

/* --- repl --------------------------------------------------------------------------------- */

static void print_line(const char *line, void *unused)
{
	(void)unused;
	puts(line);
}

static bool repl_interrupted(void *unused)
{
	(void)unused;
	return prompt_interrupted();
}

static u32 repl_complete(void *s, const char *line, size_t cursor, size_t *start, char **out,
			 u32 max)
{
	return session_complete(s, line, cursor, start, out, max);
}

static bool repl_incomplete(void *s, const char *text)
{
	return session_chunk_incomplete(s, text);
}

/* Chunk by chunk. Piped, the first failure ends it with status 1; at a terminal one goes on. */
static int repl_loop(struct session *s, struct prompt *p, bool tty)
{
	int status = 0;
	char *line;

	while (status == 0 && (line = prompt_read_plain(p))) {
		enum stop stop = session_input(s, INPUT_CHUNK, line, NULL);

		free(line);
		fflush(stdout);
		if (stop == STOP_IDLE)
			continue;
		fprintf(stderr, "%s\n", session_error(s));
		status = tty ? 0 : 1;
	}
	if (fflush(stdout) == EOF)
		return fail(1, "cannot write to standard output");
	return status;
}

static int repl_run(struct session_config *config, bool tty)
{
	struct prompt_config pc = { .label = "> " };
	char error[300], history[512];
	struct session *s = session_open(config, error, sizeof(error));
	struct prompt *p;
	int status = 0;

	if (!s)
		return fail(config->file ? 1 : 2, error);
	pc.history = tty && state_path("history", history, sizeof(history)) ? history : NULL;
	pc.host = (struct prompt_host){ repl_complete, repl_incomplete, s };
	p = prompt_open(&pc);
	if (session_input(s, INPUT_START, NULL, NULL) != STOP_IDLE) {
		fprintf(stderr, "%s\n", session_error(s));
		status = 1;
	}
	if (tty && status == 0)
		puts("rmaplab " VERSION ": m = machine{}  help(\"machine\")  ^D leaves");
	if (status == 0)
		status = repl_loop(s, p, tty);
	prompt_close(p);
	session_close(s);
	return status;
}

int cmd_repl(int argc, char **argv)
{
	struct session_config config = {
		.mode = SESSION_REPL, .on_print = print_line, .interrupted = repl_interrupted,
		.total_budget = 2000000000,
	};

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
			config.kernel = argv[++i];
		else if (argv[i][0] == '-' || config.file)
			return fail(2, "usage: rmaplab repl [--kernel NAME] [FILE]");
		else
			config.file = argv[i];
	}
	if (!kernel_exists(config.kernel))
		return 2;
	return repl_run(&config, isatty(STDIN_FILENO));
}

/* --- record ------------------------------------------------------------------------------- */

struct recording {
	const char *lesson, *out, *kernel;
	int cols, rows;
	char path[512];
};

static bool ends_in(const char *name, const char *ending)
{
	size_t n = strlen(name), e = strlen(ending);

	return n > e && strcmp(name + n - e, ending) == 0;
}

static bool recording_options(struct recording *r, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
			r->out = argv[++i];
		else if (strcmp(argv[i], "--kernel") == 0 && i + 1 < argc)
			r->kernel = argv[++i];
		else if (strcmp(argv[i], "--size") == 0 && i + 1 < argc) {
			if (sscanf(argv[++i], "%dx%d", &r->cols, &r->rows) != 2)
				return false;
		} else if (argv[i][0] == '-' || r->lesson)
			return false;
		else
			r->lesson = argv[i];
	}
	return r->lesson && r->out && r->cols > 0 && r->rows > 0 && r->cols <= 1000 &&
	       r->rows <= 1000;
}

/* Play on an open headless screen into the file. Returns the exit status. */
static int record_on(struct app *a, const struct recording *r)
{
	bool cast = ends_in(r->out, ".cast");
	char error[300] = "";
	struct record record;

	if (!app_start(a, r->path))
		return fail(1, a->message);
	if (cast && !record_open(&record, r->out, r->cols, r->rows, a->lesson, error,
				 sizeof(error)))
		return fail(1, error);
	if (!demo_play(a, cast ? &record : NULL)) {
		if (cast)
			record_abort(&record);
		return fail(1, a->message);
	}
	if (cast ? !record_close(&record, error, sizeof(error)) :
		   !record_text(r->out, &a->canvas, error, sizeof(error)))
		return fail(1, error);
	return 0;
}

static int record_run(const struct recording *r)
{
	struct term_config config = { .headless = true, .cols = r->cols, .rows = r->rows };
	char error[300];
	struct term *t;
	struct app a;
	int status;

	setenv("LC_ALL", "C.UTF-8", 1);	/* the same bytes in every locale; readline looks here */
	setlocale(LC_ALL, "");
	t = term_open(&config, error, sizeof(error));
	if (!t)
		return fail(1, error);
	if (!app_open(&a, t, NULL)) {
		term_close(t);
		return fail(1, "no memory for the screen");
	}
	a.remember_progress = false;
	if (r->kernel)
		snprintf(a.kernel, sizeof(a.kernel), "%s", r->kernel);
	status = record_on(&a, r);
	app_close(&a);
	term_close(t);
	return status;
}

int cmd_record(int argc, char **argv)
{
	struct recording r = { .cols = 80, .rows = 24 };

	if (!recording_options(&r, argc, argv))
		return fail(2, "usage: rmaplab record [--kernel NAME] [--size 80x24] LESSON -o "
			    "FILE.cast");
	if (!kernel_exists(r.kernel))
		return 2;
	if (!find_lesson(r.lesson, r.path, sizeof(r.path))) {
		fprintf(stderr, "rmaplab: there is no lesson %s; `rmaplab lesson --list` lists "
			"them\n", r.lesson);
		return 2;
	}
	if (!ends_in(r.out, ".cast") && !ends_in(r.out, ".txt"))
		return fail(2, "the recording must be named .cast (asciicast v2) or .txt (the last "
			    "screen)");
	return record_run(&r);
}

/* --- doctor ------------------------------------------------------------------------------- */

static void doctor_terminal(void)
{
	static const char *const depths[] = { "none", "8", "16", "256" };
	struct term_config config = { .headless = true, .cols = 80, .rows = 24,
				      .name = getenv("TERM") };
	char error[300];
	struct term *t = term_open(&config, error, sizeof(error));

	printf("terminal   %s\n", getenv("TERM") ? getenv("TERM") : "(TERM is not set)");
	if (!t) {
		printf("           %s\n", error);
		return;
	}
	printf("colours    %s%s\n", depths[term_depth(t)],
	       getenv("NO_COLOR") && *getenv("NO_COLOR") ? " (NO_COLOR is set)" : "");
	printf("characters %s\n", term_ascii(t) ? "ASCII (the locale is not UTF-8)" : "UTF-8");
	term_close(t);
}

int cmd_doctor(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return fail(2, "usage: rmaplab doctor");
	printf("rmaplab    %s\n", VERSION);
	doctor_terminal();
	printf("screen     %s\n", isatty(STDOUT_FILENO) ? "yes" :
	       "standard output is not a terminal");
	return doctor_machine();
}
