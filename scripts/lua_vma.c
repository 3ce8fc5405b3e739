/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces: the mm of a process and its mappings. */
#include "lua_priv.h"

#include <stdio.h>

/* vm_flags as inspect_vmas() shows them (linux/mm.h of 2.5.27). */
enum {
	VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4, VM_SHARED = 8, VM_LOCKED = 0x2000,
	VM_NONLINEAR = 0x800000,
};

#define MAX_VMAS 4096u /* of one process, as far as handles of them go */

/* -- t.mm -------------------------------------------------------------------------------------- */

static struct task_view mm_view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &mm_kind, &m);
	struct task_view v = { 0 };

	inspect_task(m, h->id, &v);
	return v;
}

#define MM_FIELD(name, value) \
	static int mm_##name(lua_State *L) \
	{ \
		lua_pushinteger(L, mm_view(L).value); \
		return 1; \
	}

MM_FIELD(pid, pid)
MM_FIELD(pgd, pgd_pfn)
MM_FIELD(rss, rss)
MM_FIELD(file_rss, file_rss)
MM_FIELD(anon_rss, anon_rss)
MM_FIELD(total_vm, total_vm)
MM_FIELD(locked_vm, locked_vm)
MM_FIELD(nr_ptes, nr_ptes)
MM_FIELD(start_brk, start_brk)
MM_FIELD(brk, brk)
MM_FIELD(map_count, map_count)

static bool mm_alive(const struct machine *m, const struct handle *h)
{
	struct task_view v;

	return inspect_task(m, h->id, &v) && v.process && v.state != TASK_ZOMBIE;
}

static void mm_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	snprintf(buf, n, "mm of task %u (%s)", h->id, thread_name(m, h->id));
}

static const struct member mm_members[] = {
	{ "pid", NULL, "pid of the process that owns it", mm_pid },
	{ "pgd", NULL, "pfn of the page directory", mm_pgd },
	{ "rss", NULL, "pages in memory", mm_rss },
	{ "file_rss", NULL, "of these, pages of files, where the kernel tells them apart (2.6.16)",
	  mm_file_rss },
	{ "anon_rss", NULL, "and anonymous ones", mm_anon_rss },
	{ "total_vm", NULL, "pages mapped, in memory or not", mm_total_vm },
	{ "locked_vm", NULL, "pages locked in memory", mm_locked_vm },
	{ "nr_ptes", NULL, "page tables", mm_nr_ptes },
	{ "start_brk", NULL, "beginning of the heap", mm_start_brk },
	{ "brk", NULL, "end of the heap", mm_brk },
	{ "map_count", NULL, "number of vmas", mm_map_count },
	{ NULL, NULL, NULL, NULL },
};

const struct kind mm_kind = {
	.name = "mm",
	.what = "The address space of a process, from t.mm.",
	.members = mm_members,
	.print = mm_print,
	.alive = mm_alive,
};

/* -- t.vmas ------------------------------------------------------------------------------------ */

static bool vma_find(const struct machine *m, const struct handle *h, struct vma_view *out)
{
	struct vma_view v[MAX_VMAS];
	u32 n = inspect_vmas(m, h->owner, v, MAX_VMAS);

	for (u32 i = 0; i < n && i < MAX_VMAS; i++)
		if (v[i].id == h->id) {
			*out = v[i];
			return true;
		}
	return false;
}

static struct vma_view vma_view(lua_State *L)
{
	struct machine *m;
	const struct handle *h = handle_self(L, &vma_kind, &m);
	struct vma_view v = { 0 };

	vma_find(m, h, &v);
	return v;
}

static int vma_start(lua_State *L)
{
	lua_pushinteger(L, vma_view(L).start);
	return 1;
}

static int vma_stop(lua_State *L)
{
	lua_pushinteger(L, vma_view(L).end);
	return 1;
}

static int vma_len(lua_State *L)
{
	struct vma_view v = vma_view(L);

	lua_pushinteger(L, v.end - v.start);
	return 1;
}

static int vma_prot(lua_State *L)
{
	u32 flags = vma_view(L).flags;
	char text[4];
	u32 n = 0;

	if (flags & VM_READ)
		text[n++] = 'r';
	if (flags & VM_WRITE)
		text[n++] = 'w';
	if (flags & VM_EXEC)
		text[n++] = 'x';
	lua_pushlstring(L, text, n);
	return 1;
}

static int vma_shared(lua_State *L)
{
	lua_pushboolean(L, (vma_view(L).flags & VM_SHARED) != 0);
	return 1;
}

static int vma_locked(lua_State *L)
{
	lua_pushboolean(L, (vma_view(L).flags & VM_LOCKED) != 0);
	return 1;
}

static int vma_file(lua_State *L)
{
	u32 inode = vma_view(L).inode;

	if (!inode)
		return 0;
	handle_push(L, &file_kind, handle_any(L, 1)->machine, inode, 0);
	return 1;
}

static int vma_offset(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)vma_view(L).pgoff << PAGE_SHIFT);
	return 1;
}

/* Two vmas with one anon_vma have the same number here. */
static int vma_anon_vma(lua_State *L)
{
	u32 place = vma_view(L).anon_vma;

	if (!place)
		return 0;
	lua_pushinteger(L, place);
	return 1;
}

static int vma_pgoff(lua_State *L)
{
	lua_pushinteger(L, vma_view(L).pgoff);
	return 1;
}

static int vma_nonlinear(lua_State *L)
{
	lua_pushboolean(L, (vma_view(L).flags & VM_NONLINEAR) != 0);
	return 1;
}

static int vma_cursor(lua_State *L)
{
	lua_pushinteger(L, vma_view(L).cursor);
	return 1;
}

static bool vma_alive(const struct machine *m, const struct handle *h)
{
	struct vma_view v;

	return vma_find(m, h, &v);
}

static void vma_print(const struct machine *m, const struct handle *h, char *buf, size_t n)
{
	struct vma_view v;

	if (vma_find(m, h, &v))
		snprintf(buf, n, "vma %u (%s 0x%x-0x%x)", h->id, thread_name(m, h->owner), v.start,
			 v.end);
	else
		snprintf(buf, n, "vma %u", h->id);
}

static const struct member vma_members[] = {
	{ "start", NULL, "first address", vma_start },
	{ "stop", NULL, "first address behind it", vma_stop },
	{ "len", NULL, "bytes", vma_len },
	{ "prot", NULL, "\"rw\" ...", vma_prot },
	{ "shared", NULL, "are stores seen by others?", vma_shared },
	{ "locked", NULL, "may its pages not be taken away?", vma_locked },
	{ "file", NULL, "the mapped file, nil when anonymous", vma_file },
	{ "offset", NULL, "of start in the file, in bytes", vma_offset },
	{ "pgoff", NULL, "vm_pgoff: the index of start's page in the file or in the anon_vma",
	  vma_pgoff },
	{ "anon_vma", NULL, "its anon_vma, by its place in the heap; nil before the first page",
	  vma_anon_vma },
	{ "nonlinear", NULL, "did remap_file_pages change it?", vma_nonlinear },
	{ "cursor", NULL, "nonlinear: where try_to_unmap_cluster goes on, in bytes", vma_cursor },
	{ NULL, NULL, NULL, NULL },
};

const struct kind vma_kind = {
	.name = "vma",
	.what = "A mapping of a process, from t.vmas.",
	.members = vma_members,
	.print = vma_print,
	.alive = vma_alive,
};
