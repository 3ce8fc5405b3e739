/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and inodes of files that nobody has open: what they are charged, when they go, and that
 * nothing is lost with them. The arithmetic is that of fs/dcache.c, fs/inode.c and shrink_slab of
 * each version (facts A.10, C.13, D.10).
 */
#include "lab.h"

#include "mm/dcache.h"
#include "mm/pagemap.h"
#include "sim/disk.h"

#include <string.h>

#define MOST 300

static u32 file[MOST];

static void boot_cpus(const struct kernel *kernel, u32 cpus, u32 files, u64 size)
{
	lab_boot_config((struct machine_config){
		.kernel = kernel, .ram = 4u << 20, .swap = 4u << 20, .cpus = cpus, .events = true,
		.truth = true,
	});
	for (u32 i = 0; i < files; i++)
		file[i] = (u32)OP(FILE, 0, size);
}

static void boot(const struct kernel *kernel, u32 files, u64 size)
{
	boot_cpus(kernel, 1, files, size);
}

static struct slab_stats slab(const char *name)
{
	struct slab_stats s;

	for (u32 n = 0; slab_stats(m, n, &s); n++)
		if (!strcmp(s.name, name))
			return s;
	fail_msg("no cache %s", name);
	return s;
}

static u32 dentries(void) { return slab("dentry_cache").active; }
static u32 inodes(void) { return slab("ext2_inode_cache").active; }

/* -- what they cost --------------------------------------------------------------------------- */

/* 300 names of 128 bytes and inodes of 368, in pages that have a header of 24 and 4 for each. */
static void test_charged(void **state)
{
	(void)state;
	boot(&kernel_2_6_0, MOST, 4096);
	assert_int_equal(dentries(), MOST);
	assert_int_equal(inodes(), MOST);
	assert_int_equal(slab("dentry_cache").per_slab, (4096 - 24) / (128 + 4));
	assert_int_equal(slab("ext2_inode_cache").per_slab, (4096 - 24) / (368 + 4));
	lab_destroy(NULL);
}

/* -- 2.5 -------------------------------------------------------------------------------------- */

static int priority;

static void dcache_2002(void *unused)
{
	(void)unused;
	shrink_dcache_memory_2002(priority, GFP_KERNEL);
}

static void icache_2002(void *unused)
{
	(void)unused;
	shrink_icache_memory_2002(1, GFP_KERNEL);
}

/* A sixth, a fifth of the rest; and a share that is no whole name is all of them, since a count of
 * nought never comes down to nought. An inode without pages goes with its name, not the others. */
static void test_by_priority(void **state)
{
	(void)state;
	boot(&kernel_2_5_27, 60, 4096);
	OP(FILE_READ, 0, file[0], 0);
	priority = 6;
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 50);
	assert_int_equal(inodes(), 60);
	lab_run(icache_2002, NULL);
	assert_int_equal(inodes(), 50);
	priority = 5;
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 40);
	priority = 41;
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 0);
	lab_run(icache_2002, NULL);
	assert_int_equal(inodes(), 1);
	assert_int_equal(m->vm->nr_in_core, 1);
	lab_destroy(NULL);
}

/* Who asks in the middle of a file system's work has locks that they would need. */
static void within_a_file_system(void *unused)
{
	shrink_dcache_memory_2002(1, GFP_KERNEL & ~__GFP_FS);
	shrink_icache_memory_2002(1, GFP_KERNEL & ~__GFP_FS);
}

static void test_not_within_a_file_system(void **state)
{
	(void)state;
	boot(&kernel_2_5_27, 4, 4096);
	lab_run(within_a_file_system, NULL);
	lab_run(within_a_file_system, NULL);
	assert_int_equal(dentries(), 4);
	assert_int_equal(inodes(), 4);
	lab_destroy(NULL);
}

/* Who used it last keeps it longest, and who has it open keeps it. */
static void test_second_chance(void **state)
{
	u32 pid;

	(void)state;
	boot(&kernel_2_5_27, 4, 4096);
	pid = (u32)OP(TASK, 0, 0);
	OP(MMAP, pid, 0, 4096, PROT_READ, MAP_SHARED, file[0]);
	OP(FILE_READ, 0, file[1], 0);
	priority = 2; /* of the three that nobody has open: one */
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 3);
	lab_run(dcache_2002, NULL); /* 2 / 2 */
	assert_int_equal(dentries(), 2);
	priority = 1;
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 1);
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 1);
	OP(EXIT, pid, 0);
	lab_run(dcache_2002, NULL);
	assert_int_equal(dentries(), 0);
	lab_destroy(NULL);
}

