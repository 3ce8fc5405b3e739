/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernels.h"
#include "mm/mm.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "pressure.h"
#include "sim/disk.h"

#define AT_ONCE 4     /* processes */
#define MOST_AREAS 3
#define MOST_VMAS 64

/* In percent of the RAM. */
#define VIRTUAL 400u
#define TOO_MUCH 440u
#define SWAP 290u
/* In permille of all slots: from here on the processes hold back. */
#define NEARLY_FULL 970u

/* -- the machine ------------------------------------------------------------------------------- */

static u32 number_of(const struct kernel *kernel)
{
	u32 i = 0;

	while (kernels[i] != kernel)
		i++;
	return i;
}

/* Race R3 is open in seed 001: the lock of an anon_vma is taken after it was freed. Preempted at
 * random, it comes to that (see t415_map_lock_races.c). */
static bool races(const struct kernel *kernel)
{
	return kernel == &kernel_2_6_9_rc_mm;
}

/* One cpu, two, and two of which one may be taken away at any point. */
struct machine_config pressure_config(const struct pressure_plan *plan)
{
	static const u32 sizes[] = { 128, 192, 128, 256, 160, 512 };
	u64 which = plan->seed + number_of(plan->kernel);
	u32 frames = sizes[plan->seed % ARRAY_SIZE(sizes)];
	struct machine_config config = workload_config(plan->kernel, plan->seed, frames,
						       which % 3 ? 2 : 1);

	config.swap = 0;
	config.stress = which % 3 == 2 && !races(plan->kernel) ? 2 + which % 11 : 0;
	config.events = plan->disks_fail;
	return config;
}

static bool must(struct workload *w, struct op op)
{
	op_run(w->m, &op);
	return workload_done(w, &op) && !op.error;
}

/* Two areas, of one priority or of two. */
static bool add_areas(struct pressure *p)
{
	u64 bytes = (u64)(p->slots / 2) << PAGE_SHIFT;
	u64 other = p->plan.seed % 2 ? 1 : 0;

	return must(&p->w, (struct op){ .kind = OP_SWAPON, .arg = { bytes, 1 } }) &&
	       must(&p->w, (struct op){ .kind = OP_SWAPON, .arg = { bytes, other } });
}

/* There always is an init, however short memory is. It is none of those who do something. */
static bool start_init(struct pressure *p)
{
	struct workload *w = &p->w;

	if (!must(w, (struct op){ .kind = OP_TASK, .text = "init" }))
		return false;
	p->init = w->pids[0];
	w->nr_pids = 0;
	return must(w, (struct op){ .kind = OP_MMAP, .pid = (u16)p->init,
				    .arg = { 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE } });
}

/* Which erratum has lost what was loaded? */
static enum own_erratum erratum_of(const struct event *ev)
{
	if (ev->a[4])
		return SWAPOFF_MAPS_UNREAD;
	if (ev->a[2])
		return READ_ERROR_MAPPED;
	return ev->a[3] ? FILE_WRITE_ERROR_DROPS_DATA : WRITE_ERROR_DROPS_DATA;
}

static void watch(struct machine *m, const struct event *ev, void *arg)
{
	struct pressure *p = arg;

	if (ev->kind == EV_CONTENT_LOST)
		p->seen.lost[erratum_of(ev)]++;
	p->traced.event(m, ev, p->traced.arg);
}

static bool begin(struct pressure *p, const struct pressure_plan *plan)
{
	struct machine_config config = pressure_config(plan);

	memset(p, 0, sizeof(*p));
	p->plan = *plan;
	p->rng = plan->seed ^ 0x9e55;
	p->seen.fill_min = UINT32_MAX;
	if (!workload_begin(&p->w, &config))
		return false;
	p->traced = p->w.hooks;
	p->w.hooks = (struct machine_hooks){ .event = watch, .arg = p };
	p->slots = p->w.m->nr_frames * SWAP / 100;
	return add_areas(p) && start_init(p);
}

/* -- how short of memory is it? ---------------------------------------------------------------- */

static u32 virtual_percent(const struct workload *w)
{
	struct task_view t;
	u32 i, pages = 0;

	for (i = 0; i < w->nr_pids; i++)
		if (inspect_task(w->m, w->pids[i], &t))
			pages += t.total_vm;
	return pages * 100 / w->m->nr_frames;
}

static u32 free_slots(const struct workload *w, u32 *slots)
{
	struct swap_view areas[MOST_AREAS];
	u32 i, free = 0, n = inspect_swap(w->m, areas, MOST_AREAS);

	for (i = *slots = 0; i < n && i < MOST_AREAS; i++) {
		free += areas[i].pages - areas[i].used;
		*slots += areas[i].pages;
	}
	return free;
}

