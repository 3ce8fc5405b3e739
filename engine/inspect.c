/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames and machine-wide figures as plain values. */
#include "inspect_impl.h"
#include <stdio.h>
#include <string.h>
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/pgtable.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"
#include "sim/truth.h"

const struct frame_use_row frame_use_rows[NR_FRAME_USES] = {
	[FRAME_FREE] = { '.', "free" },
	[FRAME_RESERVED] = { 'k', "reserved" },
	[FRAME_ZERO] = { '0', "zero page" },
	[FRAME_PGD] = { 'd', "page directory" },
	[FRAME_PTE] = { 't', "page table" },
	[FRAME_CHAIN] = { 'c', "pte chains" },
	[FRAME_SLAB] = { 'b', "slab" },
	[FRAME_ANON] = { 'a', "anonymous" },
	[FRAME_FILE] = { 'f', "file" },
	[FRAME_SWAPCACHE] = { 's', "swap cache" },
	[FRAME_KERNEL] = { 'k', "kernel" },
};

const struct page *inspect_frame(const struct machine *m, u32 pfn)
{
	return m->vm && m->vm->mem_map && pfn < m->nr_frames ? &m->vm->mem_map[pfn] : NULL;
}

struct mm_struct *inspect_mm(const struct machine *m, u32 pid)
{
	const struct task_struct *t = thread_by_pid(m, pid);
	struct list_head *pos;

	if (t && t->mm)
		return t->mm;
	if (!m->vm || !pid)
		return NULL;
	list_for_each(pos, &m->vm->mms) {
		struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		if (mm->pid == pid)
			return mm;
	}
	return NULL;
}

static bool is_directory_of(const struct machine *m, const struct mm_struct *mm, u32 pfn)
{
	u32 i;

	for (i = 0; i < nr_directories(m); i++)
		if (directory_at(m, mm_cr3(mm), i) == machine_ram(m, pfn))
			return true;
	return false;
}

struct mm_struct *inspect_mm_of_pgd(const struct machine *m, u32 pfn)
{
	struct list_head *pos;

	list_for_each(pos, &m->vm->mms) {
		struct mm_struct *mm = list_entry(pos, struct mm_struct, mms);

		if (is_directory_of(m, mm, pfn))
			return mm;
	}
	return NULL;
}

/* A frame whose bytes exist although nobody stored words in it is the kernel's own. */
static bool is_table_frame(const struct machine *m, u32 pfn)
{
	return region_frame_real(m->region, pfn) && !content_words(m, pfn);
}

static enum frame_use table_use(const struct page *page)
{
	switch (page->private) {
	case PGD_TABLE_PAGE:
		return FRAME_PGD;
	case PTE_TABLE_PAGE:
		return FRAME_PTE;
	case PTE_CHAIN_PAGE:
		return FRAME_CHAIN;
	default:
		return FRAME_KERNEL;
	}
}

static enum frame_use data_use(const struct machine *m, const struct page *page)
{
	if (page_swapcache_of(m->vm, page))
		return FRAME_SWAPCACHE;
	if (page_mapping_of(m->vm, page))
		return FRAME_FILE;
	if (PageLRU(page) || rmap_of(m->vm)->mapcount(m, page))
		return FRAME_ANON;
	return FRAME_KERNEL;
}

enum frame_use inspect_use(const struct machine *m, u32 pfn)
{
	const struct page *page = &m->vm->mem_map[pfn];

	if (pfn == m->vm->zero_pfn)
		return FRAME_ZERO;
	if (PageReserved(page))
		return FRAME_RESERVED;
	if (page_count(page) == 0)
		return FRAME_FREE;
	if (PageSlab(page))
		return FRAME_SLAB;
	return is_table_frame(m, pfn) ? table_use(page) : data_use(m, page);
}

/* Whose page table or directory it is. */
static void view_table(const struct machine *m, u32 pfn, const struct page *page,
		       struct page_view *out)
{
	const struct mm_struct *mm = NULL;

	if (out->use == FRAME_PTE && page->mapping) {
		mm = (const struct mm_struct *)(const void *)page->mapping;
		out->table_address = page->index;
	} else if (out->use == FRAME_PGD) {
		mm = inspect_mm_of_pgd(m, pfn);
		out->table_address = m->pae ? page->index : 0;
	}
	if (mm)
		out->table_pid = mm->pid;
}

/* What the word is called that says who maps the page: see mm/page.h. */
static void view_word(const struct kernel *kernel, const struct page *page, struct page_view *out)
{
	bool chained = kernel->anon_mark == ANON_UNMARKED ||
		       (kernel->anon_mark == ANON_CHAINED && test_bit(PG_anon, &page->flags));

	if (kernel->rmap->blind)
		return;
	out->word_counts = !chained;
	if (!chained)
		out->word = kernel->anon_mark == ANON_MAPPING_BIT ? "_mapcount" : "mapcount";
	else if (!kernel->nonlinear)
		out->word = "pte_chain";
	else
		out->word = PageDirect(page) ? "pte.direct" : "pte.chain";
}

