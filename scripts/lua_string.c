/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * string, table and math, tamed: nothing that runs for long inside C, where no budget counts;
 * nothing that depends on the host's clock or addresses.
 */
#include "lua_priv.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PATTERN_STEPS 1e8  /* of the matcher, at worst: about a second */
#define MAX_MOVED 10000000

/* -- patterns ---------------------------------------------------------------------------------- */

/*
 * How many steps may the matcher take at worst? Each repetition chooses where it ends, behind the
 * one before it; an unanchored pattern chooses where it begins, too. So k choices in n places:
 *
 *	^a*b    n             a*b    n(n+1)/2         a-a-a-b    (n+4 over 4)
 */
static double worst_case(const char *pattern, size_t length, double n)
{
	double steps = pattern[0] == '^' ? 1 : n + 1, choices = pattern[0] == '^' ? 0 : 1;

	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '%') {
			i++;
		} else if (i && pattern[i] && strchr("*+-", pattern[i])) {
			choices++;
			steps *= (n + choices) / choices;
		} else if (i && pattern[i] == '?') {
			steps *= 2;
		}
	}
	return steps;
}

/* Upvalue 1 is Lua's own function. */
static int capped(lua_State *L)
{
	size_t n = 0, length = 0;
	const char *pattern;
	double steps;

	luaL_checklstring(L, 1, &n);
	pattern = luaL_checklstring(L, 2, &length);
	steps = worst_case(pattern, length, (double)n);
	if (steps > MAX_PATTERN_STEPS)
		return luaL_error(L, "this pattern may take too long on %d characters: make the "
				  "text shorter or use fewer of * + -", (int)n);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* string.rep: no output, no loop. */
static int rep(lua_State *L)
{
	size_t n, separator = 0;

	luaL_checklstring(L, 1, &n);
	luaL_optlstring(L, 3, "", &separator);
	if (n + separator == 0) {
		luaL_checkinteger(L, 2);
		lua_pushliteral(L, "");
		return 1;
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* string.format: %s shows ids as tostring does, %p has nothing to show. */
static int format(lua_State *L)
{
	const char *p = luaL_checkstring(L, 1);
	int arg = 1;

	while ((p = strchr(p, '%')) != NULL) {
		if (p[1] == '%') {
			p += 2;
			continue;
		}
		arg++;
		p += 1 + strspn(p + 1, "-+ #0123456789.");
		if (*p == 'p')
			return luaL_error(L, "string.format: there is no address for %%p");
		if (*p == 's' && lua_istable(L, arg)) {
			tostring_push(L, arg);
			lua_replace(L, arg);
		} else if (*p == 's' && (lua_isfunction(L, arg) || lua_isthread(L, arg))) {
			tostring_push(L, arg);
			lua_replace(L, arg);
		}
	}
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Replace a function of the library at the top of the stack by ours around it. */
static void wrap(lua_State *L, const char *name, lua_CFunction fn)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, fn, 1);
	lua_setfield(L, -2, name);
}

static void drop(lua_State *L, const char *name)
{
	lua_pushnil(L);
	lua_setfield(L, -2, name);
}

void strings_open(lua_State *L)
{
	wrap(L, "find", capped);
	wrap(L, "match", capped);
	wrap(L, "gmatch", capped);
	wrap(L, "gsub", capped);
	wrap(L, "rep", rep);
	wrap(L, "format", format);
	drop(L, "dump");
}

/* -- table ------------------------------------------------------------------------------------- */

static bool sorted_before(lua_State *L, int a, int b)
{
	bool before;

	a = lua_absindex(L, a);
	b = lua_absindex(L, b);
	if (lua_isnil(L, 2))
		return lua_compare(L, a, b, LUA_OPLT);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, a);
	lua_pushvalue(L, b);
	lua_call(L, 2, 1);
	before = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return before;
}

/* Merge from[low, middle) and from[middle, high) into to; both are tables on the stack. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
		  lua_Integer high)
{
	lua_Integer a = low, b = middle;

	for (lua_Integer i = low; i < high; i++) {
		bool second = a >= middle;

		if (!second && b < high) {
			lua_rawgeti(L, from, b);
			lua_rawgeti(L, from, a);
			second = sorted_before(L, -2, -1);
			lua_pop(L, 2);
		}
		lua_rawgeti(L, from, second ? b++ : a++);
		lua_rawseti(L, to, i);
	}
}

static lua_Integer least(lua_Integer a, lua_Integer b)
{
	return a < b ? a : b;
}

/* Copy elements 1 .. n of the table at `from` to the one at `to`. */
static void copy(lua_State *L, int from, int to, lua_Integer n)
{
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, from, i);
		lua_rawseti(L, to, i);
	}
}

