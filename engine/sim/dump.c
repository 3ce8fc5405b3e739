/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The canonical dump: one line for each object, in a fixed order, named by ids. Two machines whose
 * dumps are equal will go on alike. Here: the lines, the hash, the machine, its threads and
 * processors; the kernel's objects are in dump_objects.c, the picture in dump_graph.c.
 */
#include "dump_impl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "i386/mmu.h"
#include "kernels.h"
#include "machine.h"
#include "op.h"
#include "spinlock.h"
#include "truth.h"

#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

static void hash_line(struct dump *d, const char *line, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		d->hash = (d->hash ^ (unsigned char)line[i]) * FNV_PRIME;
}

static bool room_for(struct dump *d, size_t n)
{
	size_t room = d->room ? d->room : 16384;
	char *text;

	if (d->len + n < d->room)
		return true;
	while (room <= d->len + n)
		room *= 2;
	text = realloc(d->text, room);
	if (!text) {
		d->no_memory = true;
		return false;
	}
	d->text = text;
	d->room = room;
	return true;
}

void put(struct dump *d, const char *format, ...)
{
	char line[512];
	va_list args;
	size_t n;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	n = len < 0 ? 0 : (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1;
	hash_line(d, line, n);
	if (!d->want_text || d->no_memory || !room_for(d, n))
		return;
	memcpy(d->text + d->len, line, n + 1);
	d->len += n;
}

/* -- the machine ------------------------------------------------------------------------------ */

static void dump_config(struct dump *d)
{
	const struct machine *m = d->m;
	const struct machine_config *c = &m->config;

	put(d, "machine %s ram %llu swap %llu cpus %u seed %llu page_cluster %d errata %#x\n",
	    c->kernel ? c->kernel->name : "bare", (unsigned long long)c->ram,
	    (unsigned long long)c->swap, c->cpus, (unsigned long long)c->seed, c->page_cluster,
	    c->errata);
	if (c->pae || c->highpte)
		put(d, "page tables%s%s\n", c->pae ? " pae" : "", c->highpte ? " highpte" : "");
	if (c->swappiness)
		put(d, "swappiness %u\n", c->swappiness - 1);
	if (c->swapoff && c->swapoff != swapoffs[0])
		put(d, "swapoff %s errata %#x\n", c->swapoff->name, c->swapoff_errata);
	put(d, "time %llu events %llu stamp %llu random %llx %llx %llx %llx\n",
	    (unsigned long long)m->now, (unsigned long long)m->events,
	    (unsigned long long)m->next_stamp, (unsigned long long)m->rng[0],
	    (unsigned long long)m->rng[1], (unsigned long long)m->rng[2],
	    (unsigned long long)m->rng[3]);
	if (m->report.kind)
		put(d, "report %u pid %u event %llu %s\n", m->report.kind, m->report.pid,
		    (unsigned long long)m->report.event, m->report.text ? m->report.text : "");
}

static void dump_counters(struct dump *d)
{
	const struct counter_row *row;

	for (row = counter_rows; row->name; row++) {
		u64 n = *(const u64 *)((const char *)&d->m->counters + row->offset);

		if (n)
			put(d, "counter %s %llu\n", row->name, (unsigned long long)n);
	}
}

/* -- threads ---------------------------------------------------------------------------------- */

static const char *const state_names[] = {
	[TASK_RUNNING] = "running", [TASK_SPINNING] = "spinning",
	[TASK_UNINTERRUPTIBLE] = "sleeping", [TASK_IDLE] = "idle", [TASK_ZOMBIE] = "zombie",
	[TASK_BROKEN] = "broken",
};

static void dump_stack(struct dump *d, const struct task_struct *t)
{
	u32 i;

	for (i = 0; i < thread_depth(t) && i < MAX_DEPTH; i++)
		put(d, "  in %s:%u\n", t->fn[i].site->func, t->fn[i].at ? t->fn[i].at->line : 0);
	for (i = 0; i < t->nr_held && i < MAX_HELD; i++)
		put(d, "  holds %s %u%s\n", lock_class_names[t->held[i].class], t->held[i].id,
		    t->held[i].write ? "" : " (read)");
}

static void dump_op(struct dump *d, const struct op *op)
{
	u32 i;

	put(d, "  op %s", op_rows[op->kind].name);
	for (i = 0; i < ARRAY_SIZE(op->arg); i++)
		put(d, " %llx", (unsigned long long)op->arg[i]);
	put(d, " \"%s\"\n", op->text);
}

static void dump_thread(struct dump *d, const struct task_struct *t)
{
	put(d, "thread %u %s %s cpu %u flags %#x faults %u %u%s%s", t->pid, t->comm,
	    state_names[t->state], t->cpu_id, t->flags, t->min_flt, t->maj_flt,
	    t->killed ? " killed" : "", t->need_resched ? " resched" : "");
	put(d, " since %llu ran %llu", (unsigned long long)t->start_time,
	    (unsigned long long)thread_cpu_time(t));
	if (t->parent)
		put(d, " of %u", t->parent);
	if (t->nice || t->oomkilladj)
		put(d, " nice %d adj %d", t->nice, t->oomkilladj);
	if (t->root || t->rawio)
		put(d, "%s%s", t->root ? " root" : "", t->rawio ? " rawio" : "");
	if (t->wake_at)
		put(d, " until %llu", (unsigned long long)t->wake_at);
	if (t->wait_class < NR_LOCK_CLASSES)
		put(d, " waits for %s %u", lock_class_names[t->wait_class], t->wait_id);
	put(d, "\n");
	dump_stack(d, t);
	if (t->op)
		dump_op(d, t->op);
}

static void dump_threads(struct dump *d)
{
	const struct list_head *pos;

	list_for_each(pos, &d->m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (t->state != TASK_ZOMBIE)
			dump_thread(d, t);
	}
}

/* -- processors ------------------------------------------------------------------------------- */

static void dump_tlb(struct dump *d, const struct cpu *cpu)
{
	u32 set, way;

	for (set = 0; set < TLB_SETS; set++)
		for (way = 0; way < TLB_WAYS; way++)
			if (cpu->tlb[set].tag[way])
				put(d, "  tlb %u.%u %08x %08llx\n", set, way,
				    (cpu->tlb[set].tag[way] - 1) << PAGE_SHIFT,
				    tlb_entry(&cpu->tlb[set], way));
}

static void dump_cpus(struct dump *d)
{
	u32 i;

	for (i = 0; i < d->m->config.cpus; i++) {
		const struct cpu *cpu = d->m->cpus[i];

		if (!cpu)
			continue;
		put(d, "cpu %u cr3 %08x cr2 %08x victim %08x runs %d accesses %llu hits %llu\n", i,
		    cpu->cr3, cpu->cr2, cpu->victim, cpu->curr ? cpu->curr->pid : -1,
		    (unsigned long long)(cpu->hits + cpu->walks), (unsigned long long)cpu->hits);
		dump_tlb(d, cpu);
	}
}

/* -- disks ------------------------------------------------------------------------------------ */

static void put_words(struct dump *d, const u32 *words)
{
	u32 i;

	for (i = 0; words && i < PAGE_SIZE / sizeof(*words); i++)
		if (words[i])
			put(d, "    word %03x %08x\n", 4 * i, words[i]);
}

static void dump_requests(struct dump *d, const struct disk *disk)
{
	struct disk_request rq;
	u32 n;

	for (n = 0; disk_request(disk, n, &rq); n++) {
		put(d, "  request %s block %u page %u due %llu tag %llu\n",
		    rq.write ? "write" : "read", rq.block, rq.pfn, (unsigned long long)rq.due,
		    (unsigned long long)rq.tag);
		put_words(d, rq.words);
	}
}

/* A file that nobody wrote to has one tag after the other: one line for all of them. */
static void dump_blocks(struct dump *d, const struct disk *disk)
{
	u32 block, n, all = disk_blocks(disk);

	for (block = 0; block < all; block += n) {
		u64 tag = disk_tag(disk, block);

		for (n = 1; block + n < all && !disk_words(disk, block) &&
		     !disk_words(disk, block + n) &&
		     disk_tag(disk, block + n) == (tag ? tag + n : 0); n++)
			;
		if (tag)
			put(d, "  blocks %u+%u tag %llu\n", block, n, (unsigned long long)tag);
		put_words(d, disk_words(disk, block));
	}
}

static void dump_disk_errors(struct dump *d, const struct disk *disk)
{
	u32 n, block, times;
	bool write;

	for (n = 0; disk_error_at(disk, n, &block, &write, &times); n++)
		put(d, "  error %s %u times %u\n", write ? "write" : "read", block, times);
}

static void dump_disks(struct dump *d)
{
	u32 i;

	for (i = 0; i < MAX_DISKS; i++) {
		const struct disk *disk = d->m->disks[i];

		if (!disk)
			continue;
		put(d, "disk %u blocks %u\n", i, disk_blocks(disk));
		dump_requests(d, disk);
		dump_blocks(d, disk);
		dump_disk_errors(d, disk);
	}
}

/* -- the content truth ------------------------------------------------------------------------ */

static void stored(void *arg, u32 space, u32 inode, u32 page, u64 tag)
{
	struct dump *d = arg;

	put(d, "truth %s %u page %x tag %llu\n", inode ? "file" : "pid", inode ? inode : space,
	    page, (unsigned long long)tag);
}

static void dump_all(struct dump *d)
{
	dump_config(d);
	dump_counters(d);
	dump_threads(d);
	dump_cpus(d);
	if (d->m->vm && d->m->booted)
		dump_kernel(d);
	dump_disks(d);
	if (d->m->truth)
		truth_each(d->m->truth, stored, d);
}

char *dump_machine(const struct machine *m)
{
	struct dump d = { .m = m, .hash = FNV_START, .want_text = true };

	dump_all(&d);
	if (d.no_memory) {
		free(d.text);
		return NULL;
	}
	return d.text;
}

u64 dump_hash(const struct machine *m)
{
	struct dump d = { .m = m, .hash = FNV_START };

	dump_all(&d);
	return d.hash;
}
