/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth catches what is changed behind the kernel's back, says what was lost and
 * where, and keeps quiet about everything that is right. And its own model: ranges and pages.
 */
#include "lab.h"

#include <string.h>

#include "i386/mmu.h"
#include "rmap/rmap.h"
#include "sim/content.h"
#include "sim/disk.h"
#include "sim/truth.h"

#define RW (PROT_READ | PROT_WRITE)

static u32 pid, at, file, map; /* a process, 8 pages of memory, a file of 4 pages, mapped shared */

static int boot(void **state)
{
	lab_boot_config((struct machine_config){
		.ram = 256 << PAGE_SHIFT, .swap = 256 << PAGE_SHIFT, .cpus = 1, .page_cluster = -1,
		.seed = 1, .events = true, .truth = true, .unchecked = true,
	});
	pid = lab_process(8, &at);
	file = (u32)OP(FILE, 0, 4 * PAGE_SIZE);
	map = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, MAP_SHARED, file);
	return 0;
}

/* The operation must find a loss; its report has these words in it. */
static void loses(u8 kind, u32 who, u64 address, u64 arg1, const char *word1, const char *word2)
{
	struct op op = { .kind = kind, .pid = (u16)who, .arg = { address, arg1 } };
	char text[2000];

	assert_false(op_run(m, &op));
	assert_int_equal(m->report.kind, REPORT_CONTENT);
	machine_report(m, text, sizeof(text));
	if (!strstr(text, word1) || !strstr(text, word2))
		fail_msg("not in the report, \"%s\" and \"%s\": %s", word1, word2, text);
}

static u32 *pte_of(u32 who, u32 address)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, who, address, &pte));
	return (u32 *)machine_ram(m, pte.table_pfn) + (address >> PAGE_SHIFT & 1023);
}

/* -- planted losses ------------------------------------------------------------------------ */

static void a_changed_word(void **state)
{
	OP(WRITE, pid, at + 8, 5);
	*(u32 *)((char *)machine_ram(m, lab_pfn(pid, at)) + 8) = 6;
	loses(OP_READ, pid, at + 8, 0, "expected the word 5, found 6", "task (pid");
}

static void a_word_where_none_was_stored(void **state)
{
	OP(WRITE, pid, at + 8, 5);
	*(u32 *)((char *)machine_ram(m, lab_pfn(pid, at)) + 12) = 9;
	loses(OP_READ, pid, at + 12, 0, "expected the word 0, found 9", "at 4000000c");
}

static void a_changed_tag(void **state)
{
	OP(TOUCH, pid, at, PAGE_SIZE, 1);
	m->frame_tag[lab_pfn(pid, at)] += 1000;
	loses(OP_TOUCH, pid, at, PAGE_SIZE, "expected content", "at 40000000");
}

/* Somebody else's page, with the right word in it: the content is not the same. */
static void another_page(void **state)
{
	OP(WRITE, pid, at, 5);
	OP(WRITE, pid, at + PAGE_SIZE, 5);
	*pte_of(pid, at) = *pte_of(pid, at + PAGE_SIZE);
	tlb_invlpg(m->cpus[0], at);
	loses(OP_READ, pid, at, 0, "expected content", "at 40000000");
}

/* A store that lands in the frame of somebody else through a wrong pte shows there. */
static void a_store_into_the_wrong_page(void **state)
{
	OP(WRITE, pid, at, 5);
	OP(WRITE, pid, at + PAGE_SIZE, 6);
	*pte_of(pid, at) = *pte_of(pid, at + PAGE_SIZE);
	tlb_invlpg(m->cpus[0], at);
	OP(WRITE, pid, at, 7);
	loses(OP_READ, pid, at + PAGE_SIZE, 0, "expected the word 6, found 7", "at 40001000");
}

static void a_page_that_vanished(void **state)
{
	OP(WRITE, pid, at, 5);
	*pte_of(pid, at) = 0;
	tlb_invlpg(m->cpus[0], at);
	loses(OP_READ, pid, at, 0, "expected the word 5, found 0", "at 40000000");
}

/* What mprotect forbade must not go through, whatever the pte says. */
static void a_store_after_mprotect(void **state)
{
	OP(WRITE, pid, at, 5);
	OP(MPROTECT, pid, at, PAGE_SIZE, PROT_READ);
	*pte_of(pid, at) |= _PAGE_RW;
	tlb_invlpg(m->cpus[0], at);
	loses(OP_WRITE, pid, at, 6, "read-only", "");
}

/* What was stored is expected where mremap moved it to. */
static void a_page_that_did_not_move(void **state)
{
	OP(WRITE, pid, at, 5);
	OP(MREMAP, pid, at, PAGE_SIZE, PAGE_SIZE, 3, 0x60000000);
	*pte_of(pid, 0x60000000) = 0;
	tlb_invlpg(m->cpus[0], 0x60000000);
	loses(OP_READ, pid, 0x60000000, 0, "expected the word 5, found 0", "at 60000000");
}

