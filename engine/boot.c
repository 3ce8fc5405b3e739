/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Building a machine and booting its kernel; and what sim asks of the layers above it. vm_boot
 * runs on the boot thread, "swapper", so a BUG at boot is a report like any other.
 */
#include "i386/mmu.h"
#include "kernels.h"
#include "mm/vm.h"
#include "op.h"
#include "sim/check.h"
#include "sim/truth.h"

#include <stdio.h>
#include <string.h>

/* -- what sim asks ----------------------------------------------------------------------------- */

static int render_slot(u32 val, char *buf, size_t n)
{
	swp_entry_t entry = { val };

	return snprintf(buf, n, "slot %u of swap %u", SWP_OFFSET(entry), SWP_TYPE(entry));
}

static int render_pte(pteval_t raw, char *buf, size_t n)
{
	if (pte_none(raw))
		return snprintf(buf, n, "nothing");
	if (pte_file(raw))
		return snprintf(buf, n, "page %u of its file", pte_to_pgoff(raw));
	if (!pte_present(raw))
		return render_slot(pte_to_swp_entry(raw).val, buf, n);
	return snprintf(buf, n, "page %x%s%s%s", pte_pfn(raw), pte_write(raw) ? " writable" : "",
			pte_dirty(raw) ? " dirty" : "", pte_young(raw) ? " accessed" : "");
}

static int render_file(const struct machine *m, u32 i_ino, char *buf, size_t n)
{
	const struct list_head *pos;

	list_for_each(pos, &m->vm->inodes) {
		const struct inode *inode = list_entry(pos, struct inode, inodes);

		if (inode->i_ino == i_ino)
			return snprintf(buf, n, "%s", inode->name);
	}
	return snprintf(buf, n, "file %u", i_ino);
}

static int render(const struct machine *m, const char *as, u64 wide, char *buf, size_t n)
{
	u32 id = (u32)wide;

	if (!strcmp(as, "pte"))
		return render_pte(wide, buf, n);
	if (!strcmp(as, "slot"))
		return render_slot(id, buf, n);
	if (!strcmp(as, "file"))
		return render_file(m, id, buf, n);
	if (!strcmp(as, "zone") && id < MAX_NR_ZONES)
		return snprintf(buf, n, "%s", m->vm->zones[id].name);
	if (!strcmp(as, "op") && id < NR_OPS)
		return snprintf(buf, n, "%s", op_rows[id].name);
	if (!strcmp(as, "error"))
		return snprintf(buf, n, "%s", op_error_name((s32)id));
	return -1;
}

static const struct machine_ops ops = {
	.switch_to = switch_mm,
	.render = render,
	.check = check_report,
};

/* -- building ---------------------------------------------------------------------------------- */

static bool make_cpus(struct machine *m)
{
	for (u32 i = 0; i < m->config.cpus; i++) {
		struct cpu *cpu = region_alloc(m->region, sizeof(*cpu));

		if (!cpu)
			return false;
		cpu->id = i;
		cpu->cr0 = CR0_WP;
		m->cpus[i] = cpu;
	}
	m->boot->cpu = m->cpus[0];
	return true;
}

static void boot_body(void *error)
{
	*(int *)error = vm_boot();
}

/* Which lock is outside which: as the kernel says, and what it does not name behind that. */
static void rank_locks(struct machine *m)
{
	const u8 *order = m->config.kernel->lock_order;
	u32 class, rank = 0;

	for (class = 0; order && class < NR_LOCK_CLASSES; class++)
		m->lock_rank[class] = (u8)(class + NR_LOCK_CLASSES);
	for (; order && *order != NR_LOCK_CLASSES; order++)
		m->lock_rank[*order] = (u8)rank++;
}

static const char *boot(struct machine *m)
{
	int error = 0;

	m->ops = &ops;
	rank_locks(m);
	if (!make_cpus(m) || !thread_start(m->boot, boot_body, &error))
		return "the host has no memory for this machine";
	if (!sched_run(m, NULL, NULL))
		return "the kernel hit a BUG while it booted";
	if (error)
		return "this machine is too small: the kernel ran out of memory while it booted";
	if (m->config.truth && !(m->truth = truth_create(m)))
		return "the host has no memory for this machine";
	m->booted = true;
	machine_events(m, m->config.events);
	m->stress = m->config.stress;
	return NULL;
}

struct machine *machine_create_in(struct region *r, const struct machine_config *config,
				  const char **why)
{
	struct machine *m;

	*why = config->kernel ? NULL : "a machine needs a kernel";
	if (!*why && config->highpte)
		*why = config->kernel->no_highpte;
	if (!*why && config->swappiness && !config->kernel->vmscan->version)
		*why = "kernels of 2.5 have no swappiness: it came in October 2002";
	if (*why)
		return NULL;
	region_reset(r);
	m = machine_init(r, config, why);
	if (m)
		*why = boot(m);
	return *why ? NULL : m;
}

struct machine *machine_create(const struct machine_config *config, const char **why)
{
	struct machine *m = NULL;
	struct region *r;
	u32 frames;
	u64 heap;

	*why = machine_config_error(config);
	if (*why)
		return NULL;
	machine_region_size(config, &heap, &frames);
	r = region_create(heap, frames);
	*why = "the host has no memory for this machine";
	if (r)
		m = machine_create_in(r, config, why);
	if (r && !m)
		region_destroy(r);
	return m;
}
