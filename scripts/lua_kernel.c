/* SPDX-License-Identifier: GPL-2.0-only */
/* The table `kernels`, and help(): both read rows that are written somewhere else. */
#include "lua_priv.h"

#include <string.h>

/* -- kernels ----------------------------------------------------------------------------------- */

static void set_string(lua_State *L, const char *name, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, name);
}

static void set_list(lua_State *L, const char *name, const char *const *list)
{
	lua_newtable(L);
	for (lua_Integer i = 1; list && *list; list++, i++) {
		lua_pushstring(L, *list);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, name);
}

static void set_own_errata(lua_State *L, const struct kernel *kernel)
{
	int n = 0;

	lua_newtable(L);
	for (u32 i = 0; i < NR_OWN_ERRATA; i++) {
		if (!(kernel->own_errata & OWN_ERRATUM(i)))
			continue;
		lua_pushstring(L, own_errata_names[i]);
		lua_rawseti(L, -2, ++n);
	}
	lua_setfield(L, -2, "own_errata");
}

static void kernel_row(lua_State *L, const struct kernel *kernel)
{
	lua_newtable(L);
	set_string(L, "name", kernel->name);
	set_string(L, "date", kernel->date);
	set_string(L, "commit", kernel->commit);
	set_string(L, "idea", kernel->idea);
	set_string(L, "summary", kernel->summary);
	set_string(L, "source", kernel->source);
	set_list(L, "errata", kernel->errata);
	set_own_errata(L, kernel);
	set_list(L, "missed", kernel->missed);
	set_list(L, "functions", kernel->functions);
	set_list(L, "unmodelled", kernel->unmodelled);
	set_string(L, "seed", kernel->seed);
	lua_pushinteger(L, kernel->page_struct_size);
	lua_setfield(L, -2, "page_struct_size");
}

void kernels_open(lua_State *L)
{
	lua_newtable(L);
	for (const struct kernel *const *kernel = kernels; *kernel; kernel++) {
		kernel_row(L, *kernel);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, *kernel);
		lua_setfield(L, -2, (*kernel)->name);
	}
}

void kernel_push(lua_State *L, const struct kernel *kernel)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, kernel);
}

/* -- help -------------------------------------------------------------------------------------- */

static void add_row(luaL_Buffer *b, const char *left, const char *args, const char *right)
{
	size_t width = strlen(left) + (args ? strlen(args) : 0);

	luaL_addstring(b, "  ");
	luaL_addstring(b, left);
	luaL_addstring(b, args ? args : "");
	do
		luaL_addchar(b, ' ');
	while (width++ < 24);
	luaL_addstring(b, right);
	luaL_addchar(b, '\n');
}

static bool help_kind(lua_State *L, const char *topic)
{
	for (const struct kind *const *kind = handle_kinds; *kind; kind++) {
		luaL_Buffer b;

		if (strcmp((*kind)->name, topic))
			continue;
		luaL_buffinit(L, &b);
		luaL_addstring(&b, (*kind)->what);
		luaL_addchar(&b, '\n');
		for (const struct member *row = (*kind)->members; row->name; row++)
			add_row(&b, row->name, row->args, row->what);
		luaL_pushresult(&b);
		return true;
	}
	return false;
}

/* "touch", "t:touch", "pgfault": every row of that name. */
static bool help_member(lua_State *L, const char *topic)
{
	const char *name = strpbrk(topic, ":.");
	bool found = false;
	luaL_Buffer b;

	name = name ? name + 1 : topic;
	luaL_buffinit(L, &b);
	for (const struct kind *const *kind = handle_kinds; *kind; kind++)
		for (const struct member *row = (*kind)->members; row->name; row++) {
			if (strcmp(row->name, name))
				continue;
			luaL_addstring(&b, (*kind)->name);
			luaL_addstring(&b, row->args ? ":" : ".");
			luaL_addstring(&b, name);
			luaL_addstring(&b, row->args ? row->args : "");
			luaL_addstring(&b, "  ");
			luaL_addstring(&b, row->what);
			luaL_addchar(&b, '\n');
			found = true;
		}
	for (u32 i = 0; counter_rows[i].name; i++)
		if (!strcmp(counter_rows[i].name, name)) {
			add_row(&b, name, NULL, counter_rows[i].what);
			found = true;
		}
	luaL_pushresult(&b);
	return found;
}

static bool help_counters(lua_State *L, const char *topic)
{
	luaL_Buffer b;

	if (strcmp(topic, "counters"))
		return false;
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "m.counters.NAME; each is exact:\n");
	for (u32 i = 0; counter_rows[i].name; i++)
		add_row(&b, counter_rows[i].name, NULL, counter_rows[i].what);
	luaL_pushresult(&b);
	return true;
}

static bool help_events(lua_State *L, const char *topic)
{
	luaL_Buffer b;

	if (strcmp(topic, "events"))
		return false;
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "Kinds for m:events{kind=} and m:on(kind, fn):\n");
	for (u32 i = 0; i < NR_EVENT_KINDS; i++)
		add_row(&b, event_kind_rows[i].name, NULL, event_kind_rows[i].sentence);
	luaL_pushresult(&b);
	return true;
}

