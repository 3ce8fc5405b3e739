/* SPDX-License-Identifier: GPL-2.0-only */
/* Every field of one struct page, with who maps it. A changed field shows what it was. */
#include "pane.h"

#include <stdio.h>
#include <string.h>

#define NAME 10 /* cells of a field's name */

static int field(struct canvas *c, int y, const char *name, bool changed, const char *value)
{
	canvas_text(c, 0, y, STYLE_DIM, name);
	if (changed)
		canvas_text(c, NAME - 2, y, STYLE_PLAIN | STYLE_CHANGED, "•");
	canvas_fit(c, NAME, y, canvas_width(c) - NAME,
		   changed ? STYLE_PLAIN | STYLE_CHANGED : STYLE_PLAIN, value);
	return y + 1;
}

static int number_field(struct canvas *c, int y, const char *name, s64 now, s64 was, bool known)
{
	char text[64];

	if (known && now != was)
		snprintf(text, sizeof(text), "%lld  (was %lld)", (long long)now, (long long)was);
	else
		snprintf(text, sizeof(text), "%lld", (long long)now);
	return field(c, y, name, known && now != was, text);
}

/* From 2.6.7 on an anonymous page names the object that knows its vmas; its slot is in private. */
static void anon_text(const struct page_view *p, char *buf, size_t n)
{
	int len = snprintf(buf, n, "anon %x; index %x", p->anon_id, p->index);

	if (p->swapcache && len > 0 && (size_t)len < n)
		snprintf(buf + len, n - (size_t)len, "; slot %u:%u", p->swap_type, p->swap_offset);
}

/* What page->mapping and page->index mean depends on what the frame is used for. */
static void mapping_text(const struct view *v, const struct page_view *p, char *buf, size_t n)
{
	if (p->use == FRAME_PTE)
		snprintf(buf, n, "mm of %s; index %08x", thread_name(v->m, p->table_pid),
			 p->table_address);
	else if (p->use == FRAME_PGD)
		snprintf(buf, n, "page directory of %s", thread_name(v->m, p->table_pid));
	else if (p->anon_id)
		anon_text(p, buf, n);
	else if (p->swapcache)
		snprintf(buf, n, "swapper_space; index = slot %u:%u", p->swap_type,
			 p->swap_offset);
	else if (p->mapping_inode)
		snprintf(buf, n, "file %u; index %u", p->mapping_inode, p->index);
	else
		snprintf(buf, n, "NULL");
}

static int mappers(struct canvas *c, const struct view *v, int y, uint32_t pfn)
{
	struct mapping_view maps[32];
	uint32_t n = inspect_mappers(v->m, pfn, maps, 32);
	char pte[24], line[96];

	for (uint32_t i = 0; i < n && i < 32 && y < canvas_height(c); i++) {
		view_pte_text(maps[i].raw, pte, sizeof(pte));
		snprintf(line, sizeof(line), "%s %08x  %s", thread_name(v->m, maps[i].pid),
			 maps[i].address, pte);
		canvas_text(c, 0, y, STYLE_DIM, i ? "" : "mapped by");
		canvas_fit(c, NAME, y++, canvas_width(c) - NAME, STYLE_PLAIN, line);
	}
	return y;
}

static int where(struct canvas *c, const struct view *v, int y, const struct page_view *p,
		 const struct page_view *was)
{
	static const char *const lists[] = { "no list", "inactive list", "active list" };
	char text[96];

	snprintf(text, sizeof(text), "%s, %s", frame_use_rows[p->use].name, lists[p->lru]);
	y = field(c, y, "used as", was && (was->use != p->use || was->lru != p->lru), text);
	if (inspect_flags(p->flags, text, sizeof(text)) == 0)
		snprintf(text, sizeof(text), "-");
	y = field(c, y, "flags", was && was->flags != p->flags, text);
	y = number_field(c, y, "count", p->count, was ? was->count : 0, was);
	mapping_text(v, p, text, sizeof(text));
	return field(c, y, "mapping", was && (was->index != p->index ||
		was->mapping_inode != p->mapping_inode || was->swapcache != p->swapcache), text);
}

/* A count of mappings, or where their chain begins; 2.5.26 has neither. */
static void word_text(const struct page_view *p, char *buf, size_t n)
{
	if (!p->word)
		snprintf(buf, n, "none: it does not know");
	else if (p->word_counts)
		snprintf(buf, n, "%d: mapped %u time%s", (s32)p->chain, p->mapcount,
			 p->mapcount == 1 ? "" : "s");
	else if (p->chain)
		snprintf(buf, n, "%08x, %u %s%s", p->chain, p->mapcount,
			 strcmp(p->word, "pte_chain") ? "pte" : "node",
			 p->mapcount == 1 ? "" : "s");
	else
		snprintf(buf, n, "NULL");
}

static void draw(struct canvas *c, const struct view *v)
{
	const struct page_view *was;
	struct page_view p;
	char text[64];
	int y = 0;

	if (!v->m || !v->sel.has_page || !inspect_page(v->m, v->sel.pfn, &p)) {
		canvas_wrap(c, 0, STYLE_DIM, "No page is selected. Select one in the frames pane.",
			    true);
		return;
	}
	was = view_past_page(v, p.pfn);
	y = where(c, v, y, &p, was);
	word_text(&p, text, sizeof(text));
	y = field(c, y, p.word ? p.word : "rmap",
		  was && (was->mapcount != p.mapcount || was->chain != p.chain), text);
	y = mappers(c, v, y, p.pfn);
	snprintf(text, sizeof(text), "%016llx%s", (unsigned long long)p.tag,
		 p.has_words ? ", with stored words" : p.tag ? "" : ", all zero");
	field(c, y, "content", was && was->tag != p.tag, text);
}

static void title(const struct view *v, char *buf, size_t n)
{
	if (v->sel.has_page)
		snprintf(buf, n, "%x", v->sel.pfn);
}

const struct pane pane_page = {
	.name = "page",
	.what = "every field of the selected page's struct page",
	.title = title,
	.draw = draw,
};
