-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 01: physical memory as the kernel sees it.

-- Did the learner pick a frame with this use?
local function used_as(use)
	return function(pfn, m)
		local page = m:page(pfn)
		return page and page.use == use
	end
end

return {
	id = "frames",
	title = "The machine and its frames",
	chapter = "The machine",
	kernel = "2.5.27",
	source = "2.5.27 mm/page_alloc.c, include/linux/mm.h; seed 000",
	goals = {
		"read the frames pane: one letter is one frame",
		"know what a frame costs before anybody uses it",
		"see the three frames that a process's first word takes",
	},
	machine = { ram = "256K", swap = "256K" },
	steps = {
		{
			say = [[This machine has 256 KiB of memory, cut into frames of 4 KiB. The frames pane shows one letter for each.]],
			ask = "How many frames are there?",
			pick = "number",
			look = { pane = "frames" },
			answer = function(m) return 256 * 1024 // 4096 end,
			replies = {
				{ when = 256, say = "256 is the memory in KiB. A frame is 4 KiB." },
				{ when = 4096, say = "4096 is the size of one frame in bytes. How often does it fit into 256 KiB?" },
				{ when = 63, say = "Nearly: the frames are numbered from 0, so the last number is one less than how many there are." },
			},
			hints = { "256 KiB divided by 4 KiB.", "256 / 4" },
		},
		{
			say = [[A dot is a free frame. 'k' frames are the kernel's for ever: mem_map, the array with one struct page per frame, and the count of users of each swap slot. '0' is the zero page, 'b' a slab: small structures share it.]],
			look = { pane = "frames", page = 0 },
		},
		{
			say = [[One struct page of this kernel takes 44 bytes, four of which seed 000 added for reverse mapping: the pte_chain pointer.]],
			ask = "How many bytes does mem_map take on this machine of 64 frames?",
			pick = "number",
			look = { pane = "page", page = 0 },
			answer = function(m) return 64 * 44 end,
			replies = {
				{ when = 44, say = "44 bytes is one struct page. There is one for every frame." },
				{ when = 64 * 40, say = "That is without the four bytes of pte_chain. They are always there, used or not." },
				{ when = 4096, say = "A frame is what it occupies, since memory is given out in frames. Count the bytes it needs." },
			},
			hints = { "One struct page per frame.", "64 times 44." },
		},
		{
			say = [[Now a process is made. It owns nothing yet but a page directory, 'd', the root of its page tables, and an mm_struct in a slab.]],
			action = function(m, x) x.init = m:task("init") end,
			look = { pane = "frames", task = "init" },
		},
		{
			say = [[init asks for 64 KiB with mmap. Watch the free frames while the kernel works.]],
			action = function(m, x)
				x.free = m.zones[1].free
				x.a = x.init:mmap{ len = "64K", prot = "rw" }
			end,
			look = { pane = "zones", task = "init" },
		},
		{
			say = [[The mapping is there, as a vma. But a mapping is only a promise.]],
			ask = "How many of the 16 promised pages have a frame now?",
			pick = "number",
			answer = function(m, x) return x.init.rss end,
			replies = {
				{ when = 16, say = "That many were promised. Look at rss in the task pane: none has been touched." },
				{ when = 1, say = "A frame went to the slab of the vma itself, but none to the mapping." },
			},
			hints = { "Nobody has used the memory yet.", "rss counts the frames a process really has." },
		},
		{
			say = [[init writes one word, 42, at the start of the mapping. The processor finds no page table and faults; do_anonymous_page answers.]],
			action = function(m, x)
				x.before = m.counters.pgalloc - m.counters.pgfree
				x.init:write(x.a, 42)
				x.used = m.counters.pgalloc - m.counters.pgfree - x.before
			end,
			look = { pane = "stack", task = "init" },
		},
		{
			say = [[The fault took frames: one to hold the word, and some so that the word can be found again, from the process and from the page.]],
			ask = "Pick the frame that holds the word 42.",
			pick = "page",
			look = { pane = "frames" },
			answer = function(m, x) return x.init:page(x.a).pfn end,
			replies = {
				{
					when = used_as("page table"),
					say = "That is the page table: its entry says where the word is. Follow it.",
				},
				{
					when = used_as("pte chains"),
					say = "That frame was turned into 512 pte_chain nodes: it says who maps a page. Lesson 4 is about it.",
				},
				{
					when = used_as("page directory"),
					say = "That is the page directory, the root. The word is two steps further.",
				},
				{
					when = used_as("slab"),
					say = "That is a slab, cut into small structures: the mm_struct and the vmas of all processes.",
				},
				{
					when = used_as("free"),
					say = "That frame is free: nobody's data is there.",
				},
			},
			hints = {
				"Letters: d page directory, t page table, c pte chains, a anonymous memory.",
				"In the REPL: t = m.tasks.init; t:page(0x40000000).pfn",
			},
		},
		{
			say = [[So one word cost three frames: data, page table, and a frame of pte_chain nodes. The last two are shared by all that follows: the next 1,023 pages of this 4 MiB need no new table, the next 511 mappings no new chain page.]],
			look = { pane = "frames" },
		},
		{
			task = [[Your turn. In the REPL, make a process called "second" and let it write to one page of its own.]],
			look = { pane = "repl" },
			check = function(m)
				local t = m.tasks.second
				if not t then return false, 'there is no process called "second" yet' end
				if t.rss == 0 then return false, "second has no page of its own yet: mmap, then write" end
				return true
			end,
			hints = {
				't = m:task("second") makes the process.',
				'a = t:mmap{ len = "4K", prot = "rw" } gives it a mapping, t:write(a, 1) uses it.',
			},
			solution = [[
t = m:task("second")
a = t:mmap{ len = "4K", prot = "rw" }
t:write(a, 1)]],
		},
	},
}
