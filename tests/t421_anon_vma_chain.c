/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The links of 4.0 between vmas and anon_vmas, after forks and exits worked out by hand, and what
 * they are for: how many vmas have to be visited for a page of one of a thousand children.
 *
 * Degrees: a vma whose own it is, a child anon_vma, and a root itself count one each.
 */
#include "lab.h"
#include "rmap/anon_vma_chain.h"
#include "rmap/rmap.h"

#include <string.h>

#define A 0x50000000u
#define RW (PROT_READ | PROT_WRITE)
#define MAX_LINKS 8

static u32 p, parent_len;

static void boot_kernel(const char *name, u32 frames, bool checked)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel_by_name(name), .ram = (u64)frames << PAGE_SHIFT, .cpus = 1,
		.page_cluster = -1, .seed = 1, .events = checked, .truth = checked,
		.unchecked = !checked,
	});
	p = (u32)OP(TASK, 0);
	parent_len = 4 << PAGE_SHIFT;
	OP(MMAP, p, A, parent_len, RW, MAP_PRIVATE | MAP_FIXED);
}

static int boot_4_0(void **state)
{
	boot_kernel("4.0", 1024, true);
	OP(WRITE, p, A, 1);
	return 0;
}

static u32 fork_of(u32 pid)
{
	return (u32)OP(FORK, pid);
}

static struct vm_area_struct *vma_of(u32 pid)
{
	return thread_by_pid(m, pid)->mm->mmap;
}

static struct anon_vma *own(u32 pid)
{
	return vma_of(pid)->anon_vma;
}

/* The chain of a process's first vma is exactly these, the newest first. */
static void assert_chain(u32 pid, u32 n, struct anon_vma *const *want)
{
	struct list_head *pos;
	u32 i = 0;

	list_for_each(pos, &vma_of(pid)->anon_vma_chain) {
		assert_true(i < n);
		assert_ptr_equal(avc_of_vma(pos)->anon_vma, want[i++]);
		assert_ptr_equal(avc_of_vma(pos)->vma, vma_of(pid));
	}
	assert_int_equal(i, n);
}
#define CHAIN(pid, ...) do { \
	struct anon_vma *const want_[] = { __VA_ARGS__ }; \
	assert_chain(pid, ARRAY_SIZE(want_), want_); \
} while (0)

static u32 links(const struct anon_vma *anon_vma)
{
	const struct rb_node *node;
	u32 n = 0;

	for (node = rb_first(&anon_vma->rb_root); node; node = rb_next(node))
		n++;
	return n;
}

static void assert_anon_vma(const struct anon_vma *anon_vma, u32 degree, u32 refcount, u32 in_tree)
{
	assert_int_equal(anon_vma->degree, degree);
	assert_int_equal(atomic_read(&anon_vma->refcount), refcount);
	assert_int_equal(links(anon_vma), in_tree);
}

static u32 anon_vmas(void)
{
	return kmem_cache_in_use(m->vm->anon_vma_cachep);
}

static const struct anon_vma *named_by(u32 pfn)
{
	return (const void *)((uintptr_t)m->vm->mem_map[pfn].mapping - PAGE_MAPPING_ANON);
}

/* -- structure --------------------------------------------------------------------------------- */

static void test_root(void **state)
{
	struct anon_vma *r = own(p);

	CHAIN(p, r);
	assert_ptr_equal(r->root, r);
	assert_ptr_equal(r->parent, r);
	assert_anon_vma(r, 2, 1, 1); /* itself, p */
	assert_int_equal(anon_vmas(), 1);
	OP(EXIT, p);
	assert_int_equal(anon_vmas(), 0);
	assert_int_equal(kmem_cache_in_use(m->vm->anon_vma_chain_cachep), 0);
}

static void test_three_generations(void **state)
{
	u32 c = fork_of(p), g = fork_of(c);
	struct anon_vma *rp = own(p), *rc = own(c), *rg = own(g);

	CHAIN(p, rp);
	CHAIN(c, rc, rp);
	CHAIN(g, rg, rc, rp);
	assert_ptr_equal(rc->parent, rp);
	assert_ptr_equal(rg->parent, rc);
	assert_ptr_equal(rg->root, rp);
	assert_anon_vma(rp, 3, 3, 3); /* itself, p, rc; references: its vmas, rc, rg; p, c, g */
	assert_anon_vma(rc, 2, 1, 2); /* c, rg; c, g */
	assert_anon_vma(rg, 1, 1, 1);
}

