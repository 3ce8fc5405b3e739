/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The radix tree against a flat array: the same items at the same indices whatever was inserted and
 * deleted, nodes freed with their last item, and no harm done when memory runs out half way.
 */
#include "lab.h"
#include "sim/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITEMS 2000

struct flat {
	u32 index[MAX_ITEMS];
	u32 n;
};

static struct flat flat;
static struct radix_tree_root root;

static void *item_of(u32 index)
{
	return (void *)((uintptr_t)index * 8 + 8);
}

static bool in_flat(u32 index)
{
	u32 i;

	for (i = 0; i < flat.n; i++)
		if (flat.index[i] == index)
			return true;
	return false;
}

static void flat_delete(u32 index)
{
	u32 i;

	for (i = 0; i < flat.n; i++)
		if (flat.index[i] == index)
			flat.index[i] = flat.index[--flat.n];
}

static int by_value(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static u32 nodes_in_use(void)
{
	struct slab_stats stats;
	u32 i;

	for (i = 0; slab_stats(m, i, &stats); i++)
		if (!strcmp(stats.name, "radix_tree_node"))
			return stats.active;
	return 0;
}

/* Where indices come from: a small file, a large one, swap entries of several areas, anywhere. */
static u32 any_index(void)
{
	switch (machine_random_below(m, 4)) {
	case 0:
		return machine_random_below(m, 100);
	case 1:
		return machine_random_below(m, 1u << 20);
	case 2:
		return SWP_ENTRY(machine_random_below(m, 32), machine_random_below(m, 500)).val;
	default:
		return (u32)machine_random(m);
	}
}

/* The n lowest indices that are there, from first on, as gang lookup must find them. */
static void check_gang(u32 first)
{
	u32 want = 1 + machine_random_below(m, 20), got, i, j = 0;
	void *out[20];

	qsort(flat.index, flat.n, sizeof(u32), by_value);
	got = radix_tree_gang_lookup(&root, out, first, want);
	for (i = 0; i < flat.n && j < want; i++) {
		if (flat.index[i] < first)
			continue;
		require(j < got && out[j] == item_of(flat.index[i]));
		j++;
	}
	require(j == got);
}

static void step(void)
{
	u32 index = any_index();
	bool there = in_flat(index);

	require(radix_tree_lookup(&root, index) == (there ? item_of(index) : NULL));
	if (machine_random_below(m, 3) && flat.n < MAX_ITEMS) {
		require(radix_tree_insert(&root, index, item_of(index)) == (there ? -EEXIST : 0));
		if (!there)
			flat.index[flat.n++] = index;
	} else if (flat.n) {
		index = flat.index[machine_random_below(m, flat.n)];
		require(radix_tree_delete(&root, index) == item_of(index));
		require(radix_tree_delete(&root, index) == NULL);
		flat_delete(index);
	}
	if (!machine_random_below(m, 50))
		check_gang(machine_random_below(m, 2) ? 0 : any_index());
}

static void delete_all(void)
{
	while (flat.n) {
		u32 index = flat.index[--flat.n];

		require(radix_tree_delete(&root, index) == item_of(index));
	}
}

static void fresh_tree(void)
{
	memset(&flat, 0, sizeof(flat));
	memset(&root, 0, sizeof(root));
	root.gfp_mask = GFP_ATOMIC;
}

static void random_body(void *unused)
{
	u32 i, before = nodes_in_use();

	fresh_tree();
	for (i = 0; i < 6000; i++)
		step();
	require(nodes_in_use() > before);
	delete_all();
	require(root.rnode == NULL);
	require(nodes_in_use() == before);
}

static void random_against_flat(void **state)
{
	lab_boot(4096, 0, 1);
	lab_run(random_body, NULL);
}

/* Six bits a level. An item at index 0 needs no node, at 63 one, at 64 two
 * more (a second level on top, a leaf beside the first), at 4096 three (a third level on top, and
 * below it a node and a leaf). */
static void shape_body(void *unused)
{
	u32 before = nodes_in_use();

	fresh_tree();
	require(!radix_tree_insert(&root, 0, item_of(0)) && nodes_in_use() == before);
	require(root.height == 0 && root.rnode == item_of(0));
	require(!radix_tree_insert(&root, 63, item_of(63)) && nodes_in_use() == before + 1);
	require(root.height == 1);
	require(!radix_tree_insert(&root, 64, item_of(64)) && nodes_in_use() == before + 3);
	require(root.height == 2);
	require(!radix_tree_insert(&root, 4096, item_of(4096)) && nodes_in_use() == before + 6);
	require(root.height == 3);
	require(!radix_tree_insert(&root, ~0u, item_of(~0u)) && root.height == 6);
	require(radix_tree_lookup(&root, ~0u) == item_of(~0u));
	require(radix_tree_lookup(&root, 0) == item_of(0));
	require(radix_tree_lookup(&root, 65) == NULL);
	require(radix_tree_delete(&root, 64) == item_of(64));
	require(radix_tree_lookup(&root, 63) == item_of(63));
}

static void shape(void **state)
{
	lab_boot(1024, 0, 1);
	lab_run(shape_body, NULL);
}

/* -- 4.0: without the lock ------------------------------------------------------------------ */

/* What a walk from first on finds is what is there, in order. */
static void check_walk(u32 first)
{
	struct radix_tree_iter iter;
	void **slot;
	u32 i = 0;

	qsort(flat.index, flat.n, sizeof(u32), by_value);
	while (i < flat.n && flat.index[i] < first)
		i++;
	radix_tree_for_each_slot(slot, &root, &iter, first) {
		require(i < flat.n && iter.index == flat.index[i]);
		require(radix_tree_deref_slot(slot) == item_of(flat.index[i++]));
	}
	require(i == flat.n);
}

/* Among them a tree of nothing, and of one item at index 0. */
static void walk_body(void *unused)
{
	u32 i, before = nodes_in_use();
	struct radix_tree_iter iter;
	void **slot;

	fresh_tree();
	check_walk(0);
	require(!radix_tree_insert(&root, 0, item_of(0)));
	radix_tree_for_each_slot(slot, &root, &iter, 1)
		require(!slot); /* it is behind us */
	require(radix_tree_delete(&root, 0) == item_of(0));
	for (i = 0; i < 3000; i++) {
		step();
		if (i % 20 == 0)
			check_walk(i % 40 ? 0 : any_index());
	}
	delete_all();
	require(root.rnode == NULL && root.height == 0);
	yield(); /* the grace period ends */
	require(nodes_in_use() == before);
}

/* A place found just before the tree gets its first node, or loses it, says so. */
static void stale_body(void *unused)
{
	struct radix_tree_iter iter = { .next_index = 0 };
	void **slot;

	fresh_tree();
	require(!radix_tree_insert(&root, 0, item_of(0)));
	slot = radix_tree_next_chunk(&root, &iter);
	require(radix_tree_deref_slot(slot) == item_of(0));
	require(!radix_tree_insert(&root, 5, item_of(5)));
	require(radix_tree_deref_retry(radix_tree_deref_slot(slot)));

	iter = (struct radix_tree_iter){ .next_index = 0 };
	rcu_read_lock();
	slot = radix_tree_next_chunk(&root, &iter);
	require(radix_tree_deref_slot(slot) == item_of(0));
	require(radix_tree_delete(&root, 5) == item_of(5));
	require(root.height == 0 && root.rnode == item_of(0));
	require(radix_tree_deref_retry(radix_tree_deref_slot(slot)));
	rcu_read_unlock();
	require(radix_tree_delete(&root, 0) == item_of(0));
}

static void boot_4_0(void)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name("4.0"), .ram = 4096 << PAGE_SHIFT, .cpus = 1, .seed = 1,
	});
}

