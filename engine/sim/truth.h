/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth: a second, naive model of what memory must contain, kept outside the kernel
 * model. It knows address spaces as lists of ranges (as POSIX describes mmap, munmap, fork), and
 * per page the tag and the words last stored. Every store is remembered here and every load is
 * compared. It also answers "what must be mapped here", which tests compare with the vmas.
 *
 * Spaces are numbered by the pid of the process that owns the mm; files by their inode number.
 * Whoever changes an address space says so after it succeeded. Whoever stores or loads says so in
 * the same breath, with no scheduling point in between: the operations for user code, read() and
 * write() in mm/filemap.c.
 */
#ifndef SIM_TRUTH_H
#define SIM_TRUTH_H

#include "types.h"

struct machine;
struct truth;

/* protection and kind of a range */
#define TRUTH_READ 1u
#define TRUTH_WRITE 2u
#define TRUTH_SHARED 4u
#define TRUTH_FILE 8u

/* In the machine's region; NULL: it is full. */
struct truth *truth_create(struct machine *m);
u64 truth_bytes(const struct truth *t);  /* region bytes it uses, for the memory budget */

/* A process begins with nothing mapped, as a copy of another, and ends. */
void truth_space_new(struct truth *t, u32 space);
/* The child has what the parent has; private pages part at the next store. */
void truth_space_fork(struct truth *t, u32 child, u32 parent);
/* Everything private to the space is forgotten. */
void truth_space_exit(struct truth *t, u32 space);
/* A new mapping replaces whatever was there. Whole pages. inode and pgoff only with TRUTH_FILE. */
void truth_map(struct truth *t, u32 space, u32 start, u32 len, u32 flags, u32 inode, u32 pgoff);
void truth_unmap(struct truth *t, u32 space, u32 start, u32 len);
/* New access for what is mapped there (TRUTH_READ, TRUTH_WRITE); holes stay holes. */
void truth_protect(struct truth *t, u32 space, u32 start, u32 len, u32 flags);
/* The process has got a private copy of the page at addr without storing to it (mlock): whatever
 * becomes of the file, it has now what it had. */
void truth_copy(struct truth *t, u32 space, u32 addr);
/* What was stored to private pages is forgotten; they are the file's again, or zeros. */
void truth_forget(struct truth *t, u32 space, u32 start, u32 len);
/* The range at from, old_len long from there, now ends at from + new_len. */
void truth_grow(struct truth *t, u32 space, u32 from, u32 old_len, u32 new_len);
/* A mapping and what was stored in it moves to [to, to + new_len), as far as that reaches, and the
 * old range is unmapped. old_len 0: a second mapping of the same. The two do not overlap. */
void truth_move(struct truth *t, u32 space, u32 from, u32 old_len, u32 to, u32 new_len);

/* From now on the range, a shared file mapping, shows the pages of its file from pgoff on; what its
 * place says, as it was mapped; or nobody knows what: the page has lost its file, and the kernel is
 * one that loses it so. */
void truth_remap(struct truth *t, u32 space, u32 start, u32 len, u32 pgoff);
void truth_linear(struct truth *t, u32 space, u32 start, u32 len);
void truth_orphan(struct truth *t, u32 space, u32 addr);

/* A file of nr_pages pages whose page i has content tag first_tag + i and no words. */
void truth_file_new(struct truth *t, u32 inode, u32 nr_pages, u64 first_tag);
/* There is no such file any more, and nobody maps it. */
void truth_file_gone(struct truth *t, u32 inode);
/* The file ends after nr_pages pages: what lies behind is gone, from private mappings as well, and
 * is zeros if the file grows again. And the same for the bytes of a page from off on. */
void truth_file_truncate(struct truth *t, u32 inode, u32 nr_pages);
void truth_file_zero_tail(struct truth *t, u32 inode, u32 pgoff, u32 off, u64 tag);
void truth_file_store(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 word, u64 tag);

/* Through the MMU: a store that happened, a load to verify. word_off < 0 for a touch (tag only).
 * truth_load returns false when content was lost; the machine's report then says what and where. */
void truth_store(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag);
bool truth_load(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag);
bool truth_file_load(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 value, u64 tag);

/* After a loss was found (m->report.kind is REPORT_CONTENT): what was lost and where, in words.
 * Host side only. Returns the length as snprintf does. */
int truth_describe(const struct machine *m, char *buf, size_t n);

/* Every page that was stored to: of a space (inode 0, page = address >> 12) or of a file. */
void truth_each(const struct truth *t,
		void (*fn)(void *arg, u32 space, u32 inode, u32 page, u64 tag), void *arg);

/* Is anything mapped at addr, be it without access? Its flags, 0 when there is nothing. */
bool truth_mapped(const struct truth *t, u32 space, u32 addr);
u32 truth_flags(const struct truth *t, u32 space, u32 addr);

#endif
