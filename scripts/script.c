/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The script region: its Lua state, the stack that Lua runs on, and the ways out of it.
 */
#include "session_priv.h"
#include "lua_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define DEEP 50000    /* calls: nobody means to have so many */
#define HOST_LOOK 100 /* count hooks between two visits of the host: about a millisecond */

struct script *script_of(lua_State *L)
{
	return *(struct script **)lua_getextraspace(L);
}

void text_set(struct script *sc, struct text *t, const char *s)
{
	region_free(sc->region, t->s, t->size);
	*t = (struct text){ NULL, 0 };
	if (!s)
		return;
	t->size = strlen(s) + 1;
	t->s = region_alloc(sc->region, t->size);
	if (!t->s)
		script_kill(sc->L, "the script's memory is used up");
	memcpy(t->s, s, t->size);
}

/* -- ways out ---------------------------------------------------------------------------------- */

static bool on_script_stack(const struct script *sc, const void *p)
{
	const char *stack = sc->co.stack;

	return (const char *)p >= stack && (const char *)p < stack + sc->co.stack_size;
}

/* The running code waits in `wait` until the host comes back. */
static void leave_by(struct script *sc, struct co *wait, enum left why)
{
	sc->left = (u8)why;
	sc->current = current;
	sc->wait = wait;
	co_switch(wait, &sc->session->host);
	/* The host has set current again: a restore may lie in between. */
}

void script_leave(struct script *sc, enum left why)
{
	leave_by(sc, sc->on, why);
}

u64 script_live_from(const struct script *sc)
{
	const char *base = (const char *)sc->region;
	bool in_machine = sc->event_machine && sc->wait == &sc->event_machine->pause_co;
	const struct co *waits = in_machine ? &sc->event_machine->sched_co : &sc->co;

	return (u64)((const char *)waits->sp - base);
}

static u32 index_of(const struct script *sc, const struct machine *m)
{
	u32 i = sc->nr_machines;

	while (i-- > 0)
		if (sc->machines[i] == m)
			return i;
	return NOBODY;
}

void script_event(struct machine *m, const struct event *ev, void *session)
{
	struct session *s = session;
	struct script *sc = s->script;

	s->tick++;
	if (s->tick > s->end)
		log_append(s, ev, index_of(sc, m));
	else if (memcmp(&log_at(s, s->tick)->event, ev, sizeof(*ev)))
		s->diverged = true;
	if (s->tick < s->alarm)
		return;
	sc->event_machine = m;
	if (on_script_stack(sc, &s)) {
		script_leave(sc, LEFT_EVENT);
		return;
	}
	m->pause_co.stack = current->stack;
	m->pause_co.stack_size = THREAD_STACK;
	leave_by(sc, &m->pause_co, LEFT_EVENT);
}

static void kill_with(struct script *sc, const char *where, const char *why)
{
	snprintf(sc->session->killed, sizeof(sc->session->killed), "%s%s%s", where,
		 where[0] ? ": " : "", why);
	for (;;)
		script_leave(sc, LEFT_KILLED);
}

void script_kill(lua_State *L, const char *format, ...)
{
	struct script *sc = script_of(L);
	char where[100], why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	script_where(sc->running ? sc->running : L, where, sizeof(where));
	kill_with(sc, where, why);
	__builtin_unreachable();
}

void script_out_of_memory(lua_State *L)
{
	struct script *sc = script_of(L);
	char why[100];

	snprintf(why, sizeof(why), "stopped: the script has used its %llu MiB of memory%s",
		 (unsigned long long)(sc->session->config.memory_limit >> 20),
		 sc->refused_deep ? ", in an endless recursion" : "");
	kill_with(sc, sc->refused_at, why);
	__builtin_unreachable();
}

static int at_panic(lua_State *L)
{
	const char *why = lua_tostring(L, -1);

	script_kill(L, "Lua gave up: %s", why ? why : "no reason known");
}

/* -- budgets ----------------------------------------------------------------------------------- */

/* Libraries of ours have names like "=[lesson]"; what the user wrote is a file or a prompt. */
void script_where(lua_State *L, char *buf, size_t n)
{
	lua_Debug ar;

	buf[0] = 0;
	for (int level = 0; lua_getstack(L, level, &ar); level++) {
		lua_getinfo(L, "Sl", &ar);
		if (ar.currentline > 0 && ar.source[1] != '[') {
			snprintf(buf, n, "%s:%d", ar.short_src, ar.currentline);
			return;
		}
	}
}

void script_new_budget(struct script *sc)
{
	sc->instructions = 0;
}

void script_op_done(struct script *sc, const struct op *op, u32 machine)
{
	struct session *s = sc->session;

	if (!s->stops_at_ops)
		return;
	s->op = op;
	s->op_machine = machine;
	script_leave(sc, LEFT_OP);
}

