/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of errata: each that a row, or a way to do swapoff, has by name is in it once, each in
 * it belongs to somebody, and each has a sentence that fits on a line.
 */
#include "lab.h"

#include <stdio.h>
#include <string.h>

static u32 times(const char *name)
{
	const struct erratum *e;
	u32 n = 0;

	for (e = known_errata; e->name; e++)
		n += !strcmp(e->name, name);
	return n;
}

static u32 all_listed(const char *const *names)
{
	u32 n = 0;

	for (; names && *names; names++, n++)
		if (times(*names) != 1)
			fail_msg("%s is in the list %u times", *names, times(*names));
	return n;
}

static void each_name_is_in_the_list(void **state)
{
	u32 i, n = 0;

	for (i = 0; kernels[i]; i++)
		n += all_listed(kernels[i]->errata);
	for (i = 0; swapoffs[i]; i++)
		n += all_listed(swapoffs[i]->errata);
	for (i = 0; i < NR_OWN_ERRATA; i++)
		assert_int_equal(times(own_errata_names[i]), 1);
	assert_in_range(n, 8 + 8 + 8, 100); /* two ways with eight, and the rows' */
}

static void each_in_the_list_is_somebodys(void **state)
{
	const struct erratum *e;
	char where[200];

	for (e = known_errata; e->name; e++) {
		erratum_where(e, where, sizeof(where));
		if (!where[0])
			fail_msg("nobody has %s", e->name);
		assert_in_range(strlen(e->what), 20, 90);
		assert_ptr_equal(erratum_by_name(e->name), e);
	}
	assert_null(erratum_by_name("no-such-erratum"));
}

static void is_of(const char *name, const char *wanted)
{
	char where[200];

	erratum_where(erratum_by_name(name), where, sizeof(where));
	assert_string_equal(where, wanted);
}

/* By the sheets: who could not read a page from swap mapped it up to 2.6.11. */
static void whose_they_are(void **state)
{
	is_of("nr-mapped-twice", "2.6.7-anonmm 2.6.8");
	is_of("goto-removed", "linear-v7 linear");
	is_of("read-error-mapped",
	      "2.5.26 2.5.27 2.6.0 2.6.5-objrmap 2.6.7-anonmm 2.6.8 2.6.9-rc-mm");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_is_in_the_list),
		cmocka_unit_test(each_in_the_list_is_somebodys),
		cmocka_unit_test(whose_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
