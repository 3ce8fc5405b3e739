/* SPDX-License-Identifier: GPL-2.0-only */
/* The users of a file are counted exactly, whatever the kernel. */
#include "lab.h"

#include "sim/check.h"

/* A user of a file whom nobody knows, or who is in the middle of a call when there is none. */
static void test_a_user_too_many_on_every_kernel(void **state)
{
	struct violation v;
	u32 i, ino, pid;

	(void)state;
	for (i = 0; kernels[i]; i++) {
		struct inode *file;

		lab_boot_config((struct machine_config){
			.kernel = kernels[i], .ram = 1u << 20, .cpus = 1, .unchecked = true,
		});
		ino = (u32)OP(FILE, 0, 4 * PAGE_SIZE);
		pid = (u32)OP(TASK, 0, 0);
		OP(MMAP, pid, 0, 4 * PAGE_SIZE, PROT_READ, MAP_SHARED, ino);
		assert_int_equal(check_machine(m, &v, 1), 0);
		file = list_entry(list_prev(&m->vm->inodes), struct inode, inodes);
		file->i_count++;
		assert_int_equal(check_machine(m, &v, 1), 1);
		assert_string_equal(v.invariant, "file-vmas");
		file->held++;
		assert_int_equal(check_machine(m, &v, 1), 1);
		assert_string_equal(v.invariant, "file-vmas");
		file->i_count--;
		file->held--;
		lab_destroy(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_user_too_many_on_every_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
