-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 13: the life of an anon_vma: prepared, forked, split, merged, unlinked.
return {
	id = "anon-vma",
	title = "A list of related vmas",
	chapter = "anon_vma",
	kernel = "2.6.8",
	kernels = { "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "2.6.8 mm/rmap.c: anon_vma_prepare, anon_vma_link, anon_vma_unlink, page_referenced_anon; mm/mmap.c: find_mergeable_anon_vma, split_vma, vma_adjust, vma_merge",
	goals = {
		"tell when a vma gets an anon_vma, and when it borrows its neighbour's",
		"count the vmas on the list after fork, mprotect and munmap",
		"know which of them are visited for one page, and when the search ends",
	},
	machine = { ram = "256K", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "32K", prot = "rw", at = 0x40000000 }
		x.on_list = function(page) return page:trail()[1].start end
	end,
	steps = {
		{
			say = [[anon_vma turns the question around. Not "which mms are related?" but "which VMAS may map pages that began here?" They are on one list, and the page points to its head.]],
			look = { pane = "tasks", task = "init", address = 0x40000000 },
		},
		{
			say = [[init has one vma of eight pages and reads from it.]],
			action = function(m, x) x.init:read(x.a) end,
			ask = "How many of init's vmas have an anon_vma now?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
			answer = function(m, x)
				local n = 0
				for _, v in ipairs(x.init.vmas) do if v.anon_vma then n = n + 1 end end
				return n
			end,
			replies = {
				{ when = 1, say = "A read brings in the zero page, which is in no rmap. There is nothing to find yet." },
			},
			hints = { "Which page was mapped? Does anybody ever search for its mappers?" },
		},
		{
			say = [[Now init writes. anon_vma_prepare gives the vma an anon_vma just before the page is made. page->mapping gets its address; page->index the page's number, counted from vm_pgoff at vm_start.]],
			action = function(m, x)
				x.init:write(x.a, 42)
				x.init:write(x.a + 0x4000, 43)
				x.page = x.init:page(x.a + 0x4000)
			end,
			ask = "init also wrote its fifth page, at 0x40004000. What is the index of THAT page?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = 0x40004000 },
			answer = function(m, x) return x.page.index end,
			replies = {
				{ when = 0x40004000, say = "anonmm noted the address. anon_vma counts pages, as files do." },
				{ when = 0x40000, say = "That is vm_pgoff, the index of the first page of the vma." },
				{ when = 4, say = "It is the fifth page of the vma, yes. But an anonymous vma begins to count at vm_start >> 12." },
			},
			hints = { "vm_pgoff + 4", "0x40004000 >> 12" },
		},
		{
			say = [[fork. The child's vma is a copy with the same anon_vma; before any pte is copied, anon_vma_link puts it on the list. No new anon_vma is made.]],
			action = function(m, x) x.c1 = x.init:fork("c1") end,
			ask = "How many vmas are on the list?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			answer = function(m, x) return x.on_list(x.page) end,
			replies = {
				{ when = 1, say = "init's vma was there before. Now the child's has come." },
				{ when = 0, say = "An empty list would have been freed with its anon_vma." },
			},
			hints = { "One vma of the parent, one of the child." },
		},
		{
			say = [[init makes the third and the fourth page read-only. A vma has one protection, so it must be split.]],
			action = function(m, x) x.init:mprotect(x.a + 0x2000, 0x2000, "r") end,
			ask = "How many vmas are on the list now?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			answer = function(m, x) return x.on_list(x.page) end,
			replies = {
				{ when = 2, say = "Look at init's vmas: before, between and behind. Pages of the old one may lie in each." },
				{ when = 3, say = "init has three. And c1's is whole." },
				{ when = 6, say = "c1's address space is its own: its vma was not split." },
			},
			hints = { "init's three pieces, and the child's vma." },
		},
		{
			say = [[Each vma says where the page would be: vm_start + ((index - vm_pgoff) << 12). If that is outside, the page cannot be there, and no page table is touched.]],
			ask = "In how many of these vmas can the page with index 0x40004 be?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			answer = function(m, x)
				local n = 0
				for _, s in ipairs(x.page:trail()) do
					if s.kind == "vma" and s.address ~= 0 then n = n + 1 end
				end
				return n
			end,
			replies = {
				{ when = 4, say = "Every one is visited, but compute the address in 0x40000000-0x40002000: it is beyond that piece." },
				{ when = 1, say = "That is init's piece. The child has the same address in its own vma." },
				{ when = 3, say = "Only one of init's three pieces covers 0x40004000." },
			},
			hints = { "Which vmas cover 0x40004000?", "One of init's, one of c1's." },
		},
		{
			say = [[The walk goes along the list, and ends early when it has found page->mapcount ptes. The rmap pane shows the list in its order.]],
			ask = "m:page_referenced will be asked about this page. How many vmas does it visit, those where it cannot be included?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			answer = function(m, x)
				local n, left = 0, x.page.mapcount
				for _, s in ipairs(x.page:trail()) do
					if s.kind == "vma" and left > 0 then n = n + 1 end
					if s.kind == "pte" and s.maps then left = left - 1 end
				end
				return n
			end,
			replies = {
				{ when = 4, say = "After the second pte there is nothing left to find. Which vma is last on the list?" },
				{ when = 2, say = "Those two have it. But on its way to them the walk meets another." },
			},
			hints = { "Go down the list until two ptes are found.", "Count the lines of vmas down to the second pte." },
		},
		{
			say = [[Let it run, and compare with the counter.]],
			action = function(m, x)
				x.n = m.counters.vmas_visited
				m:page_referenced(x.page)
				x.n = m.counters.vmas_visited - x.n
			end,
			look = { pane = "trace", task = "init", address = 0x40004000 },
		},
		{
			say = [[{n} vmas were visited.

Now init makes the two pages writable again. The neighbours have the same flags, the same anon_vma, and their vm_pgoff fit: vma_merge makes one of three.]],
			action = function(m, x) x.init:mprotect(x.a + 0x2000, 0x2000, "rw") end,
			ask = "How many vmas are on the list?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			answer = function(m, x) return x.on_list(x.page) end,
			replies = {
				{ when = 4, say = "Two of init's vmas are gone, and __anon_vma_merge took them off the list." },
				{ when = 3, say = "It was case 6 of vma_merge: previous, middle and next become one." },
				{ when = 1, say = "One of init's. The child is still alive." },
			},
			hints = { "As before mprotect." },
		},
		{
			say = [[c1 unmaps its third and fourth page: a hole.]],
			action = function(m, x) x.c1:munmap(x.a + 0x2000, 0x2000) end,
			ask = "And now?",
			pick = "number",
			look = { pane = "tasks", task = "c1", address = 0x40000000 },
			answer = function(m, x) return x.on_list(x.page) end,
			replies = {
				{ when = 2, say = "The piece in the middle is gone, but it left two." },
				{ when = 1, say = "c1 unmapped two of its eight pages. The others are still there." },
				{ when = 4, say = "The third piece was made for a moment, by split_vma. munmap unlinked it." },
			},
			hints = { "c1 has two vmas, init one." },
		},
		{
			say = [[c1 exits: both its vmas leave the list. Beside its vma init maps four pages more, executable: with other flags there can be no merge. It writes there, and anon_vma_prepare looks at the neighbours first: find_mergeable_anon_vma.]],
			action = function(m, x)
				x.c1:exit()
				x.b = x.init:mmap{ len = "16K", prot = "rwx", at = 0x40008000 }
				x.init:write(x.b, 44)
			end,
			ask = "Has the new vma the same anon_vma as its neighbour, or a new one? Type  same  or  new",
			pick = "name",
			look = { pane = "rmap", task = "init", address = 0x40008000 },
			answer = function(m, x)
				return x.init:page(x.b).anon_vma == x.page.anon_vma and "same" or "new"
			end,
			replies = {
				{ when = "new", say = "Compare page:anon_vma of both. Two anon_vmas would keep the vmas apart for ever." },
			},
			hints = { "m.tasks.init:page(0x40008000).anon_vma == m.tasks.init:page(0x40004000).anon_vma" },
		},
		{
			say = [[Only read, write and execute differ, and mprotect can make these alike: so it borrowed, for a merge that may come.]],
			task = [[Let it come: make init's two vmas one.]],
			look = { pane = "tasks", task = "init", address = 0x40008000 },
			check = function(m, x)
				local n = #m.tasks.init.vmas
				if n ~= 1 then return false, "init has " .. n .. " vmas" end
				return x.page.mapcount == 1, "the page with index 0x40004 must stay mapped"
			end,
			hints = {
				"Vmas with the same flags, anon_vma and fitting vm_pgoff merge.",
				"The second vma is executable. mprotect takes that away.",
				"m.tasks.init:mprotect(0x40008000, 0x4000, \"rw\")",
			},
			solution = [[m.tasks.init:mprotect(0x40008000, 0x4000, "rw")]],
		},
		{
			task = [[Last: make the list exactly three vmas long. There is more than one way.]],
			look = { pane = "rmap", task = "init", address = 0x40004000 },
			check = function(m, x)
				if x.page.mapcount == 0 then return false, "init's page at 0x40004000 is gone" end
				local n = x.on_list(x.page)
				return n == 3, n .. (n == 1 and " vma is" or " vmas are") .. " on the list"
			end,
			hints = {
				"A fork adds one; so does each cut.",
				"m.tasks.init:mprotect(0x40002000, 0x2000, \"r\")",
			},
			solution = [[m.tasks.init:mprotect(0x40002000, 0x2000, "r")]],
		},
	},
}
