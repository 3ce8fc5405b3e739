/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frame contents. Tags are stamps from one counter, so two contents are equal when their tags
 * are; a free frame carries JUNK_TAG and reads as junk. A frame gets real bytes with the first
 * word that is stored in it (its bit in frame_words), and loses them when it is cleared, replaced
 * or forgotten. A page table is real without that bit, and is never touched here.
 */
#include "content.h"

#include "machine.h"

#include <string.h>

#define JUNK_TAG 0x6b6b6b6b6b6b6b6bull
#define JUNK_WORD 0x6b6b6b6bu

static bool has_words(const struct machine *m, u32 pfn)
{
	return m->frame_words[pfn >> 6] >> (pfn & 63) & 1;
}

/* The frame's words, made real if need be. */
static u32 *make_words(struct machine *m, u32 pfn)
{
	m->frame_words[pfn >> 6] |= 1ull << (pfn & 63);
	return region_frame_make(m->region, pfn);
}

static void drop_words(struct machine *m, u32 pfn)
{
	if (!has_words(m, pfn))
		return;
	m->frame_words[pfn >> 6] &= ~(1ull << (pfn & 63));
	region_frame_drop(m->region, pfn);
}

static u64 new_tag(struct machine *m, u32 pfn)
{
	return m->frame_tag[pfn] = (m->frame_tag[pfn] & CONTENT_LOST) | ++m->next_stamp;
}

void content_clear(struct machine *m, u32 pfn)
{
	drop_words(m, pfn);
	m->frame_tag[pfn] = 0;
}

void content_forget(struct machine *m, u32 pfn)
{
	drop_words(m, pfn);
	m->frame_tag[pfn] = JUNK_TAG;
}

void content_mark(struct machine *m, u32 pfn, u64 marks)
{
	m->frame_tag[pfn] |= marks;
}

void content_not_read(struct machine *m, u32 pfn)
{
	content_mark(m, pfn, CONTENT_NOT_READ);
}

void content_set(struct machine *m, u32 pfn, u64 tag, const u32 *words)
{
	if (words)
		memcpy(make_words(m, pfn), words, PAGE_SIZE);
	else
		drop_words(m, pfn);
	m->frame_tag[pfn] = tag;
}

void content_copy(struct machine *m, u32 to, u32 from)
{
	content_set(m, to, m->frame_tag[from], content_words(m, from));
}

u64 content_tag(const struct machine *m, u32 pfn)
{
	return m->frame_tag[pfn];
}

u64 content_touch(struct machine *m, u32 pfn)
{
	return new_tag(m, pfn);
}

const u32 *content_words(const struct machine *m, u32 pfn)
{
	return has_words(m, pfn) ? region_frame(m->region, pfn) : NULL;
}

u32 content_load(const struct machine *m, u32 pfn, u32 off)
{
	const u32 *words = content_words(m, pfn);

	if (words)
		return words[off / 4];
	return (m->frame_tag[pfn] & ~CONTENT_LOST) == JUNK_TAG ? JUNK_WORD : 0;
}

u64 content_store(struct machine *m, u32 pfn, u32 off, u32 word)
{
	make_words(m, pfn)[off / 4] = word;
	return new_tag(m, pfn);
}

u64 content_zero_tail(struct machine *m, u32 pfn, u32 off)
{
	if (has_words(m, pfn))
		memset((char *)make_words(m, pfn) + off, 0, PAGE_SIZE - off);
	return new_tag(m, pfn);
}
