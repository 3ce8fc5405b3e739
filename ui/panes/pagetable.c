/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables of the selected process: the entries of the directory that are not empty, and
 * under each the entries of its table that are not empty (and the selected one, empty or not).
 *
 *	CR3 ▸ directory, frame 12
 *	 pde 256 40000000  P rw A D ▸ 13
 *	     pte   0 40000000  P rw A D ▸ 14
 *	    ‹pte   2 40002000› -
 *
 * With PAE the first line names the four pmds, which are the directories then, and their entries
 * count through: CR3 ▸ pgd 9+020 ▸ pmds c d e -
 */
#include "pane.h"

#include <stdio.h>

#define MANY 512

struct entry {
	bool pde;
	uint32_t address;
	uint64_t raw;
};

/* The process whose tables are shown: the selected one, else the first there is. */
static bool subject(const struct view *v, uint32_t *pid)
{
	struct task_view tasks[32];
	uint32_t n;

	if (!v->m)
		return false;
	*pid = v->sel.pid;
	if (v->sel.has_address)
		return true;
	n = inspect_tasks(v->m, tasks, 32);
	for (uint32_t i = 0; i < n && i < 32; i++)
		if (tasks[i].process) {
			*pid = tasks[i].pid;
			return true;
		}
	return false;
}

static uint32_t add(struct entry *out, uint32_t n, bool pde, uint32_t address, uint64_t raw)
{
	if (n < MANY)
		out[n++] = (struct entry){ pde, address, raw };
	return n;
}

/* The selected address has a line even when its entry is empty. */
static uint32_t add_selected(const struct view *v, struct entry *out, uint32_t n, uint32_t from,
			     uint32_t to)
{
	uint32_t at = v->sel.address, shift = inspect_table_shift(v->m);

	if (!v->sel.has_address || v->sel.pde || at < from || at >= to)
		return n;
	if ((at >> shift) != (from >> shift) || from == at)
		return n;
	return add(out, n, false, at, 0);
}

static uint32_t entries(const struct view *v, uint32_t pid, struct entry *out)
{
	uint32_t n = 0, address = 0, last_dir = ~0u, last = 0, pgd;
	uint32_t shift = inspect_table_shift(v->m);
	struct pte_view pte;
	uint64_t raw;

	while (n < MANY && inspect_next_pte(v->m, pid, &address, &pte)) {
		if (address >> shift != last_dir) {
			last_dir = address >> shift;
			last = last_dir << shift;
			inspect_pde(v->m, pid, address, &raw, &pgd);
			n = add(out, n, true, last, raw);
		}
		n = add_selected(v, out, n, last, address);
		n = add(out, n, false, address, pte.raw);
		last = address + PAGE_SIZE;
		address += PAGE_SIZE;
	}
	if (last)
		n = add_selected(v, out, n, last, (last_dir + 1) << shift);
	return n;
}

static bool is_selected(const struct view *v, const struct entry *e)
{
	return v->sel.has_address && v->sel.pde == e->pde && v->sel.address == e->address;
}

static int selected_index(const struct view *v, const struct entry *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (is_selected(v, &list[i]))
			return (int)i;
	return -1;
}

static void draw_entry(struct canvas *c, const struct view *v, uint32_t pid, const struct entry *e,
		       int y)
{
	bool on = is_selected(v, e), changed = view_pte_changed(v, pid, e->address, e->raw);
	uint32_t shift = inspect_table_shift(v->m);
	uint32_t index = e->pde ? e->address >> shift : (e->address & ((1u << shift) - 1)) >> 12;
	uint8_t style = on ? STYLE_SELECTED : STYLE_PLAIN;
	char pte[24];
	int x;

	view_pte_text(e->raw, pte, sizeof(pte));
	if (changed && !e->pde)
		style |= STYLE_CHANGED;
	x = canvas_printf(c, e->pde ? 0 : 2, y, style, "%s%s %4u %08x%s", on ? "‹" : " ",
			  e->pde ? "pde" : "pte", index, e->address, on ? "›" : " ");
	canvas_text(c, x, y, style, changed && !e->pde ? "•" : "");
	x = canvas_text(c, x + 1, y, STYLE_TABLE | (style & STYLE_CHANGED), pte);
	if (e->raw & 1)
		canvas_printf(c, x + 1, y, STYLE_DIM, "▸ %x",
			      (uint32_t)(e->raw >> 12));
}

/* The first line: where CR3 leads. false: nowhere. */
static bool draw_directory(struct canvas *c, const struct view *v, uint32_t pid)
{
	struct directory_view d;
	int x;

	if (!inspect_directory(v->m, pid, &d))
		return false;
	if (!d.pae) {
		canvas_printf(c, 0, 0, STYLE_TABLE, "CR3 ▸ directory, frame %x", d.pgd_pfn);
		return true;
	}
	x = canvas_printf(c, 0, 0, STYLE_TABLE, "CR3 ▸ pgd %x+%03x ▸ pmds", d.pgd_pfn, d.pgd_at);
	for (int i = 0; i < 4; i++)
		if (d.pmd_pfn[i])
			x = canvas_printf(c, x, 0, STYLE_TABLE, " %x", d.pmd_pfn[i]);
		else
			x = canvas_text(c, x, 0, STYLE_DIM, " -");
	return true;
}

static void draw(struct canvas *c, const struct view *v)
{
	static struct entry list[MANY];
	uint32_t pid, n;
	int rows = canvas_height(c) - 1, at, first = 0;

	if (!subject(v, &pid) || !draw_directory(c, v, pid)) {
		canvas_wrap(c, 0, STYLE_DIM, "No process has page tables.", true);
		return;
	}
	n = entries(v, pid, list);
	at = selected_index(v, list, n);
	if (at > rows / 2 && (int)n > rows)
		first = at - rows / 2 < (int)n - rows ? at - rows / 2 : (int)n - rows;
	for (int i = 0; i < rows && first + i < (int)n; i++)
		draw_entry(c, v, pid, &list[first + i], i + 1);
	if (n == 0)
		canvas_text(c, 1, 1, STYLE_DIM, "every entry is empty");
}

static void title(const struct view *v, char *buf, size_t n)
{
	uint32_t pid;

	if (subject(v, &pid))
		snprintf(buf, n, "%s", thread_name(v->m, pid));
}

static void select_entry(struct view *v, uint32_t pid, const struct entry *e)
{
	view_select_pte(v, pid, e->address);
	v->sel.pde = e->pde;
}

static bool move(struct view *v, enum action action)
{
	static struct entry list[MANY];
	int by = action == ACT_DOWN || action == ACT_RIGHT ? 1 :
		 action == ACT_UP || action == ACT_LEFT ? -1 :
		 action == ACT_PAGE_DOWN ? 8 : action == ACT_PAGE_UP ? -8 : 0;
	uint32_t pid, n;
	int at;

	if (by == 0 || !subject(v, &pid))
		return false;
	n = entries(v, pid, list);
	if (n == 0)
		return false;
	at = selected_index(v, list, n);
	at = at < 0 ? 0 : at + by;
	at = at < 0 ? 0 : at >= (int)n ? (int)n - 1 : at;
	select_entry(v, pid, &list[at]);
	return true;
}

const struct pane pane_pagetable = {
	.name = "pagetable",
	.what = "the page directory and page tables of the selected process",
	.title = title,
	.draw = draw,
	.move = move,
};
