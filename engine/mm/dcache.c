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
 * dcache_lock is for the names, inode_lock for the inodes, and neither is held when an object is
 * freed: whoever takes one away unhooks it first. iprune_sem (2.6) lets one prune_icache at a time
 * drop the pages of an inode without its lock.
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
	struct inode_in_core *next; /* that prune_icache is about to free */
};

bool dcache_init(void)
{
	INIT_LIST_HEAD(&VM->dentry_unused);
	INIT_LIST_HEAD(&VM->inode_unused);
	spin_lock_init(&VM->dcache_lock, LC_DCACHE_LOCK, 0);
	spin_lock_init(&VM->inode_lock, LC_INODE_LOCK, 0);
	init_rwsem(&VM->iprune_sem, LC_IPRUNE_SEM, 0);
	init_rwsem(&VM->shrinker_sem, LC_SHRINKER_SEM, 0);
	VM->dentry_cachep = kmem_cache_create("dentry_cache", I386_DENTRY_SIZE,
					      sizeof(struct dentry));
	VM->inode_cachep = kmem_cache_create("ext2_inode_cache", I386_INODE_SIZE,
					     sizeof(struct inode_in_core));
	return VM->dentry_cachep && VM->inode_cachep;
}

/* -- coming ----------------------------------------------------------------------------------- */

/* Somebody may have been faster, while we waited for memory: the same below. */
static bool alloc_inode(struct inode *inode)
{
	FN;
	struct inode_in_core *core = kmem_cache_alloc(VM->inode_cachep, GFP_KERNEL);

	if (!core)
		return false;
	spin_lock(&VM->inode_lock);
	if (!inode->in_core) {
		core->inode = inode;
		inode->in_core = core;
		VM->nr_in_core++;
		core = NULL;
	}
	spin_unlock(&VM->inode_lock);
	if (core)
		kmem_cache_free(VM->inode_cachep, core);
	return true;
}

static bool d_alloc(struct inode *inode)
{
	FN;
	struct dentry *dentry = kmem_cache_alloc(VM->dentry_cachep, GFP_KERNEL);

	if (!dentry)
		return false;
	spin_lock(&VM->dcache_lock);
	if (!inode->dentry) {
		dentry->d_inode = inode;
		inode->dentry = dentry;
		VM->nr_dentries++;
		dentry = NULL;
	}
	spin_unlock(&VM->dcache_lock);
	if (dentry)
		kmem_cache_free(VM->dentry_cachep, dentry);
	return true;
}

bool d_instantiate(struct inode *inode)
{
	return alloc_inode(inode) && d_alloc(inode);
}

/* An inode that is in memory, and no name leads to it now, is unused; any other is on no list. */
static void place_inode(struct inode *inode)
{
	spin_lock(&VM->inode_lock);
	list_del(&inode->i_list);
	if (inode->in_core && !inode->dentry)
		list_add(&inode->i_list, &VM->inode_unused);
	spin_unlock(&VM->inode_lock);
}

/* To the front of one list, wherever it was; off the other. */
void d_add(struct inode *inode)
{
	spin_lock(&VM->dcache_lock);
	list_del(&inode->d_lru);
	list_add(&inode->d_lru, &VM->dentry_unused);
	spin_unlock(&VM->dcache_lock);
	place_inode(inode);
}

/* An inode that is not in memory is read, whoever wants it waits. */
static bool iget(struct inode *inode)
{
	bool read = !inode->in_core;

	if (read && !alloc_inode(inode))
		return false;
	if (read)
		sleep_on_timeout(NULL, DISK_SEEK_NS + DISK_TRANSFER_NS);
	return true;
}

static bool d_lookup(struct inode *inode)
{
	if (inode->dentry)
		return true;
	if (!d_alloc(inode))
		return false;
	d_add(inode);
	return true;
}

struct inode *open_file(u32 i_ino)
{
	struct inode *inode = inode_by_number(i_ino);

