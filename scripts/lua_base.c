/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sandbox: which of Lua a script sees, and what is different there.
 *
 *	pcall, coroutine   let pass what must not be caught: no memory left
 *	pairs, next        integers, then strings, sorted: the same order on any host
 *	tostring, print    "table 3" where Lua prints an address
 *
 * There is no setmetatable, so no finalizer and no weak table: nothing of the garbage collector
 * can be seen from inside.
 */
#include "lua_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAUGHT_ERROR 200 /* instructions */

static const char environment, object_ids; /* registry keys */

void sandbox_push(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &environment);
}

/* -- tostring and print ------------------------------------------------------------------------ */

/* Tables, functions and coroutines are numbered as they are first shown. */
static lua_Integer object_id(lua_State *L, int idx)
{
	lua_Integer id;

	idx = lua_absindex(L, idx);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &object_ids);
	lua_pushvalue(L, idx);
	if (lua_rawget(L, -2) == LUA_TNIL) {
		lua_pushvalue(L, idx);
		lua_pushinteger(L, (lua_Integer)++script_of(L)->next_id);
		lua_rawset(L, -4);
		id = (lua_Integer)script_of(L)->next_id;
	} else {
		id = lua_tointeger(L, -1);
	}
	lua_pop(L, 2);
	return id;
}

const char *tostring_push(lua_State *L, int idx)
{
	int type = lua_type(L, idx);

	if ((type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TTHREAD) &&
	    luaL_getmetafield(L, idx, "__tostring") == LUA_TNIL)
		return lua_pushfstring(L, "%s %I", lua_typename(L, type), object_id(L, idx));
	if (type == LUA_TTABLE)
		lua_pop(L, 1);
	return luaL_tolstring(L, idx, NULL);
}

static int base_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	tostring_push(L, 1);
	return 1;
}

static int base_print(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		tostring_push(L, i);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	script_print(script_of(L), 'p', lua_tostring(L, -1), lua_rawlen(L, -1));
	return 0;
}

/* -- pcall ------------------------------------------------------------------------------------- */

/* An error that is caught costs far more than an instruction: unwinding is charged for. */
static int finish_pcall(lua_State *L, int status, lua_KContext unused)
{
	(void)unused;
	if (status == LUA_ERRMEM)
		script_out_of_memory(L);
	if (status != LUA_OK && status != LUA_YIELD)
		script_charge(script_of(L), CAUGHT_ERROR);
	lua_pushboolean(L, status == LUA_OK || status == LUA_YIELD);
	lua_replace(L, 1);
	return lua_gettop(L);
}

static int base_pcall(lua_State *L)
{
	int status;

	luaL_checkany(L, 1);
	lua_pushnil(L);
	lua_insert(L, 1);
	status = lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finish_pcall);
	return finish_pcall(L, status, 0);
}

/* -- pairs and next ---------------------------------------------------------------------------- */

/* Order of keys: integers, other numbers, strings, the rest as the region allocated it. */
static int key_rank(lua_State *L, int idx)
{
	if (lua_isinteger(L, idx))
		return 0;
	if (lua_type(L, idx) == LUA_TNUMBER)
		return 1;
	return lua_type(L, idx) == LUA_TSTRING ? 2 : lua_type(L, idx) == LUA_TBOOLEAN ? 3 : 4;
}

/* The region hands out the same offsets in every run, so even these have a fixed order. */
static u64 key_offset(lua_State *L, int idx)
{
	return (u64)((const char *)lua_topointer(L, idx) - (const char *)script_of(L)->region);
}

static bool key_less(lua_State *L, int a, int b)
{
	int rank = key_rank(L, a), other = key_rank(L, b);

	if (rank != other)
		return rank < other;
	if (rank <= 1)
		return lua_compare(L, a, b, LUA_OPLT);
	if (rank == 2) {
		size_t n = lua_rawlen(L, a), m = lua_rawlen(L, b);
		int order = memcmp(lua_tostring(L, a), lua_tostring(L, b), n < m ? n : m);

		return order ? order < 0 : n < m;
	}
	if (rank == 3)
		return lua_toboolean(L, a) < lua_toboolean(L, b);
	return key_offset(L, a) < key_offset(L, b);
}

static bool list_less(lua_State *L, int list, lua_Integer i, lua_Integer j)
{
	bool less;

	lua_rawgeti(L, list, i);
	lua_rawgeti(L, list, j);
	less = key_less(L, -2, -1);
	lua_pop(L, 2);
	return less;
}

static void list_swap(lua_State *L, int list, lua_Integer i, lua_Integer j)
{
	lua_rawgeti(L, list, i);
	lua_rawgeti(L, list, j);
	lua_rawseti(L, list, i);
	lua_rawseti(L, list, j);
}

static void sift_down(lua_State *L, int list, lua_Integer i, lua_Integer n)
{
	for (lua_Integer child = 2 * i; child <= n; i = child, child = 2 * i) {
		if (child < n && list_less(L, list, child, child + 1))
			child++;
		if (!list_less(L, list, i, child))
			return;
		list_swap(L, list, i, child);
	}
}

/* Heapsort: no two keys are equal, so any sort gives the same order. */
static void sort_keys(lua_State *L, int list, lua_Integer n)
{
	for (lua_Integer i = n / 2; i > 0; i--)
		sift_down(L, list, i, n);
	for (lua_Integer i = n; i > 1; i--) {
		list_swap(L, list, 1, i);
		sift_down(L, list, 1, i - 1);
	}
}

static void member_names(lua_State *L, const struct kind *kind)
{
	lua_Integer n = 0;

	lua_newtable(L);
	for (const struct member *row = kind->members; row->name; row++) {
		if (row->args)
			continue;
		lua_pushstring(L, row->name);
		lua_rawseti(L, -2, ++n);
	}
}

