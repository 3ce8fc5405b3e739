/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The race for an anon_vma that goes away (facts: R3), and what cures it.
 *
 *	reclaim: page->mapping, page_mapped?  |  exit: last pte, last vma, anon_vma freed
 *	         spin_lock(&anon_vma->lock)   |  its slab goes back, its frame is something else
 *
 * First the cache with SLAB_DESTROY_BY_RCU alone, then 2.6.16 under stress: with the erratum that
 * leaves the flag out some interleavings lock what is no anon_vma any more, without it none does.
 * And 4.0, whose lock sleeps: there reclaim keeps the anon_vma by a reference while it waits, and
 * may be the one that has to free it.
 */
#include "lab.h"
#include "rmap/rmap.h"

#include <string.h>

#define SEEDS 150

/* -- the cache -------------------------------------------------------------------------------- */

struct thing {
	spinlock_t lock;
	u32 built;   /* times the constructor ran */
	u32 scratch;
	u64 more[5];
};

static kmem_cache_t *cache;
static struct thing *first;
static u32 word; /* the reader waits for its bit */

static void ctor(void *object)
{
	struct thing *t = object;

	spin_lock_init(&t->lock, LC_ANON_VMA_LOCK, 7);
	t->built++;
}

static int boot_smp(void **state)
{
	lab_boot(512, 0, 2);
	m->config.unchecked = true;
	return 0;
}

static int boot_up(void **state)
{
	lab_boot(512, 0, 1);
	return 0;
}

static void make_cache(void *flags)
{
	cache = kmem_cache_create_ctor("thing", 64, sizeof(struct thing), *(u32 *)flags, ctor);
	require(cache);
	first = kmem_cache_alloc(cache, GFP_KERNEL);
	require(first);
	require(first->built == 1 && first->lock.class == LC_ANON_VMA_LOCK);
}

static void make_rcu_cache(void *unused)
{
	make_cache(&(u32){ SLAB_DESTROY_BY_RCU });
}

/* What is freed is still a lock, and comes back as it was, neither built again nor zeroed. */
static void recycle(void *unused)
{
	make_rcu_cache(NULL);
	first->scratch = 99;
	kmem_cache_free(cache, first);
	require(first->lock.class == LC_ANON_VMA_LOCK);
	require(first->scratch == 99);
	require(kmem_cache_alloc(cache, GFP_KERNEL) == first);
	require(first->built == 1 && first->scratch == 99);
}

static void test_recycled_as_constructed(void **state)
{
	lab_run(recycle, NULL);
}

/* Without the flag a free object is junk, and one that comes back is built from zeros. */
static void recycle_plain(void *unused)
{
	make_cache(&(u32){ 0 });
	first->scratch = 99;
	kmem_cache_free(cache, first);
	require(first->lock.class == 0x6b);
	require(kmem_cache_alloc(cache, GFP_KERNEL) == first);
	require(first->built == 1 && first->scratch == 0);
}

static void test_junk_without_the_flag(void **state)
{
	lab_run(recycle_plain, NULL);
}

static void free_and_reap(void)
{
	u32 i;

	kmem_cache_free(cache, first);
	for (i = 0; i < 8; i++) /* a cache that grew is spared once; and there are others */
		kmem_cache_reap(GFP_KERNEL);
}

static u32 slabs_of_things(void)
{
	struct slab_stats s;
	u32 i;

	for (i = 0; slab_stats(m, i, &s); i++)
		if (!strcmp(s.name, "thing"))
			return s.slabs;
	return UINT32_MAX;
}

/* One cpu: not before the thread that reaped is quiescent, then at once. */
static void reap_alone(void *unused)
{
	make_rcu_cache(NULL);
	require(slabs_of_things() == 1);
	rcu_read_lock();
	free_and_reap();
	require(first->lock.class == LC_ANON_VMA_LOCK);
	rcu_read_unlock();
	require(slabs_of_things() == 1);
	yield();
	require(slabs_of_things() == 0);
}

static void test_frame_goes_after_grace(void **state)
{
	lab_run(reap_alone, NULL);
}

static void reader(void *unused)
{
	rcu_read_lock();
	word = 3;
	bit_spin_lock(0, &word, LC_PTE_CHAIN_LOCK, 0);
	bit_spin_unlock(0, &word, LC_PTE_CHAIN_LOCK, 0);
	spin_lock(&first->lock);
	spin_unlock(&first->lock);
	rcu_read_unlock();
}

/* A reader on the other cpu holds the frame up, and can lock what it found. */
static void reap_under_reader(void *unused)
{
	u32 i;

	make_rcu_cache(NULL);
	while (!word)
		yield();
	free_and_reap();
	for (i = 0; i < 5; i++)
		yield();
	require(slabs_of_things() == 1);
	word = 0;
	sleep_on_timeout(NULL, 1000000);
	require(slabs_of_things() == 0);
}

static void test_reader_holds_the_frame(void **state)
{
	word = 0;
	lab_spawn("reader", reader, NULL);
	lab_run(reap_under_reader, NULL);
}

