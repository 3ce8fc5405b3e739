/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations from Lua, and their failures. The engine never raises: an operation returns a
 * record. Here, on the script's own stack, a bad record becomes a Lua error: a table
 *
 *	{ signal="SIGSEGV", address=0x1000, message="...", where="file:line" }
 *	{ errno="ENOMEM", message="...", where=... }
 *	{ broken=true, message="the machine's report", where=... }
 */
#include "session_priv.h"
#include "lua_threads.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char failure; /* its address: the registry's key of the failures' metatable */

/* Push a failure; fields beyond message and where are the caller's. */
static void failure_push(lua_State *L, const char *message)
{
	char where[100];

	script_where(L, where, sizeof(where));
	lua_createtable(L, 0, 4);
	lua_pushstring(L, message);
	lua_setfield(L, -2, "message");
	lua_pushstring(L, where);
	lua_setfield(L, -2, "where");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &failure);
	lua_setmetatable(L, -2);
}

static int failure_tostring(lua_State *L)
{
	lua_getfield(L, 1, "message");
	return 1;
}

void failures_open(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, failure_tostring);
	lua_setfield(L, -2, "__tostring");
	lua_rawsetp(L, LUA_REGISTRYINDEX, &failure);
}

int raise_with(lua_State *L, const char *message, const char *field)
{
	failure_push(L, message);
	lua_insert(L, -2);
	lua_setfield(L, -2, field);
	return lua_error(L);
}

int raise_errno(lua_State *L, const char *name, const char *format, ...)
{
	char message[300];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	failure_push(L, message);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "errno");
	return lua_error(L);
}

/* -- a failed operation ------------------------------------------------------------------------ */

static bool vma_of(const struct machine *m, u32 pid, u32 address, struct vma_view *out)
{
	struct vma_view v[256];
	u32 n = inspect_vmas(m, pid, v, ARRAY_SIZE(v));

	for (u32 i = 0; i < n && i < ARRAY_SIZE(v); i++)
		if (address >= v[i].start && address < v[i].end) {
			*out = v[i];
			return true;
		}
	return false;
}

/* Why an address gave a signal, as far as the vmas tell. */
static const char *signal_reason(const struct machine *m, const struct op *op)
{
	struct vma_view vma;

	if (op->error == -9)
		return "out of memory";
	if (!vma_of(m, op->pid, op->address, &vma))
		return "nothing is mapped there";
	if (op->error == -7)
		return vma.inode ? "it is beyond the end of the file, or cannot be read" :
				   "its page cannot be read from swap";
	return vma.flags & 2 ? "it may not be read" : "it may not be written";
}

static void signal_push(lua_State *L, const struct machine *m, const struct op *op)
{
	const char *name = op_error_name(op->error);
	char message[300];

	if (op->error == -9)
		snprintf(message, sizeof(message), "%s: %s was killed: out of memory", name,
			 op->pid ? thread_name(m, op->pid) : op_rows[op->kind].name);
	else
		snprintf(message, sizeof(message), "%s: %s cannot %s 0x%x: %s", name,
			 thread_name(m, op->pid), op->kind == OP_READ ? "read" : "use", op->address,
			 signal_reason(m, op));
	failure_push(L, message);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "signal");
	lua_pushinteger(L, op->address);
	lua_setfield(L, -2, "address");
}

/* Why a call failed, where its name and the errno do not say it. */
static const char *errno_reason(const struct op *op)
{
	static const struct {
		u8 kind;
		s32 error;
		const char *why;
	} reasons[] = {
		{ OP_SWAPON, EPERM, ": there are 32 swap areas, and no room for another" },
		{ OP_SWAPON, EBUSY, ": this disk is a swap area already" },
		{ OP_SWAPON, EINVAL, ": an area has a header and at least one slot" },
		{ OP_SWAPON, ENOMEM, ": no memory for its map" },
		{ OP_SWAPOFF, EINVAL, ": there is no such swap area" },
		{ OP_SWAPOFF, ENOMEM, ": memory and other areas have no room for what is in it" },
		{ OP_SWAPOFF, ESRCH, ": the process that is to do it is gone" },
		{ OP_SWAPOFF, EINTR, ": a signal came, and the area is in use as before" },
		{ OP_DISK_ERROR, EINVAL, ": the disk has no such block" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].kind == op->kind && reasons[i].error == op->error)
			return reasons[i].why;
	return "";
}

