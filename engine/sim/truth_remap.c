/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth of remap_file_pages: places of a space, page by page, and which page of the
 * file is shown there. A place that is not listed shows what its range says. There is no list in a
 * space where nothing was ever remapped.
 */
#include "truth_private.h"

/* Made when there are none; NULL: no memory. */
static struct pages *places_of(struct truth *t, struct space *s)
{
	if (!s->places)
		s->places = truth_take(t, sizeof(*s->places));
	return s->places;
}

void truth_places_copy(struct truth *t, struct space *to, const struct space *from)
{
	if (from->places && places_of(t, to))
		truth_pages_copy(t, to->places, from->places);
}

void truth_places_forget(struct truth *t, struct space *s, u32 start, u32 last)
{
	if (s->places)
		truth_pages_forget(t, s->places, start >> PAGE_SHIFT, last >> PAGE_SHIFT);
}

void truth_places_free(struct truth *t, struct space *s)
{
	if (!s->places)
		return;
	truth_pages_free(t, s->places);
	truth_give(t, s->places, sizeof(*s->places));
	s->places = NULL;
}

u64 truth_shown_at(const struct space *s, const struct range *r, u32 addr)
{
	const struct stored *place = NULL;

	if (s->places)
		place = truth_page_find(s->places, addr >> PAGE_SHIFT);
	return place ? place->tag : range_pgoff(r, addr);
}

static void show_at(struct truth *t, struct space *s, u32 addr, u64 what)
{
	struct pages *places = s ? places_of(t, s) : NULL;
	struct stored *place = places ? truth_page_make(t, places, addr >> PAGE_SHIFT) : NULL;

	if (place)
		*place = (struct stored){ .there = true, .tag = what };
}

void truth_remap(struct truth *t, u32 space, u32 start, u32 len, u32 pgoff)
{
	struct space *s = truth_space(t, space);

	for (; len; len -= PAGE_SIZE, start += PAGE_SIZE)
		show_at(t, s, start, pgoff++);
}

void truth_linear(struct truth *t, u32 space, u32 start, u32 len)
{
	struct space *s = truth_space(t, space);

	if (s && len)
		truth_places_forget(t, s, start, start + len - 1);
}

void truth_orphan(struct truth *t, u32 space, u32 addr)
{
	show_at(t, truth_space(t, space), addr, ORPHAN);
}