/* "swapoff": the ways to do it; "linear-v7": one of them. */
static bool help_swapoff(lua_State *L, const char *topic)
{
	const struct swapoff_ops *one = swapoff_by_name(topic);
	luaL_Buffer b;

	if (!one && strcmp(topic, "swapoff"))
		return false;
	luaL_buffinit(L, &b);
	if (one) {
		lua_pushfstring(L, "swapoff=\"%s\", %s, %s\n%s\n%s\nErrata:", one->name, one->date,
				one->source, one->idea, one->summary);
		luaL_addvalue(&b);
		for (const char *const *name = one->errata; *name; name++) {
			luaL_addchar(&b, ' ');
			luaL_addstring(&b, *name);
		}
		luaL_addstring(&b, one->errata[0] ? "\n" : " none\n");
	} else {
		luaL_addstring(&b, "m:swapoff(type, {alarm=, task=}) takes a swap area out of use. "
				   "How is chosen with machine{swapoff=}:\n");
		for (const struct swapoff_ops *const *s = swapoffs; *s; s++)
			add_row(&b, (*s)->name, NULL, (*s)->idea);
	}
	luaL_pushresult(&b);
	return true;
}

/* "errata": all of them; "max-retries": one. */
static bool help_erratum(lua_State *L, const char *topic)
{
	const struct erratum *one = erratum_by_name(topic);
	char where[200];
	luaL_Buffer b;

	if (!one && strcmp(topic, "errata"))
		return false;
	if (one) {
		erratum_where(one, where, sizeof(where));
		lua_pushfstring(L, "%s: %s.\nOf %s; machine{errata={\"%s\"}} switches it on.\n"
				"Of a kernel's own_errata, which it has unasked, "
				"errata={\"-%s\"} mends it.\n", one->name, one->what, where,
				one->name, one->name);
		return true;
	}
	luaL_buffinit(L, &b);
	luaL_addstring(&b, "For machine{errata={...}}; kernels[NAME].errata are those of one:\n");
	for (const struct erratum *e = known_errata; e->name; e++)
		add_row(&b, e->name, NULL, e->what);
	luaL_pushresult(&b);
	return true;
}

static bool help_kernel(lua_State *L, const char *topic)
{
	const struct kernel *kernel = kernel_by_name(topic);

	if (!kernel)
		return false;
	lua_pushfstring(L, "%s, %s, %s\n%s\n%s\n", kernel->name, kernel->date, kernel->source,
			kernel->idea, kernel->summary);
	return true;
}

/* Words of the trade are in scripts/lib/glossary.lua. */
static bool help_word(lua_State *L, const char *topic)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.glossary");
	return lua_istable(L, -1) && lua_getfield(L, -1, topic) == LUA_TSTRING;
}

static const char *things_push(lua_State *L)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (const struct kind *const *kind = handle_kinds; *kind; kind++) {
		luaL_addchar(&b, ' ');
		luaL_addstring(&b, (*kind)->name);
	}
	luaL_pushresult(&b);
	return lua_tostring(L, -1);
}

static const char *kernel_names_push(lua_State *L)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (const struct kernel *const *kernel = kernels; *kernel; kernel++) {
		luaL_addchar(&b, ' ');
		luaL_addstring(&b, (*kernel)->name);
	}
	luaL_pushresult(&b);
	return lua_tostring(L, -1);
}

static const char *words_push(lua_State *L)
{
	lua_pushliteral(L, "");
	if (lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.glossary") == LUA_TTABLE)
		keys_push(L, -1);
	for (lua_Integer i = 1; lua_istable(L, -1) && lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
		lua_pushfstring(L, "%s %s", lua_tostring(L, -4), lua_tostring(L, -1));
		lua_replace(L, -5);
		lua_pop(L, 1);
	}
	lua_settop(L, 4);
	return lua_tostring(L, 4);
}

static void all_topics(lua_State *L)
{
	const char *things, *names, *words;

	lua_settop(L, 1);
	things = things_push(L);
	names = kernel_names_push(L);
	words = words_push(L);
	lua_pushfstring(L, "help(\"TOPIC\") for\n  things: %s\n"
			   "  methods and fields: touch, m:reclaim, rss ...\n"
			   "  lists:   counters errata events swapoff\n  kernels:%s\n  words:  %s",
			things, names, words);
}

static bool (*const topics[])(lua_State *L, const char *topic) = {
	help_kind, help_counters, help_events, help_kernel, help_swapoff, help_erratum,
	help_word, help_member
};

int api_help(lua_State *L)
{
	const char *topic = luaL_optstring(L, 1, "");
	bool found = false;
	size_t n;

	if (!*topic) {
		all_topics(L);
		found = true;
	}
	for (u32 i = 0; !found && i < ARRAY_SIZE(topics); i++)
		found = topics[i](L, topic);
	if (!found)
		return luaL_error(L, "there is no help on \"%s\"; help() lists the topics", topic);
	n = lua_rawlen(L, -1);
	if (n && lua_tostring(L, -1)[n - 1] == '\n')
		n--;
	script_print(script_of(L), 'p', lua_tostring(L, -1), n);
	return 0;
}
