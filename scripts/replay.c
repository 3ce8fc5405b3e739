/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay_priv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AROUND 16u       /* pages: an implicit mapping takes its neighbours along */
#define TEXT_PAGES 4096u /* of a file that stands for a program's text */

enum {
	PROT_READ_WRITE = 3, MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20
};

void replay_fail(struct replay *r, const char *format, ...)
{
	va_list args;

	if (r->failed)
		return;
	va_start(args, format);
	vsnprintf(r->err, r->err_size, format, args);
	va_end(args);
	r->failed = true;
}

bool replay_op(struct replay *r, struct op *op)
{
	bool whole = op_run(r->m, op);

	if (r->after_op)
		r->after_op(op, r->arg);
	if (!whole) {
		char report[400];

		machine_report(r->m, report, sizeof(report));
		report[strcspn(report, "\n")] = 0;
		replay_fail(r, "the machine stopped: %s", report);
	}
	return whole && !op->error;
}

/* -- folding ----------------------------------------------------------------------------------- */

static u32 free_slot(const struct replay *r, u64 region)
{
	if (region < REGIONS && !r->taken[region])
		return (u32)region;
	for (u32 slot = REGIONS; slot-- > 1;)
		if (!r->taken[slot])
			return slot;
	return NO_PAGE;
}

static u32 new_slot(struct replay *r, u64 region)
{
	u32 slot = free_slot(r, region);

	if (slot == NO_PAGE) {
		replay_fail(r, "the program uses more than the 3 GiB of addresses of an i386");
		return slot;
	}
	r->taken[slot] = true;
	r->stats.folded += slot != region;
	r->regions[r->nr_regions++] = (struct region_slot){ region + 1, slot };
	return slot;
}

static u32 slot_of(struct replay *r, u64 region)
{
	struct region_slot *recent = &r->recent[region % ARRAY_SIZE(r->recent)];

	if (recent->region == region + 1)
		return recent->slot;
	recent->region = region + 1;
	for (u32 i = 0; i < r->nr_regions; i++)
		if (r->regions[i].region == region + 1)
			return recent->slot = r->regions[i].slot;
	return recent->slot = new_slot(r, region);
}

u32 replay_fold(struct replay *r, u64 page)
{
	u32 slot = slot_of(r, page / REGION_PAGES);

	return slot == NO_PAGE ? NO_PAGE : slot * REGION_PAGES + (u32)(page % REGION_PAGES);
}

/* -- mapping ----------------------------------------------------------------------------------- */

static void set_mapped(struct process *p, u32 first, u32 n, bool mapped)
{
	for (u32 i = first; i < first + n; i++)
		p->flags[i] = (u8)(mapped ? p->flags[i] | MAPPED : p->flags[i] & ~MAPPED);
}

/* How many pages from `first` on are together in the machine, too; *at is the first there. */
static u64 together(struct replay *r, u64 first, u64 n, u32 *at)
{
	u64 run = REGION_PAGES - first % REGION_PAGES;

	*at = replay_fold(r, first);
	while (*at != NO_PAGE && run < n && replay_fold(r, first + run) == *at + run)
		run += REGION_PAGES;
	return run < n ? run : n;
}

bool move_pages(struct replay *r, struct process *p, u64 from, u64 old, u64 to, u64 pages)
{
	struct op op = { .kind = OP_MREMAP, .pid = (u16)p->pid };
	u32 at, there;

	if (!old || !pages || together(r, from, old, &at) != old || at == NO_PAGE ||
	    together(r, to, pages, &there) != pages || there == NO_PAGE)
		return false;
	op.arg[0] = (u64)at << PAGE_SHIFT;
	op.arg[1] = old << PAGE_SHIFT;
	op.arg[2] = pages << PAGE_SHIFT;
	op.arg[3] = MREMAP_MAYMOVE | MREMAP_FIXED;
	op.arg[4] = (u64)there << PAGE_SHIFT;
	if (!replay_op(r, &op))
		return false;
	set_mapped(p, at, (u32)old, false);
	set_mapped(p, there, (u32)pages, true);
	return true;
}

