/* SPDX-License-Identifier: GPL-2.0-only */
#include "lab.h"
#include "mm/vmscan_2002.h"
#include "rmap/rmap.h"
#include "sim/disk.h"
#include "sim/truth.h"

#include <stdio.h>

#define MAX_EVENTS 800000
#define MANY 64 /* mappings of one page */

struct machine *m;
void (*lab_on_event)(const struct event *ev);

static struct event events[MAX_EVENTS];
static u32 nr_events;
static struct machine_hooks hooks;
static const char *noted_file, *noted_what;
static int noted_line;

/* -- the machine --------------------------------------------------------------------------- */

static void keep(struct machine *unused, const struct event *ev, void *arg)
{
	(void)unused;
	(void)arg;
	if (lab_on_event)
		lab_on_event(ev);
	if (nr_events < MAX_EVENTS)
		events[nr_events++] = *ev;
}

void lab_boot_config(struct machine_config config)
{
	const char *why;

	if (!config.kernel)
		config.kernel = kernel_default;
	noted_file = NULL;
	lab_on_event = NULL;
	m = machine_create(&config, &why);
	if (!m)
		fail_msg("no machine: %s", why);
	hooks = (struct machine_hooks){ .event = keep };
	m->hooks = &hooks;
	lab_forget();
}

