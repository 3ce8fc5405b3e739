-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 14: page->mapping's low bit, page->index, and the address that follows from them.
return {
	id = "mapping-index",
	title = "Two words that find a page",
	chapter = "anon_vma",
	kernel = "2.6.16",
	kernels = { "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "seed 004, mm/rmap.c: page_add_anon_rmap, vma_address; 2.6.16 include/linux/mm.h: PAGE_MAPPING_ANON, mm/mmap.c: copy_vma",
	goals = {
		"tell an anonymous page from a file's by one bit of page->mapping",
		"compute the address of a page in a vma: vm_start + ((index - vm_pgoff) << 12)",
		"say what mremap does to vm_pgoff, and what it leaves alone",
	},
	machine = { ram = "256K", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "32K", prot = "rw", at = 0x40000000 }
		for _, n in ipairs{ 3, 5, 6 } do x.init:write(x.a + n * 4096, n) end
		x.page = x.init:page(x.a + 0x5000)
		x.av = x.page.anon_vma
		x.c1 = x.init:fork("c1")
		x.vma_at = function(task, address)
			for _, v in ipairs(task.vmas) do
				if v.start <= address and address < v.stop then return v end
			end
		end
		x.where = function(page, vma) return vma.start + ((page.index - vma.pgoff) << 12) end
	end,
	steps = {
		{
			say = [[struct page must tell of whom the page is: of a file, or of an anon_vma. Until 2.6.8 a flag said so, PG_anon. But flag and pointer were two words and could be seen half changed; a lock kept them together.]],
			look = { pane = "page", task = "init", address = 0x40005000 },
		},
		{
			say = [[Then Hugh Dickins put the flag INTO the pointer. An anon_vma lies at an address that can be divided by 4, so bit 0 of the pointer is free: PAGE_MAPPING_ANON, 1.]],
			ask = "The anon_vma of this page lies at {av:x}. Which word is in page->mapping?",
			pick = "number",
			look = { pane = "page", task = "init", address = 0x40005000 },
			answer = function(m, x) return x.page.anon_vma | 1 end,
			replies = {
				{ when = function(n, m, x) return n == x.av end, like = function(m, x) return x.av end,
				  say = "With bit 0 clear it would be the address_space of a file." },
				{ when = function(n, m, x) return n == x.av - 1 end, like = function(m, x) return x.av - 1 end,
				  say = "The bit is set, so the word is larger than the pointer." },
				{ when = 1, say = "That is the bit alone. The pointer is still needed." },
			},
			hints = { "pointer | 1", "{av:x} + 1" },
		},
		{
			say = [[init maps a file at 0x70000000, from the file's third page on, and reads the second page of the mapping.]],
			action = function(m, x)
				x.file = m:file{ name = "book", size = "32K" }
				x.b = x.init:mmap{ len = "16K", prot = "r", file = x.file, offset = "8K", at = 0x70000000 }
				x.init:read(x.b + 0x1000)
				x.fpage = x.init:page(x.b + 0x1000)
			end,
			ask = "What is bit 0 of this page's mapping: 0 or 1?",
			pick = "number",
			look = { pane = "page", task = "init", address = 0x70001000 },
			answer = function(m, x) return x.fpage.anon and 1 or 0 end,
			replies = {
				{ when = 1, say = "PageAnon is for pages that belong to no file. This one has a file." },
			},
			hints = { "Is it anonymous?" },
		},
		{
			say = [[The second word, index, is a page number. For a file: which page of the FILE, counted from 0.]],
			ask = "What is the index of the page at 0x70001000?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = 0x70001000 },
			answer = function(m, x) return x.fpage.index end,
			replies = {
				{ when = 1, say = "That is its number in the mapping. The mapping begins at the file's page 2." },
				{ when = 2, say = "vm_pgoff is 2: that is the page at 0x70000000." },
				{ when = 0x70001, say = "An anonymous vma would count like that, not a file." },
			},
			hints = { "vm_pgoff of the vma is 8K / 4K.", "vm_pgoff + (0x70001000 - 0x70000000 >> 12)" },
		},
		{
			say = [[An anonymous vma gets vm_pgoff = vm_start >> 12 when it is made. All else is as with a file, and one formula, vma_address, serves both:

    address = vm_start + ((index - vm_pgoff) << 12)]],
			ask = "init's first vma: vm_start 0x40000000, vm_pgoff 0x40000. Where in it is the page with index 0x40005?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40005000 },
			answer = function(m, x) return x.where(x.page, x.vma_at(x.init, 0x40005000)) end,
			replies = {
				{ when = 0x40000005, say = "5 pages, not 5 bytes: shift by 12." },
				{ when = 0x80005000, say = "Subtract vm_pgoff first: 0x40005 - 0x40000." },
			},
			hints = { "0x40000000 + (5 << 12)" },
		},
		{
			say = [[Now mremap: init moves the upper half of its mapping, 0x40004000-0x40008000, to 0x50000000. The pages are shared with c1, which stays where it is.]],
			action = function(m, x)
				x.cow = m.counters.pgcow
				x.init:mremap(x.a + 0x4000, 0x4000, 0x4000, { at = 0x50000000 })
				x.cow = m.counters.pgcow - x.cow
			end,
			look = { pane = "tasks", task = "init", address = 0x40004000 },
		},
		{
			say = [[anonmm had to copy here. This time pages copied: {cow}. No index was changed either: c1 needs it as it is.]],
			ask = "What is vm_pgoff of the vma at 0x50000000?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = 0x50000000 },
			answer = function(m, x) return x.vma_at(x.init, 0x50000000).pgoff end,
			replies = {
				{ when = 0x50000, say = "Then a page with index 0x40005 would lie far outside. The vma must go on counting as its pages do." },
				{ when = 0x40000, say = "The vma was cut at 0x40004000. Which index has the first page of the part that moved?" },
				{ when = 4, say = "It is the fifth page of the old vma, which began to count at 0x40000." },
			},
			hints = { "The index of the page that lay at 0x40004000.", "0x40004000 >> 12" },
		},
		{
			say = [[The vma moved, and kept its vm_pgoff. Use the formula.]],
			ask = "Where does init have the page with index 0x40005 now?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = 0x50000000 },
			answer = function(m, x) return x.where(x.page, x.vma_at(x.init, 0x50000000)) end,
			replies = {
				{ when = 0x40005000, say = "init's vma there is gone. Take vm_start 0x50000000 and vm_pgoff 0x40004." },
				{ when = 0x50005000, say = "Only the upper half moved: index - vm_pgoff is 1, not 5." },
				{ when = 0x50000000, say = "That is index 0x40004, the first page of the part that moved." },
			},
			hints = { "index - vm_pgoff = 1", "0x50000000 + (1 << 12)" },
		},
		{
			say = [[One page, one index; two processes, two addresses. Both vmas hang on the anon_vma, and each computes for itself.]],
			ask = "Point to c1's pte of the same page.",
			pick = "pte",
			look = { pane = "rmap", task = "init", address = 0x50001000 },
			answer = function(m, x)
				for _, v in ipairs(x.page:rmap()) do
					if v.task.name == "c1" then return { task = v.task, address = v.address } end
				end
			end,
			replies = {
				{ when = function(a) return a.task.name == "init" end, say = "That is init. The question is about c1." },
				{ when = function(a) return a.address >= 0x50000000 end,
				  like = { task = "c1", address = 0x50001000 },
				  say = "init moved, c1 did not." },
			},
			hints = { "c1's vma: vm_start 0x40000000, vm_pgoff 0x40000.", "Type: c1 0x40005000" },
		},
		{
			say = [[A vma in which no page was ever made has no anon_vma and no index to keep. init maps four pages at 0x60000000 and moves them, untouched, to 0x68000000.]],
			action = function(m, x)
				local c = x.init:mmap{ len = "16K", prot = "rw", at = 0x60000000 }
				x.init:mremap(c, 0x4000, 0x4000, { at = 0x68000000 })
			end,
			ask = "What is its vm_pgoff now?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = 0x68000000 },
			answer = function(m, x) return x.vma_at(x.init, 0x68000000).pgoff end,
			replies = {
				{ when = 0x60000, say = "No page has an index from there. copy_vma begins anew, so that the vma can merge with new neighbours." },
				{ when = 0, say = "Anonymous vmas begin at vm_start >> 12." },
			},
			hints = { "As if it had been made there." },
		},
		{
			say = [[And swap? Until 2.6.6 mapping and index of a page in the swap cache held the swap space and the slot. Now they must say where the page is mapped. So the slot had to go to a third word.]],
			action = function(m, x)
				m:refill(16)
				x.result = m:try_to_unmap(x.page)
				x.c1:read(x.a + 0x5000)
			end,
			ask = "The page was unmapped for swap, and c1 has read it back from the swap cache. Which field holds the slot: mapping, index or private?",
			pick = "name",
			look = { pane = "page", task = "c1", address = 0x40005000 },
			answer = function(m, x)
				local p = x.c1:page(x.a + 0x5000)
				if p.raw.private == p.slot.offset then return "private" end
				return p.raw.index == p.slot.offset and "index" or "mapping"
			end,
			replies = {
				{ when = "index", say = "index is still 0x40005: rmap needs it while the page is mapped." },
				{ when = "mapping", say = "mapping is the anon_vma, with bit 0 set." },
			},
			hints = { "Two of the three are needed by rmap.", "page.raw.private" },
		},
		{
			say = [[Before the last task: m:page(n):rmap() computes as you did. Trust it.]],
			task = [[Let init have the page with index 0x40006 at 0x58000000. Move nothing else.]],
			look = { pane = "tasks", task = "init", address = 0x50000000 },
			check = function(m, x)
				local pte = m.tasks.init:pte(0x58000000)
				if not (pte and pte.present) then return false, "init has no page at 0x58000000 yet" end
				local page = m:page(pte.pfn)
				if not page.anon or page.index ~= 0x40006 then
					return false, string.format("the page there has index 0x%x", page.index)
				end
				local vma = x.vma_at(m.tasks.init, 0x58000000)
				return vma.len == 4096, "more than one page was moved"
			end,
			hints = {
				"Where is it now? 0x50000000 + ((0x40006 - 0x40004) << 12)",
				"mremap one page from 0x50002000.",
				"m.tasks.init:mremap(0x50002000, 4096, 4096, {at=0x58000000})",
			},
			solution = [[m.tasks.init:mremap(0x50002000, 4096, 4096, { at = 0x58000000 })]],
		},
	},
}
