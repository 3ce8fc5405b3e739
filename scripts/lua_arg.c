/* SPDX-License-Identifier: GPL-2.0-only */
/* Arguments of the API. Whoever makes a mistake learns what was expected and what came. */
#include "lua_priv.h"
#include "size.h"

#include <stdio.h>
#include <string.h>

#define SIZE "a size, such as 4096 or \"64K\""
#define LARGEST_SIZE (1ull << 40)

/* What came, in a few words: nil, -5, "abc", a table, page 42. */
static const char *describe(lua_State *L, int idx, char *buf, size_t n)
{
	const struct handle *h = handle_any(L, idx);

	if (h)
		handle_print(L, h, buf, n);
	else if (lua_type(L, idx) == LUA_TSTRING)
		snprintf(buf, n, "\"%.40s\"", lua_tostring(L, idx));
	else if (lua_type(L, idx) == LUA_TNUMBER || lua_isboolean(L, idx))
		snprintf(buf, n, "%s", tostring_push(L, idx));
	else if (lua_isnoneornil(L, idx))
		snprintf(buf, n, "%s", lua_isnil(L, idx) ? "nil" : "nothing");
	else
		snprintf(buf, n, "a %s", luaL_typename(L, idx));
	return buf;
}

int misuse(lua_State *L, int idx, const char *what, const char *expected)
{
	lua_Debug ar;
	const char *name = NULL;
	char got[100];

	describe(L, idx, got, sizeof(got));
	if (lua_getstack(L, 0, &ar) && lua_getinfo(L, "n", &ar))
		name = ar.name;
	return luaL_error(L, "%s%s%s: expected %s, got %s", name ? name : "", name ? ": " : "",
			  what, expected, got);
}

s64 arg_between(lua_State *L, int idx, const char *what, s64 min, s64 max)
{
	char expected[80];
	int whole;
	lua_Integer value = lua_tointegerx(L, idx, &whole);

	if (whole && lua_type(L, idx) == LUA_TNUMBER && value >= min && value <= max)
		return value;
	snprintf(expected, sizeof(expected), "a whole number from %lld to %lld", (long long)min,
		 (long long)max);
	misuse(L, idx, what, expected);
	return 0;
}

u64 arg_number(lua_State *L, int idx, const char *what, u64 max)
{
	return (u64)arg_between(L, idx, what, 0, max < INT64_MAX ? (s64)max : INT64_MAX);
}

u64 arg_size(lua_State *L, int idx, const char *what)
{
	u64 bytes;
	int whole;
	lua_Integer value = lua_tointegerx(L, idx, &whole);

	if (lua_type(L, idx) == LUA_TSTRING && size_parse(lua_tostring(L, idx), &bytes) &&
	    bytes <= LARGEST_SIZE)
		return bytes;
	if (lua_type(L, idx) == LUA_TNUMBER && whole && value >= 0 && (u64)value <= LARGEST_SIZE)
		return (u64)value;
	misuse(L, idx, what, SIZE);
	return 0;
}

u64 arg_time(lua_State *L, int idx, const char *what)
{
	u64 ns;

	if (lua_type(L, idx) == LUA_TSTRING && time_parse(lua_tostring(L, idx), &ns))
		return ns;
	if (lua_type(L, idx) == LUA_TNUMBER)
		return arg_number(L, idx, what, 1ull << 62);
	misuse(L, idx, what, "a time: nanoseconds, or a string such as \"10ms\"");
	return 0;
}

u32 arg_address(lua_State *L, int idx, const char *what)
{
	int whole;
	lua_Integer value = lua_tointegerx(L, idx, &whole);

	if (whole && lua_type(L, idx) == LUA_TNUMBER && value >= 0 && value <= UINT32_MAX)
		return (u32)value;
	misuse(L, idx, what, "an address from 0 to 0xffffffff");
	return 0;
}

bool arg_bool(lua_State *L, int idx, const char *what)
{
	if (!lua_isboolean(L, idx) && !lua_isnil(L, idx))
		misuse(L, idx, what, "true or false");
	return lua_toboolean(L, idx);
}

const char *arg_string(lua_State *L, int idx, const char *what, const char *expected)
{
	if (lua_type(L, idx) != LUA_TSTRING)
		misuse(L, idx, what, expected);
	return lua_tostring(L, idx);
}

const char *arg_name(lua_State *L, int idx, const char *what)
{
	const char *expected = "a name of 1 to 15 printable characters";
	const char *name = arg_string(L, idx, what, expected);
	size_t n = lua_rawlen(L, idx);

	for (size_t i = 0; i < n; i++)
		if (name[i] < ' ' || name[i] > '~')
			misuse(L, idx, what, expected);
	if (n == 0 || n >= TASK_COMM_LEN)
		misuse(L, idx, what, expected);
	return name;
}

u32 arg_prot(lua_State *L, int idx, const char *what)
{
	static const char letters[] = "rwx";
	const char *expected = "letters of \"rwx\"";
	const char *text = arg_string(L, idx, what, expected);
	u32 prot = 0;

	for (; *text; text++) {
		const char *letter = strchr(letters, *text);

		if (!letter)
			misuse(L, idx, what, expected);
		prot |= 1u << (letter - letters);
	}
	return prot;
}

u32 arg_page(lua_State *L, int idx, u32 machine)
{
	const struct handle *h = handle_at(L, idx, &page_kind);
	u32 frames = script_of(L)->machines[machine]->nr_frames;

	if (h && h->machine == machine)
		return h->id;
	if (lua_type(L, idx) != LUA_TNUMBER)
		misuse(L, idx, "page", "a page of this machine, or its number");
	return (u32)arg_number(L, idx, "page", frames - 1);
}

/* Is the string at the top one of the words? */
static bool is_word(lua_State *L, const char *words)
{
	const char *key = lua_tostring(L, -1), *p = words;
	size_t n = strlen(key);

	for (; (p = strstr(p, key)) != NULL; p += n)
		if (n && (p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n]))
			return true;
	return false;
}

void arg_table(lua_State *L, int idx, const char *keys)
{
	if (!lua_istable(L, idx))
		misuse(L, idx, "options", "a table {name=value, ...}");
	keys_push(L, idx);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (lua_type(L, -1) != LUA_TSTRING || !is_word(L, keys)) {
			lua_Debug ar;
			const char *name = "options";

			if (lua_getstack(L, 0, &ar) && lua_getinfo(L, "n", &ar) && ar.name)
				name = ar.name;
			luaL_error(L, "%s: there is no option %s=; there are: %s", name,
				   tostring_push(L, -1), keys);
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 2);
}

bool arg_field(lua_State *L, int idx, const char *name)
{
	return lua_getfield(L, idx, name) != LUA_TNIL;
}
