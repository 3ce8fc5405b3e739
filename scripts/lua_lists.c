/* SPDX-License-Identifier: GPL-2.0-only */
/* What a machine keeps beside processes and pages: LRU lists, zones, swap areas, counters. */
#include "lua_priv.h"

#include <stdio.h>
#include <string.h>

/* -- m.lru ------------------------------------------------------------------------------------- */

static int push_lru_list(lua_State *L, bool active)
{
	struct machine *m;
	u32 n, *pfns;

	handle_self(L, &lru_kind, &m);
	n = inspect_lru_list(m, active, NULL, 0);
	pfns = lua_newuserdatauv(L, n * sizeof(*pfns), 0);
	inspect_lru_list(m, active, pfns, n);
	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n; i++) {
		lua_pushinteger(L, pfns[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static int lru_active(lua_State *L)
{
	return push_lru_list(L, true);
}

static int lru_inactive(lua_State *L)
{
	return push_lru_list(L, false);
}

static struct lru_view lru_view(lua_State *L)
{
	struct machine *m;
	struct lru_view v;

	handle_self(L, &lru_kind, &m);
	inspect_lru(m, &v);
	return v;
}

static int lru_nr_active(lua_State *L)
{
	lua_pushinteger(L, lru_view(L).nr_active);
	return 1;
}

static int lru_nr_inactive(lua_State *L)
{
	lua_pushinteger(L, lru_view(L).nr_inactive);
	return 1;
}

/* What kernels of 2.6 have. */
#define LRU_FIELD_2004(name) \
	static int lru_##name(lua_State *L) \
	{ \
		struct lru_view v = lru_view(L); \
		if (v.per_zone) \
			lua_pushinteger(L, v.name); \
		return v.per_zone; \
	}

LRU_FIELD_2004(nr_mapped)
LRU_FIELD_2004(total_memory)
LRU_FIELD_2004(swappiness)

static const struct member lru_members[] = {
	{ "active", NULL, "pfns of the active list, head first", lru_active },
	{ "inactive", NULL, "pfns of the inactive list, head first", lru_inactive },
	{ "nr_active", NULL, "how many are active", lru_nr_active },
	{ "nr_inactive", NULL, "how many are inactive", lru_nr_inactive },
	{ "nr_mapped", NULL, "2.6: pages that somebody maps", lru_nr_mapped },
	{ "total_memory", NULL, "2.6: what mapped_ratio is a part of: frames less those below high",
	  lru_total_memory },
	{ "swappiness", NULL, "2.6: vm.swappiness, from machine{swappiness=}", lru_swappiness },
	{ NULL, NULL, NULL, NULL },
};

static void plain_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	(void)m;
	snprintf(buf, n, "%s of machine %u", h->kind->name, h->machine + 1);
}

const struct kind lru_kind = {
	.name = "lru",
	.what = "The active and the inactive list of a machine: m.lru.",
	.members = lru_members,
	.print = plain_print,
};

/* -- m.zones ----------------------------------------------------------------------------------- */

#define MAX_ZONES 8u

static struct zone_view zone_view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &zone_kind, &m);
	struct zone_view v[MAX_ZONES] = { 0 };

	inspect_zones(m, v, MAX_ZONES);
	return v[h->id < MAX_ZONES ? h->id : 0];
}

#define ZONE_FIELD(name, push) \
	static int zone_##name(lua_State *L) \
	{ \
		struct zone_view v = zone_view(L); \
		push; \
		return 1; \
	}

