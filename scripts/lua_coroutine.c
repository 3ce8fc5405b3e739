/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Coroutines of scripts. resume and wrap are ours for two reasons: script->running must name the
 * coroutine whose line counts, and running out of memory must not be caught here.
 */
#include "lua_priv.h"

#define CAUGHT_ERROR 200 /* instructions, as for pcall */

/* Resume co with the n values at the top of L. Pushes the results, or one error value; their
 * number, -1 for an error. */
static int resume(lua_State *L, lua_State *co, int n)
{
	struct script *sc = script_of(L);
	lua_State *before = sc->running;
	int results, status;

	if (!lua_checkstack(co, n)) {
		lua_pushliteral(L, "too many arguments to resume");
		return -1;
	}
	lua_xmove(L, co, n);
	sc->running = co;
	status = lua_resume(co, L, n, &results);
	sc->running = before;
	if (status == LUA_ERRMEM)
		script_out_of_memory(L);
	if (status != LUA_OK && status != LUA_YIELD) {
		script_charge(sc, CAUGHT_ERROR);
		lua_xmove(co, L, 1);
		return -1;
	}
	if (!lua_checkstack(L, results + 1)) {
		lua_pop(co, results);
		lua_pushliteral(L, "too many results to resume");
		return -1;
	}
	lua_xmove(co, L, results);
	return results;
}

static lua_State *coroutine_arg(lua_State *L)
{
	lua_State *co = lua_tothread(L, 1);

	luaL_argexpected(L, co, 1, "coroutine");
	return co;
}

static int co_resume(lua_State *L)
{
	int n = resume(L, coroutine_arg(L), lua_gettop(L) - 1);

	lua_pushboolean(L, n >= 0);
	lua_insert(L, n < 0 ? -2 : -(n + 1));
	return n < 0 ? 2 : n + 1;
}

static int co_wrapped(lua_State *L)
{
	lua_State *co = lua_tothread(L, lua_upvalueindex(1));
	int n = resume(L, co, lua_gettop(L));

	if (n >= 0)
		return n;
	if (lua_type(L, -1) == LUA_TSTRING) {
		luaL_where(L, 1);
		lua_insert(L, -2);
		lua_concat(L, 2);
	}
	return lua_error(L);
}

static int co_wrap(lua_State *L)
{
	lua_State *co;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	co = lua_newthread(L);
	lua_pushvalue(L, 1);
	lua_xmove(L, co, 1);
	lua_pushcclosure(L, co_wrapped, 1);
	return 1;
}

void coroutines_open(lua_State *L)
{
	lua_pushcfunction(L, co_resume);
	lua_setfield(L, -2, "resume");
	lua_pushcfunction(L, co_wrap);
	lua_setfield(L, -2, "wrap");
}
