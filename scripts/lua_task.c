/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes: their calls, their accesses, their ptes. */
#include "lua_priv.h"

#include <stdio.h>
#include <string.h>

/* mmap's numbers on i386 (asm-i386/mman.h of 2.5.27), as operations take them. */
enum {
	MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_LOCKED = 0x2000
};

static const struct handle *self(lua_State *L)
{
	return handle_self(L, &task_kind, NULL);
}

static struct op task_op(lua_State *L, u8 kind)
{
	return (struct op){ .kind = kind, .pid = (u16)self(L)->id };
}

static s64 run(lua_State *L, struct op *op)
{
	return run_op(L, handle_any(L, 1)->machine, op);
}

/* -- address space ----------------------------------------------------------------------------- */

static void file_option(lua_State *L, struct op *op)
{
	const struct handle *h;

	if (arg_field(L, 2, "file")) {
		h = handle_at(L, -1, &file_kind);
		if (!h || h->machine != handle_any(L, 1)->machine)
			misuse(L, -1, "file", "a file of the same machine");
		op->arg[4] = h->id;
	} else {
		op->arg[3] |= MAP_ANONYMOUS;
	}
	lua_pop(L, 1);
}

static bool flag_option(lua_State *L, const char *name)
{
	bool set;

	arg_field(L, 2, name);
	set = arg_bool(L, -1, name);
	lua_pop(L, 1);
	return set;
}

static int task_mmap(lua_State *L)
{
	struct op op = task_op(L, OP_MMAP);

	arg_table(L, 2, "len prot shared file offset at locked");
	arg_field(L, 2, "len");
	op.arg[1] = arg_size(L, -1, "len");
	op.arg[2] = 3;
	if (arg_field(L, 2, "prot"))
		op.arg[2] = arg_prot(L, -1, "prot");
	op.arg[3] = flag_option(L, "shared") ? MAP_SHARED : MAP_PRIVATE;
	if (flag_option(L, "locked"))
		op.arg[3] |= MAP_LOCKED;
	if (arg_field(L, 2, "at")) {
		op.arg[0] = arg_address(L, -1, "at");
		op.arg[3] |= MAP_FIXED;
	}
	if (arg_field(L, 2, "offset"))
		op.arg[5] = arg_size(L, -1, "offset");
	file_option(L, &op);
	lua_pushinteger(L, run(L, &op));
	return 1;
}

static int task_munmap(lua_State *L)
{
	struct op op = task_op(L, OP_MUNMAP);

	op.arg[0] = arg_address(L, 2, "address");
	op.arg[1] = arg_size(L, 3, "length");
	run(L, &op);
	return 0;
}

static int task_brk(lua_State *L)
{
	struct op op = task_op(L, OP_BRK);

	op.arg[0] = arg_address(L, 2, "address");
	lua_pushinteger(L, run(L, &op));
	return 1;
}

/* -- accesses ---------------------------------------------------------------------------------- */

static int task_read(lua_State *L)
{
	struct op op = task_op(L, OP_READ);

	op.arg[0] = arg_address(L, 2, "address");
	lua_pushinteger(L, (u32)run(L, &op));
	return 1;
}

static u32 arg_word(lua_State *L, int idx)
{
	int whole;
	lua_Integer word = lua_tointegerx(L, idx, &whole);

	if (!whole || lua_type(L, idx) != LUA_TNUMBER || word < INT32_MIN || word > UINT32_MAX)
		misuse(L, idx, "word", "a 32-bit whole number");
	return (u32)word;
}

static int task_write(lua_State *L)
{
	struct op op = task_op(L, OP_WRITE);

	op.arg[0] = arg_address(L, 2, "address");
	op.arg[1] = arg_word(L, 3);
	run(L, &op);
	return 0;
}

static int task_touch(lua_State *L)
{
	struct op op = task_op(L, OP_TOUCH);
	const char *expected = "\"r\" or \"w\"";

	op.arg[0] = arg_address(L, 2, "address");
	op.arg[1] = arg_size(L, 3, "length");
	if (!lua_isnoneornil(L, 4)) {
		const char *mode = arg_string(L, 4, "mode", expected);

		if (strcmp(mode, "r") && strcmp(mode, "w"))
			misuse(L, 4, "mode", expected);
		op.arg[2] = mode[0] == 'w';
	}
	lua_pushinteger(L, run(L, &op));
	return 1;
}

/* -- life -------------------------------------------------------------------------------------- */

