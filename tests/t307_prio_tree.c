/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The priority search tree against brute force: random intervals come and go, and after each step
 * the tree must be a heap by the last page, a radix tree by the first, and each set of vmas with
 * the same interval must have the shape that i_mmap_prio_tree.c draws. Queries must find what a
 * look at all vmas finds, each once.
 */
#include "lab.h"

#include <stdlib.h>
#include <string.h>

#define VMAS 96
#define STEPS 100000

static struct vm_area_struct vmas[VMAS];
static bool in_tree[VMAS];
static struct prio_tree_root root;
static u32 nr_nodes, nr_members;
static u64 seed;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % below;
}

/* Few numbers, so that intervals are often the same; now and then a far one, so that it grows. */
static void draw(struct vm_area_struct *vma)
{
	u32 bits = rnd(20) ? 5 : 1 + rnd(20);

	vma->vm_pgoff = rnd(1u << bits);
	vma->vm_start = 0x40000000;
	vma->vm_end = vma->vm_start + ((1 + rnd(1u << rnd(8))) << PAGE_SHIFT);
}

static u32 first_of(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff;
}

static u32 last_of(const struct vm_area_struct *vma)
{
	return vma->vm_pgoff + ((vma->vm_end - vma->vm_start) >> PAGE_SHIFT) - 1;
}

static struct vm_area_struct *vma_at(struct prio_tree_node *node)
{
	return container_of(node, struct vm_area_struct, vm_set.node);
}

static bool same(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return first_of(a) == first_of(b) && last_of(a) == last_of(b);
}

/* -- shape ----------------------------------------------------------------------------------- */

/* node, and what shares its interval. */
static void check_set(struct vm_area_struct *node)
{
	struct vm_area_struct *head = node->vm_set.head;
	struct list_head *pos;

	nr_members++;
	if (!head)
		return;
	assert_ptr_equal(head->vm_set.head, node);
	assert_null(head->vm_set.node.parent);
	assert_true(same(head, node));
	nr_members++;
	list_for_each(pos, &head->vm_set.list) {
		struct vm_area_struct *one = list_entry(pos, struct vm_area_struct, vm_set.list);

		assert_null(one->vm_set.head);
		assert_null(one->vm_set.node.parent);
		assert_true(same(one, node));
		nr_members++;
	}
}

/*
 * The way to a node at depth d is told by the top d bits of its first page, of those bits that the
 * tree has, and, where they are used up, by the bits of its length.
 */
static void check_place(const struct vm_area_struct *vma, u32 depth, u64 path)
{
	u32 bits = root.index_bits, i;

	assert_true(depth <= 2 * bits);
	for (i = 0; i < depth; i++) {
		u32 number = i < bits ? first_of(vma) : last_of(vma) - first_of(vma);
		u32 bit = bits - 1 - i % bits;

		assert_int_equal(number >> bit & 1, path >> i & 1);
	}
}

static void check_node(struct prio_tree_node *node, u32 depth, u64 path)
{
	struct vm_area_struct *vma = vma_at(node);
	struct prio_tree_node *child[2] = { node->left, node->right };
	u32 i;

	nr_nodes++;
	assert_true(in_tree[vma - vmas]);
	check_place(vma, depth, path);
	check_set(vma);
	for (i = 0; i < 2; i++) {
		struct vm_area_struct *below = vma_at(child[i]);

		if (child[i] == node)
			continue;
		assert_ptr_equal(child[i]->parent, node);
		assert_true(last_of(below) <= last_of(vma));
		assert_false(same(below, vma));
		check_node(child[i], depth + 1, path | (u64)i << depth);
	}
}

static void check_tree(void)
{
	u32 n = 0, i;

	for (i = 0; i < VMAS; i++)
		n += in_tree[i];
	nr_nodes = nr_members = 0;
	if (root.prio_tree_node) {
		assert_ptr_equal(root.prio_tree_node->parent, root.prio_tree_node);
		assert_true((u64)last_of(vma_at(root.prio_tree_node)) < 1ull << root.index_bits);
		check_node(root.prio_tree_node, 0, 0);
	}
	assert_int_equal(nr_members, n);
}