static void errno_push(lua_State *L, const struct machine *m, const struct op *op)
{
	const char *name = op_error_name(op->error), *call = op_rows[op->kind].name;
	char message[300];

	if (op->error == ENOSYS)
		snprintf(message, sizeof(message), "%s: kernel %s does not have %s", name,
			 m->config.kernel->name, call);
	else
		snprintf(message, sizeof(message), "%s: %s failed%s", name, call,
			 errno_reason(op));
	failure_push(L, message);
	lua_pushstring(L, name);
	lua_setfield(L, -2, "errno");
}

static void broken_push(lua_State *L, const struct machine *m)
{
	char report[600];

	if (!machine_report(m, report, sizeof(report)))
		snprintf(report, sizeof(report), "the machine is broken");
	report[strcspn(report, "\n")] = 0;
	failure_push(L, report);
	lua_pushboolean(L, true);
	lua_setfield(L, -2, "broken");
}

bool is_broken_error(lua_State *L, int idx)
{
	bool broken;

	if (!lua_istable(L, idx))
		return false;
	lua_pushvalue(L, idx);
	lua_pushliteral(L, "broken");
	broken = lua_rawget(L, -2) == LUA_TBOOLEAN && lua_toboolean(L, -1);
	lua_pop(L, 2);
	return broken;
}

/* The string field of an error table, "" when it has none. Leaves it on the stack. */
static const char *raw_field(lua_State *L, int idx, const char *name)
{
	lua_pushvalue(L, idx);
	lua_pushstring(L, name);
	lua_rawget(L, -2);
	lua_remove(L, -2);
	return lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
}

void error_text(lua_State *L, int idx, char *buf, size_t n)
{
	idx = lua_absindex(L, idx);
	if (lua_type(L, idx) == LUA_TSTRING) {
		snprintf(buf, n, "%s", lua_tostring(L, idx));
	} else if (lua_istable(L, idx) && *raw_field(L, idx, "message")) {
		const char *message = raw_field(L, idx, "message");
		const char *where = raw_field(L, idx, "where");

		snprintf(buf, n, "%s%s%s", where, *where ? ": " : "", message);
	} else {
		snprintf(buf, n, "error with a value that is no text: a %s",
			 luaL_typename(L, idx));
	}
}

/* -- running ----------------------------------------------------------------------------------- */

void may_change(lua_State *L, const char *what)
{
	const struct script *sc = script_of(L);

	if (sc->in_callback)
		luaL_error(L, "%s: a function given to m:on may look, not change anything", what);
	if (sc->body)
		luaL_error(L, "%s: not in a thread of a scenario", what);
}

static bool passed_over(const struct script *sc, const struct op *op)
{
	const struct session_config *c = &sc->session->config;

	return c->pass_over && c->pass_over(op, c->arg);
}

/* Whoever watches is asked. false: the machine is broken. */
static bool run_alone(lua_State *L, u32 machine, struct op *op)
{
	struct script *sc = script_of(L);
	u64 from = sc->session->tick;
	bool whole = passed_over(sc, op) || op_run(sc->machines[machine], op);

	script_new_budget(sc);
	script_op_done(sc, op, machine);
	callbacks_run(L, machine, from);
	return whole;
}

/* In a scenario, whose threads are watched as a whole. */
static bool run_beside(struct script *sc, u32 machine, struct op *op)
{
	body_op(sc, op, machine);
	script_new_budget(sc);
	return true;
}

s64 run_op(lua_State *L, u32 machine, struct op *op)
{
	struct script *sc = script_of(L);
	struct machine *m = sc->machines[machine];
	bool whole;

	if (sc->in_callback)
		luaL_error(L, "%s: a function given to m:on may look, not change anything",
			   op_rows[op->kind].name);
	whole = sc->body ? run_beside(sc, machine, op) : run_alone(L, machine, op);
	if (!whole)
		broken_push(L, m);
	else if (op->error < 0)
		signal_push(L, m, op);
	else if (op->error)
		errno_push(L, m, op);
	else
		return op->ret;
	lua_error(L);
	return 0;
}
