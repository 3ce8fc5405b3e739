/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exec on every kernel there is: what is left of the old program, what the new one finds in its
 * stack, and how the stack grows. Where kernels differ the expected value stands with the version
 * it changed in.
 */
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rmap/rmap.h"
#include "sim/check.h"
#include "sim/content.h"

#define TOP 0xc0000000u
#define HEAP 0x08048000u
#define LIMIT (8u << 20)     /* RLIMIT_STACK */
#define SEGV (-11)
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)

static const struct kernel *row;

static bool is_4_0(void)
{
	return row->mmap == &mmap_2015;
}

static int boot_row(void **state)
{
	row = *state;
	lab_boot_config((struct machine_config){
		.kernel = row, .ram = PAGES(1024), .swap = PAGES(512), .cpus = 1,
		.page_cluster = -1, .seed = 1, .events = true, .truth = true,
	});
	return 0;
}

static int done(void **state)
{
	struct violation v[4];
	u32 n = m ? check_machine(m, v, 4) : 0;

	lab_destroy(state);
	if (n)
		print_error("%s: %s: %s\n", row->name, v[0].invariant, v[0].text);
	return n != 0;
}

static s32 exec(u32 pid, const char *name, u32 bytes)
{
	struct op op = { .kind = OP_EXEC, .pid = (u16)pid, .arg = { bytes } };

	snprintf(op.text, sizeof(op.text), "%s", name);
	assert_true(op_run(m, &op));
	return op.error;
}

static struct task_view task_of(u32 pid)
{
	struct task_view v[8];
	u32 n = inspect_tasks(m, v, ARRAY_SIZE(v)), i;

	for (i = 0; i < n && i < ARRAY_SIZE(v); i++)
		if (v[i].pid == pid)
			return v[i];
	fail_msg("no process %u", pid);
	return v[0];
}

static struct vma_view the_vma(u32 pid)
{
	struct vma_view v[4];

	assert_int_equal(inspect_vmas(m, pid, v, ARRAY_SIZE(v)), 1);
	return v[0];
}

/* The page of an address, mapped there and nowhere else, and found by the rmap. */
static u32 mapped_once(u32 pid, u32 address)
{
	struct mapping_view mappers[2];
	u32 pfn = lab_pfn(pid, address);

	lab_mapped_by(pfn, 1);
	inspect_mappers(m, pfn, mappers, 2);
	assert_int_equal(mappers[0].pid, pid);
	assert_int_equal(mappers[0].address, address);
	return pfn;
}

/* -- what is left ---------------------------------------------------------------------------- */

static void test_begins_anew(void **state)
{
	u32 at, pid = lab_process(20, &at);
	struct task_view before, now;

	OP(TOUCH, pid, at, PAGES(20), 1);
	OP(BRK, pid, HEAP + 0x3000);
	OP(TOUCH, pid, HEAP, PAGES(3), 1);
	before = task_of(pid);
	assert_int_equal(before.rss, 23);
	assert_int_equal(exec(pid, "sh", 2048), 0);

	now = task_of(pid);
	assert_int_equal(now.rss, 1);
	assert_int_equal(now.brk, HEAP);
	assert_int_equal(now.nr_ptes, 1);
	assert_int_equal(now.total_vm, is_4_0() ? 33 : 1);
	assert_int_equal(now.map_count, 1);
	assert_string_equal(thread_name(m, pid), "sh");
	/* 2.5.27 empties the address space and goes on with it; later there is a new one. */
	assert_true((now.pgd_pfn == before.pgd_pfn) == (row->mmap == &mmap_2002));
	OP_FAILS(SEGV, READ, pid, at);
	OP_FAILS(SEGV, READ, pid, HEAP);
	OP(BRK, pid, HEAP + 0x1000);
	OP(WRITE, pid, HEAP, 7);
}