/* {name=, nice=, root=, rawio=}; root may do everything, unless it says otherwise. */
static void task_options(lua_State *L, struct op *op)
{
	bool root;

	arg_table(L, 2, "name nice root rawio");
	if (arg_field(L, 2, "nice"))
		op->arg[0] = (u64)arg_between(L, -1, "nice", -20, 19);
	root = flag_option(L, "root");
	if (root)
		op->arg[1] |= OP_TASK_ROOT;
	if (arg_field(L, 2, "rawio") ? arg_bool(L, -1, "rawio") : root)
		op->arg[1] |= OP_TASK_RAWIO;
	arg_field(L, 2, "name");
}

int machine_task(lua_State *L)
{
	const struct handle *h = handle_self(L, &machine_kind, NULL);
	struct op op = { .kind = OP_TASK };
	bool options = lua_istable(L, 2);

	if (options)
		task_options(L, &op);
	snprintf(op.text, sizeof(op.text), "%s", arg_name(L, options ? -1 : 2, "name"));
	handle_push(L, &task_kind, h->machine, (u32)run_op(L, h->machine, &op), 0);
	return 1;
}

/* An operation with one number, from min to max. */
static int number_op(lua_State *L, u8 kind, const char *what, s64 min, s64 max)
{
	struct op op = task_op(L, kind);

	op.arg[0] = (u64)arg_between(L, 2, what, min, max);
	run(L, &op);
	return 0;
}

static int task_renice(lua_State *L)
{
	return number_op(L, OP_RENICE, "nice", -20, 19);
}

static int task_oom_adjust(lua_State *L)
{
	return number_op(L, OP_OOM_ADJ, "oom_adj", -1000, 1000);
}

static int task_compute(lua_State *L)
{
	struct op op = task_op(L, OP_COMPUTE);

	op.arg[0] = arg_time(L, 2, "how long");
	run(L, &op);
	return 0;
}

static int task_fork(lua_State *L)
{
	struct op op = task_op(L, OP_FORK);
	const struct handle *h = self(L);
	const char *name = lua_isnoneornil(L, 2) ? thread_name(handle_machine(L, h), h->id)
						 : arg_name(L, 2, "name");

	snprintf(op.text, sizeof(op.text), "%s", name);
	handle_push(L, &task_kind, h->machine, (u32)run(L, &op), 0);
	return 1;
}

/* As much as a small program gets: its name, a few arguments, the environment. */
#define EXEC_BYTES 2048

static int task_exec(lua_State *L)
{
	struct op op = task_op(L, OP_EXEC);

	snprintf(op.text, sizeof(op.text), "%s", arg_name(L, 2, "name"));
	op.arg[0] = EXEC_BYTES;
	if (!lua_isnoneornil(L, 3)) {
		arg_table(L, 3, "args");
		if (arg_field(L, 3, "args"))
			op.arg[0] = arg_size(L, -1, "args");
	}
	run(L, &op);
	return 0;
}

static int task_exit(lua_State *L)
{
	struct op op = task_op(L, OP_EXIT);

	run(L, &op);
	return 0;
}

/* -- looking ----------------------------------------------------------------------------------- */

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

static void set_bool(lua_State *L, const char *name, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, name);
}

static void pte_push(lua_State *L, const struct pte_view *v)
{
	lua_createtable(L, 0, 9);
	set_integer(L, "raw", v->raw);
	set_integer(L, "address", v->address);
	set_bool(L, "present", v->present);
	set_bool(L, "rw", v->rw);
	set_bool(L, "user", v->user);
	set_bool(L, "accessed", v->accessed);
	set_bool(L, "dirty", v->dirty);
	if (v->present)
		set_integer(L, "pfn", v->pfn);
	if (v->file)
		set_integer(L, "file", v->pgoff);
	if (v->swap) {
		lua_createtable(L, 0, 2);
		set_integer(L, "type", v->swap_type);
		set_integer(L, "offset", v->swap_offset);
		lua_setfield(L, -2, "swap");
	}
}

/* The entry of the address at 2; false: there is none. */
static bool pte_at(lua_State *L, struct pte_view *v)
{
	const struct handle *h = self(L);

	return inspect_pte(handle_machine(L, h), h->id, arg_address(L, 2, "address"), v) && v->raw;
}

static int task_pte(lua_State *L)
{
	struct pte_view v;

	if (!pte_at(L, &v))
		return 0;
	pte_push(L, &v);
	return 1;
}

static int task_page(lua_State *L)
{
	struct pte_view v;

	if (!pte_at(L, &v) || !v.present)
		return 0;
	handle_push(L, &page_kind, self(L)->machine, v.pfn, 0);
	return 1;
}

