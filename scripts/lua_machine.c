/* SPDX-License-Identifier: GPL-2.0-only */
/* machine{...} and what a machine offers. */
#include "session_priv.h"
#include "lua_priv.h"
#include "size.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static u32 self(lua_State *L, struct machine **m)
{
	return handle_self(L, &machine_kind, m)->machine;
}

/* -- machine{} --------------------------------------------------------------------------------- */

static u64 size_option(lua_State *L, const char *name, u64 otherwise)
{
	if (arg_field(L, 1, name))
		otherwise = arg_size(L, -1, name);
	lua_pop(L, 1);
	return otherwise;
}

static u64 number_option(lua_State *L, const char *name, u64 otherwise, u64 max)
{
	if (arg_field(L, 1, name))
		otherwise = arg_number(L, -1, name, max);
	lua_pop(L, 1);
	return otherwise;
}

static bool bool_option(lua_State *L, const char *name, bool otherwise)
{
	if (arg_field(L, 1, name))
		otherwise = arg_bool(L, -1, name);
	lua_pop(L, 1);
	return otherwise;
}

static void kernel_names(lua_State *L)
{
	luaL_Buffer b;

	luaL_buffinit(L, &b);
	for (const struct kernel *const *k = kernels; *k; k++) {
		luaL_addchar(&b, ' ');
		luaL_addstring(&b, (*k)->name);
	}
	luaL_pushresult(&b);
}

/* The command line's --kernel, for every machine; of a lesson's only for its own, the first: others
 * are there to be compared with. */
static const char *other_kernel(const struct script *sc)
{
	const struct session_config *config = &sc->session->config;

	return config->mode == SESSION_LESSON && sc->nr_machines ? NULL : config->kernel;
}

static const struct kernel *kernel_option(lua_State *L)
{
	const char *name = "2.5.27", *replaced = other_kernel(script_of(L));
	const struct kernel *kernel;

	if (arg_field(L, 1, "kernel"))
		name = arg_string(L, -1, "kernel", "the name of a kernel, such as \"2.5.27\"");
	kernel = kernel_by_name(replaced ? replaced : name);
	if (!kernel) {
		kernel_names(L);
		luaL_error(L, "machine: there is no kernel \"%s\"; there are:%s", name,
			   lua_tostring(L, -1));
	}
	lua_pop(L, 1);
	return kernel;
}

/* What the kernel has without being asked: "-name" mends it, "name" changes nothing. */
static bool own_erratum_bit(const struct kernel *kernel, const char *name, u32 *bits)
{
	bool mend = name[0] == '-';

	for (u32 i = 0; i < NR_OWN_ERRATA; i++) {
		if (!(kernel->own_errata & OWN_ERRATUM(i)) ||
		    strcmp(own_errata_names[i], name + mend))
			continue;
		*bits = mend ? 1u << (OWN_ERRATA_SHIFT + i) : 0;
		return true;
	}
	return false;
}

/* The bit of a name in a list; 0: it is not there. */
static u32 bit_of(const char *const *list, const char *name)
{
	u32 bit = 0;

	for (; list && *list; list++, bit++)
		if (!strcmp(*list, name))
			return 1u << bit;
	return 0;
}

/* An erratum is the kernel's, or that of the way it does swapoff. */
static void add_erratum(lua_State *L, struct machine_config *config)
{
	const char *name = arg_string(L, -1, "errata", "a list of names");
	u32 kernels_own = bit_of(config->kernel->errata, name);
	u32 of_swapoff = bit_of(config->swapoff->errata, name), mended = 0;

	if (own_erratum_bit(config->kernel, name, &mended)) {
		config->errata |= mended;
		return;
	}
	config->errata |= kernels_own;
	config->swapoff_errata |= of_swapoff;
	if (!kernels_own && !of_swapoff)
		luaL_error(L, "machine: kernel %s has no erratum \"%s\", nor has swapoff=\"%s\"",
			   config->kernel->name, name, config->swapoff->name);
}

