/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each kernel took from memory. A page was taken when a process had it before the operation,
 * has it mapped still, and its pte is not present any more. What was resident on one kernel alone
 * (a kernel maps more around a fault, or copies less at fork) says nothing and is left out:
 *
 *	          before        after      taken
 *	2.5.27    A B C D       A B        C D
 *	2.6.0     A B C   E     A   C      B       -> the difference: B, C
 *
 * Pages that no process maps are seen in the number of pages freed alone.
 */
#include "compare.h"
#include "session_priv.h"

#include <stdlib.h>
#include <string.h>

/* -- sets, sorted ------------------------------------------------------------------------------ */

static void pages_add(struct pages *p, u64 key)
{
	p->key = must_grow(p->key, &p->room, p->n + 1, sizeof(*p->key));
	p->key[p->n++] = key;
}

static int by_key(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static bool pages_have(const struct pages *p, u64 key)
{
	return p->n && bsearch(&key, p->key, p->n, sizeof(key), by_key);
}

static bool pages_equal(const struct pages *a, const struct pages *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->key, b->key, a->n * sizeof(*a->key)));
}

/* -- one process on one kernel ----------------------------------------------------------------- */

static void find_residents(const struct compare *c, u32 run, u32 i)
{
	const struct peer *p = &c->peers[i];
	const struct machine *m = run_machine(c->runs[run], p->machine);
	struct pages *out = &c->residents[run].peer[i].after;
	struct pte_view v;

	out->n = 0;
	if (p->apart || !peer_alive(c, run, p))
		return;
	for (u32 at = 0; inspect_next_pte(m, p->pid[run], &at, &v); at += PAGE_SIZE)
		if (v.present)
			pages_add(out, (u64)i << 20 | place_on_first(p, run, at) >> PAGE_SHIFT);
	if (p->nr_places && run && out->n)
		qsort(out->key, out->n, sizeof(*out->key), by_key);
}

/* Is the page still mapped, present or not? */
static bool still_mapped(const struct ranges *ranges, u64 key)
{
	u64 address = (key & 0xfffff) << PAGE_SHIFT;

	for (u32 i = 0; i < ranges->n; i++)
		if (address >= ranges->r[i].start && address < ranges->r[i].end)
			return true;
	return false;
}

static bool had_everywhere(const struct compare *c, u32 i, u64 key)
{
	for (u32 k = 0; k < c->n; k++)
		if (!pages_have(&c->residents[k].peer[i].before, key))
			return false;
	return true;
}

/* What every kernel had, and this one has not. */
static void find_taken(struct compare *c, u32 run, u32 i)
{
	struct residents *all = &c->residents[run];
	const struct resident *r = &all->peer[i];

	if (pages_equal(&r->before, &r->after))
		return;
	peer_ranges(c, run, &c->peers[i], &c->second);
	for (u32 j = 0; j < r->before.n; j++) {
		u64 key = r->before.key[j];

		if (!pages_have(&r->after, key) && had_everywhere(c, i, key) &&
		    still_mapped(&c->second, key))
			pages_add(&all->taken, key);
	}
}

/* -- one kernel -------------------------------------------------------------------------------- */

static u64 counter_sum(const struct run *r, const char *name)
{
	u64 sum = 0;
	bool known;

	for (u32 i = 0; i < run_machines(r); i++)
		sum += inspect_counter(run_machine(r, i), name, &known);
	return sum;
}

/* How much more it is than last time. */
static u64 since(u64 *before, u64 sum)
{
	u64 more = sum - *before;

	*before = sum;
	return more;
}

static void count_work(struct residents *r, const struct run *run)
{
	r->stolen = since(&r->stolen_before, counter_sum(run, "pgsteal"));
	r->scanned = since(&r->scanned_before, counter_sum(run, "pgscan"));
	r->visited = since(&r->visited_before, counter_sum(run, "ptes_visited"));
}

static void make_room(struct residents *r, u32 n)
{
	r->peer = must_grow(r->peer, &r->room_peers, n, sizeof(*r->peer));
	if (n > r->nr_peers)
		memset(&r->peer[r->nr_peers], 0, (n - r->nr_peers) * sizeof(*r->peer));
	r->nr_peers = n;
}

/* -- all of them ------------------------------------------------------------------------------- */

/*
 * Without reclaim an operation changes what its own process has in memory, and that of the newest,
 * if it made one. Truncation reaches all who map the file; a snapshot that was restored, everybody.
 */
static bool reaches_all(struct compare *c)
{
	bool all = c->runs[0]->op.kind == OP_TRUNCATE;

	for (u32 k = 0; k < c->n; k++) {
		struct residents *r = &c->residents[k];

		count_work(r, c->runs[k]);
		all |= r->stolen || r->scanned || r->visited || c->runs[k]->m->now < r->now;
		r->now = c->runs[k]->m->now;
	}
	return all;
}

/* Calls after which a page that is not there was not taken: they throw pages away themselves. */
static bool throws_away(const struct op *op)
{
	return op->kind == OP_MADVISE || op->kind == OP_TRUNCATE;
}

/* Look at one process on all kernels. */
static void look_at(struct compare *c, u32 i)
{
	for (u32 k = 0; k < c->n; k++)
		find_residents(c, k, i);
	for (u32 k = 0; k < c->n && !throws_away(&c->runs[0]->op); k++)
		find_taken(c, k, i);
	for (u32 k = 0; k < c->n; k++) {
		struct resident *r = &c->residents[k].peer[i];
		struct pages before = r->before;

		r->before = r->after;
		r->after = before;
	}
}

bool reclaim_differs(struct compare *c)
{
	const struct run *first = c->runs[0];
	const struct peer *p = peer_of(c, 0, first->index, first->op.pid);
	bool differ = false, all = reaches_all(c);

	for (u32 k = 0; k < c->n; k++) {
		make_room(&c->residents[k], c->nr_peers);
		c->residents[k].taken.n = 0;
	}
	for (u32 i = 0; i < c->nr_peers; i++)
		if (all || &c->peers[i] == p || i == c->nr_peers - 1)
			look_at(c, i);
	for (u32 k = 1; k < c->n; k++)
		differ |= !pages_equal(&c->residents[k].taken, &c->residents[0].taken) ||
			  c->residents[k].stolen != c->residents[0].stolen;
	return differ;
}

void reclaim_free(struct compare *c)
{
	for (u32 k = 0; k < MAX_RUNS; k++) {
		struct residents *r = &c->residents[k];

		for (u32 i = 0; i < r->nr_peers; i++) {
			free(r->peer[i].before.key);
			free(r->peer[i].after.key);
		}
		free(r->peer);
		free(r->taken.key);
	}
}
