/* SPDX-License-Identifier: GPL-2.0-only */
/*
 *	random number -> operation -> skipped? -> model    -> excused? -> compared
 *	                                       -> the real one
 *
 * After each operation on mappings the maps of its process are compared in full, and a random word
 * is read on both sides. A mapping that was moved to wherever a kernel liked is not in the arena,
 * and the two kernels like different places: it is fetched back at once.
 */
#include "twin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mm/mm.h"
#include "workload.h"

#define PAGES(n) ((u32)(n) << PAGE_SHIFT)
#define NR_PAGES (ARENA_PAGES + HEAP_PAGES)
#define TOO_LONG 0xffff0000u /* such a length is a small negative number */

static bool broken(struct twin *t)
{
	char text[1200];

	machine_report(t->m, text, sizeof(text));
	return twin_wrong(t, text);
}

/* For whoever asks twin_vma what there was before the operation that is now to come. */
static void look_before(struct twin_call *c)
{
	const struct vm_area_struct *vma = twin_first_vma(c);
	u32 i;

	c->nr_vmas = twin_vmas(c, c->vmas);
	for (i = 0; i < c->nr_vmas; i++, vma = vma->vm_next)
		c->written[i] = vma->anon_vma;
}

/* -- one operation on both -------------------------------------------------------------------- */

static const struct real_call {
	u8 kind, addresses, lengths; /* bits: which arguments are such */
} real_calls[NR_OPS] = {
	[OP_MMAP] = { HOST_MMAP, 1, 2 },
	[OP_MUNMAP] = { HOST_MUNMAP, 1, 2 },
	[OP_MPROTECT] = { HOST_MPROTECT, 1, 2 },
	[OP_MREMAP] = { HOST_MREMAP, 1 | 16, 2 | 4 },
	[OP_MADVISE] = { HOST_MADVISE, 1, 2 },
	[OP_MLOCK] = { HOST_MLOCK, 1, 2 },
	[OP_MUNLOCK] = { HOST_MUNLOCK, 1, 2 },
	[OP_BRK] = { HOST_BRK, 1, 0 },
	[OP_READ] = { HOST_LOAD, 1, 0 },
	[OP_WRITE] = { HOST_STORE, 1, 0 },
	[OP_EXIT] = { HOST_EXIT, 0, 0 },
};

static u64 length_to_real(u64 len)
{
	return len >= TOO_LONG ? (u64)(s64)(s32)len : len;
}

static bool real_call_of(struct twin_call *c)
{
	const struct real_call *row = &real_calls[c->op.kind];
	struct host_call call = { .kind = row->kind };
	const struct twin *t = c->t;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(call.arg); i++)
		call.arg[i] = row->addresses >> i & 1 ? twin_real(t, (u32)c->op.arg[i]) :
			      row->lengths >> i & 1 ? length_to_real(c->op.arg[i]) : c->op.arg[i];
	if (c->op.kind == OP_MMAP && c->op.arg[4])
		call.arg[4] = c->op.arg[4] == t->file ? 1 : NO_INODE;
	return hostvm_call(t->procs[c->process].slot, &call, &c->real);
}

static bool real_file(struct twin_call *c)
{
	u32 word = (u32)c->op.arg[2];
	off_t at = (off_t)c->op.arg[1];

	c->real = (struct host_reply){ 0 };
	if (c->op.kind == OP_FILE_WRITE)
		return pwrite(c->t->host.file, &word, sizeof(word), at) == sizeof(word);
	if (pread(c->t->host.file, &word, sizeof(word), at) != sizeof(word))
		return false;
	c->real.ret = word;
	return true;
}

static u8 free_slot(const struct twin *t)
{
	u8 slot = 0;
	u32 i;

	for (i = 0; i < t->nr_procs; i++)
		if (t->procs[i].slot == slot) {
			slot++;
			i = UINT32_MAX;
		}
	return slot;
}

