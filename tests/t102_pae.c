/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of three levels (PAE), layer by layer: the processor's walk over tables made by hand,
 * the order in which an entry is written, what an entry says, and what the kernels make of it.
 * Figures are worked out from the layout: 2, 9, 9 and 12 bits of address; entries of eight bytes,
 * so 512 to a table and 2 MiB to map; 24 bits of frame number (kernel-early.md F.2, F.3).
 */
#include "lab.h"

#include <string.h>

#define P _PAGE_PRESENT
#define RW _PAGE_RW
#define US _PAGE_USER
#define A _PAGE_ACCESSED
#define D _PAGE_DIRTY
#define PROT_RW (PROT_READ | PROT_WRITE)
#define MIB (1u << 20)

/* -- the walk -------------------------------------------------------------------------------- */

#define PGD_FRAME 5u
#define PGD_AT 0x1e0u  /* 32 bytes anywhere in the frame */
#define PMD 6u         /* the first of four */
#define TABLE 10u
#define FAR 0x150000u  /* a frame beyond 4 GiB: 21 bits */

static struct cpu cpu;
static u64 *pgd, *pmd[4], *table;

static int by_hand(void **state)
{
	struct machine_config config = {
		.ram = 8ull << 30, .cpus = 1, .page_cluster = -1, .seed = 1, .pae = true,
		.events = true,
	};
	const char *why;
	u32 i;

	m = machine_create_bare(&config, &why);
	assert_non_null(m);
	current = m->boot;
	pgd = (u64 *)((char *)region_frame_make(m->region, PGD_FRAME) + PGD_AT);
	for (i = 0; i < 4; i++) {
		pmd[i] = region_frame_make(m->region, PMD + i);
		pgd[i] = (u64)(PMD + i) << 12 | P;
	}
	table = region_frame_make(m->region, TABLE);
	cpu = (struct cpu){ .cr0 = CR0_WP };
	load_cr3(&cpu, PGD_FRAME << 12 | PGD_AT);
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

static void the_walk_takes_two_bits_nine_and_nine(void **state)
{
	static const u32 addresses[] = { 0x00000fff, 0x001ff000, 0x00200000, 0x3fffffff,
					 0x40000000, 0x80201000, 0xbffff004 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(addresses); i++) {
		u32 addr = addresses[i];
		u64 *pt = region_frame_make(m->region, TABLE + 1 + i);

		pmd[addr >> 30][addr >> 21 & 511] = (u64)(TABLE + 1 + i) << 12 | P | RW | US;
		pt[addr >> 12 & 511] = (u64)(100 + i) << 12 | P | RW | US;
		tlb_flush_all(&cpu);
		assert_int_equal(user(addr, false), 100 + i);
	}
}

static void a_frame_beyond_four_gigabytes(void **state)
{
	const u64 want = (u64)FAR << 12 | P | RW | US;

	pmd[1][0] = (u64)TABLE << 12 | P | RW | US;
	table[511] = want;
	assert_int_equal(user(0x401ff000, false), FAR);
	assert_true(table[511] == (want | A));
	assert_int_equal(user(0x401ff000, true), FAR);
	assert_true(table[511] == (want | A | D));
	assert_true(tlb_lookup(&cpu, 0x401ff000) == (want | A | D));
	assert_int_equal(user(0x401ff004, true), FAR); /* from the TLB */
	assert_int_equal(cpu.hits, 1);
	assert_true(pmd[1][0] == ((u64)TABLE << 12 | P | RW | US | A));
	assert_true(pgd[1] == ((u64)(PMD + 1) << 12 | P)); /* has no A bit */
}

static void a_large_page_is_two_megabytes(void **state)
{
	pmd[2][3] = (u64)0x200 << 12 | P | RW | US | _PAGE_PSE;
	assert_int_equal(user(0x80600000, false), 0x200);
	assert_int_equal(user(0x807ff000, false), 0x3ff);
	assert_int_equal(user(0x80800000, false), -1);
}

static void nothing_on_each_of_three_levels(void **state)
{
	pmd[1][0] = (u64)TABLE << 12 | P | RW | US;
	assert_int_equal(user(0x40000000, false), -1); /* no pte */
	table[0] = (u64)50 << 12 | P | RW | US;
	assert_int_equal(user(0x40000000, false), 50);
	tlb_flush_all(&cpu);
	pmd[1][0] = 0;
	assert_int_equal(user(0x40000000, false), -1);
	pmd[1][0] = (u64)TABLE << 12 | P | RW | US;
	pgd[1] = 0;
	assert_int_equal(user(0x40000000, false), -1);
	assert_int_equal(cpu.error_code, PF_USER);
	assert_int_equal(cpu.cr2, 0x40000000);
}

/* -- half an entry --------------------------------------------------------------------------- */

struct half {
	pte_t *ptep;
	u32 absent, whole, half, wrong;
	bool done;
};

static void writes(void *arg)
{
	struct half *h = arg;
	u32 i;

	for (i = 0; i < 50; i++) {
		set_pte(h->ptep, pfn_pte(FAR, PAGE_SHARED));
		require(ptep_get_and_clear(h->ptep) == pfn_pte(FAR, PAGE_SHARED));
	}
	h->done = true;
}

static void looks(void *arg)
{
	struct half *h = arg;

	while (!h->done) {
		pteval_t pte = ptep_get_once(h->ptep);

		if (pte_none(pte))
			h->absent++;
		else if (pte == pfn_pte(FAR, PAGE_SHARED))
			h->whole++;
		else if (!pte_present(pte) && pte >> 32 == FAR >> 20)
			h->half++; /* the high word is there, the low one not yet */
		else
			h->wrong++;
	}
}

/* set_pte writes the high word first: who does not hold the lock may see it alone, but never a low
 * word with P beside a high word that does not belong to it. */
static void half_an_entry_is_not_present(void **state)
{
	struct half h = { 0 };

	lab_boot_config((struct machine_config){
		.ram = 6ull << 30, .cpus = 2, .page_cluster = -1, .seed = 1, .pae = true,
		.stress = 1,
	});
	h.ptep = region_frame_make(m->region, 0x80000);
	lab_spawn("looks", looks, &h);
	lab_run(writes, &h);
	assert_int_equal(h.wrong, 0);
	assert_true(h.half > 0);
	assert_true(h.absent > 0);
	assert_true(h.whole > 0);
}

/* -- what an entry says ---------------------------------------------------------------------- */

static void bits_of_what_is_not_present(void **state)
{
	const swp_entry_t last = SWP_ENTRY(31, 0xfffffe);

	assert_true(swp_entry_pte(false, last) == 0xfffffe3e);
	assert_true(swp_entry_pte(true, last) == (0xfffffeull << 5 | 31) << 32);
	assert_int_equal(pte_to_swp_entry(0xfffffe3e).val, last.val);
	assert_int_equal(pte_to_swp_entry((0xfffffeull << 5 | 31) << 32).val, last.val);
	assert_true(pgoff_pte(true, 0xffffffff) == 0xffffffff00000040ull);
	assert_int_equal(pte_to_pgoff(0xffffffff00000040ull), 0xffffffff);
	assert_true(pte_file(0xffffffff00000040ull));
	assert_false(pte_none(0x100000000ull)); /* both words count */
	assert_int_equal(pte_pfn(pfn_pte(0xffffff, PAGE_SHARED)), 0xffffff);
	assert_true(pte_mkclean(pte_mkold(pfn_pte(0xffffff, PAGE_SHARED | D))) ==
		    pfn_pte(0xffffff, P | RW | US));
}

/* -- on every kernel ------------------------------------------------------------------------- */

static u32 pid, at;

static void boot(const struct kernel *kernel, bool pae, bool highpte, u64 ram)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = ram, .swap = 1 * MIB, .cpus = 1, .page_cluster = 0,
		.seed = 1, .events = true, .truth = true, .pae = pae, .highpte = highpte,
		.dma_end = ram / 4, .highmem_start = ram / 2,
	});
	pid = (u32)OP(TASK, 0, 0);
}

