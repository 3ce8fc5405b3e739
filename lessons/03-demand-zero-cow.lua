-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 03: memory that is not there until it is used, and not copied until it is changed.
return {
	id = "cow",
	title = "Demand zero and copy on write",
	chapter = "The machine",
	kernel = "2.5.27",
	source = "2.5.27 mm/memory.c: do_anonymous_page, do_wp_page, copy_page_range; seed 000",
	goals = {
		"see the zero page stand in for memory that was only read",
		"see what fork does to every pte, and what it does not copy",
		"know when do_wp_page copies and when it need not",
	},
	machine = { ram = "256K", swap = "256K" },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "32K", prot = "rw", at = 0x40000000 }
	end,
	steps = {
		{
			say = [[init has mapped 32 KiB and reads the first word. It was never written, so it must be 0. Need the kernel find a frame to say so?]],
			action = function(m, x) x.r = x.init:read(x.a) end,
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
		},
		{
			say = [[do_anonymous_page maps the zero page: one frame full of zeros for everybody, write-protected.]],
			ask = "init reads three more fresh pages. How large is its rss then?",
			pick = "number",
			action = function(m, x)
				for i = 1, 3 do x.init:read(x.a + i * 4096) end
			end,
			look = { pane = "pagetable", task = "init" },
			answer = function(m, x) return x.init.rss end,
			replies = {
				{ when = 4, say = "Four ptes, but all four name the zero page, and this kernel does not count it: it is nobody's." },
				{ when = 3, say = "Three ptes were made now, yet none of them costs a frame." },
				{ when = 1, say = "The zero page existed already and belongs to nobody." },
			},
			hints = { "rss counts frames of one's own.", "The zero page is reserved: no rss, no rmap, no list." },
		},
		{
			say = [[Now init writes to the second page. The pte is write-protected, so the processor faults with 'protection, write', and do_wp_page runs.]],
			action = function(m, x) x.init:write(x.a + 4096, 7) end,
			look = { pane = "stack", task = "init", address = 0x40001000 },
		},
		{
			say = [[do_wp_page gave init a page of its own. Next, init forks a child, c1. fork copies page tables, not pages.]],
			action = function(m, x)
				x.init:write(x.a, 1)
				x.c1 = x.init:fork("c1")
			end,
			look = { pane = "pagetable", task = "c1", address = 0x40000000 },
		},
		{
			say = [[Both processes now map the same frames, and both must not write to them unseen.]],
			ask = "Which flag did copy_page_range take away from the parent's pte too?",
			pick = "name",
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
			answer = function() return "RW" end,
			replies = {
				{ when = "D", say = "D stays where it is in a private mapping: the page still differs from what is on disk (nothing)." },
				{ when = "A", say = "A is cleared in the child's copy only: pte_mkold." },
				{ when = "P", say = "Both can still read it." },
			},
			hints = { "The next write of either must fault.", "Compare the two ptes: what did init's have before?" },
		},
		{
			say = [[The frame of 0x40000000 is shared. Its struct page counts references.]],
			ask = "What is the count of that page now?",
			pick = "number",
			look = { pane = "page", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.init:page(x.a).count end,
			replies = {
				{ when = 1, say = "It was 1 before fork. get_page in copy_page_range counted the child's pte." },
				{ when = 3, say = "Two ptes, nothing else: an anonymous page is in no cache before it goes to swap." },
			},
			hints = { "One for each pte that maps it." },
		},
		{
			say = [[c1 writes. Somebody has to get a copy: the one who writes.]],
			action = function(m, x)
				x.shared = x.init:page(x.a).pfn
				x.c1:write(x.a, 2)
			end,
			ask = "Pick the frame that c1's copy is in.",
			pick = "page",
			look = { pane = "frames", task = "c1", address = 0x40000000 },
			answer = function(m, x) return x.c1:page(x.a).pfn end,
			replies = {
				{
					when = function(pfn, m, x) return pfn == x.shared end,
					say = "That is the old frame: init still has it.",
				},
				{
					when = function(pfn, m, x) return m:page(pfn).use == "free" end,
					say = "That frame is free.",
				},
			},
			hints = { "c1's pte at 40000000 names it.", "m.tasks.c1:page(0x40000000).pfn" },
		},
		{
			say = [[init is the only user of the old frame now, but its pte is still write-protected.]],
			-- From 2.6 on a new page waits for its list in a pagevec, whose reference is a user, too.
			action = function(m) m:refill(0) end,
			ask = "init writes too. How many pages will be copied?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
			answer = function() return 0 end,
			replies = {
				{ when = 1, say = "do_wp_page first asks can_share_swap_page: is the count 1? Then nobody else can see the page, and it may be written in place." },
				{ when = 2, say = "One write can copy one page at most." },
			},
			hints = { "What is the count of the page now?", "If nobody shares it, why copy it?" },
		},
		{
			say = [[It faults, do_wp_page finds the count at 1, sets RW and D in place: pgcow does not move.]],
			action = function(m, x)
				x.cow = m.counters.pgcow
				x.init:write(x.a, 3)
				assert(m.counters.pgcow == x.cow)
			end,
			look = { pane = "trace", task = "init", address = 0x40000000 },
		},
		{
			task = [[Make the kernel break the sharing of the page at 0x40001000, which init and c1 still share.]],
			look = { pane = "rmap", task = "init", address = 0x40001000 },
			check = function(m)
				local i, c = m.tasks.init:pte(0x40001000), m.tasks.c1:pte(0x40001000)
				if not (i and c and i.present and c.present) then
					return false, "both must still map the page"
				end
				if i.pfn == c.pfn then return false, "both ptes still name the same frame" end
				return true
			end,
			hints = { "Either of them may write.", "m.tasks.c1:write(0x40001000, 9)" },
			solution = [[m.tasks.c1:write(0x40001000, 9)]],
		},
	},
}
