/* SPDX-License-Identifier: GPL-2.0-only */
/* anon_vmas of 4.0 from outside: who is in their trees, and whether all of it is sound. Host
 * side. */
#include "rmap/anon_vma_chain.h"
#include "kernels.h"
#include "mm/vm.h"

static struct anon_vma *page_anon_vma(const struct machine *m, const struct page *page)
{
	struct anon_vma *anon_vma;

	if (!page_anon_of(m->vm, page) || !rmap_of(m->vm)->mapcount(m, page))
		return NULL;
	anon_vma = (struct anon_vma *)((uintptr_t)page->mapping - PAGE_MAPPING_ANON);
	return kmem_cache_owns(m->vm->anon_vma_cachep, anon_vma) ? anon_vma : NULL;
}

static void list_anon(struct mapping_list *list)
{
	const struct anon_vma *anon_vma = page_anon_vma(list->m, list->page);
	struct rb_node *node;

	if (anon_vma)
		anon_vma_interval_tree_foreach(node, anon_vma, list->page->index,
					       list->page->index)
			list_vma(list, avc_of_rb(node)->vma, true);
}

u32 anon_vma_chain_walk(const struct machine *m, const struct page *page, struct mapping *out,
			u32 max)
{
	struct mapping_list list = { .m = m, .page = page, .out = out, .max = max };

	if (!rmap_of(m->vm)->mapcount(m, page))
		return 0;
	if (page_anon_of(m->vm, page))
		list_anon(&list);
	else
		list_file(&list, true);
	return list.n;
}

static u32 nr_links(const struct anon_vma *anon_vma)
{
	const struct rb_node *node;
	u32 n = 0;

	for (node = rb_first(&anon_vma->rb_root); node; node = rb_next(node))
		n++;
	return n;
}

static void trail_anon(struct trail *trail)
{
	const struct anon_vma *anon_vma = page_anon_vma(trail->m, trail->page);
	struct rb_node *node;

	if (!anon_vma)
		return;
	trail_step(trail, (struct rmap_step){
		.kind = STEP_ANON_VMA,
		.id = heap_id(trail->m, anon_vma),
		.start = nr_links(anon_vma),
		.end = anon_vma->degree,
	});
	anon_vma_interval_tree_foreach(node, anon_vma, trail->page->index, trail->page->index)
		trail_vma(trail, avc_of_rb(node)->vma);
}

u32 anon_vma_chain_trail(const struct machine *m, const struct page *page, struct rmap_step *out,
			 u32 max)
{
	struct trail trail = { .m = m, .page = page, .out = out, .max = max };

	if (page_anon_of(m->vm, page))
		trail_anon(&trail);
	else if (PageLRU(page) || rmap_of(m->vm)->mapcount(m, page))
		trail_file(&trail);
	return trail.n;
}

/* -- checks ----------------------------------------------------------------------------------- */

bool anon_vma_chain_check(const struct machine *m, const struct page *page,
			  struct rmap_flaw *flaw)
{
	if (!rmap_of(m->vm)->mapcount(m, page) || !page_anon_of(m->vm, page))
		return true;
	if (!page_anon_vma(m, page))
		return rmap_flawed(flaw, "mapping names an anon_vma that is gone", page->index,
				   rmap_of(m->vm)->mapcount(m, page));
	return true;
}

/* What there is of everything, by walking the chains of all vmas. */
struct census {
	const struct machine *m;
	struct rmap_flaw *flaw;
	u32 links;    /* on chains */
	u32 in_trees; /* counted at the first link of each tree */
	u32 trees;
	u32 own;      /* vmas with an anon_vma, */
	u32 degrees;  /* and the sum of all degrees, */
	u32 active;   /* and of what is counted in them for vmas, */
	u32 roots, children; /* of anon_vmas that are in use, */
	u32 refs;     /* the sum of their references, */
};

static bool flawed(struct census *c, const char *text, const struct vm_area_struct *vma)
{
	return rmap_flawed(c->flaw, text, vma->vm_start, vma->vm_end);
}

