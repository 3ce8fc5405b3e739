/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which page of a file in memory is in which swap slot: the vector of 2.5 and 2.6. A small file
 * needs nothing but its inode. The frames of a larger one hang in a tree of three stages:
 *
 *	index  0 .. 15        info->i_direct
 *	      16 ..           info->i_indirect --> +-----+ 0
 *	                                           |  o------> leaf: 1,024 entries
 *	                                           |  ...|     (index 16 .. 1039, 1040 .. 2063, ...)
 *	                                           +-----+ 512
 *	                                           |  o------> +-----+
 *	                                           |  ...|     |  o------> leaf
 *	                                           +-----+     +-----+
 *	                                       1,024 leaves each
 *
 * A directory is there for every page that ever was, also while nothing is in swap: reclaim, which
 * wants to put an entry in, must not have to allocate a frame for it.
 *
 * A word of a directory is the frame of the next stage here; the kernels had an address there
 * (2.5), then a struct page, so that the frames could be in high memory (2.6). The struct page of a
 * leaf counts the entries in it, so that an empty one is passed over at once.
 *
 * Source: 2.5.27 and 2.6.0 to 2.6.9 mm/shmem.c.
 */
#include "kernels.h"
#include "mm/memory_private.h"
#include "mm/shmem.h"
#include "sim/words.h"

#define LEAVES_BELOW (SHMEM_DIR_ENTRIES / 2) /* leaves the first directory leads to itself */

#define MAX_LEAVES (LEAVES_BELOW * (SHMEM_DIR_ENTRIES + 1))

static u32 *dir_words(const struct machine *m, u32 pfn)
{
	return machine_ram(m, pfn);
}

/* -- directories ------------------------------------------------------------------------------- */

struct page *shmem_dir_alloc(u32 gfp_mask)
{
	struct page *page = alloc_page(gfp_mask);
	u32 pfn;

	if (!page)
		return NULL;
	pfn = page_to_pfn(page);
	region_frame_make(current->machine->region, pfn);
	page->private = SHMEM_DIR_PAGE;
	page->index = 0;
	charge(PAGE_CLEAR);
	EV(PAGE_CLEAR, pfn);
	return page;
}

void shmem_dir_free(struct page *page)
{
	BUG_ON(page->index);
	page->private = 0;
	__free_page(page);
}

/* Is there a frame behind this word, now at least? */
static bool dir_filled(u32 *word, struct page **page)
{
	if (!*word && page && *page) {
		*word = page_to_pfn(*page);
		*page = NULL;
	}
	return *word;
}

/* The word that leads to a leaf. NULL: there is no directory that has it. */
static u32 *leaf_word(const struct machine *m, u32 *i_indirect, u32 leaf, struct page **page)
{
	u32 *dir;

	if (!dir_filled(i_indirect, page))
		return NULL;
	dir = dir_words(m, *i_indirect);
	if (leaf < LEAVES_BELOW)
		return dir + leaf;
	leaf -= LEAVES_BELOW;
	dir += LEAVES_BELOW + leaf / SHMEM_DIR_ENTRIES;
	if (!dir_filled(dir, page))
		return NULL;
	return dir_words(m, *dir) + leaf % SHMEM_DIR_ENTRIES;
}

/* Of the leaves that hang in the same directory of leaves as this one, the last. */
static u32 last_of_directory(u32 leaf)
{
	if (leaf < LEAVES_BELOW)
		return LEAVES_BELOW - 1;
	return LEAVES_BELOW + ((leaf - LEAVES_BELOW) | (SHMEM_DIR_ENTRIES - 1));
}

/* -- entries ----------------------------------------------------------------------------------- */

swp_entry_t *shmem_swp_entry(struct shmem_inode_info *info, u32 index, struct page **page)
{
	const struct machine *m = current->machine;
	u32 *word;

	if (index < SHMEM_NR_DIRECT)
		return &info->i_direct[index];
	index -= SHMEM_NR_DIRECT;
	word = leaf_word(m, &info->i_indirect, index / SHMEM_DIR_ENTRIES, page);
	if (!word || !dir_filled(word, page))
		return NULL;
	return (swp_entry_t *)dir_words(m, *word) + index % SHMEM_DIR_ENTRIES;
}

static bool is_direct(const struct shmem_inode_info *info, const swp_entry_t *entry)
{
	return entry >= info->i_direct && entry < info->i_direct + SHMEM_NR_DIRECT;
}

