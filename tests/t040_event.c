/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what is recorded, and how it reads. Every template of the table is rendered, so that a
 * brace that does not close or an operand that does not exist is found here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sim/machine.h"
#include "sim/spinlock.h"

static struct machine *m;
static struct event seen[64];
static u32 nr_seen;
static struct machine_hooks hooks;

static int render(const struct machine *machine, const char *as, u64 id, char *buf, size_t n)
{
	return strcmp(as, "file") ? -1 : snprintf(buf, n, "<file %u>", (u32)id);
}

static const struct machine_ops ops = { .render = render };

static void remember(struct machine *machine, const struct event *ev, void *arg)
{
	assert_ptr_equal(arg, &nr_seen);
	seen[nr_seen++ % ARRAY_SIZE(seen)] = *ev;
}

static void make_machine(bool events)
{
	struct machine_config config = {
		.ram = 256 << 10, .cpus = 1, .page_cluster = -1, .events = events,
	};
	const char *why;

	m = machine_create_bare(&config, &why);
	assert_non_null(m);
	m->ops = &ops;
	hooks = (struct machine_hooks){ .event = remember, .arg = &nr_seen };
	m->hooks = &hooks;
	nr_seen = 0;
	thread_create(m, "init", 0);
	thread_create(m, "k\"s\\w\t\x01", 0);
	thread_create(m, "caf\xc3\xa9", 0);
}

static int make(void **state)
{
	make_machine(true);
	return 0;
}

static int destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

static const char *sentence(enum event_kind kind, u32 a, u32 b, u32 c, u32 d)
{
	struct event ev = { .kind = (u8)kind, .thread = 1, .a = { a, b, c, d }, .n = 4 };
	static char text[400];
	int len = event_sentence(m, &ev, text, sizeof(text));

	assert_int_equal(len, strlen(text));
	return text;
}

/* -- sentences --------------------------------------------------------------------------------- */

static void test_operands(void **state)
{
	assert_string_equal(sentence(EV_ANON_MAP, 0x40002000, 17, 0, 0),
			    "init gives 40002000 a fresh page 11");
	assert_string_equal(sentence(EV_FORK, 3, 0, 0, 0), "init forks caf\xc3\xa9");
	assert_string_equal(sentence(EV_FORK, 99, 0, 0, 0), "init forks ?");
	assert_string_equal(sentence(EV_CACHE_ADD, 5, 2, 7, 0),
			    "init puts page 5 into the cache of <file 2> at index 7");
	assert_string_equal(sentence(EV_LOCK, LC_PAGE_TABLE_LOCK, 1, 0, 0),
			    "init takes page_table_lock of init");
	assert_string_equal(sentence(EV_SPIN, LC_PTE_CHAIN_LOCK, 40, 0, 0),
			    "init finds chain lock of page 28 taken and spins");
	assert_string_equal(sentence(EV_LOCK, LC_PAGEMAP_LRU_LOCK, 0, 0, 0),
			    "init takes pagemap_lru_lock");
}

static void test_choices(void **state)
{
	assert_string_equal(sentence(EV_LRU_ADD, 9, 1, 0, 0),
			    "init puts page 9 at the head of the active list");
	assert_string_equal(sentence(EV_LRU_ADD, 9, 0, 0, 0),
			    "init puts page 9 at the head of the inactive list");
	assert_string_equal(sentence(EV_PAGE_ALLOC, 8, 0, 1, 50),
			    "init takes page 8 from zone 1: 50 left");
	assert_string_equal(sentence(EV_PAGE_ALLOC, 8, 3, 1, 50),
			    "init takes 2^3 pages from page 8 from zone 1: 50 left");
}

static void test_nested_choices(void **state)
{
	assert_string_equal(sentence(EV_UNMAP_DONE, 9, 0, 0, 0),
			    "init ends try_to_unmap of page 9: SUCCESS");
	assert_string_equal(sentence(EV_UNMAP_DONE, 9, 1, 0, 0),
			    "init ends try_to_unmap of page 9: AGAIN");
	assert_string_equal(sentence(EV_UNMAP_DONE, 9, 2, 1, 0),
			    "init ends try_to_unmap of page 9: FAIL");
	assert_string_equal(sentence(EV_UNMAP_ONE, 9, 2, 0x1000, 77),
			    "init unmaps k\"s\\w\t\x01's pte at 00001000 from page 9: "
			    "it now names 77");
	assert_string_equal(sentence(EV_UNMAP_ONE, 9, 2, 0x1000, 0),
			    "init unmaps k\"s\\w\t\x01's pte at 00001000 from page 9: it is empty");
	assert_string_equal(sentence(EV_SWITCH, 3, 1, 0, 0),
			    "init is given the cpu, caf\xc3\xa9 waits");
	assert_string_equal(sentence(EV_SWITCH, 3, 0, 0, 0), "init is given the cpu");
}

