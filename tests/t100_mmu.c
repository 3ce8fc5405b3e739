/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processor alone, on page tables written by hand: what the walk finds, which bits it sets,
 * which faults it takes, and what the TLB keeps believing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "i386/mmu.h"
#include "sim/machine.h"
#include "sim/spinlock.h"

#define P _PAGE_PRESENT
#define RW _PAGE_RW
#define US _PAGE_USER
#define A _PAGE_ACCESSED
#define D _PAGE_DIRTY

#define PGD 1u   /* the frame of the page directory */
#define TABLE 2u /* and of the one page table, for the first 4 MiB from BASE */
#define BASE 0x40000000u

static struct machine *m;
static struct cpu cpu;
static u32 *pgd, *table;

static u32 page_address_of(u32 n)
{
	return BASE + n * PAGE_SIZE;
}

static void make_machine(u32 cpus, u32 stress, u64 seed)
{
	struct machine_config config = {
		.ram = 256 << 10, .cpus = cpus, .page_cluster = -1, .stress = stress, .seed = seed,
		.events = true,
	};
	const char *why;

	m = machine_create_bare(&config, &why);
	assert_non_null(m);
	current = m->boot;
	pgd = region_frame_make(m->region, PGD);
	table = region_frame_make(m->region, TABLE);
	pgd[table_index_of(m, BASE)] = pfn_pte(TABLE, P | RW | US);
	cpu = (struct cpu){ .cr0 = CR0_WP };
	load_cr3(&cpu, PGD << PAGE_SHIFT);
}

static int make(void **state)
{
	make_machine(1, 0, 1);
	return 0;
}

static int destroy(void **state)
{
	machine_destroy(m);
	return 0;
}

static s64 user(u32 addr, bool write)
{
	return mmu_translate(m, &cpu, addr, write, true);
}

static void assert_fault(u32 addr, bool write, bool user_mode, u32 error_code)
{
	cpu.cr2 = cpu.error_code = ~0u;
	assert_int_equal(mmu_translate(m, &cpu, addr, write, user_mode), -1);
	assert_int_equal(cpu.cr2, addr);
	assert_int_equal(cpu.error_code, error_code);
}

/* -- the walk -------------------------------------------------------------------------------- */

static void test_the_walk_takes_ten_bits_and_ten_bits(void **state)
{
	static const u32 addresses[] = { 0x00000000, 0x00000fff, 0x003ff000, 0x00400000, 0x08048123,
					 0x40000000, 0xbffff004, 0xfffff000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		u32 addr = addresses[i], *pt = region_frame_make(m->region, 10 + i);

		pgd[addr >> 22] = pfn_pte(10 + i, P | RW | US);
		pt[addr >> 12 & 1023] = pfn_pte(30 + i, P | RW | US);
		/* The two lowest addresses share an entry: the second table wins. */
		tlb_flush_all(&cpu);
		assert_int_equal(user(addr, false), 30 + i);
		assert_int_equal(tlb_lookup(&cpu, addr), pfn_pte(30 + i, P | RW | US | A));
	}
}

static void test_reading_sets_accessed_in_both(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	assert_int_equal(user(BASE, false), 7);
	assert_int_equal(table[0], pfn_pte(7, P | RW | US | A));
	assert_int_equal(pgd[table_index_of(m, BASE)], pfn_pte(TABLE, P | RW | US | A));
}

static void test_writing_sets_dirty_in_the_pte_alone(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	assert_int_equal(user(BASE + 4, true), 7);
	assert_int_equal(table[0], pfn_pte(7, P | RW | US | A | D));
	assert_int_equal(pgd[table_index_of(m, BASE)], pfn_pte(TABLE, P | RW | US | A));
}

static void test_a_write_through_a_clean_entry_walks_again(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	user(BASE, false);
	assert_int_equal(tlb_lookup(&cpu, BASE) & D, 0);
	assert_int_equal(user(BASE, true), 7);
	assert_int_equal(table[0] & D, D);
	assert_int_equal(tlb_lookup(&cpu, BASE) & D, D);
	assert_int_equal(m->counters.tlb_misses, 2);
	assert_int_equal(user(BASE, true), 7);
	assert_int_equal(m->counters.tlb_misses, 2);
}

static void test_a_large_page_needs_no_table(void **state)
{
	/* frame number 1024 onwards: 4 MiB aligned; not in this machine, but nobody looks there */
	pgd[0] = 1u << 22 | P | RW | US | _PAGE_PSE;
	assert_int_equal(user(0x00003000, true), 1024 + 3);
	assert_int_equal(pgd[0], 1u << 22 | P | RW | US | _PAGE_PSE | A | D);
	assert_int_equal(user(0x003ff000, false), 1024 + 1023);
}

