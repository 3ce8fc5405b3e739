/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view: what all panes look at together: the session, the machine in focus, the object that is
 * selected, and what things were like at the stop before, so that changes can be marked.
 *
 *	session ---> machine (const) ---> inspect_*() ---> pane ---> canvas
 *	selection --------------------------------------------^
 *	past (values copied at the stop before) --------------^
 */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "engine.h"
#include "session.h"

/* The object every pane lights up, between ‹ and ›. Selecting one kind fills in the others. */
struct selection {
	bool has_page, has_address;
	uint32_t pfn;
	uint32_t pid, address;	/* of a pte: page aligned */
	bool pde;		/* the cursor is on the directory entry, not on the pte */
	uint32_t swap_type, swap_slot;
	bool has_slot;
};

#define PAST_FRAMES 4096	/* machines beyond this are not compared frame by frame */
#define PAST_LIST 4096
#define PAST_PTES 8192

struct past_pte {
	uint32_t pid, address;
	uint64_t raw;
};

/* Values as they were at the stop before. Host memory, owned by the view. */
struct past {
	bool valid;
	const struct machine *m;
	uint32_t nr_frames, nr_active, nr_inactive, nr_ptes, nr_slots;
	struct page_view *pages;
	char *letters;
	uint32_t *active, *inactive;
	struct past_pte *ptes;
	uint16_t *slots;	/* what stands for each slot of area 0 */
	struct zone_view zones[3];
	uint64_t now;
};

struct view {
	struct session *session;	/* only read by panes */
	const struct machine *m;	/* NULL: no machine yet */
	const struct event *event;	/* the one that just happened, or NULL */
	uint64_t tick;
	struct selection sel;
	struct past past;
	uint32_t scroll[24];		/* by pane: lines scrolled, 0 = where it wants to be */
};

/* Look at the session as it stands now. Keeps the selection where it still means something. */
void view_update(struct view *v, struct session *s);
/* Copy what panes compare with. Call before leaving a stop. Nothing happens without memory. */
void view_remember(struct view *v);
void view_free(struct view *v);

/* Select; the rest of the selection follows (a page: its first mapping; a pte: its page). */
void view_select_page(struct view *v, uint32_t pfn);
void view_select_pte(struct view *v, uint32_t pid, uint32_t address);
void view_select_slot(struct view *v, uint32_t type, uint32_t slot);
/* What the current event is about becomes the selection, when it is about something. */
void view_follow_event(struct view *v);

/* Has it changed since the stop before? false when that is not known. */
bool view_frame_changed(const struct view *v, uint32_t pfn);
bool view_pte_changed(const struct view *v, uint32_t pid, uint32_t address, uint64_t raw);
bool view_slot_changed(const struct view *v, uint32_t slot, uint16_t users);
bool view_list_changed(const struct view *v, bool active, uint32_t pfn);
/* The page as it was, or NULL. */
const struct page_view *view_past_page(const struct view *v, uint32_t pfn);

/* "P rw A D" in four fixed fields, or "slot 0:17", or "-". */
void view_pte_text(uint64_t raw, char *buf, size_t n);
/* The style of a frame's use: one hue in every pane. */
uint8_t view_use_style(uint8_t use);

#endif
