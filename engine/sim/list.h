/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doubly linked lists, used as the kernel uses them. A link holds the distance in bytes to its
 * neighbour instead of an address: half the size on a 64-bit host (struct page has one per
 * frame), valid wherever the region lies, and a zeroed head is an empty list.
 */
#ifndef SIM_LIST_H
#define SIM_LIST_H

#include "types.h"

struct list_head {
	s32 next, prev; /* bytes from this head to the neighbour's; 0 is the head itself */
};

static inline struct list_head *list_next(const struct list_head *head)
{
	return (struct list_head *)((char *)(uintptr_t)head + head->next);
}

static inline struct list_head *list_prev(const struct list_head *head)
{
	return (struct list_head *)((char *)(uintptr_t)head + head->prev);
}

static inline void list_link(struct list_head *a, struct list_head *b)
{
	s32 distance = (s32)((char *)b - (char *)a);

	a->next = distance;
	b->prev = -distance;
}

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head->prev = 0;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == 0;
}

/* Insert entry right after head: it becomes the first of the list. */
static inline void list_add(struct list_head *entry, struct list_head *head)
{
	struct list_head *first = list_next(head);

	list_link(entry, first);
	list_link(head, entry);
}

/* Insert entry right before head: it becomes the last of the list. */
static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_add(entry, list_prev(head));
}

/* Unlink entry and leave it as an empty list of its own. */
static inline void list_del(struct list_head *entry)
{
	list_link(list_prev(entry), list_next(entry));
	INIT_LIST_HEAD(entry);
}

/* Move everything on list to right behind head; list is empty afterwards. */
static inline void list_splice_init(struct list_head *list, struct list_head *head)
{
	struct list_head *first = list_next(list), *last = list_prev(list);

	if (list_empty(list))
		return;
	list_link(last, list_next(head));
	list_link(head, first);
	INIT_LIST_HEAD(list);
}

#define list_entry(ptr, type, member) container_of(ptr, type, member)
#define list_for_each(pos, head) \
	for ((pos) = list_next(head); (pos) != (head); (pos) = list_next(pos))
#define list_for_each_prev(pos, head) \
	for ((pos) = list_prev(head); (pos) != (head); (pos) = list_prev(pos))

#endif
