/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Red-black trees and interval trees, against arrays that are simply searched. What is found must
 * be the same intervals in the same order: by start, and those with the same start as they came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mm/interval_tree.h"

#define MANY 400
#define SPACE 64u /* small, so that starts coincide and intervals meet */

struct item {
	struct rb_node rb;
	u32 start, last, subtree_last;
	u32 age;     /* when it was inserted, from 1; 0: it is not in */
};

static struct item items[MANY];
static struct rb_root root;
static u32 ages;
static u64 seed;

static u32 draw(u32 bound)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(seed >> 33) % bound;
}

#define item_of(node) container_of(node, struct item, rb)

static u32 item_start(const struct rb_node *node)
{
	return item_of(node)->start;
}

static u32 item_last(const struct rb_node *node)
{
	return item_of(node)->last;
}

static u32 *item_subtree_last(struct rb_node *node)
{
	return &item_of(node)->subtree_last;
}

static void item_update(struct rb_node *node);

static const struct interval_tree tree = {
	item_start, item_last, item_subtree_last, item_update,
};

static void item_update(struct rb_node *node)
{
	interval_tree_update(&tree, node);
}

static int empty(void **state)
{
	memset(items, 0, sizeof(items));
	root.rb_node = NULL;
	ages = 0;
	seed = 42;
	return 0;
}

static void insert(struct item *item, u32 start, u32 last)
{
	item->start = start;
	item->last = last;
	item->age = ++ages;
	interval_tree_insert(&tree, &root, &item->rb);
}

static void drop(struct item *item)
{
	interval_tree_remove(&tree, &root, &item->rb);
	item->age = 0;
}

/* -- the other way to know it ----------------------------------------------------------------- */

static int before(const struct item *a, const struct item *b)
{
	return a->start != b->start ? a->start < b->start : a->age < b->age;
}

/* The first item behind `after` (NULL: of all) that meets [first, last]. */
static struct item *search(const struct item *after, u32 first, u32 last)
{
	struct item *best = NULL;

	for (u32 i = 0; i < MANY; i++) {
		struct item *item = &items[i];

		if (!item->age || item->start > last || item->last < first)
			continue;
		if (after && !before(after, item))
			continue;
		if (!best || before(item, best))
			best = item;
	}
	return best;
}

static void compare(u32 first, u32 last)
{
	struct rb_node *node = interval_tree_iter_first(&tree, &root, first, last);
	struct item *want = search(NULL, first, last);

	while (want) {
		assert_ptr_equal(node, &want->rb);
		node = interval_tree_iter_next(&tree, node, first, last);
		want = search(want, first, last);
	}
	assert_null(node);
}

/* -- tests ------------------------------------------------------------------------------------ */

static void test_empty(void **state)
{
	assert_null(rb_first(&root));
	assert_null(interval_tree_iter_first(&tree, &root, 0, UINT32_MAX));
	assert_true(interval_tree_sound(&tree, &root));
}

/* The tree of the drawing in the header; "who meets [8, 8]" was answered there by hand. */
static void test_drawing(void **state)
{
	insert(&items[0], 3, 9);
	insert(&items[1], 1, 2);
	insert(&items[2], 6, 7);
	insert(&items[3], 7, 8);
	assert_ptr_equal(root.rb_node, &items[0].rb);
	assert_ptr_equal(items[0].rb.left, &items[1].rb);
	assert_ptr_equal(items[0].rb.right, &items[2].rb);
	assert_ptr_equal(items[2].rb.right, &items[3].rb);
	assert_int_equal(items[2].subtree_last, 8);
	assert_int_equal(items[0].subtree_last, 9);
	assert_ptr_equal(interval_tree_iter_first(&tree, &root, 8, 8), &items[0].rb);
	assert_ptr_equal(interval_tree_iter_next(&tree, &items[0].rb, 8, 8), &items[3].rb);
	assert_null(interval_tree_iter_next(&tree, &items[3].rb, 8, 8));
}

static void test_random(void **state)
{
	for (u32 round = 0; round < 20000; round++) {
		struct item *item = &items[draw(MANY)];
		u32 start = draw(SPACE);

		/* lean to one side for a while, so that it fills up and empties */
		if (item->age)
			drop(item);
		else if (draw(4) < (round / 2000 % 2 ? 1u : 3u))
			insert(item, start, start + draw(SPACE - start));
		assert_true(interval_tree_sound(&tree, &root));
		start = draw(SPACE);
		if (round % 8 == 0)
			compare(start, start + draw(SPACE / 4));
	}
	compare(0, UINT32_MAX);
	for (u32 i = 0; i < MANY; i++)
		if (items[i].age)
			drop(&items[i]);
	assert_null(root.rb_node);
}

/* Ascending, descending, and all the same: where an unbalanced tree would be a list. The height
 * of a red-black tree of n nodes is at most 2 log2(n + 1): 17 for 400. */
static u32 height(const struct rb_node *node)
{
	u32 left, right;

	if (!node)
		return 0;
	left = height(node->left);
	right = height(node->right);
	return 1 + (left > right ? left : right);
}

static void test_balanced(void **state)
{
	for (u32 shape = 0; shape < 3; shape++) {
		empty(NULL);
		for (u32 i = 0; i < MANY; i++)
			insert(&items[i], shape == 0 ? i : shape == 1 ? MANY - i : 7, MANY);
		assert_true(interval_tree_sound(&tree, &root));
		assert_true(height(root.rb_node) <= 17);
		assert_true(height(root.rb_node) >= 9); /* 2^9 > 400 */
		compare(0, UINT32_MAX);
	}
}

/* fork puts the child's vma right behind the parent's, before others that begin there. */
static void test_insert_after(void **state)
{
	for (u32 i = 0; i < 20; i++)
		insert(&items[i], 5, 5 + i);
	items[20].start = 5;
	items[20].last = 9;
	interval_tree_insert_after(&tree, &root, &items[20].rb, &items[7].rb);
	assert_true(interval_tree_sound(&tree, &root));
	assert_ptr_equal(rb_next(&items[7].rb), &items[20].rb);
	assert_ptr_equal(rb_next(&items[20].rb), &items[8].rb);
}

/* The check itself sees what is wrong. */
static void test_unsound(void **state)
{
	for (u32 i = 0; i < 10; i++)
		insert(&items[i], i, i);
	assert_true(interval_tree_sound(&tree, &root));
	items[4].subtree_last++;
	assert_false(interval_tree_sound(&tree, &root));
	items[4].subtree_last--;
	root.rb_node->right->red ^= 1;
	assert_false(interval_tree_sound(&tree, &root));
	root.rb_node->right->red ^= 1;
	items[0].start = 5;
	assert_false(interval_tree_sound(&tree, &root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty, empty),
		cmocka_unit_test_setup(test_drawing, empty),
		cmocka_unit_test_setup(test_random, empty),
		cmocka_unit_test_setup(test_balanced, empty),
		cmocka_unit_test_setup(test_insert_after, empty),
		cmocka_unit_test_setup(test_unsound, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