static void map_piece(struct replay *r, struct process *p, u32 at, u32 n,
		      const struct mapped_file *file, u64 offset_pages, bool shared)
{
	struct op op = { .kind = OP_MMAP, .pid = (u16)p->pid };

	op.arg[0] = (u64)at << PAGE_SHIFT;
	op.arg[1] = (u64)n << PAGE_SHIFT;
	op.arg[2] = PROT_READ_WRITE;
	op.arg[3] = MAP_FIXED | (shared ? MAP_SHARED : MAP_PRIVATE);
	if (file)
		op.arg[4] = file->inode;
	else
		op.arg[3] |= MAP_ANONYMOUS;
	op.arg[5] = file ? offset_pages << PAGE_SHIFT : 0;
	if (replay_op(r, &op))
		set_mapped(p, at, n, true);
	else
		r->stats.refused_calls++;
}

void map_pages(struct replay *r, struct process *p, u64 first, u64 n,
	       const struct mapped_file *file, u64 offset_pages, bool shared)
{
	while (n && !r->failed) {
		u32 at;
		u64 run = together(r, first, n, &at);

		if (at == NO_PAGE)
			return;
		map_piece(r, p, at, (u32)run, file, offset_pages, shared);
		first += run;
		offset_pages += run;
		n -= run;
	}
}

void unmap_pages(struct replay *r, struct process *p, u64 first, u64 n)
{
	while (n && !r->failed) {
		struct op op = { .kind = OP_MUNMAP, .pid = (u16)p->pid };
		u32 at;
		u64 run = together(r, first, n, &at);

		if (at == NO_PAGE)
			return;
		op.arg[0] = (u64)at << PAGE_SHIFT;
		op.arg[1] = run << PAGE_SHIFT;
		if (replay_op(r, &op))
			set_mapped(p, at, (u32)run, false);
		else
			r->stats.refused_calls++;
		first += run;
		n -= run;
	}
}

/* The first run of pages that are mapped in [*at, end): its length; 0: there is none. */
static u32 mapped_run(const struct process *p, u32 *at, u32 end)
{
	u32 n = 0;

	while (*at < end && !(p->flags[*at] & MAPPED))
		(*at)++;
	while (*at + n < end && p->flags[*at + n] & MAPPED)
		n++;
	return n;
}

/* What nothing in the log maps has no protection to change: its first access maps it. */
static void protect_piece(struct replay *r, struct process *p, u32 at, u32 end, u32 prot)
{
	u32 n;

	for (; !r->failed && (n = mapped_run(p, &at, end)); at += n) {
		struct op op = { .kind = OP_MPROTECT, .pid = (u16)p->pid };

		op.arg[0] = (u64)at << PAGE_SHIFT;
		op.arg[1] = (u64)n << PAGE_SHIFT;
		op.arg[2] = prot;
		if (!replay_op(r, &op))
			r->stats.refused_calls++;
	}
}

void protect_pages(struct replay *r, struct process *p, u64 first, u64 n, u32 prot)
{
	while (n && !r->failed) {
		u32 at;
		u64 run = together(r, first, n, &at);

		if (at == NO_PAGE)
			return;
		protect_piece(r, p, at, at + (u32)run, prot);
		first += run;
		n -= run;
	}
}

/* Room for n pages in the file that stands for the program's own; NULL: the machine has none. */
static const struct mapped_file *program_text(struct replay *r, const struct process *p, u32 n)
{
	struct op op = { .kind = OP_FILE, .arg = { (u64)TEXT_PAGES << PAGE_SHIFT } };

	if (r->text.inode && r->text.pages + n <= TEXT_PAGES)
		return &r->text;
	snprintf(op.text, sizeof(op.text), "%s", p->name);
	if (!replay_op(r, &op))
		return NULL;
	r->text.inode = (u32)op.ret;
	r->text.pages = 0;
	return &r->text;
}

/* Nothing in the log maps this page: map it, with what is free around it. What is fetched first
 * is the program's text, and a file's; the rest is its stack and data. */
static void map_implicitly(struct replay *r, struct process *p, u32 page, bool fetched)
{
	u32 first = page, last = page, low = page / AROUND * AROUND, high = low + AROUND - 1, n;
	const struct mapped_file *text;

	replay_flush(r);
	while (first > low && first > 1 && !(p->flags[first - 1] & MAPPED))
		first--;
	while (last < high && !(p->flags[last + 1] & MAPPED))
		last++;
	n = last - first + 1;
	text = fetched ? program_text(r, p, n) : NULL;
	map_piece(r, p, first, n, text, r->text.pages, false);
	if (text)
		r->text.pages += n;
	r->stats.implicit += n;
	r->stats.implicit_text += text ? n : 0;
	r->m->counters.implicit_maps++;
}

/* -- accesses ---------------------------------------------------------------------------------- */