static u32 fill_permille(const struct workload *w)
{
	u32 slots, free = free_slots(w, &slots);

	return slots ? (slots - free) * 1000 / slots : 1000;
}

/* The first tenth is for getting there. */
static void sample(struct pressure *p)
{
	struct pressure_seen *seen = &p->seen;
	u32 fill = fill_permille(&p->w);

	if (p->w.ops < p->plan.ops / 10)
		return;
	seen->samples++;
	seen->fill_sum += fill;
	seen->virtual_sum += virtual_percent(&p->w);
	seen->processes_sum += p->w.nr_pids;
	if (fill < seen->fill_min)
		seen->fill_min = fill;
	if (fill > seen->fill_max)
		seen->fill_max = fill;
}

/* -- what is done ------------------------------------------------------------------------------ */

/* The steps of workload.c that do this (see choose and workload_op there). */
#define MMAP_STEP 10
#define MUNMAP_STEP 21
#define TOUCH_STEP 70
#define TRUNCATE_STEP 112

/* Not at the same time as others: what copies pages of a file (mlock), or truncates it, while
 * somebody writes to it. Either order is right, and the content truth knows only one. */
#define MLOCK_STEP 8

static bool is_for_company(const struct step *s)
{
	u32 what = s->what % 120;

	if (what >= 100 && what < 112)
		return s->r[4] / 32 % 16 != MLOCK_STEP;
	return what < 112 || what >= 115;
}

/* Private anonymous memory, a fifth of the RAM at most; every eighth time whatever comes. */
static void grow(struct step *s)
{
	s->what = MMAP_STEP;
	s->r[2] &= ~3u;
	if (s->r[4] % 8)
		s->r[1] = 2;
}

/*
 * The fuller it is, the less at a time: what all write in one round is to find room, mostly.
 * Otherwise somebody is killed each time, and nothing is full any more.
 */
static void hold_back(const struct workload *w, const struct step *s, struct op *op)
{
	u32 slots, room = free_slots(w, &slots) / (AT_ONCE + 1);

	if (op->kind != OP_TOUCH || !op->arg[2] || s->r[3] % 128 == 0)
		return;
	if (room < 2)
		op->arg[2] = 0;
	else if (op->arg[1] > (u64)room << PAGE_SHIFT)
		op->arg[1] = (u64)room << PAGE_SHIFT;
}

/* The largest of three mappings of a process, and mostly it is written to. */
static struct op fill(const struct workload *w, const struct step *s)
{
	struct op op = { .kind = OP_TOUCH, .arg = { 0, PAGE_SIZE, s->r[4] % 4 != 0 } };
	struct vma_view vmas[MOST_VMAS];
	u32 i, n;

	op.pid = (u16)w->pids[s->r[0] % w->nr_pids];
	n = inspect_vmas(w->m, op.pid, vmas, MOST_VMAS);
	if (n > MOST_VMAS)
		n = MOST_VMAS;
	for (i = 1; i <= 3 && n; i++) {
		const struct vma_view *vma = &vmas[s->r[i] % n];

		if (vma->end - vma->start <= op.arg[1])
			continue;
		op.arg[0] = vma->start + (s->r[5] % 2 ? 0 : (vma->end - vma->start) / 2);
		op.arg[1] = vma->end - op.arg[0];
	}
	return op;
}

/* Is there room for what is in it in the others? */
static bool fits(const struct swap_view *areas, u32 n, u32 which)
{
	u32 i, free = 0;

	for (i = 0; i < n; i++)
		if (i != which)
			free += areas[i].pages - areas[i].used;
	return areas[which].used <= free;
}

/*
 * An area goes; with an alarm, three times of four. 2.6 asks beforehand whether it is hopeless. 2.5
 * kills everybody for it, one after the other, so there it is only tried if there is room. false:
 * there is none.
 */
static bool swapoff_op(struct pressure *p, struct op *op, const struct step *s,
		       const struct swap_view *areas, u32 n)
{
	u32 i, which = s->r[2] % n;

	for (i = 0; i < n && !fits(areas, n, which); i++)
		which = (which + 1) % n;
	if (i == n && p->plan.kernel->mmap == &mmap_2002)
		return false;
	*op = (struct op){ .kind = OP_SWAPOFF, .arg = { areas[which].type } };
	if (s->r[3] % 4 || swapoff_may_go_round(p->w.m))
		op->arg[1] = 1 + s->r[4] % SWAPOFF_ALARM_NS;
	return true;
}

