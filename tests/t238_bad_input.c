/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls that make no sense, on every kernel: the errno that kernel gives, and what is different
 * afterwards: nothing at all (the dump, without time, counters, processors and the vma that was
 * found last, is the same text), or what that kernel did before it noticed, page by page.
 *
 *	08048000  brk + 2    A 50000000   hole     B 5000c000   S 51000000    P 52000000
 *	| heap | hole | 1 |  | 8 anon rw |        | 4 anon rw |  | 4 shared |  | 4 private |
 *	                     L 53000000            N 54000000
 *	                     | 2 anon, locked |    | 2 anon, no access |
 *
 * S and P are the first pages of a file of 16. The columns are from mm/mmap.c, mprotect.c,
 * mremap.c, mlock.c, madvise.c (in 2.5.27 filemap.c), msync.c, mincore.c and fremap.c of 2.5.27,
 * 2.6.0, 2.6.5, 2.6.7, 2.6.8, 2.6.9, 2.6.16 and 4.0. A row reads: this answer up to that kernel,
 * that one up to the next; none is named when it is the same for all the rest.
 */
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/mm.h"

#define A 0x50000000u
#define B 0x5000c000u
#define S 0x51000000u
#define P 0x52000000u
#define L 0x53000000u
#define N 0x54000000u
#define NOWHERE 0x60000000u
#define KERNEL 0xc0000000u
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define AT(base, n) ((base) + (u32)PAGES(n))
#define RW (PROT_READ | PROT_WRITE)
#define FIXED_PRIVATE (MAP_PRIVATE | MAP_FIXED)
#define MOVE_TO (MREMAP_MAYMOVE | MREMAP_FIXED)
#define ROOM 1024u /* frames */
#define MAX_PAGES 64u

/* -- the table's words ------------------------------------------------------------------------ */

enum change {
	NOTHING, /* the same dump */
	GONE,    /* unmapped */
	READS,   /* read-only */
	LOCKED,
	ZEROS,   /* thrown away: what is read there is 0 */
	SAME,    /* the same pages mapped in the same way, but not the same dump */
};

struct outcome {
	const char *until;      /* the last kernel it is of; NULL: it is of all the rest */
	s32 error;
	u8 change;              /* enum change */
	u32 at, pages;
};

struct bad {
	const char *name;
	u8 kind;                /* enum op_kind */
	u64 arg[6];
	struct outcome outcome[4];
};

#define BRK 0x08048000u         /* where heaps begin */
#define ALL(e) { { NULL, e, NOTHING, 0, 0 } }
#define ALL_DO(e, what, where, n) { { NULL, e, what, where, n } }
#define TILL(k, e) { k, e, NOTHING, 0, 0 }
#define TILL_DO(k, e, what, where, n) { k, e, what, where, n }
#define REST(e) { NULL, e, NOTHING, 0, 0 }
#define REST_DO(e, what, where, n) { NULL, e, what, where, n }
#define NO_CALL { "2.5.27", ENOSYS, NOTHING, 0, 0 } /* remap_file_pages */

