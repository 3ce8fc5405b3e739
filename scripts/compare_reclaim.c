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

/* -- one kernel -------------------------------------------------------------------------------- */

static void peer_residents(const struct compare *c, u32 run, u32 i, struct pages *out)
{
	const struct peer *p = &c->peers[i];
	const struct machine *m = run_machine(c->runs[run], p->machine);
	struct pte_view v;

	for (u32 at = 0; inspect_next_pte(m, p->pid[run], &at, &v); at += PAGE_SIZE)
		if (v.present)
			pages_add(out, (u64)i << 20 |
				       place_on_first(p, run, at) >> PAGE_SHIFT);
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

static void find_residents(struct compare *c, u32 run)
{
	struct residents *r = &c->residents[run];

	r->after.n = 0;
	for (u32 i = 0; i < c->nr_peers; i++)
		if (!c->peers[i].apart && peer_alive(c, run, &c->peers[i]))
			peer_residents(c, run, i, &r->after);
	if (r->after.n)
		qsort(r->after.key, r->after.n, sizeof(*r->after.key), by_key);
}

/* What every kernel had, and this one has not. */
static void find_taken(struct compare *c, u32 run)
{
	struct residents *r = &c->residents[run];
	u64 peer = UINT64_MAX;

	r->taken.n = 0;
	for (u32 i = 0; i < r->before.n; i++) {
		u64 key = r->before.key[i];
		bool common = !pages_have(&r->after, key);

		for (u32 k = 0; k < c->n && common; k++)
			common = k == run || pages_have(&c->residents[k].before, key);
		if (!common)
			continue;
		if (key >> 20 != peer) {
			peer = key >> 20;
			peer_ranges(c, run, &c->peers[peer], &c->second);
		}
		if (still_mapped(&c->second, key))
			pages_add(&r->taken, key);
	}
}

static u64 counter_sum(const struct run *r, const char *name)
{
	u64 sum = 0;
	bool known;

	for (u32 i = 0; i < run_machines(r); i++)
		sum += inspect_counter(run_machine(r, i), name, &known);
	return sum;
}

static void count_stolen(struct residents *r, const struct run *run)
{
	u64 stolen = counter_sum(run, "pgsteal"), scanned = counter_sum(run, "pgscan");

	r->stolen = stolen - r->stolen_before;
	r->scanned = scanned - r->scanned_before;
	r->stolen_before = stolen;
	r->scanned_before = scanned;
}

/* -- all of them ------------------------------------------------------------------------------- */

static void swap_sets(struct residents *r)
{
	struct pages before = r->before;

	r->before = r->after;
	r->after = before;
}

/* Calls after which a page that is not there was not taken: they throw pages away themselves. */
static bool throws_away(const struct op *op)
{
	return op->kind == OP_MADVISE || op->kind == OP_TRUNCATE;
}

bool reclaim_differs(struct compare *c)
{
	bool differ = false, look = !throws_away(&c->runs[0]->op);

	for (u32 k = 0; k < c->n; k++) {
		find_residents(c, k);
		count_stolen(&c->residents[k], c->runs[k]);
	}
	for (u32 k = 0; k < c->n; k++) {
		struct residents *r = &c->residents[k];

		r->taken.n = 0;
		if (look)
			find_taken(c, k);
		differ |= !pages_equal(&r->taken, &c->residents[0].taken) ||
			  r->stolen != c->residents[0].stolen;
	}
	for (u32 k = 0; k < c->n; k++)
		swap_sets(&c->residents[k]);
	return differ;
}

void reclaim_free(struct compare *c)
{
	for (u32 k = 0; k < MAX_RUNS; k++) {
		free(c->residents[k].before.key);
		free(c->residents[k].after.key);
		free(c->residents[k].taken.key);
	}
}
