-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 20: may mapped pages go? A sum of three numbers, done by hand and then by the kernel.

local A, PAGES = 0x40000000, 60

local function ratio(m, mapped)
	return (mapped or m.lru.nr_mapped) * 100 // m.lru.total_memory
end

local function distress(prev_priority)
	return 100 >> prev_priority
end

local function tendency(m)
	return ratio(m) // 2 + distress(m.zones[1].prev_priority) + m.lru.swappiness
end

-- With so few pages mapped, and all calm, mapped pages begin to go.
local function enough(m)
	for n = 1, m.frames do
		if ratio(m, n) // 2 + m.lru.swappiness >= 100 then return n end
	end
end

-- At this prev_priority, from 12 down, they begin to go.
local function deep_enough(m)
	for priority = 12, 0, -1 do
		if ratio(m) // 2 + distress(priority) + m.lru.swappiness >= 100 then return priority end
	end
end

-- Nobody has used any active page since just now. It is somebody else's turn, and the TLB is empty.
local function forget(m)
	m:refill(0) -- what waits in pagevecs comes to its list
	for _, pfn in ipairs(m.lru.active) do m:page_referenced(pfn) end
	m.tasks.shell:madvise(A, 4096, "normal")
end

local function with_editor(m)
	local editor, shell = m:task("editor"), m:task("shell")
	editor:mmap{ len = PAGES * 4096, prot = "rw", at = A }
	editor:touch(A, PAGES * 4096, "w")
	shell:mmap{ len = "4K", prot = "r", at = A }
	forget(m)
	return m
end

local function editors_active(m)
	local n = 0
	for _, pfn in ipairs(m.lru.active) do
		if m:page(pfn).mapcount > 0 then n = n + 1 end
	end
	return n
end

-- How many pages a refill of all moves down; the machine is taken back to where it was.
local function would_go(m)
	local before, down = m:snapshot(), m.counters.pgdeactivate
	m:refill(m.lru.nr_active)
	down = m.counters.pgdeactivate - down
	m:restore(before)
	return down
end

local function here(pane)
	return function(m) return { machine = m, pane = pane, task = m.tasks.editor, address = A } end
end

local function at(which, pane)
	return function(m, x)
		return { machine = x[which], pane = pane, task = x[which].tasks.editor, address = A }
	end
end

