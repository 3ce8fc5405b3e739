/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk serves its queue in order, one request at a time, so the moment at which a request will
 * be done is known when it is queued:
 *
 *	submit A       submit B
 *	   |--seek--transfer-->|--transfer-->        B follows A on the disk: no seek
 *	                       ^ due(A)      ^ due(B)
 *
 * A write takes the content of its frame when it is submitted, the earliest moment at which the
 * controller could fetch it. What is stored in the frame later needs a later write: a kernel that
 * loses the dirty bit of a page under I/O loses data here, as it may on real hardware. A read
 * fills the frame when it is due.
 *
 * Blocks are kept in chunks that exist once something was written there, and a chunk has room for
 * words once there were any: mostly a tag is all there is, and it is all that is looked at.
 */
#include "disk.h"

#include "content.h"
#include "machine.h"
#include "spinlock.h"

#include <errno.h>
#include <string.h>

#define CHUNK 256 /* blocks */

struct chunk {
	u32 **words; /* NULL: in none of its blocks; else NULL where none were stored */
	u64 tag[CHUNK];
};

struct request {
	struct request *next;
	u64 due;
	u32 block, pfn;
	bool write;
	void (*end_io)(u32 pfn, int error);
	u64 tag;    /* of a write: what to write */
	u32 *words;
};

/* What is going to fail. */
struct fault {
	struct fault *next;
	u32 block, times;
	bool write;
};

struct disk {
	struct machine *machine;
	u32 id, nr_blocks;
	u32 head;        /* the block that is reached without a seek */
	u32 pending;
	u64 busy_until;
	struct request *first, *last;
	struct chunk **chunks;
	struct fault *faults;
};

static void *memory(struct machine *m, u64 bytes)
{
	void *p = region_alloc(m->region, bytes);

	if (!p)
		report_set(m, REPORT_MEMORY, NULL, "the machine's region is full", NULL);
	return p;
}

/* Of the array of pointers to chunks. */
static u64 table_bytes(u32 nr_blocks)
{
	return ((u64)nr_blocks + CHUNK - 1) / CHUNK * sizeof(struct chunk *);
}

struct disk *disk_create(struct machine *m, u32 id, u32 nr_blocks)
{
	struct disk *d = memory(m, sizeof(*d));

	if (!d)
		return NULL;
	d->machine = m;
	d->id = id;
	if (m->nr_disks <= id)
		m->nr_disks = id + 1;
	if (disk_grow(m, d, nr_blocks))
		return d;
	region_free(m->region, d, sizeof(*d));
	return NULL;
}

bool disk_grow(struct machine *m, struct disk *d, u32 nr_blocks)
{
	u64 old = table_bytes(d->nr_blocks), bytes = table_bytes(nr_blocks);
	struct chunk **chunks = d->chunks;

	if (bytes > old)
		chunks = region_realloc(m->region, d->chunks, old, bytes);
	if (bytes > old && !chunks)
		return false;
	d->chunks = chunks;
	if (nr_blocks > d->nr_blocks)
		d->nr_blocks = nr_blocks;
	return true;
}

u32 disk_blocks(const struct disk *d)
{
	return d->nr_blocks;
}

/* -- blocks ------------------------------------------------------------------------------------ */

static struct chunk *make_chunk(struct machine *m, struct disk *d, u32 block)
{
	struct chunk **chunk = &d->chunks[block / CHUNK];

	if (!*chunk)
		*chunk = memory(m, sizeof(**chunk));
	return *chunk;
}

u64 disk_tag(const struct disk *d, u32 block)
{
	const struct chunk *chunk = d->chunks[block / CHUNK];

	return chunk ? chunk->tag[block % CHUNK] : 0;
}

const u32 *disk_words(const struct disk *d, u32 block)
{
	const struct chunk *chunk = d->chunks[block / CHUNK];

	return chunk && chunk->words ? chunk->words[block % CHUNK] : NULL;
}

u32 disk_word(const struct disk *d, u32 block, u32 off)
{
	const u32 *words = disk_words(d, block);

	return words ? words[off / 4] : 0;
}

