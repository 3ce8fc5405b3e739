/* SPDX-License-Identifier: GPL-2.0-only */
/* What the content truth is made of; for truth.c and truth_remap.c. */
#ifndef TRUTH_PRIVATE_H
#define TRUTH_PRIVATE_H

#include "truth.h"
#include "truth_pages.h"

struct range {
	u32 start, end;     /* end is the last byte, so that 4 GiB has one */
	u32 flags, inode, pgoff;
	struct range *next; /* by address */
};

struct space {
	u32 id;
	struct range *ranges;
	struct pages pages;
	struct pages *places; /* which page of the file is shown, where that was said by
			       * truth_remap: its number is the tag. NULL: nowhere */
	struct space *next;
};

struct file_truth {
	u32 inode, nr_pages;
	u64 first_tag;
	struct pages pages;
	struct file_truth *next;
};

/* What was wrong, for truth_describe(). */
struct loss {
	u32 space, inode, at; /* at: an address, or an offset into the file */
	bool word;
	u32 want_word, found_word;
	u64 want_tag, found_tag;
};

struct truth {
	struct machine *m;
	u64 bytes;
	struct space *spaces;
	struct file_truth *files;
	struct loss loss;
};

/* NULL: there is no such space. */
struct space *truth_space(const struct truth *t, u32 id);

/* Which page of its file a range has at addr; anonymous: a number that means nothing. */
static inline u32 range_pgoff(const struct range *r, u32 addr)
{
	return r->pgoff + ((addr - r->start) >> PAGE_SHIFT);
}

/* truth_remap.c. The number of the page of the file that is shown at addr, or ORPHAN: nothing is
 * known about it. */
#define ORPHAN UINT64_MAX
u64 truth_shown_at(const struct space *s, const struct range *r, u32 addr);
/* Places of a space: a child's copy, those from address start to last, all. */
void truth_places_copy(struct truth *t, struct space *to, const struct space *from);
void truth_places_forget(struct truth *t, struct space *s, u32 start, u32 last);
void truth_places_free(struct truth *t, struct space *s);

#endif
