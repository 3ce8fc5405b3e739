/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events for Lua: m:events{} reads the session's log, m:on(kind, fn) calls fn for each event of
 * an operation when the operation is over, before it returns. Such functions may only look.
 */
#include "session_priv.h"
#include "lua_priv.h"

#include <stdio.h>
#include <string.h>

#define ANY_KIND NR_EVENT_KINDS

static const char callbacks; /* registry key: machine -> list of {kind, function} */

static struct event_handle *self(lua_State *L)
{
	return (struct event_handle *)handle_self(L, &event_kind, NULL);
}

/* -- fields ------------------------------------------------------------------------------------ */

static int event_number(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)self(L)->event.number);
	return 1;
}

static int event_time(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)self(L)->event.time);
	return 1;
}

static int event_kind_name(lua_State *L)
{
	lua_pushstring(L, event_kind_rows[self(L)->event.kind].name);
	return 1;
}

static int event_thread(lua_State *L)
{
	const struct event_handle *h = self(L);

	lua_pushstring(L, thread_name(handle_machine(L, &h->handle), h->event.thread));
	return 1;
}

static int event_pid(lua_State *L)
{
	lua_pushinteger(L, self(L)->event.thread);
	return 1;
}

static int event_cpu(lua_State *L)
{
	lua_pushinteger(L, self(L)->event.cpu);
	return 1;
}

static int event_depth(lua_State *L)
{
	lua_pushinteger(L, self(L)->event.depth);
	return 1;
}

static int event_text(lua_State *L)
{
	const struct event_handle *h = self(L);
	char text[400];

	event_sentence(handle_machine(L, &h->handle), &h->event, text, sizeof(text));
	lua_pushstring(L, text);
	return 1;
}

static int event_func(lua_State *L)
{
	const struct site *site = event_site(self(L)->event.site);

	lua_pushstring(L, site ? site->func : NULL);
	return 1;
}

static int event_file(lua_State *L)
{
	const struct site *site = event_site(self(L)->event.site);

	lua_pushstring(L, site ? site->file : NULL);
	return 1;
}

static int event_line(lua_State *L)
{
	const struct site *site = event_site(self(L)->event.site);

	lua_pushinteger(L, site ? site->line : 0);
	return 1;
}

/* The operand that the kind's sentence renders that way: "{1:task}" makes ev.task operand 1. */
static int operand(lua_State *L, const char *as)
{
	const struct event *ev = &self(L)->event;
	const char *p = event_kind_rows[ev->kind].sentence;

	while ((p = strchr(p, '{')) != NULL) {
		size_t n = strlen(as);

		p++;
		if (*p >= '0' && *p < '6' && p[1] == ':' && !strncmp(p + 2, as, n) &&
		    p[n + 2] == '}') {
			lua_pushinteger(L, ev->a[*p - '0']);
			return 1;
		}
	}
	return 0;
}

static int event_page(lua_State *L)
{
	return operand(L, "page");
}

static int event_task(lua_State *L)
{
	return operand(L, "task");
}

static int event_address(lua_State *L)
{
	return operand(L, "addr");
}

static int event_slot(lua_State *L)
{
	return operand(L, "slot");
}

static int event_inode(lua_State *L)
{
	return operand(L, "file");
}

static int event_operands(lua_State *L)
{
	const struct event *ev = &self(L)->event;

	lua_createtable(L, ARRAY_SIZE(ev->a), 0);
	for (u32 i = 0; i < ARRAY_SIZE(ev->a); i++) {
		lua_pushinteger(L, ev->a[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* -- m:events{} -------------------------------------------------------------------------------- */

static u32 kind_arg(lua_State *L, int idx)
{
	static const char expected[] = "a kind of event; help(\"events\") lists them";
	const char *name;
	int kind;

	if (lua_isnil(L, idx))
		return ANY_KIND;
	name = arg_string(L, idx, "kind", expected);
	kind = event_kind_by_name(name);
	if (kind < 0 && strcmp(name, "any"))
		misuse(L, idx, "kind", expected);
	return kind < 0 ? ANY_KIND : (u32)kind;
}

static u64 limit_arg(lua_State *L, int idx, const char *name, u64 otherwise)
{
	if (arg_field(L, idx, name))
		otherwise = arg_number(L, -1, name, INT64_MAX);
	lua_pop(L, 1);
	return otherwise;
}

static void reverse(lua_State *L, lua_Integer n)
{
	for (lua_Integer i = 1; i < n - i + 1; i++) {
		lua_rawgeti(L, -1, i);
		lua_rawgeti(L, -2, n - i + 1);
		lua_rawseti(L, -3, i);
		lua_rawseti(L, -2, n - i + 1);
	}
}

/*
 * The log is read backwards, so that events which m:restore() has undone are passed over: they
 * carry numbers that came again later.
 */
int machine_past_events(lua_State *L)
{
	struct machine *m;
	u32 machine = handle_self(L, &machine_kind, &m)->machine, kind = ANY_KIND;
	u64 from = 0, to = UINT64_MAX, number = m->events;
	lua_Integer n = 0;
	const struct logged *record;

	if (!lua_isnoneornil(L, 2)) {
		arg_table(L, 2, "from to kind");
		from = limit_arg(L, 2, "from", from);
		to = limit_arg(L, 2, "to", to);
		arg_field(L, 2, "kind");
		kind = kind_arg(L, -1);
	}
	lua_newtable(L);
	for (u64 tick = script_of(L)->session->tick; number && number >= from; tick--) {
		record = log_at(script_of(L)->session, tick);
		if (!record)
			break;
		if (record->machine != machine || record->event.number != number)
			continue;
		number--;
		if (record->event.number > to || (kind != ANY_KIND && record->event.kind != kind))
			continue;
		event_push(L, machine, &record->event);
		lua_rawseti(L, -2, ++n);
	}
	reverse(L, n);
	return 1;
}

/* -- m:on() ------------------------------------------------------------------------------------ */

/* Push the list of a machine, making it when asked to; nil when there is none. */
static bool callbacks_push(lua_State *L, u32 machine, bool make)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &callbacks) == LUA_TNIL && make) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, LUA_REGISTRYINDEX, &callbacks);
	}
	if (lua_istable(L, -1) && lua_rawgeti(L, -1, machine) == LUA_TNIL && make) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, machine);
	}
	return lua_istable(L, -1) && lua_rawlen(L, -1) > 0;
}