static void test_a_wild_cr3_or_pde_finds_nothing(void **state)
{
	load_cr3(&cpu, 0xfffff);
	assert_fault(BASE, false, true, PF_USER);
	load_cr3(&cpu, PGD << PAGE_SHIFT);
	pgd[3] = pfn_pte(0x12345, P | RW | US);
	assert_fault(3u << 22, false, true, PF_USER);
	pgd[3] = pfn_pte(40, P | RW | US); /* a frame that is no table */
	assert_fault(3u << 22, true, true, PF_USER | PF_WRITE);
}

/* -- faults ---------------------------------------------------------------------------------- */

static void test_not_present(void **state)
{
	u32 pde = pgd[table_index_of(m, BASE)], swapped = 0x00000a02; /* slot 10 of area 1 */

	table[5] = swapped;
	assert_fault(page_address_of(5) + 8, false, true, PF_USER);
	assert_fault(page_address_of(5), true, true, PF_USER | PF_WRITE);
	assert_fault(page_address_of(5), false, false, 0);
	assert_fault(page_address_of(5), true, false, PF_WRITE);
	assert_fault(0x80000000, false, true, PF_USER); /* no table at all */
	/* With P clear all other bits are the kernel's, and nothing else was written either. */
	assert_int_equal(table[5], swapped);
	assert_int_equal(pgd[table_index_of(m, BASE)], pde);
	assert_int_equal(tlb_lookup(&cpu, page_address_of(5)), 0);
	/* It was not cached: what the kernel stores now is seen without a flush. */
	table[5] = pfn_pte(9, P | US);
	assert_int_equal(user(page_address_of(5), false), 9);
}

static void test_protection(void **state)
{
	table[0] = pfn_pte(7, P | US);
	table[1] = pfn_pte(8, P | RW);
	assert_fault(page_address_of(0), true, true, PF_PROT | PF_WRITE | PF_USER);
	assert_fault(page_address_of(1), false, true, PF_PROT | PF_USER);
	assert_fault(page_address_of(1), true, true, PF_PROT | PF_WRITE | PF_USER);
	assert_int_equal(table[0] | table[1], pfn_pte(7 | 8, P | US | RW)); /* no A, no D */
	assert_int_equal(mmu_translate(m, &cpu, page_address_of(1), true, false), 8);
}

static void test_both_levels_must_allow(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	pgd[table_index_of(m, BASE)] = pfn_pte(TABLE, P | US);
	assert_fault(BASE, true, true, PF_PROT | PF_WRITE | PF_USER);
	assert_int_equal(user(BASE, false), 7);
	tlb_flush_all(&cpu);
	pgd[table_index_of(m, BASE)] = pfn_pte(TABLE, P | RW);
	assert_fault(BASE, false, true, PF_PROT | PF_USER);
	assert_int_equal(mmu_translate(m, &cpu, BASE, true, false), 7);
}

static void test_write_protection_of_the_supervisor(void **state)
{
	table[0] = pfn_pte(7, P | US);
	assert_fault(BASE, true, false, PF_PROT | PF_WRITE);
	cpu.cr0 = 0; /* a 386 */
	assert_int_equal(mmu_translate(m, &cpu, BASE, true, false), 7);
	assert_int_equal(table[0], pfn_pte(7, P | US | A | D));
	assert_fault(BASE, true, true, PF_PROT | PF_WRITE | PF_USER);
}

/* -- what the TLB believes ------------------------------------------------------------------- */

static void test_entries_stay_until_they_are_flushed(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	table[1] = pfn_pte(8, P | RW | US);
	user(page_address_of(0), true);
	user(page_address_of(1), true);
	table[0] = pfn_pte(9, P | RW | US);
	table[1] = 0;
	assert_int_equal(user(page_address_of(0), true), 7);
	assert_int_equal(user(page_address_of(1), true), 8);
	tlb_invlpg(&cpu, page_address_of(0) + 0xabc);
	assert_int_equal(user(page_address_of(0), true), 9);
	assert_int_equal(user(page_address_of(1), true), 8);
	load_cr3(&cpu, PGD << PAGE_SHIFT);
	assert_fault(page_address_of(1), true, true, PF_WRITE | PF_USER);
}

static void test_a_cached_right_outlives_the_tables(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	user(BASE, true);
	table[0] &= ~RW;
	assert_int_equal(user(BASE, true), 7);
	tlb_invlpg(&cpu, BASE);
	assert_fault(BASE, true, true, PF_PROT | PF_WRITE | PF_USER);
}

/* A right that was given without a flush: one fault for nothing, which drops the entry. */
static void test_a_cached_ban_faults_once(void **state)
{
	table[0] = pfn_pte(7, P | US);
	user(BASE, false);
	table[0] |= RW;
	assert_fault(BASE, true, true, PF_PROT | PF_WRITE | PF_USER);
	assert_int_equal(user(BASE, true), 7);
}

static void test_cleared_bits_are_not_set_again_behind_a_cached_entry(void **state)
{
	table[0] = pfn_pte(7, P | RW | US);
	user(BASE, true);
	table[0] &= ~(A | D);
	user(BASE, false);
	user(BASE, true);
	assert_int_equal(table[0], pfn_pte(7, P | RW | US));
	tlb_invlpg(&cpu, BASE);
	user(BASE, false);
	assert_int_equal(table[0], pfn_pte(7, P | RW | US | A));
}