/* The last page is that below the end; 4.0 gives the stack 32 pages in advance. */
static void test_stack_vma(void **state)
{
	u32 at, pid = lab_process(1, &at), start = TOP - (is_4_0() ? 35 : 3) * PAGE_SIZE;
	struct vma_view v;

	assert_int_equal(exec(pid, "sh", 2 * PAGE_SIZE + 100), 0);
	v = the_vma(pid);
	assert_int_equal(v.start, start);
	assert_int_equal(v.end, TOP);
	assert_true(v.flags & VM_GROWSDOWN && v.flags & VM_READ && v.flags & VM_WRITE);
	assert_int_equal(!(v.flags & VM_EXEC), row->mmap != &mmap_2002 && row->mmap != &mmap_2003 &&
			 row->mmap != &mmap_2004a && row->mmap != &mmap_2004b); /* NX: 2.6.8 */
	assert_int_equal(v.inode, 0);
	assert_int_equal(task_of(pid).rss, 3);
}

/* -- the arguments --------------------------------------------------------------------------- */

static void test_argument_pages(void **state)
{
	u32 at, pid = lab_process(1, &at), i;

	assert_int_equal(exec(pid, "sh", 5 * PAGE_SIZE), 0);
	for (i = 1; i <= 6; i++) {
		u32 pfn = mapped_once(pid, TOP - i * PAGE_SIZE);
		struct page_view page;

		assert_true(inspect_page(m, pfn, &page));
		assert_true(page.anon || row->anon_mark == ANON_UNMARKED);
		/* The pte's reference; and that of a pagevec, when it waits for the list in one. */
		assert_int_equal(page.count, page.lru ? 1 : 2);
		assert_int_not_equal(content_tag(m, pfn), 0);
	}
}

static const char *function; /* that was running when the first page was mapped */

static void note_function(const struct event *ev)
{
	const struct task_struct *t = thread_by_pid(m, ev->thread);

	if (ev->kind == EV_ANON_MAP && !function)
		function = t->top[-1].site->func;
}

static void assert_function(const char *expected)
{
	u32 at, pid = lab_process(1, &at);

	lab_forget();
	function = NULL;
	lab_on_event = note_function;
	assert_int_equal(exec(pid, "sh", 100), 0);
	lab_on_event = NULL;
	assert_string_equal(function, expected);
	assert_int_equal(lab_first(EV_ANON_MAP)->a[0], TOP - PAGE_SIZE);
	/* Before 4.0 the old program is gone when a page is mapped, in 4.0 it is still there. */
	assert_true((lab_first(EV_ANON_MAP)->number > lab_first(EV_EXEC)->number) == !is_4_0());
}

/* Seed 000 names put_dirty_page; 2.6.7 (rmap 33) gave it the vma and another name. */
static void test_function(void **state)
{
	if (is_4_0())
		assert_function("do_anonymous_page");
	else if (row->anon_mark < ANON_FLAG)
		assert_function("put_dirty_page");
	else
		assert_function("install_arg_page");
}

/* Loads through the MMU are compared with what was stored: by truth.c. */
static void test_arguments_survive_swap(void **state)
{
	u32 at, pid = lab_process(1, &at);

	assert_int_equal(exec(pid, "sh", 7 * PAGE_SIZE), 0);
	lab_reclaim(40, 64);
	OP(TICK, 0, 1000000000);
	lab_reclaim(10, 64);
	assert_true(task_of(pid).rss < 8);
	OP(TOUCH, pid, TOP - PAGES(8), PAGES(8), 0);
	assert_int_equal(task_of(pid).rss, 8);
}

static void test_fork_then_exec(void **state)
{
	u32 at, pid = lab_process(4, &at), child;

	OP(TOUCH, pid, at, PAGES(4), 1);
	child = (u32)OP(FORK, pid, 0);
	assert_int_equal(exec(child, "sh", 2048), 0);
	mapped_once(pid, at);
	mapped_once(child, TOP - PAGE_SIZE);
	OP(TOUCH, pid, at, PAGES(4), 1);
	OP(EXIT, pid, 0);
	OP(TOUCH, child, TOP - PAGE_SIZE, PAGE_SIZE, 1);
}