static const struct bad table[] = {
	/* mmap */
	{ "mmap at no page's address", OP_MMAP, { A + 4, PAGES(1), RW, FIXED_PRIVATE },
	  ALL(EINVAL) },
	{ "mmap into the kernel", OP_MMAP, { KERNEL, PAGES(1), RW, FIXED_PRIVATE }, ALL(ENOMEM) },
	{ "mmap up to the kernel and on", OP_MMAP, { KERNEL - 0x1000, PAGES(2), RW, FIXED_PRIVATE },
	  ALL(ENOMEM) },
	{ "mmap of more than there are addresses", OP_MMAP, { 0, KERNEL + 0x1000, RW, MAP_PRIVATE },
	  { TILL("2.6.9-rc-mm", EINVAL), REST(ENOMEM) } },
	{ "mmap of no length", OP_MMAP, { A, 0, RW, FIXED_PRIVATE }, ALL(EINVAL) },
	{ "mmap neither shared nor private", OP_MMAP, { A, PAGES(1), RW, MAP_FIXED, 1 },
	  ALL(EINVAL) },
	{ "mmap of no file", OP_MMAP, { A, PAGES(1), RW, FIXED_PRIVATE, 77 }, ALL(EBADF) },
	{ "mmap half a page into a file", OP_MMAP, { A, PAGES(1), RW, FIXED_PRIVATE, 1, 0x800 },
	  ALL(EINVAL) },
	/* munmap */
	{ "munmap at no page's address", OP_MUNMAP, { A + 4, PAGES(1) }, ALL(EINVAL) },
	{ "munmap of nothing", OP_MUNMAP, { A, 0 }, ALL(EINVAL) },
	{ "munmap up to the kernel and on", OP_MUNMAP, { KERNEL - 0x1000, PAGES(2) },
	  ALL(EINVAL) },
	{ "munmap round the end", OP_MUNMAP, { A, 0xfffff000 }, ALL(EINVAL) },
	{ "munmap of a hole", OP_MUNMAP, { NOWHERE, PAGES(4) }, ALL(0) },
	/* mprotect */
	{ "mprotect at no page's address", OP_MPROTECT, { A + 4, PAGES(1), PROT_READ },
	  ALL(EINVAL) },
	{ "mprotect with an unknown bit", OP_MPROTECT, { A, PAGES(1), 0x40 }, ALL(EINVAL) },
	{ "mprotect with PROT_SEM", OP_MPROTECT, { A, PAGES(1), RW | PROT_SEM },
	  { TILL("2.5.27", EACCES), REST(0) } },
	{ "mprotect of nothing", OP_MPROTECT, { A, 0, PROT_READ }, ALL(0) },
	{ "mprotect of a hole", OP_MPROTECT, { NOWHERE, PAGES(1), PROT_READ }, ALL(ENOMEM) },
	{ "mprotect that begins in a hole", OP_MPROTECT, { B - 0x1000, PAGES(2), PROT_READ },
	  ALL(ENOMEM) },
	{ "mprotect across a hole", OP_MPROTECT, { AT(A, 6), PAGES(8), PROT_READ },
	  ALL_DO(ENOMEM, READS, AT(A, 6), 2) },
	{ "mprotect round the end", OP_MPROTECT, { A, 0xfffff000, PROT_READ },
	  { TILL("2.6.0", EINVAL), REST(ENOMEM) } },
	{ "mprotect of so much that it is nothing", OP_MPROTECT, { A, 0xffffffff, PROT_READ },
	  { TILL("2.6.16", 0), REST(ENOMEM) } },
	/* mremap */
	{ "mremap at no page's address", OP_MREMAP, { A + 4, PAGES(1), PAGES(2), MREMAP_MAYMOVE },
	  ALL(EINVAL) },
	{ "mremap with an unknown flag", OP_MREMAP, { A, PAGES(1), PAGES(1), 8 }, ALL(EINVAL) },
	{ "mremap fixed, and may not move", OP_MREMAP, { A, PAGES(8), PAGES(8), MREMAP_FIXED,
	  NOWHERE }, ALL(EINVAL) },
	{ "mremap to no page's address", OP_MREMAP, { A, PAGES(8), PAGES(8), MOVE_TO, NOWHERE + 4 },
	  ALL(EINVAL) },
	{ "mremap into the kernel", OP_MREMAP, { A, PAGES(8), PAGES(8), MOVE_TO, KERNEL },
	  ALL(EINVAL) },
	{ "mremap onto itself", OP_MREMAP, { A, PAGES(8), PAGES(8), MOVE_TO, A }, ALL(EINVAL) },
	{ "mremap into itself", OP_MREMAP, { A, PAGES(8), PAGES(8), MOVE_TO, AT(A, 4) },
	  ALL(EINVAL) },
	{ "mremap over its own start", OP_MREMAP, { AT(A, 4), PAGES(4), PAGES(4), MOVE_TO,
	  AT(A, 1) }, ALL(EINVAL) },
	{ "mremap to no length", OP_MREMAP, { A, PAGES(8), 0, MREMAP_MAYMOVE },
	  { TILL_DO("2.6.0", 0, GONE, A, 8), REST(EINVAL) } },
	{ "mremap into the next mapping", OP_MREMAP, { A, PAGES(8), PAGES(13), 0 }, ALL(ENOMEM) },
	{ "mremap of a hole", OP_MREMAP, { NOWHERE, PAGES(1), PAGES(2), MREMAP_MAYMOVE },
	  ALL(EFAULT) },
	{ "mremap across a hole", OP_MREMAP, { AT(A, 6), PAGES(8), PAGES(9), MREMAP_MAYMOVE },
	  ALL(EFAULT) },
	{ "mremap of a hole onto something", OP_MREMAP, { NOWHERE, PAGES(2), PAGES(2), MOVE_TO, B },
	  ALL_DO(EFAULT, GONE, B, 2) },
	{ "mremap from too much onto something", OP_MREMAP,
	  { NOWHERE, 0xfffff000, PAGES(2), MOVE_TO, B },
	  { TILL_DO("2.6.0", EFAULT, GONE, B, 2), REST_DO(EINVAL, GONE, B, 2) } },
	{ "mremap smaller, of a hole", OP_MREMAP, { NOWHERE, PAGES(2), PAGES(1), 0 }, ALL(0) },
	/* brk */
	{ "brk below its start", OP_BRK, { BRK - 0x1000 }, ALL(0) },
	{ "brk into a mapping", OP_BRK, { AT(BRK, 9) }, ALL(0) },
	{ "brk beyond a mapping", OP_BRK, { AT(BRK, 12) }, ALL(0) },
	{ "brk up to the page before a mapping", OP_BRK, { AT(BRK, 8) }, ALL(0) },
	{ "brk into the kernel", OP_BRK, { KERNEL + 0x1000 }, ALL(0) },
	/* mlock */
	{ "mlock of nothing", OP_MLOCK, { A, 0 }, ALL(0) },
	{ "mlock of a hole", OP_MLOCK, { NOWHERE, PAGES(1) }, ALL(ENOMEM) },
	{ "mlock across a hole", OP_MLOCK, { AT(A, 6), PAGES(8) },
	  ALL_DO(ENOMEM, LOCKED, AT(A, 6), 2) },
	{ "mlock beyond memory", OP_MLOCK, { A, PAGES(ROOM) },
	  { TILL("2.5.27", ENOMEM), REST_DO(ENOMEM, LOCKED, A, 8) } },
	{ "mlock round the end", OP_MLOCK, { A, 0xf0000000 },
	  { TILL("2.5.27", ENOMEM), REST(EINVAL) } },
	{ "mlock of what nobody may touch", OP_MLOCK, { N, PAGES(2) },
	  { TILL_DO("2.5.27", 0, LOCKED, N, 2), TILL_DO("2.6.16", EFAULT, LOCKED, N, 2),
	    REST_DO(ENOMEM, LOCKED, N, 2) } },
	{ "munlock of a hole", OP_MUNLOCK, { NOWHERE, PAGES(1) }, ALL(ENOMEM) },
	{ "munlock round the end", OP_MUNLOCK, { A, 0xf0000000 }, ALL(EINVAL) },
	/* madvise */
	{ "madvise at no page's address", OP_MADVISE, { A + 4, PAGES(1), MADV_DONTNEED },
	  ALL(EINVAL) },
	{ "madvise with bad advice", OP_MADVISE, { A, PAGES(1), 77 }, ALL(EINVAL) },
	{ "madvise with bad advice on a hole", OP_MADVISE, { NOWHERE, PAGES(1), 77 },
	  { TILL("2.6.16", ENOMEM), REST(EINVAL) } },
	{ "madvise with bad advice on nothing", OP_MADVISE, { A, 0, 77 },
	  { TILL("2.6.16", 0), REST(EINVAL) } },
	{ "madvise of so much that it is nothing", OP_MADVISE, { A, 0xffffffff, MADV_DONTNEED },
	  { TILL("2.6.5-objrmap", 0), REST(EINVAL) } },
	{ "madvise round the end", OP_MADVISE, { A, 0xfffff000, MADV_DONTNEED }, ALL(EINVAL) },
	{ "willneed of anonymous memory", OP_MADVISE, { A, PAGES(8), MADV_WILLNEED },
	  { TILL("2.6.16", EBADF), REST(0) } },
	{ "dontneed of locked memory", OP_MADVISE, { L, PAGES(2), MADV_DONTNEED }, ALL(EINVAL) },
	{ "dontneed across a hole", OP_MADVISE, { AT(A, 6), PAGES(7), MADV_DONTNEED },
	  ALL_DO(ENOMEM, ZEROS, AT(A, 6), 7) },
	/* msync */
	{ "msync at no page's address", OP_MSYNC, { S + 4, PAGES(1), MS_SYNC }, ALL(EINVAL) },
	{ "msync with an unknown flag", OP_MSYNC, { S, PAGES(1), 8 }, ALL(EINVAL) },
	{ "msync now and later", OP_MSYNC, { A, PAGES(1), MS_SYNC | MS_ASYNC },
	  { TILL("2.5.27", 0), REST(EINVAL) } },
	{ "msync of a hole", OP_MSYNC, { NOWHERE, PAGES(1), MS_ASYNC }, ALL(ENOMEM) },
	{ "msync round the end", OP_MSYNC, { A, 0xf0000000, MS_ASYNC }, ALL(ENOMEM) },
	{ "msync that invalidates locked memory", OP_MSYNC, { L, PAGES(2), MS_INVALIDATE },
	  { TILL("2.5.27", 0), REST(EBUSY) } },
	/* mincore */
	{ "mincore at no page's address", OP_MINCORE, { S + 4, PAGES(1) }, ALL(EINVAL) },
	{ "mincore of anonymous memory", OP_MINCORE, { A, PAGES(1) },
	  { TILL("2.6.16", ENOMEM), REST(0) } },
	{ "mincore of a hole", OP_MINCORE, { NOWHERE, PAGES(1) }, ALL(ENOMEM) },
	{ "mincore round the end", OP_MINCORE, { 0xfffff000, PAGES(2) },
	  { TILL("2.6.9-rc-mm", EINVAL), REST(ENOMEM) } },
	/* remap_file_pages */
	{ "remap_file_pages of a private mapping", OP_REMAP_FILE_PAGES, { P, PAGES(1), 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages of anonymous memory", OP_REMAP_FILE_PAGES, { A, PAGES(1), 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages of a hole", OP_REMAP_FILE_PAGES, { NOWHERE, PAGES(1), 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages with rights", OP_REMAP_FILE_PAGES, { S, PAGES(1), PROT_READ, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages beyond the vma", OP_REMAP_FILE_PAGES, { AT(S, 2), PAGES(4), 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages of nothing", OP_REMAP_FILE_PAGES, { S, 0, 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages round the end", OP_REMAP_FILE_PAGES, { 0xfffff000, PAGES(2), 0, 5 },
	  { NO_CALL, REST(EINVAL) } },
	{ "remap_file_pages of a page that no pte can name", OP_REMAP_FILE_PAGES,
	  { S, PAGES(1), 0, (1u << 29) - 1 },
	  { NO_CALL, TILL("2.6.16", EINVAL), REST_DO(0, SAME, 0, 0) } },
	{ "remap_file_pages beyond the file", OP_REMAP_FILE_PAGES, { S, PAGES(2), 0, 15 },
	  { NO_CALL, TILL_DO("2.6.16", EINVAL, SAME, 0, 0), REST_DO(0, SAME, 0, 0) } },
};

/* -- the machine ------------------------------------------------------------------------------ */

static u32 pid;

static void map(u32 at, u32 pages, u32 prot, u32 flags, u32 inode)
{
	OP(MMAP, pid, at, PAGES(pages), prot, flags | MAP_FIXED, inode, 0);
	if (prot & PROT_WRITE)
		OP(TOUCH, pid, at, PAGES(pages), 1);
	for (u32 i = 0; prot & PROT_WRITE && i < pages; i++)
		OP(WRITE, pid, AT(at, i), 1 + i);
}

static void boot(const struct kernel *kernel)
{
	u32 file;

	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = PAGES(ROOM), .swap = PAGES(64), .cpus = 1, .seed = 1,
		.page_cluster = -1, .truth = true,
	});
	file = (u32)OP(FILE, 0, PAGES(16));
	pid = (u32)OP(TASK, 0);
	OP(BRK, pid, AT(BRK, 2));
	map(AT(BRK, 8), 1, RW, MAP_PRIVATE, 0);
	map(A, 8, RW, MAP_PRIVATE, 0);
	map(B, 4, RW, MAP_PRIVATE, 0);
	map(S, 4, RW, MAP_SHARED, file);
	map(P, 4, RW, MAP_PRIVATE, file);
	map(L, 2, RW, MAP_PRIVATE, 0);
	OP(MLOCK, pid, L, PAGES(2));
	map(N, 2, 0, MAP_PRIVATE, 0);
}

/* -- what there is ---------------------------------------------------------------------------- */

struct one_page {
	u32 at, how;            /* VM_READ to VM_SHARED, VM_LOCKED */
};

struct state {
	char *dump;
	u32 n, brk;
	struct one_page page[MAX_PAGES];
};

static bool is_about_state(const char *line)
{
	static const char *const others[] = { "time ", "counter ", "cpu ", "  tlb " };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(line, others[i], strlen(others[i])))
			return false;
	return true;
}

