/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names and inodes of files that nobody has open are kept, as long as there is memory:
 *
 *	open_file      dentry -------> inode -------> pages
 *	                  |              |
 *	close_file     dentry_unused     |      nobody has it open; used lately, it stays once more
 *	prune_dcache   gone           inode_unused     nothing leads to it
 *	prune_icache                  gone             if it has no pages; 2.6 drops the clean ones
 *
 * The next access finds all of it on the disk again. So both are caches, like that of pages, and
 * reclaim asks them to give as much as it takes of that:
 *
 *	objects to look at = pages looked at x 4 / seeks x objects there are / (pages there are + 1)
 *
 * put by until it is 128. Each dentry is 128 bytes, an inode of ext2 368: that is what comes back,
 * once a slab is empty.
 *
 * struct inode is here also what the disk knows of a file, so it stays; what comes and goes is the
 * memory that it is charged with (in_core). The table of inodes is read through buffers, which this
 * model does not have: it is the time of one read. An inode is never dirty.
 *
 * Source: fs/dcache.c, fs/inode.c of 2.5.26, 2.6.0, 2.6.5, 2.6.9; shrink_slab of 2.6.0, 2.6.5,
 * 2.6.8, 2.6.9 mm/vmscan.c.
 */
#include "mm/dcache.h"
#include "kernels.h"
#include "mm/pagemap.h"
#include "mm/vm.h"
#include "mm/vmscan_2004.h"
#include "sim/disk.h"

#define SHRINK_BATCH 128u
#define DEFAULT_SEEKS 2u

struct dentry {
	struct inode *d_inode;
};

struct inode_in_core {
	struct inode *inode;
};

bool dcache_init(void)
{
	INIT_LIST_HEAD(&VM->dentry_unused);
	INIT_LIST_HEAD(&VM->inode_unused);
	VM->dentry_cachep = kmem_cache_create("dentry_cache", I386_DENTRY_SIZE,
					      sizeof(struct dentry));
	VM->inode_cachep = kmem_cache_create("ext2_inode_cache", I386_INODE_SIZE,
					     sizeof(struct inode_in_core));
	return VM->dentry_cachep && VM->inode_cachep;
}

/* -- coming ----------------------------------------------------------------------------------- */

static bool read_inode(struct inode *inode)
{
	FN;
	struct inode_in_core *core = kmem_cache_alloc(VM->inode_cachep, GFP_KERNEL);

	if (!core)
		return false;
	if (inode->in_core) { /* somebody was faster, while we waited for memory */
		kmem_cache_free(VM->inode_cachep, core);
		return true;
	}
	core->inode = inode;
	inode->in_core = core;
	VM->nr_in_core++;
	return true;
}

static bool d_alloc(struct inode *inode)
{
	FN;
	struct dentry *dentry = kmem_cache_alloc(VM->dentry_cachep, GFP_KERNEL);

	if (!dentry)
		return false;
	if (inode->dentry) {
		kmem_cache_free(VM->dentry_cachep, dentry);
		return true;
	}
	dentry->d_inode = inode;
	inode->dentry = dentry;
	list_del(&inode->i_list);
	INIT_LIST_HEAD(&inode->i_list);
	list_add(&inode->d_lru, &VM->dentry_unused);
	VM->nr_dentries++;
	return true;
}

bool d_instantiate(struct inode *inode)
{
	INIT_LIST_HEAD(&inode->i_list);
	return read_inode(inode) && d_alloc(inode);
}

/* An inode that is not in memory is read, whoever wants it waits. */
static bool iget(struct inode *inode)
{
	bool read = !inode->in_core;

	if (read && !read_inode(inode))
		return false;
	if (read)
		sleep_on_timeout(NULL, DISK_SEEK_NS + DISK_TRANSFER_NS);
	return true;
}

struct inode *open_file(u32 i_ino)
{
	struct inode *inode = inode_by_number(i_ino);

	if (!inode || !hold_inode(inode))
		return NULL;
	if (inode->f_op->memory_backed || (iget(inode) && (inode->dentry || d_alloc(inode))))
		return inode;
	release_inode(inode);
	return NULL;
}

/* dput: it was used just now. */
void close_file(struct inode *inode)
{
	inode->d_referenced = true;
	release_inode(inode);
}

/* -- going ------------------------------------------------------------------------------------ */

static bool in_use(const struct inode *inode)
{
	return inode->i_count > 1;
}

static u32 count_unused(const struct list_head *head, bool dentries)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, head)
		n += !in_use(dentries ? list_entry(pos, struct inode, d_lru)
				      : list_entry(pos, struct inode, i_list));
	return n;
}

static void prune_one_dentry(struct inode *inode)
{
	kmem_cache_free(VM->dentry_cachep, inode->dentry);
	inode->dentry = NULL;
	list_del(&inode->d_lru);
	list_add(&inode->i_list, &VM->inode_unused);
	VM->nr_dentries--;
	count(dentries_pruned);
}

/* From the tail. Up to 2.5 only what goes counts, and a count of 0 is never reached: all go. In 2.6
 * whatever is looked at counts. Either way each has a second chance. */
static void prune_dcache(u32 nr, bool counts_all)
{
	FN;
	u32 look = 2 * VM->nr_dentries;

	while (look-- && !list_empty(&VM->dentry_unused)) {
		struct inode *inode = list_entry(list_prev(&VM->dentry_unused), struct inode,
						 d_lru);

		list_del(&inode->d_lru);
		list_add(&inode->d_lru, &VM->dentry_unused);
		if (counts_all && !nr--)
			break;
		if (in_use(inode))
			continue;
		if (inode->d_referenced) {
			inode->d_referenced = false;
			continue;
		}
		prune_one_dentry(inode);
		if (!counts_all && !--nr)
			break;
	}
}