void shmem_swp_set(struct shmem_inode_info *info, swp_entry_t *entry, u32 value)
{
	u32 incdec = value ? 1 : ~0u;

	entry->val = value;
	info->swapped += incdec;
	if (!is_direct(info, entry))
		virt_to_page(entry)->index += incdec; /* nr_swapped */
}

/* The first leaf of the next directory of leaves that is there; MAX_LEAVES: none. */
static u32 next_directory(const struct machine *m, u32 i_indirect, u32 leaf)
{
	const u32 *dirs = dir_words(m, i_indirect) + LEAVES_BELOW;
	u32 next = (last_of_directory(leaf) + 1 - LEAVES_BELOW) / SHMEM_DIR_ENTRIES;

	return LEAVES_BELOW + word_next(dirs, next, LEAVES_BELOW) * SHMEM_DIR_ENTRIES;
}

/* The next leaf from *leaf on that has an entry; the word that leads to it, or NULL: none. */
static const u32 *next_leaf(const struct machine *m, const struct shmem_inode_info *info, u32 *leaf)
{
	u32 i_indirect = info->i_indirect;

	while (*leaf < MAX_LEAVES) {
		u32 left = last_of_directory(*leaf) + 1 - *leaf;
		const u32 *word = leaf_word(m, &i_indirect, *leaf, NULL);
		u32 empty = word ? word_next(word, 0, left) : left;

		if (empty == left) {
			*leaf = next_directory(m, i_indirect, *leaf);
			continue;
		}
		*leaf += empty;
		if (m->mem_map[word[empty]].index)
			return word + empty;
		++*leaf;
	}
	return NULL;
}

static bool next_of(const swp_entry_t *entries, u32 *at, u32 nr, swp_entry_t *entry)
{
	*at = word_next(&entries->val, *at, nr);
	if (*at >= nr)
		return false;
	*entry = entries[*at];
	return true;
}

/* next_index is not asked: nothing is behind it, but while truncation is at work. */
bool shmem_swp_next(const struct machine *m, const struct shmem_inode_info *info, u32 *index,
		    swp_entry_t *entry)
{
	u32 leaf, at;

	if (*index < SHMEM_NR_DIRECT &&
	    next_of(info->i_direct, index, SHMEM_NR_DIRECT, entry))
		return true;
	if (!info->i_indirect)
		return false;
	at = *index > SHMEM_NR_DIRECT ? *index - SHMEM_NR_DIRECT : 0;
	leaf = at / SHMEM_DIR_ENTRIES;
	at %= SHMEM_DIR_ENTRIES;
	for (;; leaf++, at = 0) {
		u32 was = leaf;
		const u32 *word = next_leaf(m, info, &leaf);

		if (!word)
			return false;
		if (leaf != was)
			at = 0;
		if (next_of((const swp_entry_t *)dir_words(m, *word), &at, SHMEM_DIR_ENTRIES,
			    entry))
			break;
	}
	*index = SHMEM_NR_DIRECT + leaf * SHMEM_DIR_ENTRIES + at;
	return true;
}

void shmem_swp_lock(struct shmem_inode_info *info)
{
	spin_lock(&info->lock);
}

void shmem_swp_unlock(struct shmem_inode_info *info)
{
	spin_unlock(&info->lock);
}

/* -- truncation -------------------------------------------------------------------------------- */

static void shmem_free_swp(struct shmem_inode_info *info, swp_entry_t *dir, swp_entry_t *edir)
{
	for (; dir < edir; dir++) {
		swp_entry_t entry = *dir;

		if (!entry.val)
			continue;
		shmem_swp_set(info, dir, 0);
		free_swap_and_cache(entry);
	}
}

/* Entries [from, to) of the leaf behind word; all of it: the leaf, too. */
static void truncate_leaf(struct shmem_inode_info *info, u32 *word, u32 from, u32 to)
{
	swp_entry_t *entries = (swp_entry_t *)dir_words(current->machine, *word);

	if (pfn_to_page(*word)->index)
		shmem_free_swp(info, entries + from, entries + to);
	if (from)
		return;
	shmem_dir_free(pfn_to_page(*word));
	*word = 0;
}

