/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scenario{}: several threads on one machine, in many interleavings.
 *
 *	s = scenario{ kernel=, ..., setup=function(m) return x end,
 *	              threads={ name=function(m, x) end, ... }, check=function(m, x) end, expect= }
 *	s:run{ schedules=600, seed=1 }      until one fails
 *	s:judge{ ... }                      the same, in a line; an error if that was not expected
 *
 * The machine is set up once, undisturbed, and its state kept. Each schedule begins from there with
 * a copy of x, and has a number: with the seed it says when the cpu is taken from whom, so that the
 * same schedule is the same interleaving each time.
 *
 * A scenario lives in the registry, as a table
 *
 *	{ name=, expect=, threads=, check=, x=, crew=, snapshot= }
 */
#include "session_priv.h"
#include "lua_threads.h"

#include <stdio.h>
#include <string.h>

#define SCENARIO_OPTIONS MACHINE_OPTIONS " name setup threads check expect"
#define SCHEDULES 600

static const char scenarios; /* its address: the registry's key of the list */

static const struct handle *self(lua_State *L)
{
	return handle_self(L, &scenario_kind, NULL);
}

/* Push the table of the scenario at 1. */
static void data_push(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &scenarios);
	lua_rawgeti(L, -1, self(L)->id);
	lua_remove(L, -2);
}

/* Push a table with the same fields as the one at idx. */
static void fields_push(lua_State *L, int idx)
{
	idx = lua_absindex(L, idx);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, idx);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

/* -- scenario{} -------------------------------------------------------------------------------- */

static void function_option(lua_State *L, const char *name, bool needed)
{
	arg_field(L, 1, name);
	if (!lua_isfunction(L, -1) && (needed || !lua_isnil(L, -1)))
		misuse(L, -1, name, "a function");
}

/* A machine of the options at 1: two cpus, no events, unless they say otherwise. */
static int make_machine(lua_State *L)
{
	struct machine_config config = { 0 };
	u32 machine;

	machine_config_read(L, &config);
	if (!arg_field(L, 1, "cpus"))
		config.cpus = 2;
	if (!arg_field(L, 1, "events"))
		config.events = false;
	lua_pop(L, 2);
	config.unchecked = true; /* what goes wrong is what it is about */
	machine = machine_make(L, &config);
	script_of(L)->machines[machine]->stress = 0;
	lua_pushinteger(L, machine);
	return 1;
}

/* The same of a scenario's options, without those of its own: machine{} has a check, too. */
static u32 machine_of(lua_State *L)
{
	static const char *const own[] = { "name", "setup", "threads", "check", "expect" };
	u32 machine;

	lua_pushcfunction(L, make_machine);
	fields_push(L, 1);
	for (u32 i = 0; i < ARRAY_SIZE(own); i++) {
		lua_pushnil(L);
		lua_setfield(L, -2, own[i]);
	}
	lua_call(L, 1, 1);
	machine = (u32)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return machine;
}

/* A thread is a function, or {cpu=, function}. Push the function; the result is the cpu. */
static u32 thread_read(lua_State *L, const char *name, u32 otherwise, u32 cpus)
{
	u32 cpu = otherwise % cpus;

	if (lua_istable(L, -1)) {
		if (arg_field(L, -1, "cpu"))
			cpu = (u32)arg_number(L, -1, "cpu", cpus - 1);
		lua_rawgeti(L, -2, 1);
	} else {
		lua_pushvalue(L, -1);
	}
	if (!lua_isfunction(L, -1))
		misuse(L, -1, name, "a function");
	return cpu;
}

/* Names in order; each thread gets a kernel thread. The table has functions only afterwards. */
static void name_bodies(lua_State *L, struct crew *crew, int threads, int names)
{
	struct machine *m = crew->script->machines[crew->machine];
	int top = lua_gettop(L);

	for (u32 i = 0; i < crew->n; i++) {
		struct body *b = &crew->body[i];

		lua_rawgeti(L, names, (lua_Integer)i + 1);
		snprintf(b->name, sizeof(b->name), "%s", arg_name(L, -1, "name of a thread"));
		lua_getfield(L, threads, b->name);
		b->worker = op_worker(m, b->name,
				      thread_read(L, b->name, i, m->config.cpus));
		lua_setfield(L, threads, b->name);
		lua_settop(L, top);
	}
}

