/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages, who maps them, and files. */
#include "lua_priv.h"

#include <stdio.h>
#include <string.h>

/* -- pages ------------------------------------------------------------------------------------- */

static struct page_view view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &page_kind, &m);
	struct page_view v = { 0 };

	inspect_page(m, h->id, &v);
	return v;
}

static void set_integer(lua_State *L, const char *name, lua_Integer value)
{
	lua_pushinteger(L, value);
	lua_setfield(L, -2, name);
}

static int page_pfn(lua_State *L)
{
	lua_pushinteger(L, view(L).pfn);
	return 1;
}

static int page_count(lua_State *L)
{
	lua_pushinteger(L, view(L).count);
	return 1;
}

static int page_mapcount(lua_State *L)
{
	struct page_view v = view(L);

	if (!v.mapcount_known)
		return 0;
	lua_pushinteger(L, v.mapcount);
	return 1;
}

/* The set: {dirty=true, lru=true}. */
static int page_flags(lua_State *L)
{
	char text[300], *rest = text, *word;

	inspect_flags(view(L).flags, text, sizeof(text));
	lua_newtable(L);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (!*word)
			continue;
		lua_pushboolean(L, true);
		lua_setfield(L, -2, word);
	}
	return 1;
}

static int page_lru(lua_State *L)
{
	u8 lru = view(L).lru;

	if (!lru)
		return 0;
	lua_pushstring(L, lru == 2 ? "active" : "inactive");
	return 1;
}

static int page_index(lua_State *L)
{
	lua_pushinteger(L, view(L).index);
	return 1;
}

static int page_mapping(lua_State *L)
{
	struct page_view v = view(L);
	u32 machine = handle_any(L, 1)->machine;

	if (v.swapcache)
		handle_push(L, &swap_kind, machine, v.swap_type, 0);
	else if (v.mapping_inode)
		handle_push(L, &file_kind, machine, v.mapping_inode, 0);
	else
		return 0;
	return 1;
}

static int page_slot(lua_State *L)
{
	struct page_view v = view(L);

	if (!v.swapcache)
		return 0;
	lua_createtable(L, 0, 2);
	set_integer(L, "type", v.swap_type);
	set_integer(L, "offset", v.swap_offset);
	return 1;
}

static int page_use(lua_State *L)
{
	lua_pushstring(L, frame_use_rows[view(L).use].name);
	return 1;
}

static int page_zone(lua_State *L)
{
	struct page_view v = view(L);

	handle_push(L, &zone_kind, handle_any(L, 1)->machine, v.zone, 0);
	return 1;
}

static int page_anon(lua_State *L)
{
	lua_pushboolean(L, view(L).anon);
	return 1;
}

/* The same number as vma.anon_vma. */
static int page_anon_vma(lua_State *L)
{
	u32 place = view(L).anon_id;

	if (!place)
		return 0;
	lua_pushinteger(L, place);
	return 1;
}

static void push_step(lua_State *L, u32 machine, const struct rmap_step *step)
{
	static const char *const kinds[] = {
		[STEP_DIRECT] = "direct", [STEP_NODE] = "node", [STEP_ANONMM] = "anonmm",
		[STEP_ANON_VMA] = "anon_vma", [STEP_FILE] = "file", [STEP_VMA] = "vma",
		[STEP_PTE] = "pte",
	};

	lua_createtable(L, 0, 8);
	lua_pushstring(L, kinds[step->kind]);
	lua_setfield(L, -2, "kind");
	set_integer(L, "depth", step->depth);
	set_integer(L, "id", step->id);
	set_integer(L, "start", step->start);
	set_integer(L, "stop", step->end);
	set_integer(L, "address", step->address);
	lua_pushboolean(L, step->maps);
	lua_setfield(L, -2, "maps");
	if (step->pid) {
		handle_push(L, &task_kind, machine, step->pid, 0);
		lua_setfield(L, -2, "task");
	}
}

/* A kernel without rmap has no answer; what a scan of everything would say it may be told. */
static const struct handle *page_with_rmap(lua_State *L, struct machine **m)
{
	const struct handle *h = handle_self(L, &page_kind, m);
	u32 n;

	if (inspect_has_rmap(*m))
		return h;
	n = inspect_mappers(*m, h->id, NULL, 0);
	raise_errno(L, "ENOSYS", "ENOSYS: kernel %s cannot know who maps page %u; a full scan "
		    "finds %u pte%s, see page:mappers()", (*m)->config.kernel->name, h->id, n,
		    n == 1 ? "" : "s");
	return NULL;
}

