/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations: whatever is asked, the answer is a result or an errno; what is refused changes
 * nothing at all; the rest happens on the thread of the process it belongs to.
 */
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RW (PROT_READ | PROT_WRITE)
#define HUGE UINT64_MAX
#define SIGSEGV_ (-11)
#define SIGBUS_ (-7)
#define SIGKILL_ (-9)

static u32 pid, at, file, child; /* a process with 4 pages, a file of 2, a process that is gone */

static int boot(void **state)
{
	lab_boot(256, 256, 1);
	pid = lab_process(4, &at);
	file = (u32)OP(FILE, 0, 2 * PAGE_SIZE);
	child = (u32)OP(FORK, pid);
	OP(EXIT, child);
	OP(WRITE, pid, at, 1);
	return 0;
}

/* -- refused ------------------------------------------------------------------------------- */

static void refuse(s32 error, u8 kind, u32 who, const u64 *arg)
{
	char *before = dump_machine(m), *after;
	struct op op = { .kind = kind, .pid = (u16)who };
	char name[20];

	memcpy(op.arg, arg, sizeof(op.arg));
	assert_true(op_run(m, &op));
	assert_true(op.done);
	if (op.error != error) {
		snprintf(name, sizeof(name), "%s", kind < NR_OPS ? op_rows[kind].name : "?");
		fail_msg("%s %llx %llx: %s, not %s", name, (unsigned long long)arg[0],
			 (unsigned long long)arg[1], op_error_name(op.error),
			 op_error_name(error));
	}
	assert_int_equal(op.ret, 0);
	after = dump_machine(m);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

#define REFUSE(error, kind, who, ...) \
	refuse(error, OP_##kind, who, (const u64[6]){ __VA_ARGS__ })

static void no_such_operation(void **state)
{
	u32 kind;

	for (kind = NR_OPS; kind < 256; kind++)
		refuse(EINVAL, (u8)kind, 0, (const u64[6]){ 0 });
}

/* Nobody, a kernel thread, a process that is gone, one that never was. */
static void no_such_process(void **state)
{
	static const u8 kinds[] = {
		OP_MMAP, OP_MUNMAP, OP_BRK, OP_READ, OP_WRITE, OP_TOUCH, OP_FORK, OP_EXIT,
	};
	u32 who[] = { 0, m->vm->kswapd->pid, child, 999, 65535 }, i, j;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		for (j = 0; j < ARRAY_SIZE(who); j++)
			refuse(ESRCH, kinds[i], who[j], (const u64[6]){ at, PAGE_SIZE });
	for (j = 1; j < ARRAY_SIZE(who); j++) {
		REFUSE(ESRCH, SYNC, who[j]);
		REFUSE(ESRCH, RECLAIM, who[j], 1);
		REFUSE(ESRCH, FILE_READ, who[j], file);
	}
}

static void bad_mmap(void **state)
{
	REFUSE(EINVAL, MMAP, pid, 0, 0, RW, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, 0, HUGE, RW, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, 0, (u64)-4096, RW, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, HUGE, PAGE_SIZE, RW, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, 0, PAGE_SIZE, 8, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, 0, PAGE_SIZE, HUGE, MAP_PRIVATE);
	REFUSE(EINVAL, MMAP, pid, 0, PAGE_SIZE, RW, 1u << 30);
	REFUSE(EBADF, MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, 99);
	REFUSE(EBADF, MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, HUGE);
	REFUSE(EINVAL, MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, file, 1);
	REFUSE(EINVAL, MMAP, pid, 0, PAGE_SIZE, RW, MAP_SHARED, file, HUGE << PAGE_SHIFT);
}

static void bad_ranges(void **state)
{
	static const u8 kinds[] = { OP_MUNMAP, OP_TOUCH };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		refuse(EINVAL, kinds[i], pid, (const u64[6]){ at, 0 });
		refuse(EINVAL, kinds[i], pid, (const u64[6]){ at, HUGE });
		refuse(EINVAL, kinds[i], pid, (const u64[6]){ HUGE, PAGE_SIZE });
		refuse(EINVAL, kinds[i], pid, (const u64[6]){ 0xfffff000, 2 * PAGE_SIZE });
		refuse(EINVAL, kinds[i], pid, (const u64[6]){ 1ull << 32, PAGE_SIZE });
	}
	REFUSE(EINVAL, BRK, pid, 1ull << 32);
}

static void bad_words(void **state)
{
	u32 i;

	for (i = 1; i < 4; i++) {
		REFUSE(EINVAL, READ, pid, at + i);
		REFUSE(EINVAL, WRITE, pid, at + i, 1);
		REFUSE(EINVAL, FILE_READ, 0, file, i);
		REFUSE(EINVAL, FILE_WRITE, 0, file, i, 1);
	}
	REFUSE(EINVAL, READ, pid, 1ull << 32);
	REFUSE(EINVAL, READ, pid, HUGE);
	REFUSE(EINVAL, WRITE, pid, at, 1ull << 32);
	REFUSE(EINVAL, FILE_WRITE, 0, file, 0, 1ull << 32);
	REFUSE(EBADF, FILE_READ, 0, 0, 0);
	REFUSE(EBADF, FILE_READ, 0, 99, 0);
	REFUSE(EBADF, FILE_WRITE, 0, HUGE, 0, 1);
}

static void bad_machine_operations(void **state)
{
	REFUSE(EINVAL, SWAPON, 0, 0, 0);
	REFUSE(EINVAL, SWAPON, 0, 1 << 20, (u64)-2);
	REFUSE(EINVAL, SWAPON, 0, 1 << 20, 32768);
	REFUSE(EINVAL, RECLAIM, 0, HUGE);
	REFUSE(EINVAL, RECLAIM, 0, 1ull << 31);
	REFUSE(EINVAL, REFILL, 0, 1ull << 31);
	REFUSE(EINVAL, TICK, 0, HUGE);
	REFUSE(EINVAL, TICK, 0, INT64_MAX);
}

/* The kernel only asks about pages on its lists: not the zero page, a page table, a free frame. */
static void bad_pages(void **state)
{
	u32 bad[4], i;
	u32 pfn;

	bad[0] = m->vm->zero_pfn;
	bad[1] = m->nr_frames;
	bad[2] = thread_by_pid(m, pid)->mm->pgd_pfn;
	for (pfn = 0; page_count(&m->vm->mem_map[pfn]); pfn++)
		;
	bad[3] = pfn;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		REFUSE(EINVAL, REFERENCED, 0, bad[i]);
		REFUSE(EINVAL, UNMAP, 0, bad[i]);
	}
	REFUSE(EINVAL, UNMAP, 0, HUGE);
	REFUSE(EINVAL, UNMAP, 0, 1ull << 32);
}

