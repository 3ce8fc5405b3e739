/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The errata there are: each name with its sentence, once. Who has an erratum says so by its name
 * (kernel->errata, kernel->own_errata, swapoff_ops->errata); the code that asks for it says why.
 */
#include "kernels.h"

#include <stdio.h>
#include <string.h>

const struct erratum known_errata[] = {
	{ "referenced-trylock-0",
	  "when a lock on the way to a page of a file is busy, the page counts as not used" },
	{ "nr-mapped-twice",
	  "a page whose last pte goes with a nonlinear cluster is counted off nr_mapped twice" },
	{ "moved-page-reused",
	  "a page that a write fault finds to be one's own is not looked for where one has it" },
	{ "clear-mapping-on-last-unmap",
	  "who takes the last pte away wipes out the mapping that a fault has just noted" },
	{ "referenced-without-page-lock",
	  "page_referenced is on its way to a file's lock when truncation takes the page out" },
	{ "page-lock-kept",
	  "page_referenced never unlocks a page that truncation took from its file before" },
	{ "anon-vma-not-rcu",
	  "an anon_vma's memory is used anew while reclaim is about to take its lock" },
	{ "reused-twice",
	  "fork takes over an anon_vma that is another vma's own: a merge then loses links" },
	{ "read-error-mapped",
	  "a page that could not be read from swap is mapped all the same" },
	{ "write-error-drops-data",
	  "a page that could not be written to swap is taken for written, and dropped" },
	{ "file-write-error-drops-data",
	  "a page that could not be written to its file is taken for written, and dropped" },
	{ "swapoff-maps-unread",
	  "a page that swapoff could not read is mapped all the same, or goes to its file" },
	{ "dirty-page-dropped",
	  "swapoff takes a page from the swap cache though a pte names its slot: data are lost" },
	{ "swcount-read-early",
	  "swapoff asks who has a slot before its page is read, and says ENOMEM for nothing" },
	{ "i-less-than-oldi",
	  "swapoff does not see that it has come round to the only slot that is left" },
	{ "continue-keeps-oldi",
	  "swapoff does not see that it has come round when the slots that are left have no page" },
	{ "max-retries",
	  "swapoff gives up after three passes, EBUSY, while somebody unmaps pages" },
	{ "unlock-not-held",
	  "swapoff without memory gives back the mutex of shared memory without holding it" },
	{ "deref-retry-missing",
	  "swapoff overlooks an entry of shared memory whose tree just gets its first node" },
	{ "goto-removed",
	  "a page of shared memory that cannot be read is let in, and what it had is lost" },
	{ NULL, NULL },
};

const struct erratum *erratum_by_name(const char *name)
{
	const struct erratum *e;

	for (e = known_errata; e->name; e++)
		if (!strcmp(e->name, name))
			return e;
	return NULL;
}

/* -- who has it -------------------------------------------------------------------------------- */

static bool in_list(const char *const *list, const char *name)
{
	for (; list && *list; list++)
		if (!strcmp(*list, name))
			return true;
	return false;
}

bool erratum_is_own(const struct kernel *kernel, const char *name)
{
	u32 i;

	for (i = 0; i < NR_OWN_ERRATA; i++)
		if (kernel->own_errata & OWN_ERRATUM(i) && !strcmp(own_errata_names[i], name))
			return true;
	return false;
}

static void append(char *buf, size_t n, const char *name)
{
	size_t at = strlen(buf);

	snprintf(buf + at, n - at, "%s%s", at ? " " : "", name);
}

void erratum_where(const struct erratum *e, char *buf, size_t n)
{
	const struct kernel *const *k;
	const struct swapoff_ops *const *s;

	buf[0] = 0;
	for (k = kernels; *k; k++)
		if (in_list((*k)->errata, e->name) || erratum_is_own(*k, e->name))
			append(buf, n, (*k)->name);
	for (s = swapoffs; *s; s++)
		if (in_list((*s)->errata, e->name))
			append(buf, n, (*s)->name);
}