/* Mostly there are two areas; a third one comes and one of the three goes. */
static bool swap_op(struct pressure *p, struct op *op, const struct step *s)
{
	struct swap_view areas[MOST_AREAS];
	u32 n = inspect_swap(p->w.m, areas, MOST_AREAS), pages = p->slots / 2;

	if (n >= MOST_AREAS || (n == 2 && s->r[1] % 8 == 0))
		return swapoff_op(p, op, s, areas, n);
	if (n == 2)
		pages = p->slots / 16 * (1 + s->r[2] % 4);
	*op = (struct op){ .kind = OP_SWAPON, .arg = { (u64)pages << PAGE_SHIFT } };
	op->arg[1] = s->r[3] % 3 ? s->r[3] / 3 % 2 : (u64)-1;
	return true;
}

/* false: nothing, or the step is not for the company of others. */
static bool next_op(struct pressure *p, struct step s, bool in_company, struct op *op)
{
	u32 roll = (u32)workload_random(&p->rng) % 100, percent = virtual_percent(&p->w);
	bool full = fill_permille(&p->w) > NEARLY_FULL;

	if (percent < VIRTUAL && roll < (full ? 5 : 40))
		grow(&s);
	else if ((percent > TOO_MUCH || full) && roll < 12)
		s.what = MUNMAP_STEP;
	else if (roll < 70 && p->w.nr_pids) {
		*op = fill(&p->w, &s);
		hold_back(&p->w, &s, op);
		return true;
	}
	*op = workload_op(&p->w, &s);
	if (op->kind == OP_SWAPON || op->kind == OP_SWAPOFF)
		return swap_op(p, op, &s);
	hold_back(&p->w, &s, op);
	return !in_company || is_for_company(&s);
}

/*
 * Who can wait for a page and gets none is mostly in a fault, and is killed; so these are few.
 * 2.5.27 takes chain nodes when it cannot wait, and panics without: false, there is none.
 */
static bool alloc_error_op(const struct pressure *p, struct op *op, const struct step *s)
{
	bool waits = s->r[3] % 8 == 0;

	if (!waits && p->plan.kernel == &kernel_2_5_27)
		return false;
	*op = (struct op){ .kind = OP_ALLOC_ERROR };
	op->arg[0] = 1 + s->r[1] % 40;
	op->arg[1] = waits ? 1 : 1 + s->r[2] % 6;
	op->arg[2] = waits ? FAIL_WAIT : FAIL_ATOMIC;
	return true;
}

/* A block of a swap area or of a file, a few times, or until it is mended by the next error. false:
 * there is none. */
static bool disk_error_op(const struct pressure *p, struct op *op, const struct step *s)
{
	struct swap_view areas[MOST_AREAS];
	u32 n = inspect_swap(p->w.m, areas, MOST_AREAS);
	const struct swap_view *area = &areas[n ? s->r[2] % n : 0];

	*op = (struct op){ .kind = OP_DISK_ERROR };
	op->arg[2] = s->r[4] % 2;
	op->arg[3] = s->r[5] % 8 ? 1 + s->r[5] / 8 % 2 : DISK_ALWAYS;
	if (n && s->r[1] % 4) {
		op->arg[0] = area->disk;
		op->arg[1] = 1 + s->r[3] % area->pages;
	} else if (p->w.nr_files) {
		op->arg[4] = p->w.files[s->r[2] % p->w.nr_files];
		op->arg[1] = s->r[3] % 16;
	} else {
		return false;
	}
	return true;
}

/* What happens to the machine, and not by its processes. false: nothing, this time. */
static bool event_op(struct pressure *p, struct op *op)
{
	struct step s = workload_step(&p->rng);
	u32 what = s.what % 24;

	if (what == 0)
		return swap_op(p, op, &s);
	if (what < 3)
		return alloc_error_op(p, op, &s);
	return what < 6 && p->plan.disks_fail && disk_error_op(p, op, &s);
}

/* -- and what comes of it ---------------------------------------------------------------------- */

static void note(struct pressure *p, const struct op *op)
{
	p->seen.refused += op->error == ENOMEM && op->kind != OP_SWAPOFF;
	p->seen.swapons += op->kind == OP_SWAPON && !op->error;
	if (op->kind != OP_SWAPOFF)
		return;
	p->seen.swapoffs += !op->error;
	p->seen.full += op->error == ENOMEM;
	p->seen.interrupted += op->error == EINTR;
}

static bool done(struct pressure *p, const struct op *op)
{
	note(p, op);
	return workload_done(&p->w, op);
}

static bool alone(struct pressure *p, struct op op)
{
	p->w.ops++;
	p->w.op = op;
	op_run(p->w.m, &op);
	return workload_whole(&p->w) && workload_check(&p->w) && done(p, &op);
}

struct round {
	struct op op[AT_ONCE + 1];
	bool posted[AT_ONCE + 1];
	u32 n;
};