/* What the kernel itself refuses may cost time and events, but never the machine. */
static void what_the_kernel_refuses(void **state)
{
	OP_FAILS(EINVAL, MUNMAP, pid, at + 1, PAGE_SIZE);
	OP_FAILS(EINVAL, MUNMAP, pid, 0xc0000000, PAGE_SIZE);
	OP_FAILS(EINVAL, MMAP, pid, 0, PAGE_SIZE, RW, 0);
	OP_FAILS(EINVAL, MMAP, pid, at + 1, PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	OP_FAILS(EINVAL, MMAP, pid, 0, 0xf0000000, RW, MAP_PRIVATE); /* more than there is */
	OP_FAILS(ENOMEM, MMAP, pid, 0, 0xb0000000, RW, MAP_PRIVATE); /* more than is free */
	OP_FAILS(EFBIG, FILE_WRITE, 0, file, 2 * PAGE_SIZE, 1);
	assert_int_equal(check_machine(m, NULL, 0), 0);
	assert_int_equal(OP(READ, pid, at), 1);
}

/* Any argument at all, many of them wild. */
static void nothing_crashes(void **state)
{
	u64 rng = 7, wild[] = { 0, 1, 3, 4095, 4096, 0x40000000, 0xbffff000, 0xc0000000, 0xffffffff,
				1ull << 32, HUGE, 1ull << 63 };
	u32 n, i;

	for (n = 0; n < 4000; n++) {
		struct op op = { 0 };

		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		op.kind = (u8)((rng >> 33) % (NR_OPS + 2));
		op.pid = (u16)((rng >> 45) % 4 ? pid : rng >> 50);
		for (i = 0; i < 6; i++) {
			rng = rng * 6364136223846793005ull + 1442695040888963407ull;
			op.arg[i] = wild[(rng >> 40) % ARRAY_SIZE(wild)];
		}
		if (op.kind == OP_EXIT || op.kind == OP_TASK || op.kind == OP_TICK ||
		    (op.kind == OP_FORK && n % 64))
			continue;
		memset(op.text, 'x', sizeof(op.text)); /* without an end */
		assert_true(op_run(m, &op));
		assert_true(op.done);
	}
	assert_int_equal(check_machine(m, NULL, 0), 0);
}

/* -- done ---------------------------------------------------------------------------------- */

static void signals_say_where(void **state)
{
	struct op op = { .kind = OP_WRITE, .pid = (u16)pid, .arg = { 0x1000, 5 } };
	u32 ro;

	assert_true(op_run(m, &op));
	assert_int_equal(op.error, SIGSEGV_);
	assert_int_equal(op.address, 0x1000);
	OP_FAILS(SIGSEGV_, READ, pid, 0xc0000000);
	OP_FAILS(SIGSEGV_, READ, pid, 0xfffffffc);
	ro = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE);
	OP_FAILS(SIGSEGV_, WRITE, pid, ro, 1);
	OP(READ, pid, ro);
	OP_FAILS(SIGSEGV_, WRITE, pid, ro, 1);
	ro = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, MAP_SHARED, file);
	OP_FAILS(SIGBUS_, READ, pid, ro + 2 * PAGE_SIZE);
	OP(READ, pid, ro + PAGE_SIZE);
	assert_string_equal(op_error_name(SIGBUS_), "SIGBUS");
	assert_string_equal(op_error_name(SIGSEGV_), "SIGSEGV");
	assert_string_equal(op_error_name(SIGKILL_), "SIGKILL");
	assert_string_equal(op_error_name(ENOMEM), "ENOMEM");
}

