/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The C side of experiments. What a file says, and what its functions find, goes to the host as
 * it is said: struct finding of session.h. scripts/lib/experiment.lua checks and calls.
 */
#include "session_priv.h"
#include "lua_priv.h"

static void tell(lua_State *L, const struct finding *f)
{
	const struct session_config *c = &script_of(L)->session->config;

	if (c->on_finding)
		c->on_finding(f, c->arg);
}

/* Text i of the arguments, which must be one. */
static const char *text(lua_State *L, int i)
{
	return luaL_checkstring(L, i);
}

static int host_head(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_HEAD, .name = text(L, 1),
				   .text = { text(L, 2), text(L, 3) } });
	return 0;
}

static int host_claim(lua_State *L)
{
	tell(L, &(struct finding){
		.kind = FOUND_CLAIM, .name = text(L, 1),
		.text = { text(L, 2), text(L, 3), text(L, 4) },
		.number = { luaL_checknumber(L, 5), luaL_checknumber(L, 6) },
		.all = lua_toboolean(L, 7),
	});
	return 0;
}

static int host_case(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_CASE, .name = text(L, 1),
				   .all = lua_toboolean(L, 2) });
	return 0;
}

static int host_plot(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_PLOT, .name = "",
				   .text = { text(L, 1), text(L, 2), text(L, 3) } });
	return 0;
}

static int host_figure(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_FIGURE, .name = text(L, 1),
				   .number = { luaL_checknumber(L, 2) } });
	return 0;
}

static int host_point(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_POINT, .name = text(L, 1),
				   .number = { luaL_checknumber(L, 2), luaL_checknumber(L, 3) } });
	return 0;
}

static int host_note(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_NOTE, .name = text(L, 1) });
	return 0;
}

static int host_keep(lua_State *L)
{
	tell(L, &(struct finding){ .kind = FOUND_KEPT, .name = text(L, 1),
				   .number = { luaL_checknumber(L, 2) } });
	return 0;
}

static int host_kept(lua_State *L)
{
	const struct session_config *c = &script_of(L)->session->config;
	double value;

	if (!c->kept || !c->kept(text(L, 1), &value, c->arg))
		return 0;
	lua_pushnumber(L, value);
	return 1;
}

static const luaL_Reg host_functions[] = {
	{ "head", host_head }, { "claim", host_claim }, { "case", host_case },
	{ "plot", host_plot }, { "figure", host_figure }, { "point", host_point },
	{ "note", host_note }, { "keep", host_keep }, { "kept", host_kept }, { NULL, NULL },
};

int experiment_host(lua_State *L)
{
	lua_newtable(L);
	luaL_setfuncs(L, host_functions, 0);
	return 1;
}

/* -- calling it -------------------------------------------------------------------------------- */

/* Push a function of experiment.lua. */
static void experiment_function(lua_State *L, const char *name)
{
	lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.experiment");
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
}

void experiment_load(lua_State *L)
{
	experiment_function(L, "open");
	lua_getfield(L, LUA_REGISTRYINDEX, "rmaplab.file");
	lua_call(L, 1, 0);
}

int experiment_call(lua_State *L)
{
	experiment_function(L, "run");
	lua_pushstring(L, script_of(L)->input_text);
	lua_call(L, 1, 0);
	return 0;
}
