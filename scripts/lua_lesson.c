/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C side of lessons. What a lesson does is in scripts/lib/lesson.lua; here its functions are
 * called, and what it wants to be seen is copied out of Lua into struct lesson_state, where the
 * host can read it at any moment.
 */
#include "session_priv.h"
#include "lua_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- look -------------------------------------------------------------------------------------- */

static bool look_field(lua_State *L, int idx, const char *name)
{
	if (arg_field(L, idx, name))
		return true;
	lua_pop(L, 1);
	return false;
}

static u32 look_page(lua_State *L)
{
	const struct handle *h = handle_at(L, -1, &page_kind);

	return h ? h->id : (u32)arg_number(L, -1, "page", UINT32_MAX);
}

/* A process: a handle, a pid or a name. 0: there is none of that name now. */
static u32 look_task(lua_State *L, const struct machine *m)
{
	const struct handle *h = handle_at(L, -1, &task_kind);

	if (h)
		return h->id;
	if (lua_type(L, -1) == LUA_TNUMBER)
		return (u32)arg_number(L, -1, "task", UINT16_MAX);
	arg_string(L, -1, "task", "a process, its pid or its name");
	for (u32 pid = m ? m->nr_pids : 0; pid-- > 0;)
		if (!strcmp(thread_name(m, pid), lua_tostring(L, -1)))
			return pid;
	return 0;
}

/* Read {pane=, page=, task=, address=, machine=} at idx into the script's look. */
static void look_set(lua_State *L, int idx)
{
	struct script *sc = script_of(L);
	const struct machine *m = session_focus(sc->session);

	sc->look.has_pfn = false;
	sc->look.pfn = sc->look.pid = sc->look.address = 0;
	text_set(sc, &sc->look.pane, NULL);
	if (look_field(L, idx, "pane")) {
		text_set(sc, &sc->look.pane, arg_string(L, -1, "pane", "the name of a pane"));
		lua_pop(L, 1);
	}
	if (look_field(L, idx, "page")) {
		sc->look.pfn = look_page(L);
		sc->look.has_pfn = true;
		lua_pop(L, 1);
	}
	if (look_field(L, idx, "task")) {
		sc->look.pid = look_task(L, m);
		lua_pop(L, 1);
	}
	if (look_field(L, idx, "address")) {
		sc->look.address = arg_address(L, -1, "address");
		lua_pop(L, 1);
	}
	if (look_field(L, idx, "machine")) {
		const struct handle *h = handle_at(L, -1, &machine_kind);

		if (!h)
			misuse(L, -1, "machine", "a machine");
		sc->look.machine = h->machine;
		lua_pop(L, 1);
	}
}

int api_look(lua_State *L)
{
	arg_table(L, 1, "pane page task address machine");
	look_set(L, 1);
	return 0;
}

/* -- host.view(t) ------------------------------------------------------------------------------ */

static void view_text(lua_State *L, struct text *to, const char *name)
{
	lua_getfield(L, 1, name);
	text_set(script_of(L), to, lua_tostring(L, -1));
	lua_pop(L, 1);
}

static u32 view_number(lua_State *L, const char *name)
{
	u32 number;

	lua_getfield(L, 1, name);
	number = (u32)lua_tointeger(L, -1);
	lua_pop(L, 1);
	return number;
}

int lesson_view_set(lua_State *L)
{
	struct lesson_state *v = &script_of(L)->lesson;

	v->loaded = true;
	view_text(L, &v->id, "id");
	view_text(L, &v->title, "title");
	view_text(L, &v->chapter, "chapter");
	view_text(L, &v->source, "source");
	view_text(L, &v->text, "text");
	view_text(L, &v->question, "question");
	view_text(L, &v->pick, "pick");
	view_text(L, &v->reply, "reply");
	v->step = view_number(L, "step");
	v->steps = view_number(L, "steps");
	v->hints = view_number(L, "hints");
	v->hints_shown = view_number(L, "hints_shown");
	v->wait = (u8)view_number(L, "wait");
	lua_getfield(L, 1, "right");
	v->right = lua_toboolean(L, -1);
	if (lua_getfield(L, 1, "look") == LUA_TTABLE)
		look_set(L, lua_gettop(L));
	return 0;
}

/* -- calling it -------------------------------------------------------------------------------- */

/* Push a function of lesson.lua. */
static void lesson_function(lua_State *L, const char *name)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.lesson");
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
}

void lesson_open(lua_State *L)
{
	const struct session_config *c = &script_of(L)->session->config;

	lesson_function(L, "open");
	lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.file");
	if (!lua_isfunction(L, -1))
		luaL_error(L, "a lesson needs a file");
	lua_call(L, 0, 1);
	lua_pushstring(L, c->file);
	lua_call(L, 2, 0);
}

static const char *const lesson_functions[] = {
	[INPUT_START] = "start", [INPUT_CHUNK] = "chunk", [INPUT_NEXT] = "next",
	[INPUT_ANSWER] = "answer", [INPUT_HINT] = "hint", [INPUT_SOLUTION] = "solution",
	[INPUT_JUMP] = "jump", [INPUT_CHECK] = "check",
};

int lesson_call(lua_State *L)
{
	struct script *sc = script_of(L);

	lesson_function(L, lesson_functions[sc->input]);
	lua_pushstring(L, sc->input_text);
	lua_call(L, 1, 0);
	return 0;
}

/* -- what the host sees ------------------------------------------------------------------------ */

static u32 file_number(const char *path)
{
	const char *name = path ? strrchr(path, '/') : NULL;

	name = name ? name + 1 : path;
	return name ? (u32)strtoul(name, NULL, 10) : 0;
}

bool session_lesson(const struct session *s, struct lesson_view *out)
{
	const struct lesson_state *v = &s->script->lesson;
	const struct look *where = &s->script->look;

	if (!v->loaded)
		return false;
	*out = (struct lesson_view){
		.id = v->id.s, .title = v->title.s, .chapter = v->chapter.s, .source = v->source.s,
		.number = file_number(s->config.file), .step = v->step, .steps = v->steps,
		.wait = v->wait, .text = v->text.s, .question = v->question.s, .pick = v->pick.s,
		.reply = v->reply.s, .right = v->right, .hints = v->hints,
		.hints_shown = v->hints_shown, .look_pfn = where->pfn, .look_pid = where->pid,
		.look_address = where->address, .look_pane = where->pane.s,
		.look_has_pfn = where->has_pfn,
	};
	return true;
}
