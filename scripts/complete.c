/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Completion: what could the word at the cursor become? The names are in Lua tables and in the
 * rows of handles. Lua is asked from the host's stack while the script waits, which allocates and
 * so changes the region; an image taken before puts everything back.
 */
#include "session_priv.h"
#include "lua_priv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct completion {
	const char *word;     /* "m.zones[1].fr" */
	size_t head;          /* bytes up to and with the last '.' or ':' */
	size_t length;
	bool methods;         /* that was a ':' */
	char **out;
	u32 n, max;
};

static bool path_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_.:[]", c));
}

static void add(struct completion *c, const char *name, bool function)
{
	const char *typed = c->word + c->head;
	size_t n = c->length - c->head, size;

	if (c->n == c->max || strncmp(name, typed, n) || (!n && name[0] == '_'))
		return;
	size = c->head + strlen(name) + 2;
	c->out[c->n] = malloc(size);
	if (!c->out[c->n])
		return;
	snprintf(c->out[c->n++], size, "%.*s%s%s", (int)c->head, c->word, name,
		 function ? "(" : "");
}

/* -- candidates -------------------------------------------------------------------------------- */

static bool is_name(const char *s)
{
	if (!isalpha((unsigned char)*s) && *s != '_')
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

static void table_names(lua_State *L, struct completion *c)
{
	keys_push(L, -1);
	for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		bool function;

		if (lua_type(L, -1) == LUA_TSTRING && is_name(lua_tostring(L, -1))) {
			lua_pushvalue(L, -1);
			lua_rawget(L, -4);
			function = lua_isfunction(L, -1);
			lua_pop(L, 1);
			if (!c->methods || function)
				add(c, lua_tostring(L, -1), function);
		}
		lua_pop(L, 1);
	}
}

static void handle_names(lua_State *L, struct completion *c, const struct handle *h)
{
	for (const struct member *row = h->kind->members; row->name; row++)
		if (c->methods == (row->args != NULL))
			add(c, row->name, row->args != NULL);
	if (h->kind == &counters_kind && !c->methods)
		for (u32 i = 0; counter_rows[i].name; i++)
			add(c, counter_rows[i].name, false);
	if (h->kind == &tasks_kind && !c->methods) {
		const struct machine *m = handle_machine(L, h);

		for (u32 pid = 1; pid < m->nr_pids; pid++)
			if (thread_by_pid(m, pid) && is_name(thread_name(m, pid)))
				add(c, thread_name(m, pid), false);
	}
}

/* -- the path to them -------------------------------------------------------------------------- */

/* Replace the value at the top by its field; false: there is no going on. */
static bool step_into(lua_State *L)
{
	if (lua_istable(L, -2))
		lua_rawget(L, -2);
	else if (handle_any(L, -2))
		lua_gettable(L, -2); /* one of our own functions, which only look */
	else
		return false;
	lua_remove(L, -2);
	return true;
}

/* Follow "m.zones[1]." from the globals; the value is then at the top. */
static bool follow(lua_State *L, const char *p, const char *end)
{
	sandbox_push(L);
	while (p < end) {
		size_t n = strcspn(p, ".:[]");

		if (n && isdigit((unsigned char)*p))
			lua_pushinteger(L, (lua_Integer)strtoll(p, NULL, 10));
		else if (n)
			lua_pushlstring(L, p, n);
		if (n && !step_into(L))
			return false;
		p += n + 1;
	}
	return true;
}

static int complete(lua_State *L)
{
	struct completion *c = lua_touserdata(L, 1);
	const struct handle *h;

	if (!follow(L, c->word, c->word + c->head))
		return 0;
	h = handle_any(L, -1);
	if (h)
		handle_names(L, c, h);
	else if (lua_istable(L, -1))
		table_names(L, c);
	else if (lua_type(L, -1) == LUA_TSTRING && lua_getfield(L, -1, "rep")) {
		lua_pop(L, 1);
		luaL_getmetafield(L, -1, "__index");
		table_names(L, c);
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Ask Lua, and leave no trace of having asked. */
static void ask(struct session *s, struct completion *c)
{
	struct script *sc = s->script;
	lua_State *L = sc->L;
	struct image *before;

	sc->region->stack_live_from = script_live_from(sc);
	before = image_take(sc->region, NULL);
	if (!before)
		return;
	if (lua_checkstack(L, 20)) {
		lua_gc(L, LUA_GCSTOP);
		lua_pushcfunction(L, complete);
		lua_pushlightuserdata(L, c);
		lua_pcall(L, 1, 0, 0);
	}
	image_restore(sc->region, before);
	image_free(before);
}

u32 session_complete(struct session *s, const char *line, size_t cursor, size_t *word_start,
		     char **out, u32 max)
{
	size_t start = cursor;
	struct completion c = { .out = out, .max = max };

	while (start && path_char(line[start - 1]))
		start--;
	*word_start = start;
	c.word = line + start;
	c.length = cursor - start;
	for (size_t i = 0; i < c.length; i++)
		if (c.word[i] == '.' || c.word[i] == ':') {
			c.head = i + 1;
			c.methods = c.word[i] == ':';
		}
	if (s->dead || (start && line[start - 1] == ')'))
		return 0;
	ask(s, &c);
	qsort(out, c.n, sizeof(*out), by_text);
	return c.n;
}

/* -- more lines? ------------------------------------------------------------------------------- */

/* Does the text compile? Leaves the function or the message at the top. */
static bool compiles(lua_State *L, const char *text)
{
	return luaL_loadbufferx(L, text, strlen(text), "=prompt", "t") == LUA_OK;
}

static bool wants_more(lua_State *L, const char *text)
{
	static const char mark[] = "<eof>";
	const char *message;
	size_t n;

	if (compiles(L, text))
		return false;
	message = lua_tolstring(L, -1, &n);
	return n >= sizeof(mark) - 1 && !strcmp(message + n - (sizeof(mark) - 1), mark);
}

bool session_chunk_incomplete(struct session *s, const char *text)
{
	lua_State *L = luaL_newstate();
	bool more;

	(void)s;
	if (!L)
		return false;
	lua_pushfstring(L, "return %s", text);
	more = !compiles(L, lua_tostring(L, -1)) && wants_more(L, text);
	lua_close(L);
	return more;
}