void keys_push(lua_State *L, int idx)
{
	const struct handle *h = handle_any(L, idx);
	lua_Integer n = 0;
	bool sorted = true;

	idx = lua_absindex(L, idx);
	if (h && h->kind->names) {
		h->kind->names(L);
		return;
	}
	if (h) {
		member_names(L, h->kind);
		return;
	}
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, idx); n++) {
		lua_pop(L, 1);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, n + 1);
		if (sorted && n && !list_less(L, lua_gettop(L) - 1, n, n + 1))
			sorted = false;
	}
	if (!sorted)
		sort_keys(L, lua_gettop(L), n);
}

/* Upvalues: the list of keys, the position. Keys whose value is gone by now are passed over. */
static int pairs_step(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));

	for (;;) {
		lua_settop(L, 1);
		if (lua_rawgeti(L, lua_upvalueindex(1), ++i) == LUA_TNIL)
			return 1;
		lua_pushvalue(L, -1);
		if (lua_gettable(L, 1) != LUA_TNIL)
			break;
	}
	lua_pushinteger(L, i);
	lua_replace(L, lua_upvalueindex(2));
	return 2;
}

static void table_or_handle(lua_State *L)
{
	if (!lua_istable(L, 1) && !handle_any(L, 1))
		misuse(L, 1, "argument", "a table");
}

static int base_pairs(lua_State *L)
{
	table_or_handle(L);
	keys_push(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, pairs_step, 2);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* The smallest key that is greater than the one given. */
static int base_next(lua_State *L)
{
	bool found = false;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	lua_pushnil(L); /* 3: the best so far */
	for (lua_pushnil(L); lua_next(L, 1);) {
		lua_pop(L, 1);
		if ((lua_isnil(L, 2) || key_less(L, 2, -1)) && (!found || key_less(L, -1, 3))) {
			lua_pushvalue(L, -1);
			lua_replace(L, 3);
			found = true;
		}
	}
	if (!found)
		return 1; /* nil */
	lua_pushvalue(L, 3);
	lua_rawget(L, 1);
	return 2;
}

/* -- the environment --------------------------------------------------------------------------- */

static const char *const from_lua[] = {
	"assert", "error", "select", "type", "tonumber", "ipairs", NULL
};

static const luaL_Reg ours[] = {
	{ "pcall", base_pcall }, { "tostring", base_tostring }, { "print", base_print },
	{ "pairs", base_pairs }, { "next", base_next }, { "machine", machine_new },
	{ "help", api_help }, { "look", api_look }, { "scenario", scenario_new }, { NULL, NULL },
};

/* Open a library of Lua's, change it, and put a copy of it into the sandbox at the top. */
static void library(lua_State *L, const char *name, lua_CFunction open, void (*change)(lua_State *))
{
	luaL_requiref(L, name, open, 1);
	change(L);
	lua_newtable(L);
	for (lua_pushnil(L); lua_next(L, -3);) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
	lua_setfield(L, -3, name);
	lua_pop(L, 1);
}

void sandbox_open(lua_State *L)
{
	luaL_requiref(L, LUA_GNAME, luaopen_base, 1);
	luaL_setfuncs(L, ours, 0); /* the libraries of ours use them, too */
	lua_newtable(L);
	for (const char *const *name = from_lua; *name; name++) {
		lua_getfield(L, -2, *name);
		lua_setfield(L, -2, *name);
	}
	luaL_setfuncs(L, ours, 0);
	library(L, LUA_STRLIBNAME, luaopen_string, strings_open);
	library(L, LUA_TABLIBNAME, luaopen_table, tables_open);
	library(L, LUA_MATHLIBNAME, luaopen_math, math_open);
	library(L, LUA_COLIBNAME, luaopen_coroutine, coroutines_open);
	kernels_open(L);
	lua_setfield(L, -2, "kernels");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &environment);
	lua_pop(L, 1);
	lua_newtable(L);
	lua_newtable(L);
	lua_pushliteral(L, "k");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &object_ids);
}

/* -- protected calls of ours ------------------------------------------------------------------- */

static int protected_fn(lua_State *L)
{
	return ((lua_CFunction)(uintptr_t)lua_touserdata(L, 1))(L);
}

bool error_has_line(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return digits && colon[1 + digits] == ':';
}

/* The handler of errors that nobody caught: a text without a line gets the innermost one. */
static int add_line(lua_State *L)
{
	char where[100];

	if (lua_type(L, 1) != LUA_TSTRING || error_has_line(lua_tostring(L, 1)))
		return 1;
	script_where(L, where, sizeof(where));
	if (where[0])
		lua_pushfstring(L, "%s: %s", where, lua_tostring(L, 1));
	return 1;
}

enum ended lua_guarded(struct script *sc, lua_CFunction fn)
{
	lua_State *L = sc->L;
	enum ended ended = ENDED_WELL;
	char text[1000];
	int status;

	lua_settop(L, 0);
	lua_pushcfunction(L, add_line);
	lua_pushcfunction(L, protected_fn);
	lua_pushlightuserdata(L, (void *)(uintptr_t)fn);
	status = lua_pcall(L, 1, 0, 1);
	sc->running = L;
	sc->in_callback = false;
	if (status == LUA_ERRMEM)
		script_out_of_memory(L);
	if (status != LUA_OK) {
		ended = is_broken_error(L, -1) ? ENDED_BROKEN : ENDED_ERROR;
		error_text(L, -1, text, sizeof(text));
		text_set(sc, &sc->error, text);
	}
	lua_settop(L, 0);
	return ended;
}
