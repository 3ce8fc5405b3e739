/* SPDX-License-Identifier: GPL-2.0-only */
/* What the experimenter lets fail: transfers of a block, requests for pages. */
#include "op_impl.h"
#include <errno.h>
#include "mm/vm.h"
#include "sim/disk.h"

/* -- disks ------------------------------------------------------------------------------------ */

static const struct disk *disk_by_number(const struct machine *m, u64 disk)
{
	return disk < MAX_DISKS ? m->disks[disk] : NULL;
}

s32 valid_disk_error(struct machine *m, const struct op *op)
{
	const struct disk *disk = disk_by_number(m, op->arg[0]);
	const struct inode *inode = op->arg[4] ? find_inode(m, op->arg[4]) : NULL;

	if (op->arg[4] && (op->arg[0] || !inode))
		return op->arg[0] ? EINVAL : EBADF;
	if (!disk)
		return ENODEV;
	if (op->arg[1] >= (inode ? inode->nr_blocks : disk_blocks(disk)))
		return EINVAL;
	return op->arg[2] <= 1 && op->arg[3] <= UINT32_MAX ? 0 : EINVAL;
}

s64 disk_error_op(struct op *op)
{
	struct machine *m = current->machine;
	u32 block = (u32)op->arg[1];

	if (op->arg[4])
		block = inode_block(inode_by_number((u32)op->arg[4]), block);
	return disk_error(m, m->disks[op->arg[0]], block, op->arg[2] != 0, (u32)op->arg[3]) ?
	       0 : -ENOMEM;
}

/* -- requests for pages ----------------------------------------------------------------------- */

s32 valid_alloc_error(struct machine *m, const struct op *op)
{
	bool who = op->arg[2] && op->arg[2] <= (FAIL_ATOMIC | FAIL_WAIT);

	(void)m;
	if (!op->arg[0] || op->arg[0] > UINT32_MAX || op->arg[1] > UINT32_MAX)
		return EINVAL;
	return who ? 0 : EINVAL;
}

s64 alloc_error_op(struct op *op)
{
	VM->fail_page_alloc.interval = (u32)op->arg[0];
	VM->fail_page_alloc.times = (u32)op->arg[1];
	VM->fail_page_alloc.who = (u32)op->arg[2];
	VM->fail_page_alloc.seen = 0;
	return 0;
}