static int task_vmas(lua_State *L)
{
	const struct handle *h = self(L);
	const struct machine *m = handle_machine(L, h);
	u32 n = inspect_vmas(m, h->id, NULL, 0);
	struct vma_view *v = lua_newuserdatauv(L, n * sizeof(*v), 0);

	inspect_vmas(m, h->id, v, n);
	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n; i++) {
		handle_push(L, &vma_kind, h->machine, v[i].id, h->id);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static struct task_view view(lua_State *L)
{
	const struct handle *h = self(L);
	struct task_view v = { 0 };

	inspect_task(handle_machine(L, h), h->id, &v);
	return v;
}

static int task_pid(lua_State *L)
{
	lua_pushinteger(L, self(L)->id);
	return 1;
}

static int task_name(lua_State *L)
{
	const struct handle *h = self(L);

	lua_pushstring(L, thread_name(handle_machine(L, h), h->id));
	return 1;
}

static int task_rss(lua_State *L)
{
	lua_pushinteger(L, view(L).rss);
	return 1;
}

static int task_badness(lua_State *L)
{
	const struct handle *h = self(L);

	lua_pushinteger(L, inspect_badness(handle_machine(L, h), h->id));
	return 1;
}

static int task_nice(lua_State *L)
{
	lua_pushinteger(L, view(L).nice);
	return 1;
}

static int task_oom_adj(lua_State *L)
{
	lua_pushinteger(L, view(L).oom_adj);
	return 1;
}

static int task_root(lua_State *L)
{
	lua_pushboolean(L, view(L).root);
	return 1;
}

static int task_rawio(lua_State *L)
{
	lua_pushboolean(L, view(L).rawio);
	return 1;
}

static int task_parent(lua_State *L)
{
	u32 parent = view(L).parent;

	if (!parent)
		return 0;
	lua_pushinteger(L, parent);
	return 1;
}

static int task_cpu_time(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)view(L).cpu_time);
	return 1;
}

static int task_start_time(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)view(L).start_time);
	return 1;
}

static int task_swap_address(lua_State *L)
{
	struct task_view v = view(L);

	if (!v.walked)
		return 0;
	lua_pushinteger(L, v.swap_address);
	return 1;
}

int machine_swap_mm(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &machine_kind, &m);
	struct task_view all[128];
	u32 n = inspect_tasks(m, all, ARRAY_SIZE(all));

	for (u32 i = 0; i < n && i < ARRAY_SIZE(all); i++)
		if (all[i].hand) {
			handle_push(L, &task_kind, h->machine, all[i].pid, 0);
			return 1;
		}
	return 0;
}

static int task_state(lua_State *L)
{
	static const char *const states[] = {
		"running", "spinning", "waiting", "idle", "gone", "broken"
	};
	u32 state = view(L).state;

	lua_pushstring(L, state < ARRAY_SIZE(states) ? states[state] : "?");
	return 1;
}

static int task_mm(lua_State *L)
{
	const struct handle *h = self(L);

	if (!view(L).process)
		return 0;
	handle_push(L, &mm_kind, h->machine, h->id, 0);
	return 1;
}

static bool task_alive(const struct machine *m, const struct handle *h)
{
	struct task_view v;

	return inspect_task(m, h->id, &v) && v.state != TASK_ZOMBIE;
}

static void task_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	snprintf(buf, n, "task %u (%s)", h->id, thread_name(m, h->id));
}