return {
	id = "swappiness",
	title = "Swappiness is a sum",
	chapter = "Reclaim",
	kernel = "2.6.16",
	-- 4.0 has a list for anonymous pages and one for those of files, and another use for the number
	kernels = { "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "2.6.0 to 2.6.16 mm/vmscan.c: refill_inactive_zone; 8f7a14042e (12 October 2002)",
	goals = {
		"compute distress, mapped_ratio and swap_tendency from what a machine shows",
		"predict whether mapped pages leave the active list, and which of them",
		"say what vm.swappiness does, and what it cannot do",
	},
	machine = { ram = "1M", swap = "1M", page_cluster = 0 },
	setup = function(m, x)
		local function other(swappiness)
			return with_editor(machine{ kernel = m.kernel.name, ram = "1M", swap = "1M",
			                            page_cluster = 0, swappiness = swappiness })
		end
		local words = m:file{ name = "words", size = "16K" }
		for _ = 1, 2 do
			for i = 0, 3 do words:read(i * 4096) end
			m:refill(0)
		end
		with_editor(m)
		x.zero, x.hundred = other(0), other(100)
		x.pages, x.mapped, x.total, x.active = PAGES, m.lru.nr_mapped, m.lru.total_memory, m.lru.nr_active
		x.frames, x.high, x.swappiness = m.frames, m.zones[1].high, m.lru.swappiness
		x.go = would_go(m)
	end,
	steps = {
		{
			say = [[editor maps {pages} pages; four pages of a file were read, twice, and nobody maps them. All {active} are on the active list, and some must go down. Those of the file alone, or those of editor, too, which has not used any for a while?

refill_inactive_zone decides by a sum. First part, mapped_ratio, the percentage of memory that is mapped:

    nr_mapped * 100 / total_memory

total_memory is what can be had at best: the {frames} frames, less the zone's high mark, {high}.]],
			ask = "{mapped} pages are mapped. What is mapped_ratio?",
			pick = "number",
			look = here("lru"),
			answer = function(m) return ratio(m) end,
			replies = {
				{ when = function(n, m) return n == m.lru.nr_mapped * 100 // m.frames end, like = function(m) return m.lru.nr_mapped * 100 // m.frames end, say = "Of all {frames} frames, yes. But the {high} that are to stay free do not count." },
				{ when = function(n, m) return n == ratio(m) + 1 end, like = function(m) return ratio(m) + 1 end, say = "The kernel does not round, it cuts off." },
				{ when = function(n, m) return n == ratio(m, m.lru.nr_active) end, like = function(m) return ratio(m, m.lru.nr_active) end, say = "That counts the file's four pages. They are active, but not mapped." },
			},
			hints = { "total_memory is {frames} - {high} = {total}.", "m.lru.nr_mapped * 100 // m.lru.total_memory" },
		},
		{
			say = [[Second part, distress: how hard it has been of late to find pages. A round of reclaim begins at priority 12 and goes down by one whenever it has not found enough. prev_priority of the zone is how far it came:

    distress = 100 >> prev_priority]],
			ask = "Nobody has had to reclaim here yet: prev_priority is 12. What is distress?",
			pick = "number",
			look = here("zones"),
			answer = function(m) return distress(m.zones[1].prev_priority) end,
			replies = {
				{ when = 8, say = "That is 100 / 12. It is a shift: 100 is halved twelve times." },
				{ when = 100, say = "That is it when prev_priority is 0, the worst there is. 12 is the best." },
				{ when = 1, say = "At 6 there is 1 left. At 12?" },
			},
			hints = { "Halve 100 twelve times, in whole numbers: 50, 25, 12, 6, 3, 1, ..." },
		},
		{
			say = [[Third part, a wish of the administrator's: vm.swappiness, {swappiness} unless he says otherwise.

    swap_tendency = mapped_ratio / 2
                    + distress
                    + vm_swappiness

From 100 on reclaim_mapped is true.]],
			ask = "What is swap_tendency now?",
			pick = "number",
			look = here("zones"),
			answer = function(m) return tendency(m) end,
			replies = {
				{ when = function(n, m) return n == ratio(m) + m.lru.swappiness end, like = function(m) return ratio(m) + m.lru.swappiness end, say = "mapped_ratio counts by half." },
				{ when = function(n, m) return n == ratio(m) // 2 end, like = function(m) return ratio(m) // 2 end, say = "And swappiness?" },
			},
			hints = { "mapped_ratio / 2 + 0 + {swappiness}" },
		},
		{
			say = [[It is less than 100. Now refill_inactive_zone looks at all {active} active pages. None was used since page_referenced was asked last.]],
			ask = "How many of them will go down to the inactive list?",
			pick = "number",
			look = here("lru"),
			answer = function(m, x) return x.go end,
			replies = {
				{ when = PAGES, say = "reclaim_mapped is false: a mapped page stays active, used or not." },
				{ when = function(n, m) return n == m.lru.nr_active end, like = function(m) return m.lru.nr_active end, say = "Some of them are mapped. With less than 100 those stay." },
				{ when = 0, say = "The mapped ones stay. But not all are mapped." },
			},
			hints = { "Who is not mapped goes, always.", "The file's pages." },
		},
		{
			say = [[The file pays. Watch.]],
			action = function(m, x)
				local before = #m:events{ kind = "referenced" }
				m:refill(m.lru.nr_active)
				x.asked = #m:events{ kind = "referenced" } - before
			end,
			ask = "How many of the mapped pages were asked whether somebody had used them?",
			pick = "number",
			look = here("trace"),
			answer = function(m, x) return x.asked end,
			replies = {
				{ when = PAGES, say = "What for? They stay whatever the answer is. 2.6.0 did ask; look at the trace." },
				{ when = 4, say = "Those went down. They are not mapped, there is nobody to ask." },
			},
			wrong = "Look at the trace: does refill_inactive_zone ask anybody?",
			hints = { "Is there a line in the trace that begins to ask who used a page?", "{asked}" },
		},
		{
			say = function(m)
				if m.kernel.name == "2.6.0" then
					return [[All of them, for nothing: they stay in any case. And it does harm, for asking clears the A bits: later, when memory is short, nobody knows any more who was used. 2.6.5 asks only if the answer matters.]]
				end
				return [[None: they stay in any case. That matters, because asking clears the A bits: 2.6.0 asked, and when memory became short nobody knew any more which pages had been used.]]
			end,
			ask = "Let all be calm, distress 0. From how many mapped pages on will mapped pages have to go?",
			pick = "number",
			look = here("zones"),
			answer = function(m) return enough(m) end,
			replies = {
				{ when = function(n, m) return n == (100 - m.lru.swappiness) * m.lru.total_memory // 100 end, like = function(m) return (100 - m.lru.swappiness) * m.lru.total_memory // 100 end, say = "That makes a mapped_ratio of 40. It counts by half." },
				{ when = function(n, m) return n == enough(m) - 1 end, like = function(m) return enough(m) - 1 end, say = "Do the division: one page is missing, the rest is cut off." },
				{ when = 80, say = "That is the mapped_ratio it takes. How many pages of {total} is it?" },
			},
			hints = { "It takes 40 from mapped_ratio / 2.", "The least n with n * 100 / {total} of 80 or more." },
		},
		{
			task = [[Bring it about: let so much be mapped that swap_tendency is 100. m.tasks.editor may have another mapping. Do not wake kswapd: distress shall stay 0.]],
			look = here("zones"),
			check = function(m)
				local sum, left = tendency(m), enough(m) - m.lru.nr_mapped
				if m.zones[1].prev_priority < 12 then
					return false, "reclaim has run: prev_priority is " .. m.zones[1].prev_priority
				end
				if sum >= 100 then return true end
				return false, "swap_tendency is " .. sum .. "; " .. left .. " pages are missing"
			end,
			hints = {
				"Memory that is mapped but was never touched has no pages.",
				"b = m.tasks.editor:mmap{ len = \"512K\", prot = \"rw\" }",
				"And then: m.tasks.editor:touch(b, \"512K\", \"w\")",
			},
			solution = [[
b = m.tasks.editor:mmap{ len = "512K", prot = "rw" }
m.tasks.editor:touch(b, "512K", "w")]],
		},
		{
			say = [[Now mapped pages may go; but whoever was used since the last time is given another lap. All A bits are cleared once more. Then editor uses ten of its pages, and all active pages are looked at.]],
			action = function(m, x)
				forget(m)
				m.tasks.editor:touch(A, 10 * 4096, "r")
				m:refill(m.lru.nr_active)
			end,
			ask = "How many mapped pages are still on the active list?",
			pick = "number",
			look = here("lru"),
			answer = function(m) return editors_active(m) end,
			replies = {
				{ when = 0, say = "reclaim_mapped says that they may go, not that they must. Then each is asked." },
				{ when = PAGES, say = "These were the ones at the beginning. Of them ten were used." },
				{ when = PAGES - 10, say = "So many of the first {pages} were not used." },
			},
			hints = { "page_referenced looks at A. Whose is set?" },
		},
		{
			say = [[So the sum opens the gate, and use decides who passes.

Another machine, the same {pages} pages of editor, and swappiness 0: mapped pages should stay. But there is nothing else on its lists, and now somebody needs memory. Round by round priority falls, and distress rises: 0 from 12 to 7, then 1, 3, 6, 12, 25, 50, 100.]],
			ask = "How far must prev_priority fall there until mapped pages go?",
			pick = "number",
			look = at("zero", "zones"),
			answer = function(m, x) return deep_enough(x.zero) end,
			replies = {
				{ when = 1, say = "distress 50, and half of mapped_ratio: it is not 100." },
				{ when = 12, say = "At 12 distress is 0, and swappiness is 0. What is left of the sum?" },
				{ when = 6, say = "distress 1: that is the beginning." },
			},
			hints = { "mapped_ratio is as on the first machine in the beginning. Half of it is not much.", "All 100 must come from distress." },
		},
		{
			say = [[The very last priority: swappiness 0 means late, not never. One page shall be reclaimed there.]],
			action = function(m, x)
				x.freed = x.zero:reclaim(1)
				x.least = 12
				for _, e in ipairs(x.zero:events{ kind = "reclaim_begin" }) do
					x.least = math.min(x.least, e.operands[1])
				end
			end,
			ask = "One page was wanted. How many of editor's {pages} pages are still mapped?",
			pick = "number",
			look = at("zero", "lru"),
			answer = function(m, x) return x.zero.lru.nr_mapped end,
			replies = {
				{ when = PAGES - 1, say = "That would be just enough. But at priority 0 the whole list is looked at." },
				{ when = PAGES, say = "Then nothing could have been freed: editor's pages are all there is." },
			},
			hints = { "{freed} page was freed. What happened to the others on the way?", "m.lru.nr_mapped of that machine: x.zero.lru.nr_mapped" },
		},
		{
			say = function(m)
				local early = m.kernel.name:find("^2%.6%.[057]")
				return (early and [[Priority went down to {least}, and for that round nothing moved: up to 2.6.6 prev_priority is set when a round is over. The next round knew. Then everything went at once.]] or
					[[Priority went down to {least}, and distress with it at once: from 2.6.7 on prev_priority falls with the pass. Up to there nothing had moved. Then everything went.]]) ..
					"\n\n" .. [[Last, the third machine: swappiness 100, all calm, the same {pages} pages, unused.]]
			end,
			action = function(m, x) x.all = would_go(x.hundred) end,
			ask = "All its active pages are looked at. How many go down?",
			pick = "number",
			look = at("hundred", "lru"),
			answer = function(m, x) return x.all end,
			replies = {
				{ when = 0, say = "What is the sum, if one of its parts is 100 already?" },
			},
			hints = { "The gate is always open: a mapped page is as good as any other.", "All that were not used." },
		},
	},
}