static void cut(char *at, size_t n)
{
	memmove(at, at + n, strlen(at + n) + 1);
}

/* What any call changes goes: which vma was looked for last, how long its thread ran. */
static void cut_traces(char *text)
{
	static const char cached[] = " cached\n", ran[] = " ran ";
	char *at;

	while ((at = strstr(text, cached)))
		cut(at, strlen(cached) - 1);
	while ((at = strstr(text, ran)))
		cut(at, strlen(ran) + strspn(at + strlen(ran), "0123456789"));
}

static char *dump_of_state(void)
{
	char *dump = dump_machine(m), *from, *to, *end;

	assert_non_null(dump);
	for (from = to = dump; *from; from = end) {
		size_t len = strcspn(from, "\n") + 1;

		end = from + len;
		if (is_about_state(from)) {
			memmove(to, from, len);
			to += len;
		}
	}
	*to = '\0';
	cut_traces(dump);
	return dump;
}

static struct state look(void)
{
	struct state s = { .dump = dump_of_state() };
	struct vma_view vma[24];
	struct task_view task;
	u32 i, at, n = inspect_vmas(m, pid, vma, ARRAY_SIZE(vma));

	assert_true(n <= ARRAY_SIZE(vma) && inspect_task(m, pid, &task));
	s.brk = task.brk;
	for (i = 0; i < n; i++)
		for (at = vma[i].start; at < vma[i].end; at += PAGE_SIZE) {
			assert_true(s.n < MAX_PAGES);
			s.page[s.n++] = (struct one_page){ at, vma[i].flags & (15 | VM_LOCKED) };
		}
	return s;
}