static bool real_fork(struct twin_call *c)
{
	struct twin *t = c->t;
	u8 slot = free_slot(t);
	struct host_call call = { .kind = HOST_FORK, .arg = { slot } };

	if (!hostvm_call(t->procs[c->process].slot, &call, &c->real))
		return false;
	if (c->op.error || c->real.error)
		return true;
	t->procs[t->nr_procs].pid = (u16)c->op.ret;
	t->procs[t->nr_procs++].slot = slot;
	return true;
}

static bool make_real(struct twin_call *c)
{
	switch (c->op.kind) {
	case OP_FILE_READ:
	case OP_FILE_WRITE:
		return real_file(c);
	case OP_FORK:
		return real_fork(c);
	default:
		return real_call_of(c);
	}
}

/* A process that ended leaves its place to the last. */
static void forget_process(struct twin *t, u32 i)
{
	t->procs[i] = t->procs[--t->nr_procs];
}

/* -- what they answered ----------------------------------------------------------------------- */

static bool same_place(const struct twin *t, u32 model, u64 real)
{
	if (twin_in_window(t, model) || twin_real_in_window(t, real))
		return twin_real(t, model) == real;
	return true;
}

static bool same_answer(const struct twin_call *c)
{
	const struct twin *t = c->t;

	if (c->op.error != c->real.error)
		return false;
	if (c->op.error < 0)
		return twin_real(t, c->op.address) == c->real.address;
	if (c->op.error)
		return true;
	switch (c->op.kind) {
	case OP_MMAP:
	case OP_MREMAP:
		return same_place(t, (u32)c->op.ret, (u64)c->real.ret);
	case OP_BRK:
		return c->op.ret - (s64)t->heap == c->real.ret - (s64)t->host.heap;
	case OP_FORK:
		return true;
	default:
		return c->op.ret == c->real.ret;
	}
}

static u32 growth(const struct twin_call *c)
{
	return c->op.arg[2] > c->op.arg[1] ? (u32)(c->op.arg[2] - c->op.arg[1]) : 0;
}

/* Would it lock more than a process may, here or there? */
static bool locks_too_much(const struct twin_call *c)
{
	const struct twin *t = c->t;
	const struct vma_view *vma = twin_vma(c, (u32)c->op.arg[0]);
	u64 limit = t->host.memlock >> PAGE_SHIFT, most = t->m->nr_frames / 16, more = 0;
	struct task_view task = { 0 };

	if (c->op.kind == OP_MLOCK || (c->op.kind == OP_MMAP && c->op.arg[3] & MAP_LOCKED))
		more = (c->op.arg[1] >> PAGE_SHIFT) + 2;
	if (c->op.kind == OP_MREMAP && vma && vma->flags & VM_LOCKED)
		more = (growth(c) >> PAGE_SHIFT) + 2;
	if (!more)
		return false;
	inspect_task(t->m, t->procs[c->process].pid, &task);
	return task.locked_vm + more > (limit < most ? limit : most);
}

/* -- after a difference ----------------------------------------------------------------------- */

static bool on_both(struct twin_call *c, u8 kind, u64 a0, u64 a1, u64 a2, u64 a3)
{
	struct twin *t = c->t;
	struct op before = c->op;
	bool ok;

	c->op = (struct op){ .kind = kind, .pid = t->procs[c->process].pid,
			     .arg = { a0, a1, a2, a3 } };
	ok = op_run(t->m, &c->op) && make_real(c) && !c->op.error && !c->real.error;
	if (ok)
		c->op = before;
	return ok ? true : twin_wrong(t, "while the two were brought to the same state again");
}

/* Nothing is mapped in [at, at + len) any more, as far as that is in a window. */
static bool clear(struct twin_call *c, u64 at, u64 len)
{
	u64 end = at + len, windows[2] = { MODEL_ARENA, c->t->heap };
	u32 sizes[2] = { PAGES(ARENA_PAGES), PAGES(HEAP_PAGES) }, i;

	at &= ~(u64)(PAGE_SIZE - 1);
	for (i = 0; i < 2; i++) {
		u64 from = at > windows[i] ? at : windows[i];
		u64 to = end < windows[i] + sizes[i] ? end : windows[i] + sizes[i];

		if (windows[i] && from < to && !on_both(c, OP_MUNMAP, from, to - from, 0, 0))
			return false;
	}
	return true;
}

