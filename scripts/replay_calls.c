/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of a trace: what each does to the machine's processes. */
#include "replay_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_SHARED = 1, MAP_ANONYMOUS = 0x20, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };

static u64 page_up(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* -- files ------------------------------------------------------------------------------------- */

static u32 file_index(struct replay *r, const char *path)
{
	for (u32 i = 0; i < r->nr_files; i++)
		if (!strcmp(r->files[i].path, path))
			return i;
	if (r->nr_files == r->room_files) {
		r->room_files = r->room_files * 2 + 16;
		r->files = realloc(r->files, r->room_files * sizeof(*r->files));
	}
	if (!r->files || !(r->files[r->nr_files].path = strdup(path))) {
		fputs("rmaplab: this computer has no memory left\n", stderr);
		exit(1);
	}
	r->files[r->nr_files].inode = 0;
	r->files[r->nr_files].pages = 0;
	return r->nr_files++;
}

/* The log does not say how large files are: as large as what is mapped of them. */
static const struct mapped_file *file_of(struct replay *r, struct process *p, u64 fd, u64 pages)
{
	struct op op = { .kind = OP_FILE, .arg = { pages << PAGE_SHIFT } };
	struct mapped_file *file;
	const char *name;
	char unknown[32];
	u32 index;

	snprintf(unknown, sizeof(unknown), "descriptor %u", (u32)fd);
	index = fd < MAX_FDS && p->fd[fd] ? p->fd[fd] - 1 : file_index(r, unknown);
	file = &r->files[index];
	if (file->inode && file->pages >= pages)
		return file;
	name = strrchr(file->path, '/');
	snprintf(op.text, TASK_COMM_LEN, "%s", name ? name + 1 : file->path);
	if (!replay_op(r, &op)) {
		r->stats.refused_calls++;
		return NULL;
	}
	file->inode = (u32)op.ret;
	file->pages = (u32)pages;
	r->stats.files++;
	return file;
}

static void call_open(struct replay *r, struct process *p, const struct lackey_call *call)
{
	if (call->result < MAX_FDS)
		p->fd[call->result] = file_index(r, call->path) + 1;
}

static void call_close(struct replay *r, struct process *p, const struct lackey_call *call)
{
	(void)r;
	if (call->arg[0] < MAX_FDS)
		p->fd[call->arg[0]] = 0;
}

static void call_read(struct replay *r, struct process *p, const struct lackey_call *call)
{
	if (call->result <= call->arg[2])
		kernel_writes(r, p, call->arg[1], call->result);
}

/* -- mappings ---------------------------------------------------------------------------------- */

/* offset_pages: of the file; mmap2 counts in pages, the others in bytes. */
static void do_mmap(struct replay *r, struct process *p, const struct lackey_call *call,
		    u64 offset_pages)
{
	u64 first = call->result >> PAGE_SHIFT, pages = page_up(call->arg[1]);
	bool anonymous = call->arg[3] & MAP_ANONYMOUS, shared = call->arg[3] & MAP_SHARED;
	const struct mapped_file *file = NULL;

	r->stats.mmaps++;
	r->stats.shared_anon += anonymous && shared;
	if (!anonymous)
		file = file_of(r, p, (u32)call->arg[4], offset_pages + pages);
	map_pages(r, p, first, pages, file, file ? offset_pages : 0, shared);
}

static void call_mmap(struct replay *r, struct process *p, const struct lackey_call *call)
{
	do_mmap(r, p, call, call->arg[5] >> PAGE_SHIFT);
}

static void call_mmap2(struct replay *r, struct process *p, const struct lackey_call *call)
{
	do_mmap(r, p, call, call->arg[5]);
}

static void call_munmap(struct replay *r, struct process *p, const struct lackey_call *call)
{
	r->stats.munmaps++;
	unmap_pages(r, p, call->arg[0] >> PAGE_SHIFT, page_up(call->arg[1]));
}

/* The kernel of this machine begins a heap elsewhere: the log's heap is mapped where it was. */
static void call_brk(struct replay *r, struct process *p, const struct lackey_call *call)
{
	u64 old = page_up(p->brk), now = page_up(call->result);

	if (p->brk && now != old) {
		r->stats.brks++;
		if (now > old)
			map_pages(r, p, old, now - old, NULL, 0, false);
		else
			unmap_pages(r, p, now, old - now);
	}
	p->brk = call->result;
}

static void call_mremap(struct replay *r, struct process *p, const struct lackey_call *call)
{
	u64 from = call->arg[0] >> PAGE_SHIFT, to = call->result >> PAGE_SHIFT;
	u64 old = page_up(call->arg[1]), pages = page_up(call->arg[2]);

	r->stats.mremaps++;
	if (pages < old) {
		unmap_pages(r, p, from + pages, old - pages);
		old = pages;
	}
	if (to != from && !move_pages(r, p, from, old, to, pages)) {
		unmap_pages(r, p, from, old);
		map_pages(r, p, to, pages, NULL, 0, false);
		r->stats.mremap_pages += old;
	} else if (to == from && pages > old) {
		map_pages(r, p, from + old, pages - old, NULL, 0, false);
	}
}

static void call_mprotect(struct replay *r, struct process *p, const struct lackey_call *call)
{
	r->stats.mprotects++;
	protect_pages(r, p, call->arg[0] >> PAGE_SHIFT, page_up(call->arg[1]),
		      call->arg[2] & (PROT_READ | PROT_WRITE | PROT_EXEC));
}

/* -- processes --------------------------------------------------------------------------------- */

/* Without a child it was a thread: the accesses of threads are in their process's log. */
static void call_fork(struct replay *r, struct process *p, const struct lackey_call *call)
{
	if (call->child)
		process_fork(r, p, call->child);
}

static void call_exec(struct replay *r, struct process *p, const struct lackey_call *call)
{
	(void)r;
	p->exec_pending = call->success;
}

/* exit ends a thread; of the first thread, the process. */
static void call_exit(struct replay *r, struct process *p, const struct lackey_call *call)
{
	if (!strcmp(call->name, "exit") && call->tid != 1)
		return;
	r->stats.exits++;
	process_exit(r, p);
}

static const struct {
	const char *name;
	void (*call)(struct replay *r, struct process *p, const struct lackey_call *call);
} calls[] = {
	{ "mmap2", call_mmap2 }, { "mmap", call_mmap }, { "old_mmap", call_mmap },
	{ "munmap", call_munmap }, { "brk", call_brk }, { "mremap", call_mremap },
	{ "mprotect", call_mprotect }, { "read", call_read }, { "open", call_open },
	{ "openat", call_open }, { "creat", call_open }, { "close", call_close },
	{ "fork", call_fork }, { "vfork", call_fork }, { "clone", call_fork },
	{ "clone3", call_fork }, { "execve", call_exec }, { "exit", call_exit },
	{ "exit_group", call_exit },
};

bool replay_call(void *replay, const struct lackey_call *call)
{
	struct replay *r = replay;
	struct process *p = process_now(r);

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(calls[i].name, call->name))
			continue;
		replay_flush(r);
		if (call->success && p && p->ready)
			calls[i].call(r, p, call);
		break;
	}
	return !r->failed;
}