/* Push the crew of the table of threads at the top. */
static void crew_make(lua_State *L, u32 machine)
{
	int threads = lua_gettop(L);
	struct crew *crew;
	lua_Unsigned n;

	keys_push(L, threads);
	n = lua_rawlen(L, -1);
	if (!n || n > MAX_BODIES)
		luaL_error(L, "scenario: threads: expected 1 to %d of them, got %d", MAX_BODIES,
			   (int)n);
	crew = crew_push(L, machine, (u32)n);
	name_bodies(L, crew, threads, threads + 1);
	lua_remove(L, threads + 1);
}

/* A copy of the table of threads, which is the caller's. */
static void threads_push(lua_State *L)
{
	arg_field(L, 1, "threads");
	if (!lua_istable(L, -1))
		misuse(L, -1, "threads", "a table of functions by name");
	fields_push(L, -1);
	lua_remove(L, -2);
}

/* What setup returns, and where it left the machine. */
static void set_up(lua_State *L, u32 machine)
{
	u32 snapshot;

	function_option(L, "setup", true);
	handle_push(L, &machine_kind, machine, 0, 0);
	lua_call(L, 1, 1);
	lua_setfield(L, 2, "x");
	threads_push(L);
	crew_make(L, machine);
	lua_setfield(L, 2, "crew");
	lua_setfield(L, 2, "threads");
	snapshot = snapshot_take(script_of(L)->session, machine);
	if (snapshot == NOBODY)
		raise_errno(L, "ENOMEM", "ENOMEM: no memory for another snapshot");
	lua_pushinteger(L, snapshot);
	lua_setfield(L, 2, "snapshot");
}

static void string_option(lua_State *L, const char *name, const char *otherwise)
{
	if (arg_field(L, 1, name))
		arg_string(L, -1, name, "a text");
	else
		lua_pushstring(L, otherwise);
	lua_setfield(L, 2, name);
}

int scenario_new(lua_State *L)
{
	lua_Unsigned id;
	u32 machine;

	may_change(L, "scenario");
	lua_settop(L, 1);
	arg_table(L, 1, SCENARIO_OPTIONS);
	lua_newtable(L);
	string_option(L, "name", "scenario");
	string_option(L, "expect", "ok");
	function_option(L, "check", false);
	lua_setfield(L, 2, "check");
	machine = machine_of(L);
	set_up(L, machine);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &scenarios) == LUA_TNIL) {
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &scenarios);
	}
	id = lua_rawlen(L, -1) + 1;
	lua_pushvalue(L, 2);
	lua_rawseti(L, -2, (lua_Integer)id);
	handle_push(L, &scenario_kind, machine, (u32)id, 0);
	return 1;
}

/* -- one schedule ------------------------------------------------------------------------------ */

/* Push a copy of the value at idx: of a table, a table of copies. memo: those made so far. */
static void copy_push(lua_State *L, int idx, int memo, int depth)
{
	idx = lua_absindex(L, idx);
	lua_pushvalue(L, idx);
	if (!lua_istable(L, idx))
		return;
	if (lua_rawget(L, memo) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	if (depth > 50)
		luaL_error(L, "what setup returned is nested too deeply");
	luaL_checkstack(L, 8, "copies");
	lua_newtable(L);
	lua_pushvalue(L, idx);
	lua_pushvalue(L, -2);
	lua_rawset(L, memo);
	for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		copy_push(L, -2, memo, depth + 1);
		lua_rawset(L, -5);
	}
}

static struct crew *crew_of(lua_State *L, int data)
{
	struct crew *crew;

	lua_getfield(L, data, "crew");
	crew = lua_touserdata(L, -1);
	lua_pop(L, 1);
	return crew;
}