/* The break goes back to where the heap begins, on both sides. It only ever does where something is
 * mapped in between. */
static bool clear_heap(struct twin_call *c)
{
	u32 heap = c->t->heap;

	return on_both(c, OP_MMAP, heap, PAGES(HEAP_PAGES), 3, MAP_PRIVATE | MAP_FIXED) &&
	       on_both(c, OP_BRK, heap, 0, 0, 0) && clear(c, heap, PAGES(HEAP_PAGES));
}

/* Mapped in the model, by now? A kernel may answer with an address and map nothing there. */
static bool is_there(const struct twin_call *c, u32 at)
{
	static struct vma_view vmas[TWIN_MAX_VMAS];
	u32 nr = twin_vmas(c, vmas), i;

	for (i = 0; i < nr; i++)
		if (at >= vmas[i].start && at < vmas[i].end)
			return true;
	return false;
}

/* A mapping that only one of them has, outside. */
static bool drop_outside(struct twin_call *c, u64 len)
{
	struct twin *t = c->t;
	struct host_call call = { HOST_MUNMAP, { (u64)c->real.ret, len } };
	struct op op = { .kind = OP_MUNMAP, .pid = c->op.pid, .arg = { (u64)c->op.ret, len } };
	struct host_reply reply;

	if (!c->op.error && !twin_in_window(t, (u32)c->op.ret) && is_there(c, (u32)c->op.ret) &&
	    (!op_run(t->m, &op) || op.error))
		return twin_wrong(t, "cannot unmap what the model mapped outside");
	if (!c->real.error && !twin_real_in_window(t, (u64)c->real.ret) &&
	    (u64)c->real.ret < TWIN_REAL_KERNEL &&
	    (!hostvm_call(t->procs[c->process].slot, &call, &reply) || reply.error))
		return twin_wrong(t, "cannot unmap what the real one mapped outside");
	return true;
}

/* All of the vma goes that was to be moved: flags of the rest of it may have suffered. */
static bool settle_mremap(struct twin_call *c)
{
	const u64 *arg = c->op.arg;
	const struct vma_view *vma = twin_vma(c, (u32)arg[0]);

	return drop_outside(c, arg[2]) && (!vma || clear(c, vma->start, vma->end - vma->start)) &&
	       clear(c, arg[0], arg[1] > arg[2] ? arg[1] : arg[2]) &&
	       (!(arg[3] & MREMAP_FIXED) || clear(c, arg[4], arg[2]));
}

static bool settle(struct twin_call *c)
{
	const u64 *arg = c->op.arg;

	switch (c->op.kind) {
	case OP_READ:
	case OP_WRITE:
		return true;
	case OP_BRK:
		return clear_heap(c);
	case OP_MMAP:
		return drop_outside(c, arg[1]) && clear(c, arg[0], arg[1]);
	case OP_MREMAP:
		return settle_mremap(c);
	default:
		return clear(c, arg[0], arg[1] + PAGE_SIZE);
	}
}

/* What lies on both sides of the border goes, and with it all borders it has. */
static bool clear_border(struct twin_call *c)
{
	u32 start = c->t->border.below->vm_start, end = c->t->border.above->vm_end;

	return clear(c, start, end - start) && twin_compare_maps(c->t);
}

static bool wrong_border(struct twin *t)
{
	const struct twin_border *b = &t->border;
	char text[200];

	snprintf(text, sizeof(text), "only the %s has a border at %x; below %x flags %x pgoff %x"
		 "%s, above flags %x pgoff %x%s%s", b->in_model ? "model" : "real one", b->at,
		 b->below->vm_start, b->below->vm_flags, b->below->vm_pgoff,
		 b->below->anon_vma ? " anon_vma" : "", b->above->vm_flags, b->above->vm_pgoff,
		 b->above->anon_vma ? " anon_vma" : "",
		 b->above->anon_vma == b->below->anon_vma ? ", the same" : "");
	return twin_wrong(t, text);
}