/* -- queries --------------------------------------------------------------------------------- */

static void check_query(u32 first, u32 last)
{
	struct prio_tree_iter iter = { .root = &root, .r_index = first, .h_index = last };
	struct vm_area_struct *vma = NULL;
	bool found[VMAS] = { false };
	u32 i;

	while ((vma = vma_prio_tree_next(vma, &iter))) {
		assert_false(found[vma - vmas]);
		found[vma - vmas] = true;
	}
	for (i = 0; i < VMAS; i++)
		assert_int_equal(found[i], in_tree[i] && first_of(&vmas[i]) <= last &&
						   last_of(&vmas[i]) >= first);
}

static void random_query(void)
{
	u32 first = rnd(1u << (1 + rnd(21))), pages = rnd(3) ? 0 : rnd(64);

	check_query(first, first + pages);
}

/* -- tests ----------------------------------------------------------------------------------- */

static struct vm_area_struct *twin_of(const struct vm_area_struct *vma)
{
	u32 i, from = rnd(VMAS);

	for (i = 0; i < VMAS; i++) {
		struct vm_area_struct *one = &vmas[(from + i) % VMAS];

		if (one != vma && in_tree[one - vmas] && same(one, vma))
			return one;
	}
	return NULL;
}

/* As mmap does, or as fork, which knows of a vma with the same interval. */
static void put_in(u32 i)
{
	struct vm_area_struct *vma = &vmas[i], *twin;

	draw(vma);
	twin = rnd(2) ? twin_of(vma) : NULL;
	if (twin)
		vma_prio_tree_add(vma, twin);
	else
		vma_prio_tree_insert(vma, &root);
	in_tree[i] = true;
}

static void take_out(u32 i)
{
	vma_prio_tree_remove(&vmas[i], &root);
	in_tree[i] = false;
	assert_null(vmas[i].vm_set.head);
}

static void one_machine(void (*fn)(void *))
{
	memset(vmas, 0, sizeof(vmas));
	memset(in_tree, 0, sizeof(in_tree));
	INIT_PRIO_TREE_ROOT(&root);
	lab_run(fn, NULL);
}

static void steps(void *arg)
{
	u32 i, at;

	(void)arg;
	for (i = 0; i < 64; i++) {
		at = rnd(VMAS);
		if (in_tree[at])
			take_out(at);
		else
			put_in(at);
	}
}

static void test_random(void **state)
{
	u32 done;

	seed = 20040522;
	lab_boot(1024, 0, 1);
	one_machine(steps);
	for (done = 64; done < STEPS; done += 64) {
		lab_run(steps, NULL);
		check_tree();
		random_query();
		random_query();
		lab_forget();
	}
}

static void empty_it(void *arg)
{
	u32 i;

	(void)arg;
	for (i = 0; i < VMAS; i++)
		if (in_tree[i])
			take_out(i);
}

/* Little by little up and down: each step looked at. */
static void one_step(void *arg)
{
	u32 at = rnd(VMAS);

	(void)arg;
	if (in_tree[at])
		take_out(at);
	else if (rnd(3))
		put_in(at);
}

static void test_each_step(void **state)
{
	u32 i;

	seed = 7;
	lab_boot(1024, 0, 1);
	one_machine(one_step);
	for (i = 0; i < 3000; i++) {
		lab_run(one_step, NULL);
		check_tree();
		random_query();
		lab_forget();
	}
	lab_run(empty_it, NULL);
	assert_null(root.prio_tree_node);
	assert_int_equal(root.index_bits, 1);
}

