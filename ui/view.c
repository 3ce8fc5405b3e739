/* SPDX-License-Identifier: GPL-2.0-only */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "theme.h"

#define MANY 64

/* --- now ---------------------------------------------------------------------------------- */

static void drop_selection(struct selection *sel)
{
	memset(sel, 0, sizeof(*sel));
}

/* A pte that lost its page keeps the cursor; a page that lost its pte keeps it too. */
static void refresh_selection(struct view *v)
{
	struct selection *sel = &v->sel;
	struct page_view page;
	struct task_view task;

	if (sel->has_page && !inspect_page(v->m, sel->pfn, &page))
		sel->has_page = false;
	if (sel->has_address && !inspect_task(v->m, sel->pid, &task))
		sel->has_address = false;
}

void view_update(struct view *v, struct session *s)
{
	const struct machine *m = session_focus(s);

	v->session = s;
	v->tick = session_tick(s);
	v->event = v->tick ? session_event(s, v->tick, NULL) : NULL;
	if (m != v->m)
		drop_selection(&v->sel);
	v->m = m;
	if (m)
		refresh_selection(v);
}

/* --- the selection ------------------------------------------------------------------------ */

static void select_slot_of(struct selection *sel, const struct pte_view *pte)
{
	sel->has_slot = pte->swap;
	sel->swap_type = pte->swap_type;
	sel->swap_slot = pte->swap_offset;
}

void view_select_page(struct view *v, uint32_t pfn)
{
	struct selection *sel = &v->sel;
	struct mapping_view map;
	struct page_view page;

	if (!v->m || !inspect_page(v->m, pfn, &page))
		return;
	sel->has_page = true;
	sel->pfn = pfn;
	sel->pde = false;
	sel->has_slot = page.swapcache;
	sel->swap_type = page.swap_type;
	sel->swap_slot = page.swap_offset;
	sel->has_address = inspect_mappers(v->m, pfn, &map, 1) > 0;
	if (sel->has_address) {
		sel->pid = map.pid;
		sel->address = map.address;
	}
}

void view_select_pte(struct view *v, uint32_t pid, uint32_t address)
{
	struct selection *sel = &v->sel;
	struct pte_view pte;

	sel->has_address = true;
	sel->pid = pid;
	sel->address = address & ~(PAGE_SIZE - 1);
	sel->has_slot = false;
	if (!v->m || !inspect_pte(v->m, pid, sel->address, &pte))
		return;
	select_slot_of(sel, &pte);
	if (pte.present) {
		sel->has_page = true;
		sel->pfn = pte.pfn;
	}
}

void view_select_slot(struct view *v, uint32_t type, uint32_t slot)
{
	v->sel.has_slot = true;
	v->sel.swap_type = type;
	v->sel.swap_slot = slot;
}

/* Which operands of an event name a page, and which a process and an address: see event_kinds.h. */
static bool sentence_operand(const char *sentence, const char *as, uint32_t *operand)
{
	const char *at = strstr(sentence, as);

	if (!at || at - sentence < 2)
		return false;
	*operand = (uint32_t)(at[-1] - '0');
	return *operand < 6;
}

void view_follow_event(struct view *v)
{
	const char *sentence;
	uint32_t page, task, address;

	if (!v->event || !v->m)
		return;
	sentence = event_kind_rows[v->event->kind].sentence;
	if (sentence_operand(sentence, ":task}'s pte", &task) &&
	    sentence_operand(sentence, ":addr}", &address))
		view_select_pte(v, v->event->a[task], v->event->a[address]);
	if (sentence_operand(sentence, ":page}", &page) && v->event->a[page] < v->m->nr_frames) {
		v->sel.has_page = true;
		v->sel.pfn = v->event->a[page];
	}
}

/* --- the past ----------------------------------------------------------------------------- */

static bool past_allocate(struct past *p)
{
	if (p->pages)
		return true;
	p->pages = calloc(PAST_FRAMES, sizeof(*p->pages));
	p->letters = calloc(PAST_FRAMES, 1);
	p->active = calloc(PAST_LIST, sizeof(*p->active));
	p->inactive = calloc(PAST_LIST, sizeof(*p->inactive));
	p->ptes = calloc(PAST_PTES, sizeof(*p->ptes));
	p->slots = calloc(PAST_LIST, sizeof(*p->slots));
	return p->pages && p->letters && p->active && p->inactive && p->ptes && p->slots;
}

static void remember_ptes(struct past *p, const struct machine *m)
{
	struct task_view tasks[MANY];
	uint32_t n = inspect_tasks(m, tasks, MANY);
	struct pte_view pte;

	p->nr_ptes = 0;
	for (uint32_t i = 0; i < n && i < MANY; i++) {
		uint32_t address = 0;

		while (p->nr_ptes < PAST_PTES &&
		       inspect_next_pte(m, tasks[i].pid, &address, &pte)) {
			p->ptes[p->nr_ptes++] = (struct past_pte){ tasks[i].pid, address, pte.raw };
			address += PAGE_SIZE;
		}
	}
}

