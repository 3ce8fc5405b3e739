/* SPDX-License-Identifier: GPL-2.0-only */
/* m:swapon{}, m:swapoff(), m:disk_error{}, m:alloc_error{}: disks that become swap areas and are
 * none any more, and what is made to fail. */
#include "lua_priv.h"

#include <string.h>

static u32 self(lua_State *L, struct machine **m)
{
	return handle_self(L, &machine_kind, m)->machine;
}

int machine_swapon(lua_State *L)
{
	u32 machine = self(L, NULL);
	struct op op = { .kind = OP_SWAPON, .arg = { 0, (u64)(s64)-1 } };

	arg_table(L, 2, "size priority device");
	arg_field(L, 2, "size");
	op.arg[0] = arg_size(L, -1, "size");
	if (arg_field(L, 2, "priority"))
		op.arg[1] = arg_number(L, -1, "priority", 32767);
	if (arg_field(L, 2, "device"))
		op.arg[2] = arg_number(L, -1, "device", MAX_SWAP_DEVICES);
	handle_push(L, &swap_kind, machine, (u32)run_op(L, machine, &op), 0);
	return 1;
}

/* A process that is to do it, in the place of a program of its own. */
static u16 swapoff_task(lua_State *L, u32 machine)
{
	const struct handle *h = handle_at(L, -1, &task_kind);

	if (!h || h->machine != machine)
		misuse(L, -1, "task", "a task of this machine");
	return (u16)h->id;
}

/* m:swapoff(type, {alarm=, task=}) */
int machine_swapoff(lua_State *L)
{
	u32 machine = self(L, NULL);
	struct op op = { .kind = OP_SWAPOFF };

	if (lua_istable(L, 2) || lua_isnoneornil(L, 2))
		misuse(L, 2, "swapoff", "the number of a swap area, as in m:swapoff(0)");
	op.arg[0] = arg_number(L, 2, "swapoff", UINT32_MAX);
	if (!lua_isnoneornil(L, 3)) {
		arg_table(L, 3, "alarm task");
		if (arg_field(L, 3, "alarm"))
			op.arg[1] = arg_time(L, -1, "alarm");
		if (arg_field(L, 3, "task"))
			op.pid = swapoff_task(L, machine);
	}
	run_op(L, machine, &op);
	return 0;
}

/* A page of a file. */
static void disk_error_file(lua_State *L, u32 machine, struct op *op)
{
	const struct handle *h = handle_at(L, -1, &file_kind);

	if (!h || h->machine != machine)
		misuse(L, -1, "file", "a file of this machine");
	op->arg[4] = h->id;
	arg_field(L, 2, "offset");
	op->arg[1] = arg_size(L, -1, "offset") >> PAGE_SHIFT;
}

/* A slot of a swap area, which is given by its number. */
static void disk_error_slot(lua_State *L, const struct machine *m, struct op *op)
{
	struct swap_view v[MAX_SWAP_DEVICES];
	u32 n = inspect_swap(m, v, MAX_SWAP_DEVICES), type = 0;

	if (arg_field(L, 2, "swap"))
		type = (u32)arg_number(L, -1, "swap", MAX_SWAP_DEVICES - 1);
	for (u32 i = 0; i < n; i++)
		if (v[i].type == type)
			op->arg[0] = v[i].disk;
	if (!op->arg[0])
		raise_errno(L, "ENODEV", "ENODEV: there is no swap area %u", type);
	arg_field(L, 2, "slot");
	op->arg[1] = arg_number(L, -1, "slot", UINT32_MAX);
}

/* How often, of the table at 2: once, unless it says otherwise. */
static u64 error_times(lua_State *L)
{
	if (!arg_field(L, 2, "times"))
		return 1;
	if (lua_type(L, -1) == LUA_TSTRING && !strcmp(lua_tostring(L, -1), "always"))
		return UINT32_MAX;
	return arg_number(L, -1, "times", INT32_MAX);
}

int machine_disk_error(lua_State *L)
{
	struct machine *m;
	u32 machine = self(L, &m);
	struct op op = { .kind = OP_DISK_ERROR, .arg = { 0 } };
	const char *on;

	arg_table(L, 2, "swap slot file offset on times");
	if (arg_field(L, 2, "file"))
		disk_error_file(L, machine, &op);
	else
		disk_error_slot(L, m, &op);
	arg_field(L, 2, "on");
	on = arg_string(L, -1, "on", "\"read\" or \"write\"");
	if (strcmp(on, "read") && strcmp(on, "write"))
		misuse(L, -1, "on", "\"read\" or \"write\"");
	op.arg[2] = !strcmp(on, "write");
	op.arg[3] = error_times(L);
	run_op(L, machine, &op);
	return 0;
}

/* Whose requests: those that cannot wait, those that can, both. The bits of the operation. */
static u64 error_whose(lua_State *L)
{
	static const char *const whose[] = { "atomic", "wait", "any" };
	const char *expected = "\"atomic\", \"wait\" or \"any\"", *on;
	u32 i;

	if (!arg_field(L, 2, "on"))
		return 3;
	on = arg_string(L, -1, "on", expected);
	for (i = 0; i < ARRAY_SIZE(whose) && strcmp(on, whose[i]); i++)
		;
	return i < ARRAY_SIZE(whose) ? i + 1 : (u64)misuse(L, -1, "on", expected);
}

int machine_alloc_error(lua_State *L)
{
	u32 machine = self(L, NULL);
	struct op op = { .kind = OP_ALLOC_ERROR, .arg = { 1 } };

	arg_table(L, 2, "interval times on");
	if (arg_field(L, 2, "interval"))
		op.arg[0] = (u64)arg_between(L, -1, "interval", 1, UINT32_MAX);
	op.arg[1] = error_times(L);
	op.arg[2] = error_whose(L);
	run_op(L, machine, &op);
	return 0;
}