/* What was stored in the block before goes. */
static void put_words(struct machine *m, struct chunk *chunk, u32 n, u32 *words)
{
	if (!chunk->words)
		chunk->words = memory(m, CHUNK * sizeof(*chunk->words));
	if (!chunk->words)
		return;
	if (chunk->words[n])
		region_free(m->region, chunk->words[n], PAGE_SIZE);
	chunk->words[n] = words;
}

/* The block's content from now on; words, if any, belong to the disk afterwards. */
static void put_block(struct machine *m, struct disk *d, u32 block, u64 tag, u32 *words)
{
	struct chunk *chunk = make_chunk(m, d, block);

	if (!chunk)
		return;
	if (words || chunk->words)
		put_words(m, chunk, block % CHUNK, words);
	chunk->tag[block % CHUNK] = tag;
}

void disk_format(struct machine *m, struct disk *d, u32 block, u64 tag)
{
	put_block(m, d, block, tag, NULL);
}

static void free_chunk(struct machine *m, struct chunk *chunk)
{
	for (u32 i = 0; chunk->words && i < CHUNK; i++)
		if (chunk->words[i])
			region_free(m->region, chunk->words[i], PAGE_SIZE);
	if (chunk->words)
		region_free(m->region, chunk->words, CHUNK * sizeof(*chunk->words));
	region_free(m->region, chunk, sizeof(*chunk));
}

void disk_destroy(struct machine *m, struct disk *d)
{
	struct fault *f;

	while ((f = d->faults)) {
		d->faults = f->next;
		region_free(m->region, f, sizeof(*f));
	}
	for (u32 i = 0; i < (d->nr_blocks + CHUNK - 1) / CHUNK; i++)
		if (d->chunks[i])
			free_chunk(m, d->chunks[i]);
	if (d->chunks)
		region_free(m->region, d->chunks, table_bytes(d->nr_blocks));
	region_free(m->region, d, sizeof(*d));
}

/* -- requests ---------------------------------------------------------------------------------- */

static u64 service_time(const struct disk *d, u32 block)
{
	return (block == d->head ? 0 : DISK_SEEK_NS) + DISK_TRANSFER_NS;
}

static void enqueue(struct disk *d, struct request *rq)
{
	u64 start = d->busy_until > d->machine->now ? d->busy_until : d->machine->now;

	rq->due = d->busy_until = start + service_time(d, rq->block);
	d->head = rq->block + 1;
	d->pending++;
	if (d->first)
		d->last->next = rq;
	else
		d->first = rq;
	d->last = rq;
}

/* The words of a frame, for a write on its way. */
static u32 *copy_words(struct machine *m, u32 pfn)
{
	const u32 *words = content_words(m, pfn);
	u32 *copy = words ? memory(m, PAGE_SIZE) : NULL;

	return copy ? memcpy(copy, words, PAGE_SIZE) : NULL;
}

static struct request *new_request(struct machine *m, u32 block, u32 pfn, bool write)
{
	struct request *rq = memory(m, sizeof(*rq));

	if (!rq)
		return NULL;
	rq->block = block;
	rq->pfn = pfn;
	rq->write = write;
	if (write) {
		rq->tag = content_tag(m, pfn);
		rq->words = copy_words(m, pfn);
	}
	return rq;
}

void disk_submit(struct disk *d, u32 block, u32 pfn, bool write, void (*end_io)(u32 pfn, int error))
{
	struct machine *m = d->machine;
	struct request *rq;

	BUG_ON(block >= d->nr_blocks);
	rq = new_request(m, block, pfn, write);
	if (!rq)
		BUG_TEXT("no host memory for a disk request");
	rq->end_io = end_io;
	enqueue(d, rq);
	held_give(LC_PAGE_LOCK, pfn);
	if (d->first == rq)
		sleepers_wake_at(m->disks, disk_next_due(m));
	if (write)
		count(io_writes);
	else
		count(io_reads);
	EV(IO_QUEUE, d->id, block, write, (u32)((rq->due - m->now) / 1000));
	sched_point(SP_IO_START, d);
}

u32 disk_pending(const struct machine *m)
{
	u32 pending = 0;

	for (u32 i = 0; i < m->nr_disks; i++)
		if (m->disks[i])
			pending += m->disks[i]->pending;
	return pending;
}