static int page_trail(lua_State *L)
{
	struct machine *m;
	const struct handle *h = page_with_rmap(L, &m);
	u32 n = inspect_trail(m, h->id, NULL, 0);
	struct rmap_step *steps = lua_newuserdatauv(L, n * sizeof(*steps), 0);

	inspect_trail(m, h->id, steps, n);
	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n; i++) {
		push_step(L, h->machine, &steps[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static int page_raw(lua_State *L)
{
	struct page_view v = view(L);

	lua_createtable(L, 0, 5);
	set_integer(L, "flags", v.flags);
	set_integer(L, "count", v.count);
	set_integer(L, "index", v.index);
	if (v.word)
		set_integer(L, "pte_chain", v.chain);
	set_integer(L, "private", v.private);
	return 1;
}

void mappings_push(lua_State *L, u32 machine, const struct mapping_view *v, u32 n)
{
	lua_createtable(L, (int)n, 0);
	for (u32 i = 0; i < n; i++) {
		lua_createtable(L, 0, 2);
		handle_push(L, &task_kind, machine, v[i].pid, 0);
		lua_setfield(L, -2, "task");
		set_integer(L, "address", v[i].address);
		lua_rawseti(L, -2, i + 1);
	}
}

typedef u32 find_mappings(const struct machine *m, u32 pfn, struct mapping_view *out, u32 max);

static int push_mappings(lua_State *L, struct machine *m, const struct handle *h,
			 find_mappings *find)
{
	u32 n = find(m, h->id, NULL, 0);
	struct mapping_view *v = lua_newuserdatauv(L, n * sizeof(*v), 0);

	find(m, h->id, v, n);
	mappings_push(L, h->machine, v, n);
	return 1;
}

static int page_mappers(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &page_kind, &m);

	return push_mappings(L, m, h, inspect_mappers);
}

static int page_rmap(lua_State *L)
{
	struct machine *m;
	const struct handle *h = page_with_rmap(L, &m);

	return push_mappings(L, m, h, inspect_rmap);
}

static void page_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	(void)m;
	snprintf(buf, n, "page %u", h->id);
}

static const struct member page_members[] = {
	{ "mappers", "()", "who maps it, by a walk of every page table: {task=, address=}",
	  page_mappers },
	{ "rmap", "()", "who maps it, by this kernel's rmap, in its order; ENOSYS: it has none",
	  page_rmap },
	{ "trail", "()", "the way rmap goes, step by step: {kind=, depth=, task=, address=, maps=}",
	  page_trail },
	{ "anon", NULL, "PageAnon, where the kernel marks anonymous pages", page_anon },
	{ "anon_vma", NULL, "what mapping points to when anon, as vma.anon_vma", page_anon_vma },
	{ "pfn", NULL, "page frame number", page_pfn },
	{ "count", NULL, "references; 0 is free", page_count },
	{ "mapcount", NULL, "mappings that this kernel's rmap counts; nil: it has none",
	  page_mapcount },
	{ "flags", NULL, "set of flags: p.flags.dirty", page_flags },
	{ "lru", NULL, "\"active\", \"inactive\" or nil", page_lru },
	{ "index", NULL, "page of the file, or swap entry", page_index },
	{ "mapping", NULL, "the file, or the swap area when in the swap cache, or nil",
	  page_mapping },
	{ "slot", NULL, "in the swap cache: {type=, offset=}", page_slot },
	{ "use", NULL, "what the frame is used for, as in the frames pane", page_use },
	{ "zone", NULL, "its zone", page_zone },
	{ "raw", NULL, "the fields of struct page as numbers", page_raw },
	{ NULL, NULL, NULL, NULL },
};

const struct kind page_kind = {
	.name = "page",
	.what = "A page frame and its struct page, from m:page(pfn) or t:page(address).",
	.members = page_members,
	.print = page_print,
};

/* -- files ------------------------------------------------------------------------------------- */

#define MAX_FILES 256u

static bool file_find(const struct machine *m, u32 inode, struct file_view *out)
{
	struct file_view v[MAX_FILES];
	u32 n = inspect_files(m, v, MAX_FILES);

	for (u32 i = 0; i < n && i < MAX_FILES; i++)
		if (v[i].inode == inode) {
			*out = v[i];
			return true;
		}
	return false;
}

static struct file_view file_view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &file_kind, &m);
	struct file_view v = { 0 };

	file_find(m, h->id, &v);
	return v;
}