ZONE_FIELD(name, lua_pushstring(L, v.name))
ZONE_FIELD(start, lua_pushinteger(L, v.start_pfn))
ZONE_FIELD(size, lua_pushinteger(L, v.size))
ZONE_FIELD(free, lua_pushinteger(L, v.free))
ZONE_FIELD(pcp, lua_pushinteger(L, v.pcp))
ZONE_FIELD(min, lua_pushinteger(L, v.min))
ZONE_FIELD(low, lua_pushinteger(L, v.low))
ZONE_FIELD(high, lua_pushinteger(L, v.high))
ZONE_FIELD(need_balance, lua_pushboolean(L, v.need_balance))
ZONE_FIELD(scaled, lua_pushboolean(L, v.scaled))
ZONE_FIELD(nr_active, lua_pushinteger(L, v.nr_active))
ZONE_FIELD(nr_inactive, lua_pushinteger(L, v.nr_inactive))
ZONE_FIELD(due_active, lua_pushinteger(L, v.due_active))
ZONE_FIELD(due_inactive, lua_pushinteger(L, v.due_inactive))
ZONE_FIELD(pages_scanned, lua_pushinteger(L, v.pages_scanned))
ZONE_FIELD(prev_priority, lua_pushinteger(L, v.prev_priority))
ZONE_FIELD(all_unreclaimable, lua_pushboolean(L, v.all_unreclaimable))

static int zone_reserve(lua_State *L)
{
	static const char *const names[] = { "DMA", "Normal", "HighMem" };
	struct zone_view v = zone_view(L);

	lua_createtable(L, 0, ARRAY_SIZE(names));
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		lua_pushinteger(L, v.reserve[i]);
		lua_setfield(L, -2, names[i]);
	}
	return 1;
}

static int zone_free_blocks(lua_State *L)
{
	struct zone_view v = zone_view(L);

	lua_createtable(L, ARRAY_SIZE(v.free_blocks), 1);
	for (u32 order = 0; order < ARRAY_SIZE(v.free_blocks); order++) {
		lua_pushinteger(L, v.free_blocks[order]);
		lua_rawseti(L, -2, order);
	}
	return 1;
}

static void zone_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	struct zone_view v[MAX_ZONES];

	if (h->id < inspect_zones(m, v, MAX_ZONES))
		snprintf(buf, n, "zone %s", v[h->id].name);
	else
		snprintf(buf, n, "zone %u", h->id);
}

static const struct member zone_members[] = {
	{ "name", NULL, "\"DMA\" ...", zone_name },
	{ "start", NULL, "its first pfn", zone_start },
	{ "size", NULL, "frames", zone_size },
	{ "free", NULL, "free frames", zone_free },
	{ "pcp", NULL, "of the free frames, those that cpus keep at hand (2.6)", zone_pcp },
	{ "min", NULL, "watermark: below it only the kernel's own needs are met", zone_min },
	{ "low", NULL, "watermark: below it kswapd is woken", zone_low },
	{ "high", NULL, "watermark: up to it kswapd frees", zone_high },
	{ "need_balance", NULL, "has kswapd been asked?", zone_need_balance },
	{ "scaled", NULL, "are the watermarks scaled down for a tiny machine?", zone_scaled },
	{ "free_blocks", NULL, "free blocks by order, from 0", zone_free_blocks },
	{ "nr_active", NULL, "2.6: pages on its active list", zone_nr_active },
	{ "nr_inactive", NULL, "2.6: pages on its inactive list", zone_nr_inactive },
	{ "due_active", NULL, "2.6: nr_scan_active, put by until it is a batch", zone_due_active },
	{ "due_inactive", NULL, "2.6: nr_scan_inactive", zone_due_inactive },
	{ "pages_scanned", NULL, "2.6: pages looked at since one was freed last",
	  zone_pages_scanned },
	{ "prev_priority", NULL, "2.6: how far the last reclaim went, from 12 down to 0",
	  zone_prev_priority },
	{ "all_unreclaimable", NULL, "2.6: has kswapd given it up?", zone_all_unreclaimable },
	{ "reserve", NULL, "lowmem_reserve: kept from who could have used Normal, HighMem",
	  zone_reserve },
	{ NULL, NULL, NULL, NULL },
};

const struct kind zone_kind = {
	.name = "zone",
	.what = "A zone of memory, from m.zones.",
	.members = zone_members,
	.print = zone_print,
};

/* -- m.swap ------------------------------------------------------------------------------------ */