/* The machine stopped before a queued word: pass it over, or give the process up. */
static void settle(struct replay *r, struct process *p, u32 word)
{
	struct op op = { .kind = OP_TOUCH, .pid = (u16)p->pid };

	op.arg[0] = (u64)(word >> 1) << PAGE_SHIFT;
	op.arg[1] = PAGE_SIZE;
	op.arg[2] = word & 1;
	if (replay_op(r, &op))
		return;
	r->stats.refused++;
	p->gone = op.error != -7 && op.error != -11; /* SIGKILL: out of memory */
	p->ready = !p->gone;
}

/* As many of the queued touches as go well. */
static u32 touch_run(struct replay *r, const struct process *p, const u32 *words, u32 n)
{
	struct op op = { .kind = OP_TOUCH, .pid = (u16)p->pid };
	u32 done;

	op.arg[0] = (u64)(words[0] >> 1) << PAGE_SHIFT;
	done = (u32)op_touch_pages(r->m, p->pid, words, n, &op.faults);
	op.arg[1] = (u64)done << PAGE_SHIFT;
	op.ret = (s64)op.faults;
	op.done = r->m->report.kind == REPORT_NONE;
	if (r->after_op)
		r->after_op(&op, r->arg);
	return done;
}

void replay_flush(struct replay *r)
{
	struct process *p = r->now;
	u32 n = r->nr_words, i = 0;

	r->nr_words = 0;
	while (i < n && p->ready && !r->failed) {
		i += touch_run(r, p, r->words + i, n - i);
		if (i < n)
			settle(r, p, r->words[i++]);
	}
	r->stats.dropped += n - i;
}

static const u8 access_flags[NR_LACKEY_ACCESSES] = {
	[LACKEY_FETCH] = SEEN | CODE, [LACKEY_LOAD] = SEEN, [LACKEY_STORE] = SEEN | WRITTEN,
	[LACKEY_MODIFY] = SEEN | WRITTEN,
};

static inline void touch(struct replay *r, struct process *p, u64 page_of_program, u8 flags)
{
	u32 page = replay_fold(r, page_of_program);

	if (unlikely(page == NO_PAGE))
		return;
	if (unlikely(!(p->flags[page] & MAPPED)))
		map_implicitly(r, p, page, flags & CODE);
	p->flags[page] |= flags;
	r->words[r->nr_words++] = page << 1 | (flags & WRITTEN ? 1 : 0);
	if (unlikely(r->nr_words == BATCH))
		replay_flush(r);
}

static void on_access(void *replay, enum lackey_access kind, u64 address, u32 size)
{
	struct replay *r = replay;
	struct process *p = r->now;
	u64 page = address >> PAGE_SHIFT, last = (address + size - 1) >> PAGE_SHIFT;

	(&r->stats.fetches)[kind]++;
	if (unlikely(!p || !p->ready))
		p = process_now(r);
	if (unlikely(!p)) {
		r->stats.dropped++;
		return;
	}
	touch(r, p, page, access_flags[kind]);
	if (unlikely(page != last)) {
		r->stats.crossings++;
		touch(r, p, last, access_flags[kind]);
	}
}

void kernel_writes(struct replay *r, struct process *p, u64 address, u64 n)
{
	u64 first = address >> PAGE_SHIFT, last = (address + n - 1) >> PAGE_SHIFT;

	for (u64 page = first; n && page <= last && !r->failed && p->ready; page++) {
		touch(r, p, page, SEEN | WRITTEN);
		r->stats.kernel_pages++;
	}
}

/* -- processes --------------------------------------------------------------------------------- */

static struct process *process_find(struct replay *r, u32 host_pid)
{
	struct process *p = r->processes;

	while (p && p->host_pid != host_pid)
		p = p->next;
	return p;
}

static struct process *process_add(struct replay *r, u32 host_pid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (p)
		p->flags = calloc(USER_PAGES, 1);
	if (!p || !p->flags) {
		fputs("rmaplab: this computer has no memory left\n", stderr);
		exit(1);
	}
	p->host_pid = host_pid;
	snprintf(p->name, sizeof(p->name), "program");
	p->next = r->processes;
	r->processes = p;
	r->stats.processes++;
	return p;
}

/* Its task is made when it does something: by then its name is known. */
static void process_begin(struct replay *r, struct process *p)
{
	struct op op = { .kind = OP_TASK };

	snprintf(op.text, sizeof(op.text), "%s", p->name);
	p->ready = replay_op(r, &op);
	p->pid = p->ready ? (u32)op.ret : 0;
	p->gone = !p->ready;
}