/* Two children of one parent, and a fork before there was any page: nothing to link. */
static void test_two_children(void **state)
{
	u32 c = fork_of(p), d = fork_of(p);

	CHAIN(c, own(c), own(p));
	CHAIN(d, own(d), own(p));
	assert_anon_vma(own(p), 4, 3, 3); /* itself, p, two children */
	OP(EXIT, c);
	assert_anon_vma(own(p), 3, 2, 2);
	assert_int_equal(anon_vmas(), 2);
}

static void test_fork_without_pages(void **state)
{
	u32 q = (u32)OP(TASK, 0), c;

	OP(MMAP, q, A, parent_len, RW, MAP_PRIVATE | MAP_FIXED);
	c = fork_of(q);
	assert_null(own(c));
	assert_true(list_empty(&vma_of(c)->anon_vma_chain));
	OP(WRITE, c, A, 1); /* then each has a family of its own */
	OP(WRITE, q, A, 1);
	assert_ptr_equal(own(c)->root, own(c));
	assert_ptr_not_equal(own(c), own(q));
}

/*
 * c has exited, g forks h. The root is never taken over; rc has no vma and one child: it is h's own
 * now, and there is no fourth anon_vma.
 */
static void test_reuse(void **state)
{
	u32 c = fork_of(p), g = fork_of(c), h;
	struct anon_vma *rp = own(p), *rc = own(c), *rg = own(g);

	OP(EXIT, c);
	assert_anon_vma(rc, 1, 1, 1);
	h = fork_of(g);
	assert_ptr_equal(own(h), rc);
	CHAIN(h, rg, rc, rp);
	assert_anon_vma(rc, 2, 1, 2); /* h, rg; g, h */
	assert_anon_vma(rg, 1, 1, 2);
	assert_anon_vma(rp, 3, 3, 3);
	assert_int_equal(anon_vmas(), 3);
}

/* c lives: rc has a vma and a child, and h needs one of its own. */
static void test_no_reuse_while_it_is_used(void **state)
{
	u32 c = fork_of(p), g = fork_of(c), h = fork_of(g);

	assert_ptr_not_equal(own(h), own(c));
	CHAIN(h, own(h), own(g), own(c), own(p));
	assert_int_equal(anon_vmas(), 4);
}

/*
 * A process forks, writes and dies, and so does its child, and so on. Two generations make new ones
 * (c1 may take neither the root nor its parent's own, which is the root; c2 not the root, nor c1,
 * its parent's own); from then on there is always one out of use. Without degree: one more each
 * time.
 */
static void test_chain_of_generations(void **state)
{
	u32 pid = p, i;

	for (i = 1; i <= 60; i++) {
		u32 child = fork_of(pid);

		assert_int_equal(anon_vmas(), i < 2 ? 2 : 3);
		assert_true(anon_vmas() <= 2 * 2); /* twice the vmas */
		OP(EXIT, pid);
		OP(WRITE, child, A, i);
		pid = child;
	}
	OP(EXIT, pid);
	assert_int_equal(anon_vmas(), 0);
}

/* A split makes a second vma of the same own anon_vma: same chain, degree one more, and back. */
static void test_split_and_merge(void **state)
{
	u32 c = fork_of(p);
	struct anon_vma *rc = own(c), *rp = own(p);

	OP(MPROTECT, c, A + PAGE_SIZE, PAGE_SIZE, PROT_READ);
	CHAIN(c, rc, rp);
	assert_anon_vma(rc, 3, 1, 3); /* three vmas of c */
	assert_anon_vma(rp, 3, 2, 4);
	OP(MPROTECT, c, A + PAGE_SIZE, PAGE_SIZE, RW);
	assert_anon_vma(rc, 1, 1, 1);
	assert_anon_vma(rp, 3, 2, 2);
	OP(MUNMAP, c, A + PAGE_SIZE, PAGE_SIZE);
	assert_anon_vma(rc, 2, 1, 2);
}

