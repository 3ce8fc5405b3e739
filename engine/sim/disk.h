/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks: 4 KiB blocks with content, one request at a time, a seek and a transfer time. Requests
 * are served in the order they come; completion runs on the machine's "irq" thread at its due
 * time.
 */
#ifndef SIM_DISK_H
#define SIM_DISK_H

#include "types.h"

struct machine;

#define DISK_SEEK_NS 8000000ull     /* a 2002 disk: 8 ms */
#define DISK_TRANSFER_NS 130000ull  /* 4 KiB at 30 MB/s */

/* In the machine's region; NULL: it is full. Blocks begin as zeros. */
struct disk *disk_create(struct machine *m, u32 id, u32 nr_blocks);
/* No request may be pending. */
void disk_destroy(struct machine *m, struct disk *d);
/* How many 4 KiB blocks it has. */
u32 disk_blocks(const struct disk *d);
/* Make it larger: blocks up to nr_blocks exist from now on, tag 0. false: no memory. */
bool disk_grow(struct machine *m, struct disk *d, u32 nr_blocks);

/* Queue a transfer of one block to or from a frame; end_io(pfn, error) runs on the irq thread when
 * it is done. On a modelled thread; never sleeps. */
void disk_submit(struct disk *d, u32 block, u32 pfn, bool write,
		 void (*end_io)(u32 pfn, int error));
/* From now on the next `times` transfers of a block in this direction fail: end_io gets -EIO, and
 * nothing was transferred. DISK_ALWAYS: all of them; 0: it is mended. false: no memory. */
#define DISK_ALWAYS UINT32_MAX
bool disk_error(struct machine *m, struct disk *d, u32 block, bool write, u32 times);
/* The n-th such error; false: there are not so many. For the dump. */
bool disk_error_at(const struct disk *d, u32 n, u32 *block, bool *write, u32 *times);
/* Requests queued or in service, over all disks; due time of the first (0: none). */
u32 disk_pending(const struct machine *m);
u64 disk_next_due(const struct machine *m);
/* The tag of a block: its content as last written; fresh blocks have the tag they were given. */
u64 disk_tag(const struct disk *d, u32 block);
/* Set the tag of a fresh block (file creation), forgetting words. */
void disk_format(struct machine *m, struct disk *d, u32 block, u64 tag);
/* One stored word of a block; 0 where none was stored. off in bytes, multiple of 4. */
u32 disk_word(const struct disk *d, u32 block, u32 off);
/* All 1,024 of them; NULL where no word was stored. */
const u32 *disk_words(const struct disk *d, u32 block);
/* The n-th request in the queue; false: there are not so many. For the dump. */
struct disk_request {
	u32 block, pfn;
	bool write;
	u64 due, tag;     /* tag and words: what a write will write */
	const u32 *words;
};
bool disk_request(const struct disk *d, u32 n, struct disk_request *out);
/* Body of the irq thread. */
void disk_irq_thread(void *machine);

#endif
