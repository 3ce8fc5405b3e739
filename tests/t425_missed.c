/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a generation of rmap does not find, on every kernel. Each sentence of kernel->missed has a
 * test here that makes such a mapping: the oracle finds it, rmap does not, and rmap_ops.misses says
 * so. And the other way round: whatever rmap does not find in random work is of a kind that one
 * of those sentences is about.
 *
 * Two of these states last no longer than somebody holds a lock, or need a fault and a truncation
 * to overtake each other in a way that later code made impossible; they are made by hand.
 */
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mm/pagemap.h"
#include "mm/slab.h"
#include "mm/swap.h"
#include "rmap/rmap.h"
#include "workload.h"

#define S 0x51000000u
#define PAGES(n) ((u64)(n) << PAGE_SHIFT)
#define RW (PROT_READ | PROT_WRITE)
#define MOST 64u

static const struct kernel *kernel;
static u32 file;

static void boot(u32 swap)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = PAGES(512), .swap = PAGES(swap), .cpus = 1,
		.page_cluster = -1, .seed = 1, .truth = true,
	});
	file = (u32)OP(FILE, 0, PAGES(16));
}

static u32 mapper(u32 flags, u32 inode)
{
	u32 pid = (u32)OP(TASK, 0);

	OP(MMAP, pid, S, PAGES(8), RW, flags | MAP_FIXED, inode, 0);
	OP(READ, pid, S);
	return pid;
}

/* -- asking ----------------------------------------------------------------------------------- */

static bool rmap_finds(const struct mapping *one, u32 pfn)
{
	struct mapping_view found[MOST];
	u32 i, n = inspect_rmap(m, pfn, found, MOST);

	for (i = 0; i < n && i < MOST; i++)
		if (found[i].pid == one->pid && found[i].address == one->address)
			return true;
	return false;
}

static struct mapping oracle_finds(u32 pid, u32 address, u32 *pfn)
{
	struct mapping all[MOST];
	u32 i, n;

	*pfn = lab_pfn(pid, address);
	n = oracle_mappers(m, *pfn, all, MOST);
	for (i = 0; i < n && i < MOST; i++)
		if (all[i].pid == pid && all[i].address == address)
			return all[i];
	fail_msg("%s: the oracle does not find it", kernel->name);
	return all[0];
}

static bool says_so(const struct mapping *one, u32 pfn)
{
	const struct rmap_ops *ops = kernel->rmap;

	return ops->misses && ops->misses(m, &m->vm->mem_map[pfn], one);
}

static void assert_missed(u32 pid, u32 address)
{
	u32 pfn;
	struct mapping one = oracle_finds(pid, address, &pfn);

	if (rmap_finds(&one, pfn) || !says_so(&one, pfn))
		fail_msg("%s: found %d, says it cannot be found %d", kernel->name,
			 rmap_finds(&one, pfn), says_so(&one, pfn));
}

static void assert_found(u32 pid, u32 address)
{
	u32 pfn;
	struct mapping one = oracle_finds(pid, address, &pfn);

	if (!rmap_finds(&one, pfn) || says_so(&one, pfn))
		fail_msg("%s: found %d, says it cannot be found %d", kernel->name,
			 rmap_finds(&one, pfn), says_so(&one, pfn));
}

/* What is to come of it on this kernel: assert_missed where the row lists it, else assert_found. */
static void (*assert_as_listed)(u32 pid, u32 address);

/* -- each of the kinds ------------------------------------------------------------------------ */

/* No mapping is found, of whatever kind. */
static void any_mapping(void)
{
	u32 pid;

	boot(64);
	assert_true(kernel->rmap->blind);
	pid = mapper(MAP_SHARED, file);
	assert_as_listed(pid, S);
	pid = mapper(MAP_PRIVATE, 0);
	OP(WRITE, pid, S, 1);
	assert_as_listed(pid, S);
	assert_as_listed((u32)OP(FORK, pid), S);
}

/* Reserved pages are no generation's business: no misses() is asked about them. */
static void zero_page(void)
{
	struct mapping one;
	u32 pid, pfn;

	boot(64);
	pid = mapper(MAP_PRIVATE, 0);
	one = oracle_finds(pid, S, &pfn);
	assert_int_equal(pfn, m->vm->zero_pfn);
	assert_true(PageReserved(&m->vm->mem_map[pfn]));
	assert_false(rmap_finds(&one, pfn));
	OP(WRITE, pid, S, 1);
	assert_found(pid, S);
}

