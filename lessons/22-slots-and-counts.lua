-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 22: swap slots: who has one, how many, and which one comes next.

local A = 0x40000000
local HOG = 0x50000000
local BIG = HOG + 128 * 4096
local CHILDREN = 70

-- Out of every page table, as reclaim would do it; the page stays in the swap cache.
local function unmap(m, task, address)
	local page = task:page(address)
	m:refill(16) -- what waits to be put on a list has a reference too many
	m:page_referenced(page)
	m:try_to_unmap(page)
end

local function send_out(m, task, address, pages)
	for i = 0, pages - 1 do
		task:write(address + i * 4096, i)
		unmap(m, task, address + i * 4096)
	end
end

-- Slots in all areas, and those of them that somebody has.
local function slots_in_use(m)
	local total, used = 0, 0
	for i = 0, 2 do
		total = total + m.swap[i].pages
		used = used + m.swap[i].used
	end
	return total, used
end

local function slot_of(m, task, address)
	local entry = task:pte(address).swap
	return m.swap[entry.type]:slot(entry.offset)
end

-- Written to its slot, and the frame given to somebody else.
local function leave_memory(m, page)
	for _ = 1, 50 do
		if page.use == "free" then return end
		m:reclaim(16)
		m:tick("200ms")
	end
end

-- The entry the next page would get; the machine is taken back to where it was.
local function next_entry(m, task, address)
	local before = m:snapshot()
	unmap(m, task, address)
	local entry = task:pte(address).swap
	local found = { type = entry.type, offset = entry.offset }
	m:restore(before)
	return found
end

-- On 4.0: a page in swap, and a father whose children all have its entry from him.
local function storm()
	local m = machine{ kernel = "4.0", ram = "2M", swap = "256K", page_cluster = 0 }
	local s = { machine = m, init = m:task("init"), kids = {} }
	s.init:mmap{ len = "16K", prot = "rw", at = A }
	s.init:write(A, 42)
	local page = s.init:page(A)
	unmap(m, s.init, A)
	leave_memory(m, page)
	for i = 1, CHILDREN do s.kids[i] = s.init:fork("k" .. i) end
	s.raw = slot_of(m, s.init, A).raw
	return s
end

local function copies(m, action)
	local before = m.counters.pgcow
	action()
	return m.counters.pgcow - before
end

-- Other machines are measured in between: turn to this one.
local function here(pane, task, address)
	return function(m)
		local t = m.tasks[task]
		return { machine = m, pane = pane, task = t or m.tasks.c2, address = t and address or A }
	end
end

local function there(pane)
	return function(m, x)
		local s = x.storm or { machine = m, init = m.tasks.c2 }
		return { machine = s.machine, pane = pane, task = s.init, address = A }
	end
end