/* -- what should be --------------------------------------------------------------------------- */

static bool is_in(const struct outcome *o, u32 at)
{
	return at >= o->at && at - o->at < PAGES(o->pages);
}

/* What there was, changed as the row says. */
static void change(struct state *s, const struct outcome *o)
{
	u32 i, kept = 0;

	for (i = 0; i < s->n; i++) {
		struct one_page page = s->page[i];

		if (is_in(o, page.at) && o->change == GONE)
			continue;
		if (is_in(o, page.at) && o->change == READS)
			page.how &= ~VM_WRITE;
		if (is_in(o, page.at) && o->change == LOCKED)
			page.how |= VM_LOCKED;
		s->page[kept++] = page;
	}
	s->n = kept;
}

static bool same_pages(const struct state *a, const struct state *b)
{
	return a->n == b->n && !memcmp(a->page, b->page, a->n * sizeof(a->page[0]));
}

/* Of each page that was written to: its words are still there, or were thrown away. */
static void assert_words(const struct state *s, const struct outcome *o)
{
	static const u32 bases[] = { A, B, S, P, L };
	u32 i, b;

	for (i = 0; i < s->n; i++)
		for (b = 0; b < ARRAY_SIZE(bases); b++) {
			u32 at = s->page[i].at, word = 1 + ((at - bases[b]) >> PAGE_SHIFT);

			if (at - bases[b] >= PAGES(8) || (bases[b] == S && o->change == SAME))
				continue;
			if (bases[b] == A && at >= B)
				continue;
			if (is_in(o, at) && o->change == ZEROS)
				word = 0;
			assert_int_equal(OP(READ, pid, at), word);
		}
}

