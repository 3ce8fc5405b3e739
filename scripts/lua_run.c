/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading and running: the libraries, the file of the session, chunks from a prompt. */
#include "session_priv.h"
#include "lua_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FILE (8u << 20)

/* -- files ------------------------------------------------------------------------------------- */

/* Push a file's text. The FILE is closed before anything can be raised. */
static void file_push(lua_State *L, const char *path)
{
	struct session *s = script_of(L)->session;
	FILE *f = fopen(path, "r");
	size_t n = 0;
	int failed;

	if (!f)
		luaL_error(L, "cannot open %s: %s", path, strerror(errno));
	free(s->scratch);
	s->scratch = malloc(MAX_FILE);
	errno = 0;
	n = s->scratch ? fread(s->scratch, 1, MAX_FILE, f) : 0;
	failed = ferror(f) || !s->scratch ? errno : n == MAX_FILE ? EFBIG : 0;
	fclose(f);
	if (failed)
		luaL_error(L, "cannot read %s: %s", path, strerror(failed));
	lua_pushlstring(L, s->scratch, n);
	free(s->scratch);
	s->scratch = NULL;
}

/* Compile text as a function of the sandbox; errors are raised. Pushes it. */
static void compile(lua_State *L, const char *text, size_t n, const char *name)
{
	if (luaL_loadbufferx(L, text, n, name, "t") != LUA_OK)
		lua_error(L);
	sandbox_push(L);
	lua_setupvalue(L, -2, 1); /* a chunk's only upvalue is _ENV */
}

static void compile_file(lua_State *L, const char *path)
{
	const char *text;
	size_t n, skip = 0;

	file_push(L, path);
	text = lua_tolstring(L, -1, &n);
	if (memchr(text, 0, n < 4096 ? n : 4096))
		luaL_error(L, "%s is not Lua text: it holds binary data", path);
	if (text[0] == '#')
		skip = strcspn(text, "\n"); /* the line stays, so that lines count */
	lua_pushfstring(L, "@%s", path);
	compile(L, text + skip, n - skip, lua_tostring(L, -1));
}

/* -- the libraries ----------------------------------------------------------------------------- */

/* Run scripts/lib/NAME.lua with the whole of Lua's base; its value goes to the registry. */
static void library(lua_State *L, const char *name, int (*host)(lua_State *))
{
	char path[1024], file[64];

	snprintf(file, sizeof(file), "scripts/lib/%s.lua", name);
	file_push(L, data_path(file, path, sizeof(path)));
	lua_pushfstring(L, "=[%s]", name);
	if (luaL_loadbufferx(L, lua_tostring(L, -2), lua_rawlen(L, -2), lua_tostring(L, -1), "t"))
		lua_error(L);
	lua_call(L, host ? host(L) : 0, 1);
	lua_pushfstring(L, "rmaplab.%s", name);
	lua_insert(L, -2);
	lua_rawset(L, LUA_REGISTRYINDEX);
	lua_settop(L, 0);
}

/* host.compile(text, name): a function of the sandbox. */
static int host_compile(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);

	compile(L, text, n, luaL_checkstring(L, 2));
	return 1;
}

/* host.tell(text): lines of output that are the lesson's. */
static int host_tell(lua_State *L)
{
	size_t n;
	const char *text = luaL_checklstring(L, 1, &n);

	script_print(script_of(L), 'l', text, n);
	return 0;
}

static const luaL_Reg host_functions[] = {
	{ "compile", host_compile }, { "tell", host_tell }, { "view", lesson_view_set },
	{ NULL, NULL },
};

/* What lesson.lua gets as its argument. */
static int lesson_host(lua_State *L)
{
	lua_newtable(L);
	luaL_setfuncs(L, host_functions, 0);
	sandbox_push(L);
	lua_setfield(L, -2, "env");
	return 1;
}

int script_open(lua_State *L)
{
	const struct session_config *c = &script_of(L)->session->config;

	handles_open(L);
	failures_open(L);
	sandbox_open(L);
	lua_settop(L, 0);
	library(L, "glossary", NULL);
	library(L, "show", NULL);
	if (c->file) {
		compile_file(L, c->file);
		lua_setfield(L, LUA_REGISTRYINDEX, "rmaplab.file");
		lua_settop(L, 0);
	}
	if (c->mode == SESSION_LESSON) {
		library(L, "lesson", lesson_host);
		lesson_open(L);
	}
	if (c->mode == SESSION_EXPERIMENT) {
		library(L, "experiment", experiment_host);
		experiment_load(L);
	}
	return 0;
}

/* -- inputs ------------------------------------------------------------------------------------ */

static int run_file(lua_State *L)
{
	const struct session_config *c = &script_of(L)->session->config;

	if (lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.file") != LUA_TFUNCTION)
		return 0;
	luaL_checkstack(L, c->argc, "arguments");
	for (int i = 0; i < c->argc; i++)
		lua_pushstring(L, c->argv[i]);
	lua_call(L, c->argc, 0);
	return 0;
}

/* "1 + 1" is not a statement, but "return 1 + 1" is. */
static void compile_chunk(lua_State *L, const char *text)
{
	lua_pushfstring(L, "return %s", text);
	if (luaL_loadbufferx(L, lua_tostring(L, -1), lua_rawlen(L, -1), "=prompt", "t") == LUA_OK) {
		sandbox_push(L);
		lua_setupvalue(L, -2, 1);
		return;
	}
	compile(L, text, strlen(text), "=prompt");
}

static void show_results(lua_State *L, int first)
{
	int n = lua_gettop(L) - first + 1;
	luaL_Buffer b;

	if (n <= 0)
		return;
	luaL_checkstack(L, n + 4, "results");
	for (int i = 0; i < n; i++) {
		lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.show");
		lua_pushvalue(L, first + i);
		lua_call(L, 1, 1);
	}
	luaL_buffinit(L, &b);
	for (int i = 0; i < n; i++) {
		if (i)
			luaL_addchar(&b, '\t');
		luaL_addstring(&b, lua_tostring(L, first + n + i));
	}
	luaL_pushresult(&b);
	script_print(script_of(L), 'p', lua_tostring(L, -1), lua_rawlen(L, -1));
}

static int run_chunk(lua_State *L)
{
	compile_chunk(L, script_of(L)->input_text);
	lua_replace(L, 1);
	lua_settop(L, 1);
	lua_call(L, 0, LUA_MULTRET);
	show_results(L, 1);
	return 0;
}

static int carry_out(lua_State *L)
{
	struct script *sc = script_of(L);
	bool lesson = sc->session->config.mode == SESSION_LESSON;

	lua_settop(L, 0);
	if (sc->session->config.mode == SESSION_EXPERIMENT)
		return experiment_call(L);
	if (sc->input == INPUT_CHUNK)
		run_chunk(L);
	else if (!lesson)
		run_file(L);
	lua_settop(L, 0);
	return lesson ? lesson_call(L) : 0;
}

void script_input(struct script *sc)
{
	sc->ended = (u8)lua_guarded(sc, carry_out);
}
