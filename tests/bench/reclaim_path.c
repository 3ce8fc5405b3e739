/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ten million faults with reclaim: a process writes to fresh anonymous memory, eight times as much
 * as there is, drops it and begins again. As soon as memory is full every fault takes a frame that
 * reclaim has made free: referenced bits asked and cleared, a page unmapped through its rmap,
 * written to swap, taken off its list and freed. Beside it, in turn, this host's own kernel takes
 * the same kind of fault, a first write, and has nothing to reclaim.
 *
 *	reclaim_path            ten million
 *	reclaim_path N          about N
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "measure.h"

#define FAULTS 10000000u
#define RAM (64u << 20)
#define LENGTH (8 * RAM)
#define AT 0x20000000u
#define HOST_LENGTH (32u << 20)

struct sum {
	double seconds;
	u64 faults;
};

static double ns(const struct sum *sum)
{
	return sum->seconds / (double)sum->faults * 1e9;
}

static void model_round(struct machine *m, u32 pid, struct sum *sum)
{
	double begin = measure_cpu();

	measure_op(m, (struct op){ .kind = OP_MMAP, .pid = (u16)pid,
				   .arg = { AT, LENGTH, 3, 0x32 } });
	sum->faults += (u64)measure_op(m, (struct op){ .kind = OP_TOUCH, .pid = (u16)pid,
						       .arg = { AT, LENGTH, 1 } });
	measure_op(m, (struct op){ .kind = OP_MUNMAP, .pid = (u16)pid, .arg = { AT, LENGTH } });
	sum->seconds += measure_cpu() - begin;
}

/* The memory that is touched has to be dropped again, as in the model, or it would be there. */
static void host_round(char *p, struct sum *sum)
{
	double begin = measure_cpu();

	for (u32 i = 0; i < HOST_LENGTH; i += PAGE_SIZE)
		p[i] = 1;
	if (madvise(p, HOST_LENGTH, MADV_DONTNEED))
		exit(2);
	sum->seconds += measure_cpu() - begin;
	sum->faults += HOST_LENGTH / PAGE_SIZE;
}

static char *host_memory(void)
{
	char *p = mmap(NULL, HOST_LENGTH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		exit(2);
	madvise(p, HOST_LENGTH, MADV_NOHUGEPAGE);
	return p;
}

int main(int argc, char **argv)
{
	u64 wanted = argc > 1 ? strtoull(argv[1], NULL, 0) : FAULTS;
	struct machine *m = measure_machine(RAM, LENGTH + LENGTH / 8, 1);
	u32 pid = (u32)measure_op(m, (struct op){ .kind = OP_TASK, .text = "task" });
	struct sum model = { 0 }, host = { 0 };
	char *p = host_memory();
	double ratio;

	while (model.faults < wanted) {
		model_round(m, pid, &model);
		host_round(p, &host);
	}
	ratio = ns(&host) / ns(&model);
	printf("# %llu faults, a page reclaimed in %.0f of 100; %llu of the host\n",
	       (unsigned long long)model.faults,
	       100 * (double)m->counters.pgsteal / (double)model.faults,
	       (unsigned long long)host.faults);
	measure_print("first write with reclaim, modelled", ns(&model), "ns/fault", "", true);
	measure_print("first write, this host's own kernel", ns(&host), "ns/fault", "", true);
	measure_print("host / model", ratio, "x", ">= 8 x", ratio >= 8);
	machine_destroy(m);
	munmap(p, HOST_LENGTH);
	return 0;
}