return {
	id = "slots",
	title = "Slots and counts",
	chapter = "Swap",
	kernel = "2.5.27",
	-- those that count in a short; 4.0 and its byte come on a machine of their own
	kernels = { "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "2.5.26 mm/swapfile.c: get_swap_page, scan_swap_map, swap_duplicate, can_share_swap_page, remove_exclusive_swap_page; 4.0 mm/swapfile.c: swap_count_continued",
	goals = {
		"read a swap entry, and say who is counted in swap_map",
		"follow the count through unmap, fork, swap-in and exit",
		"know when a page may be kept and when its slot is given back",
		"predict which slot of which area comes next",
	},
	machine = { ram = "4M", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		m:swapon{ size = "256K", priority = 5 }
		m:swapon{ size = "256K", priority = 5 }
		local exact = m.kernel.name == "2.6.16"
		x.run, x.why = exact and 256 or 257, exact and "" or " (256 and the first, which is not counted)"
		x.init = m:task("init")
		x.init:mmap{ len = "16K", prot = "rw", at = A }
		for i = 0, 3 do x.init:write(A + i * 4096, 100 + i) end
		x.c1 = x.init:fork("c1")
		x.page = x.init:page(A)
		unmap(m, x.init, A)
		x.raw = x.init:pte(A).raw
		x.slot = x.init:pte(A).swap.offset
		x.area = x.init:pte(A).swap.type
	end,
	steps = {
		{
			say = [[There are three swap areas: 0, 1 and 2. init wrote four pages and forked c1; then the first page was given a slot and taken out of both page tables. Where its ptes were, there are entries now. Bit 0, P, is clear, so the processor reads no further; the other bits are the kernel's:

    bits 1-5 the area   bits 8-31 the slot

init's is {raw:x}: area {area}, slot {slot}.]],
			ask = "Which number would stand for slot 6 of area 1?",
			pick = "number",
			look = here("pagetable", "init"),
			answer = function() return 6 << 8 | 1 << 1 end,
			replies = {
				{ when = 6 << 8 | 1, say = "Bit 0 is P: with that the processor would take it for a page. The area begins at bit 1." },
				{ when = 1 << 8 | 6 << 1, say = "The other way round: the slot is in the upper bits." },
				{ when = 61, say = "Not in decimal digits: the slot is shifted by 8 bits, the area by 1." },
			},
			hints = { "6 << 8 | 1 << 1", "0x602" },
		},
		{
			say = [[Each area has a priority. Area 0 was given none, so it has -1; areas 1 and 2 have 5. get_swap_page takes from the best, and equals take turns: after each slot swap_list.next goes on to the next of the same priority, or back to the head of the list.

The second and the third page follow.]],
			action = function(m, x)
				unmap(m, x.init, A + 4096)
				unmap(m, x.init, A + 8192)
				x.second = x.init:pte(A + 4096).swap.type
				x.third = x.init:pte(A + 8192).swap.type
			end,
			ask = "The slots so far came from areas {area}, {second} and {third}. From which comes the one for the fourth page?",
			pick = "number",
			look = here("pagetable", "init", A + 12288),
			answer = function(m, x) return next_entry(m, x.init, A + 12288).type end,
			replies = {
				{ when = 0, say = "Area 0 has the lowest priority. It is asked when the two others are full." },
				{ when = function(n, m, x) return n == x.third end, like = function(m, x) return x.third end, say = "That one has just had its turn, and the other has room." },
			},
			hints = { "Two areas of equal priority take turns, slot by slot." },
		},
		{
			say = [[swap_map has a number for every slot: 0 is free, 0x8000 (SWAP_MAP_BAD) not to be used, like the header in slot 0. What lies between counts those who need the content.

The first page was mapped by init and c1. It is unmapped, not yet written, and still in the swap cache, where whoever faults will find it.]],
			ask = "What does swap_map say of its slot?",
			pick = "number",
			look = function(m, x) return { machine = m, pane = "page", page = x.page } end,
			answer = function(m, x) return slot_of(m, x.init, A).raw end,
			replies = {
				{ when = 2, say = "Two ptes name it: try_to_unmap_one called swap_duplicate for each. But the swap cache has a claim, too." },
				{ when = 1, say = "That was so before it was unmapped: the swap cache alone." },
				{ when = 4, say = "get_swap_page begins with 1, but that one is not kept besides the cache's: it goes back, or is the cache's itself." },
			},
			hints = { "Each pte that names it counts one, and the swap cache counts one." },
		},
		{
			say = [[init forks again. copy_page_range meets an entry that is not present and copies it as it is; no page is touched. But the child can fault, too: swap_duplicate.]],
			action = function(m, x) x.c2 = x.init:fork("c2") end,
			ask = "What does swap_map say now?",
			pick = "number",
			look = here("swap", "init"),
			answer = function(m, x) return slot_of(m, x.init, A).raw end,
			replies = {
				{ when = 3, say = "That was before the fork. The child has an entry of its own." },
				{ when = 6, say = "c1 and init do not count anew. One pte was added." },
			},
			hints = { "init, c1, c2, and the swap cache." },
		},
		{
			say = [[The page is written, and reclaim frees it: the swap cache gives up its claim. Then c1 reads. do_swap_page finds nothing in the swap cache, so read_swap_cache_async puts a fresh page there (swap_duplicate) and has it read. c1's pte maps it, and swap_free gives back the use that c1's entry had.]],
			action = function(m, x)
				leave_memory(m, x.page)
				x.out = slot_of(m, x.init, A).raw
				x.c1:read(A)
			end,
			ask = "It was {out} on disk alone. And now?",
			pick = "number",
			look = here("swap", "init"),
			answer = function(m, x) return slot_of(m, x.init, A).raw end,
			replies = {
				{ when = 2, say = "c1's entry is gone. But what came with it into memory? A page in the swap cache, which counts." },
				{ when = 4, say = "One was added for the cache, and one taken off for c1." },
			},
			hints = { "3 + 1 - 1", "The entries of init and c2, and the cache." },
		},
		{
			say = [[init exits: zap_pte_range meets its entry, free_swap_and_cache counts it off. Left are the cache and c2's entry.

c1 maps the page, read-only, and writes. do_wp_page asks can_share_swap_page: is there anybody else? Nobody else maps it. But swap_map says 2, so somebody may come for it.]],
			action = function(m, x)
				x.init:exit()
				x.copied = copies(m, function() x.c1:write(A, 7) end)
			end,
			ask = "c1 has written. How many pages were copied for it?",
			pick = "number",
			look = here("swap", "c2"),
			answer = function(m, x) return x.copied end,
			replies = {
				{ when = 0, say = "Then c2 would read what c1 has written. c2's entry counts, although c2 maps nothing." },
				{ when = 2, say = "One copy for c1 is enough: the old page stays in the swap cache, for c2." },
			},
			hints = { "Is c1 the only one who can reach the page?", "2 is the swap cache and c2." },
		},
		{
			say = [[Now c2 writes. It faults and finds the page in the swap cache: nothing is read. do_swap_page asks the same question. Nobody maps the page, and apart from c2's own use of the slot, which it gives back, there is only the cache's.]],
			action = function(m, x)
				x.copied = copies(m, function() x.c2:write(A, 8) end)
			end,
			ask = "How many pages were copied for c2?",
			pick = "number",
			look = here("page", "c2"),
			answer = function(m, x) return x.copied end,
			replies = {
				{ when = 1, say = "For whom would the old one be kept? No pte names the slot any more, and the page is c2's alone: it becomes writable in place." },
			},
			hints = { "Who else could come for this page?" },
			right = "Right. 4.0 goes further: its reuse_swap_page takes such a page out of the swap cache at once, because what is on disk will not be true any more.",
		},
		{
			say = [[The page is c2's, writable and dirty, and keeps its slot: should it go out again, none has to be looked for. But when slots are scarce such a one is taken back, and vm_swap_full says when that is:

    nr_swap_pages * 2 < total_swap_pages

(nr_swap_pages are the free ones).]],
			action = function(m, x)
				x.total, x.used = slots_in_use(m)
				x.half = x.total // 2
			end,
			ask = "There are {total} slots in all, and {used} are in use. How many must be in use at least for vm_swap_full() to say yes?",
			pick = "number",
			look = here("swap", "c2", A + 8192),
			answer = function(m, x)
				local used = 0
				while (x.total - used) * 2 >= x.total do used = used + 1 end
				return used
			end,
			replies = {
				{ when = function(n, m, x) return n == x.half end, like = function(m, x) return x.half end, say = "Then {total} - {half} are free, and twice that is more than {total}. One more." },
				{ when = function(n, m, x) return n == x.total end, like = function(m, x) return x.total end, say = "That is full to the last slot. The function says so earlier." },
			},
			hints = { "More than half of {total}.", "{half} + 1" },
		},
		{
			say = [[hog, a new process, sends a hundred pages to swap and reads one of them, which is still in the swap cache. do_swap_page gives the pte's use of the slot back, sees that swap is full, and calls remove_exclusive_swap_page: two references, its own and the cache's, and one user of the slot, the cache? Then the page leaves the cache, dirty, for it is all there is now.]],
			action = function(m, x)
				x.hog = m:task("hog")
				x.hog:mmap{ len = "2M", prot = "rw", at = HOG }
				send_out(m, x.hog, HOG, 100)
				x.total, x.used = slots_in_use(m)
				x.had = x.hog:pte(HOG).swap
				x.hog:read(HOG)
				x.hog_area, x.hog_slot = x.had.type, x.had.offset
			end,
			ask = "{used} of {total} were in use when hog read. What does swap_map of area {hog_area} say of slot {hog_slot}, which its page had?",
			pick = "number",
			look = here("pagetable", "hog", HOG),
			answer = function(m, x) return m.swap[x.had.type]:slot(x.had.offset).raw end,
			replies = {
				{ when = 1, say = "The cache alone: so it would be left if more than half were free." },
				{ when = 2, say = "That was before the fault: hog's pte and the cache." },
			},
			hints = { "The last claim was the cache's, and it was given up.", "A slot that nobody has any use for is free." },
			right = "Right. try_to_free_swap, which came after it in 2.6.29, asks less: does anybody still name the slot?",
		},
		{
			say = [[Which slot is next? What leaves together should lie together. scan_swap_map hands out one slot after the other, {run} of them{why}; then it looks from the start of the area for a new cluster, SWAPFILE_CLUSTER = 256 free ones in a row. Only when there is none does it take what is free.

Area 3 is added, the best, with 1,023 slots. hog fills its first cluster and unmaps the pages that have slots 3 to 102.]],
			action = function(m, x)
				m:swapon{ size = "4M", priority = 7 }
				send_out(m, x.hog, BIG, x.run)
				x.hog:munmap(BIG + 2 * 4096, 100 * 4096)
				x.free = x.run + 1
				x.hog:write(BIG + x.run * 4096, 1)
			end,
			ask = "In area 3 slots 3 to 102 are free, and all from {free} on. Which slot does hog's next page get?",
			pick = "number",
			look = here("swap", "hog", BIG),
			answer = function(m, x) return next_entry(m, x.hog, BIG + x.run * 4096).offset end,
			replies = {
				{ when = 3, say = "That is the first free one, with a hundred free in a row. But 256 are wanted. Such holes are filled when no cluster is left." },
				{ when = 103, say = "That one is in use. Where are 256 free slots in a row?" },
				{ when = 102, say = "It is free, but it is the last of only a hundred." },
			},
			hints = { "Where do 256 free slots in a row begin?", "Behind everything that is in use." },
		},
		{
			say = [[A short that has reached 32,767 (SWAP_MAP_MAX) never comes down again: nobody knows how many there are, and only swapoff frees the slot.

Since 2.6.33 it is a byte; here is a machine with 4.0. The swap cache is a bit, 0x40. Six bits count up to 62 (0x3e). At a user more they become 0 with 0x80 (COUNT_CONTINUED), and 1 is carried to a byte on a further page, where it stands for 63.]],
			action = function(m, x)
				x.storm = storm()
				x.kids = CHILDREN
			end,
			ask = "A page is in swap, out of the cache, and its owner has forked {kids} children. What is in the slot's byte?",
			pick = "number",
			look = there("pagetable"),
			answer = function(m, x) return x.storm.raw end,
			replies = {
				{ when = CHILDREN + 1, say = "That is how many users there are. 62 is the most that the six bits may hold; then one is carried." },
				{ when = CHILDREN + 1 - 63, say = "That is the digit. And how does the byte say that there is another one?" },
				{ when = 0x80 + CHILDREN - 63, say = "Nearly. The owner names the slot, too." },
				{ when = 0xc0 + CHILDREN + 1 - 63, say = "0x40 would mean that the page is in the swap cache. It has left it." },
				{ when = 0x80 + CHILDREN + 1 - 62, say = "The carry happens when 1 is added to 62: it stands for 63." },
			},
			hints = { "{kids} + 1 users = 1 * 63 + 8", "0x80 says that it goes on, and the digit is 8.", "0x88" },
		},
		{
			task = [[Subtracting works like 1000 - 1: when the digit is 0 and another must go, 1 is borrowed and the digit is 62 again. Let as few children as possible exit for the byte to have no 0x80 any more. They are k1 to k{kids}; x.storm.kids[1] is k1.]],
			look = there("swap"),
			check = function(m, x)
				local slot = slot_of(x.storm.machine, x.storm.init, A)
				if slot.raw & 0x80 ~= 0 then
					return false, slot.users .. " users are left, and the byte still goes on elsewhere"
				end
				return slot.users == 62, "Only " .. slot.users .. " are left: the byte could have held more. Step back and try again"
			end,
			hints = {
				"How many users does the byte hold by itself? How many are there?",
				"{kids} + 1 - 62 have to go.",
				"for i = 1, 9 do x.storm.kids[i]:exit() end",
			},
			solution = "for i = 1, 9 do x.storm.kids[i]:exit() end",
		},
	},
}
