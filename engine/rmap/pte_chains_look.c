/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packed chains from outside: the mappings a chain names, the way to them as lines of a drawing,
 * and whether it is sound. Host side: nothing is changed, and nothing is trusted.
 */
#define RMAP_GENERATION
#include "rmap/pte_chains.h"

#include "mm/pgtable.h"
#include "mm/vm.h"

/* The pte behind a slot, and the page table it is in; NULL: there is none. */
static pte_t *look(const struct machine *m, pte_addr_t pte_paddr, const struct page **table)
{
	u64 at = m->highpte ? pte_paddr : pte_paddr - PAGE_OFFSET, pfn = at >> PAGE_SHIFT;

	if (at & (entry_bytes(m) - 1) || pfn >= m->nr_frames ||
	    !region_frame_real(m->region, (u32)pfn))
		return NULL;
	*table = &m->vm->mem_map[pfn];
	if (!(*table)->mapping || (*table)->private != PTE_TABLE_PAGE)
		return NULL;
	return (pte_t *)(m->ram + at);
}

static const struct pte_chain *node(const struct machine *m, kaddr_t kaddr)
{
	if (!kmem_cache_owns_kaddr(m, m->vm->pte_chain_cachep, kaddr))
		return NULL;
	return (const struct pte_chain *)((char *)machine_ram(m, 0) + (kaddr - PAGE_OFFSET));
}

static u32 next_of(const struct machine *m, const struct pte_chain *pc)
{
	return pc->next_and_idx & ~nrpte(m);
}

static u32 idx_of(const struct machine *m, const struct pte_chain *pc)
{
	return pc->next_and_idx & nrpte(m);
}

/* How long a chain can be at most: a broken one may be a ring. */
static u32 most_nodes(const struct machine *m)
{
	return kmem_cache_in_use(m->vm->pte_chain_cachep);
}

#define for_each_node(pc, at, left, m, page) \
	for ((left) = most_nodes(m), (at) = PageDirect(page) ? 0 : (page)->pte.chain; \
	     (left) && ((pc) = node(m, at)); (left)--, (at) = next_of(m, pc))

static u16 owner_of(const struct page *table)
{
	return ((const struct mm_struct *)(const void *)table->mapping)->pid;
}

static u32 address_of(const struct machine *m, const struct page *table, pte_addr_t pte_paddr)
{
	return table->index + ((u32)pte_paddr & ~PAGE_MASK) * ptrs_per_pte(m);
}

/* One more mapping into out, as number n of max. Returns how many there are now. */
static u32 put_mapping(const struct machine *m, kaddr_t node_at, pte_addr_t pte_paddr,
		       struct mapping *out, u32 n, u32 max)
{
	const struct page *table;
	pte_t *ptep = look(m, pte_paddr, &table);

	if (!ptep)
		return n;
	if (n < max)
		out[n] = (struct mapping){
			.pid = owner_of(table), .address = address_of(m, table, pte_paddr),
			.node = node_at, .ptep = ptep,
		};
	return n + 1;
}

u32 pte_chain_walk(const struct machine *m, const struct page *page, struct mapping *out, u32 max)
{
	const struct pte_chain *pc;
	u32 left, i, n = 0;
	kaddr_t at;

	if (PageDirect(page))
		return put_mapping(m, 0, pte_direct(m, page), out, 0, max);
	for_each_node(pc, at, left, m, page)
		for (i = idx_of(m, pc); i < nrpte(m); i++)
			n = put_mapping(m, at, pte_slot(m, pc, i), out, n, max);
	return n;
}

u32 pte_chain_mapcount(const struct machine *m, const struct page *page)
{
	return pte_chain_walk(m, page, NULL, 0);
}

u32 pte_chain_nodes(const struct machine *m, const struct page *page)
{
	const struct pte_chain *pc;
	u32 left, n = 0;
	kaddr_t at;

	for_each_node(pc, at, left, m, page)
		n++;
	return n;
}

static u32 put_step(struct rmap_step step, struct rmap_step *out, u32 n, u32 max)
{
	if (n < max)
		out[n] = step;
	return n + 1;
}

static u32 put_pte_step(const struct machine *m, const struct page *page, pte_addr_t pte_paddr,
			struct rmap_step *out, u32 n, u32 max)
{
	const struct page *table;
	const pte_t *ptep = look(m, pte_paddr, &table);
	pteval_t pte;

	if (!ptep)
		return n;
	pte = entry_get(m, ptep);
	return put_step((struct rmap_step){
		.kind = STEP_PTE, .depth = 1, .pid = owner_of(table), .id = (u32)pte_paddr,
		.address = address_of(m, table, pte_paddr),
		.maps = pte_present(pte) && pte_pfn(pte) == page - m->vm->mem_map,
	}, out, n, max);
}