static bool settle_borders(struct twin_call *c)
{
	const struct twin_exception *all = twin_allows(c->t, TWIN_BORDERS), *e;

	while (twin_find_border(c->t)) {
		e = all ? all : twin_about(c, TWIN_BORDER);
		if (!e)
			return wrong_border(c->t);
		twin_count(e);
		if (all)
			return true;
		if (!clear_border(c))
			return false;
	}
	return true;
}

/* -- the call --------------------------------------------------------------------------------- */

static bool changes_maps(u8 kind)
{
	return kind != OP_READ && kind != OP_WRITE && kind != OP_FILE_READ &&
	       kind != OP_FILE_WRITE;
}

static bool agree(struct twin_call *c)
{
	if (!same_answer(c))
		return twin_wrong(c->t, "they answer differently");
	return c->op.kind == OP_EXIT || !changes_maps(c->op.kind) || twin_compare_maps(c->t);
}

static u32 brk_of(const struct twin_call *c)
{
	struct task_view task = { 0 };

	if (c->op.kind == OP_BRK)
		inspect_task(c->t->m, c->op.pid, &task);
	return task.brk;
}

static void trace(const struct twin_call *c)
{
	char text[200];

	workload_print_op(&c->op, text, sizeof(text));
	fprintf(stderr, "%s\n", text);
}

/* c->op, on both sides, compared. */
static bool run(struct twin_call *c)
{
	struct twin *t = c->t;
	const struct twin_exception *e;
	bool same;

	t->ops++;
	c->brk = brk_of(c);
	if (t->trace)
		trace(c);
	if (!op_run(t->m, &c->op))
		return broken(t);
	if (!make_real(c))
		return twin_wrong(t, "no answer from the real process");
	same = agree(c);
	if (same && c->op.kind == OP_EXIT) {
		forget_process(t, c->process);
		return true;
	}
	e = same ? twin_about(c, TWIN_LATER) : twin_excuse(c);
	if (e) {
		twin_count(e);
		t->why[0] = '\0';
		same = settle(c) && twin_compare_maps(t);
	}
	return same && (!changes_maps(c->op.kind) || settle_borders(c));
}

/* Both put it where they liked: it comes back into the arena. If that fails on both it goes. */
static bool fetch_back(struct twin_call *c, u64 dice)
{
	struct twin *t = c->t;
	u32 target = MODEL_ARENA + PAGES((u32)(dice >> 32) % ARENA_PAGES), at = (u32)c->op.ret;
	u32 len = (u32)c->op.arg[c->op.kind == OP_MREMAP ? 2 : 1];
	bool ok;

	if ((c->op.kind != OP_MREMAP && c->op.kind != OP_MMAP) || c->op.error ||
	    c->real.error || twin_in_window(t, at) || !is_there(c, at))
		return true;
	len = (len + PAGE_SIZE - 1) & ~(u32)(PAGE_SIZE - 1);
	t->elsewhere.model = at;
	t->elsewhere.real = (u64)c->real.ret;
	t->elsewhere.len = len;
	if (target + len > MODEL_ARENA + PAGES(ARENA_PAGES))
		target = MODEL_ARENA + PAGES(ARENA_PAGES) - len;
	look_before(c);
	c->op = (struct op){ .kind = OP_MREMAP, .pid = c->op.pid, .arg = {
			     at, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, target } };
	ok = run(c) && (!c->op.error || on_both(c, OP_MUNMAP, at, len, 0, 0));
	t->elsewhere.len = 0;
	return ok;
}

/* Every fourth store goes on for some pages. */
static bool write_on(struct twin_call *c, u64 dice)
{
	u32 pages = dice % 4 ? 0 : (u32)(dice >> 8) % 24;

	for (; c->op.kind == OP_WRITE && !c->op.error && pages; pages--) {
		c->op.arg[0] += PAGE_SIZE;
		c->op.arg[1]++;
		if (!run(c))
			return false;
	}
	return true;
}

static bool read_word(struct twin_call *c, u32 at)
{
	c->op = (struct op){ .kind = OP_READ, .pid = c->t->procs[c->process].pid, .arg = { at } };
	return run(c);
}

static u32 some_process(const struct twin *t, u64 *dice)
{
	return (u32)(workload_random(dice) >> 32) % t->nr_procs;
}

