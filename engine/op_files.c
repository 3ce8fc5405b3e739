/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations on files: each opens the file it is about, and closes it when it is done. */
#include "op_impl.h"
#include <errno.h>
#include "mm/dcache.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "sim/disk.h"
#include "sim/truth.h"

#define TRUTH (current->machine->truth)

s64 file_op(struct op *op)
{
	struct inode *inode = inode_create(op->text[0] ? op->text : "file", op->arg[0]);

	if (!inode)
		return -ENOSPC;
	if (TRUTH && inode->nr_blocks)
		truth_file_new(TRUTH, inode->i_ino, inode->nr_blocks,
			       disk_tag(current->machine->disks[0], inode->first_block));
	return inode->i_ino;
}

s64 shmem_op(struct op *op)
{
	int err;
	struct inode *inode = shmem_file_setup(op->text[0] ? op->text : "shmem", op->arg[0], &err);

	if (!inode)
		return err;
	if (TRUTH)
		truth_file_new(TRUTH, inode->i_ino, 0, 0);
	return inode->i_ino;
}

/* What a program does with a file it has just opened, and closes when that is done. */
static s64 with_file(const struct op *op, s64 (*what)(struct inode *inode, const struct op *op))
{
	struct inode *inode = open_file((u32)op->arg[0]);
	s64 ret;

	if (!inode)
		return -ENOMEM;
	ret = what(inode, op);
	close_file(inode);
	return ret;
}

static s64 read_word(struct inode *inode, const struct op *op)
{
	u32 word = 0;
	s32 err = inode->f_op->read(inode, op->arg[1], &word);

	return err ? err : (s64)word;
}

s64 file_read_op(struct op *op)
{
	return with_file(op, read_word);
}

static s64 write_word(struct inode *inode, const struct op *op)
{
	return inode->f_op->write(inode, op->arg[1], (u32)op->arg[2]);
}

s64 file_write_op(struct op *op)
{
	return with_file(op, write_word);
}

static s64 read_range(struct inode *inode, const struct op *op)
{
	return do_generic_file_read(inode, op->arg[1], op->arg[2]);
}

s64 file_stream_op(struct op *op)
{
	return with_file(op, read_range);
}

static s64 start_reading(struct inode *inode, const struct op *op)
{
	u64 first = op->arg[1] >> PAGE_SHIFT, end = op->arg[1] + op->arg[2] + PAGE_SIZE - 1;

	if (end >> PAGE_SHIFT <= UINT32_MAX)
		do_page_cache_readahead(inode, (u32)first, (u32)((end >> PAGE_SHIFT) - first));
	return 0;
}

s64 readahead_op(struct op *op)
{
	return with_file(op, start_reading);
}
