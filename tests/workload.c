/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/truth.h"
#include "workload.h"

#define MAX_FILES 4
#define MAX_VMAS 64

/* -- the machine --------------------------------------------------------------------------- */

static void hash_event(struct machine *m, const struct event *ev, void *arg)
{
	struct workload *w = arg;
	struct event copy = *ev;
	u64 words[sizeof(copy) / sizeof(u64)];
	u32 i;

	(void)m;
	copy.site = 0; /* the linker numbers them, each build in its own way */
	_Static_assert(sizeof(copy) % sizeof(u64) == 0, "no byte is left out");
	memcpy(words, &copy, sizeof(copy));
	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		w->log = (w->log ^ words[i]) * 0x9e3779b97f4a7c15ull;
		w->log ^= w->log >> 32;
	}
	if (w->ring)
		w->ring[ev->number % w->nr_ring] = *ev;
}

static void print_event(const struct workload *w, const struct event *ev, FILE *out)
{
	const struct site *site = event_site(ev->site);
	char text[400];

	event_sentence(w->m, ev, text, sizeof(text));
	fprintf(out, "%llu %llu us cpu%u %s  [%s:%u]\n", (unsigned long long)ev->number,
		(unsigned long long)ev->time / 1000, ev->cpu, text, site->func, site->line);
}

static void print_events(const struct workload *w, FILE *out)
{
	u64 n = w->m->events < w->nr_ring ? 1 : w->m->events - w->nr_ring + 1;

	for (; n <= w->m->events; n++)
		print_event(w, &w->ring[n % w->nr_ring], out);
}

void workload_trace(const struct workload *w)
{
	if (w->ring && w->m)
		print_events(w, stderr);
}

const struct kernel *workload_kernel(void)
{
	const char *name = getenv("KERNEL");
	const struct kernel *kernel = name ? kernel_by_name(name) : kernel_default;

	if (kernel)
		return kernel;
	fprintf(stderr, "KERNEL=%s: there is no such kernel\n", name);
	exit(2);
}

u32 workload_kernels(bool (*run)(const struct kernel *kernel, void *arg), void *arg)
{
	u32 i, failed = 0;

	if (getenv("KERNEL"))
		return !run(workload_kernel(), arg);
	for (i = 0; kernels[i]; i++)
		failed += !run(kernels[i], arg);
	return failed;
}

/* One that is meant to work. */
static const struct swapoff_ops *pick_swapoff(u64 seed)
{
	return seed % 2 ? &swapoff_linear : &swapoff_quadratic;
}

/* A third of the machines has three zones, as if it were much larger. */
struct machine_config workload_config(const struct kernel *kernel, u64 seed, u32 frames, u32 cpus)
{
	static const u32 sizes[] = { 64, 96, 128, 256, 512, 1024 };
	u64 state = seed;
	u32 size = sizes[workload_random(&state) % ARRAY_SIZE(sizes)];
	u32 swap = (u32)(workload_random(&state) % 4), both = 1 + workload_random(&state) % 2;
	bool highpte = (seed % 4 == 3 || seed % 8 == 4) && !kernel->no_highpte;
	bool zones = workload_random(&state) % 3 == 0 || highpte;

	if (frames)
		size = frames;
	return (struct machine_config){
		.kernel = kernel,
		.ram = (u64)size << PAGE_SHIFT,
		.swap = (u64)(size * swap) << PAGE_SHIFT,
		.dma_end = zones ? (u64)(size / 4) << PAGE_SHIFT : 0,
		.highmem_start = zones ? (u64)(size * 5 / 8) << PAGE_SHIFT : 0,
		.seed = seed,
		.pae = seed % 4 == 2 || seed % 4 == 3,
		.highpte = highpte,
		.cpus = cpus ? cpus : both,
		.page_cluster = -1,
		.truth = true,
		.swapoff = pick_swapoff(seed),
	};
}

void workload_wrong(struct workload *w, const char *what)
{
	char op[160];

	workload_print_op(&w->op, op, sizeof(op));
	snprintf(w->why, sizeof(w->why), "op %llu (%s): %s", (unsigned long long)w->ops, op, what);
}