static void post(struct pressure *p, struct round *r, struct op op)
{
	r->op[r->n] = op;
	r->posted[r->n] = op_post(p->w.m, &r->op[r->n]);
	p->w.ops += r->posted[r->n];
	if (r->posted[r->n])
		p->w.op = op;
	r->n++;
}

static bool run_round(struct pressure *p, struct round *r)
{
	u32 i;

	p->seen.together++;
	op_run_posted(p->w.m);
	if (!workload_check(&p->w))
		return false;
	for (i = 0; i < r->n; i++)
		if (r->posted[i] && !done(p, &r->op[i]))
			return false;
	return true;
}

/* Several processes, and perhaps an area that comes or goes meanwhile. */
static bool processes_together(struct pressure *p)
{
	struct round r = { .n = 0 };
	u32 i, n = p->w.nr_pids < AT_ONCE ? p->w.nr_pids : AT_ONCE;
	u32 first = (u32)workload_random(&p->rng) % 24;
	struct op op;

	for (i = 0; i < n; i++) {
		struct step s = workload_step(&p->rng);

		s.r[0] = first + i;
		if (next_op(p, s, true, &op))
			post(p, &r, op);
	}
	if (event_op(p, &op))
		post(p, &r, op);
	return run_round(p, &r);
}

/*
 * 2.5 does not look a second time for pages behind the new end. One that swapoff brings in between
 * truncate_inode_pages and shmem_truncate stays, its entry goes, and shmem_writepage dies of it
 * (2.6: "truncate_inode_pages again", mm/shmem_2003.c).
 */
static bool may_leave_a_page(const struct pressure *p, const struct op *op)
{
	return op->kind == OP_SWAPOFF && p->plan.kernel->shmem == &shmem_2002;
}

/* A file gets another length while an area comes or goes. */
static bool nobody_together(struct pressure *p)
{
	struct step s = workload_step(&p->rng);
	struct round r = { .n = 0 };
	struct op op;

	s.what = TRUNCATE_STEP;
	post(p, &r, workload_op(&p->w, &s));
	s = workload_step(&p->rng);
	if (swap_op(p, &op, &s) && !may_leave_a_page(p, &op))
		post(p, &r, op);
	return run_round(p, &r);
}

static bool one_round(struct pressure *p)
{
	u32 roll = (u32)workload_random(&p->rng) % 32;
	struct op op;

	if (roll == 0 && p->w.nr_files)
		return nobody_together(p);
	if (roll < 12 && p->w.nr_pids > 1)
		return processes_together(p);
	if (event_op(p, &op) || next_op(p, workload_step(&p->rng), false, &op))
		return alone(p, op);
	return true;
}

/* -- the end ----------------------------------------------------------------------------------- */

static bool mend_disk(struct pressure *p, u32 id)
{
	const struct disk *disk = p->w.m->disks[id];
	u32 block, times;
	bool write;

	while (disk && disk_error_at(disk, 0, &block, &write, &times))
		if (!must(&p->w, (struct op){ .kind = OP_DISK_ERROR,
					      .arg = { id, block, write, 0 } }))
			return false;
	return true;
}

/* Nothing fails any more. */
static bool mend(struct pressure *p)
{
	u32 id;

	for (id = 0; id < MAX_DISKS; id++)
		if (!mend_disk(p, id))
			return false;
	return must(&p->w, (struct op){ .kind = OP_ALLOC_ERROR, .arg = { 1, 0, 3 } });
}

static bool wind_down(struct pressure *p)
{
	if (!mend(p))
		return false;
	if (thread_by_pid(p->w.m, p->init))
		p->w.pids[p->w.nr_pids++] = p->init;
	return workload_wind_down(&p->w);
}

bool pressure_run(struct pressure *p, const struct pressure_plan *plan)
{
	if (!begin(p, plan))
		return false;
	while (p->w.ops < plan->ops) {
		if (!one_round(p))
			return false;
		sample(p);
	}
	return wind_down(p);
}

const char *pressure_was_none(const struct pressure *p)
{
	const struct pressure_seen *seen = &p->seen;
	const struct counters *c = &p->w.m->counters;

	if (seen->fill_max < 900)
		return "swap was never nearly full";
	if (seen->fill_sum < seen->samples * 600)
		return "swap was less than three fifths full on average";
	if (seen->virtual_sum < seen->samples * VIRTUAL * 7 / 8)
		return "virtual memory was less than three and a half times the RAM";
	if (!c->allocstall)
		return "nobody had to reclaim for himself";
	if (!c->alloc_errors || !(seen->refused + c->oom_kills))
		return "no allocation failed";
	if (seen->processes_sum < 2 * seen->samples)
		return "nobody was left to work";
	if (!seen->together || !seen->swapons || !seen->swapoffs)
		return "no area came and went";
	return NULL;
}