static uint32_t at_most(uint32_t n, uint32_t limit)
{
	return n < limit ? n : limit;
}

void view_remember(struct view *v)
{
	struct past *p = &v->past;
	const struct machine *m = v->m;
	static struct slot_view slots[PAST_LIST];

	p->valid = false;
	if (!m || !past_allocate(p))
		return;
	p->m = m;
	p->now = m->now;
	p->nr_frames = at_most(m->nr_frames, PAST_FRAMES);
	for (uint32_t pfn = 0; pfn < p->nr_frames; pfn++)
		inspect_page(m, pfn, &p->pages[pfn]);
	inspect_frames(m, 0, p->letters, p->nr_frames);
	p->nr_active = at_most(inspect_lru_list(m, true, p->active, PAST_LIST), PAST_LIST);
	p->nr_inactive = at_most(inspect_lru_list(m, false, p->inactive, PAST_LIST), PAST_LIST);
	p->nr_slots = at_most(inspect_swap_map(m, 0, 0, slots, PAST_LIST), PAST_LIST);
	for (uint32_t slot = 0; slot < p->nr_slots; slot++)
		p->slots[slot] = (uint16_t)slots[slot].raw;
	inspect_zones(m, p->zones, 3);
	remember_ptes(p, m);
	p->valid = true;
}

void view_free(struct view *v)
{
	struct past *p = &v->past;

	free(p->pages);
	free(p->letters);
	free(p->active);
	free(p->inactive);
	free(p->ptes);
	free(p->slots);
	memset(p, 0, sizeof(*p));
}

static bool comparable(const struct view *v)
{
	return v->past.valid && v->past.m == v->m;
}

const struct page_view *view_past_page(const struct view *v, uint32_t pfn)
{
	return comparable(v) && pfn < v->past.nr_frames ? &v->past.pages[pfn] : NULL;
}

bool view_frame_changed(const struct view *v, uint32_t pfn)
{
	const struct page_view *was = view_past_page(v, pfn);
	struct page_view is;

	if (!was || !inspect_page(v->m, pfn, &is))
		return false;
	return was->use != is.use || was->flags != is.flags || was->count != is.count ||
	       was->mapcount != is.mapcount || was->lru != is.lru || was->tag != is.tag;
}

bool view_pte_changed(const struct view *v, uint32_t pid, uint32_t address, uint64_t raw)
{
	const struct past *p = &v->past;

	if (!comparable(v))
		return false;
	for (uint32_t i = 0; i < p->nr_ptes; i++)
		if (p->ptes[i].pid == pid && p->ptes[i].address == address)
			return p->ptes[i].raw != raw;
	return raw != 0 && p->nr_ptes < PAST_PTES;
}

bool view_slot_changed(const struct view *v, uint32_t slot, uint16_t users)
{
	return comparable(v) && slot < v->past.nr_slots && v->past.slots[slot] != users;
}

bool view_list_changed(const struct view *v, bool active, uint32_t pfn)
{
	const struct past *p = &v->past;
	const uint32_t *list = active ? p->active : p->inactive;
	uint32_t n = active ? p->nr_active : p->nr_inactive;

	if (!comparable(v))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == pfn)
			return false;
	return true;
}

/* --- words for values --------------------------------------------------------------------- */

void view_pte_text(uint64_t raw, char *buf, size_t n)
{
	if (raw == 0)
		snprintf(buf, n, "-");
	else if (raw & 1)
		snprintf(buf, n, "P %s %c %c", raw & 2 ? "rw" : "r-", raw & 0x20 ? 'A' : '-',
			 raw & 0x40 ? 'D' : '-');
	else if ((uint32_t)raw == 0) /* PAE from 2.6.9 on */
		snprintf(buf, n, "slot %u:%u", (unsigned)(raw >> 32 & 0x1f), (unsigned)(raw >> 37));
	else
		snprintf(buf, n, "slot %u:%u", (unsigned)(raw >> 1 & 0x3f), (unsigned)(raw >> 8));
}

uint8_t view_use_style(uint8_t use)
{
	static const uint8_t styles[NR_FRAME_USES] = {
		[FRAME_FREE] = STYLE_FREE, [FRAME_RESERVED] = STYLE_KERNEL,
		[FRAME_ZERO] = STYLE_KERNEL, [FRAME_PGD] = STYLE_TABLE,
		[FRAME_PTE] = STYLE_TABLE, [FRAME_CHAIN] = STYLE_KERNEL,
		[FRAME_SLAB] = STYLE_KERNEL, [FRAME_ANON] = STYLE_ANON,
		[FRAME_FILE] = STYLE_FILE, [FRAME_SWAPCACHE] = STYLE_SWAP,
		[FRAME_KERNEL] = STYLE_KERNEL,
	};

	return use < NR_FRAME_USES ? styles[use] : STYLE_PLAIN;
}