/* The state setup left, and chance and interruptions of this schedule. */
static void rewind_to_setup(lua_State *L, int data, struct crew *crew, u64 schedule)
{
	struct script *sc = crew->script;
	const struct machine_config *config = &sc->machines[crew->machine]->config;
	u32 stress = config->stress ? config->stress : 2 + (u32)(schedule % 24);

	lua_getfield(L, data, "snapshot");
	if (!snapshot_restore(sc->session, crew->machine, (u32)lua_tointeger(L, -1)))
		luaL_error(L, "the scenario's beginning is gone");
	lua_pop(L, 1);
	machine_reseed(sc->machines[crew->machine], schedule, stress);
	random_seed(sc, schedule);
	script_new_budget(sc);
}

/* The last three of the stack are check(m, x). What it says, or raises, is why it fails. */
static void user_check(lua_State *L, struct crew *crew)
{
	char text[500] = "it is not so";
	int status = lua_pcall(L, 2, 2, 0);

	if (status == LUA_ERRMEM)
		script_out_of_memory(L);
	if (status != LUA_OK) {
		error_text(L, -1, text, sizeof(text));
	} else if (lua_isboolean(L, -2) && !lua_toboolean(L, -2)) {
		if (lua_type(L, -1) == LUA_TSTRING)
			snprintf(text, sizeof(text), "%s", lua_tostring(L, -1));
	} else {
		return;
	}
	snprintf(crew->why, sizeof(crew->why), "check: %s", text);
}

/* Run one; why it failed is in the crew. The table of the scenario is at index data. */
static struct crew *schedule_run(lua_State *L, int data, u64 schedule)
{
	struct crew *crew = crew_of(L, data);
	int top = lua_gettop(L), x = top + 3;

	rewind_to_setup(L, data, crew, schedule);
	lua_getfield(L, data, "threads");
	handle_push(L, &machine_kind, crew->machine, 0, 0);
	lua_newtable(L);
	lua_getfield(L, data, "x");
	copy_push(L, -1, x, 0);
	lua_replace(L, x);
	lua_settop(L, x);
	crew_begin(L, crew, top + 1);
	crew_run(crew);
	crew->script->machines[crew->machine]->stress = 0;
	if (!crew->why[0] && lua_getfield(L, data, "check") != LUA_TNIL) {
		lua_pushvalue(L, top + 2);
		lua_pushvalue(L, x);
		user_check(L, crew);
	}
	lua_settop(L, top);
	return crew;
}

/* -- many of them ------------------------------------------------------------------------------ */

struct search {
	u64 first, last; /* schedules */
	u64 run, failures, schedule; /* the first that failed */
	bool all;
	char why[700];
};

static u64 count_option(lua_State *L, const char *name, u64 otherwise)
{
	if (arg_field(L, 2, name))
		otherwise = arg_number(L, -1, name, 1u << 30);
	lua_pop(L, 1);
	return otherwise;
}

/* {schedules=, seed=, schedule=, all=} at 2. */
static void search_read(lua_State *L, struct search *search)
{
	u64 n, only;

	if (lua_isnoneornil(L, 2)) {
		lua_settop(L, 1);
		lua_newtable(L);
	}
	arg_table(L, 2, "schedules seed schedule all");
	n = count_option(L, "schedules", SCHEDULES);
	search->first = count_option(L, "seed", 1);
	only = count_option(L, "schedule", 0);
	search->last = search->first + n;
	if (only) {
		search->first = only;
		search->last = only + 1;
	}
	arg_field(L, 2, "all");
	search->all = arg_bool(L, -1, "all");
	lua_settop(L, 2);
}

static void search_run(lua_State *L, struct search *search)
{
	int data;
	u64 i;

	may_change(L, "a scenario");
	data_push(L);
	data = lua_gettop(L);
	for (i = search->first; i < search->last && (search->all || !search->failures); i++) {
		const struct crew *crew = schedule_run(L, data, i);

		search->run++;
		if (!crew->why[0] || search->failures++)
			continue;
		search->schedule = i;
		snprintf(search->why, sizeof(search->why), "%s", crew->why);
	}
}