static void a_broken_swap_slot(void **state)
{
	struct pte_view pte;

	OP(WRITE, pid, at, 5);
	assert_int_equal(OP(UNMAP, 0, lab_pfn(pid, at)), SWAP_SUCCESS);
	OP(RECLAIM, 0, 100);
	OP(TICK, 0, 100000000);
	OP(RECLAIM, 0, 100);
	assert_true(inspect_pte(m, pid, at, &pte) && pte.swap);
	disk_format(m, m->disks[1 + pte.swap_type], pte.swap_offset, 4711);
	loses(OP_READ, pid, at, 0, "expected the word 5, found 0", "at 40000000");
}

static void a_lost_file_write(void **state)
{
	struct op op = { .kind = OP_FILE_READ, .arg = { file, PAGE_SIZE + 4 } };
	char text[2000];

	OP(FILE_WRITE, 0, file, PAGE_SIZE + 4, 77);
	OP(READ, pid, map + PAGE_SIZE);
	content_store(m, lab_pfn(pid, map + PAGE_SIZE), 4, 78);
	assert_false(op_run(m, &op));
	machine_report(m, text, sizeof(text));
	assert_non_null(strstr(text, "file 1 at offset 4100: expected the word 77, found 78"));
}

static void a_store_to_read_only_memory(void **state)
{
	u32 ro = (u32)OP(MMAP, pid, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, file);

	OP(READ, pid, ro);
	*pte_of(pid, ro) |= _PAGE_RW;
	tlb_invlpg(m->cpus[0], ro);
	loses(OP_WRITE, pid, ro, 5, "read-only", "");
}

static void an_access_where_nothing_is_mapped(void **state)
{
	OP(WRITE, pid, at + 7 * PAGE_SIZE, 5);
	truth_unmap(m->truth, pid, at + 7 * PAGE_SIZE, PAGE_SIZE);
	loses(OP_READ, pid, at + 7 * PAGE_SIZE, 0, "nothing is mapped", "");
}

/* -- what is right ------------------------------------------------------------------------- */

static void unwritten_memory_is_zero(void **state)
{
	u32 private = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, MAP_PRIVATE, file);

	assert_int_equal(OP(READ, pid, at), 0);
	OP(TOUCH, pid, at, 4 * PAGE_SIZE, 0);
	OP(TOUCH, pid, map, 4 * PAGE_SIZE, 0);
	OP(TOUCH, pid, private, 4 * PAGE_SIZE, 0);
}

/* A private mapping shows the file until it is written to, and its own page from then on. */
static void private_pages_follow_the_file_until_written(void **state)
{
	u32 private = (u32)OP(MMAP, pid, 0, 4 * PAGE_SIZE, RW, MAP_PRIVATE, file);

	OP(WRITE, pid, map + 4, 1);
	assert_int_equal(OP(READ, pid, private + 4), 1);
	OP(WRITE, pid, private + 8, 2);
	OP(WRITE, pid, map + 4, 3);
	assert_int_equal(OP(READ, pid, private + 4), 1);
	assert_int_equal(OP(READ, pid, private + 8), 2);
	assert_int_equal(OP(READ, pid, map + 4), 3);
	assert_int_equal(OP(READ, pid, map + 8), 0);
	assert_int_equal(OP(FILE_READ, 0, file, 4), 3);
}

static void fork_copies_what_is_private(void **state)
{
	u32 child;

	OP(WRITE, pid, at, 1);
	OP(WRITE, pid, map, 2);
	child = (u32)OP(FORK, pid);
	OP(WRITE, child, at, 10);
	OP(WRITE, child, map, 20);
	assert_int_equal(OP(READ, pid, at), 1);
	assert_int_equal(OP(READ, pid, map), 20);
	assert_int_equal(OP(READ, child, at), 10);
	OP(EXIT, pid);
	assert_int_equal(OP(READ, child, at), 10);
}