u32 inspect_place(const struct machine *m, const void *p)
{
	return p ? (u32)((const char *)p - (const char *)m->region) & ~1u : 0;
}

static void view_anon(const struct machine *m, const struct page *page, struct page_view *out)
{
	out->anon = page_anon_of(m->vm, page);
	if (out->anon && page->mapping != &m->vm->swapper_space &&
	    m->vm->kernel->anon_mark >= ANON_FLAG)
		out->anon_id = inspect_place(m, page->mapping);
}

static void view_cache(const struct machine *m, const struct page *page, struct page_view *out)
{
	swp_entry_t entry = page_swap_entry_of(m->vm, page);

	if (out->use == FRAME_FILE && page->mapping->host)
		out->mapping_inode = page->mapping->host->i_ino;
	out->swapcache = page_swapcache_of(m->vm, page);
	if (out->swapcache) {
		out->swap_type = SWP_TYPE(entry);
		out->swap_offset = SWP_OFFSET(entry);
	}
}

static void view_private(const struct machine *m, const struct page *page,
			 struct page_view *out)
{
	if (out->use == FRAME_FILE ||
	    (out->use == FRAME_SWAPCACHE && !m->vm->kernel->swapcache_flag))
		return; /* the link of a cached page shares its place */
	if (page_is_buddy(page))
		out->order = page_buddy_order(page);
	out->private = page->private;
}

bool inspect_page(const struct machine *m, u32 pfn, struct page_view *out)
{
	const struct page *page = inspect_frame(m, pfn);

	if (!page)
		return false;
	*out = (struct page_view){
		.pfn = pfn,
		.use = (u8)inspect_use(m, pfn),
		.zone = (u8)page_zone_index(page),
		.lru = PageLRU(page) ? 1 + PageActive(page) : 0,
		.flags = page->flags & ((1u << ZONE_SHIFT) - 1),
		.count = page_count(page),
		.mapcount = rmap_of(m->vm)->mapcount(m, page),
		.mapcount_known = !rmap_of(m->vm)->blind,
		.index = page->index,
		.chain = page->pte_chain,
		.tag = content_tag(m, pfn),
		.has_words = content_words(m, pfn) != NULL,
	};
	view_word(m->vm->kernel, page, out);
	view_anon(m, page, out);
	view_table(m, pfn, page, out);
	view_cache(m, page, out);
	view_private(m, page, out);
	return true;
}

u32 inspect_frames(const struct machine *m, u32 first, char *out, u32 n)
{
	u32 i;

	for (i = 0; i < n && inspect_frame(m, first + i); i++) {
		char c = frame_use_rows[inspect_use(m, first + i)].letter;
		bool active = PageActive(inspect_frame(m, first + i));

		out[i] = active && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return i;
}

static const struct flag_name {
	u32 bit;
	const char *name;
} flag_names[] = {
#define X(name, bit) { bit, #name },
	PAGE_FLAGS(X)
#undef X
};

int inspect_flags(u32 flags, char *out, size_t n)
{
	int len = 0;
	u32 i;

	if (n)
		out[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(flag_names); i++) {
		size_t at = (size_t)len < n ? (size_t)len : n;

		if (flags >> flag_names[i].bit & 1)
			len += snprintf(out + at, n - at, "%s%s", len ? " " : "",
					flag_names[i].name);
	}
	return len;
}

/* These two the processors count themselves, so that a hit touches nothing but its set. */
static u64 cpu_accesses(const struct machine *m)
{
	u64 n = 0;
	u32 i;

	for (i = 0; i < m->config.cpus; i++)
		n += m->cpus[i] ? m->cpus[i]->hits + m->cpus[i]->walks : 0;
	return n;
}

u64 inspect_counter(const struct machine *m, const char *name, bool *known)
{
	const struct counter_row *row;

	*known = true;
	if (!strcmp(name, "accesses"))
		return cpu_accesses(m);
	for (row = counter_rows; row->name; row++)
		if (!strcmp(row->name, name))
			return *(const u64 *)((const char *)&m->counters + row->offset);
	*known = false;
	return 0;
}

void inspect_memory(const struct machine *m, u64 *region, u64 *truth, u64 *words)
{
	u64 n = 0;
	u32 pfn;

	for (pfn = 0; pfn < m->nr_frames; pfn++)
		n += content_words(m, pfn) != NULL;
	*region = m->region->live + ((u64)m->region->nr_real << PAGE_SHIFT);
	*truth = m->truth ? truth_bytes(m->truth) : 0;
	*words = n << PAGE_SHIFT;
}