/* -- 2.6 -------------------------------------------------------------------------------------- */

static u32 scanned;

static void slabs(void *unused)
{
	(void)unused;
	shrink_slab(scanned, GFP_KERNEL);
}

/* How many names are due after so many pages, when no pages are on the lists: the sum goes through
 * one division by 0 + 1. */
static void due(const struct kernel *kernel, u32 files, u32 pages, u32 looked)
{
	boot(kernel, files, 4096);
	scanned = pages;
	lab_run(slabs, NULL);
	/* Of no names fewer than 128 are looked at; none was used, so who is looked at goes. */
	assert_int_equal(files - dentries(), looked);
	lab_destroy(NULL);
}

static void test_arithmetic(void **state)
{
	(void)state;
	/* 2.6.0: pages x seeks x names: 1 x 2 x 60 is put by, 1 x 2 x 65 is over 128, 2 x 2 x 60
	 * is all. */
	due(&kernel_2_6_0, 60, 1, 0);
	due(&kernel_2_6_0, 65, 1, 65);
	due(&kernel_2_6_0, 60, 2, 60);
	/* 2.6.5: 4 x pages / seeks: the same as long as seeks is 2. */
	due(&kernel_2_6_5_objrmap, 64, 1, 0);
	due(&kernel_2_6_5_objrmap, 65, 1, 65);
	/* 2.6.8: only whole hundreds count: 99 are none; 150 are 100, twice. */
	due(&kernel_2_6_8, 99, 1000, 0);
	due(&kernel_2_6_8, 150, 1, 150);
	/* 2.6.9: whole batches of 128. 200 are one, and 72 are left over. */
	due(&kernel_2_6_9_rc_mm, 150, 1, 128);
	due(&kernel_2_6_16, 150, 1, 128);
	due(&kernel_4_0, 299, 1, 299); /* 400: three, and 16 */
}

static void test_left_over(void **state)
{
	(void)state;
	boot(&kernel_2_6_16, 150, 4096);
	scanned = 1;
	lab_run(slabs, NULL);
	assert_int_equal(m->vm->shrinker_nr[0], 200 - 128);
	lab_destroy(NULL);
	boot(&kernel_2_6_0, 60, 4096);
	lab_run(slabs, NULL);
	assert_int_equal(m->vm->shrinker_nr[0], 120);
	assert_int_equal(dentries(), 60);
	lab_run(slabs, NULL);
	assert_int_equal(m->vm->shrinker_nr[0], 0);
	assert_int_equal(dentries(), 0);
	lab_destroy(NULL);
}

/* 2.6: the clean pages of a file that nobody knows by name go with its inode, the dirty stay. */
static void test_pages_go_too(void **state)
{
	(void)state;
	boot(&kernel_2_6_0, 70, 4096);
	OP(FILE_READ, 0, file[0], 0);
	OP(FILE_WRITE, 0, file[1], 0, 77);
	scanned = 1000;
	lab_run(slabs, NULL); /* names; those that were used only lose their mark */
	lab_run(slabs, NULL);
	lab_run(slabs, NULL);
	assert_int_equal(dentries(), 0);
	lab_run(slabs, NULL);
	assert_int_equal(inodes(), 1);
	assert_int_equal(OP(FILE_READ, 0, file[1], 0), 77);
	lab_destroy(NULL);
}

/* -- nothing is lost -------------------------------------------------------------------------- */