static void a_new_mapping_forgets_the_old(void **state)
{
	OP(WRITE, pid, at + PAGE_SIZE, 5);
	OP(MMAP, pid, at, 2 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 0);
	OP(WRITE, pid, at, 6);
	OP(MUNMAP, pid, at, PAGE_SIZE);
	OP(MMAP, pid, at, PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	assert_int_equal(OP(READ, pid, at), 0);
}

static void content_survives_swap_and_write_back(void **state)
{
	u32 i;

	for (i = 0; i < 8; i++)
		OP(WRITE, pid, at + i * PAGE_SIZE, 100 + i);
	for (i = 0; i < 4; i++)
		OP(WRITE, pid, map + i * PAGE_SIZE, 200 + i);
	for (i = 0; i < 4; i++) {
		OP(RECLAIM, 0, 64);
		OP(TICK, 0, 1000000000);
	}
	assert_true(m->counters.pswpout >= 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(OP(READ, pid, at + i * PAGE_SIZE), 100 + i);
	for (i = 0; i < 4; i++)
		assert_int_equal(OP(READ, pid, map + i * PAGE_SIZE), 200 + i);
}

/* -- the model itself ---------------------------------------------------------------------- */

#define SPACE 50000u
#define P(n) ((u32)(n) << PAGE_SHIFT)

static void ranges_split_and_join(void **state)
{
	struct truth *t = m->truth;
	u64 before = truth_bytes(t);
	u32 i;

	truth_space_new(t, SPACE);
	truth_map(t, SPACE, P(10), P(10), TRUTH_READ | TRUTH_WRITE, 0, 0);
	truth_unmap(t, SPACE, P(13), P(2));
	truth_map(t, SPACE, P(18), P(4), TRUTH_READ, 0, 0);
	for (i = 0; i < 30; i++) {
		u32 want = i < 10 || i == 13 || i == 14 || i >= 22 ? 0 :
			   i >= 18 ? TRUTH_READ : TRUTH_READ | TRUTH_WRITE;

		assert_int_equal(truth_flags(t, SPACE, P(i) + 123), want);
	}
	truth_space_exit(t, SPACE);
	assert_int_equal(truth_flags(t, SPACE, P(10)), 0);
	assert_int_equal(truth_bytes(t), before);
}

static void the_last_page_there_is(void **state)
{
	struct truth *t = m->truth;

	truth_space_new(t, SPACE);
	truth_map(t, SPACE, 0xfffff000, PAGE_SIZE, TRUTH_READ | TRUTH_WRITE, 0, 0);
	truth_store(t, SPACE, 0xfffffffc, true, 9, 77);
	assert_true(truth_load(t, SPACE, 0xfffffffc, true, 9, 77));
	truth_unmap(t, SPACE, 0xfffff000, PAGE_SIZE);
	assert_int_equal(truth_flags(t, SPACE, 0xfffff000), 0);
	truth_space_exit(t, SPACE);
}

/* Many words of one page, in any order; the others are zero. */
static void words_of_a_page(void **state)
{
	struct truth *t = m->truth;
	u32 i, off;

	truth_space_new(t, SPACE);
	truth_map(t, SPACE, P(10), P(1), TRUTH_READ | TRUTH_WRITE, 0, 0);
	for (i = 0; i < 512; i++) {
		off = i * 389 % 512 * 8;
		truth_store(t, SPACE, P(10) + off, true, off + 1, i + 1);
	}
	for (off = 0; off < PAGE_SIZE; off += 4)
		assert_true(truth_load(t, SPACE, P(10) + off, true, off % 8 ? 0 : off + 1, 512));
	assert_false(truth_load(t, SPACE, P(10), true, 2, 512));
	m->report.kind = REPORT_NONE;
	truth_space_exit(t, SPACE);
}

static void count_page(void *arg, u32 space, u32 inode, u32 page, u64 tag)
{
	if (space == SPACE && page % 5000 == 0 && tag == page + 1 && !inode)
		++*(u32 *)arg;
}

static void every_page_is_visited(void **state)
{
	struct truth *t = m->truth;
	u32 i, n = 0;

	truth_space_new(t, SPACE);
	truth_map(t, SPACE, 0, P(700000), TRUTH_READ | TRUTH_WRITE, 0, 0);
	for (i = 0; i < 700000; i += 5000)
		truth_store(t, SPACE, P(i), false, 0, i + 1);
	truth_each(t, count_page, &n);
	assert_int_equal(n, 140);
	truth_unmap(t, SPACE, P(5001), P(699000 - 5001));
	n = 0;
	truth_each(t, count_page, &n);
	assert_int_equal(n, 2);
	truth_space_exit(t, SPACE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, boot, lab_destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_changed_word),
		T(a_word_where_none_was_stored),
		T(a_changed_tag),
		T(another_page),
		T(a_store_into_the_wrong_page),
		T(a_page_that_vanished),
		T(a_store_after_mprotect),
		T(a_page_that_did_not_move),
		T(a_broken_swap_slot),
		T(a_lost_file_write),
		T(a_store_to_read_only_memory),
		T(an_access_where_nothing_is_mapped),
		T(unwritten_memory_is_zero),
		T(private_pages_follow_the_file_until_written),
		T(fork_copies_what_is_private),
		T(a_new_mapping_forgets_the_old),
		T(content_survives_swap_and_write_back),
		T(ranges_split_and_join),
		T(the_last_page_there_is),
		T(words_of_a_page),
		T(every_page_is_visited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