static void clear_inode(struct inode *inode)
{
	list_del(&inode->i_list);
	INIT_LIST_HEAD(&inode->i_list);
	kmem_cache_free(VM->inode_cachep, inode->in_core);
	inode->in_core = NULL;
	VM->nr_in_core--;
	count(inodes_pruned);
}

void d_delete(struct inode *inode)
{
	if (inode->dentry)
		prune_one_dentry(inode);
	if (inode->in_core)
		clear_inode(inode);
}

/* As prune_dcache, without a second chance. */
static void prune_icache(u32 nr, bool counts_all)
{
	FN;
	u32 look = VM->nr_in_core;

	while (look-- && !list_empty(&VM->inode_unused)) {
		struct inode *inode = list_entry(list_prev(&VM->inode_unused), struct inode,
						 i_list);

		list_del(&inode->i_list);
		list_add(&inode->i_list, &VM->inode_unused);
		if (counts_all && !nr--)
			break;
		if (in_use(inode))
			continue;
		if (counts_all && inode->i_data.nrpages) {
			hold_inode(inode);
			invalidate_inode_pages(&inode->i_data);
			release_inode(inode);
		}
		if (in_use(inode) || inode->dentry || inode->i_data.nrpages)
			continue;
		clear_inode(inode);
		if (!counts_all && !--nr)
			break;
	}
}

void shrink_dcache_memory_2002(int priority, u32 gfp_mask)
{
	FN_AS("shrink_dcache_memory");

	if (!(gfp_mask & __GFP_FS))
		return;
	prune_dcache(count_unused(&VM->dentry_unused, true) / (u32)priority, false);
	kmem_cache_shrink(VM->dentry_cachep);
}

void shrink_icache_memory_2002(int priority, u32 gfp_mask)
{
	FN_AS("shrink_icache_memory");

	if (!(gfp_mask & __GFP_FS))
		return;
	prune_icache(count_unused(&VM->inode_unused, false) / (u32)priority, false);
	kmem_cache_shrink(VM->inode_cachep);
}

/* -- shrinkers -------------------------------------------------------------------------------- */

static u8 pressure(void)
{
	return VM->kernel->vmscan->version->slab_pressure;
}

/* vfs_cache_pressure is 100; who divides first has lost what is below a hundred. */
static u32 by_hundreds(u32 unused)
{
	return pressure() >= SLAB_PER_CENT ? unused / 100 * 100 : unused;
}

static int shrink_dcache_memory(u32 nr, u32 gfp_mask)
{
	FN;

	if (nr && !(gfp_mask & __GFP_FS))
		return pressure() >= SLAB_PER_CENT ? -1 : 0;
	if (nr)
		prune_dcache(nr, true);
	return (int)by_hundreds(count_unused(&VM->dentry_unused, true));
}

static int shrink_icache_memory(u32 nr, u32 gfp_mask)
{
	FN;

	if (nr && !(gfp_mask & __GFP_FS))
		return pressure() >= SLAB_PER_CENT ? -1 : 0;
	if (nr)
		prune_icache(nr, true);
	return (int)by_hundreds(count_unused(&VM->inode_unused, false));
}

/* set_shrinker(), in the order of registration. */
static const struct shrinker {
	int (*shrink)(u32 nr, u32 gfp_mask);
	u32 seeks;
} shrinkers[NR_SHRINKERS] = {
	{ .shrink = shrink_dcache_memory, .seeks = DEFAULT_SEEKS },
	{ .shrink = shrink_icache_memory, .seeks = DEFAULT_SEEKS },
};

static u32 lru_pages(void)
{
	u32 pages = 0;
	const zone_t *zone;

	for (zone = VM->zones; zone < VM->zones + MAX_NR_ZONES; zone++)
		pages += zone->nr_active + zone->nr_inactive;
	return pages;
}

/* What scanned pages come to in objects of one cache. */
static u32 delta_of(const struct shrinker *s, u32 scanned, u32 gfp_mask)
{
	u64 delta = pressure() == SLAB_TIMES_SEEKS ? (u64)scanned * s->seeks
						   : 4ull * scanned / s->seeks;

	return (u32)(delta * (u32)s->shrink(0, gfp_mask) / (lru_pages() + 1));
}

/* Is that many worth a call? What is left over is for the next time. */
static bool is_due(u32 nr)
{
	return pressure() == SLAB_BATCHES ? nr >= SHRINK_BATCH : nr > 0;
}

static void shrink_one(const struct shrinker *s, u32 *nr, u32 gfp_mask)
{
	if (pressure() != SLAB_BATCHES && *nr <= SHRINK_BATCH)
		return;
	while (is_due(*nr)) {
		u32 scan = *nr > SHRINK_BATCH ? SHRINK_BATCH : *nr;

		if (s->shrink(scan, gfp_mask) < 0)
			break;
		count_n(slabs_scanned, scan);
		*nr -= scan;
	}
}

/* Frames come back when a slab is empty; at which moment, is a timer's business in the kernel
 * (cache_reap): here it is now. */
u32 shrink_slab(u32 scanned, u32 gfp_mask)
{
	FN;
	u32 i;

	count(shrink_slab);
	count_n(slab_pressure, scanned);
	if (!scanned && pressure() == SLAB_BATCHES)
		scanned = SWAP_CLUSTER_MAX;
	for (i = 0; i < NR_SHRINKERS; i++) {
		VM->shrinker_nr[i] += delta_of(&shrinkers[i], scanned, gfp_mask);
		shrink_one(&shrinkers[i], &VM->shrinker_nr[i], gfp_mask);
	}
	return kmem_cache_reap(GFP_KERNEL);
}
