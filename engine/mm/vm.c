/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel comes up: memory, caches, daemons, swap, in this order, each needing those before it.
 * And the entry points that hand a call to the kernel's row, so that mm/ never names a generation.
 */
#include <errno.h>

#include "kernels.h"
#include "mm/dcache.h"
#include "mm/pgtable.h"
#include "mm/shmem.h"
#include "mm/vm.h"
#include "rmap/rmap.h"
#include "sim/content.h"
#include "sim/disk.h"

/* Sizes on the i386, and a default, that no header says. */
#define VM_SWAPPINESS 60u    /* mm/vmscan.c, unless the administrator says otherwise */

/* Below 16 MiB half the pages are read ahead from swap (mm/swap.c, swap_setup). */
static u32 default_page_cluster(void)
{
	return current->machine->config.ram >> 20 < 16 ? 2 : 3;
}

/* What of the row is asked for every pte, at one place and ready for use. */
static void init_page_rules(const struct kernel *kernel)
{
	u8 mark = kernel->anon_mark;

	VM->rmap = kernel->rmap;
	VM->page_rules.anon_flag = mark == ANON_CHAINED || mark == ANON_FLAG ? 1u << PG_anon : 0;
	VM->page_rules.anon_bit = mark == ANON_MAPPING_BIT ? PAGE_MAPPING_ANON : 0;
	VM->page_rules.chain_nodes = mark < ANON_FLAG;
	VM->page_rules.swapcache_flag = kernel->swapcache_flag;
	VM->page_rules.reserved_counted = kernel->zero_page_counted;
}

/* The content truth excuses what this kernel is known to lose. */
static void init_own_errata(struct machine *m)
{
	static const u64 marks[NR_OWN_ERRATA] = {
		[READ_ERROR_MAPPED] = CONTENT_NOT_READ,
		[WRITE_ERROR_DROPS_DATA] = CONTENT_NOT_SWAPPED,
		[FILE_WRITE_ERROR_DROPS_DATA] = CONTENT_NOT_SAVED,
		[SWAPOFF_MAPS_UNREAD] = CONTENT_SWAPPED_OFF,
	};
	u32 i;

	VM->own_errata = VM->kernel->own_errata & ~(m->config.errata >> OWN_ERRATA_SHIFT);
	for (i = 0; i < NR_OWN_ERRATA; i++)
		if (own_erratum(i))
			m->own_losses |= marks[i];
}

static void init_globals(void)
{
	struct machine *m = current->machine;

	VM->kernel = m->config.kernel;
	init_page_rules(VM->kernel);
	init_own_errata(m);
	VM->swap_list_head = VM->swap_list_next = -1;
	VM->page_cluster = m->config.page_cluster < 0 ? default_page_cluster() :
							(u32)m->config.page_cluster;
	VM->vm_swappiness = m->config.swappiness ? m->config.swappiness - 1 : VM_SWAPPINESS;
	VM->split_ptlock = VM->kernel->split_ptlock && m->config.cpus >= 4;
	VM->kernel->lru->init();
	spin_lock_init(&VM->mmlist_lock, LC_MMLIST_LOCK, 0);
	spin_lock_init(&VM->swap_list_lock, LC_SWAP_LIST_LOCK, 0);
	spin_lock_init(&VM->swap_avail_lock, LC_SWAP_AVAIL_LOCK, 0);
	INIT_LIST_HEAD(&VM->swap_avail_head);
	VM->swapin.hits = 4;
	spin_lock_init(&VM->swap_token.lock, LC_SWAP_TOKEN_LOCK, 0);
	spin_lock_init(&VM->radix_pool.lock, LC_SLAB_LOCK, 0);
}

static bool create_caches(void)
{
	VM->vm_area_cachep = kmem_cache_create("vm_area_struct", I386_VMA_SIZE,
					       sizeof(struct vm_area_struct));
	VM->mm_cachep = kmem_cache_create("mm_struct", I386_MM_SIZE, sizeof(struct mm_struct));
	return VM->vm_area_cachep && VM->mm_cachep && dcache_init() && radix_tree_init() &&
	       shmem_init() && pgtable_init();
}