static bool count_anon_vma(struct census *c, const struct anon_vma *anon_vma,
			   const struct vm_area_struct *vma)
{
	if (!interval_tree_sound(&anon_vma_interval_tree, &anon_vma->rb_root))
		return flawed(c, "the interval tree of an anon_vma is out of order", vma);
	if (!kmem_cache_owns(c->m->vm->anon_vma_cachep, anon_vma->root) ||
	    !kmem_cache_owns(c->m->vm->anon_vma_cachep, anon_vma->parent))
		return flawed(c, "the root or the parent of an anon_vma is gone", vma);
	c->trees++;
	c->in_trees += nr_links(anon_vma);
	c->degrees += anon_vma->degree;
	c->active += anon_vma->num_active_vmas;
	c->refs += (u32)atomic_read(&anon_vma->refcount);
	if (anon_vma->root == anon_vma)
		c->roots++;
	else
		c->children++;
	return true;
}

static bool count_link(struct census *c, const struct anon_vma_chain *avc,
		       const struct vm_area_struct *vma, bool *own)
{
	const struct anon_vma *anon_vma = avc->anon_vma;

	if (avc->vma != vma || !kmem_cache_owns(c->m->vm->anon_vma_chain_cachep, avc))
		return flawed(c, "a link on the chain of a vma is not its", vma);
	if (!kmem_cache_owns(c->m->vm->anon_vma_cachep, anon_vma))
		return flawed(c, "a vma is linked to an anon_vma that is gone", vma);
	c->links++;
	*own |= anon_vma == vma->anon_vma;
	if (rb_first(&anon_vma->rb_root) != &avc->rb)
		return true;
	return count_anon_vma(c, anon_vma, vma);
}

static bool count_vma(struct census *c, const struct vm_area_struct *vma)
{
	const struct list_head *pos;
	bool own = !vma->anon_vma;

	list_for_each(pos, &vma->anon_vma_chain)
		if (!count_link(c, avc_of_vma(pos), vma, &own))
			return false;
	if (!own)
		return flawed(c, "a vma has no link to its own anon_vma", vma);
	c->own += vma->anon_vma != NULL;
	return true;
}

/*
 * When nobody is in between: a degree is a vma whose own it is, a child, or a root itself. Every
 * anon_vma has one reference for all of its vmas, a root one more for each of the others in its
 * family.
 */
static bool compare(const struct census *c)
{
	const struct vm_state *vm = c->m->vm;

	if (c->links != c->in_trees)
		return rmap_flawed(c->flaw, "links on chains, links in trees", c->links,
				   c->in_trees);
	if (c->links != kmem_cache_in_use(vm->anon_vma_chain_cachep))
		return rmap_flawed(c->flaw, "links on chains, links in the cache", c->links,
				   kmem_cache_in_use(vm->anon_vma_chain_cachep));
	if (c->trees != kmem_cache_in_use(vm->anon_vma_cachep))
		return rmap_flawed(c->flaw, "anon_vmas with vmas, anon_vmas in the cache",
				   c->trees, kmem_cache_in_use(vm->anon_vma_cachep));
	if (c->degrees != c->own + c->children + c->roots)
		return rmap_flawed(c->flaw, "the sum of degrees, and of what they count",
				   c->degrees, c->own + c->children + c->roots);
	if (c->active != c->own)
		return rmap_flawed(c->flaw, "vmas that anon_vmas count, vmas that have one",
				   c->active, c->own);
	if (c->refs != c->trees + c->children)
		return rmap_flawed(c->flaw, "references of anon_vmas, and who has one", c->refs,
				   c->trees + c->children);
	return true;
}

/* Is a process in the middle of something? It may sleep between two links of a new vma, or while
 * its last ones go. */
static bool anybody_in_between(const struct machine *m)
{
	const struct list_head *pos;

	list_for_each(pos, &m->tasks) {
		const struct task_struct *t = list_entry(pos, struct task_struct, tasks);

		if (t->op || (t->state != TASK_IDLE && t->mm))
			return true;
	}
	return false;
}

bool anon_vma_chain_check_all(const struct machine *m, u32 in_flight, struct rmap_flaw *flaw)
{
	struct census c = { .m = m, .flaw = flaw };
	const struct vm_area_struct *vma;
	const struct list_head *pos;

	if (in_flight || anybody_in_between(m))
		return true;
	list_for_each(pos, &m->vm->mms)
		for (vma = list_entry(pos, struct mm_struct, mms)->mmap; vma; vma = vma->vm_next)
			if (!count_vma(&c, vma))
				return false;
	return compare(&c);
}