u32 pte_chain_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
		    u32 max)
{
	const struct pte_chain *pc;
	u32 left, i, n = 0;
	kaddr_t at;

	if (PageDirect(page)) {
		n = put_step((struct rmap_step){ .kind = STEP_DIRECT, .id = page->pte.direct },
			     out, n, max);
		return put_pte_step(m, page, pte_direct(m, page), out, n, max);
	}
	for_each_node(pc, at, left, m, page) {
		n = put_step((struct rmap_step){
			.kind = STEP_NODE, .id = at, .start = nrpte(m) - idx_of(m, pc),
			.end = nrpte(m),
		}, out, n, max);
		for (i = idx_of(m, pc); i < nrpte(m); i++)
			n = put_pte_step(m, page, pte_slot(m, pc, i), out, n, max);
	}
	return n;
}

static bool flawed(struct rmap_flaw *flaw, const char *text, u32 a, u32 b)
{
	*flaw = (struct rmap_flaw){ .text = text, .a = a, .b = b };
	return false;
}

static bool check_node(const struct machine *m, kaddr_t at, const struct pte_chain *pc, bool head,
		       struct rmap_flaw *flaw)
{
	const struct page *table;
	u32 i, idx = idx_of(m, pc);

	if (idx && !head)
		return flawed(flaw, "a node behind the head that is not full", at, idx);
	for (i = 0; i < idx; i++)
		if (pte_slot(m, pc, i))
			return flawed(flaw, "a slot in use below idx", at, i);
	for (; i < nrpte(m); i++)
		if (!look(m, pte_slot(m, pc, i), &table))
			return flawed(flaw, "a slot that names no pte of a page table", at, i);
	return true;
}

/* In the middle of a change, which nobody sees who takes the chain lock, anything goes. */
bool pte_chain_check(const struct machine *m, const struct page *page, struct rmap_flaw *flaw)
{
	const struct page *table;
	const struct pte_chain *pc;
	u32 left = most_nodes(m);
	kaddr_t at;

	if (test_bit(PG_chainlock, &page->flags))
		return true;
	if (PageDirect(page))
		return look(m, pte_direct(m, page), &table) ? true :
		       flawed(flaw, "PG_direct, and no pte of a page table", page->pte.direct, 0);
	for (at = page->pte.chain; at; at = next_of(m, pc)) {
		pc = node(m, at);
		if (!pc)
			return flawed(flaw, "a link that is no pte_chain node", at, 0);
		if (!left--)
			return flawed(flaw, "a chain that never ends", at, 0);
		if (!check_node(m, at, pc, at == page->pte.chain, flaw))
			return false;
	}
	return true;
}

/* The nodes that the cpus keep, which must be as the slab's constructor made them. */
static bool check_stores(const struct machine *m, u32 *nodes, struct rmap_flaw *flaw)
{
	u32 cpu, i;

	for (cpu = 0; cpu < MAX_CPUS; cpu++) {
		kaddr_t at = m->vm->local_pte_chain[cpu];
		const struct pte_chain *pc = node(m, at);

		if (!at)
			continue;
		if (!pc)
			return flawed(flaw, "a cpu keeps what is no pte_chain node", cpu, at);
		if (pc->next_and_idx)
			return flawed(flaw, "a cpu keeps a node that is linked", cpu, at);
		for (i = 0; i < nrpte(m); i++)
			if (pte_slot(m, pc, i))
				return flawed(flaw, "a cpu keeps a node in use", cpu, at);
		++*nodes;
	}
	return true;
}

/* A thread in the kernel may have a node in hand, asleep or not; install_page and the
 * page_convert_anon it calls have one each. A daemon that waits for work has none. */
static u32 in_hand(const struct machine *m)
{
	const struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, &m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		n += t->stack && !(t->flags & PF_KTHREAD && thread_depth(t) <= 1);
	}
	return 2 * n;
}

bool pte_chain_check_all(const struct machine *m,
			 bool (*in_chain)(const struct machine *m, const struct page *page),
			 u32 in_flight, struct rmap_flaw *flaw)
{
	u32 pfn, nodes = 0, mapped = 0, in_use = most_nodes(m);

	if (!check_stores(m, &nodes, flaw))
		return false;
	for (pfn = 0; pfn < m->vm->max_mapnr; pfn++) {
		const struct page *page = &m->vm->mem_map[pfn];

		mapped += page->pte.direct != 0;
		if (page->pte.chain && in_chain(m, page))
			nodes += pte_chain_nodes(m, page);
	}
	if (mapped + in_flight < m->vm->nr_mapped || m->vm->nr_mapped + in_flight < mapped)
		return flawed(flaw, "pages that are mapped, nr_mapped", mapped, m->vm->nr_mapped);
	if (nodes > in_use)
		return flawed(flaw, "more nodes in chains than the slab has given out", nodes,
			      in_use);
	if (nodes + in_hand(m) < in_use)
		return flawed(flaw, "nodes are lost: seen, given out", nodes, in_use);
	return true;
}
