-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 17: how memory was taken back before reverse mapping.

local PAGES = 4
local ORDER = { "cc", "sh", "init" } -- as the hand of the clock finds them

local function present(m, bit)
	local n = 0
	for _, name in ipairs(ORDER) do
		for i = 0, PAGES - 1 do
			local pte = m.tasks[name]:pte(0x40000000 + i * 4096)
			if pte and pte.present and (not bit or pte[bit]) then n = n + 1 end
		end
	end
	return n
end

-- What it takes to reclaim so many pages; the machine is taken back to where it was.
local function trial(m, want)
	local before = m:snapshot()
	local scanned, unmapped = m.counters.ptes_scanned, m.counters.ptes_unmapped
	local freed = m:reclaim(want)
	local r = {
		freed = freed, scanned = m.counters.ptes_scanned - scanned,
		unmapped = m.counters.ptes_unmapped - unmapped,
	}
	m:restore(before)
	return r
end

local function use_all(m)
	for _, name in ipairs(ORDER) do
		m.tasks[name]:touch(0x40000000, PAGES * 4096, "r")
	end
end

return {
	id = "blind-lap",
	title = "swap_out: reclaim without reverse mapping",
	chapter = "Reclaim",
	kernel = "2.5.26",
	kernels = { "2.5.26" },
	source = "seed 000, the lines it deletes from mm/vmscan.c: swap_out, swap_out_mm, swap_out_vma, swap_out_pmd, try_to_swap_out; shrink_cache of 2.5.26",
	goals = {
		"follow the hand of the clock over processes and their page tables",
		"say why the first lap over busy memory frees nothing",
		"see what a shared page costs when nobody knows who maps it",
	},
	machine = { ram = "256K", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		for i = #ORDER, 1, -1 do
			local t = m:task(ORDER[i])
			x.a = t:mmap{ len = PAGES * 4096, prot = "rw", at = 0x40000000 }
			for j = 0, PAGES - 1 do t:write(x.a + j * 4096, 10 * i + j) end
		end
		x.tail = m.lru.inactive[#m.lru.inactive]
		x.whose = m:page(x.tail):mappers()[1].task.name
	end,
	steps = {
		{
			say = [[2.5.26, the last kernel without reverse mapping. Three processes, four pages each, all just written.

Somebody needs memory. shrink_cache looks at the tail of the inactive list: page {tail:x}, which {whose} maps. It would have to be unmapped first.]],
			ask = "How many pointers lead from that struct page to the ptes that map it?",
			pick = "number",
			look = function(m, x) return { pane = "page", page = m.lru.inactive[#m.lru.inactive] } end,
			answer = function() return 0 end,
			replies = {
				{ when = 1, say = "One pte maps it. But what in struct page would say which?" },
				{ when = 3, say = "Three processes, but each has pages of its own. And struct page names none of them." },
			},
			hints = { "Look at every field of the page. Is there one for ptes?" },
		},
		{
			say = [[None. All shrink_cache can see is the count: more than one reference, or one that no cache holds, so somebody has it. It puts the page at the head of the list and counts one to max_mapped. When it has met too many of those it gives the list up and calls swap_out, which goes at it from the other side: it walks page tables and takes out what it finds.

The processes stand in a circle, mmlist, with a hand that says where to begin. The newest process is next to init_mm, where the hand is now.]],
			ask = "Whose page tables are walked first?",
			pick = "task",
			look = { pane = "tasks" },
			answer = function(m) return m.tasks[ORDER[1]] end,
			replies = {
				{ when = function(t) return t.name == "init" end, like = function(m) return m.tasks.init end, say = "init came first into the world, so it is the last in the circle: a new mm goes in right behind init_mm." },
				{ when = function(t) return t.name == "sh" end, like = function(m) return m.tasks.sh end, say = "sh is in the middle." },
			},
			hints = { "init_mm, cc, sh, init, and round again." },
		},
		{
			say = [[swap_out wants 32 pages: its quota is SWAP_CLUSTER_MAX, whatever was asked for. try_to_swap_out looks at one pte after the other: is A set? Then the page was used since the last lap. A is cleared, PG_referenced set, and the pte stays.]],
			ask = "All twelve pages were just written. How many ptes will the first lap over all three processes take out?",
			pick = "number",
			look = { pane = "pagetable", task = "cc", address = 0x40000000 },
			answer = function(m) return PAGES * #ORDER - present(m, "accessed") end,
			replies = {
				{ when = 12, say = "Only those whose A bit is clear. The processor set all of them." },
				{ when = 4, say = "That many does a process have. Look at their A bits." },
				{ when = 32, say = "That is what it wants. There are twelve, and it must find them unused." },
			},
			hints = { "How many of the twelve ptes have A clear?", "Every write sets A." },
		},
		{
			say = [[None: the lap is blind. It has touched every pte of every process and has not one page to show for it. All it did was to clear the A bits, so that the next lap can see.

But whoever needs memory does not go away. It calls again, and here nobody used anything in between: the second lap takes out all it meets. Let four pages be reclaimed.]],
			action = function(m, x)
				x.try = trial(m, 4)
				x.freed = m:reclaim(4)
			end,
			ask = "Four pages were wanted. How many of the twelve ptes are still present?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = 0x40000000 },
			answer = function(m) return present(m) end,
			replies = {
				{ when = 8, say = "That would be just enough. But swap_out does not know how many are wanted: it works off its quota of 32." },
				{ when = 12, say = "That was after the first lap." },
				{ when = 4, say = "It wanted 32 and stops for nothing less." },
			},
			hints = { "The quota is 32, and there are twelve." },
		},
		{
			say = [[Every process has lost everything, because four pages were wanted. The trace has it all: first A cleared twelve times, then slots for twelve pages.]],
			ask = "How many page-table entries did swap_out pass, from its first to its last?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.try.scanned end,
			replies = {
				{ when = 12, say = "That is one lap." },
				{ when = 24, say = "That is two laps. But a call visits one address space more than there are in the circle (its counter runs down to -1), and there were two calls." },
				{ when = 4, say = "That many pages were wanted." },
			},
			hints = { "There is a counter: m.counters.ptes_scanned", "It was 0 before." },
		},
		{
			say = [[{try.scanned} entries for {try.freed} pages. On a machine with 1 GiB of processes it is a quarter of a million entries for a lap, and how many it takes depends on how much is mapped, not on how much is wanted. That is the first thing that seed 000 set out to change.

Everybody comes back, page by page, from swap.]],
			action = function(m) use_all(m) end,
			ask = "How many A bits are set now?",
			pick = "number",
			look = { pane = "pagetable", task = "sh", address = 0x40000000 },
			answer = function(m) return present(m, "accessed") end,
			replies = {
				{ when = 0, say = "Each page was read just now. Who sets A?" },
			},
			hints = { "Twelve pages, all used." },
		},
		{
			say = [[A blind lap lies ahead again. And the hand? It stopped at a process, and in each mm swap_address says how far it came.

Now sharing. sh forks a child, so that its four pages have two ptes each. A page can be freed only when both are gone: try_to_swap_out takes one reference off, and asks whether the cache is the only one left.]],
			action = function(m, x)
				x.kid = m.tasks.sh:fork("kid")
				x.shared = m.tasks.sh:page(x.a)
			end,
			ask = "swap_out meets the first of two ptes of a shared page and takes it out. How many pages nearer is it to its 32?",
			pick = "number",
			look = { pane = "page", task = "sh", address = 0x40000000 },
			answer = function() return 0 end,
			replies = {
				{ when = 1, say = "It returns 1 only if nobody but a cache has the page then. The child does." },
				{ when = 2, say = "It does not even know that there is a second pte." },
			},
			hints = { "freeable is page_count <= 2, the cache's reference and the one that goes." },
		},
		{
			say = [[None. The work is done, the page is still mapped, and the other pte is somewhere in the circle. With 1,000 sharers a page must be met a thousand times. Meanwhile the first 999 fault and map it again.

What does the handle of the page say when asked who maps it? This kernel cannot know, and the program will not pretend.]],
			task = [[Ask. Type x.shared:rmap() at the prompt and read the answer; then type x.shared:mappers(), which is not the kernel's knowledge but a walk over everything. Then count: set x.n to the number of ptes that map it.]],
			look = { pane = "repl" },
			check = function(m, x)
				local n = #x.shared:mappers()
				if x.n == n then return true end
				return false, "x.n is " .. tostring(x.n)
			end,
			hints = { "x.shared:mappers() is a list.", "x.n = #x.shared:mappers()" },
			solution = [[x.n = #x.shared:mappers()]],
		},
		{
			say = [[Rik van Riel's patch, minimal rmap, gives every page the list that you just had to work for. The next lessons look at what a kernel that knows can do; lesson 04 showed the list, lesson 07 its price.]],
			task = [[Last: make a lap that is not blind. Let nobody use anything, and have swap_out clear what it finds. Bring the number of present ptes of cc to 0 without unmapping anything yourself.]],
			look = { pane = "pagetable", task = "cc", address = 0x40000000 },
			check = function(m)
				local n = 0
				for i = 0, PAGES - 1 do
					local pte = m.tasks.cc:pte(0x40000000 + i * 4096)
					if pte and pte.present then n = n + 1 end
				end
				if n == 0 then return true end
				return false, "cc still maps " .. n .. " pages"
			end,
			hints = { "Who calls swap_out? Reclaim does, when it meets too much that is mapped.", "m:reclaim(4)" },
			solution = [[m:reclaim(4)]],
		},
	},
}