bool workload_begin(struct workload *w, const struct machine_config *config)
{
	const char *why, *trace = getenv("TRACE");
	struct machine_config traced = *config;

	memset(w, 0, sizeof(*w));
	if (trace) {
		w->nr_ring = (u32)atoi(trace) + 1;
		w->ring = calloc(w->nr_ring, sizeof(*w->ring));
		traced.events = true;
	}
	w->m = machine_create(&traced, &why);
	if (!w->m) {
		snprintf(w->why, sizeof(w->why), "no machine: %s", why);
		return false;
	}
	w->hooks = (struct machine_hooks){ .event = hash_event, .arg = w };
	w->log = 0xcbf29ce484222325ull;
	w->m->hooks = &w->hooks;
	w->frames = workload_idle_frames(w->m);
	w->max_tasks = w->m->nr_frames <= 64 ? 4 : w->m->nr_frames <= 256 ? 8 : 16;
	return true;
}

void workload_end(struct workload *w)
{
	if (w->m)
		machine_destroy(w->m);
	w->m = NULL;
	free(w->ring);
	w->ring = NULL;
}

/* -- what a step means now ----------------------------------------------------------------- */

static u32 pick_pid(const struct workload *w, u32 r)
{
	return w->nr_pids ? w->pids[r % w->nr_pids] : 0;
}

/* A vma of a process; false: it has none. */
static bool pick_vma(const struct workload *w, u32 pid, u32 r, struct vma_view *out)
{
	struct vma_view vmas[MAX_VMAS];
	u32 n = inspect_vmas(w->m, pid, vmas, MAX_VMAS);

	if (!n)
		return false;
	*out = vmas[r % (n < MAX_VMAS ? n : MAX_VMAS)];
	return true;
}

/* Mostly an address that is mapped; now and then any. Words lie near the start of a page. */
static u32 pick_address(const struct workload *w, u32 pid, u32 r, u32 r2)
{
	struct vma_view vma;
	u32 word = r2 % 8 ? 4 * (r2 / 8 % 4) : 4 * (r2 / 8 % 1024);

	if (r % 64 == 0 || !pick_vma(w, pid, r, &vma))
		return (r2 & PAGE_MASK) + word;
	return vma.start + ((r / 64 % ((vma.end - vma.start) >> PAGE_SHIFT)) << PAGE_SHIFT) + word;
}

/* Small sizes, but every fourth time up to a fifth of the machine. */
static u32 pick_pages(const struct workload *w, u32 r)
{
	u32 most = w->m->nr_frames / 5;

	return r % 4 ? 1 + r / 4 % 8 : 1 + r / 4 % most;
}

static void op_range(const struct workload *w, struct op *op, const struct step *s)
{
	struct vma_view vma;
	u32 pages, first;

	op->arg[1] = PAGE_SIZE;
	if (!pick_vma(w, op->pid, s->r[1], &vma))
		return;
	pages = (vma.end - vma.start) >> PAGE_SHIFT;
	first = s->r[5] / 2 % 2 ? 0 : s->r[2] % pages;
	op->arg[0] = vma.start + (first << PAGE_SHIFT);
	pages -= s->r[4] % 4 ? first : 0;
	op->arg[1] = (u64)(s->r[5] / 4 % 2 ? pages : 1 + s->r[3] % (pages + 2)) << PAGE_SHIFT;
}

static void op_mmap(const struct workload *w, struct op *op, const struct step *s)
{
	struct vma_view vma;
	u32 kind = s->r[1] % 20;

	op->kind = OP_MMAP;
	op->arg[1] = (u64)pick_pages(w, s->r[2]) << PAGE_SHIFT;
	op->arg[2] = kind % 5 == 4 ? PROT_READ : PROT_READ | PROT_WRITE;
	op->arg[3] = MAP_PRIVATE;
	if (kind >= 10 && w->nr_files) {
		op->arg[4] = w->files[s->r[3] % w->nr_files];
		op->arg[5] = (u64)(s->r[4] % 16) << PAGE_SHIFT;
		if (kind >= 15)
			op->arg[3] = MAP_SHARED;
	}
	if (kind == 7 || kind == 8)
		op->arg[3] = MAP_SHARED;
	if (kind == 0 && pick_vma(w, op->pid, s->r[5], &vma)) {
		op->arg[0] = vma.start;
		op->arg[3] |= MAP_FIXED;
	}
	if (kind == 1 && s->r[5] % 8 == 0 && op->arg[1] <= 4 * PAGE_SIZE)
		op->arg[3] |= MAP_LOCKED;
}