/* Each row with each mix of zero and other operands: no brace or bar is left over. */
static void test_every_row_renders(void **state)
{
	for (int kind = 0; kind < NR_EVENT_KINDS; kind++)
		for (u32 mix = 0; mix < 16; mix++) {
			const char *text = sentence((enum event_kind)kind, mix & 1, mix >> 1 & 1,
						    mix >> 2 & 1, mix >> 3);

			if (strpbrk(text, "{}|") || strlen(text) < strlen("init x"))
				fail_msg("%s: %s", event_kind_rows[kind].name, text);
		}
}

static void test_cut_short(void **state)
{
	struct event ev = { .kind = EV_ANON_MAP, .thread = 1, .a = { 0x40002000, 17 }, .n = 2 };
	char text[64];
	int len = event_sentence(m, &ev, NULL, 0);

	assert_int_equal(len, strlen("init gives 40002000 a fresh page 11"));
	memset(text, 'x', sizeof(text));
	assert_int_equal(event_sentence(m, &ev, text, 11), len);
	assert_string_equal(text, "init gives");
	assert_int_equal(text[11], 'x');
}

static void test_kinds_by_name(void **state)
{
	for (int kind = 0; kind < NR_EVENT_KINDS; kind++)
		assert_int_equal(event_kind_by_name(event_kind_rows[kind].name), kind);
	assert_int_equal(event_kind_by_name("nonsense"), -1);
}

/* -- JSON -------------------------------------------------------------------------------------- */

static void test_json(void **state)
{
	SITE_ROW(here, EV_ANON_MAP);
	struct event ev = {
		.number = 12, .time = 3456789012345, .kind = EV_ANON_MAP, .thread = 1, .cpu = 1,
		.site = event_site_index(&here), .a = { 0x40002000, 17 }, .n = 2,
	};
	char text[600], want[600];

	snprintf(want, sizeof(want),
		 "{\"n\":12,\"t\":3456789012345,\"cpu\":1,\"pid\":1,\"thread\":\"init\","
		 "\"kind\":\"anon_map\",\"func\":\"test_json\",\"file\":\"%s\",\"line\":%u,"
		 "\"args\":[1073750016,17],\"text\":\"init gives 40002000 a fresh page 11\"}",
		 site_file(&here), here.line);
	assert_int_equal(event_json(m, &ev, text, sizeof(text)), strlen(want));
	assert_string_equal(text, want);
}

static void test_json_quotes(void **state)
{
	struct event ev = { .kind = EV_EXIT, .thread = 2, .site = 0xfff0 };
	char text[600];

	event_json(m, &ev, text, sizeof(text));
	assert_non_null(strstr(text, "\"thread\":\"k\\\"s\\\\w\\u0009\\u0001\""));
	assert_non_null(strstr(text, "\"func\":\"\",\"file\":\"\",\"line\":0,\"args\":[]"));
	assert_non_null(strstr(text, "\"text\":\"k\\\"s\\\\w\\u0009\\u0001 exits\"}"));
}

/* -- sites ------------------------------------------------------------------------------------- */

static void test_sites(void **state)
{
	SITE_ROW(here, EV_FORK);
	const u32 line = __LINE__ - 1;
	u16 index = event_site_index(&here);

	assert_true(index < event_site_count());
	assert_ptr_equal(event_site(index), &here);
	assert_int_equal(here.line, line);
	assert_string_equal(here.func, "test_sites");
	assert_int_equal(here.kind, EV_FORK);
	assert_null(event_site((u16)event_site_count()));
}

static void test_every_site_is_whole(void **state)
{
	for (u32 i = 0; i < event_site_count(); i++) {
		const struct site *site = event_site((u16)i);

		assert_int_equal(event_site_index(site), i);
		assert_true(site->kind < NR_EVENT_KINDS || site->kind == SITE_FUNCTION);
		assert_true(site->line > 0 && site->line < 2000);
		assert_true(strlen(site->func) > 0 && site_file(site)[0] != '/');
	}
}

