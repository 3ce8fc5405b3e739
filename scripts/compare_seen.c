/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process sees of its address space, comparable between kernels.
 *
 * A kernel chooses the address of a mapping that was made without a place. Such a mapping is
 * remembered as a pair of addresses, and what lies in it is looked at where the first kernel has
 * it:
 *
 *	first kernel   |.....[ A ][ B ]...........................|   lowest gap first
 *	other kernel   |...........................[ B ][ A ].....|   highest gap first
 *	  as compared  |.....[ A ][ B ]...........................|
 */
#include "compare.h"
#include "session_priv.h"

#include <stdlib.h>
#include <string.h>

#define RIGHTS (VM_READ | VM_WRITE | VM_EXEC | VM_SHARED)

static u64 whole_pages(u64 bytes)
{
	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

/* -- processes --------------------------------------------------------------------------------- */

struct peer *peer_of(const struct compare *c, u32 run, u32 machine, u32 pid)
{
	u32 i = c->nr_peers;

	while (i-- > 0)
		if (c->peers[i].pid[run] == pid && c->peers[i].machine == machine)
			return &c->peers[i];
	return NULL;
}

bool peer_alive(const struct compare *c, u32 run, const struct peer *p)
{
	struct task_view v;

	return inspect_task(run_machine(c->runs[run], p->machine), p->pid[run], &v) &&
	       v.process && v.state != TASK_ZOMBIE;
}

/* The new process of task or fork; what its parent had at different places, it has there too. */
static void peer_add(struct compare *c, u32 parent_pid)
{
	const struct peer *parent;
	struct peer *p;

	c->peers = must_grow(c->peers, &c->room_peers, c->nr_peers + 1, sizeof(*p));
	p = &c->peers[c->nr_peers++];
	memset(p, 0, sizeof(*p));
	p->machine = c->runs[0]->index;
	for (u32 k = 0; k < c->n; k++)
		p->pid[k] = (u32)c->runs[k]->op.ret;
	parent = parent_pid ? peer_of(c, 0, p->machine, parent_pid) : NULL;
	p->apart = c->all_apart || (parent && parent->apart);
	if (!parent || !parent->nr_places)
		return;
	p->places = must_grow(NULL, &p->room_places, parent->nr_places, sizeof(*p->places));
	p->nr_places = parent->nr_places;
	memcpy(p->places, parent->places, p->nr_places * sizeof(*p->places));
}

/* -- places ------------------------------------------------------------------------------------ */

static void place_add(struct peer *p, const struct place *place)
{
	if (!place->len)
		return;
	p->places = must_grow(p->places, &p->room_places, p->nr_places + 1, sizeof(*place));
	p->places[p->nr_places++] = *place;
}

/* What is left of a place from `offset` on, len bytes. */
static struct place part_of(const struct place *place, u32 n, u32 offset, u32 len)
{
	struct place part = { .len = len };

	for (u32 k = 0; k < n; k++)
		part.at[k] = place->at[k] + offset;
	return part;
}

/* That range of a kernel's addresses is no longer what it was. */
static void places_cut(struct peer *p, u32 n, u32 run, u64 start, u64 len)
{
	u32 old = p->nr_places, kept = 0;

	if (!old)
		return;
	for (u32 i = 0; i < old; i++) {
		struct place place = p->places[i];
		u64 at = place.at[run], end = at + place.len;
		struct place below, above;

		if (start >= end || start + len <= at) {
			p->places[kept++] = place;
			continue;
		}
		below = part_of(&place, n, 0, start > at ? (u32)(start - at) : 0);
		above = part_of(&place, n, (u32)(start + len - at),
				start + len < end ? (u32)(end - start - len) : 0);
		place_add(p, &below);
		place_add(p, &above);
	}
	memmove(&p->places[kept], &p->places[old], (p->nr_places - old) * sizeof(*p->places));
	p->nr_places -= old - kept;
}

u32 place_on_first(const struct peer *p, u32 run, u32 address)
{
	for (u32 i = 0; i < p->nr_places; i++)
		if (address - p->places[i].at[run] < p->places[i].len)
			return address - p->places[i].at[run] + p->places[i].at[0];
	return address;
}

/* From `at` on, how far does the run of addresses go that lie together on the first kernel? */
static u32 together(const struct peer *p, u32 run, u32 at, u32 end)
{
	for (u32 i = 0; i < p->nr_places; i++) {
		const struct place *place = &p->places[i];
		u32 start = place->at[run], stop = start + place->len;

		if (at < start && start < end)
			end = start;
		if (at >= start && at < stop && stop < end)
			end = stop;
	}
	return end;
}

/* The place an address lies in; NULL: in none. */
static const struct place *place_of(const struct peer *p, u32 run, u32 address)
{
	for (u32 i = 0; i < p->nr_places; i++)
		if (address - p->places[i].at[run] < p->places[i].len)
			return &p->places[i];
	return NULL;
}

/* Do both ranges name the same mappings, page by page? */
static bool same_range(const struct peer *p, u32 run, u64 first, u64 other, u64 len)
{
	for (u64 done = 0, step; done < len; done += step) {
		u32 a = (u32)(first + done), b = (u32)(other + done), end;
		const struct place *place = place_of(p, 0, a);

		if (place != place_of(p, run, b) || place_on_first(p, run, b) != a)
			return false;
		end = (u32)(len - done > UINT32_MAX - a ? UINT32_MAX : a + (len - done));
		step = together(p, 0, a, end) - a;
		end = (u32)(b + step < b ? UINT32_MAX : b + step);
		step = together(p, run, b, end) - b;
		step = step ? step : len;
	}
	return true;
}

static bool takes_range(const struct op *op)
{
	const char *args = op_rows[op->kind].args;

	return !strncmp(args, "pid at len", 10) || !strncmp(args, "pid at old", 10);
}

bool same_reach(const struct compare *c, u32 run)
{
	const struct op *a = &c->runs[0]->op, *b = &c->runs[run]->op;
	const struct peer *p = peer_of(c, 0, c->runs[0]->index, a->pid);
	bool to_place = a->kind == OP_MREMAP && a->arg[3] & MREMAP_FIXED;

	if (!p || !p->nr_places || strncmp(op_rows[a->kind].args, "pid at", 6) ||
	    (a->kind == OP_MMAP && !(a->arg[3] & MAP_FIXED)))
		return true;
	if (!same_range(p, run, a->arg[0], b->arg[0], takes_range(a) ? whole_pages(a->arg[1]) : 1))
		return false;
	return !to_place || same_range(p, run, a->arg[4], b->arg[4], whole_pages(a->arg[2]));
}

/* -- distances: is it the same address that a script asks for? --------------------------------- */

static void delta_add(struct compare *c, u32 run, u32 delta)
{
	u32 *n = &c->nr_deltas[run];

	for (u32 i = 0; i < *n; i++)
		if (c->deltas[run][i] == delta)
			return;
	c->deltas[run] = must_grow(c->deltas[run], &c->room_deltas[run], *n + 1, sizeof(u32));
	c->deltas[run][(*n)++] = delta;
}

bool same_address(const struct compare *c, u32 run, u32 first, u32 address)
{
	u32 i = c->nr_deltas[run];

	if (first == address)
		return true;
	while (i-- > 0)
		if (c->deltas[run][i] == address - first)
			return true;
	return false;
}

/* -- following the operations ------------------------------------------------------------------ */

/* A mapping of len bytes now begins at each kernel's answer. */
static void peer_mapped(struct compare *c, struct peer *p, u64 len)
{
	struct place place = { .len = (u32)len };
	bool differ = false;

	for (u32 k = 0; k < c->n; k++) {
		place.at[k] = (u32)c->runs[k]->op.ret;
		differ |= place.at[k] != place.at[0];
		places_cut(p, c->n, k, place.at[k], len);
	}
	if (!differ)
		return;
	place_add(p, &place);
	for (u32 k = 1; k < c->n; k++)
		delta_add(c, k, place.at[k] - place.at[0]);
}

/* What the operation's first two arguments name is gone from there. */
static void peer_unmapped(struct compare *c, struct peer *p)
{
	for (u32 k = 0; k < c->n; k++)
		places_cut(p, c->n, k, c->runs[k]->op.arg[0],
			   whole_pages(c->runs[k]->op.arg[1]));
}

static bool went_well(const struct compare *c)
{
	for (u32 k = 0; k < c->n; k++)
		if (c->runs[k]->op.error)
			return false;
	return true;
}

void peers_follow(struct compare *c)
{
	const struct run *first = c->runs[0];
	const struct op *op = &first->op;
	struct peer *p = peer_of(c, 0, first->index, op->pid);

	if (!went_well(c))
		return;
	if (op->kind == OP_TASK || op->kind == OP_FORK) {
		peer_add(c, op->pid);
	} else if (p && op->kind == OP_MMAP) {
		peer_mapped(c, p, whole_pages(op->arg[1]));
	} else if (p && op->kind == OP_MREMAP) {
		peer_unmapped(c, p);
		peer_mapped(c, p, whole_pages(op->arg[2]));
	} else if (p && op->kind == OP_EXEC) {
		p->nr_places = 0;
	}
}

void peers_forget(struct compare *c)
{
	const struct run *first = c->runs[0];
	struct peer *p = peer_of(c, 0, first->index, first->op.pid);

	if (p && first->op.kind == OP_MUNMAP && went_well(c))
		peer_unmapped(c, p);
}

void peers_free(struct compare *c)
{
	for (u32 i = 0; i < c->nr_peers; i++)
		free(c->peers[i].places);
	free(c->peers);
	for (u32 k = 0; k < MAX_RUNS; k++)
		free(c->deltas[k]);
	free(c->first.r);
	free(c->first.vmas);
	free(c->second.r);
	free(c->second.vmas);
}

/* -- ranges ------------------------------------------------------------------------------------ */

void ranges_add(struct ranges *out, u32 start, u32 end, u8 prot)
{
	out->r = must_grow(out->r, &out->room, out->n + 1, sizeof(*out->r));
	out->r[out->n++] = (struct range){ start, end, prot };
}

static void add_vma(const struct peer *p, u32 run, const struct vma_view *v, struct ranges *out)
{
	for (u32 at = v->start, end; at < v->end; at = end) {
		u32 to = place_on_first(p, run, at);

		end = together(p, run, at, v->end);
		ranges_add(out, to, to + (end - at), (u8)(v->flags & RIGHTS));
	}
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void ranges_join(struct ranges *out)
{
	u32 n = 0;

	if (out->n)
		qsort(out->r, out->n, sizeof(*out->r), by_start);
	for (u32 i = 0; i < out->n; i++) {
		if (n && out->r[n - 1].end == out->r[i].start &&
		    out->r[n - 1].prot == out->r[i].prot)
			out->r[n - 1].end = out->r[i].end;
		else
			out->r[n++] = out->r[i];
	}
	out->n = n;
}

void peer_ranges(const struct compare *c, u32 run, const struct peer *p, struct ranges *out)
{
	const struct machine *m = run_machine(c->runs[run], p->machine);
	u32 n = inspect_vmas(m, p->pid[run], out->vmas, out->room_vmas);

	if (n > out->room_vmas) {
		out->vmas = must_grow(out->vmas, &out->room_vmas, n, sizeof(*out->vmas));
		n = inspect_vmas(m, p->pid[run], out->vmas, out->room_vmas);
	}
	out->n = 0;
	for (u32 i = 0; i < n; i++)
		add_vma(p, run, &out->vmas[i], out);
	ranges_join(out);
}

bool same_ranges(const struct ranges *a, const struct ranges *b)
{
	if (a->n != b->n)
		return false;
	for (u32 i = 0; i < a->n; i++)
		if (a->r[i].start != b->r[i].start || a->r[i].end != b->r[i].end ||
		    a->r[i].prot != b->r[i].prot)
			return false;
	return true;
}
