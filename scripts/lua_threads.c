/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The threads of a scenario. Each is a Lua coroutine on a C stack of its own, so that it can stop
 * in the middle of an operation, inside pcall and in the arguments of a call:
 *
 *	crew_run                        thread A                 thread B
 *	    |  co_switch ---------------> Lua, m:swapoff(0)
 *	    | <-------------------------- run_op: waits
 *	    |  co_switch -----------------------------------------> Lua, t:write(a, 1)
 *	    | <---------------------------------------------------- run_op: waits
 *	  op_post, op_post
 *	  op_run_posted_one: the machine's scheduler interleaves the two, until one is done
 *	    |  co_switch -----------------------------------------> goes on with its result
 *
 * Between two operations a thread runs alone and takes no time: what others see of it is what it
 * does to the machine. Threads go on in the order of their names.
 */
#include "lua_threads.h"

#include <stdio.h>
#include <string.h>

/* As much as Lua's own limit on recursion in C needs, and some. */
#define BODY_STACK (512u << 10)
#define MAX_OPS 100000 /* of one schedule: more is no scenario, but a loop */

/* -- on the thread's stack --------------------------------------------------------------------- */

static void to_crew(struct body *b)
{
	struct script *sc = b->crew->script;
	lua_State *running = sc->running;

	co_switch(&b->co, &sc->co);
	sc->running = running;
}

void body_op(struct script *sc, struct op *op, u32 machine)
{
	struct body *b = sc->body;

	if (machine != b->crew->machine)
		luaL_error(sc->running, "%s: a thread of a scenario works on its own machine",
			   op_rows[op->kind].name);
	b->op = op;
	to_crew(b);
}

/* Why a thread ended that should not have: the error at the top of its stack. */
static void body_failed(struct body *b, int status)
{
	char text[500], where[100];

	if (status == LUA_ERRMEM)
		script_out_of_memory(b->L);
	if (status == LUA_YIELD) {
		lua_pushliteral(b->L, "it yields, and there is nobody to resume it");
	} else if (lua_type(b->L, -1) == LUA_TSTRING && !error_has_line(lua_tostring(b->L, -1))) {
		script_where(b->L, where, sizeof(where));
		lua_pushfstring(b->L, "%s: %s", where, lua_tostring(b->L, -1));
	}
	error_text(b->L, -1, text, sizeof(text));
	if (!b->crew->why[0])
		snprintf(b->crew->why, sizeof(b->crew->why), "%s: %s", b->name, text);
}

static void body_main(void *arg)
{
	struct body *b = arg;
	int results, status = lua_resume(b->L, b->crew->script->L, 2, &results);

	if (status != LUA_OK)
		body_failed(b, status);
	b->ended = true;
	for (;;)
		to_crew(b);
}

/* -- on the script's --------------------------------------------------------------------------- */

static void enter(struct body *b)
{
	struct script *sc = b->crew->script;
	lua_State *running = sc->running;

	b->op = NULL;
	sc->body = b;
	sc->on = &b->co;
	sc->running = b->L;
	co_switch(&sc->co, &b->co);
	sc->running = running;
	sc->on = &sc->co;
	sc->body = NULL;
}

/* An operation of nobody in particular is done by the thread's own kernel thread. */
static void post(struct crew *crew, struct body *b)
{
	struct machine *m = crew->script->machines[crew->machine];

	if (!b->op->pid)
		b->op->pid = (u16)b->worker;
	if (!op_post(m, b->op) && !m->report.kind)
		b->op->done = true; /* refused, with an errno */
	if (++crew->ops > MAX_OPS && !crew->why[0])
		snprintf(crew->why, sizeof(crew->why), "after %u operations there is no end",
			 MAX_OPS);
}

/* Each goes on that can. true: somebody waits for the machine. */
static bool go_on(struct crew *crew)
{
	bool waits = false;

	for (u32 i = 0; i < crew->n; i++) {
		struct body *b = &crew->body[i];

		while (!b->ended && (!b->op || b->op->done) && !crew->why[0]) {
			enter(b);
			if (!b->ended)
				post(crew, b);
		}
		waits |= !b->ended;
	}
	return waits && !crew->why[0];
}

static void take_report(struct crew *crew)
{
	struct machine *m = crew->script->machines[crew->machine];

	if (!crew->why[0] && machine_report(m, crew->why, sizeof(crew->why)))
		crew->why[strcspn(crew->why, "\n")] = 0;
}

static void take_violation(struct crew *crew)
{
	struct violation v;

	if (!crew->why[0] && check_machine(crew->script->machines[crew->machine], &v, 1))
		snprintf(crew->why, sizeof(crew->why), "%s: %s", v.invariant, v.text);
}

void crew_run(struct crew *crew)
{
	struct machine *m = crew->script->machines[crew->machine];
	bool whole = true;

	while (whole && go_on(crew))
		whole = op_run_posted_one(m);
	if (!crew->why[0] && whole)
		op_run_posted(m); /* what they have woken */
	script_new_budget(crew->script);
	take_report(crew);
	take_violation(crew);
}

struct crew *crew_push(lua_State *L, u32 machine, u32 n)
{
	struct crew *crew = lua_newuserdatauv(L, sizeof(*crew) + (u64)n * BODY_STACK, 1);

	memset(crew, 0, sizeof(*crew));
	crew->script = script_of(L);
	crew->machine = machine;
	crew->n = n;
	return crew;
}

void crew_begin(lua_State *L, struct crew *crew, int threads)
{
	threads = lua_absindex(L, threads);
	crew->why[0] = 0;
	crew->ops = 0;
	lua_createtable(L, (int)crew->n, 0);
	for (u32 i = 0; i < crew->n; i++) {
		struct body *b = &crew->body[i];

		b->crew = crew;
		b->op = NULL;
		b->ended = false;
		b->L = lua_newthread(L);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
		lua_getfield(L, threads, b->name);
		lua_pushvalue(L, threads + 1);
		lua_pushvalue(L, threads + 2);
		lua_xmove(L, b->L, 3);
		co_init(&b->co, (char *)(crew + 1) + (u64)i * BODY_STACK, BODY_STACK, body_main, b);
	}
}