/* Whatever went comes back: an inode by a read, which takes as long as one, a name at once. */
static void test_comes_back(void **state)
{
	(void)state;
	for (u32 k = 0; kernels[k]; k++) {
		bool old = !strncmp(kernels[k]->name, "2.5", 3);
		u64 before;

		boot(kernels[k], 200, 4096);
		OP(FILE_WRITE, 0, file[7], 8, 1234);
		OP(SYNC, 0, 0);
		OP(RECLAIM, 0, 2000);
		scanned = 4000;
		priority = 1;
		for (u32 i = 0; i < 4; i++) {
			lab_run(old ? dcache_2002 : slabs, NULL);
			if (old)
				lab_run(icache_2002, NULL);
		}
		if (old)
			assert_int_equal(inodes(), 0);
		assert_true(dentries() < 200 && inodes() < 200);
		before = m->now;
		OP(FILE_READ, 0, file[3], 8); /* the inode, and then a page */
		if (old)
			assert_true(m->now - before > DISK_SEEK_NS + 2 * DISK_TRANSFER_NS);
		for (u32 i = 0; i < 200; i++)
			assert_int_equal(OP(FILE_READ, 0, file[i], 8) == 1234, i == 7);
		assert_int_equal(dentries(), 200);
		assert_int_equal(inodes(), 200);
		before = m->now;
		OP(FILE_READ, 0, file[7], 8);
		assert_true(m->now - before < 1000000);
		assert_int_equal(check_machine(m, &(struct violation){ 0 }, 1), 0);
		lab_destroy(NULL);
	}
}

/* -- two cpus --------------------------------------------------------------------------------- */

#define ROUNDS 40

static void prunes(bool old)
{
	if (old) {
		shrink_dcache_memory_2002(1, GFP_KERNEL);
		shrink_icache_memory_2002(1, GFP_KERNEL);
	} else {
		shrink_slab(4000, GFP_KERNEL);
	}
}

static u32 opening; /* threads that are not through */

static void opens_and_prunes(void *old)
{
	opening++;
	for (u32 i = 0; i < ROUNDS; i++) {
		struct inode *inode = open_file(file[i % 8]);

		require(inode && inode->in_core && inode->dentry);
		prunes(*(bool *)old);
		require(inode->in_core && inode->dentry);
		close_file(inode);
	}
	opening--;
}

static void a_moment(void *unused)
{
	(void)unused;
	sleep_on_timeout(NULL, 1000000);
}

/* Both prune, and open what the other is about to free, or to read: each object is there once and
 * goes once, and what is open stays. The checker knows which list a file belongs on. */
static void test_two_cpus(void **state)
{
	struct violation v;

	(void)state;
	for (u32 k = 0; kernels[k]; k++) {
		bool old = !strncmp(kernels[k]->name, "2.5", 3);

		for (u64 seed = 1; seed <= 50; seed++) {
			boot_cpus(kernels[k], 2, 8, 4096);
			machine_reseed(m, seed, 2);
			lab_spawn("other", opens_and_prunes, &old);
			lab_run(opens_and_prunes, &old);
			while (opening)
				lab_run(a_moment, NULL);
			if (check_machine(m, &v, 1))
				fail_msg("%s: %s: %s", kernels[k]->name, v.invariant, v.text);
			lab_destroy(NULL);
		}
	}
}

/* -- the checker ------------------------------------------------------------------------------ */

static struct inode *first_file(void)
{
	return list_entry(list_next(&m->vm->inodes), struct inode, inodes);
}

static void on_the_other_list(struct inode *inode)
{
	list_del(&inode->d_lru);
	list_add(&inode->i_list, &m->vm->inode_unused);
}

static void on_no_list(struct inode *inode) { list_del(&inode->d_lru); }
static void miscounted(struct inode *inode) { m->vm->nr_dentries += inode != NULL; }
static void not_in_memory(struct inode *inode) { inode->in_core = NULL; }

static void test_checked(void **state)
{
	static void (*const breaks[])(struct inode *) = {
		on_the_other_list, on_no_list, miscounted, not_in_memory,
	};

	(void)state;
	for (u32 i = 0; i < sizeof(breaks) / sizeof(*breaks); i++) {
		struct violation v[3] = { 0 };
		bool said = false;

		boot(&kernel_2_6_0, 2, 4096);
		assert_int_equal(check_machine(m, v, 3), 0);
		breaks[i](first_file());
		for (u32 n = check_machine(m, v, 3); n-- && n < 3;)
			said |= !strcmp(v[n].invariant, "dcache");
		assert_true(said);
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_charged),
		cmocka_unit_test(test_by_priority),
		cmocka_unit_test(test_not_within_a_file_system),
		cmocka_unit_test(test_second_chance),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_left_over),
		cmocka_unit_test(test_pages_go_too),
		cmocka_unit_test(test_comes_back),
		cmocka_unit_test(test_two_cpus),
		cmocka_unit_test(test_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