static int file_read(lua_State *L)
{
	const struct handle *h = handle_self(L, &file_kind, NULL);
	struct op op = { .kind = OP_FILE_READ, .arg = { h->id, arg_size(L, 2, "offset") } };

	lua_pushinteger(L, (u32)run_op(L, h->machine, &op));
	return 1;
}

static int file_write(lua_State *L)
{
	const struct handle *h = handle_self(L, &file_kind, NULL);
	struct op op = { .kind = OP_FILE_WRITE, .arg = { h->id, arg_size(L, 2, "offset") } };

	op.arg[2] = (u32)arg_number(L, 3, "word", UINT32_MAX);
	run_op(L, h->machine, &op);
	return 0;
}

static int file_stream(lua_State *L)
{
	const struct handle *h = handle_self(L, &file_kind, NULL);
	struct op op = { .kind = OP_FILE_STREAM, .arg = { h->id, arg_size(L, 2, "offset") } };

	op.arg[2] = arg_size(L, 3, "length");
	lua_pushinteger(L, run_op(L, h->machine, &op));
	return 1;
}

static int file_readahead(lua_State *L)
{
	const struct handle *h = handle_self(L, &file_kind, NULL);
	struct op op = { .kind = OP_READAHEAD, .arg = { h->id, arg_size(L, 2, "offset") } };

	op.arg[2] = arg_size(L, 3, "length");
	run_op(L, h->machine, &op);
	return 0;
}

static int file_truncate(lua_State *L)
{
	const struct handle *h = handle_self(L, &file_kind, NULL);
	struct op op = { .kind = OP_TRUNCATE, .arg = { h->id, arg_size(L, 2, "size") } };

	run_op(L, h->machine, &op);
	return 0;
}

static int file_inode(lua_State *L)
{
	lua_pushinteger(L, file_view(L).inode);
	return 1;
}

static int file_name(lua_State *L)
{
	lua_pushstring(L, file_view(L).name);
	return 1;
}

static int file_size(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)file_view(L).size);
	return 1;
}

static int file_pages(lua_State *L)
{
	lua_pushinteger(L, file_view(L).pages);
	return 1;
}

static int file_dirty(lua_State *L)
{
	lua_pushinteger(L, file_view(L).dirty);
	return 1;
}

static int file_swapped(lua_State *L)
{
	lua_pushinteger(L, file_view(L).swapped);
	return 1;
}

static int file_shmem(lua_State *L)
{
	lua_pushboolean(L, file_view(L).shmem);
	return 1;
}

static bool file_alive(const struct machine *m, const struct handle *h)
{
	struct file_view v;

	return file_find(m, h->id, &v);
}

static void file_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	struct file_view v;

	if (file_find(m, h->id, &v))
		snprintf(buf, n, "%s %u (%s)", v.shmem ? "shmem" : "file", h->id, v.name);
	else
		snprintf(buf, n, "file %u", h->id);
}

static const struct member file_members[] = {
	{ "read", "(offset)", "read() one word", file_read },
	{ "write", "(offset, word)", "write() one word", file_write },
	{ "stream", "(offset, length)", "read() a range in one call; returns the bytes read",
	  file_stream },
	{ "readahead", "(offset, length)", "start to read a range; nobody waits", file_readahead },
	{ "truncate", "(size)", "make it shorter, or longer with zeros", file_truncate },
	{ "inode", NULL, "number", file_inode },
	{ "name", NULL, "name", file_name },
	{ "size", NULL, "bytes", file_size },
	{ "pages", NULL, "pages of it in the page cache", file_pages },
	{ "dirty", NULL, "of these, how many are to be written", file_dirty },
	{ "shmem", NULL, "true: no disk is behind it, only swap", file_shmem },
	{ "swapped", NULL, "pages of shared memory that are in swap", file_swapped },
	{ NULL, NULL, NULL, NULL },
};

const struct kind file_kind = {
	.name = "file",
	.what = "A file on the disk, from m:file{name=, size=}, or in memory, from m:shmem{size=}.",
	.members = file_members,
	.print = file_print,
	.alive = file_alive,
};