	if (!inode || !hold_inode(inode))
		return NULL;
	if (inode->f_op->memory_backed || (iget(inode) && d_lookup(inode)))
		return inode;
	place_inode(inode);
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

/* dcache_lock held; it is not while the memory goes back. */
static void prune_one_dentry(struct inode *inode)
{
	struct dentry *dentry = inode->dentry;

	assert_spin_locked(&VM->dcache_lock);
	inode->dentry = NULL;
	list_del(&inode->d_lru);
	VM->nr_dentries--;
	count(dentries_pruned);
	spin_unlock(&VM->dcache_lock);
	place_inode(inode);
	kmem_cache_free(VM->dentry_cachep, dentry);
	spin_lock(&VM->dcache_lock);
}

/* From the tail. Up to 2.5 only what goes counts, and a count of 0 is never reached: all go. In 2.6
 * whatever is looked at counts. Either way each has a second chance. */
static void prune_dcache(u32 nr, bool counts_all)
{
	FN;
	u32 look = 2 * VM->nr_dentries;

	spin_lock(&VM->dcache_lock);
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
	spin_unlock(&VM->dcache_lock);
}

/* inode_lock held: nobody finds it any more. dispose_list() frees it, without the lock. */
static void unhook_inode(struct inode *inode, struct inode_in_core **freeable)
{
	assert_spin_locked(&VM->inode_lock);
	list_del(&inode->i_list);
	inode->in_core->next = *freeable;
	*freeable = inode->in_core;
	inode->in_core = NULL;
	VM->nr_in_core--;
	count(inodes_pruned);
}

static void dispose_list(struct inode_in_core *freeable)
{
	while (freeable) {
		struct inode_in_core *next = freeable->next;

		kmem_cache_free(VM->inode_cachep, freeable);
		freeable = next;
	}
}

void d_delete(struct inode *inode)
{
	struct inode_in_core *freeable = NULL;

	if (inode->dentry) {
		kmem_cache_free(VM->dentry_cachep, inode->dentry);
		VM->nr_dentries--;
	}
	spin_lock(&VM->inode_lock);
	if (inode->in_core)
		unhook_inode(inode, &freeable);
	spin_unlock(&VM->inode_lock);
	dispose_list(freeable);
}

/* 2.6: what is clean goes with its inode. inode_lock held, but not meanwhile. */
static void drop_pages(struct inode *inode)
{
	hold_inode(inode);
	spin_unlock(&VM->inode_lock);
	invalidate_inode_pages(&inode->i_data);
	release_inode(inode);
	spin_lock(&VM->inode_lock);
}

static bool can_unuse(const struct inode *inode)
{
	return !in_use(inode) && !inode->dentry && !inode->i_data.nrpages;
}

/* As prune_dcache, without a second chance. inode_lock held. */
static struct inode_in_core *unused_inodes(u32 nr, bool counts_all)
{
	struct inode_in_core *freeable = NULL;
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
		if (counts_all && inode->i_data.nrpages)
			drop_pages(inode);
		if (!can_unuse(inode))
			continue;
		unhook_inode(inode, &freeable);
		if (!counts_all && !--nr)
			break;
	}
	return freeable;
}

static void prune_icache(u32 nr, bool counts_all)
{
	FN;
	struct inode_in_core *freeable;

	if (counts_all)
		down_write(&VM->iprune_sem);
	spin_lock(&VM->inode_lock);
	freeable = unused_inodes(nr, counts_all);
	spin_unlock(&VM->inode_lock);
	dispose_list(freeable);
	if (counts_all)
		up_write(&VM->iprune_sem);
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

/* Up to 2.6.8 one at a time shrinks; then as many as like to, each with a sum of its own. */
static bool shrinkers_trylock(void)
{
	return pressure() == SLAB_BATCHES ? down_read_trylock(&VM->shrinker_sem)
					  : down_write_trylock(&VM->shrinker_sem);
}

static void shrinkers_unlock(void)
{
	if (pressure() == SLAB_BATCHES)
		up_read(&VM->shrinker_sem);
	else
		up_write(&VM->shrinker_sem);
}

/* Is that many worth a call? What is left over is for the next time. */
static bool is_due(u32 nr)
{
	return pressure() == SLAB_BATCHES ? nr >= SHRINK_BATCH : nr > 0;
}

/* A cache that may not be shrunk now is left in peace, and all that was due up to 2.6.8 is lost. */
static void shrink_one(const struct shrinker *s, u32 *put_by, u32 gfp_mask)
{
	u32 nr = *put_by;

	if (pressure() != SLAB_BATCHES && nr <= SHRINK_BATCH)
		return;
	*put_by = 0;
	while (is_due(nr)) {
		u32 scan = nr > SHRINK_BATCH ? SHRINK_BATCH : nr;

		if (s->shrink(scan, gfp_mask) < 0)
			break;
		count_n(slabs_scanned, scan);
		nr -= scan;
	}
	if (pressure() == SLAB_BATCHES)
		*put_by += nr;
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
	if (!shrinkers_trylock())
		return 0;
	for (i = 0; i < NR_SHRINKERS; i++) {
		VM->shrinker_nr[i] += delta_of(&shrinkers[i], scanned, gfp_mask);
		shrink_one(&shrinkers[i], &VM->shrinker_nr[i], gfp_mask);
	}
	shrinkers_unlock();
	return kmem_cache_reap(GFP_KERNEL);
}