void lab_boot(u32 ram, u32 swap, u32 cpus)
{
	lab_boot_config((struct machine_config){
		.ram = (u64)ram << PAGE_SHIFT, .swap = (u64)swap << PAGE_SHIFT, .cpus = cpus,
		.page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
}

int lab_destroy(void **state)
{
	(void)state;
	if (m)
		machine_destroy(m);
	m = NULL;
	return 0;
}

static void assert_whole(void)
{
	char text[2000];

	if (m->report.kind == REPORT_NONE)
		return;
	machine_report(m, text, sizeof(text));
	fail_msg("the machine broke: %s", text);
}

/* -- code on its threads ------------------------------------------------------------------- */

void lab_note(const char *file, int line, const char *what)
{
	if (noted_file)
		return;
	noted_file = file;
	noted_line = line;
	noted_what = what;
}

static void assert_nothing_noted(void)
{
	if (noted_file)
		fail_msg("%s:%d: %s", noted_file, noted_line, noted_what);
}

static bool boot_is_idle(const struct machine *machine, void *arg)
{
	(void)arg;
	return machine->boot->state == TASK_IDLE;
}

void lab_run(void (*fn)(void *), void *arg)
{
	assert_true(thread_start(m->boot, fn, arg));
	sched_run(m, boot_is_idle, NULL);
	assert_whole();
	assert_nothing_noted();
}

void lab_spawn(const char *name, void (*fn)(void *), void *arg)
{
	struct task_struct *t = thread_create(m, name, m->config.cpus - 1);

	assert_non_null(t);
	t->flags |= PF_KTHREAD;
	assert_true(thread_start(t, fn, arg));
}

struct inode *lab_file(u64 size)
{
	struct inode *inode = inode_create("file", size);

	truth_file_new(m->truth, inode->i_ino, inode->nr_blocks,
		       disk_tag(m->disks[0], inode->first_block));
	return inode;
}

/* -- operations ---------------------------------------------------------------------------- */

static struct op run(enum op_kind kind, u32 pid, const u64 *arg)
{
	struct op op = { .kind = (u8)kind, .pid = (u16)pid };
	u32 i;

	for (i = 0; i < 6; i++)
		op.arg[i] = arg[i];
	op_run(m, &op);
	assert_whole();
	assert_true(op.done);
	return op;
}

s64 lab_op(enum op_kind kind, u32 pid, const u64 *arg)
{
	struct op op = run(kind, pid, arg);

	if (op.error)
		fail_msg("%s: %s", op_rows[kind].name, op_error_name(op.error));
	return op.ret;
}

void lab_op_fails(s32 error, enum op_kind kind, u32 pid, const u64 *arg)
{
	struct op op = run(kind, pid, arg);

	if (op.error != error)
		fail_msg("%s: %s instead of %s", op_rows[kind].name, op_error_name(op.error),
			 op_error_name(error));
}

u32 lab_process(u32 pages, u32 *at)
{
	u32 pid = (u32)OP(TASK, 0, 0);

	*at = (u32)OP(MMAP, pid, 0, (u64)pages << PAGE_SHIFT, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	return pid;
}

u32 lab_claims(u32 slot)
{
	swp_entry_t entry = SWP_ENTRY(0, slot);

	return swap_count_of(m->vm, entry) + swap_has_cache_of(m->vm, entry);
}

u32 lab_pfn(u32 pid, u32 address)
{
	struct pte_view pte;

	if (!inspect_pte(m, pid, address, &pte) || !pte.present)
		fail_msg("nothing is mapped at %08x", address);
	return pte.pfn;
}

static void walk_page_tables(void *arg)
{
	u32 zone = MAX_NR_ZONES - 1;

	(void)arg;
	while (!VM->zones[zone].size)
		zone--;
	swap_out(DEF_PRIORITY, GFP_KERNEL, &VM->zones[zone]);
}

void lab_reclaim(u32 n, u32 want)
{
	for (; n; n--) {
		if (m->vm->kernel->vmscan->virtual_scan)
			lab_run(walk_page_tables, NULL);
		OP(RECLAIM, 0, want);
	}
}

static bool among(const struct mapping_view *all, u32 n, const struct mapping_view *one)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (all[i].pid == one->pid && all[i].address == one->address &&
		    all[i].raw == one->raw)
			return true;
	return false;
}

void lab_mapped_by(u32 pfn, u32 n)
{
	struct mapping_view rmap[MANY], oracle[MANY];
	bool knows = inspect_has_rmap(m);
	struct page_view page;
	u32 i;

	assert_true(n <= MANY);
	assert_int_equal(inspect_mappers(m, pfn, oracle, MANY), n);
	assert_int_equal(inspect_rmap(m, pfn, rmap, MANY), knows ? n : 0);
	for (i = 0; knows && i < n; i++)
		assert_true(among(rmap, n, &oracle[i]));
	assert_true(inspect_page(m, pfn, &page));
	assert_int_equal(page.mapcount_known, knows);
	assert_int_equal(page.mapcount, knows ? n : 0);
	if (!knows)
		assert_int_equal(inspect_missed(m, pfn), n);
}

/* -- events -------------------------------------------------------------------------------- */

void lab_forget(void)
{
	nr_events = 0;
}

u32 lab_count(enum event_kind kind)
{
	u32 i, n = 0;

	assert_true(nr_events < MAX_EVENTS);
	for (i = 0; i < nr_events; i++)
		n += events[i].kind == kind;
	return n;
}

u32 lab_count_before(enum event_kind kind, const struct event *end)
{
	u32 i, n = 0;

	for (i = 0; i < nr_events && events[i].number < end->number; i++)
		n += events[i].kind == kind;
	return n;
}

u32 lab_count_of(enum event_kind kind, u32 first)
{
	u32 i, n = 0;

	assert_true(nr_events < MAX_EVENTS);
	for (i = 0; i < nr_events; i++)
		n += events[i].kind == kind && events[i].a[0] == first;
	return n;
}

const struct event *lab_first(enum event_kind kind)
{
	u32 i;

	for (i = 0; i < nr_events; i++)
		if (events[i].kind == kind)
			return &events[i];
	fail_msg("no such event: %s", event_kind_rows[kind].name);
	return NULL;
}

const struct event *lab_event(enum event_kind kind, u32 first, u32 n)
{
	u32 i;

	for (i = 0; i < nr_events; i++)
		if (events[i].kind == kind && events[i].a[0] == first && n-- == 0)
			return &events[i];
	fail_msg("no such event: %s of %u", event_kind_rows[kind].name, first);
	return NULL;
}

u64 lab_free_or_for_ever(void)
{
	return m->vm->zones[0].free_pages + m->counters.chain_pages + m->counters.slab_pages;
}