/*
 * CVE-2022-42703, and what cured it. x is an anon_vma that has lost its vma and has no child, since
 * d, whose parent had it, took over another. f has two vmas, with an own anon_vma each, F and G,
 * and a page on each of them. Both vmas of its child g take over x, the second although it is the
 * own one of the first. So they seem to be of one kind, and when g makes them alike they merge: who
 * asks G for the page does not come to g any more.
 */
static u32 taken_over_twice(u32 errata)
{
	struct machine_config config = {
		.kernel = kernel_by_name("4.0"), .ram = 1024u << PAGE_SHIFT, .cpus = 1,
		.page_cluster = -1, .seed = 1, .truth = true, .errata = errata,
		.unchecked = errata != 0, /* lost() looks */
	};
	const u64 second = A + PAGE_SIZE;
	u32 a, b, c, d, e, f, g;

	lab_boot_config(config);
	a = (u32)OP(TASK, 0);
	OP(MMAP, a, A, 2 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	OP(WRITE, a, A, 1);
	b = fork_of(a);
	c = fork_of(b);
	OP(EXIT, b);
	d = fork_of(c); /* its own is that of b */
	OP(EXIT, c);    /* and that of c is x */
	OP(MPROTECT, d, second, PAGE_SIZE, PROT_READ);
	e = fork_of(d); /* has x, with one vma or two: f may not */
	f = fork_of(d);
	OP(MPROTECT, f, second, PAGE_SIZE, RW);
	OP(WRITE, f, A, 2);
	OP(WRITE, f, second, 3);
	OP(EXIT, e);
	g = fork_of(f);
	OP(MPROTECT, g, second, PAGE_SIZE, PROT_READ);
	OP(MPROTECT, g, second, PAGE_SIZE, RW);
	return g;
}

static bool lost(struct violation *v)
{
	return check_machine(m, v, 1) && !strcmp(v->invariant, "rmap-equals-oracle");
}

static void test_reused_twice(void **state)
{
	struct violation v = { 0 };
	u32 g, pfn;

	lab_destroy(NULL);
	g = taken_over_twice(1);
	pfn = lab_pfn(g, A + PAGE_SIZE);
	assert_true(lost(&v));
	assert_int_equal(m->mem_map[pfn]._mapcount.counter, 1); /* from -1: f and g */
	assert_int_equal(oracle_mappers(m, pfn, NULL, 0), 2);
	lab_destroy(NULL);

	g = taken_over_twice(0);
	assert_false(lost(&v));
	lab_mapped_by(lab_pfn(g, A + PAGE_SIZE), 2);
}

/* The tree knows the new place of a vma whose borders moved: only the vma that covers is
 * visited. */
static void test_tree_after_moves(void **state)
{
	u32 pfn = lab_pfn(p, A);
	u64 before;

	OP(WRITE, p, A + 3 * PAGE_SIZE, 2);
	OP(MUNMAP, p, A + PAGE_SIZE, 2 * PAGE_SIZE);
	assert_int_equal(links(own(p)), 2);
	before = m->counters.vmas_visited;
	OP(REFERENCED, 0, pfn);
	assert_int_equal(m->counters.vmas_visited - before, 1);
}

/* -- which anon_vma a page names --------------------------------------------------------------- */

static void test_own_pages_name_own_anon_vma(void **state)
{
	u32 c = fork_of(p), old = lab_pfn(p, A);

	assert_ptr_equal(named_by(old), own(p));
	OP(WRITE, c, A, 2);
	assert_ptr_equal(named_by(lab_pfn(c, A)), own(c));
	OP(WRITE, c, A + PAGE_SIZE, 2);
	assert_ptr_equal(named_by(lab_pfn(c, A + PAGE_SIZE)), own(c));
	assert_int_equal(lab_pfn(p, A), old);
}

/* page_move_anon_rmap: when the parent is gone the page is the child's, and a write says so. */
static void test_page_moves_to_the_child(void **state)
{
	u32 pfn, c;

	OP(TICK, 0, 100000000);
	OP(REFILL, 0, 64); /* out of the pagevecs, which hold references */
	c = fork_of(p);
	pfn = lab_pfn(p, A);
	OP(EXIT, p);
	assert_ptr_equal(named_by(pfn), own(c)->root);
	OP(WRITE, c, A, 3);
	assert_int_equal(lab_pfn(c, A), pfn);
	assert_ptr_equal(named_by(pfn), own(c));
}

/* -- merging ----------------------------------------------------------------------------------- */

static u32 vmas_of_process(u32 pid)
{
	struct vma_view v[16];

	return inspect_vmas(m, pid, v, ARRAY_SIZE(v));
}

/* A fresh neighbour without pages joins a vma with one link, and not one with two; in 2.6.16 there
 * are no links, and it joins both. */
static void merging(const char *kernel, u32 of_parent, u32 of_child)
{
	u32 c;

	boot_kernel(kernel, 1024, true);
	OP(WRITE, p, A, 1);
	c = fork_of(p);
	OP(MMAP, p, A + parent_len, PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	OP(MMAP, c, A + parent_len, PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED);
	assert_int_equal(vmas_of_process(p), of_parent);
	assert_int_equal(vmas_of_process(c), of_child);
	lab_destroy(NULL);
}

static void test_merging(void **state)
{
	merging("2.6.16", 1, 1);
	merging("4.0", 1, 2);
}

/* -- a thousand children ---------------------------------------------------------------------- */

#define CHILDREN 1000

static u32 visits(u32 pfn)
{
	u64 before = m->counters.vmas_visited;

	assert_int_equal(OP(REFERENCED, 0, pfn), 1);
	return (u32)(m->counters.vmas_visited - before);
}

/*
 * Each child has made the page at A its own, the one at A + 1 page is everybody's.
 *
 *	2.6.16   the list of the one anon_vma, the youngest first; it ends where the page is
 *	         found: the first child has 999 in front of it, the parent 1,000
 *	4.0      the tree of the anon_vma that the page names: the child's has the child in it; of
 *	         the root everybody, the parent first
 */
static void thousand(const char *kernel, u32 first_child, u32 last_child, u32 of_parent)
{
	u32 child[CHILDREN], i;

	boot_kernel(kernel, 16384, false);
	OP(WRITE, p, A, 1);
	OP(WRITE, p, A + PAGE_SIZE, 1);
	for (i = 0; i < CHILDREN; i++) {
		child[i] = fork_of(p);
		OP(WRITE, child[i], A, i);
	}
	OP(WRITE, p, A, 2);
	assert_int_equal(visits(lab_pfn(child[0], A)), first_child);
	assert_int_equal(visits(lab_pfn(child[CHILDREN - 1], A)), last_child);
	assert_int_equal(visits(lab_pfn(p, A)), of_parent);
	assert_int_equal(visits(lab_pfn(p, A + PAGE_SIZE)), CHILDREN + 1);
	lab_destroy(NULL);
}

static void test_thousand_children_2_6_16(void **state)
{
	thousand("2.6.16", 1000, 1, 1001);
}

static void test_thousand_children_4_0(void **state)
{
	thousand("4.0", 1, 1, 1);
}

int main(void)
{
#define CHAIN_TEST(name) cmocka_unit_test_setup_teardown(name, boot_4_0, lab_destroy)
	const struct CMUnitTest tests[] = {
		CHAIN_TEST(test_root),
		CHAIN_TEST(test_three_generations),
		CHAIN_TEST(test_two_children),
		CHAIN_TEST(test_fork_without_pages),
		CHAIN_TEST(test_reuse),
		CHAIN_TEST(test_no_reuse_while_it_is_used),
		CHAIN_TEST(test_chain_of_generations),
		CHAIN_TEST(test_split_and_merge),
		CHAIN_TEST(test_reused_twice),
		CHAIN_TEST(test_tree_after_moves),
		CHAIN_TEST(test_own_pages_name_own_anon_vma),
		CHAIN_TEST(test_page_moves_to_the_child),
		cmocka_unit_test_teardown(test_merging, lab_destroy),
		cmocka_unit_test_teardown(test_thousand_children_2_6_16, lab_destroy),
		cmocka_unit_test_teardown(test_thousand_children_4_0, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
