/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine without a kernel: its region, its tables, its first thread. See engine/boot.c. */
#include "machine.h"
#include "spinlock.h"

#include "random.h"
#include "sched_private.h"

#define MIN_RAM (256ull << 10)
#define MAX_RAM (4ull << 30)
#define MAX_RAM_PAE (64ull << 30)  /* 36 bits of physical address */
#define MAX_RAM_WIDE (32ull << 30)  /* struct page names a pte by frame and index, in 32 bits */
#define MAX_SWAP (64ull << 30)      /* 24 bits of slot in a pte */
#define CHECKED_FRAMES 64           /* most frames that are checked after every event */
#define HEAP_BASE (128ull << 20)    /* reserved, not used: see region.h */
#define HEAP_MAX (2047ull << 20)    /* a list_head reaches 2 GiB */

static bool whole_pages(u64 bytes)
{
	return bytes % PAGE_SIZE == 0;
}

const char *machine_config_error(const struct machine_config *config)
{
	if (config->ram > MAX_RAM && config->ram <= MAX_RAM_PAE && !config->pae)
		return "more than 4G of ram needs page tables with wider entries: pae = true";
	if (config->ram < MIN_RAM || config->ram > MAX_RAM_PAE || !whole_pages(config->ram))
		return "ram is between 256K and 4G, with pae 64G, in whole pages of 4K";
	if (config->pae && config->highpte && config->ram > MAX_RAM_WIDE)
		return "with both pae and highpte ram is at most 32G";
	if (config->swap > MAX_SWAP || !whole_pages(config->swap))
		return "swap is at most 64G, in whole pages of 4K";
	if (config->swap == PAGE_SIZE)
		return "a swap area has at least two pages, the first is its header";
	if (config->cpus < 1 || config->cpus > MAX_CPUS)
		return "cpus is between 1 and 8";
	if (!whole_pages(config->dma_end) || !whole_pages(config->highmem_start))
		return "the ends of the zones, dma and highmem, are in whole pages of 4K";
	if (config->dma_end && config->highmem_start && config->dma_end > config->highmem_start)
		return "dma, the end of the DMA zone, cannot lie beyond highmem";
	if (config->page_cluster < -1 || config->page_cluster > 8)
		return "page_cluster is between 0 and 8, or -1 for the kernel's own choice";
	if (config->swappiness > 100 + 1)
		return "swappiness is between 0 and 100";
	if (config->check_every_event && config->ram > CHECKED_FRAMES * PAGE_SIZE)
		return "a check after every event needs a machine of at most 256K";
	return NULL;
}

void machine_region_size(const struct machine_config *config, u64 *heap, u32 *frames)
{
	u64 wanted = HEAP_BASE + 2 * config->ram + config->swap;

	*heap = wanted < HEAP_MAX ? wanted : HEAP_MAX;
	*frames = (u32)(config->ram >> PAGE_SHIFT);
}

static bool fill_tables(struct machine *m)
{
	m->frame_tag = region_alloc(m->region, m->nr_frames * 8ull);
	m->frame_words = region_alloc(m->region, (m->nr_frames + 63) / 64 * 8ull);
	m->sched = region_alloc(m->region, sizeof(*m->sched));
	if (!m->frame_tag || !m->frame_words || !m->sched)
		return false;
	m->boot = thread_create(m, "swapper", 0);
	return m->boot != NULL;
}

struct machine *machine_in(const struct region *r)
{
	return region_first_block(r);
}

struct machine *machine_init(struct region *r, const struct machine_config *config,
			     const char **why)
{
	struct machine *m;

	*why = machine_config_error(config);
	if (*why)
		return NULL;
	*why = "the host has no memory for this machine";
	m = region_alloc(r, sizeof(*m));
	if (!m)
		return NULL;
	m->region = r;
	m->ram = region_frame(r, 0);
	m->config = *config;
	m->smp = config->cpus > 1;
	m->pae = config->pae;
	m->highpte = config->highpte;
	m->nr_frames = (u32)(config->ram >> PAGE_SHIFT);
	machine_seed(m, config->seed);
	for (u32 class = 0; class < NR_LOCK_CLASSES; class++)
		m->lock_rank[class] = (u8)class;
	if (!fill_tables(m))
		return NULL;
	m->boot->flags = PF_KTHREAD;
	*why = NULL;
	return m;
}

struct machine *machine_create_bare(const struct machine_config *config, const char **why)
{
	struct region *r;
	struct machine *m;
	u32 frames;
	u64 heap;

	*why = machine_config_error(config);
	if (*why)
		return NULL;
	machine_region_size(config, &heap, &frames);
	r = region_create(heap, frames);
	*why = "the host has no memory for this machine";
	if (!r)
		return NULL;
	m = machine_init(r, config, why);
	if (!m) {
		region_destroy(r);
		return NULL;
	}
	machine_events(m, config->events);
	m->stress = config->stress;
	return m;
}

void machine_events(struct machine *m, bool on)
{
	struct list_head *pos;

	m->events_on = on;
	list_for_each(pos, &m->tasks)
		list_entry(pos, struct task_struct, tasks)->events_on = on;
}

void machine_destroy(struct machine *m)
{
	region_destroy(m->region);
}