/* The directories of leaves from number first on. */
static void free_directories(const struct shmem_inode_info *info, u32 first)
{
	u32 *dir = dir_words(current->machine, info->i_indirect), i;

	for (i = LEAVES_BELOW + first; i < SHMEM_DIR_ENTRIES; i++) {
		if (!dir[i])
			continue;
		shmem_dir_free(pfn_to_page(dir[i]));
		dir[i] = 0;
	}
}

/* How many directories of leaves stay when leaves from this one on go. */
static u32 directories_of(u32 leaves)
{
	if (leaves <= LEAVES_BELOW)
		return 0;
	return (leaves - LEAVES_BELOW + SHMEM_DIR_ENTRIES - 1) / SHMEM_DIR_ENTRIES;
}

/* From the front to the back, as in 2.6; 2.5 takes the last directory first. */
void shmem_swp_truncate(struct shmem_inode_info *info, u32 index, u32 limit)
{
	const struct machine *m = current->machine;
	u32 leaf, offset, last;

	if (index < SHMEM_NR_DIRECT)
		shmem_free_swp(info, info->i_direct + index,
			       info->i_direct + SHMEM_NR_DIRECT);
	if (!info->i_indirect || limit <= SHMEM_NR_DIRECT)
		return;
	last = (limit - 1 - SHMEM_NR_DIRECT) / SHMEM_DIR_ENTRIES;
	offset = index > SHMEM_NR_DIRECT ? index - SHMEM_NR_DIRECT : 0;
	leaf = offset / SHMEM_DIR_ENTRIES;
	offset %= SHMEM_DIR_ENTRIES;
	for (; leaf <= last; leaf++, offset = 0) {
		u32 *word = leaf_word(m, &info->i_indirect, leaf, NULL);

		if (word && *word)
			truncate_leaf(info, word, offset, SHMEM_DIR_ENTRIES);
		else if (!word)
			leaf = last_of_directory(leaf);
	}
	offset = index > SHMEM_NR_DIRECT ? index - SHMEM_NR_DIRECT : 0;
	leaf = (offset + SHMEM_DIR_ENTRIES - 1) / SHMEM_DIR_ENTRIES;
	free_directories(info, directories_of(leaf));
	if (index > SHMEM_NR_DIRECT)
		return;
	shmem_dir_free(pfn_to_page(info->i_indirect));
	info->i_indirect = 0;
}

/* -- shmem_unuse ------------------------------------------------------------------------------- */

static bool shmem_find_swp(const struct shmem_inode_info *info, swp_entry_t entry, u32 *index)
{
	swp_entry_t found;

	for (*index = 0; shmem_swp_next(current->machine, info, index, &found); ++*index)
		if (found.val == entry.val)
			return true;
	return false;
}

/* Is the entry in this inode? Then it is not any more. */
static bool shmem_unuse_inode(struct shmem_inode_info *info, swp_entry_t entry, struct page *page)
{
	FN;
	u32 index;

	spin_lock(&info->lock);
	if (!shmem_find_swp(info, entry, &index)) {
		spin_unlock(&info->lock);
		return false;
	}
	if (!move_from_swap_cache(page, index, &info->vfs_inode.i_data)) {
		info->flags |= SHMEM_PAGEIN;
		shmem_swp_set(info, shmem_swp_entry(info, index, NULL), 0);
		EV(SHMEM_IN, page_to_pfn(page), info->vfs_inode.i_ino, index, entry.val);
	}
	spin_unlock(&info->lock);
	/* Even when the entry is left behind: try_to_unuse will pass over the address spaces, and
	 * then count it up again. */
	swap_free(entry);
	return true;
}

/* 2.5.27 tries again and again, with the page locked, and waits for itself when the file is being
 * truncated; that was mended in 2.5.41, and here. */
int shmem_unuse_swp(swp_entry_t entry, struct page *page)
{
	FN_AS("shmem_unuse");
	struct list_head *p, *next;
	bool found = false;

	shmem_list_lock();
	for (p = list_next(&VM->shmem_inodes); p != &VM->shmem_inodes && !found; p = next) {
		struct shmem_inode_info *info = list_entry(p, struct shmem_inode_info, list);

		next = list_next(p);
		if (!info->swapped) {
			if (VM->kernel->shmem->swaplist)
				list_del(p);
			continue;
		}
		found = shmem_unuse_inode(info, entry, page);
		if (found) { /* the next search starts here */
			list_del(&VM->shmem_inodes);
			list_add_tail(&VM->shmem_inodes, p);
		}
	}
	shmem_list_unlock();
	return found;
}