bool twin_do(struct twin *t, u64 step)
{
	struct twin_call *c = &t->call;
	const struct twin_exception *e;
	u64 dice = step;

	c->process = some_process(t, &dice);
	look_before(c);
	twin_make_op(c, workload_random(&dice));
	t->made = c->op;
	e = twin_about(c, TWIN_SKIP);
	if (e) {
		twin_count(e);
		return true;
	}
	if (locks_too_much(c)) {
		t->not_locked++;
		return true;
	}
	if (!run(c) || !write_on(c, workload_random(&dice)) ||
	    !fetch_back(c, workload_random(&dice)))
		return false;
	c->process = some_process(t, &dice);
	look_before(c);
	return read_word(c, twin_word_at(c, workload_random(&dice)));
}

bool twin_compare(struct twin *t)
{
	for (t->call.process = 0; t->call.process < t->nr_procs; t->call.process++)
		if (!twin_compare_maps(t))
			return false;
	return true;
}

bool twin_compare_words(struct twin *t)
{
	struct twin_call *c = &t->call;
	u32 i;

	for (c->process = 0; c->process < t->nr_procs; c->process++) {
		look_before(c);
		for (i = 0; i < NR_PAGES; i++) {
			u32 at = i < ARENA_PAGES ? MODEL_ARENA + PAGES(i) :
						   t->heap + PAGES(i - ARENA_PAGES);

			if ((i < ARENA_PAGES || t->heap) && !read_word(c, at + 8))
				return false;
		}
	}
	return true;
}

/* -- begin and end ---------------------------------------------------------------------------- */

/* Every second machine is too small for all that is written to, and swaps. */
static struct machine_config config_of(const struct kernel *kernel, u64 seed)
{
	u32 frames = seed % 2 ? 2048 : 208;

	return (struct machine_config){
		.kernel = kernel, .ram = (u64)frames << PAGE_SHIFT, .swap = 2048ull << PAGE_SHIFT,
		.seed = seed, .cpus = 1, .page_cluster = -1, .truth = true,
	};
}

static bool fill_file(struct twin *t)
{
	struct twin_call *c = &t->call;
	u32 i;

	for (i = 0; i < 4 * FILE_PAGES; i++) {
		c->op = (struct op){ .kind = OP_FILE_WRITE, .arg = {
			t->file, PAGES(i / 4) + (const u32[]){ 0, 8, 2048, 4092 }[i % 4],
			0x46000000 + i } };
		if (!run(c))
			return false;
	}
	return true;
}

static bool model_op(struct twin *t, struct op op, s64 *ret)
{
	t->call.op = op;
	if (!op_run(t->m, &t->call.op))
		return broken(t);
	*ret = t->call.op.ret;
	return t->call.op.error ? twin_wrong(t, "cannot begin") : true;
}

bool twin_begin(struct twin *t, const struct kernel *kernel, u64 seed)
{
	struct machine_config config = config_of(kernel, seed);
	struct task_view task;
	const char *why;
	s64 ret = 0;

	memset(t, 0, sizeof(*t));
	t->kernel = kernel;
	t->trace = getenv("TRACE");
	t->call.t = t;
	t->m = machine_create(&config, &why);
	if (!t->m)
		return twin_wrong(t, why);
	why = hostvm_start(&t->host, PAGES(FILE_PAGES));
	if (why)
		return twin_wrong(t, why);
	if (!model_op(t, (struct op){ .kind = OP_FILE, .arg = { PAGES(FILE_PAGES) },
				      .text = "data" }, &ret))
		return false;
	t->file = (u32)ret;
	if (!model_op(t, (struct op){ .kind = OP_TASK, .text = "first" }, &ret))
		return false;
	t->procs[0].pid = (u16)ret;
	t->nr_procs = 1;
	inspect_task(t->m, (u32)ret, &task);
	t->heap = t->host.heap ? task.start_brk : 0;
	if (!fill_file(t))
		return false;
	t->ops = 0;
	return true;
}

void twin_end(struct twin *t)
{
	hostvm_stop(&t->host);
	if (t->m)
		machine_destroy(t->m);
	t->m = NULL;
}