static void first_difference(const char *was, const char *is)
{
	while (*was && *was == *is)
		was++, is++;
	while (was[-1] != '\n')
		was--, is--;
	print_message("# was %.*s\n# is  %.*s\n", (int)strcspn(was, "\n"), was,
		      (int)strcspn(is, "\n"), is);
}

static const struct outcome *outcome_of(const struct bad *bad, u32 row)
{
	const struct outcome *o = bad->outcome;
	u32 i;

	for (i = 0; o->until; i++) {
		assert_non_null(kernels[i]);
		if (i == row)
			break;
		if (!strcmp(kernels[i]->name, o->until))
			o++;
	}
	return o;
}

static bool is_as_listed(struct state *was, struct state *is, const struct outcome *o)
{
	bool same = !strcmp(was->dump, is->dump);

	if (o->change == NOTHING && !same)
		first_difference(was->dump, is->dump);
	if (o->change == NOTHING)
		return same;
	change(was, o);
	return !same && same_pages(was, is);
}

static bool one_call(const struct bad *bad, u32 row)
{
	const struct outcome *o = outcome_of(bad, row);
	struct op op = { .kind = bad->kind };
	struct violation broken[1];
	struct state was, is;
	bool ok;

	boot(kernels[row]);
	op.pid = (u16)pid;
	memcpy(op.arg, bad->arg, sizeof(op.arg));
	was = look();
	assert_true(op_run(m, &op));
	is = look();
	ok = op.error == o->error && was.brk == is.brk &&
	     (op.kind != OP_BRK || (u32)op.ret == was.brk) && is_as_listed(&was, &is, o);
	if (!ok)
		print_message("# %s: %s: %s, should be %s\n", kernels[row]->name, bad->name,
			      op_error_name(op.error), op_error_name(o->error));
	if (ok)
		assert_words(&is, o);
	if (check_machine(m, broken, 1))
		fail_msg("%s: %s: %s", bad->name, broken->invariant, broken->text);
	free(was.dump);
	free(is.dump);
	lab_destroy(NULL);
	return ok;
}