static const struct member task_members[] = {
	{ "mmap", "{len=, prot=, shared=, file=, offset=, at=, locked=}",
	  "map memory; returns the address; at= is MAP_FIXED", task_mmap },
	{ "munmap", "(address, length)", "unmap", task_munmap },
	{ "mprotect", "(address, length, prot)", "change access rights", task_mprotect },
	{ "mremap", "(address, old, new, {at=, maymove=})",
	  "move or resize; returns the address; at= is MREMAP_FIXED", task_mremap },
	{ "brk", "(address)", "move the end of the heap; returns it", task_brk },
	{ "mincore", "(address, length)",
	  "of a file mapping: list of true and false, is the page in the page cache?",
	  task_mincore },
	{ "remap_file_pages", "(address, length, page, {nonblock=})",
	  "of a shared file mapping: show the pages of the file from that page on; nonblock=true "
	  "reads nothing", task_remap_file_pages },
	{ "mlock", "(address, length)", "fault pages in and keep them in memory", task_mlock },
	{ "munlock", "(address, length)", "let go of locked pages", task_munlock },
	{ "madvise", "(address, length, advice)",
	  "\"normal\" \"random\" \"sequential\" \"willneed\" \"dontneed\"", task_madvise },
	{ "msync", "(address, length, \"sync\")",
	  "write a shared mapping to its file and wait; \"async\" does not wait", task_msync },
	{ "write", "(address, word)", "store one 32-bit word", task_write },
	{ "read", "(address)", "load one 32-bit word", task_read },
	{ "touch", "(address, length, \"w\")", "touch every page once; returns the faults taken",
	  task_touch },
	{ "fork", "(name)", "fork; returns the child", task_fork },
	{ "exec", "(name, {args=\"2K\"})",
	  "run another program: only so many bytes of arguments are left, in its stack",
	  task_exec },
	{ "exit", "()", "exit", task_exit },
	{ "renice", "(nice)", "-20 to 19: how nice it is to others from now on", task_renice },
	{ "oom_adjust", "(number)",
	  "what its owner tells the OOM killer: -17 (never) to 15; in 4.0 -1000 (never) to 1000",
	  task_oom_adjust },
	{ "compute", "(time)", "work so long, \"80s\", without touching memory", task_compute },
	{ "pte", "(address)", "the page-table entry, nil when it is empty", task_pte },
	{ "page", "(address)", "the page that is mapped there, nil when none is", task_page },
	{ "pid", NULL, "process id", task_pid },
	{ "name", NULL, "name", task_name },
	{ "state", NULL, "\"running\" \"spinning\" \"waiting\" \"idle\" \"broken\"", task_state },
	{ "rss", NULL, "pages it has in memory", task_rss },
	{ "badness", NULL, "what this kernel's OOM killer holds against it now", task_badness },
	{ "nice", NULL, "-20 to 19", task_nice },
	{ "root", NULL, "does it belong to user 0?", task_root },
	{ "rawio", NULL, "may it program hardware (CAP_SYS_RAWIO)?", task_rawio },
	{ "oom_adj", NULL, "what oom_adjust set", task_oom_adj },
	{ "parent", NULL, "pid of the process that forked it, or nil", task_parent },
	{ "cpu_time", NULL, "how long it has run, in virtual ns", task_cpu_time },
	{ "start_time", NULL, "when it was made, m.now of that moment", task_start_time },
	{ "vmas", NULL, "list of its mappings", task_vmas },
	{ "swap_address", NULL, "2.5.26: where swap_out goes on in it; elsewhere nil",
	  task_swap_address },
	{ "mm", NULL, "its address space; nil for a kernel thread", task_mm },
	{ NULL, NULL, NULL, NULL },
};

const struct kind task_kind = {
	.name = "task",
	.what = "A process, from m:task(name) or t:fork(name), or a kernel thread.",
	.members = task_members,
	.print = task_print,
	.alive = task_alive,
};

/* -- m.tasks ----------------------------------------------------------------------------------- */

/* m.tasks[i] or m.tasks.init; upvalues as for any handle. */
static int tasks_index(lua_State *L)
{
	static const char expected[] = "a position or a process's name";
	const struct handle *h = handle_self(L, &tasks_kind, NULL);
	const struct machine *m = handle_machine(L, h);
	u32 n = inspect_tasks(m, NULL, 0);
	struct task_view *v = lua_newuserdatauv(L, n * sizeof(*v), 0);

	inspect_tasks(m, v, n);
	if (!lua_isinteger(L, 2) && lua_type(L, 2) != LUA_TSTRING)
		misuse(L, 2, "m.tasks", expected);
	for (u32 i = 0; i < n; i++) {
		bool found = lua_isinteger(L, 2) ? lua_tointeger(L, 2) == i + 1
						 : !strcmp(lua_tostring(L, 2), v[i].name);
		if (found) {
			handle_push(L, &task_kind, h->machine, v[i].pid, 0);
			return 1;
		}
	}
	return 0;
}

static int tasks_length(lua_State *L)
{
	const struct handle *h = handle_self(L, &tasks_kind, NULL);

	lua_pushinteger(L, inspect_tasks(handle_machine(L, h), NULL, 0));
	return 1;
}

static int tasks_names(lua_State *L)
{
	const struct handle *h = handle_self(L, &tasks_kind, NULL);
	u32 n = inspect_tasks(handle_machine(L, h), NULL, 0);

	lua_createtable(L, (int)n, 0);
	for (u32 i = 1; i <= n; i++) {
		lua_pushinteger(L, i);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

static const struct member no_members[] = { { NULL, NULL, NULL, NULL } };

const struct kind tasks_kind = {
	.name = "tasks",
	.what = "The threads of a machine: m.tasks[1], m.tasks.init, #m.tasks.",
	.members = no_members,
	.index = tasks_index,
	.length = tasks_length,
	.names = tasks_names,
};