static void faults_are_counted(void **state)
{
	struct op op = { .kind = OP_WRITE, .pid = (u16)pid, .arg = { at + PAGE_SIZE, 5 } };

	op_run(m, &op);
	assert_int_equal(op.faults, 1);
	op_run(m, &op);
	assert_int_equal(op.faults, 0);
	assert_int_equal(OP(TOUCH, pid, at, 4 * PAGE_SIZE, 0), 2);
	/* the zero page was mapped for reading: each write faults again */
	assert_int_equal(OP(TOUCH, pid, at, 4 * PAGE_SIZE, 1), 2);
	assert_int_equal(OP(TOUCH, pid, at, 4 * PAGE_SIZE, 1), 0);
}

static void touch_begins_and_ends_in_a_page(void **state)
{
	assert_int_equal(OP(TOUCH, pid, at + PAGE_SIZE + 5, 1, 1), 1);
	assert_int_equal(OP(TOUCH, pid, at + 2 * PAGE_SIZE - 1, 2, 1), 1);
	OP_FAILS(SIGSEGV_, TOUCH, pid, at + 3 * PAGE_SIZE, 2 * PAGE_SIZE, 1);
}

static void an_operation_begins_and_ends(void **state)
{
	const struct event *begin, *end;

	lab_forget();
	OP(WRITE, pid, at, 5);
	OP_FAILS(SIGSEGV_, READ, pid, 0x1000);
	begin = lab_event(EV_OP_BEGIN, OP_WRITE, 0);
	end = lab_event(EV_OP_END, OP_WRITE, 0);
	assert_int_equal(begin->thread, pid);
	assert_int_equal(begin->a[1], at);
	assert_true(begin->number < end->number);
	assert_int_equal(end->a[1], 0);
	assert_int_equal((s32)lab_event(EV_OP_END, OP_READ, 0)->a[1], SIGSEGV_);
}

static void only_system_calls_enter_the_kernel(void **state)
{
	u64 before;

	OP(READ, pid, at);
	before = m->now;
	OP(READ, pid, at);
	assert_int_equal(m->now - before, 0);
	OP_FAILS(EINVAL, MUNMAP, pid, at + 1, PAGE_SIZE);
	assert_true(m->now - before >= COST_NS_SYSCALL);
}

static void words_are_kept(void **state)
{
	u32 i;

	for (i = 0; i < 1024; i += 37)
		OP(WRITE, pid, at + 4 * i, 1000 + i);
	for (i = 0; i < 1024; i += 37)
		assert_int_equal(OP(READ, pid, at + 4 * i), 1000 + i);
	assert_int_equal(OP(READ, pid, at + 4), 0);
	OP(FILE_WRITE, 0, file, PAGE_SIZE + 8, 77);
	assert_int_equal(OP(FILE_READ, pid, file, PAGE_SIZE + 8), 77);
}

static void the_heap_moves(void **state)
{
	struct task_view t;

	assert_true(inspect_task(m, pid, &t));
	assert_int_equal(OP(BRK, pid, 0), t.brk);
	assert_int_equal(OP(BRK, pid, t.start_brk + 100), t.start_brk + 100);
	OP(WRITE, pid, t.start_brk, 3);
	OP(BRK, pid, t.start_brk);
	OP_FAILS(SIGSEGV_, READ, pid, t.start_brk);
}

static void time_passes(void **state)
{
	u64 before = m->now;

	OP(TICK, 0, 5000000);
	assert_true(m->now - before >= 5000000);
	assert_true(m->now - before < 5100000);
	before = m->now;
	OP(TICK, 0, 0);
	assert_true(m->now - before < 100000);
}

/* -- several at once ----------------------------------------------------------------------- */