/* A daemon has no address space and lives as long as the machine. */
struct task_struct *daemon_start(const char *name, u32 cpu, void (*body)(void *))
{
	struct machine *m = current->machine;
	struct task_struct *t = thread_create(m, name, cpu);

	if (!t)
		return NULL;
	t->flags |= PF_KTHREAD;
	return thread_start(t, body, m) ? t : NULL;
}

/* With two cpus reclaim in the background runs beside the processes of the first. */
static bool start_daemons(void)
{
	u32 last = current->machine->config.cpus - 1;

	VM->irq = daemon_start("irq", 0, disk_irq_thread);
	VM->kswapd = daemon_start("kswapd", last, VM->kernel->vmscan->kswapd);
	VM->pdflush = daemon_start("pdflush", last, pdflush_thread);
	return VM->irq && VM->kswapd && VM->pdflush;
}

static bool create_file_disk(void)
{
	struct machine *m = current->machine;

	m->disks[0] = disk_create(m, 0, 0);
	return m->disks[0] != NULL;
}

int vm_boot(void)
{
	struct machine *m = current->machine;
	int err = 0;

	m->vm = region_alloc(m->region, sizeof(*m->vm));
	if (!m->vm)
		return -ENOMEM;
	init_globals();
	err = free_area_init();
	if (err)
		return err;
	filemap_init();
	if (!create_caches() || !rmap_init() || !create_file_disk() || !start_daemons())
		return -ENOMEM;
	if (m->config.swap)
		err = sys_swapon(m->config.swap, -1);
	return err < 0 ? err : 0;
}

/* -- entry points -------------------------------------------------------------------------- */

int try_to_free_pages(zone_t *classzone, u32 gfp_mask, u32 order)
{
	return VM->kernel->vmscan->try_to_free_pages(classzone, gfp_mask, order);
}

void wakeup_kswapd(zone_t *zone)
{
	const struct task_struct *kswapd = VM->kswapd;

	zone->need_balance = true;
	if (!kswapd || kswapd->state != TASK_UNINTERRUPTIBLE || kswapd->wait_on != &VM->kswapd)
		return;
	count(kswapd_runs);
	EV(KSWAPD_WAKE, zone->index, zone->free_pages, zone->pages_low);
	wake_up(&VM->kswapd);
}

void lru_cache_add(struct page *page)
{
	VM->kernel->lru->lru_cache_add(page);
}

void lru_cache_add_active(struct page *page)
{
	VM->kernel->lru->lru_cache_add_active(page);
}

void lru_cache_del(struct page *page)
{
	VM->kernel->lru->lru_cache_del(page);
}

void activate_page(struct page *page)
{
	VM->kernel->lru->activate_page(page);
}

void mark_page_accessed(struct page *page)
{
	VM->kernel->lru->mark_page_accessed(page);
}

void lru_add_drain(void)
{
	VM->kernel->lru->lru_add_drain();
}

bool rotate_reclaimable_page(struct page *page)
{
	return VM->kernel->lru->rotate_reclaimable_page(page);
}

int handle_mm_fault(struct mm_struct *mm, struct vm_area_struct *vma, u32 address, bool write)
{
	return VM->kernel->memory->handle_mm_fault(mm, vma, address, write);
}

int copy_page_range(struct mm_struct *dst, struct mm_struct *src, struct vm_area_struct *vma)
{
	return VM->kernel->memory->copy_page_range(dst, src, vma);
}

void zap_page_range(struct vm_area_struct *vma, u32 start, u32 end,
		    const struct zap_details *details)
{
	VM->kernel->memory->zap_page_range(vma, start, end, details);
}

void unmap_page_range(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
		      const struct zap_details *details)
{
	VM->kernel->memory->unmap_page_range(tlb, vma, start, end, details);
}

u32 unmap_vmas(struct mmu_gather *tlb, struct vm_area_struct *vma, u32 start, u32 end,
	       const struct zap_details *details)
{
	return VM->kernel->memory->unmap_vmas(tlb, vma, start, end, details);
}

void unmap_mapping_range(struct address_space *mapping, u32 first, u32 last, bool even_cows)
{
	VM->kernel->memory->unmap_mapping_range(mapping, first, last, even_cows);
}