/* An exec'd program has children, and they share its arguments until somebody writes. */
static void test_exec_then_fork(void **state)
{
	u32 at, pid = lab_process(1, &at), child, shared;

	assert_int_equal(exec(pid, "sh", 2048), 0);
	child = (u32)OP(FORK, pid, 0);
	OP(TOUCH, child, TOP - PAGE_SIZE, PAGE_SIZE, 0);
	shared = lab_pfn(pid, TOP - PAGE_SIZE);
	assert_int_equal(lab_pfn(child, TOP - PAGE_SIZE), shared);
	OP(TOUCH, child, TOP - PAGE_SIZE, PAGE_SIZE, 1);
	assert_int_equal(mapped_once(pid, TOP - PAGE_SIZE), shared);
	assert_int_not_equal(mapped_once(child, TOP - PAGE_SIZE), shared);
}

/* 32 pages less 4 bytes are the limit of old, and here for all. */
static void test_too_long(void **state)
{
	u32 at, pid = lab_process(2, &at);

	OP(TOUCH, pid, at, PAGES(2), 1);
	assert_int_equal(exec(pid, "sh", 32 * PAGE_SIZE - 3), E2BIG);
	assert_string_not_equal(thread_name(m, pid), "sh");
	OP(TOUCH, pid, at, PAGES(2), 0);
	assert_int_equal(exec(pid, "sh", 32 * PAGE_SIZE - 4), 0);
	assert_int_equal(task_of(pid).rss, 32);
}

/* -- the stack ------------------------------------------------------------------------------- */

static void test_grows(void **state)
{
	u32 at, pid = lab_process(1, &at), low = TOP - PAGES(100);

	assert_int_equal(exec(pid, "sh", 100), 0);
	lab_forget();
	OP(WRITE, pid, low + 8, 1);
	assert_int_equal(lab_count(EV_STACK_GROW), 1);
	assert_int_equal(the_vma(pid).start, low);
	assert_int_equal(task_of(pid).total_vm, 100);
	assert_int_equal(OP(READ, pid, low + 8), 1);
	assert_int_equal(OP(READ, pid, low + 0x5000), 0);
	mapped_once(pid, low);
	/* What is mapped below ends it; above, it is a page like any other. */
	OP(WRITE, pid, TOP - PAGES(60), 2);
	assert_int_equal(lab_count(EV_STACK_GROW), 1);
}

static void test_limit(void **state)
{
	u32 at, pid = lab_process(1, &at);

	assert_int_equal(exec(pid, "sh", 100), 0);
	OP_FAILS(SEGV, WRITE, pid, TOP - LIMIT - 4, 1);
	OP(WRITE, pid, TOP - LIMIT, 1);
	assert_int_equal(the_vma(pid).start, TOP - LIMIT);
	OP_FAILS(SEGV, READ, pid, TOP - LIMIT - 4);
}

/* The vma above an address is the one that may grow to it: another one may not. */
static void test_neighbour(void **state)
{
	u32 at, pid = lab_process(1, &at), other = TOP - PAGES(200);

	assert_int_equal(exec(pid, "sh", 100), 0);
	OP(MMAP, pid, other, PAGES(2), 3, MAP_PRIVATE | MAP_FIXED);
	OP_FAILS(SEGV, WRITE, pid, other - 4, 1);
	OP(WRITE, pid, other + PAGES(2), 1);
	assert_int_equal(OP(READ, pid, other + PAGES(1)), 0);
}

/* A stack that may not be touched grows all the same, and refuses then; what moves it moves all
 * that is in it. */