#define MAX_SWAPS 32u

static bool swap_find(const struct machine *m, u32 type, struct swap_view *out)
{
	struct swap_view v[MAX_SWAPS];
	u32 n = inspect_swap(m, v, MAX_SWAPS);

	for (u32 i = 0; i < n && i < MAX_SWAPS; i++)
		if (v[i].type == type) {
			*out = v[i];
			return true;
		}
	return false;
}

static struct swap_view swap_view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &swap_kind, &m);
	struct swap_view v = { 0 };

	swap_find(m, h->id, &v);
	return v;
}

#define SWAP_FIELD(name, value) \
	static int swap_##name(lua_State *L) \
	{ \
		lua_pushinteger(L, swap_view(L).value); \
		return 1; \
	}

SWAP_FIELD(type, type)
SWAP_FIELD(slots, max)
SWAP_FIELD(pages, pages)
SWAP_FIELD(used, used)
SWAP_FIELD(priority, prio)
SWAP_FIELD(next, cluster_next)
SWAP_FIELD(device, disk)
SWAP_FIELD(slot_bytes, slot_bytes)
SWAP_FIELD(continued, continued_pages)

/* A table while the area is being emptied, else nil. */
static int swap_swapoff(lua_State *L)
{
	struct swap_view v = swap_view(L);
	const struct {
		const char *name;
		u32 value;
	} fields[] = {
		{ "pid", v.swapoff.pid }, { "mm", v.swapoff.mm }, { "begun", v.swapoff.begun },
		{ "left", v.used }, { "pass", v.swapoff.pass }, { "slot", v.swapoff.slot },
		{ "address", v.swapoff.address },
	};

	if (!v.swapoff.pid)
		return 0;
	lua_newtable(L);
	for (u32 i = 0; i < ARRAY_SIZE(fields); i++) {
		lua_pushinteger(L, fields[i].value);
		lua_setfield(L, -2, fields[i].name);
	}
	return 1;
}

static bool slot_argument(lua_State *L, struct slot_view *out)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &swap_kind, &m);
	u32 slot = (u32)arg_number(L, 2, "slot", UINT32_MAX);

	return inspect_swap_map(m, h->id, slot, out, 1) != 0;
}

/* users(slot): how many, and whether the swap cache is one of them. */
static int swap_users(lua_State *L)
{
	struct slot_view slot;

	if (!slot_argument(L, &slot))
		return 0;
	lua_pushinteger(L, slot.bad ? (lua_Integer)slot.raw : slot.users + slot.cached);
	lua_pushboolean(L, slot.cached);
	return 2;
}

static void set_flag(lua_State *L, const char *name, bool value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, name);
}

/* file and index, into the table on the stack, if a file in memory has the slot. */
static void push_slot_file(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &swap_kind, &m);
	u32 index, file = inspect_slot_file(m, h->id, (u32)lua_tointeger(L, 2), &index);

	if (!file)
		return;
	handle_push(L, &file_kind, h->machine, file, 0);
	lua_setfield(L, -2, "file");
	lua_pushinteger(L, index);
	lua_setfield(L, -2, "index");
}

/* slot(slot): a table. */
static int swap_slot_table(lua_State *L)
{
	struct slot_view slot;

	if (!slot_argument(L, &slot))
		return 0;
	lua_newtable(L);
	lua_pushinteger(L, slot.raw);
	lua_setfield(L, -2, "raw");
	lua_pushinteger(L, slot.users);
	lua_setfield(L, -2, "users");
	set_flag(L, "cached", slot.cached);
	set_flag(L, "bad", slot.bad);
	set_flag(L, "shmem", slot.shmem);
	set_flag(L, "continued", slot.continued);
	set_flag(L, "forever", slot.for_ever);
	push_slot_file(L);
	return 1;
}

static bool swap_alive(const struct machine *m, const struct handle *h)
{
	struct swap_view v;

	return swap_find(m, h->id, &v);
}

static void swap_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	(void)m;
	snprintf(buf, n, "swap %u", h->id);
}