static void errata_option(lua_State *L, struct machine_config *config)
{
	if (arg_field(L, 1, "errata")) {
		if (!lua_istable(L, -1))
			misuse(L, -1, "errata", "a list of names");
		for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
			add_erratum(L, config);
			lua_pop(L, 1);
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* Which way swapoff works is chosen apart from the kernel. */
static const struct swapoff_ops *swapoff_option(lua_State *L)
{
	const struct swapoff_ops *way = swapoffs[0];

	if (arg_field(L, 1, "swapoff"))
		way = swapoff_by_name(arg_string(L, -1, "swapoff", "\"quadratic\""));
	if (!way) {
		for (const struct swapoff_ops *const *s = swapoffs; *s; s++)
			lua_pushfstring(L, " %s", (*s)->name);
		lua_concat(L, (int)(lua_gettop(L) - 2));
		luaL_error(L, "machine: there is no swapoff \"%s\"; there are:%s",
			   lua_tostring(L, 2), lua_tostring(L, -1));
	}
	lua_pop(L, 1);
	return way;
}

void machine_config_read(lua_State *L, struct machine_config *config)
{
	config->kernel = kernel_option(L);
	config->ram = size_option(L, "ram", 16u << 20);
	config->swap = size_option(L, "swap", 32u << 20);
	config->dma_end = size_option(L, "dma", 0);
	config->highmem_start = size_option(L, "highmem", 0);
	config->cpus = (u32)number_option(L, "cpus", 1, MAX_CPUS);
	config->seed = number_option(L, "seed", 1, INT64_MAX);
	config->page_cluster = (s32)number_option(L, "page_cluster", 3, 5);
	config->swappiness = (u32)(number_option(L, "swappiness", UINT64_MAX, 100) + 1);
	config->stress = (u32)number_option(L, "stress", 0, 1000000);
	config->pae = bool_option(L, "pae", false);
	config->highpte = bool_option(L, "highpte", false);
	config->swapoff = swapoff_option(L);
	errata_option(L, config);
	config->truth = bool_option(L, "truth", true);
	config->events = bool_option(L, "events", true);
	config->check_every_event = bool_option(L, "check", false);
	/* Builds that check after each operation would be at it for hours. */
	config->unchecked = script_of(L)->session->config.mode == SESSION_EXPERIMENT;
}

u32 machine_make(lua_State *L, const struct machine_config *config)
{
	struct script *sc = script_of(L);
	const char *why = NULL;

	if (!session_machine_create(sc->session, config, &why))
		luaL_error(L, "machine: %s", why);
	sc->machines[sc->nr_machines - 1]->silent = false;
	sc->look.machine = NOBODY;
	random_seed(sc, config->seed);
	script_new_budget(sc);
	return sc->nr_machines - 1;
}

int machine_new(lua_State *L)
{
	struct machine_config config = { 0 };

	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	may_change(L, "machine");
	arg_table(L, 1, MACHINE_OPTIONS);
	machine_config_read(L, &config);
	handle_push(L, &machine_kind, machine_make(L, &config), 0, 0);
	return 1;
}

/* -- operations -------------------------------------------------------------------------------- */

static int new_file(lua_State *L, enum op_kind kind)
{
	u32 machine = self(L, NULL);
	struct op op = { .kind = kind };

	arg_table(L, 2, "name size");
	arg_field(L, 2, "name");
	snprintf(op.text, sizeof(op.text), "%s", arg_name(L, -1, "name"));
	arg_field(L, 2, "size");
	op.arg[0] = arg_size(L, -1, "size");
	handle_push(L, &file_kind, machine, (u32)run_op(L, machine, &op), 0);
	return 1;
}

static int machine_file(lua_State *L)
{
	return new_file(L, OP_FILE);
}

static int machine_shmem(lua_State *L)
{
	return new_file(L, OP_SHMEM);
}

/* An operation with at most one number; pushes its result. */
static int simple_op(lua_State *L, u8 kind, u64 arg)
{
	struct op op = { .kind = kind, .arg = { arg } };

	lua_pushinteger(L, run_op(L, self(L, NULL), &op));
	return 1;
}

static int machine_sync(lua_State *L)
{
	self(L, NULL);
	return simple_op(L, OP_SYNC, 0) & 0;
}

static int machine_kswapd(lua_State *L)
{
	self(L, NULL);
	return simple_op(L, OP_KSWAPD, 0) & 0;
}

static int machine_tick(lua_State *L)
{
	self(L, NULL);
	return simple_op(L, OP_TICK, arg_time(L, 2, "how long")) & 0;
}

static int machine_refill(lua_State *L)
{
	self(L, NULL);
	return simple_op(L, OP_REFILL, arg_number(L, 2, "pages", UINT32_MAX));
}

static int machine_reclaim(lua_State *L)
{
	self(L, NULL);
	return simple_op(L, OP_RECLAIM, arg_number(L, 2, "pages", UINT32_MAX));
}

static int machine_page_referenced(lua_State *L)
{
	return simple_op(L, OP_REFERENCED, arg_page(L, 2, self(L, NULL)));
}

static int machine_try_to_unmap(lua_State *L)
{
	static const char *const answers[] = { "SUCCESS", "AGAIN", "FAIL", "ERROR" };
	u32 machine = self(L, NULL);
	struct op op = { .kind = OP_UNMAP, .arg = { arg_page(L, 2, machine) } };
	s64 answer = run_op(L, machine, &op);

	lua_pushstring(L, answer >= 0 && answer < 4 ? answers[answer] : "?");
	return 1;
}

/* -- looking ----------------------------------------------------------------------------------- */

static int machine_page(lua_State *L)
{
	struct machine *m;
	u32 machine = self(L, &m);
	u64 pfn = arg_number(L, 2, "pfn", UINT32_MAX);

	if (pfn >= m->nr_frames)
		return 0;
	handle_push(L, &page_kind, machine, (u32)pfn, 0);
	return 1;
}

/* The error's text names the first; the list of all is in its field violations. */
static int violations_raise(lua_State *L, const struct violation *v, u32 n, u32 max)
{
	char message[400];

	lua_createtable(L, (int)max, 0);
	for (u32 i = 0; i < n && i < max; i++) {
		lua_pushfstring(L, "%s: %s", v[i].invariant, v[i].text);
		lua_rawseti(L, -2, i + 1);
	}
	snprintf(message, sizeof(message), "check: %u broken, first %s: %s", n, v[0].invariant,
		 v[0].text);
	return raise_with(L, message, "violations");
}

static int machine_check(lua_State *L)
{
	struct violation v[64];
	struct machine *m;
	u32 n;

	self(L, &m);
	n = check_machine(m, v, ARRAY_SIZE(v));
	if (n)
		return violations_raise(L, v, n, ARRAY_SIZE(v));
	lua_pushboolean(L, true);
	return 1;
}

/* Text of the host on its way to Lua; the session frees it, whatever Lua does. */
static int push_host_text(lua_State *L, char *text)
{
	struct session *s = script_of(L)->session;

	free(s->scratch);
	s->scratch = text;
	if (!text)
		return luaL_error(L, "this computer has no memory for the text");
	lua_pushstring(L, text);
	free(s->scratch);
	s->scratch = NULL;
	return 1;
}

static int machine_dump(lua_State *L)
{
	struct machine *m;

	self(L, &m);
	return push_host_text(L, dump_machine(m));
}

static int machine_graph(lua_State *L)
{
	struct machine *m;

	self(L, &m);
	return push_host_text(L, dump_graph(m));
}

static int machine_snapshot(lua_State *L)
{
	struct machine *m;
	u32 machine = self(L, &m), id;

	if (script_of(L)->body)
		may_change(L, "snapshot");
	id = snapshot_take(script_of(L)->session, machine);
	if (id == NOBODY)
		return raise_errno(L, "ENOMEM", "ENOMEM: no memory for another snapshot");
	handle_push(L, &snapshot_kind, machine, id, 0);
	return 1;
}

static int machine_restore(lua_State *L)
{
	u32 machine = self(L, NULL);
	const struct handle *h = handle_at(L, 2, &snapshot_kind);

	if (!h || h->machine != machine)
		misuse(L, 2, "snapshot", "a snapshot of this machine, from m:snapshot()");
	may_change(L, "restore");
	if (!snapshot_restore(script_of(L)->session, machine, h->id))
		luaL_error(L, "this snapshot is gone");
	script_new_budget(script_of(L));
	return 0;
}

/* -- fields ------------------------------------------------------------------------------------ */

static int push_view(lua_State *L, const struct kind *kind)
{
	handle_push(L, kind, self(L, NULL), 0, 0);
	return 1;
}

static int machine_now(lua_State *L)
{
	struct machine *m;

	self(L, &m);
	lua_pushinteger(L, (lua_Integer)m->now);
	return 1;
}

static int machine_frames(lua_State *L)
{
	struct machine *m;

	self(L, &m);
	lua_pushinteger(L, m->nr_frames);
	return 1;
}

static int machine_kernel(lua_State *L)
{
	struct machine *m;

	self(L, &m);
	kernel_push(L, m->config.kernel);
	return 1;
}

static int machine_lru(lua_State *L)
{
	return push_view(L, &lru_kind);
}

static int machine_counters(lua_State *L)
{
	return push_view(L, &counters_kind);
}

static int machine_tasks(lua_State *L)
{
	return push_view(L, &tasks_kind);
}

static int machine_swap(lua_State *L)
{
	return push_view(L, &swaps_kind);
}

static int machine_zones(lua_State *L)
{
	struct machine *m;
	u32 machine = self(L, &m), n = inspect_zones(m, NULL, 0);

	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n; i++) {
		handle_push(L, &zone_kind, machine, i, 0);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static int machine_files(lua_State *L)
{
	struct file_view v[256];
	struct machine *m;
	u32 machine = self(L, &m), n = inspect_files(m, v, ARRAY_SIZE(v));

	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n && i < ARRAY_SIZE(v); i++) {
		handle_push(L, &file_kind, machine, v[i].inode, 0);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static int machine_chains(lua_State *L)
{
	struct machine *m;
	u32 free_nodes, total, pages;

	self(L, &m);
	inspect_chains(m, &free_nodes, &total, &pages);
	lua_createtable(L, 0, 3);
	lua_pushinteger(L, free_nodes);
	lua_setfield(L, -2, "free");
	lua_pushinteger(L, total);
	lua_setfield(L, -2, "total");
	lua_pushinteger(L, pages);
	lua_setfield(L, -2, "pages");
	return 1;
}

static int machine_broken(lua_State *L)
{
	char text[1000];
	struct machine *m;

	self(L, &m);
	if (!machine_report(m, text, sizeof(text)))
		return 0;
	lua_pushstring(L, text);
	return 1;
}

/* -- the kind ---------------------------------------------------------------------------------- */

static void machine_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	char ram[32];

	snprintf(buf, n, "machine %u (%s, %s)", h->machine + 1, m->config.kernel->name,
		 size_format(m->config.ram, ram, sizeof(ram)));
}

static const struct member machine_members[] = {
	{ "task", "(name) or {name=, nice=, root=, rawio=}",
	  "a new process with an empty mm; rawio=true: it may program hardware, as root may",
	  machine_task },
	{ "page", "(pfn)", "the page of that number, nil if there is none", machine_page },
	{ "file", "{name=, size=}", "a new file", machine_file },
	{ "shmem", "{size=, name=}", "new shared memory: a file without a disk, which goes to swap",
	  machine_shmem },
	{ "swapon", "{size=, priority=, device=}", "a new swap area", machine_swapon },
	{ "disk_error", "{swap=, slot= | file=, offset=, on=, times=}",
	  "let the next reads or writes of a block fail: times a number or \"always\"",
	  machine_disk_error },
	{ "alloc_error", "{interval=, times=, on=}",
	  "let the next requests for pages fail, or each interval-th: on=\"atomic\" those that "
	  "cannot wait, \"wait\" those that can, else \"any\"",
	  machine_alloc_error },
	{ "swapoff", "(type, {alarm=, task=})",
	  "take a swap area out of use; alarm=\"5ms\": a signal after that time; "
	  "task=: the process that does it",
	  machine_swapoff },
	{ "sync", "()", "write every dirty file page and wait", machine_sync },
	{ "kswapd", "()", "wake kswapd and let it work", machine_kswapd },
	{ "refill", "(pages)", "refill_inactive: look at that many active pages", machine_refill },
	{ "reclaim", "(pages)", "direct reclaim; returns the pages freed", machine_reclaim },
	{ "page_referenced", "(page)", "who used it? asks and clears; returns the references",
	  machine_page_referenced },
	{ "try_to_unmap", "(page)", "unmap it from everybody: \"SUCCESS\", \"AGAIN\" or \"FAIL\"",
	  machine_try_to_unmap },
	{ "tick", "(time)", "let virtual time pass: \"10ms\"", machine_tick },
	{ "check", "()", "true, or an error that names every broken invariant", machine_check },
	{ "dump", "()", "the whole state as canonical text", machine_dump },
	{ "graph", "()", "pages, chains, tables and processes as Graphviz text", machine_graph },
	{ "snapshot", "()", "keep this moment of the machine", machine_snapshot },
	{ "restore", "(snapshot)", "back to that moment", machine_restore },
	{ "events", "{from=, to=, kind=}", "what happened, as a list of events",
	  machine_past_events },
	{ "on", "(kind, function)", "call it after each operation with such events", machine_on },
	{ "now", NULL, "virtual time in ns", machine_now },
	{ "frames", NULL, "number of page frames", machine_frames },
	{ "kernel", NULL, "the kernel: name, date, idea, summary", machine_kernel },
	{ "lru", NULL, "the active and the inactive list", machine_lru },
	{ "zones", NULL, "list of zones", machine_zones },
	{ "swap_mm", NULL, "2.5.26: the process whose page tables are walked next; nil: init_mm",
	  machine_swap_mm },
	{ "swap", NULL, "swap areas, from 0", machine_swap },
	{ "tasks", NULL, "processes and kernel threads, by position or name", machine_tasks },
	{ "files", NULL, "list of files", machine_files },
	{ "chains", NULL, "pte_chain nodes: free, total, pages", machine_chains },
	{ "counters", NULL, "exact counters of everything", machine_counters },
	{ "broken", NULL, "why the machine stopped, nil while it is whole", machine_broken },
	{ NULL, NULL, NULL, NULL },
};

const struct kind machine_kind = {
	.name = "machine",
	.what = "A modelled computer with a kernel of its time, made by machine{...}.",
	.members = machine_members,
	.print = machine_print,
};