/* Is it what the scenario expects? "ok", or a pattern of why it fails. */
static bool as_expected(lua_State *L, int data, const struct search *search)
{
	bool fits;

	lua_getfield(L, data, "expect");
	if (!search->failures || !strcmp(lua_tostring(L, -1), "ok")) {
		fits = !search->failures && !strcmp(lua_tostring(L, -1), "ok");
		lua_pop(L, 1);
		return fits;
	}
	lua_pushstring(L, search->why);
	lua_getfield(L, -1, "find");
	lua_insert(L, -2);
	lua_pushvalue(L, -3);
	lua_call(L, 2, 1);
	fits = !lua_isnil(L, -1);
	lua_pop(L, 2);
	return fits;
}

static void set_integer(lua_State *L, const char *name, u64 value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, name);
}

/* s:run{}: what was found, as a table. */
static int scenario_run(lua_State *L)
{
	struct search search = { 0 };

	search_read(L, &search);
	search_run(L, &search);
	lua_createtable(L, 0, 6);
	lua_pushstring(L, search.failures ? "fails" : "ok");
	lua_setfield(L, -2, "outcome");
	set_integer(L, "schedules", search.run);
	set_integer(L, "failures", search.failures);
	lua_pushboolean(L, as_expected(L, 3, &search));
	lua_setfield(L, -2, "expected");
	if (search.failures) {
		set_integer(L, "schedule", search.schedule);
		lua_pushstring(L, search.why);
		lua_setfield(L, -2, "why");
	}
	return 1;
}

/* s:judge{}: in a line. */
static int scenario_judge(lua_State *L)
{
	struct search search = { 0 };
	const char *name, *line, *expect;

	search_read(L, &search);
	search_run(L, &search);
	lua_getfield(L, 3, "name");
	name = lua_tostring(L, -1);
	lua_getfield(L, 3, "expect");
	expect = lua_tostring(L, -1);
	if (!search.failures)
		line = lua_pushfstring(L, "%s: ok in %I schedule%s", name,
				       (lua_Integer)search.run, search.run == 1 ? "" : "s");
	else
		line = lua_pushfstring(L, "%s: schedule %I fails: %s", name,
				       (lua_Integer)search.schedule, search.why);
	if (!as_expected(L, 3, &search))
		return luaL_error(L, "%s; expected was: %s", line, expect);
	script_print(script_of(L), 'p', line, strlen(line));
	return 0;
}

/* -- the kind ---------------------------------------------------------------------------------- */

static int scenario_machine(lua_State *L)
{
	handle_push(L, &machine_kind, self(L)->machine, 0, 0);
	return 1;
}

static int scenario_threads(lua_State *L)
{
	data_push(L);
	lua_getfield(L, -1, "threads");
	keys_push(L, -1);
	return 1;
}

static int scenario_field(lua_State *L, const char *name)
{
	data_push(L);
	lua_getfield(L, -1, name);
	return 1;
}

static int scenario_name(lua_State *L)
{
	return scenario_field(L, "name");
}

static int scenario_expect(lua_State *L)
{
	return scenario_field(L, "expect");
}

static const struct member scenario_members[] = {
	{ "run", "{schedules=, seed=, schedule=, all=}",
	  "many schedules, or one, until one fails: {outcome=, failures=, schedule=, why=}",
	  scenario_run },
	{ "judge", "{schedules=, seed=, schedule=, all=}",
	  "the same in a line; an error unless it ends as expected", scenario_judge },
	{ "name", NULL, "what it is called", scenario_name },
	{ "expect", NULL, "\"ok\", or a pattern of what goes wrong", scenario_expect },
	{ "threads", NULL, "list of their names", scenario_threads },
	{ "machine", NULL, "its machine, as the last schedule left it", scenario_machine },
	{ NULL, NULL, NULL, NULL },
};

const struct kind scenario_kind = {
	.name = "scenario",
	.what = "Threads that race on one machine, from scenario{kernel=, setup=, threads=, "
		"check=, expect=}.",
	.members = scenario_members,
};
