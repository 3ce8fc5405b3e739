-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 23: what a fault from swap brings along, and when that pays.

local A = 0x40000000
local PAGES = 32

local function address(slot) return A + (slot - 1) * 4096 end

-- The pages of init go to swap, the first to slot 1, the second to slot 2; then they leave memory.
local function lay_out(m, pages)
	local init = m:task("init")
	init:mmap{ len = pages * 4096, prot = "rw", at = A }
	for slot = 1, pages do init:write(address(slot), slot) end
	m:refill(2 * pages) -- what waits to be put on a list has a reference too many
	for slot = 1, pages do
		local page = init:page(address(slot))
		m:page_referenced(page)
		m:try_to_unmap(page)
	end
	for slot = 1, pages do
		while m.swap[0]:slot(slot).cached do
			m:reclaim(16)
			m:tick("200ms")
		end
	end
	return init
end

-- Read the pages of these slots: what that took. trail: how many were read from swap each time.
local function read(m, init, slots)
	local c, t = m.counters, m.now
	local major, pages, trail = c.pgmajfault, c.pswpin, {}
	for _, slot in ipairs(slots) do
		local before = c.pswpin
		init:read(address(slot))
		trail[#trail + 1] = c.pswpin - before
	end
	return { major = c.pgmajfault - major, pages = c.pswpin - pages, us = (m.now - t) // 1000, trail = trail }
end

-- The same on a machine of its own.
local function elsewhere(kernel, page_cluster, slots)
	local m = machine{ kernel = kernel, ram = "1M", swap = "512K", page_cluster = page_cluster }
	return read(m, lay_out(m, #slots < PAGES and PAGES or #slots), slots)
end

local function in_order()
	local slots = {}
	for slot = 1, PAGES do slots[slot] = slot end
	return slots
end

-- Two who take turns, each in order.
local function in_turns()
	local slots = {}
	for slot = 1, PAGES do
		slots[#slots + 1] = slot
		slots[#slots + 1] = PAGES + slot
	end
	return slots
end

local function in_memory(m)
	local n = 0
	for slot = 1, PAGES do
		if m.swap[0]:slot(slot).cached then n = n + 1 end
	end
	return n
end

-- The page of a slot, by the swap cache.
local function cached(m, slot)
	for pfn = 0, m.frames - 1 do
		local page = m:page(pfn)
		if page.slot and page.slot.offset == slot then return page end
	end
end

-- The block that is read, as valid_swaphandles finds it.
local function block(m, slot)
	local first = slot >> 3 << 3
	local last = first
	first = first == 0 and 1 or first
	while last < first + 8 and last >> 3 == first >> 3 and (last == 0 or m.swap[0]:slot(last).raw ~= 0) do
		last = last + 1
	end
	return first, last - first
end

local function here(pane, slot)
	return function(m)
		return { machine = m, pane = pane, task = m.tasks.init, address = address(slot) }
	end
end

local SCATTERED = { 12, 28, 4, 20 }

return {
	id = "readahead",
	title = "What a fault brings along",
	chapter = "Swap",
	kernel = "2.5.27",
	-- all that read an aligned block; 4.0 comes on a machine of its own
	kernels = { "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "2.5.26 mm/memory.c: swapin_readahead; mm/swapfile.c: valid_swaphandles; mm/swap_state.c: read_swap_cache_async; 4.0 mm/swap_state.c: swapin_nr_pages",
	goals = {
		"predict which slots a fault from swap reads",
		"tell the page that was wanted from those that came along",
		"say when readahead pays, and what it costs when not",
	},
	machine = { ram = "1M", swap = "512K", cpus = 1, page_cluster = 3 },
	setup = function(m, x)
		x.init = lay_out(m, PAGES)
		x.kernel = m.kernel.name
	end,
	steps = {
		{
			say = [[init's 32 pages went to swap in the order of their addresses: the one at 0x40000000 has slot 1, the next slot 2. None is in memory.

A disk needs 8 ms to get to a place, and little more to read on. So a fault that must wait brings others along: swapin_readahead reads the block of 1 << page_cluster slots that the wanted one lies in. page_cluster is 3 here (a kernel with less than 16 MiB sets 2), and blocks are aligned.]],
			ask = "init will read the page of slot 11. Which is the first slot of its block?",
			pick = "number",
			look = here("swap", 11),
			answer = function(m) return (block(m, 11)) end,
			replies = {
				{ when = 11, say = "It does not begin at the wanted slot. Blocks are aligned: 0-7, 8-15, ..." },
				{ when = 7, say = "Four on each side? No: blocks are aligned. The offset is shifted right by page_cluster and left again." },
				{ when = 9, say = "A block of eight begins at a multiple of eight." },
			},
			hints = { "11 >> 3 << 3" },
		},
		{
			say = [[valid_swaphandles goes through the block from its start and stops at the first slot that is free or bad. Here all are in use.]],
			action = function(m, x) x.first = read(m, x.init, { 11 }) end,
			ask = "init has read the page of slot 11. How many of the 32 pages are in memory now?",
			pick = "number",
			look = here("swap", 11),
			answer = function(m) return in_memory(m) end,
			replies = {
				{ when = 1, say = "One was wanted. How many slots has a block?" },
				{ when = 9, say = "The wanted one lies in the block: it is one of the eight, and found when it is asked for." },
				{ when = 5, say = "From 11 to 15 are five. The block begins earlier." },
			},
			hints = { "1 << page_cluster", "Slots 8 to 15. In the swap pane they count one user more, the swap cache." },
		},
		{
			say = [[For each slot read_swap_cache_async takes a frame, puts it into the swap cache and starts the read. It returns the page with a reference, which swapin_readahead drops at once. The fault waits for its own page alone.]],
			ask = "Slot 12 came along, and nobody maps its page. What is the page's count?",
			pick = "number",
			look = function(m) return { machine = m, pane = "page", page = cached(m, 12) } end,
			answer = function(m) return cached(m, 12).count end,
			replies = {
				{ when = 0, say = "With 0 it would be free. Who holds it?" },
				{ when = 2, say = "That is the count of the wanted page: the swap cache and a pte. No pte names this one." },
			},
			hints = { "Who found a place for it?", "The swap cache has a reference." },
		},
		{
			say = [[It is a page that only the cache wants. If nobody comes for it, it must be found again by reclaim: so it goes on a list like any other.]],
			ask = "Which list is the page of slot 12 on: active or inactive?",
			pick = "name",
			look = function(m) return { machine = m, pane = "lru", page = cached(m, 12) } end,
			answer = function(m) return cached(m, 12).lru end,
			replies = {
				{
					when = function(word, m) return (word == "active" or word == "inactive") and word ~= cached(m, 12).lru end,
					like = function(m) return cached(m, 12).lru == "active" and "inactive" or "active" end,
					say = "In 2.5 add_to_page_cache_lru puts it on the inactive list. From 2.6 on read_swap_cache_async calls lru_cache_add_active. Which kernel is this?",
				},
				{ when = "free", say = "It holds the content of slot 12, so it is not free." },
			},
			hints = { "The lists pane shows it as the selected page." },
		},
		{
			say = [[init goes on to the next page, slot 12. do_swap_page asks lookup_swap_cache first.]],
			action = function(m, x)
				local r = read(m, x.init, { 12 })
				x.kind = r.major == 1 and "major" or "minor"
			end,
			ask = "Was that fault major or minor?",
			pick = "name",
			look = here("trace", 12),
			answer = function(m, x) return x.kind end,
			replies = {
				{ when = "major", say = "It started no read: the page was in the swap cache already, read with that of slot 11. (It may still have been on its way. Then lock_page waits, and the fault is minor all the same.)" },
			},
			hints = { "Did it have to start a read?", "It found the page in the swap cache." },
		},
		{
			say = [[That is what readahead is for. Suppose a process reads all 32 pages, in order, after they have all gone to swap in that order.]],
			action = function(m, x)
				x.eight = elsewhere(x.kernel, 3, in_order())
				x.single = elsewhere(x.kernel, 0, in_order())
				x.turns_eight = elsewhere(x.kernel, 3, in_turns()).us // 1000
				x.turns_single = elsewhere(x.kernel, 0, in_turns()).us // 1000
			end,
			ask = "How many of its 32 faults are major?",
			pick = "number",
			look = here("swap", 16),
			answer = function(m, x) return x.eight.major end,
			replies = {
				{ when = 4, say = "32 by 8 is 4. But slot 0 is the header, so the pages are in slots 1 to 32. How many blocks do these touch?" },
				{ when = 32, say = "That would be so with page_cluster 0, which reads nothing ahead." },
				{ when = 1, say = "One block at a time is read, not all of it." },
			},
			hints = { "1-7, 8-15, 16-23, ...", "Slot 32 is alone in its block." },
		},
		{
			say = [[{eight.major} with page_cluster 3; with 0, where nothing is read ahead, {single.major}. Whoever has the disk to himself finds its arm where he left it, and gains little: {eight.us} us instead of {single.us}. But let two such readers take turns, each in pages of his own, and every fault seeks: {turns_eight} ms and {turns_single} ms.

Are neighbours in swap wanted together, though? Now only four pages are wanted: slots 12, 28, 4 and 20.]],
			action = function(m, x)
				x.four_eight = elsewhere(x.kernel, 3, SCATTERED)
				x.four_single = elsewhere(x.kernel, 0, SCATTERED)
			end,
			ask = "With page_cluster 3, how many pages are read for these four?",
			pick = "number",
			look = here("swap", 20),
			answer = function(m, x) return x.four_eight.pages end,
			replies = {
				{ when = 4, say = "So many are wanted. Each lies in a block of its own, and the whole block is read." },
				{ when = 32, say = "Four blocks of eight; but one of them begins with the header." },
			},
			hints = { "8-15, 24-31, 0-7, 16-23.", "The header is not read: 7 in the first block." },
		},
		{
			say = [[{four_eight.pages} read, where with page_cluster 0 it is {four_single.pages}. Each took a frame, and when memory is short somebody else's page had to go for it.

Back to our machine. init unmaps the page of slot 21: free_swap_and_cache gives the slot back. Then it wants slot 22.]],
			action = function(m, x)
				x.init:munmap(address(21), 4096)
				x.hole = read(m, x.init, { 22 }).pages
			end,
			ask = "The block is 16 to 23, and slot 21 is free. How many pages were read from swap?",
			pick = "number",
			look = here("swap", 22),
			answer = function(m, x) return x.hole end,
			replies = {
				{ when = 7, say = "All but the hole? valid_swaphandles does not skip: it stops at the first free slot." },
				{ when = 5, say = "16 to 20: that is the block up to the hole. Is the wanted page among them?" },
				{ when = 1, say = "The wanted page lies behind the hole. But what lies before the hole is read as well." },
				{ when = 8, say = "Nothing is read from a free slot." },
			},
			hints = { "The block is counted from its start: 16 to 20. And then?", "do_swap_page calls read_swap_cache_async for the wanted one itself.", "5 + 1" },
		},
		{
			say = [[Five that nobody wanted. Since 3.14 the kernel learns (Shaohua Li, Hugh Dickins): a page that came along is marked, and found later it is a hit. The next block is the hits since then and two, rounded up to a power of two; without a hit it is 1, unless the slot is next to the last one. But it is no less than half of the last block, and no more than 1 << page_cluster.]],
			action = function(m, x)
				x.learns = elsewhere("4.0", 3, { 30, 3, 19, 9 })
				local n = x.learns.trail
				x.trail = n[1] .. ", " .. n[2]
				x.third = n[3]
			end,
			ask = "On a machine with 4.0 slots 30, 3, 19 and 9 are wanted. Nothing is hit. The first two faults read {trail} pages (the second block begins with the header). How many does the third read?",
			pick = "number",
			look = here("swap", 19),
			answer = function(m, x) return x.third end,
			replies = {
				{ when = 1, say = "That is what the missing hits say. But it shrinks by half at most, from 8 to 4 to ..." },
				{ when = 4, say = "So large was the second block, 0 to 3. And there was no hit." },
				{ when = 8, say = "Without a hit it does not stay at 8." },
			},
			hints = { "The second block has 4 slots, 0 to 3, the header among them.", "4 / 2" },
		},
		{
			say = [[8, 4, 2, and from the fourth fault on 1: random access pays for three bad guesses and then no more. The older kernels guess for ever.]],
			task = [[Our kernel again. Slots 24 to 31 are all on disk. Bring the page of slot 28, at 0x4001b000, back, and let nothing else be read from swap. page_cluster stays as it is.]],
			look = here("swap", 28),
			check = function(m, x)
				local pte = x.init:pte(address(28))
				local came = 0
				for slot = 24, 31 do
					if m.swap[0]:slot(slot).cached then came = came + 1 end
				end
				if not pte then return false, "there is nothing at 0x4001b000 any more: step back and begin again" end
				if not pte.present then return false, "the page of slot 28 is still on disk" end
				return came == 1, came .. " pages of the block are in memory: step back and begin again"
			end,
			hints = {
				"What makes valid_swaphandles stop? And where does it begin?",
				"If slot 24 were free, nothing would be read ahead. It belongs to the page at 0x40017000.",
				"x.init:munmap(0x40017000, 4096), and then let init read 0x4001b000",
			},
			solution = [[
x.init:munmap(0x40017000, 4096)
x.init:read(0x4001b000)]],
		},
	},
}