static void insert_far(void *arg)
{
	const u32 last[] = { 0, 1, 5, 70, 65535, 0xfffffffe };
	u32 i;

	(void)arg;
	for (i = 0; i < ARRAY_SIZE(last); i++) {
		vmas[i].vm_pgoff = last[i];
		vmas[i].vm_start = 0;
		vmas[i].vm_end = PAGE_SIZE;
		vma_prio_tree_insert(&vmas[i], &root);
		in_tree[i] = true;
	}
}

/* Page numbers that need 1 to 32 bits, each added to a tree that has no room for it. */
static void test_expand(void **state)
{
	lab_boot(1024, 0, 1);
	one_machine(insert_far);
	check_tree();
	assert_int_equal(root.index_bits, 32);
	assert_int_equal(nr_nodes, 6);
	check_query(5, 70);
	check_query(0xfffffffe, 0xffffffff);
	check_query(6, 69);
}

/*
 * Each below the one before, by all three bits of its first page and then of its size: the last
 * is as deep as a tree of three bits can be, and what is like it must be found there, too.
 */
static void one_path(void *arg)
{
	const u8 interval[][2] = { { 0, 7 }, { 1, 7 }, { 0, 6 }, { 0, 5 }, { 0, 3 }, { 0, 1 },
				   { 0, 0 }, { 0, 0 } };
	u32 i;

	(void)arg;
	for (i = 0; i < ARRAY_SIZE(interval); i++) {
		vmas[i].vm_pgoff = interval[i][0];
		vmas[i].vm_end = (1u + interval[i][1] - interval[i][0]) << PAGE_SHIFT;
		vma_prio_tree_insert(&vmas[i], &root);
		in_tree[i] = true;
	}
}

static void test_deepest(void **state)
{
	struct prio_tree_node *node;
	u32 depth = 0;

	lab_boot(1024, 0, 1);
	one_machine(one_path);
	check_tree();
	for (node = root.prio_tree_node; node->left != node; node = node->left)
		depth++;
	assert_int_equal(depth, 6);
	assert_ptr_equal(vma_at(node), &vmas[6]);
	assert_ptr_equal(vmas[6].vm_set.head, &vmas[7]);
	check_query(0, 0);
	check_query(7, 7);
}

/* R, then H, I, J with the same pages; R goes, then H, then the one that took their places. */
static void same_pages(void *arg)
{
	u32 i;

	(void)arg;
	for (i = 0; i < 4; i++) {
		vmas[i] = (struct vm_area_struct){ .vm_pgoff = 3, .vm_end = 2 * PAGE_SIZE };
		vma_prio_tree_insert(&vmas[i], &root);
		in_tree[i] = true;
	}
	require(vmas[0].vm_set.node.parent && vmas[0].vm_set.head == &vmas[1]);
	require(list_next(&vmas[1].vm_set.list) == &vmas[2].vm_set.list);
	require(list_next(&vmas[2].vm_set.list) == &vmas[3].vm_set.list);

	take_out(0);
	require(root.prio_tree_node == &vmas[1].vm_set.node);
	require(vmas[1].vm_set.head == &vmas[2] && vmas[2].vm_set.head == &vmas[1]);
	take_out(2); /* the head of the list */
	require(vmas[1].vm_set.head == &vmas[3] && vmas[3].vm_set.head == &vmas[1]);
	take_out(1);
	require(root.prio_tree_node == &vmas[3].vm_set.node && !vmas[3].vm_set.head);
	take_out(3);
	require(!root.prio_tree_node);
}

static void test_vm_set(void **state)
{
	lab_boot(1024, 0, 1);
	one_machine(same_pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_random, lab_destroy),
		cmocka_unit_test_teardown(test_each_step, lab_destroy),
		cmocka_unit_test_teardown(test_expand, lab_destroy),
		cmocka_unit_test_teardown(test_deepest, lab_destroy),
		cmocka_unit_test_teardown(test_vm_set, lab_destroy),
	};

	return cmocka_run_group_tests_name("prio_tree", tests, NULL, NULL);
}