static void test_site_files(void **state)
{
	static const char *const names[][2] = {
		{ "engine/mm/memory.c", "engine/mm/memory.c" },
		{ "./engine/mm/memory.c", "engine/mm/memory.c" },
		{ "/home/x/search-engine/engine/rmap/a.c", "engine/rmap/a.c" },
		{ "/engine/rmaplab/engine/sim/a.c", "engine/sim/a.c" },
		{ "other.c", "other.c" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		struct site site = { .file = names[i][0] };

		assert_string_equal(site_file(&site), names[i][1]);
	}
}

/* -- emission ---------------------------------------------------------------------------------- */

#ifndef NO_EVENTS
static void inner(void)
{
	FN;

	m->now = 5000;
	EV(ANON_MAP, 0x40000000, 7);
}

static void outer(void *unused)
{
	FN;

	inner();
	EV(EXIT, 0);
}

static const struct event *find(enum event_kind kind)
{
	for (u32 i = 0; i < nr_seen; i++)
		if (seen[i].kind == kind)
			return &seen[i];
	fail_msg("no %s", event_kind_rows[kind].name);
	return NULL;
}

static void run_outer(void)
{
	struct task_struct *t = thread_by_pid(m, 1);

	assert_true(thread_start(t, outer, NULL));
	assert_true(sched_run(m, NULL, NULL));
}

static void test_record(void **state)
{
	const struct event *ev;

	run_outer();
	ev = find(EV_ANON_MAP);
	assert_int_equal(ev->time, 5000);
	assert_int_equal(ev->thread, 1);
	assert_int_equal(ev->depth, 2);
	assert_int_equal(ev->n, 2);
	assert_int_equal(ev->a[0], 0x40000000);
	assert_int_equal(ev->a[1], 7);
	assert_string_equal(event_site(ev->site)->func, "inner");
	ev = find(EV_EXIT);
	assert_int_equal(ev->depth, 1);
	assert_string_equal(event_site(ev->site)->func, "outer");
	for (u32 i = 0; i < nr_seen; i++)
		assert_int_equal(seen[i].number, i + 1);
	assert_int_equal(m->events, nr_seen);
}

static struct fn_frame frames[2];

static void look_at_stack(struct machine *machine, const struct event *ev, void *arg)
{
	const struct task_struct *t = thread_by_pid(m, 1);

	if (ev->kind == EV_ANON_MAP)
		memcpy(frames, t->fn, sizeof(frames));
}

static void test_call_stack_follows(void **state)
{
	hooks.event = look_at_stack;
	run_outer();
	assert_string_equal(frames[0].site->func, "outer");
	assert_int_equal(frames[0].site->kind, SITE_FUNCTION);
	assert_null(frames[0].at);
	assert_string_equal(frames[1].site->func, "inner");
	assert_int_equal(frames[1].at->kind, EV_ANON_MAP);
}

/* A hook that goes away to another stack, where somebody else is current, and comes back. */
static struct co host;

static void pause_here(struct machine *machine, const struct event *ev, void *arg)
{
	if (ev->kind == EV_ANON_MAP)
		co_switch(&machine->pause_co, &host);
}

static void run_on_script_stack(void *unused)
{
	run_outer();
	assert_null(current);
	nr_seen = 77;
	for (;;)
		co_switch(&m->pause_co, &host);
}

static void test_hook_switches_away(void **state)
{
	struct co script;
	static char stack[256 << 10];

	hooks.event = pause_here;
	current = NULL;
	co_init(&script, stack, sizeof(stack), run_on_script_stack, NULL);
	co_switch(&host, &script);
	assert_int_equal(nr_seen, 0); /* in the middle of inner() */
	current = m->boot;
	co_switch(&host, &m->pause_co);
	assert_int_equal(nr_seen, 77);
}

static void test_events_off(void **state)
{
	destroy(NULL);
	make_machine(false);
	run_outer();
	assert_int_equal(nr_seen, 0);
	assert_int_equal(m->events, 0);
}

static u32 checks;

static void check_third(struct machine *machine)
{
	if (++checks == 3)
		report_set(machine, REPORT_INVARIANT, NULL, "three is too many", NULL);
}

/* check_every_event: the check runs after each event, and the thread ends where it fails. */
static void test_check_after_every_event(void **state)
{
	static const struct machine_ops checking = { .check = check_third };
	struct task_struct *t = thread_by_pid(m, 1);

	checks = 0;
	m->ops = &checking;
	m->config.check_every_event = true;
	assert_true(thread_start(t, outer, NULL));
	assert_false(sched_run(m, NULL, NULL));
	assert_int_equal(checks, 3); /* switch, anon_map, exit */
	assert_int_equal(m->report.event, 3);
	assert_int_equal(nr_seen, 3);
	assert_int_equal(t->state, TASK_BROKEN);
}
#endif

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, make, destroy)
	const struct CMUnitTest tests[] = {
		TEST(test_operands),
		TEST(test_choices),
		TEST(test_nested_choices),
		TEST(test_every_row_renders),
		TEST(test_cut_short),
		TEST(test_kinds_by_name),
		TEST(test_json),
		TEST(test_json_quotes),
		TEST(test_sites),
		TEST(test_every_site_is_whole),
		TEST(test_site_files),
#ifndef NO_EVENTS
		TEST(test_record),
		TEST(test_call_stack_follows),
		TEST(test_hook_switches_away),
		TEST(test_events_off),
		TEST(test_check_after_every_event),
#endif
	};

	return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
