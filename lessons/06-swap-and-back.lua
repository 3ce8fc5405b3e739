-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 06: the life of an anonymous page under pressure.
return {
	id = "swap",
	title = "From the tail of the list to swap and back",
	chapter = "Reverse mapping",
	kernel = "2.5.27",
	-- 2.6.0 to 2.6.6 do not stop at "it was used": one round of theirs takes the page all the way
	kernels = { "2.5.27", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "seed 000: shrink_cache, add_to_swap; 2.5.26 mm/swapfile.c, page_io.c, memory.c",
	goals = {
		"follow one page: referenced?, swap slot, unmap, write, free, fault, read",
		"count the users of a swap slot at each stage",
		"tell a minor from a major fault",
	},
	machine = { ram = "256K", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "64K", prot = "rw", at = 0x40000000 }
		x.init:write(x.a, 42)
		x.page = x.init:page(x.a).pfn
	end,
	steps = {
		{
			say = [[init has one page with the word 42. Nobody has it on disk: were the frame simply taken, 42 would be lost. So it must go to swap first.]],
			look = { pane = "lru", task = "init", address = 0x40000000 },
		},
		{
			say = [[shrink_cache finds it at the tail of the inactive list. First question, always: was it used? The A bit says yes, so the page goes to the active list. Using is what saves a page.]],
			action = function(m, x) m:reclaim(1) end,
			look = { pane = "lru", task = "init", address = 0x40000000 },
		},
		{
			say = [[Time passes without init using it. The scan cleared A, so refill_inactive finds nobody who used the page.]],
			action = function(m, x) m:refill(1) end,
			ask = "Is the page now on the active or on the inactive list?",
			pick = "name",
			look = { pane = "lru", task = "init", address = 0x40000000 },
			answer = function(m, x) return m:page(x.page).lru end,
			replies = {
				{ when = "active", say = "Look for its number in the lists pane." },
				{ when = "free", say = "It is still mapped: it cannot be free." },
			},
			hints = { "The lists pane shows it as the selected page." },
		},
		{
			say = [[The scan comes by again. This time: not referenced, anonymous, no slot yet. add_to_swap gives it a slot; then try_to_unmap takes the pte away; then, dirty, it is written.]],
			action = function(m, x)
				x.slots = m.swap[0].used
				m:reclaim(1)
			end,
			look = { pane = "trace", task = "init", address = 0x40000000 },
		},
		{
			say = [[init's pte is not empty. It holds the slot, where the content will be found.]],
			ask = "Which slot does the pte at 0x40000000 name?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.init:pte(x.a).swap.offset end,
			replies = {
				{ when = 0, say = "Slot 0 is the header of the swap area and is never given out: a pte of type 0, slot 0 would look empty." },
				{
					when = function(n, m, x) return n == x.init:pte(x.a).raw end,
					say = "That is the raw pte. The slot is in bits 8 to 31.",
				},
			},
			hints = { "raw >> 8", "m.tasks.init:pte(0x40000000).swap.offset" },
		},
		{
			say = [[Meanwhile the disk works: 8 ms to seek, an age. Let 20 ms pass, then let the scan meet the page once more: clean now and mapped by nobody, it is freed.]],
			action = function(m, x)
				m:tick("20ms")
				x.free = m.zones[1].free
				x.freed = m:reclaim(1)
			end,
			look = function(m, x) return { pane = "frames", page = x.page } end,
		},
		{
			say = [[The frame is free. swap_map still counts one user of the slot: the pte.]],
			ask = "init reads its word. What kind of fault is that: minor or major?",
			pick = "name",
			look = { pane = "swap" },
			answer = function() return "major" end,
			replies = {
				{ when = "minor", say = "A minor fault finds the page in memory, for instance in the swap cache. This page has left it." },
			},
			hints = { "Is there anything left in memory?", "It has to wait for the disk." },
		},
		{
			say = [[do_swap_page: not in the swap cache, so read it, wait, map it, and give one use of the slot back.]],
			action = function(m, x)
				x.maj = m.counters.pgmajfault
				x.t = m.now
				x.word = x.init:read(x.a)
				x.ms = (m.now - x.t) // 1000000
			end,
			look = { pane = "trace", task = "init", address = 0x40000000 },
		},
		{
			say = [[Was it the right word?]],
			ask = "What did init read?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.word end,
			replies = {
				{ when = 0, say = "0 would be lost data, and the machine would have stopped: every word ever stored is remembered and compared." },
			},
			hints = { "It is what init wrote in the beginning." },
		},
		{
			say = [[The page is mapped again and still in the swap cache: as long as nobody writes to it, it need not be written out again.]],
			ask = "How many users has the slot now?",
			pick = "number",
			look = { pane = "swap", task = "init", address = 0x40000000 },
			answer = function(m, x) return 1 end,
			replies = {
				{ when = 2, say = "The pte's use was given back when the page was mapped: swap_free in do_swap_page. Only the cache is left." },
				{ when = 0, say = "With 0 users the slot would be free, and the cache would name a slot that somebody else can take." },
			},
			hints = { "The swap cache counts as one." },
		},
		{
			task = [[Send the page out again: make init's pte at 0x40000000 name a swap slot.]],
			look = { pane = "lru", task = "init", address = 0x40000000 },
			check = function(m)
				local pte = m.tasks.init:pte(0x40000000)
				if not pte then return false, "the pte is empty" end
				if pte.present then return false, "the pte still names frame " .. pte.pfn end
				return pte.swap ~= nil, "the pte names no slot"
			end,
			hints = {
				"try_to_unmap does it at once; or refill and reclaim until the scan does.",
				"m:try_to_unmap(m.tasks.init:page(0x40000000))",
			},
			solution = [[m:try_to_unmap(m.tasks.init:page(0x40000000))]],
		},
	},
}