struct process *process_now(struct replay *r)
{
	if (!r->now)
		r->now = process_add(r, 0);
	if (!r->now->pid && !r->now->gone && !r->failed)
		process_begin(r, r->now);
	return r->now->ready && !r->failed ? r->now : NULL;
}

void process_fork(struct replay *r, struct process *parent, u32 child)
{
	struct op op = { .kind = OP_FORK, .pid = (u16)parent->pid };
	struct process *p;

	snprintf(op.text, sizeof(op.text), "%s", parent->name);
	r->stats.forks++;
	if (!replay_op(r, &op)) {
		r->stats.refused_calls++;
		return;
	}
	p = process_add(r, child);
	p->pid = (u32)op.ret;
	p->ready = true;
	memcpy(p->name, parent->name, sizeof(p->name));
	memcpy(p->fd, parent->fd, sizeof(p->fd));
	for (u32 i = 0; i < USER_PAGES; i++)
		p->flags[i] = parent->flags[i] & MAPPED;
	p->brk = parent->brk;
}

/* What it touched is counted at the end, so its flags stay. */
void process_exit(struct replay *r, struct process *p)
{
	struct op op = { .kind = OP_EXIT, .pid = (u16)p->pid };

	if (p->ready)
		replay_op(r, &op);
	p->ready = false;
	p->gone = true;
}

static void on_process(void *replay, u32 pid)
{
	struct replay *r = replay;

	if (r->now)
		replay_flush(r);
	r->now = process_find(r, pid);
	if (!r->now)
		r->now = process_add(r, pid);
}

/* The program's name without its folder. */
static void base_name(char *out, size_t n, const char *command)
{
	const char *end = command + strcspn(command, " "), *begin = end;

	while (begin > command && begin[-1] != '/')
		begin--;
	snprintf(out, n, "%.*s", (int)(end - begin), begin);
}

/* After an execve nothing is left of the old address space. */
static void on_command(void *replay, u32 pid, const char *command)
{
	struct replay *r = replay;
	struct process *p = process_find(r, pid), *old = p;

	if (!p)
		return;
	if (p->exec_pending) {
		replay_flush(r);
		process_exit(r, p);
		old->host_pid = 0;
		p = r->now = process_add(r, pid);
		memcpy(p->fd, old->fd, sizeof(p->fd));
		r->stats.execs++;
	}
	base_name(p->name, sizeof(p->name), command);
}

static void on_compacted(void *replay, u64 accesses)
{
	((struct replay *)replay)->stats.original = accesses;
}

/* -- the whole --------------------------------------------------------------------------------- */

struct replay *replay_new(struct machine *m, void (*after_op)(const struct op *op, void *arg),
			  void *arg)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (r) {
		r->m = m;
		r->after_op = after_op;
		r->arg = arg;
	}
	return r;
}

void replay_free(struct replay *r)
{
	while (r && r->processes) {
		struct process *p = r->processes;

		r->processes = p->next;
		free(p->flags);
		free(p);
	}
	for (u32 i = 0; r && i < r->nr_files; i++)
		free(r->files[i].path);
	if (r)
		free(r->files);
	free(r);
}

void replay_stop(struct replay *r)
{
	replay_fail(r, "stopped");
}

static void count_pages(struct replay *r)
{
	struct replay_stats *s = &r->stats;

	for (struct process *p = r->processes; p; p = p->next)
		for (u32 i = 0; i < USER_PAGES; i++) {
			s->pages += (p->flags[i] & SEEN) != 0;
			s->pages_code += (p->flags[i] & CODE) != 0;
			s->pages_written += (p->flags[i] & WRITTEN) != 0;
		}
	s->accesses = s->fetches + s->loads + s->stores + s->modifies;
}

bool replay_run(struct replay *r, const char *path, struct lackey_counts *counts, char *err,
		size_t n)
{
	const struct lackey_sink sink = {
		.process = on_process, .command = on_command, .access = on_access,
		.call = replay_call, .compacted = on_compacted, .arg = r,
	};

	r->err = err;
	r->err_size = n;
	if (!lackey_read(path, &sink, counts, err, n) || r->failed)
		return false;
	if (r->now)
		replay_flush(r);
	count_pages(r);
	return !r->failed;
}

const struct replay_stats *replay_stats(const struct replay *r)
{
	return &r->stats;
}

const struct replay_stat_row replay_stat_rows[] = {
#define X(name, what) { #name, what, offsetof(struct replay_stats, name) },
	REPLAY_STATS(X)
#undef X
	{ NULL, NULL, 0 },
};