static void op_brk(const struct workload *w, struct op *op, const struct step *s)
{
	struct task_view t;

	op->kind = OP_BRK;
	if (inspect_task(w->m, op->pid, &t))
		op->arg[0] = t.start_brk + s->r[1] % (16 * PAGE_SIZE);
}

static void op_word(const struct workload *w, struct op *op, const struct step *s, bool write)
{
	op->kind = write ? OP_WRITE : OP_READ;
	op->arg[0] = pick_address(w, op->pid, s->r[1], s->r[2]);
	op->arg[1] = write ? s->r[3] : 0;
}

static void op_touch(const struct workload *w, struct op *op, const struct step *s)
{
	op->kind = OP_TOUCH;
	op_range(w, op, s);
	op->arg[2] = s->r[5] % 2;
}

static void op_file(const struct workload *w, struct op *op, const struct step *s)
{
	op->kind = s->r[1] % 2 ? OP_FILE_READ : OP_FILE_WRITE;
	op->arg[0] = w->files[s->r[2] % w->nr_files];
	op->arg[1] = (u64)(s->r[3] % 18) * PAGE_SIZE + 4 * (s->r[4] % 4);
	op->arg[2] = op->kind == OP_FILE_WRITE ? s->r[5] : 0;
}

/* To a gap far away, onto another mapping, or next to the range and perhaps into it. */
static u32 pick_target(const struct workload *w, const struct op *op, const struct step *s)
{
	struct vma_view vma;

	switch (s->r[5] / 64 % 4) {
	case 0:
		return 0x60000000 + (s->r[5] / 256 % 64 << PAGE_SHIFT);
	case 1:
		if (pick_vma(w, op->pid, s->r[5] / 256, &vma))
			return vma.start;
		/* fall through */
	case 2:
		return (u32)(op->arg[0] + op->arg[1]);
	default:
		return (u32)op->arg[0] + ((s->r[5] / 256 % 16 - 8) << PAGE_SHIFT);
	}
}

static void op_mremap(const struct workload *w, struct op *op, const struct step *s)
{
	static const u8 flags[] = { 0, 1, 1, 1, 3, 3, 3, 2 };

	op->kind = OP_MREMAP;
	op->arg[3] = flags[s->r[4] / 4 % ARRAY_SIZE(flags)];
	if (op->arg[3] & MREMAP_FIXED)
		op->arg[4] = pick_target(w, op, s);
	/* As long as it was, shorter by some, longer by some; now and then none at all. */
	op->arg[2] = s->r[5] % 4 ? op->arg[1] : s->r[5] / 4 % 12 * PAGE_SIZE;
	if (s->r[5] % 4 == 1)
		op->arg[2] += (u64)(1 + s->r[5] / 4 % 6) << PAGE_SHIFT;
	if (s->r[5] % 64 == 2)
		op->arg[1] = 0;
}

/* What a process does to the mappings it has. */
static void op_vm(const struct workload *w, struct op *op, const struct step *s)
{
	static const u8 kinds[] = {
		OP_MPROTECT, OP_MPROTECT, OP_MPROTECT, OP_MPROTECT, OP_MREMAP, OP_MREMAP, OP_MREMAP,
		OP_MREMAP, OP_MLOCK, OP_MUNLOCK, OP_MADVISE, OP_MADVISE, OP_MADVISE, OP_MSYNC,
		OP_MSYNC, OP_MINCORE,
	};
	static const u8 prots[] = { 0, PROT_READ, PROT_READ, 3, 3, 3, 3, PROT_READ | PROT_SEM };

	op_range(w, op, s);
	op->kind = kinds[s->r[4] / 32 % ARRAY_SIZE(kinds)];
	switch (op->kind) {
	case OP_MPROTECT:
		op->arg[2] = prots[s->r[5] % ARRAY_SIZE(prots)];
		break;
	case OP_MREMAP:
		op_mremap(w, op, s);
		break;
	case OP_MLOCK: /* little, or nothing is left to work with */
		op->arg[1] = (s->r[5] % 4 + 1) * PAGE_SIZE;
		break;
	case OP_MADVISE:
		op->arg[2] = s->r[5] % 2 ? MADV_DONTNEED : s->r[5] / 2 % 6;
		break;
	case OP_MSYNC:
		op->arg[2] = s->r[5] % 8;
		break;
	}
}