/* What is in its place is not looked for either. */
static void nonlinear(void)
{
	u32 pid;

	boot(64);
	pid = mapper(MAP_SHARED, file);
	assert_found(pid, S);
	OP(REMAP_FILE_PAGES, pid, S + PAGES(1), PAGES(1), 0, 12);
	OP(READ, pid, S + PAGES(1));
	assert_as_listed(pid, S);
	assert_as_listed(pid, S + PAGES(1));
}

/* Truncation leaves it mapped, rmap finds it. */
static void out_of_place_at_truncation(void)
{
	u32 pid, pfn;

	boot(64);
	pid = mapper(MAP_SHARED, file);
	OP(REMAP_FILE_PAGES, pid, S + PAGES(1), PAGES(1), 0, 12);
	OP(READ, pid, S + PAGES(1));
	pfn = lab_pfn(pid, S + PAGES(1));
	OP(TRUNCATE, 0, file, PAGES(8));
	assert_int_equal(lab_pfn(pid, S + PAGES(1)), pfn);
	assert_null(m->vm->mem_map[pfn].mapping);
	assert_found(pid, S + PAGES(1));
}

/* The count of the child is raised with the first pte it gets, and for the time between the two
 * the lock is held: by hand. */
static void no_rss(void)
{
	struct mm_struct *mm, was;
	u32 pid;

	boot(64);
	pid = mapper(MAP_SHARED, file);
	OP(WRITE, pid, S, 1);
	assert_found(pid, S);
	mm = thread_by_pid(m, pid)->mm;
	was = *mm;
	assert_true(mm_rss(mm));
	mm->rss = mm->file_rss = mm->anon_rss = 0;
	assert_as_listed(pid, S);
	mm->rss = was.rss;
	mm->file_rss = was.file_rss;
	mm->anon_rss = was.anon_rss;
	assert_found(pid, S);
}

/* The page cache has let go of it, as truncation does, and a fault was quicker: by hand. */
static void truncated_meanwhile(void)
{
	struct address_space *mapping;
	struct page *page;
	u32 pid;

	boot(64);
	pid = mapper(MAP_SHARED, file);
	assert_found(pid, S);
	page = &m->vm->mem_map[lab_pfn(pid, S)];
	mapping = page->mapping;
	page->mapping = NULL;
	assert_as_listed(pid, S);
	page->mapping = mapping;
	assert_found(pid, S);
}

/* All frames are taken, and all nodes of chains but the one at hand. */
struct starve {
	struct page *page, *taken[512];
	void *node[512];
	u32 nr, nodes;
	int err;
};

static void convert_without_memory(void *arg)
{
	struct starve *s = arg;
	struct page *page;

	current->flags |= PF_MEMDIE; /* any other would wait for memory for ever */
	while ((page = alloc_page(GFP_KERNEL)))
		s->taken[s->nr++] = page;
	while ((s->node[s->nodes] = kmem_cache_alloc(VM->pte_chain_cachep, GFP_ATOMIC)))
		s->nodes++;
	lock_page(s->page);
	s->err = page_convert_anon(s->page);
	unlock_page(s->page);
	while (s->nodes)
		kmem_cache_free(VM->pte_chain_cachep, s->node[--s->nodes]);
	while (s->nr)
		__free_page(s->taken[--s->nr]);
	current->flags &= ~PF_MEMDIE;
}

/* The last of the mappers cannot be written down any more. */
static void half_converted(void)
{
	struct starve *s = calloc(1, sizeof(*s));
	struct mapping all[MOST];
	u32 i, pfn, n, missed = 0;

	assert_non_null(s);
	boot(0);
	for (i = 0; i < 12; i++)
		pfn = lab_pfn(mapper(MAP_SHARED, file), S);
	s->page = &m->vm->mem_map[pfn];
	lab_run(convert_without_memory, s);
	assert_int_equal(s->err, -ENOMEM);
	free(s);
	n = oracle_mappers(m, pfn, all, MOST);
	assert_int_equal(n, 12);
	for (i = 0; i < n; i++) {
		missed += !rmap_finds(&all[i], pfn);
		assert_true(rmap_finds(&all[i], pfn) || says_so(&all[i], pfn));
	}
	assert_true(missed > 0 && missed < n);
}

/* In this order: the first that a sentence contains is what it is about. */
static const struct kind {
	const char *words;
	void (*test)(void);
	bool everywhere;        /* there is such a mapping on kernels that do not list it, too */
} kinds[] = {
	{ "every mapping", any_mapping, false },
	{ "zero page", zero_page, true },
	{ "by truncation, not by rmap", out_of_place_at_truncation, false },
	{ "nonlinear vmas", nonlinear, true },
	{ "rss is 0", no_rss, true },
	{ "from its file while somebody", truncated_meanwhile, true },
	{ "page_convert_anon had not come to", half_converted, false },
};

