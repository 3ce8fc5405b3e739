/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The content truth: what memory must contain, by a model too simple to be wrong.
 *
 *	space (a process)                          file
 *	  ranges: start, end, what, which file       first tag, pages
 *	  pages stored to: tag, words                pages stored to: tag, words
 *
 * A page of a private mapping is what the process last stored there; before that it is the page of
 * the file, as it is now, or zeros. A page of a shared mapping is the page of the file. fork copies
 * a space as it stands. That is all POSIX says, and all that matters to whoever uses memory: no
 * frames, no page tables, no swap. Linux adds remap_file_pages: an address may show another page of
 * its file than its place says.
 *
 * How pages and words are kept is in truth_pages.c, what remap_file_pages does in truth_remap.c.
 */
#include "truth_private.h"

#include "content.h"
#include "machine.h"
#include "sched.h"

#include <stdio.h>

/* What a page must be. */
struct expected {
	u64 tag;
	const struct stored *stored; /* NULL: no words */
};

/* -- memory ----------------------------------------------------------------------------------- */

void *truth_take(struct truth *t, u64 bytes)
{
	void *p = region_alloc(t->m->region, bytes);

	if (p)
		t->bytes += bytes;
	else
		report_set(t->m, REPORT_MEMORY, NULL, "no room for the content truth", NULL);
	return p;
}

void truth_give(struct truth *t, void *p, u64 bytes)
{
	if (!p)
		return;
	t->bytes -= bytes;
	region_free(t->m->region, p, bytes);
}

struct truth *truth_create(struct machine *m)
{
	struct truth *t = region_alloc(m->region, sizeof(*t));

	if (!t)
		return NULL;
	t->m = m;
	t->bytes = sizeof(*t);
	return t;
}

u64 truth_bytes(const struct truth *t)
{
	return t->bytes;
}

/* -- spaces and ranges ------------------------------------------------------------------------ */

struct space *truth_space(const struct truth *t, u32 id)
{
	struct space *s = t->spaces;

	while (s && s->id != id)
		s = s->next;
	return s;
}

static struct range *find_range(const struct space *s, u32 addr)
{
	struct range *r = s ? s->ranges : NULL;

	while (r && r->end < addr)
		r = r->next;
	return r && r->start <= addr ? r : NULL;
}

void truth_space_new(struct truth *t, u32 space)
{
	struct space *s = truth_take(t, sizeof(*s));

	if (!s)
		return;
	s->id = space;
	s->next = t->spaces;
	t->spaces = s;
}

