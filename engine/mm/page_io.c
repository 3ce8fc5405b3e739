/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between a page of the swap cache and its slot on disk.
 *
 *	swap_writepage:  locked, clean  ->  PG_writeback, unlocked  ->  written
 *	swap_readpage:   locked         ->  locked, being read      ->  uptodate, unlocked
 *
 * Source: 2.5.26 mm/page_io.c. A disk of this model always has room for a request, so the path on
 * which no bio can be had (the page becomes dirty again) does not exist.
 */
#include "mm/pgtable.h"
#include "mm/vm.h"

static struct disk *swap_disk(const struct page *page)
{
	return current->machine->disks[VM->swap_info[SWP_TYPE(page_swap_entry(page))].disk];
}

/* A page whose slot nobody needs any more is not written: it leaves the swap cache instead. */
int swap_writepage(struct page *page)
{
	FN;

	if (remove_exclusive_swap_page(page)) {
		unlock_page(page);
		return 0;
	}
	count(pswpout);
	submit_page_write(page, swap_disk(page), SWP_OFFSET(page_swap_entry(page)));
	return 0;
}

int swap_readpage(struct page *page)
{
	FN;

	count(pswpin);
	submit_page_read(page, swap_disk(page), SWP_OFFSET(page_swap_entry(page)));
	return 0;
}
