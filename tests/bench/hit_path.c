/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hit path: the page touches of a real program, `ls -l /usr/bin`, through the machine, against
 * the tightest loop that does the same translation: a direct-mapped TLB of 64 entries, a two-level
 * walk, A and D bits. Both run over the same words in turn, and the median of the pairs counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

#define PAIRS 15

/* -- the tight loop ---------------------------------------------------------------------------- */

#define P 0x001u
#define A 0x020u
#define D 0x040u

struct tight {
	u32 tag[64], entry[64];
	u32 *table[1024];   /* the page directory */
	u64 misses;
};

static struct tight *tight_new(const struct trace *t)
{
	struct tight *x = calloc(1, sizeof(*x));
	u32 next = 0;

	for (u64 i = 0; i < t->n; i++) {
		u32 page = t->words[i] >> 1, **table = &x->table[page >> 10];

		if (!*table)
			*table = calloc(1024, sizeof(**table));
		if (!(*table)[page & 1023])
			(*table)[page & 1023] = ++next << 12 | P;
	}
	return x;
}

static void tight_free(struct tight *x)
{
	for (u32 i = 0; i < 1024; i++)
		free(x->table[i]);
	free(x);
}

static __attribute__((noinline)) u32 tight_walk(struct tight *x, u32 page, u32 bits)
{
	u32 *pte = &x->table[page >> 10][page & 1023];

	x->misses++;
	*pte |= bits;
	x->tag[page & 63] = page;
	x->entry[page & 63] = *pte;
	return *pte >> 12;
}

static u32 tight_run(struct tight *x, const u32 *words, u64 n)
{
	u32 sum = 0;

	for (u64 i = 0; i < n; i++) {
		u32 page = words[i] >> 1, bits = words[i] & 1 ? A | D : A;

		if (x->tag[page & 63] == page && (x->entry[page & 63] & bits) == bits)
			sum += x->entry[page & 63] >> 12;
		else
			sum += tight_walk(x, page, bits);
	}
	return sum;
}

/* -- the machine ------------------------------------------------------------------------------- */

static struct machine *machine_for(const struct trace *t, u32 *pid)
{
	struct machine *m = measure_machine(64 << 20, 0, 1);

	*pid = (u32)measure_op(m, (struct op){ .kind = OP_TASK, .text = "ls" });
	for (u32 i = 0; i < t->regions; i++)
		measure_op(m, (struct op){
			.kind = OP_MMAP, .pid = (u16)*pid,
			.arg = { TRACE_BASE + i * TRACE_REGION, TRACE_REGION, 3, 0x32 },
		});
	return m;
}

static double machine_pass(struct machine *m, u32 pid, const struct trace *t, u64 *faults)
{
	double begin = measure_now();

	if (op_touch_pages(m, pid, t->words, t->n, faults) != t->n)
		exit(2);
	return measure_now() - begin;
}

/* The sum is looked at, or the compiler would leave the work out. */
static double tight_pass(struct tight *x, const struct trace *t)
{
	double begin = measure_now();

	if (!tight_run(x, t->words, t->n))
		exit(2);
	return measure_now() - begin;
}

int main(void)
{
	struct trace t = measure_trace("ls64");
	struct tight *x = tight_new(&t);
	double ratio[PAIRS], mine[PAIRS], tight[PAIRS], median;
	u64 faults = 0, later = 0, misses;
	u32 pid;
	struct machine *m = machine_for(&t, &pid);

	machine_pass(m, pid, &t, &faults);
	tight_pass(x, &t);
	misses = m->counters.tlb_misses;
	x->misses = 0;
	for (u32 i = 0; i < PAIRS; i++) {
		mine[i] = machine_pass(m, pid, &t, &later);
		tight[i] = tight_pass(x, &t);
		ratio[i] = mine[i] / tight[i];
	}
	printf("# hit path: %llu page touches of ls -l /usr/bin, %u pairs; "
	       "%llu faults in the first pass, %llu later\n",
	       (unsigned long long)t.n, PAIRS, (unsigned long long)faults,
	       (unsigned long long)later);
	printf("# TLB misses in 100: machine %.2f (4 ways), tight loop %.2f (direct mapped)\n",
	       100.0 * (double)(m->counters.tlb_misses - misses) / PAIRS / (double)t.n,
	       100.0 * (double)x->misses / PAIRS / (double)t.n);
	measure_print("tight loop", measure_median(tight, PAIRS) / (double)t.n * 1e9, "ns/touch",
		      "", true);
	measure_print("machine", measure_median(mine, PAIRS) / (double)t.n * 1e9, "ns/touch", "",
		      true);
	median = measure_median(ratio, PAIRS);
	measure_print("machine / tight loop", median, "x", "<= 3 x", median <= 3);
	machine_destroy(m);
	tight_free(x);
	free(t.words);
	return 0;
}