/* Pages of a shared mapping in another order; mostly of one that is a file's and shared. */
static void op_remap(const struct workload *w, struct op *op, const struct step *s)
{
	struct vma_view vma;
	u32 tries = 6;

	do
		if (!pick_vma(w, op->pid, s->r[1] + tries, &vma))
			break;
	while (tries-- && (!vma.inode || !(vma.flags & VM_SHARED)));
	op->kind = OP_REMAP_FILE_PAGES;
	op->arg[1] = (u64)(1 + s->r[3] % 4) << PAGE_SHIFT;
	if (tries < 7 && inspect_vmas(w->m, op->pid, NULL, 0)) {
		u32 pages = (vma.end - vma.start) >> PAGE_SHIFT, first = s->r[2] % pages;

		op->arg[0] = vma.start + (first << PAGE_SHIFT);
		if (op->arg[1] > (u64)(pages - first) << PAGE_SHIFT && s->r[5] % 8)
			op->arg[1] = PAGE_SIZE;
	}
	op->arg[3] = s->r[4] % 20;
	op->arg[4] = s->r[4] / 32 % 8 ? 0 : MAP_NONBLOCK;
}

/* Up to four pages of arguments on a new stack. */
static void op_exec(struct op *op, const struct step *s)
{
	op->kind = OP_EXEC;
	op->arg[0] = s->r[1] % (4 * PAGE_SIZE);
	snprintf(op->text, sizeof(op->text), "exec");
}

static void op_truncate(const struct workload *w, struct op *op, const struct step *s)
{
	op->kind = OP_TRUNCATE;
	op->pid = 0;
	op->arg[0] = w->files[s->r[1] % w->nr_files];
	op->arg[1] = (u64)(s->r[2] % 26) * PAGE_SIZE + (s->r[3] % 4 ? 0 : s->r[4] % PAGE_SIZE);
}

/*
 * The linear swapoff of 2019 puts no bound to its passes, and ends when no page goes out again
 * behind it. A page that two processes have in swap keeps its slot until both are searched, and
 * under pressure it has left the first again by then: "under global memory pressure, swap entries
 * can be reinserted back into process space after the mmlist loop above passes over them" (5.1,
 * 64165b1affc5, on why the passes are not counted). Nor does it end if a page of shared memory
 * cannot be read: that stays out, pass after pass. What ends it is a signal.
 */
bool swapoff_may_go_round(const struct machine *m)
{
	return m->config.swapoff == &swapoff_linear;
}

/* Three areas at most, with priorities that may be equal; and one of them goes, or would go, if
 * what is in it fitted, or is interrupted. */
void op_swap_area(const struct workload *w, struct op *op, const struct step *s)
{
	u32 patience = swapoff_may_go_round(w->m) ? SWAPOFF_ALARM_NS : 0;

	op->pid = 0;
	if (inspect_swap(w->m, NULL, 0) >= 3 || s->r[4] / 8 % 2) {
		op->kind = OP_SWAPOFF;
		op->arg[0] = s->r[2] % 3;
		op->arg[1] = s->r[3] % 4 ? patience : 1 + s->r[3] / 4 % 50000000;
		return;
	}
	op->kind = OP_SWAPON;
	op->arg[0] = (u64)(2 + s->r[2] % 40) << PAGE_SHIFT;
	op->arg[1] = s->r[3] % 2 ? (u64)-1 : s->r[3] / 2 % 2;
}