void truth_space_fork(struct truth *t, u32 child, u32 parent)
{
	const struct space *from = truth_space(t, parent);
	struct range **end;
	const struct range *r;
	struct space *to;

	truth_space_new(t, child);
	to = truth_space(t, child);
	if (!to || !from)
		return;
	end = &to->ranges;
	for (r = from->ranges; r; r = r->next) {
		*end = truth_take(t, sizeof(**end));
		if (!*end)
			return;
		**end = *r;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	truth_pages_copy(t, &to->pages, &from->pages);
	truth_places_copy(t, to, from);
}

void truth_space_exit(struct truth *t, u32 space)
{
	struct space **at = &t->spaces, *s;
	struct range *r;

	while (*at && (*at)->id != space)
		at = &(*at)->next;
	s = *at;
	if (!s)
		return;
	*at = s->next;
	while ((r = s->ranges)) {
		s->ranges = r->next;
		truth_give(t, r, sizeof(*r));
	}
	truth_pages_free(t, &s->pages);
	truth_places_free(t, s);
	truth_give(t, s, sizeof(*s));
}

/* Let a range begin at addr if one lies across it. */
static void split_at(struct truth *t, struct space *s, u32 addr)
{
	struct range *r = find_range(s, addr), *tail;

	if (!r || r->start == addr)
		return;
	tail = truth_take(t, sizeof(*tail));
	if (!tail)
		return;
	*tail = *r;
	tail->start = addr;
	tail->pgoff += (addr - r->start) >> PAGE_SHIFT;
	r->end = addr - 1;
	r->next = tail;
}

void truth_unmap(struct truth *t, u32 space, u32 start, u32 len)
{
	struct space *s = truth_space(t, space);
	u32 last = start + len - 1;
	struct range **at, *r;

	if (!s || !len)
		return;
	split_at(t, s, start);
	if (last != UINT32_MAX)
		split_at(t, s, last + 1);
	for (at = &s->ranges; (r = *at) && r->start <= last;) {
		if (r->end < start) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		truth_give(t, r, sizeof(*r));
	}
	truth_pages_forget(t, &s->pages, start >> PAGE_SHIFT, last >> PAGE_SHIFT);
	truth_places_forget(t, s, start, last);
}

void truth_map(struct truth *t, u32 space, u32 start, u32 len, u32 flags, u32 inode, u32 pgoff)
{
	struct space *s = truth_space(t, space);
	struct range **at, *r;

	if (!s || !len)
		return;
	truth_unmap(t, space, start, len);
	r = truth_take(t, sizeof(*r));
	if (!r)
		return;
	*r = (struct range){
		.start = start, .end = start + len - 1,
		.flags = flags, .inode = inode, .pgoff = pgoff,
	};
	for (at = &s->ranges; *at && (*at)->start < start;)
		at = &(*at)->next;
	r->next = *at;
	*at = r;
}

void truth_protect(struct truth *t, u32 space, u32 start, u32 len, u32 flags)
{
	struct space *s = truth_space(t, space);
	u32 last = start + len - 1;
	struct range *r;

	if (!s || !len)
		return;
	split_at(t, s, start);
	if (last != UINT32_MAX)
		split_at(t, s, last + 1);
	for (r = s->ranges; r; r = r->next)
		if (r->start >= start && r->end <= last)
			r->flags = (r->flags & ~(TRUTH_READ | TRUTH_WRITE)) | flags;
}

void truth_forget(struct truth *t, u32 space, u32 start, u32 len)
{
	struct space *s = truth_space(t, space);

	if (s && len)
		truth_pages_forget(t, &s->pages, start >> PAGE_SHIFT,
				   (start + len - 1) >> PAGE_SHIFT);
}

void truth_grow(struct truth *t, u32 space, u32 from, u32 old_len, u32 new_len)
{
	const struct range *r = find_range(truth_space(t, space), from);

	if (r)
		truth_map(t, space, from + old_len, new_len - old_len, r->flags, r->inode,
			  range_pgoff(r, from + old_len));
}

void truth_move(struct truth *t, u32 space, u32 from, u32 old_len, u32 to, u32 new_len)
{
	struct space *s = truth_space(t, space);
	const struct range *r = find_range(s, from);
	u32 n;

	if (!r)
		return;
	truth_map(t, space, to, new_len, r->flags, r->inode, range_pgoff(r, from));
	n = (old_len < new_len ? old_len : new_len) >> PAGE_SHIFT;
	truth_pages_move(t, &s->pages, from >> PAGE_SHIFT, to >> PAGE_SHIFT, n);
	if (s->places)
		truth_pages_move(t, s->places, from >> PAGE_SHIFT, to >> PAGE_SHIFT, n);
	truth_unmap(t, space, from, old_len);
}

bool truth_mapped(const struct truth *t, u32 space, u32 addr)
{
	return find_range(truth_space(t, space), addr) != NULL;
}

u32 truth_flags(const struct truth *t, u32 space, u32 addr)
{
	const struct range *r = find_range(truth_space(t, space), addr);

	return r ? r->flags : 0;
}

/* -- files ------------------------------------------------------------------------------------ */

static struct file_truth *find_file(const struct truth *t, u32 inode)
{
	struct file_truth *f = t->files;

	while (f && f->inode != inode)
		f = f->next;
	return f;
}

void truth_file_new(struct truth *t, u32 inode, u32 nr_pages, u64 first_tag)
{
	struct file_truth *f = truth_take(t, sizeof(*f));

	if (!f)
		return;
	f->inode = inode;
	f->nr_pages = nr_pages;
	f->first_tag = first_tag;
	f->next = t->files;
	t->files = f;
}

void truth_file_gone(struct truth *t, u32 inode)
{
	struct file_truth **at = &t->files, *f;

	while (*at && (*at)->inode != inode)
		at = &(*at)->next;
	f = *at;
	if (!f)
		return;
	*at = f->next;
	truth_pages_free(t, &f->pages);
	truth_give(t, f, sizeof(*f));
}

static struct expected expect_file(const struct truth *t, u32 inode, u32 pgoff)
{
	const struct file_truth *f = find_file(t, inode);
	const struct stored *page = NULL;

	if (f && pgoff < ALL_PAGES)
		page = truth_page_find(&f->pages, pgoff);
	if (page)
		return (struct expected){ page->tag, page };
	return (struct expected){ f && pgoff < f->nr_pages ? f->first_tag + pgoff : 0, NULL };
}

/* A store to a page that so far is what `was` says. */
static void store_to(struct truth *t, struct pages *pages, u32 index, struct expected was, u64 tag)
{
	struct stored *page = index < ALL_PAGES ? truth_page_make(t, pages, index) : NULL;

	if (!page)
		return;
	if (!page->there && was.stored && !truth_page_copy(t, page, was.stored))
		return;
	page->there = true;
	page->tag = tag;
}

void truth_file_store(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 word, u64 tag)
{
	struct file_truth *f = find_file(t, inode);
	struct stored *page;

	if (!f)
		return;
	store_to(t, &f->pages, pgoff, (struct expected){ 0, NULL }, tag);
	page = truth_page_find(&f->pages, pgoff);
	if (page)
		truth_word_store(t, page, off, word);
}

/* Pages of private mappings that lie behind the end of their file. */
static void truncate_space(struct truth *t, struct space *s, u32 inode, u32 nr_pages)
{
	const struct range *r;

	for (r = s->ranges; r; r = r->next) {
		u32 keep = r->pgoff < nr_pages ? nr_pages - r->pgoff : 0;
		bool reaches = keep <= (r->end - r->start) >> PAGE_SHIFT;

		if (r->flags & TRUTH_FILE && r->inode == inode && reaches)
			truth_pages_forget(t, &s->pages, (r->start >> PAGE_SHIFT) + keep,
				     r->end >> PAGE_SHIFT);
	}
}

void truth_file_truncate(struct truth *t, u32 inode, u32 nr_pages)
{
	struct file_truth *f = find_file(t, inode);
	struct space *s;

	if (f && f->nr_pages > nr_pages)
		f->nr_pages = nr_pages;
	if (f)
		truth_pages_forget(t, &f->pages, nr_pages, ALL_PAGES - 1);
	for (s = t->spaces; s; s = s->next)
		truncate_space(t, s, inode, nr_pages);
}

/* The word that off lies in keeps its first bytes. */
void truth_file_zero_tail(struct truth *t, u32 inode, u32 pgoff, u32 off, u64 tag)
{
	struct file_truth *f = find_file(t, inode);
	struct stored *page;
	u32 i;

	if (!f)
		return;
	store_to(t, &f->pages, pgoff, (struct expected){ 0, NULL }, tag);
	page = truth_page_find(&f->pages, pgoff);
	for (i = 0; page && i < page->nr_words; i++) {
		struct word *w = &page->words[i];

		if (w->off >= off)
			w->value = 0;
		else if (off - w->off < 4)
			w->value &= (1u << 8 * (off - w->off)) - 1;
	}
}

/* -- loads and stores through the MMU --------------------------------------------------------- */

static struct expected expect_mapped(const struct truth *t, const struct space *s,
				     const struct range *r, u32 addr)
{
	const struct stored *page = truth_page_find(&s->pages, addr >> PAGE_SHIFT);

	if (page && !(r->flags & TRUTH_SHARED))
		return (struct expected){ page->tag, page };
	if (r->flags & TRUTH_FILE)
		return expect_file(t, r->inode, (u32)truth_shown_at(s, r, addr));
	return (struct expected){ 0, NULL };
}

void truth_copy(struct truth *t, u32 space, u32 addr)
{
	struct space *s = truth_space(t, space);
	const struct range *r = find_range(s, addr);
	struct expected now;

	if (!r || r->flags & TRUTH_SHARED || truth_page_find(&s->pages, addr >> PAGE_SHIFT))
		return;
	now = expect_mapped(t, s, r, addr);
	store_to(t, &s->pages, addr >> PAGE_SHIFT, now, now.tag);
}

static bool lost(struct truth *t, const char *text, struct loss loss)
{
	if (t->m->report.kind == REPORT_NONE)
		t->loss = loss;
	report_set(t->m, REPORT_CONTENT, NULL, text,
		   (u64[4]){ loss.space, loss.at, loss.want_word, loss.found_word });
	return false;
}

void truth_store(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag)
{
	struct space *s = truth_space(t, space);
	const struct range *r = find_range(s, addr);
	struct file_truth *f = r && r->flags & TRUTH_SHARED ? find_file(t, r->inode) : NULL;
	u64 shown = r && f ? truth_shown_at(s, r, addr) : addr >> PAGE_SHIFT;
	u32 index = (u32)shown;
	struct pages *pages = f ? &f->pages : s ? &s->pages : NULL;
	struct stored *page;

	if (!r || !(r->flags & TRUTH_WRITE)) {
		lost(t, r ? "a store to a read-only page went through"
			  : "a store where nothing is mapped went through",
		     (struct loss){ .space = space, .at = addr, .word = word, .found_word = value,
				    .found_tag = tag });
		return;
	}
	if (shown == ORPHAN)
		return;
	store_to(t, pages, index, expect_mapped(t, s, r, addr), tag);
	page = truth_page_find(pages, index);
	if (page && word)
		truth_word_store(t, page, addr & ~PAGE_MASK, value);
}

/* Did a disk fail, and is this kernel known to lose what it had? Then it is said each time somebody
 * comes across it, and no fault of ours. */
static bool known_loss(const struct truth *t, const struct loss *loss)
{
	u64 marks = loss->found_tag & t->m->own_losses;

	if (!marks)
		return false;
	count(content_lost);
	EV(CONTENT_LOST, loss->space, loss->at, (marks & CONTENT_NOT_READ) != 0,
	   (marks & CONTENT_NOT_SWAPPED) == 0, (marks & CONTENT_SWAPPED_OFF) != 0);
	return true;
}

static bool compare(struct truth *t, struct expected want, struct loss loss)
{
	loss.want_tag = want.tag;
	if (loss.word)
		loss.want_word = truth_word(want.stored, loss.at & ~PAGE_MASK);
	if (!((loss.found_tag ^ loss.want_tag) & ~CONTENT_LOST) &&
	    loss.found_word == loss.want_word)
		return true;
	return known_loss(t, &loss) || lost(t, "content was lost", loss);
}

bool truth_load(struct truth *t, u32 space, u32 addr, bool word, u32 value, u64 tag)
{
	const struct space *s = truth_space(t, space);
	const struct range *r = find_range(s, addr);
	struct loss loss = {
		.space = space, .at = addr, .word = word, .found_word = value, .found_tag = tag,
	};

	if (!r || !(r->flags & TRUTH_READ))
		return lost(t, r ? "a load from a page without access went through"
				 : "a load where nothing is mapped went through", loss);
	if (truth_shown_at(s, r, addr) == ORPHAN)
		return true;
	return compare(t, expect_mapped(t, s, r, addr), loss);
}

bool truth_file_load(struct truth *t, u32 inode, u32 pgoff, u32 off, u32 value, u64 tag)
{
	return compare(t, expect_file(t, inode, pgoff), (struct loss){
		.inode = inode, .at = (pgoff << PAGE_SHIFT) + off, .word = true,
		.found_word = value, .found_tag = tag,
	});
}

struct visit_all {
	void (*fn)(void *arg, u32 space, u32 inode, u32 page, u64 tag);
	void *arg;
	u32 space, inode;
};

static void visit_one(void *arg, u32 index, u64 tag)
{
	const struct visit_all *v = arg;

	v->fn(v->arg, v->space, v->inode, index, tag);
}

void truth_each(const struct truth *t,
		void (*fn)(void *arg, u32 space, u32 inode, u32 page, u64 tag), void *arg)
{
	const struct file_truth *f;
	const struct space *s;

	for (s = t->spaces; s; s = s->next)
		truth_pages_visit(&s->pages, visit_one,
				  &(struct visit_all){ fn, arg, s->id, 0 });
	for (f = t->files; f; f = f->next)
		truth_pages_visit(&f->pages, visit_one,
				  &(struct visit_all){ fn, arg, 0, f->inode });
}

/* -- the report ------------------------------------------------------------------------------- */

static int describe_place(const struct machine *m, const struct loss *l, char *buf, size_t n)
{
	if (l->inode)
		return snprintf(buf, n, "file %u at offset %u", l->inode, l->at);
	return snprintf(buf, n, "%s (pid %u) at %08x", thread_name(m, l->space), l->space, l->at);
}

int truth_describe(const struct machine *m, char *buf, size_t n)
{
	const struct loss *l = &m->truth->loss;
	char place[64];

	describe_place(m, l, place, sizeof(place));
	if (l->word && l->want_word != l->found_word)
		return snprintf(buf, n, "%s: expected the word %u, found %u", place, l->want_word,
				l->found_word);
	return snprintf(buf, n, "%s: expected content %llu, found content %llu", place,
			(unsigned long long)l->want_tag, (unsigned long long)l->found_tag);
}
