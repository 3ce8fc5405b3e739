-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 05: how the kernel learns what was used.
return {
	id = "lists",
	title = "page_referenced and the two lists",
	chapter = "Reverse mapping",
	kernel = "2.5.27",
	kernels = { "2.5.27" },
	source = "seed 000: page_referenced, refill_inactive, shrink_cache; 2.5.26 mm/swap.c",
	goals = {
		"read the active and the inactive list",
		"know what page_referenced counts, and that asking clears",
		"predict which pages refill_inactive moves down",
	},
	machine = { ram = "256K", swap = "256K" },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "32K", prot = "rw", at = 0x40000000 }
		for i = 0, 5 do x.init:write(x.a + i * 4096, i) end
		x.c1 = x.init:fork("c1")
	end,
	steps = {
		{
			say = [[Every page that could be taken away is on one of two lists. New pages enter at the head of the inactive list; the scan takes them from its tail.]],
			look = { pane = "lru" },
		},
		{
			say = [[init wrote its six pages in the order of their addresses, lowest first.]],
			ask = "Pick the page that shrink_cache would look at first.",
			pick = "page",
			look = { pane = "lru" },
			answer = function(m) return m.lru.inactive[#m.lru.inactive] end,
			replies = {
				{
					when = function(pfn, m) return pfn == m.lru.inactive[1] end,
					say = "That is the head: the page that came last. Scanning begins at the other end.",
				},
			},
			hints = { "The tail of the inactive list.", "The page init wrote first." },
		},
		{
			say = [[Was it used lately? The processor answered already: it sets the accessed bit A in the pte. page_referenced asks all ptes of the page, along the chain, and clears the bits as it goes. The count of the page's own PG_referenced flag is added.]],
			look = { pane = "rmap", task = "init", address = 0x40000000 },
		},
		{
			say = [[init has written to this page; c1, its child, maps it since fork and has done nothing. fork left A clear in the child: pte_mkold.]],
			ask = "What would page_referenced return for it?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m, x)
				local n = 0
				for _, v in ipairs(x.init:page(x.a):rmap()) do
					if v.task:pte(v.address).accessed then n = n + 1 end
				end
				if x.init:page(x.a).flags.referenced then n = n + 1 end
				return n
			end,
			replies = {
				{ when = 2, say = "Two ptes, but look at their A bits: how many are set?" },
				{ when = 6, say = "That is how many pages there are. The question is about one." },
			},
			hints = { "Count the A bits in the rmap pane." },
		},
		{
			say = [[Ask it, twice.]],
			action = function(m, x)
				x.first = m:page_referenced(x.init:page(x.a))
				x.second = m:page_referenced(x.init:page(x.a))
			end,
			ask = "What did the second call return?",
			pick = "number",
			look = { pane = "trace", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.second end,
			replies = {
				{ when = function(n, m, x) return n == x.first end, say = "That was the first. It also cleared what it counted." },
			},
			hints = { "Test and CLEAR young." },
		},
		{
			say = [[A catch of this time: the TLB may still hold the old pte with A set, and then the processor does not set it again in the table. The kernel accepted that; a flush here came only in 2.6.8.]],
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
		},
		{
			say = [[A page moves up when it is found in use at the tail. Let the scan run: five pages were used since, and climb to the active list. The one we asked about has no bits left, and goes to swap.]],
			action = function(m, x)
				for i = 1, 5 do x.c1:read(x.a + i * 4096) end
				m:reclaim(1)
			end,
			look = { pane = "lru" },
		},
		{
			say = [[refill_inactive does the opposite. From the tail of the active list: used by somebody? to its head again. Else down to the inactive list.]],
			look = { pane = "lru" },
		},
		{
			say = [[Nobody has touched anything since. Their A bits were cleared by the scan.]],
			ask = "m:refill(2) will look at two pages. How many of them stay active?",
			pick = "number",
			look = { pane = "lru" },
			answer = function() return 0 end,
			replies = {
				{ when = 2, say = "They were found used once. The finding cleared the bits." },
				{ when = 1, say = "Look at the A bits of both ptes of each page." },
			},
			hints = { "page_referenced returns 0 for both." },
		},
		{
			say = [[Both go down.]],
			action = function(m, x)
				x.active = #m.lru.active
				m:refill(2)
			end,
			look = { pane = "lru" },
		},
		{
			task = [[Keep a page up: have the page at the tail of the active list used, then call m:refill(1), so that it gets another lap. Mind the TLB: c1 ran last.]],
			look = { pane = "lru" },
			check = function(m)
				if #m:events{ kind = "rotate" } == 0 then
					return false, "no page of the active list was given another lap yet"
				end
				return true
			end,
			hints = {
				"m:page(pfn):rmap() tells the addresses that map the last pfn of m.lru.active.",
				"c1's TLB still holds the old entry with A set: c1 may use the page and leave no trace. init comes with an empty TLB.",
				"v = m:page(m.lru.active[#m.lru.active]):rmap()[1]; m.tasks.init:read(v.address); m:refill(1)",
			},
			solution = [[
v = m:page(m.lru.active[#m.lru.active]):rmap()[1]
m.tasks.init:read(v.address)
m:refill(1)]],
		},
	},
}