static void test_global_entries_survive_cr3(void **state)
{
	table[0] = pfn_pte(7, P | RW | US | _PAGE_GLOBAL);
	table[1] = pfn_pte(8, P | RW | US);
	user(page_address_of(0), false);
	user(page_address_of(1), false);
	load_cr3(&cpu, PGD << PAGE_SHIFT);
	assert_int_equal(tlb_lookup(&cpu, page_address_of(0)), table[0]);
	assert_int_equal(tlb_lookup(&cpu, page_address_of(1)), 0);
	tlb_invlpg(&cpu, page_address_of(0));
	assert_int_equal(tlb_lookup(&cpu, page_address_of(0)), 0);
}

static void test_sixty_four_pages_fit(void **state)
{
	u32 i;

	for (i = 0; i < 128; i++)
		table[i] = pfn_pte(i, P | RW | US);
	for (i = 0; i < 64; i++)
		user(page_address_of(i), true);
	assert_int_equal(m->counters.tlb_misses, 64);
	for (i = 0; i < 64; i++)
		assert_int_equal(user(page_address_of(i), true), i);
	assert_int_equal(m->counters.tlb_misses, 64);
	assert_int_equal(cpu.hits + cpu.walks, 128);
	assert_int_equal(cpu.hits, 64);
}

/* Pages 16 apart share a set of four. */
static void test_a_set_replaces_in_turn(void **state)
{
	u32 i;

	for (i = 0; i < 8; i++)
		table[16 * i] = pfn_pte(20 + i, P | RW | US);
	for (i = 0; i < 6; i++)
		user(page_address_of(16 * i), false);
	for (i = 0; i < 6; i++)
		assert_int_equal(tlb_lookup(&cpu, page_address_of(16 * i)) != 0, i >= 2);
	tlb_invlpg(&cpu, page_address_of(16 * 3));
	user(page_address_of(16 * 6), false); /* into the empty way */
	for (i = 0; i < 7; i++)
		assert_int_equal(tlb_lookup(&cpu, page_address_of(16 * i)) != 0, i >= 2 && i != 3);
	user(page_address_of(16 * 7), false);
	assert_int_equal(tlb_lookup(&cpu, page_address_of(16 * 2)), 0);
}

/* -- two processors -------------------------------------------------------------------------- */

static bool in_translate, cleared_in_between;

static void translating(void *unused)
{
	in_translate = true;
	user(BASE, true);
	in_translate = false;
}

static void clearing(void *unused)
{
	xchg(&table[0], 0);
	cleared_in_between |= in_translate;
}

static bool all_idle(const struct machine *machine, void *unused)
{
	return true;
}

/*
 * The kernel on another cpu clears the pte between the walker's look and its update. The update
 * must not bring a bit back into an entry that is a swap slot or nothing by then.
 */
static void test_the_update_is_a_locked_one(void **state)
{
	u64 seed;

	cleared_in_between = false;
	for (seed = 1; seed <= 40; seed++) {
		struct task_struct *a, *b;

		make_machine(2, 1, seed);
		m->stress = 1;
		table[0] = pfn_pte(7, P | RW | US);
		a = thread_create(m, "user", 0);
		b = thread_create(m, "kswapd", 1);
		assert_true(thread_start(a, translating, NULL));
		assert_true(thread_start(b, clearing, NULL));
		assert_true(sched_run(m, all_idle, NULL));
		assert_int_equal(table[0], 0);
		machine_destroy(m);
	}
	assert_true(cleared_in_between);
}

#define MMU_TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		MMU_TEST(test_the_walk_takes_ten_bits_and_ten_bits),
		MMU_TEST(test_reading_sets_accessed_in_both),
		MMU_TEST(test_writing_sets_dirty_in_the_pte_alone),
		MMU_TEST(test_a_write_through_a_clean_entry_walks_again),
		MMU_TEST(test_a_large_page_needs_no_table),
		MMU_TEST(test_a_wild_cr3_or_pde_finds_nothing),
		MMU_TEST(test_not_present),
		MMU_TEST(test_protection),
		MMU_TEST(test_both_levels_must_allow),
		MMU_TEST(test_write_protection_of_the_supervisor),
		MMU_TEST(test_entries_stay_until_they_are_flushed),
		MMU_TEST(test_a_cached_right_outlives_the_tables),
		MMU_TEST(test_a_cached_ban_faults_once),
		MMU_TEST(test_cleared_bits_are_not_set_again_behind_a_cached_entry),
		MMU_TEST(test_global_entries_survive_cr3),
		MMU_TEST(test_sixty_four_pages_fit),
		MMU_TEST(test_a_set_replaces_in_turn),
		cmocka_unit_test(test_the_update_is_a_locked_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
