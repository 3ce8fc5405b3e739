/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every experiment: run as `rmaplab experiment NAME --json` runs it, its JSON read by a parser that
 * knows the contract and nothing else, and each figure compared with tests/data/experiments: what
 * is expected there is written by hand from the sources, so an experiment cannot weaken itself.
 * With SOAK set, everything that --all runs: some minutes, and up to 2 GiB of memory.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiment.h"

#define MAX_ROWS 200

struct row {
	char experiment[40], claim[40];
	double expected, tolerance;
	bool seen;
};

static struct row rows[MAX_ROWS];
static u32 nr_rows;

static bool soak(void)
{
	return getenv("SOAK") != NULL;
}

static void read_table(void)
{
	FILE *f = fopen("tests/data/experiments", "r");
	char line[300];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		bool all = !strncmp(line, "all ", 4);
		struct row *r = &rows[nr_rows];

		if (line[0] == '#' || (all && !soak()))
			continue;
		assert_true(nr_rows < MAX_ROWS);
		assert_int_equal(sscanf(line + (all ? 4 : 0), "%39s %39s %lf %lf", r->experiment,
					r->claim, &r->expected, &r->tolerance), 4);
		nr_rows++;
	}
	fclose(f);
}

static struct row *row_of(const char *experiment, const char *claim)
{
	for (u32 i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].experiment, experiment) && !strcmp(rows[i].claim, claim))
			return &rows[i];
	fail_msg("tests/data/experiments does not know %s of %s", claim, experiment);
	return NULL;
}

/* -- JSON, as far as the contract goes -------------------------------------------------------- */

static const char *at;

static void skip_blanks(void)
{
	at += strspn(at, " \t\r\n");
}

static bool next_is(const char *word)
{
	skip_blanks();
	if (strncmp(at, word, strlen(word)))
		return false;
	at += strlen(word);
	return true;
}

static void want(const char *word)
{
	if (!next_is(word))
		fail_msg("JSON: expected %s at: %.60s", word, at);
}

static void want_string(char *out, size_t n)
{
	size_t length;

	want("\"");
	length = strcspn(at, "\"\\");
	assert_int_equal(at[length], '"');
	assert_true(length < n);
	memcpy(out, at, length);
	out[length] = 0;
	at += length + 1;
}

/* A key with its colon. */
static void want_key(const char *name)
{
	char key[40];

	want_string(key, sizeof(key));
	assert_string_equal(key, name);
	want(":");
}

static double want_number(const char *name)
{
	double value;
	char *end;

	want_key(name);
	skip_blanks();
	assert_true(*at == '-' || (*at >= '0' && *at <= '9'));
	value = strtod(at, &end);
	at = end;
	assert_true(isfinite(value));
	return value;
}

static void want_claim(const char *experiment)
{
	double figure, expected, tolerance;
	char name[80];
	struct row *r;
	bool holds;

	want("{");
	want_key("name");
	want_string(name, sizeof(name));
	want(",");
	figure = want_number("figure");
	want(",");
	expected = want_number("expected");
	want(",");
	tolerance = want_number("tolerance");
	want(",");
	want_key("holds");
	holds = next_is("true");
	if (!holds)
		want("false");
	want("}");
	print_message("# %-14s %-26s %14.6g   expected %g +- %g\n", experiment, name, figure,
		      expected, tolerance);
	r = row_of(experiment, name);
	assert_true(expected == r->expected);
	assert_true(tolerance == r->tolerance);
	assert_true(fabs(figure - r->expected) <= r->tolerance * (1 + 1e-9) + 1e-9);
	assert_true(holds);
	assert_false(r->seen);
	r->seen = true;
}

static void want_experiment(const char *json, const char *name)
{
	char text[80];

	at = json;
	want("{");
	want_key("name");
	want_string(text, sizeof(text));
	assert_string_equal(text, name);
	want(",");
	want_key("claims");
	want("[");
	do
		want_claim(name);
	while (next_is(","));
	want("]");
	want("}");
	skip_blanks();
	assert_int_equal(*at, 0);
}

/* -- the tests -------------------------------------------------------------------------------- */

#ifdef __SANITIZE_ADDRESS__
/* The long ones are the same code in a loop. */
static const char *const too_long[] = { "chain-memory", "swapoff", NULL };
#else
static const char *const too_long[] = { NULL };
#endif

static bool is_too_long(const char *name)
{
	for (u32 i = 0; too_long[i]; i++)
		if (!strcmp(too_long[i], name))
			return true;
	return false;
}

static char *json_of(const char *name)
{
	char path[4096], err[2200], *json = NULL;
	struct experiment *e;
	size_t size = 0;
	FILE *f;

	assert_true(experiment_path(name, path, sizeof(path)));
	e = experiment_open(path, err, sizeof(err));
	if (!e || !experiment_run(e, soak(), NULL, err, sizeof(err)))
		fail_msg("%s", err);
	assert_string_equal(e->id, name);
	f = open_memstream(&json, &size);
	assert_non_null(f);
	experiment_json(e, f);
	fclose(f);
	experiment_free(e);
	return json;
}

static void every_figure(void **state)
{
	const char *name = *state;
	char *json;

	if (is_too_long(name)) {
		print_message("# %s: too long for this build\n", name);
		return;
	}
	json = json_of(name);
	want_experiment(json, name);
	free(json);
	for (u32 i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].experiment, name) && !rows[i].seen)
			fail_msg("%s no longer counts %s", name, rows[i].claim);
}

/* No experiment of the table has gone, and each experiment is in it. */
static void the_table_is_of_these(void **state)
{
	char path[4096];

	(void)state;
	for (u32 i = 0; i < nr_rows; i++)
		if (!experiment_path(rows[i].experiment, path, sizeof(path)))
			fail_msg("there is no experiment %s", rows[i].experiment);
	for (u32 i = 0; experiment_name(i); i++) {
		bool known = false;

		for (u32 k = 0; k < nr_rows; k++)
			known |= !strcmp(rows[k].experiment, experiment_name(i));
		if (!known)
			fail_msg("nothing is expected of %s", experiment_name(i));
	}
}

int main(void)
{
	struct CMUnitTest tests[64] = { cmocka_unit_test(the_table_is_of_these) };
	u32 n = 1;

	read_table();
	for (u32 i = 0; experiment_name(i) && n < 64; i++, n++)
		tests[n] = (struct CMUnitTest){
			.name = experiment_name(i), .test_func = every_figure,
			.initial_state = (void *)(uintptr_t)experiment_name(i),
		};
	return _cmocka_run_group_tests("experiments", tests, n, NULL, NULL);
}
