/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles: what a script holds in the place of a process, a page, a file. Each kind has one
 * metatable, kept in the registry under the address of its row, and one table of members,
 *
 *	name -> function           a method
 *	name -> light userdata     a field: its row, whose function pushes the value
 *
 * A weak table in the registry makes two handles of one thing the same object, so that they are
 * equal and serve as keys.
 */
#include "lua_priv.h"

#include <stdio.h>
#include <string.h>

static const char interned; /* its address is the registry's key */

/* -- making ------------------------------------------------------------------------------------ */

static u32 kind_index(const struct kind *kind)
{
	u32 i = 0;

	while (handle_kinds[i] != kind)
		i++;
	return i;
}

static struct handle *handle_new(lua_State *L, const struct kind *kind, size_t size)
{
	struct handle *h = lua_newuserdatauv(L, size, 0);

	memset(h, 0, size);
	h->kind = kind;
	lua_rawgetp(L, LUA_REGISTRYINDEX, kind);
	lua_setmetatable(L, -2);
	return h;
}

void handle_push(lua_State *L, const struct kind *kind, u32 machine, u32 id, u32 owner)
{
	lua_Integer key = (lua_Integer)((u64)kind_index(kind) << 56 | (u64)machine << 48 |
					(u64)owner << 32 | id);
	struct handle *h;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &interned);
	if (lua_rawgeti(L, -1, key) == LUA_TNIL) {
		lua_pop(L, 1);
		h = handle_new(L, kind, sizeof(*h));
		h->machine = machine;
		h->id = id;
		h->owner = owner;
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, key);
	}
	lua_remove(L, -2);
}

void event_push(lua_State *L, u32 machine, const struct event *ev)
{
	struct event_handle *h = (struct event_handle *)handle_new(L, &event_kind, sizeof(*h));

	h->handle.machine = machine;
	h->event = *ev;
}

/* -- using ------------------------------------------------------------------------------------- */

struct handle *handle_any(lua_State *L, int idx)
{
	/* Scripts cannot make userdata or set metatables: any full userdata is one of ours. */
	return lua_type(L, idx) == LUA_TUSERDATA ? lua_touserdata(L, idx) : NULL;
}

struct handle *handle_at(lua_State *L, int idx, const struct kind *kind)
{
	struct handle *h = handle_any(L, idx);

	return h && h->kind == kind ? h : NULL;
}

struct machine *handle_machine(lua_State *L, const struct handle *h)
{
	return script_of(L)->machines[h->machine];
}

void handle_print(lua_State *L, const struct handle *h, char *buf, size_t n)
{
	if (h->kind->print)
		h->kind->print(handle_machine(L, h), h, buf, n);
	else
		snprintf(buf, n, "%s %u", h->kind->name, h->id);
}

static void must_be_alive(lua_State *L, const struct handle *h)
{
	char text[100];

	if (!h->kind->alive || h->kind->alive(handle_machine(L, h), h))
		return;
	handle_print(L, h, text, sizeof(text));
	luaL_error(L, "%s is gone", text);
}

static const char *article(const char *noun)
{
	return strchr("aeiou", noun[0]) ? "an" : "a";
}

struct handle *handle_self(lua_State *L, const struct kind *kind, struct machine **m)
{
	struct handle *h = handle_at(L, 1, kind);
	lua_Debug ar;

	if (!h) {
		const char *name = "method";

		if (lua_getstack(L, 0, &ar) && lua_getinfo(L, "n", &ar) && ar.name)
			name = ar.name;
		luaL_error(L, "%s: call it on %s %s, with a colon, as in %c:%s(...)", name,
			   article(kind->name), kind->name, kind->name[0], name);
	}
	must_be_alive(L, h);
	if (m)
		*m = handle_machine(L, h);
	return h;
}

/* -- metamethods ------------------------------------------------------------------------------- */

static int no_such_member(lua_State *L, const struct kind *kind)
{
	const char *key = tostring_push(L, 2), *names;
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (const struct member *row = kind->members; row->name; row++) {
		luaL_addchar(&b, ' ');
		luaL_addstring(&b, row->name);
	}
	luaL_pushresult(&b);
	names = lua_tostring(L, -1);
	return luaL_error(L, "%s %s has no '%s'; it has:%s", article(kind->name), kind->name, key,
			  names);
}

/* h[key]; upvalue 1 is the kind's table of members. */
static int handle_index(lua_State *L)
{
	const struct handle *h = lua_touserdata(L, 1);
	const struct member *row;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TFUNCTION)
		return 1;
	row = lua_touserdata(L, -1);
	lua_settop(L, 2);
	if (row) {
		must_be_alive(L, h);
		return row->fn(L);
	}
	if (h->kind->index)
		return h->kind->index(L);
	return no_such_member(L, h->kind);
}

static int handle_newindex(lua_State *L)
{
	const struct handle *h = lua_touserdata(L, 1);

	return luaL_error(L, "%s %s cannot be changed by assigning to it; help(\"%s\") lists its "
			  "methods", article(h->kind->name), h->kind->name, h->kind->name);
}

static int handle_tostring(lua_State *L)
{
	const struct handle *h = lua_touserdata(L, 1);
	char text[300];

	handle_print(L, h, text, sizeof(text));
	lua_pushstring(L, text);
	return 1;
}

static int handle_length(lua_State *L)
{
	const struct handle *h = lua_touserdata(L, 1);

	if (h->kind->length)
		return h->kind->length(L);
	return luaL_error(L, "%s %s has no length", article(h->kind->name), h->kind->name);
}

/* -- the metatables ---------------------------------------------------------------------------- */

static void push_members(lua_State *L, const struct kind *kind)
{
	lua_newtable(L);
	for (const struct member *row = kind->members; row->name; row++) {
		if (row->args)
			lua_pushcfunction(L, row->fn);
		else
			lua_pushlightuserdata(L, (void *)(uintptr_t)row);
		lua_setfield(L, -2, row->name);
	}
}

static const luaL_Reg metamethods[] = {
	{ "__newindex", handle_newindex },
	{ "__tostring", handle_tostring },
	{ "__len", handle_length },
	{ NULL, NULL },
};

static void kind_open(lua_State *L, const struct kind *kind)
{
	lua_newtable(L);
	luaL_setfuncs(L, metamethods, 0);
	push_members(L, kind);
	lua_pushcclosure(L, handle_index, 1);
	lua_setfield(L, -2, "__index");
	lua_pushstring(L, kind->name);
	lua_setfield(L, -2, "__name");
	lua_rawsetp(L, LUA_REGISTRYINDEX, kind);
}

void handles_open(lua_State *L)
{
	lua_newtable(L);
	lua_newtable(L);
	lua_pushliteral(L, "v");
	lua_setfield(L, -2, "__mode");
	lua_setmetatable(L, -2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &interned);
	for (const struct kind *const *kind = handle_kinds; *kind; kind++)
		kind_open(L, *kind);
}

const struct kind *const handle_kinds[] = {
	&machine_kind, &task_kind, &tasks_kind, &page_kind, &file_kind, &vma_kind, &mm_kind,
	&zone_kind, &swap_kind, &swaps_kind, &lru_kind, &counters_kind, &snapshot_kind,
	&event_kind, &scenario_kind, NULL
};