int machine_on(lua_State *L)
{
	u32 machine = handle_self(L, &machine_kind, NULL)->machine, kind = kind_arg(L, 2);

	if (!lua_isfunction(L, 3))
		misuse(L, 3, "what to do", "a function of one event");
	callbacks_push(L, machine, true);
	lua_createtable(L, 2, 0);
	lua_pushinteger(L, kind);
	lua_rawseti(L, -2, 1);
	lua_pushvalue(L, 3);
	lua_rawseti(L, -2, 2);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	return 0;
}

/* Stack: the list of {kind, function} at idx. */
static void call_for(lua_State *L, int idx, u32 machine, const struct event *ev)
{
	for (lua_Integer i = 1; lua_rawgeti(L, idx, i) != LUA_TNIL; i++) {
		lua_Integer kind;

		lua_rawgeti(L, -1, 1);
		kind = lua_tointeger(L, -1);
		if (kind == ANY_KIND || kind == ev->kind) {
			lua_rawgeti(L, -2, 2);
			event_push(L, machine, ev);
			lua_call(L, 1, 0);
		}
		lua_pop(L, 2);
	}
	lua_pop(L, 1);
}

static int call_all(lua_State *L)
{
	struct session *s = script_of(L)->session;
	u32 machine = (u32)lua_tointeger(L, 2);
	u64 from = (u64)lua_tointeger(L, 3), to = s->tick;

	for (u64 tick = from + 1; tick <= to; tick++) {
		const struct logged *record = log_at(s, tick);

		if (record && record->machine == machine) {
			struct event ev = record->event;

			call_for(L, 1, machine, &ev);
		}
	}
	return 0;
}

void callbacks_run(lua_State *L, u32 machine, u64 from)
{
	struct script *sc = script_of(L);
	int top = lua_gettop(L), status;

	if (callbacks_push(L, machine, false)) {
		lua_pushcfunction(L, call_all);
		lua_insert(L, -2);
		lua_pushinteger(L, machine);
		lua_pushinteger(L, (lua_Integer)from);
		sc->in_callback = true;
		status = lua_pcall(L, 3, 0, 0);
		sc->in_callback = false;
		if (status == LUA_ERRMEM)
			script_out_of_memory(L);
		if (status != LUA_OK)
			lua_error(L);
	}
	lua_settop(L, top);
}

/* -- the kind ---------------------------------------------------------------------------------- */

static void event_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	const struct event *ev = &((const struct event_handle *)h)->event;
	int at = snprintf(buf, n, "event %llu: ", (unsigned long long)ev->number);

	event_sentence(m, ev, buf + at, n - (size_t)at);
}

static const struct member event_members[] = {
	{ "number", NULL, "1, 2, 3 ... in the life of the machine", event_number },
	{ "time", NULL, "virtual ns", event_time },
	{ "kind", NULL, "\"rmap_add\", \"fault\" ...", event_kind_name },
	{ "thread", NULL, "name of the thread it happened on", event_thread },
	{ "pid", NULL, "pid of that thread", event_pid },
	{ "cpu", NULL, "cpu of that thread", event_cpu },
	{ "depth", NULL, "depth of the kernel's call stack", event_depth },
	{ "text", NULL, "what happened, in English", event_text },
	{ "func", NULL, "function of the kernel", event_func },
	{ "file", NULL, "source file of the engine", event_file },
	{ "line", NULL, "line in it", event_line },
	{ "page", NULL, "pfn of the page it is about, or nil", event_page },
	{ "task", NULL, "pid of the process it is about, or nil", event_task },
	{ "address", NULL, "virtual address it is about, or nil", event_address },
	{ "slot", NULL, "swap entry it is about, or nil", event_slot },
	{ "inode", NULL, "file it is about, or nil", event_inode },
	{ "operands", NULL, "the six raw operands", event_operands },
	{ NULL, NULL, NULL, NULL },
};

const struct kind event_kind = {
	.name = "event",
	.what = "Something that happened in a machine, from m:events{} or m:on().",
	.members = event_members,
	.print = event_print,
};