static void several_operations_at_once(void **state)
{
	u32 other, other_at;
	struct op a, b, c;

	other = lab_process(3, &other_at);
	a = (struct op){ .kind = OP_TOUCH, .pid = (u16)pid, .arg = { at, 3 * PAGE_SIZE, 1 } };
	b = (struct op){ .kind = OP_TOUCH, .pid = (u16)other,
			 .arg = { other_at, 3 * PAGE_SIZE, 1 } };
	c = (struct op){ .kind = OP_READ, .pid = (u16)other, .arg = { other_at } };
	assert_true(op_post(m, &a));
	assert_true(op_post(m, &b));
	assert_false(op_post(m, &c)); /* busy */
	assert_int_equal(c.error, EBUSY);
	assert_false(a.done);
	assert_true(op_run_posted(m));
	assert_true(a.done && b.done);
	assert_int_equal(a.ret + b.ret, 2 + 3);
	assert_true(op_post(m, &c));
	assert_true(op_run_posted(m));
	assert_true(c.done);
}

/* Two of nobody's own, each on a kernel thread of its own; one is over before the other. */
static void until_the_first_is_done(void **state)
{
	u32 one = op_worker(m, "one", 0), two = op_worker(m, "two", 0);
	struct op a = { .kind = OP_TICK, .pid = (u16)one, .arg = { 5000000 } };
	struct op b = { .kind = OP_TICK, .pid = (u16)two, .arg = { 2000000 } };
	u64 before = m->now;

	assert_true(op_run_posted_one(m)); /* there is none */
	assert_true(op_post(m, &a) && op_post(m, &b));
	assert_true(op_run_posted_one(m));
	assert_true(b.done && !a.done);
	assert_in_range(m->now - before, 2000000, 4999999);
	assert_true(op_run_posted_one(m));
	assert_true(a.done);
	assert_in_range(m->now - before, 5000000, 6000000);
	REFUSE(ESRCH, READ, one, at); /* a worker is no process */
	REFUSE(ESRCH, TICK, m->nr_pids, 1);
}

static void a_run_of_touches(void **state)
{
	u32 words[200], i;
	u64 faults = 5;

	for (i = 0; i < 200; i++)
		words[i] = ((at >> PAGE_SHIFT) + i % 4) << 1 | (i % 8 < 4);
	assert_int_equal(op_touch_pages(m, pid, words, 200, &faults), 200);
	assert_int_equal(faults, 5 + 3);
	words[150] = 7 << 1;
	assert_int_equal(op_touch_pages(m, pid, words, 200, &faults), 150);
	assert_int_equal(op_touch_pages(m, 999, words, 200, &faults), 0);
	assert_int_equal(op_touch_pages(m, pid, words, 0, &faults), 0);
	assert_int_equal(check_machine(m, NULL, 0), 0);
}

/* The same touches one by one come to the same machine, events and time of the operations aside. */
static void a_run_is_like_single_touches(void **state)
{
	u64 faults = 0, one_by_one;
	u32 words[40], i;

	for (i = 0; i < 40; i++)
		words[i] = ((at >> PAGE_SHIFT) + i * 7 % 4) << 1 | (i % 3 == 0);
	op_touch_pages(m, pid, words, 40, &faults);
	one_by_one = m->counters.pgfault;
	lab_destroy(NULL);
	boot(NULL);
	for (i = 0; i < 40; i++)
		OP(TOUCH, pid, (u64)(words[i] >> 1) << PAGE_SHIFT, 1, words[i] & 1);
	assert_int_equal(m->counters.pgfault, one_by_one);
}

static void a_broken_machine_answers_no_operation(void **state)
{
	struct op op = { .kind = OP_READ, .pid = (u16)pid, .arg = { at } };

	report_set(m, REPORT_BUG, NULL, "a test", NULL);
	assert_false(op_run(m, &op));
	assert_false(op.done);
	assert_false(op_post(m, &op));
	assert_false(op_run_posted(m));
	assert_null(m->op_calls);
}

static void every_operation_has_a_row(void **state)
{
	u32 i;

	for (i = 0; i < NR_OPS; i++)
		assert_true(op_rows[i].name && op_rows[i].args && op_rows[i].what);
	assert_string_equal(op_rows[OP_UNMAP].name, "try_to_unmap");
}

#define T(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_such_operation),
		T(no_such_process),
		T(bad_mmap),
		T(bad_ranges),
		T(bad_words),
		T(bad_machine_operations),
		T(bad_pages),
		T(what_the_kernel_refuses),
		T(nothing_crashes),
		T(signals_say_where),
		T(faults_are_counted),
		T(touch_begins_and_ends_in_a_page),
		T(an_operation_begins_and_ends),
		T(only_system_calls_enter_the_kernel),
		T(words_are_kept),
		T(the_heap_moves),
		T(time_passes),
		T(several_operations_at_once),
		T(until_the_first_is_done),
		T(a_run_of_touches),
		T(a_run_is_like_single_touches),
		T(a_broken_machine_answers_no_operation),
		cmocka_unit_test(every_operation_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