void script_charge(struct script *sc, u64 instructions)
{
	sc->instructions += instructions;
	sc->total += instructions;
}

/* Every COUNT_STEP instructions of any coroutine. */
static void count_hook(lua_State *L, lua_Debug *ar)
{
	struct script *sc = script_of(L);
	const struct session_config *c = &sc->session->config;

	(void)ar;
	script_charge(sc, COUNT_STEP);
	if (sc->instructions > c->instruction_budget)
		script_kill(L, "stopped after %llu Lua instructions without a machine operation",
			    (unsigned long long)c->instruction_budget);
	if (c->total_budget && sc->total > c->total_budget)
		script_kill(L, "stopped after %llu Lua instructions in all",
			    (unsigned long long)c->total_budget);
	if (++sc->hooks % HOST_LOOK == 0)
		script_leave(sc, LEFT_COUNT);
}

/* The first refusal makes Lua collect its garbage and ask again; the line is that of the asker. */
static void *refuse(struct script *sc)
{
	lua_Debug ar;

	sc->refused_at[0] = 0;
	if (!sc->running)
		return NULL;
	script_where(sc->running, sc->refused_at, sizeof(sc->refused_at));
	sc->refused_deep = lua_getstack(sc->running, DEEP, &ar);
	return NULL;
}

static void *allocate(void *arg, void *p, size_t old, size_t size)
{
	struct script *sc = arg;
	void *q;

	if (!p)
		old = 0; /* Lua passes the kind of object */
	if (!size) {
		region_free(sc->region, p, old);
		sc->memory -= old;
		return NULL;
	}
	if (sc->memory + size > sc->session->config.memory_limit + old)
		return refuse(sc);
	q = region_realloc(sc->region, p, old, size);
	if (!q)
		return refuse(sc);
	sc->memory += size - old;
	return q;
}

/* -- output ------------------------------------------------------------------------------------ */

void script_print(struct script *sc, char kind, const char *text, size_t n)
{
	struct session *s = sc->session;
	const char *end = text + n;

	for (const char *newline = text; newline; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		s->print.kind = kind;
		s->print.text = text;
		s->print.n = (size_t)((newline ? newline : end) - text);
		script_leave(sc, LEFT_PRINT);
	}
}

/* -- life -------------------------------------------------------------------------------------- */

/* The script's stack begins here and never returns. */
static void script_main(void *arg)
{
	struct script *sc = arg;

	sc->L = lua_newstate(allocate, sc);
	if (!sc->L)
		kill_with(sc, "", "no memory for Lua");
	*(struct script **)lua_getextraspace(sc->L) = sc;
	lua_atpanic(sc->L, at_panic);
	lua_sethook(sc->L, count_hook, LUA_MASKCOUNT, COUNT_STEP);
	sc->running = sc->L;
	sc->ended = (u8)lua_guarded(sc, script_open);
	for (;;) {
		sc->input_text = NULL;
		script_leave(sc, LEFT_IDLE);
		text_set(sc, &sc->error, NULL);
		script_new_budget(sc);
		script_input(sc);
	}
}

static struct script *script_new(struct session *s)
{
	u64 heap = s->config.memory_limit * 4 + (1u << 20); /* the allocator rounds sizes up */
	struct region *r = region_create(heap, SCRIPT_STACK_PAGES + 1);
	struct script *sc;

	if (!r)
		return NULL;
	sc = region_alloc(r, sizeof(*sc));
	*sc = (struct script){ .session = s, .region = r, .wait = &sc->co, .on = &sc->co };
	sc->look.machine = NOBODY;
	mprotect(region_frame(r, 0), PAGE_SIZE, PROT_NONE);
	for (u32 i = 1; i <= SCRIPT_STACK_PAGES; i++)
		region_frame_make(r, i);
	co_init(&sc->co, region_frame(r, 1), SCRIPT_STACK_PAGES * PAGE_SIZE, script_main, sc);
	return sc;
}

struct script *script_create(struct session *s, char *err, size_t n)
{
	struct script *sc = script_new(s);

	if (!sc) {
		snprintf(err, n, "this computer has no memory for a script");
		return NULL;
	}
	s->script = sc;
	do {
		current = sc->current;
		co_switch(&s->host, sc->wait);
	} while (sc->left != LEFT_IDLE && sc->left != LEFT_KILLED);
	if (sc->left == LEFT_IDLE && sc->ended == ENDED_WELL)
		return sc;
	snprintf(err, n, "%s", sc->left == LEFT_KILLED ? s->killed : sc->error.s);
	script_destroy(sc);
	s->script = NULL;
	return NULL;
}

void script_destroy(struct script *sc)
{
	region_destroy(sc->region);
}