static void every_bad_call(void **state)
{
	const struct kernel *const *kernel = *state;
	u32 i, failed = 0;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		failed += !one_call(&table[i], (u32)(kernel - kernels));
	assert_int_equal(failed, 0);
}

/* -- more than there is ----------------------------------------------------------------------- */

/* Memory of its own, but more than the machine has, and nowhere to put it: 2.5 lets nobody lock
 * more than half of all memory, the others try, and the OOM killer has but one to choose. */
static void lock_more_than_memory(void **state)
{
	const struct kernel *kernel = *(const struct kernel *const *)*state;
	struct op op = { .kind = OP_MLOCK, .arg = { A, PAGES(200) } };

	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = PAGES(128), .cpus = 1, .seed = 1, .page_cluster = -1,
		.truth = true,
	});
	pid = (u32)OP(TASK, 0);
	map(A, 200, 0, MAP_PRIVATE, 0);
	OP(MPROTECT, pid, A, PAGES(200), RW);
	op.pid = (u16)pid;
	assert_true(op_run(m, &op));
	if (kernel->memory == &memory_2002) {
		assert_int_equal(op.error, ENOMEM);
		OP(READ, pid, A);
	} else {
		assert_int_equal(op.error, -9);
		assert_int_equal(m->counters.oom_kills, 1);
	}
}

int main(void)
{
	static struct CMUnitTest tests[64];
	static char names[64][80];
	u32 i, n = 0;

	for (i = 0; kernels[i]; i++) {
		snprintf(names[n], sizeof(names[n]), "%s: bad calls", kernels[i]->name);
		tests[n] = (struct CMUnitTest){ names[n], every_bad_call, NULL, lab_destroy,
						(void *)(uintptr_t)&kernels[i] };
		n++;
		snprintf(names[n], sizeof(names[n]), "%s: more than memory", kernels[i]->name);
		tests[n] = (struct CMUnitTest){ names[n], lock_more_than_memory, NULL, lab_destroy,
						(void *)(uintptr_t)&kernels[i] };
		n++;
	}
	return _cmocka_run_group_tests("bad input", tests, n, NULL, NULL);
}