static const struct mm_struct *mm_of(u32 who)
{
	return thread_by_pid(m, who)->mm;
}

static u64 raw(u32 who, u32 address)
{
	struct pte_view pte;

	return inspect_pte(m, who, address, &pte) ? pte.raw : 0;
}

static u8 use_of(u32 pfn)
{
	struct page_view page;

	assert_true(inspect_page(m, pfn, &page));
	return page.use;
}

/* A page at each of these, and rmap knows their addresses: index + byte offset * PTRS_PER_PTE. */
static void addresses_from_entries(const struct kernel *kernel)
{
	static const u32 places[] = { 0x50000000, 0x501ff000, 0x50200000, 0x503ff000, 0x7ffff000,
				      0x80000000 };
	u32 i;

	boot(kernel, true, false, 4 * MIB);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		OP(MMAP, pid, places[i], PAGE_SIZE, PROT_RW,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
		OP(WRITE, pid, places[i], i + 1);
		lab_mapped_by(lab_pfn(pid, places[i]), 1);
	}
	for (i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(OP(READ, pid, places[i]), i + 1);
	assert_int_equal(mm_of(pid)->nr_ptes, 4); /* 500, 502, 7fe, 800 */
}

static u32 free_or_slab(void)
{
	u32 pfn, n = 0;

	for (pfn = 0; pfn < m->nr_frames; pfn++)
		n += use_of(pfn) == FRAME_FREE || use_of(pfn) == FRAME_SLAB;
	return n;
}

/* Three pmds come with the pgd, which takes 32 bytes of a slab; they go with it. */
static void three_pmds(const struct kernel *kernel)
{
	struct directory_view d;
	u32 i, child, before;

	boot(kernel, true, false, 4 * MIB);
	lab_process(1, &at);
	before = free_or_slab();
	child = (u32)OP(TASK, 0, 0);
	assert_true(inspect_directory(m, child, &d));
	assert_true(d.pae);
	assert_int_equal(d.pgd_at % 32, 0);
	for (i = 0; i < 3; i++) {
		struct page_view page;

		assert_true(inspect_page(m, d.pmd_pfn[i], &page));
		assert_int_equal(page.use, FRAME_PGD);
		assert_int_equal(page.table_pid, child);
		assert_int_equal(page.table_address, i << 30);
	}
	assert_int_equal(d.pmd_pfn[3], 0);
	OP(EXIT, child, 0);
	assert_int_equal(free_or_slab(), before);
}

/* 100 MiB are 25 page tables of 4 MiB, or 50 of 2. */
static void twice_as_many_tables(const struct kernel *kernel)
{
	u32 pae, offset;

	for (pae = 0; pae < 2; pae++) {
		boot(kernel, pae, false, 8 * MIB);
		OP(MMAP, pid, 0x40000000, 100 * MIB, PROT_RW,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
		for (offset = 0; offset < 100 * MIB; offset += MIB)
			OP(READ, pid, 0x40000000 + offset);
		assert_int_equal(mm_of(pid)->nr_ptes, pae ? 50 : 25);
		if (!pae)
			lab_destroy(NULL);
	}
}

/* Up to 2.6.11 munmap frees page tables by entries of the pgd: of 1 GiB, as long as nothing else
 * lies in it. Later by table. */
static void tables_after_munmap(const struct kernel *kernel)
{
	static const char *const by_table[] = { "2.6.16", "4.0" };
	bool frees = false;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(by_table); i++)
		frees |= !strcmp(kernel->name, by_table[i]);
	boot(kernel, true, false, 4 * MIB);
	for (i = 0; i < 2; i++) {
		OP(MMAP, pid, 0x40000000 + i * 0x10000000, PAGE_SIZE, PROT_RW,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
		OP(WRITE, pid, 0x40000000 + i * 0x10000000, 1);
	}
	OP(MUNMAP, pid, 0x50000000, PAGE_SIZE);
	assert_int_equal(mm_of(pid)->nr_ptes, frees ? 1 : 2);
	OP(MUNMAP, pid, 0x40000000, PAGE_SIZE);
	assert_int_equal(mm_of(pid)->nr_ptes, 0); /* the whole GiB is free now */
}

/* A page in swap: the low word up to 2.6.8, the high one from 2.6.9 on. Slot 1 is the first. */
static void the_word_of_a_swap_entry(const struct kernel *kernel)
{
	static const char *const high[] = { "2.6.9-rc-mm", "2.6.16", "4.0" };
	bool in_high_word = false;
	struct pte_view pte;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(high); i++)
		in_high_word |= !strcmp(kernel->name, high[i]);
	boot(kernel, true, false, 1 * MIB);
	OP(MMAP, pid, 0x40000000, 2 * MIB, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
	for (i = 0; i < 300; i++)
		OP(WRITE, pid, 0x40000000 + (i << PAGE_SHIFT), i + 1);
	for (i = 0; i < 300; i++) {
		assert_true(inspect_pte(m, pid, 0x40000000 + (i << PAGE_SHIFT), &pte));
		if (pte.swap)
			break;
	}
	assert_true(i < 300);
	assert_int_equal(pte.swap_type, 0);
	assert_true(pte.swap_offset > 0);
	assert_true(pte.raw == (in_high_word ? (u64)pte.swap_offset << 37 :
					       (u64)pte.swap_offset << 8));
	for (i = 0; i < 300; i++)
		assert_int_equal(OP(READ, pid, 0x40000000 + (i << PAGE_SHIFT)), i + 1);
}

/* More memory than 32 bits can name, and processes in it. */
static void above_four_gigabytes(const struct kernel *kernel)
{
	const char *why = NULL;
	struct machine_config config = {
		.kernel = kernel, .ram = 5ull << 30, .cpus = 1, .page_cluster = -1,
	};

	assert_null(machine_create(&config, &why));
	assert_non_null(strstr(why, "pae"));
	config.pae = config.events = config.truth = true;
	lab_boot_config(config);
	pid = lab_process(4, &at);
	OP(WRITE, pid, at, 7);
	assert_true(lab_pfn(pid, at) >= 1u << 20); /* the highest frames go first */
	assert_true(raw(pid, at) >> 32 == lab_pfn(pid, at) >> 20);
	lab_mapped_by(lab_pfn(pid, at), 1);
	OP(FORK, pid, 0);
	assert_int_equal(OP(READ, pid, at), 7);
}

/* -- page tables in high memory -------------------------------------------------------------- */

/* Frames below the high zone that are page tables. */
static u32 tables_in_low_memory(void)
{
	u32 pfn, n = 0, low = (u32)(m->config.highmem_start >> PAGE_SHIFT);

	for (pfn = 0; pfn < low; pfn++)
		n += use_of(pfn) == FRAME_PTE;
	return n;
}

static void family(const struct kernel *kernel, bool pae, bool highpte)
{
	u32 i;

	boot(kernel, pae, highpte, 4 * MIB);
	OP(MMAP, pid, 0x40000000, PAGE_SIZE, PROT_RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED);
	OP(WRITE, pid, 0x40000000, 1);
	lab_forget();
	for (i = 0; i < 8; i++)
		OP(FORK, pid, 0);
}

static u32 table_of_pid(u32 who)
{
	struct pte_view pte;

	assert_true(inspect_pte(m, who, 0x40000000, &pte));
	return pte.table_pfn;
}

/* Nine processes with a table each: all in low memory, or none. */
static void tables_leave_low_memory(const struct kernel *kernel)
{
	u32 pae;

	for (pae = 0; pae < 2; pae++) {
		family(kernel, pae, false);
		assert_int_equal(tables_in_low_memory(), 9);
		assert_int_equal(m->counters.kmap_atomics, 0);
		lab_destroy(NULL);
		if (kernel->no_highpte)
			continue;
		family(kernel, pae, true);
		assert_int_equal(tables_in_low_memory(), 0);
		/* fork has two tables in use, and one slot for each */
		assert_int_equal(lab_first(EV_KMAP_ATOMIC)->a[1], KM_PTE0);
		assert_int_equal(lab_event(EV_KMAP_ATOMIC, table_of_pid(pid), 0)->a[1], KM_PTE1);
		assert_true(lab_count(EV_KMAP_ATOMIC) >= 16);
		lab_mapped_by(lab_pfn(pid, 0x40000000), 9);
		if (!pae)
			lab_destroy(NULL);
	}
	if (kernel->no_highpte)
		family(kernel, false, false); /* something to take down */
}

static void who_cannot_have_them_says_so(const struct kernel *kernel)
{
	struct machine_config config = {
		.kernel = kernel, .ram = 4 * MIB, .cpus = 1, .page_cluster = -1, .highpte = true,
	};
	const char *why = NULL;

	m = machine_create(&config, &why);
	assert_int_equal(m == NULL, !strcmp(kernel->name, "2.5.27"));
	if (!m)
		assert_non_null(strstr(why, "highpte"));
	boot(kernel, false, false, 1 * MIB);
}

/* Nine mappings in nodes of seven slots are two nodes; a wide pte_addr_t leaves three slots, and
 * that makes three nodes (kernel-early.md C.1). */
static void three_slots_to_a_node(void **state)
{
	static const char *const names[] = { "2.6.0", "2.6.5-objrmap" };
	u32 i, pae, highpte, nodes;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		for (pae = 0; pae < 2; pae++)
			for (highpte = 0; highpte < 2; highpte++) {
				family(kernel_by_name(names[i]), pae, highpte);
				nodes = kmem_cache_in_use(m->vm->pte_chain_cachep) -
					(m->vm->local_pte_chain[0] != 0);
				assert_int_equal(nodes, pae && highpte ? 3 : 2);
				lab_forget();
				OP(REFERENCED, 0, lab_pfn(pid, 0x40000000));
				assert_int_equal(lab_count(EV_KMAP_ATOMIC), highpte ? 9 : 0);
				if (highpte)
					assert_int_equal(lab_first(EV_KMAP_ATOMIC)->a[1], KM_PTE2);
				lab_mapped_by(lab_pfn(pid, 0x40000000), 9);
				lab_destroy(NULL);
			}
}

#define EACH(test) \
	static void each_##test(void **state) \
	{ \
		const struct kernel *const *k; \
		for (k = kernels; *k; k++) { \
			print_message("# %s\n", (*k)->name); \
			test(*k); \
			lab_destroy(NULL); \
		} \
	}
EACH(addresses_from_entries)
EACH(three_pmds)
EACH(twice_as_many_tables)
EACH(tables_after_munmap)
EACH(the_word_of_a_swap_entry)
EACH(above_four_gigabytes)
EACH(tables_leave_low_memory)
EACH(who_cannot_have_them_says_so)

#define W(name) cmocka_unit_test_setup_teardown(name, by_hand, destroy)
int main(void)
{
	const struct CMUnitTest tests[] = {
		W(the_walk_takes_two_bits_nine_and_nine),
		W(a_frame_beyond_four_gigabytes),
		W(a_large_page_is_two_megabytes),
		W(nothing_on_each_of_three_levels),
		cmocka_unit_test_teardown(half_an_entry_is_not_present, lab_destroy),
		cmocka_unit_test(bits_of_what_is_not_present),
		cmocka_unit_test(each_addresses_from_entries),
		cmocka_unit_test(each_three_pmds),
		cmocka_unit_test(each_twice_as_many_tables),
		cmocka_unit_test(each_tables_after_munmap),
		cmocka_unit_test(each_the_word_of_a_swap_entry),
		cmocka_unit_test(each_above_four_gigabytes),
		cmocka_unit_test(each_tables_leave_low_memory),
		cmocka_unit_test(each_who_cannot_have_them_says_so),
		cmocka_unit_test(three_slots_to_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