/*
 * table.sort: a merge sort, so that equal elements keep their order and an inconsistent order
 * function gives the same result everywhere. Lua's own takes its pivot from the clock. An order
 * function that raises an error leaves the table as it was.
 */
static int sort(lua_State *L)
{
	lua_Integer n;
	int from = 3, to = 4;

	luaL_checktype(L, 1, LUA_TTABLE);
	n = luaL_len(L, 1);
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lua_createtable(L, (int)least(n, 1 << 20), 0);
	lua_createtable(L, (int)least(n, 1 << 20), 0);
	copy(L, 1, from, n);
	for (lua_Integer width = 1; width < n; width *= 2) {
		for (lua_Integer low = 1; low <= n; low += 2 * width)
			merge(L, from, to, low, least(low + width, n + 1),
			      least(low + 2 * width, n + 1));
		from = 7 - from;
		to = 7 - to;
	}
	copy(L, from, 1, n);
	return 0;
}

static int move(lua_State *L)
{
	lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);

	if (last >= first && (u64)last - (u64)first > MAX_MOVED)
		return luaL_error(L, "table.move: more than 10,000,000 elements");
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void tables_open(lua_State *L)
{
	lua_pushcfunction(L, sort);
	lua_setfield(L, -2, "sort");
	wrap(L, "move", move);
}

/* -- math -------------------------------------------------------------------------------------- */

/* splitmix64 turns one number into the four of xoshiro256** (Blackman and Vigna). */
void random_seed(struct script *sc, u64 seed)
{
	for (u32 i = 0; i < 4; i++) {
		u64 z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		sc->random[i] = z ^ z >> 31;
	}
}

static u64 rotate(u64 x, u32 n)
{
	return x << n | x >> (64 - n);
}

static u64 random_next(struct script *sc)
{
	u64 *s = sc->random, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* random() in [0,1); random(n) 1 .. n; random(a, b) a .. b; without bias. */
static int math_random(lua_State *L)
{
	struct script *sc = script_of(L);
	lua_Integer low = 1, high;
	u64 range, x, limit;

	if (lua_gettop(L) == 0) {
		lua_pushnumber(L, (lua_Number)(random_next(sc) >> 11) * 0x1p-53);
		return 1;
	}
	if (lua_gettop(L) > 1)
		low = luaL_checkinteger(L, 1);
	high = luaL_checkinteger(L, lua_gettop(L) > 1 ? 2 : 1);
	luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
	range = (u64)high - (u64)low + 1;
	limit = range ? UINT64_MAX - UINT64_MAX % range : UINT64_MAX;
	do
		x = random_next(sc);
	while (range && x >= limit);
	lua_pushinteger(L, (lua_Integer)((u64)low + (range ? x % range : x)));
	return 1;
}

static int math_randomseed(lua_State *L)
{
	random_seed(script_of(L), (u64)luaL_checkinteger(L, 1));
	return 0;
}

void math_open(lua_State *L)
{
	lua_pushcfunction(L, math_random);
	lua_setfield(L, -2, "random");
	lua_pushcfunction(L, math_randomseed);
	lua_setfield(L, -2, "randomseed");
	random_seed(script_of(L), 1);
}