static void test_grows_and_refuses(void **state)
{
	u32 at, pid = lab_process(1, &at), low, to = TOP - 2 * LIMIT;

	assert_int_equal(exec(pid, "sh", 100), 0);
	low = the_vma(pid).start - PAGES(10);
	OP(MPROTECT, pid, the_vma(pid).start, TOP - the_vma(pid).start, 0);
	OP_FAILS(SEGV, WRITE, pid, low, 1);
	assert_int_equal(the_vma(pid).start, low);
	OP(MREMAP, pid, low, TOP - low, TOP - low, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	assert_int_equal(the_vma(pid).start, to);
	OP(MPROTECT, pid, to, TOP - low, PROT_READ);
	OP(READ, pid, to + TOP - low - 4);
}

static void test_child_has_a_stack(void **state)
{
	u32 at, pid = lab_process(1, &at), child;

	assert_int_equal(exec(pid, "sh", 100), 0);
	OP(WRITE, pid, TOP - PAGES(50), 5);
	child = (u32)OP(FORK, pid, 0);
	OP(WRITE, child, TOP - PAGES(90), 6);
	assert_int_equal(OP(READ, child, TOP - PAGES(50)), 5);
	assert_int_equal(the_vma(pid).start, TOP - PAGES(50));
	assert_int_equal(the_vma(child).start, TOP - PAGES(90));
}

static void test_again_and_again(void **state)
{
	u32 at, pid = lab_process(8, &at), i;
	u64 free = 0;

	assert_int_equal(exec(pid, "again", 100), 0);
	for (i = 0; i < 20; i++) {
		OP(BRK, pid, HEAP + PAGES(8));
		OP(TOUCH, pid, HEAP, PAGES(8), 1);
		OP(TOUCH, pid, TOP - PAGES(20), PAGES(20), 1);
		assert_int_equal(exec(pid, "again", 5000), 0);
		if (i == 3)
			free = lab_free_or_for_ever();
	}
	assert_int_equal(lab_free_or_for_ever(), free);
}

/* There is memory for half of the arguments. Either all is as it was, or the process is dead. */
static void test_no_memory(void **state)
{
	u32 hog, pid, at, free;
	s32 error;

	lab_destroy(state);
	lab_boot_config((struct machine_config){
		.kernel = row, .ram = PAGES(256), .cpus = 1, .page_cluster = -1, .seed = 1,
		.events = true, .truth = true,
	});
	pid = lab_process(2, &at);
	OP(WRITE, pid, at, 3);
	hog = lab_process(256, &at);
	free = (u32)lab_free_or_for_ever();
	assert_true(free > 40);
	/* The hog may be killed by it; then it is worth nothing, and no harm is done. */
	op_run(m, &(struct op){ .kind = OP_TOUCH, .pid = (u16)hog,
				.arg = { at, PAGES(free - 36), 1 } });
	error = exec(pid, "sh", 32 * PAGE_SIZE - 4);
	if (error == ENOMEM && thread_by_pid(m, pid))
		assert_string_not_equal(thread_name(m, pid), "sh");
	else if (error)
		assert_null(thread_by_pid(m, pid));
	else
		assert_int_equal(the_vma(pid).end, TOP);
}

#define EXEC_TEST(name) { #name, name, boot_row, done, NULL }

static const struct CMUnitTest all[] = {
	EXEC_TEST(test_begins_anew), EXEC_TEST(test_stack_vma), EXEC_TEST(test_argument_pages),
	EXEC_TEST(test_function), EXEC_TEST(test_arguments_survive_swap),
	EXEC_TEST(test_fork_then_exec), EXEC_TEST(test_exec_then_fork), EXEC_TEST(test_too_long),
	EXEC_TEST(test_grows), EXEC_TEST(test_limit), EXEC_TEST(test_neighbour),
	EXEC_TEST(test_grows_and_refuses),
	EXEC_TEST(test_child_has_a_stack), EXEC_TEST(test_again_and_again),
	EXEC_TEST(test_no_memory),
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(all)];
	char name[80];
	int failed = 0;
	u32 k, i;

	for (k = 0; kernels[k]; k++) {
		memcpy(tests, all, sizeof(all));
		for (i = 0; i < ARRAY_SIZE(all); i++)
			tests[i].initial_state = (void *)(uintptr_t)kernels[k];
		snprintf(name, sizeof(name), "exec on %s", kernels[k]->name);
		failed += cmocka_run_group_tests_name(name, tests, NULL, NULL);
	}
	return failed;
}