/* -- the race --------------------------------------------------------------------------------- */

struct outcome {
	u32 broken, as_expected, completed;
};

static u32 pfn;

/* What reclaim does to a page it took off the lists: it holds a reference and the page lock. */
static void isolate(void *unused)
{
	get_page(pfn_to_page(pfn));
}

static void reclaim_one(void *unused)
{
	struct page *page = pfn_to_page(pfn);
	u32 i;

	lock_page(page);
	for (i = 0; i < 3 && page_mapped(page); i++)
		page_referenced(page, true);
	unlock_page(page);
	put_page(page);
}

static void reap(void *unused)
{
	for (u32 i = 0; i < 12; i++) {
		kmem_cache_reap(GFP_KERNEL);
		yield();
	}
}

static u32 begin_world(const char *kernel, u64 seed, u32 errata, u32 *at)
{
	u32 pid;

	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(kernel), .ram = 512 << PAGE_SHIFT, .cpus = 2,
		.page_cluster = -1, .seed = seed, .errata = errata, .unchecked = true,
		.events = true,
	});
	pid = lab_process(1, at);
	OP(WRITE, pid, *at, 1);
	pfn = lab_pfn(pid, *at);
	lab_run(isolate, NULL);
	return pid;
}

/* munmap by each of them, beside a reclaim of the page. */
static void unmap_beside_reclaim(u32 n, const u32 *pids, u32 at)
{
	struct op ops[4];
	u32 i;

	m->stress = m->config.stress = 2;
	lab_spawn("reclaim", reclaim_one, NULL);
	lab_spawn("reap", reap, NULL);
	for (i = 0; i < n; i++) {
		ops[i] = (struct op){ .kind = OP_MUNMAP, .pid = (u16)pids[i],
				      .arg = { at, PAGE_SIZE } };
		assert_true(op_post(m, &ops[i]));
	}
	op_run_posted(m);
}

static void one_world(u64 seed, u32 errata, struct outcome *out)
{
	u32 at, pid = begin_world("2.6.16", seed, errata, &at);

	unmap_beside_reclaim(1, &pid, at);
	out->completed += m->rcu.completed;
	if (m->report.kind) {
		out->broken++;
		out->as_expected += m->report.kind == REPORT_USE_AFTER_FREE ||
				    m->report.kind == REPORT_LOCK; /* foreign memory */
	} else {
		assert_int_equal(kmem_cache_in_use(m->vm->anon_vma_cachep), 0);
	}
	lab_destroy(NULL);
}

static struct outcome worlds(u32 errata)
{
	struct outcome out = { 0 };

	for (u64 seed = 1; seed <= SEEDS; seed++)
		one_world(seed, errata, &out);
	return out;
}

static void test_erratum_locks_freed_memory(void **state)
{
	struct outcome out = worlds(1);

	assert_true(out.broken > 0);
	assert_int_equal(out.as_expected, out.broken);
	assert_string_equal(kernel_by_name("2.6.16")->errata[0], "anon-vma-not-rcu");
}

static void test_rcu_survives(void **state)
{
	struct outcome out = worlds(0);

	assert_int_equal(out.broken, 0);
	assert_true(out.completed > 0); /* slabs did go back meanwhile */
}

/*
 * 4.0: the page is the parent's and the child's, and both unmap it. While the one unlinks its vma
 * the other may still map the page: reclaim finds the lock taken, and sleeps.
 */
static u32 slept;

static void count_sleeps(const struct event *ev)
{
	if (ev->kind == EV_SLEEP && !strcmp(thread_name(m, ev->thread), "reclaim"))
		slept++;
}

static void test_4_0_waits_with_a_reference(void **state)
{
	u32 at, pids[3];

	slept = 0;
	for (u64 seed = 1; seed <= 2 * SEEDS; seed++) {
		pids[0] = begin_world("4.0", seed, 0, &at);
		pids[1] = (u32)OP(FORK, pids[0]);
		pids[2] = (u32)OP(FORK, pids[0]);
		lab_on_event = count_sleeps;
		unmap_beside_reclaim(3, pids, at);
		assert_int_equal(m->report.kind, REPORT_NONE);
		assert_int_equal(kmem_cache_in_use(m->vm->anon_vma_cachep), 0);
		assert_int_equal(kmem_cache_in_use(m->vm->anon_vma_chain_cachep), 0);
		lab_destroy(NULL);
	}
	assert_true(slept > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_recycled_as_constructed, boot_up, lab_destroy),
		cmocka_unit_test_setup_teardown(test_junk_without_the_flag, boot_up, lab_destroy),
		cmocka_unit_test_setup_teardown(test_frame_goes_after_grace, boot_up, lab_destroy),
		cmocka_unit_test_setup_teardown(test_reader_holds_the_frame, boot_smp, lab_destroy),
		cmocka_unit_test_teardown(test_erratum_locks_freed_memory, lab_destroy),
		cmocka_unit_test_teardown(test_rcu_survives, lab_destroy),
		cmocka_unit_test_teardown(test_4_0_waits_with_a_reference, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