static const struct kind *kind_of(const char *sentence)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strstr(sentence, kinds[i].words))
			return &kinds[i];
	fail_msg("nothing here is about \"%s\"", sentence);
	return NULL;
}

static bool lists(void (*test)(void))
{
	const char *const *sentence;

	for (sentence = kernel->missed; sentence && *sentence; sentence++)
		if (kind_of(*sentence)->test == test)
			return true;
	return false;
}

static void what_is_listed_is_missed(void **state)
{
	const char *const *sentence;

	kernel = *state;
	assert_as_listed = assert_missed;
	for (sentence = kernel->missed; sentence && *sentence; sentence++) {
		kind_of(*sentence)->test();
		lab_destroy(NULL);
	}
}

/* -- and nothing else ------------------------------------------------------------------------- */

/* The same states, on kernels that say nothing about them. */
static void the_other_kinds_are_found(void **state)
{
	u32 i;

	kernel = *state;
	assert_as_listed = assert_found;
	assert_true(lists(zero_page) || kernel->rmap->blind);
	if (kernel->rmap->blind)
		return; /* there are no other kinds */
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!kinds[i].everywhere || lists(kinds[i].test) ||
		    (kinds[i].test == nonlinear && !kernel->fremap))
			continue;
		kinds[i].test();
		lab_destroy(NULL);
	}
}

/* What kind of miss would it be, by what everybody can see? */
static void (*seen_as(const struct page *page, const struct mapping *one))(void)
{
	const struct vm_area_struct *vma = thread_by_pid(m, one->pid)->mm->mmap;

	if (kernel->rmap->blind)
		return any_mapping;
	while (vma && vma->vm_end <= one->address)
		vma = vma->vm_next;
	if (vma && vma->vm_flags & VM_NONLINEAR)
		return nonlinear;
	if (vma && vma->vm_file && !page->mapping)
		return truncated_meanwhile;
	return NULL;
}

/* Returns how many are missed. */
static u32 look_at(u32 pfn)
{
	const struct page *page = &m->vm->mem_map[pfn];
	struct mapping all[MOST];
	u32 i, n = oracle_mappers(m, pfn, all, MOST), missed = 0;

	for (i = 0; i < n && i < MOST && !PageReserved(page); i++) {
		if (rmap_finds(&all[i], pfn))
			continue;
		missed++;
		if (!says_so(&all[i], pfn) || !lists(seen_as(page, &all[i])))
			fail_msg("%s: page %u at %08x of %u is missed, which is not listed",
				 kernel->name, pfn, all[i].address, all[i].pid);
	}
	return missed;
}

static void what_is_not_listed_is_found(void **state)
{
	struct workload w;
	struct machine_config config;
	u64 rng = 425;
	u32 i, pfn, missed = 0;

	kernel = *state;
	config = workload_config(kernel, 425, 256, 1);
	assert_true(workload_begin(&w, &config));
	m = w.m;
	for (i = 0; i < 2000; i++) {
		struct step s = workload_step(&rng);

		if (!workload_do(&w, &s))
			fail_msg("%s", w.why);
		for (pfn = 0; i % 20 == 0 && pfn < m->nr_frames; pfn++)
			missed += look_at(pfn);
	}
	print_message("# %s: %u mappings missed\n", kernel->name, missed);
	assert_int_equal(missed != 0, lists(nonlinear) || lists(any_mapping));
	workload_end(&w);
	m = NULL;
}

int main(void)
{
	static const struct {
		const char *name;
		CMUnitTestFunction test;
	} each[] = {
		{ "what is listed is missed", what_is_listed_is_missed },
		{ "the other kinds are found", the_other_kinds_are_found },
		{ "what is not listed is found", what_is_not_listed_is_found },
	};
	static struct CMUnitTest tests[64];
	static char names[64][80];
	u32 i, k, n = 0;

	for (k = 0; kernels[k]; k++)
		for (i = 0; i < ARRAY_SIZE(each); i++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s: %s", kernels[k]->name,
				 each[i].name);
			tests[n] = (struct CMUnitTest){ names[n], each[i].test, NULL, lab_destroy,
							(void *)(uintptr_t)kernels[k] };
		}
	return _cmocka_run_group_tests("missed", tests, n, NULL, NULL);
}