static void walk(void **state)
{
	boot_4_0();
	lab_run(walk_body, NULL);
}

static void stale_places(void **state)
{
	boot_4_0();
	lab_run(stale_body, NULL);
}

/* -- when memory runs out ------------------------------------------------------------------ */

/* Nodes then come from the reserve: as many as it has, not one more. */
static void reserve_body(void *unused)
{
	u32 min = VM->radix_pool.min, n = 0, in_tree = 0;
	struct page *page;

	fresh_tree();
	require(min == 2 && VM->radix_pool.nr == min); /* one for 32 frames */
	while ((page = alloc_page(GFP_ATOMIC)))
		n++;
	require(n > 0);
	/* What the slab cache still has without a new frame, and the reserve. */
	while (!radix_tree_insert(&root, in_tree << 6 | 1, item_of(in_tree)))
		in_tree++;
	require(VM->radix_pool.nr == 0);
	require(in_tree > 1);
	/* The last insertion failed and changed nothing: everything before it is still there. */
	require(radix_tree_insert(&root, 1u << 30, item_of(0)) == -ENOMEM);
	while (n = in_tree, n > 0) {
		in_tree--;
		require(radix_tree_delete(&root, in_tree << 6 | 1) == item_of(in_tree));
	}
	require(root.rnode == NULL);
	require(VM->radix_pool.nr == min); /* freed nodes went there first */
}

/* A path of two nodes, and only one to be had: the first is given back. */
static void half_way_body(void *unused)
{
	u32 n;

	fresh_tree();
	require(!radix_tree_insert(&root, 1 << 12, item_of(1)) && root.height == 3);
	while (alloc_page(GFP_ATOMIC))
		;
	for (n = 0; !radix_tree_insert(&root, n << 6, item_of(n)); n++)
		;
	require(n > 2 && n < 64);
	require(radix_tree_delete(&root, 2 << 6) == item_of(2));
	require(VM->radix_pool.nr == 1);
	require(radix_tree_insert(&root, 3 << 12, item_of(3)) == -ENOMEM);
	require(VM->radix_pool.nr == 1);
	require(!radix_tree_lookup(&root, 3 << 12));
	require(!radix_tree_insert(&root, 2 << 6, item_of(2)));
	require(VM->radix_pool.nr == 0);
}

static void failing_half_way(void **state)
{
	lab_boot(64, 0, 1);
	lab_run(half_way_body, NULL);
}

static void reserve(void **state)
{
	lab_boot(64, 0, 1);
	lab_run(reserve_body, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(shape, lab_destroy),
		cmocka_unit_test_teardown(random_against_flat, lab_destroy),
		cmocka_unit_test_teardown(walk, lab_destroy),
		cmocka_unit_test_teardown(stale_places, lab_destroy),
		cmocka_unit_test_teardown(reserve, lab_destroy),
		cmocka_unit_test_teardown(failing_half_way, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