static const struct member swap_members[] = {
	{ "users", "(slot)", "how many use the slot; is the swap cache one of them?", swap_users },
	{ "slot", "(slot)", "raw, users, cached, bad, shmem, continued, forever; file, index",
	  swap_slot_table },
	{ "type", NULL, "number of the area", swap_type },
	{ "device", NULL, "number of its disk, for m:swapon{device=}", swap_device },
	{ "slot_bytes", NULL, "bytes in the map for each slot: 2, in 4.0 1", swap_slot_bytes },
	{ "continued", NULL, "pages that hold further digits of counts", swap_continued },
	{ "slots", NULL, "slots, the header in slot 0 included", swap_slots },
	{ "pages", NULL, "usable slots", swap_pages },
	{ "used", NULL, "slots in use", swap_used },
	{ "priority", NULL, "higher is used first", swap_priority },
	{ "next", NULL, "slot where the search goes on", swap_next },
	{ "swapoff", NULL, "while it is emptied: pid, mm, begun, left, pass, slot, address",
	  swap_swapoff },
	{ NULL, NULL, NULL, NULL },
};

const struct kind swap_kind = {
	.name = "swap",
	.what = "A swap area, from m.swap[0] or m:swapon{size=}.",
	.members = swap_members,
	.print = swap_print,
	.alive = swap_alive,
};

static int swaps_index(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &swaps_kind, &m);
	struct swap_view v;
	u32 type;

	if (!lua_isinteger(L, 2))
		misuse(L, 2, "m.swap", "the number of an area, from 0");
	type = (u32)lua_tointeger(L, 2);
	if (lua_tointeger(L, 2) < 0 || !swap_find(m, type, &v))
		return 0;
	handle_push(L, &swap_kind, h->machine, type, 0);
	return 1;
}

static int swaps_length(lua_State *L)
{
	struct machine *m;

	handle_self(L, &swaps_kind, &m);
	lua_pushinteger(L, inspect_swap(m, NULL, 0));
	return 1;
}

static int swaps_names(lua_State *L)
{
	struct swap_view v[MAX_SWAPS];
	struct machine *m;
	u32 n;

	handle_self(L, &swaps_kind, &m);
	n = inspect_swap(m, v, MAX_SWAPS);
	lua_newtable(L);
	for (u32 i = 0; i < n && i < MAX_SWAPS; i++) {
		lua_pushinteger(L, v[i].type);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static const struct member no_members[] = { { NULL, NULL, NULL, NULL } };

const struct kind swaps_kind = {
	.name = "swaps",
	.what = "The swap areas of a machine, from 0: m.swap[0], #m.swap.",
	.members = no_members,
	.print = plain_print,
	.index = swaps_index,
	.length = swaps_length,
	.names = swaps_names,
};

/* -- m.counters -------------------------------------------------------------------------------- */

static int counters_index(lua_State *L)
{
	struct machine *m;
	bool known;
	u64 value;
	const char *name = arg_string(L, 2, "counter", "the name of a counter");

	handle_self(L, &counters_kind, &m);
	value = inspect_counter(m, name, &known);
	if (!known)
		luaL_error(L, "there is no counter '%s'; help(\"counters\") lists them", name);
	lua_pushinteger(L, (lua_Integer)value);
	return 1;
}

static int counters_names(lua_State *L)
{
	lua_newtable(L);
	for (u32 i = 0; counter_rows[i].name; i++) {
		lua_pushstring(L, counter_rows[i].name);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

const struct kind counters_kind = {
	.name = "counters",
	.what = "Exact counters of a machine: m.counters.pgfault.",
	.members = no_members,
	.print = plain_print,
	.index = counters_index,
	.names = counters_names,
};

/* -- m:snapshot() ------------------------------------------------------------------------------ */

const struct kind snapshot_kind = {
	.name = "snapshot",
	.what = "A moment of a machine, from m:snapshot(), for m:restore(s).",
	.members = no_members,
};