/* What no process asks for. */
static void op_machine(const struct workload *w, struct op *op, const struct step *s)
{
	static const u8 kinds[] = {
		OP_RECLAIM, OP_RECLAIM, OP_REFILL, OP_KSWAPD, OP_REFERENCED, OP_REFERENCED,
		OP_UNMAP, OP_UNMAP, OP_UNMAP, OP_UNMAP, OP_SYNC, OP_TICK,
	};

	op->pid = 0;
	op->kind = kinds[s->r[1] % ARRAY_SIZE(kinds)];
	if (op->kind == OP_UNMAP && w->m->config.kernel->rmap->blind && s->r[3] % 8)
		op->kind = OP_RECLAIM; /* the only way a page loses its ptes there */
	if (op->kind == OP_KSWAPD && s->r[4] % 8 == 0)
		op_swap_area(w, op, s);
	switch (op->kind) {
	case OP_RECLAIM:
	case OP_REFILL:
		op->arg[0] = s->r[2] % 40;
		break;
	case OP_REFERENCED:
	case OP_UNMAP:
		op->arg[0] = s->r[2] % w->m->nr_frames;
		break;
	case OP_TICK:
		op->arg[0] = (u64)(s->r[2] % 2000) * 10000;
		break;
	}
}

static void op_new_file(struct workload *w, struct op *op, const struct step *s)
{
	/* An object of shared memory is nobody's: killing frees nothing of it. */
	op->kind = s->r[3] % 5 < 2 && w->nr_shmem < w->m->nr_frames / 128 ? OP_SHMEM : OP_FILE;
	op->pid = 0;
	op->arg[0] = (u64)(1 + s->r[1] % 24) * PAGE_SIZE - (s->r[2] % 4 ? 0 : 2048);
	snprintf(op->text, sizeof(op->text), "file%u", w->nr_files + 1);
}

/* The larger the machine, the longer processes live: they are to fill it. */
static u32 choose(const struct workload *w, const struct step *s)
{
	u32 what = s->what % 120;
	bool ends = what == 7 || (what < 7 && what > 3 && w->nr_pids >= w->max_tasks) ||
		    (what >= 20 && what < 23);

	return ends && s->r[5] % (1 + w->m->nr_frames / 128) ? 70 + what % 10 : what;
}

struct op workload_op(struct workload *w, const struct step *s)
{
	struct op op = { .pid = (u16)pick_pid(w, s->r[0]) };
	u32 what = choose(w, s);

	if (!w->nr_pids || (what < 2 && w->nr_pids < w->max_tasks))
		op = (struct op){ .kind = OP_TASK, .text = "t" };
	else if (what < 4 && w->nr_files < MAX_FILES)
		op_new_file(w, &op, s);
	else if (what < 7)
		op.kind = w->nr_pids < w->max_tasks ? OP_FORK : OP_EXIT;
	else if (what < 8)
		op.kind = OP_EXIT;
	else if (what < 17)
		op_mmap(w, &op, s);
	else if (what < 20)
		op_brk(w, &op, s);
	else if (what < 23)
		op_range(w, &op, s), op.kind = OP_MUNMAP;
	else if (what < 46)
		op_word(w, &op, s, true);
	else if (what < 66)
		op_word(w, &op, s, false);
	else if (what < 86)
		op_touch(w, &op, s);
	else if (what < 92 && w->nr_files)
		op_file(w, &op, s);
	else if (what >= 100 && what < 112)
		op_vm(w, &op, s);
	else if (what >= 112 && what < 115 && w->nr_files)
		op_truncate(w, &op, s);
	else if (what >= 115 && what < 119 && w->nr_files)
		op_remap(w, &op, s);
	else if (what == 119 && s->r[5] % 4 == 0)
		op_exec(&op, s);
	else
		op_machine(w, &op, s);
	return op;
}

/* -- a whole run, to be compared with another ------------------------------------------------ */

int workload_log(const struct machine_config *config, u32 steps)
{
	u64 rng = config->seed;
	struct workload w;
	char *dump;
	bool ok;

	setenv("TRACE", "2000000", 1);
	ok = workload_begin(&w, config);
	while (ok && steps--) {
		struct step s = workload_step(&rng);

		ok = workload_do(&w, &s);
	}
	ok = ok && w.m->events < w.nr_ring;
	if (ok) {
		print_events(&w, stdout);
		dump = dump_machine(w.m);
		printf("log %llx hash %llx\n%s", (unsigned long long)w.log,
		       (unsigned long long)dump_hash(w.m), dump);
		free(dump);
	} else {
		printf("%s\n", w.why);
	}
	workload_end(&w);
	return !ok;
}