bool disk_request(const struct disk *d, u32 n, struct disk_request *out)
{
	const struct request *rq = d->first;

	while (rq && n--)
		rq = rq->next;
	if (!rq)
		return false;
	*out = (struct disk_request){
		.block = rq->block, .pfn = rq->pfn, .write = rq->write, .due = rq->due,
		.tag = rq->write ? rq->tag : 0, .words = rq->words,
	};
	return true;
}

/* The disk whose first request is done soonest; NULL: all are idle. */
static struct disk *next_disk(const struct machine *m)
{
	struct disk *next = NULL;

	for (u32 i = 0; i < m->nr_disks; i++) {
		struct disk *d = m->disks[i];

		if (d && d->first && (!next || d->first->due < next->first->due))
			next = d;
	}
	return next;
}

u64 disk_next_due(const struct machine *m)
{
	const struct disk *d = next_disk(m);

	return d ? d->first->due : 0;
}

/* -- errors ------------------------------------------------------------------------------------ */

static void drop_fault(struct machine *m, struct fault **at)
{
	struct fault *f = *at;

	*at = f->next;
	region_free(m->region, f, sizeof(*f));
}

/* The link that leads to the error of this block, or the last one. */
static struct fault **find_fault(struct disk *d, u32 block, bool write)
{
	struct fault **at = &d->faults;

	while (*at && ((*at)->block != block || (*at)->write != write))
		at = &(*at)->next;
	return at;
}

bool disk_error(struct machine *m, struct disk *d, u32 block, bool write, u32 times)
{
	struct fault **at = find_fault(d, block, write);

	if (*at)
		drop_fault(m, at);
	if (!times)
		return true;
	at = find_fault(d, UINT32_MAX, write);
	*at = memory(m, sizeof(**at));
	if (!*at)
		return false;
	**at = (struct fault){ .block = block, .times = times, .write = write };
	return true;
}

bool disk_error_at(const struct disk *d, u32 n, u32 *block, bool *write, u32 *times)
{
	const struct fault *f = d->faults;

	while (f && n--)
		f = f->next;
	if (!f)
		return false;
	*block = f->block;
	*write = f->write;
	*times = f->times;
	return true;
}

/* Does this transfer fail? Then it is one less to come. */
static bool fails(struct machine *m, struct disk *d, const struct request *rq)
{
	struct fault **at = find_fault(d, rq->block, rq->write);

	if (!*at)
		return false;
	if ((*at)->times != DISK_ALWAYS && --(*at)->times == 0)
		drop_fault(m, at);
	return true;
}

/* The block keeps what it had, which is not what it should have; the frame was not filled. */
static void transfer_failed(struct machine *m, struct disk *d, const struct request *rq)
{
	struct chunk *chunk;

	if (!rq->write) {
		content_not_read(m, rq->pfn);
		return;
	}
	if (rq->words)
		region_free(m->region, rq->words, PAGE_SIZE);
	chunk = make_chunk(m, d, rq->block);
	if (chunk)
		chunk->tag[rq->block % CHUNK] |= d->id ? CONTENT_NOT_SWAPPED : CONTENT_NOT_SAVED;
}

/* -- the interrupt ----------------------------------------------------------------------------- */

static void transfer(struct machine *m, struct disk *d, const struct request *rq)
{
	if (rq->write)
		put_block(m, d, rq->block, rq->tag, rq->words);
	else
		content_set(m, rq->pfn, disk_tag(d, rq->block), disk_words(d, rq->block));
}

static void complete_first(struct machine *m, struct disk *d)
{
	struct request *rq = d->first, done = *rq;
	bool failed = fails(m, d, rq);

	d->first = rq->next;
	d->pending--;
	if (failed)
		transfer_failed(m, d, &done);
	else
		transfer(m, d, &done);
	region_free(m->region, rq, sizeof(*rq));
	if (failed) {
		count(io_errors);
		EV(IO_ERROR, d->id, done.block, done.write);
	}
	sched_point(SP_IO_END, d);
	done.end_io(done.pfn, failed ? -EIO : 0);
}

void disk_irq_thread(void *machine)
{
	struct machine *m = machine;
	struct disk *d;

	for (;;) {
		while ((d = next_disk(m)) && d->first->due <= m->now)
			complete_first(m, d);
		if (d)
			sleep_on_timeout(m->disks, d->first->due - m->now);
		else
			sleep_on(m->disks);
	}
}
