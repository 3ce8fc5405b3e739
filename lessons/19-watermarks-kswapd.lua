-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 19: how much must stay free, who sees to it, and how hard kswapd looks.

local function zones(m)
	return m.zones[1], m.zones[2]
end

-- Those that the marks are about: what cpus keep for themselves does not count.
local function free(zone)
	return zone.free - zone.pcp
end

local function lowmem_kbytes(m)
	local dma, normal = zones(m)
	return (dma.size + normal.size) * 4
end

local function int_sqrt(n)
	return math.floor(math.sqrt(n))
end

local function sum(m, mark)
	local dma, normal = zones(m)
	return dma[mark] + normal[mark]
end

-- What the versions say, in words and as figures of the model.
local OLD_MARKS = {
	min = "int_sqrt(lowmem kB) kB",
	range = "128 and 16384",
	kbytes = function(m) return int_sqrt(lowmem_kbytes(m)) end,
	high = "pages_low is twice, pages_high three times pages_min.",
	content = "A zone is content with pages_high + 1 free pages.",
}
local INCREMENTAL = [[In these kernels the marks add up: who could have used Normal leaves DMA its own low mark and Normal's on top. For a page of the page cache Normal will do; but a device that can reach DMA alone has no choice.]]
local SHARE = "inactive >> priority"
local V = {
	["2.6.0"] = {
		fallback = INCREMENTAL,
		share = SHARE,
		at_least = "But twice what is wanted at least; wanted is pages_high less what is free.",
		due = function(m)
			local _, normal = zones(m)
			return math.max(normal.nr_inactive >> 12, 2 * (normal.high - free(normal) + 1), 32)
		end,
		due_hint = "Normal has {left} free pages, one less when kswapd looks. How many are wanted? Twice that.",
		look_hint = "It is more than 32 from the beginning.",
		found = "2.6.0 puts nothing by, it looks at twice what is wanted.",
		atomic = "a quarter of pages_min",
		deepest = function(zone) return zone.min >> 2 end,
		enough = function(zone) return zone.high end,
	},
	["2.6.5-objrmap"] = {
		fallback = INCREMENTAL,
		share = SHARE,
		due = function(m) return m.zones[2].nr_inactive >> 12 end,
		atomic = "a quarter of pages_min",
		deepest = function(zone) return zone.min >> 2 end,
	},
	["2.6.9-rc-mm"] = {
		fallback = [[In seed 001 DMA is asked for its own low mark, and for nothing else. Before August 2004 it was both marks, added up; from 2.6.11 on it is lowmem_reserve.]],
		share = "(inactive >> priority) + 1",
		due = function(m) return (m.zones[2].nr_inactive >> 12) + 1 end,
		atomic = "half of pages_min, and a quarter of that off for who cannot wait",
		halves = true,
		deepest = function(zone) return zone.min - zone.min // 2 - (zone.min - zone.min // 2) // 4 end,
	},
	["2.6.16"] = {
		min = "int_sqrt(16 * lowmem kB) kB",
		range = "128 and 65536",
		kbytes = function(m) return int_sqrt(16 * lowmem_kbytes(m)) end,
		high = "pages_low is a quarter, pages_high a half above pages_min.",
		fallback = [[2.6.11 brought lowmem_reserve: who could have used Normal leaves DMA its low mark and Normal's size / 256 more. For a page cache page Normal will do; but a device that can reach DMA alone has no choice.]],
		share = "(inactive >> priority) + 1",
		due = function(m) return (m.zones[2].nr_inactive >> 12) + 1 end,
		atomic = "half of pages_min, and a quarter of that off for who cannot wait",
		halves = true,
		deepest = function(zone) return zone.min - zone.min // 2 - (zone.min - zone.min // 2) // 4 end,
	},
}
for _, v in pairs(V) do
	for key, value in pairs(OLD_MARKS) do v[key] = v[key] or value end
	v.enough = v.enough or function(zone) return zone.high + 1 end
	v.due_hint = v.due_hint or "{inactive} >> 12 is 0."
	v.look_hint = v.look_hint or "Add up what is due at 12, 11, 10, ... until it is 32: nearly 1 + 2 + 4 + 8 + ..."
	v.found = v.found or "What is due is put by, priority after priority, until it comes to 32 pages."
end

local function of(m)
	return V[m.kernel.name]
end

-- Play the film until the next page would wake kswapd.
local function play_until_low(m, x)
	local step = 256
	x.next = 0
	while step >= 1 do
		local before = m:snapshot()
		x.film:stream(x.next * 4096, step * 4096)
		if m.counters.kswapd_runs == 0 then
			x.next = x.next + step
		else
			m:restore(before)
			step = step // 4
		end
	end
end

-- The first priority at which an inactive list was looked at; DMA's is shorter than Normal's.
local function first_look(m)
	local looked, priority = m:events{ kind = "scan" }[1].number, nil
	for _, e in ipairs(m:events{ to = looked, kind = "reclaim_begin" }) do
		priority = e.operands[1]
	end
	return priority
end

local function last_event(m)
	local ends = m:events{ kind = "op_end" }
	return ends[#ends].number
end

-- How few pages Normal was left with before somebody reclaimed in person.
local function left_before_reclaim(m, from)
	local stop, left
	for _, e in ipairs(m:events{ from = from, kind = "reclaim_begin" }) do
		if e.thread ~= "kswapd" then stop = stop or e.number end
	end
	for _, e in ipairs(m:events{ from = from, to = stop, kind = "page_alloc" }) do
		if e.operands[3] == 1 then left = math.min(left or e.operands[4], e.operands[4]) end
	end
	return left
end

return {
	id = "watermarks",
	title = "Watermarks and kswapd",
	chapter = "Reclaim",
	kernel = "2.6.16",
	-- in 2.6.6 to 2.6.8 pages_min was forgotten: whoever wakes kswapd has to reclaim in person
	kernels = { "2.6.0", "2.6.5-objrmap", "2.6.9-rc-mm", "2.6.16" },
	source = "2.6.0, 2.6.5, 2.6.9, 2.6.16 mm/page_alloc.c: setup_per_zone_pages_min, __alloc_pages; mm/vmscan.c: balance_pgdat, shrink_zone, wakeup_kswapd",
	goals = {
		"compute pages_min, pages_low and pages_high of a machine",
		"say who is woken at which mark, and who may go below it",
		"know what a priority is, and how many pages it means",
	},
	machine = { ram = "16M", swap = "32M", dma = "4M", page_cluster = 0 },
	setup = function(m, x)
		local v, dma, normal = of(m), zones(m)
		x.film = m:file{ name = "film", size = "20M" }
		x.lowmem, x.dma, x.normal, x.all = lowmem_kbytes(m), dma.size, normal.size, m.frames
		x.min_words, x.range, x.high_words, x.share = v.min, v.range, v.high, v.share
		x.atomic, x.fallback, x.found = v.atomic, v.fallback, v.found
		x.at_least = v.at_least and "\n\n" .. v.at_least or ""
	end,
	steps = {
		{
			say = [[This machine has {lowmem} kB of lowmem. A part of it is kept free for those who cannot wait until something is freed, min_free_kbytes:

    {min_words}

between {range}. There are two zones, DMA with {dma} frames and Normal with {normal}.]],
			ask = "How many pages is that?",
			pick = "number",
			look = { pane = "zones" },
			answer = function(m) return sum(m, "min") end,
			replies = {
				{ when = function(n, m) return n == of(m).kbytes(m) end, like = function(m) return of(m).kbytes(m) end, say = "In kB, yes. A page has four of them." },
				{ when = function(n, m) return n == sum(m, "low") end, like = function(m) return sum(m, "low") end, say = "These are the low marks of both zones. The question is about min." },
				{ when = function(n, m) return n == m.zones[2].min end, like = function(m) return m.zones[2].min end, say = "That is Normal's share alone." },
			},
			hints = { "The root first, then a quarter of it: 4 kB to a page.", "The zones pane has the min of each zone; and the sum is wanted." },
		},
		{
			say = [[The root has its reason: a machine of 16 times the memory does not need 16 times as much in an emergency.

Each zone has a share of it, pages_min, by its size.]],
			ask = "What is pages_min of Normal?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m) return m.zones[2].min end,
			replies = {
				{ when = function(n, m) return n == sum(m, "min") // 2 end, like = function(m) return sum(m, "min") // 2 end, say = "Half would be fair if the zones were of one size." },
				{ when = function(n, m) return n == m.zones[1].min end, like = function(m) return m.zones[1].min end, say = "That is DMA's, a quarter of all memory." },
			},
			hints = { "{normal} of {all} frames are Normal's.", "Three quarters." },
		},
		{
			say = [[There are two more marks. {high_words} At low kswapd is woken, and it works until high is reached.]],
			ask = "What is pages_high of Normal?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m) return m.zones[2].high end,
			replies = {
				{ when = function(n, m) return n == m.zones[2].low end, like = function(m) return m.zones[2].low end, say = "That is pages_low." },
				{ when = function(n, m) return n == sum(m, "high") end, like = function(m) return sum(m, "high") end, say = "Of both zones together. Each has its own." },
			},
			hints = { "Begin with pages_min of Normal." },
		},
		{
			say = [[Nobody has used any memory yet. A film is read, page after page: for the page cache Normal is the best zone, and DMA will do. The film is stopped at an interesting moment.]],
			action = function(m, x)
				play_until_low(m, x)
				x.inactive, x.left = m.zones[2].nr_inactive, free(m.zones[2])
			end,
			ask = "The last pages came from DMA already. Down to how many free pages was Normal used?",
			pick = "number",
			look = { pane = "zones" },
			answer = function(m) return free(m.zones[2]) end,
			replies = {
				{ when = function(n, m) return n == m.zones[2].min end, like = function(m) return m.zones[2].min end, say = "That far it goes only when no zone has more than its low mark. DMA has." },
				{ when = 0, say = "Then there would be nothing left for who cannot wait." },
				{ when = function(n, m) return n == m.zones[2].high end, like = function(m) return m.zones[2].high end, say = "high says where kswapd stops. The allocator looks at low first." },
			},
			hints = { "Read it off the zones pane." },
		},
		{
			say = [[__alloc_pages goes through the zones, best first, and takes a page where more than the low mark is free. Now Normal is down to it, and DMA is next.]],
			ask = "How many free pages are left in DMA? (The next page will not come from there.)",
			pick = "number",
			look = { pane = "zones" },
			answer = function(m) return free(m.zones[1]) end,
			replies = {
				{ when = function(n, m) return n == m.zones[1].low end, like = function(m) return m.zones[1].low end, say = "That is its own low mark. Who could have used Normal must leave DMA more than that." },
				{ when = function(n, m) return n == m.zones[1].min end, like = function(m) return m.zones[1].min end, say = "That is pages_min of DMA. Even the low mark has not been reached." },
			},
			hints = { "Read it off the zones pane, and see what it is made of." },
		},
		{
			say = [[{fallback}

The next page: no zone has enough. kswapd is woken, and meanwhile the page is taken from what is between low and min. kswapd starts at priority 12. Of a zone's inactive list are due, each time:

    {share}{at_least}]],
			ask = "Normal has {inactive} inactive pages. How many are due at priority 12?",
			pick = "number",
			look = { pane = "lru" },
			answer = function(m) return of(m).due(m) end,
			replies = {
				{ when = function(n, m) return n == m.zones[2].nr_inactive // 12 end, like = function(m) return m.zones[2].nr_inactive // 12 end, say = "It is a shift, not a division: a 4,096th." },
				{ when = function(n, m) return n == m.zones[2].nr_inactive end, like = function(m) return m.zones[2].nr_inactive end, say = "That would be priority 0, the last." },
				{ when = 32, say = "32 is a batch. The list is far too short for that at 12." },
			},
			hints = { "1 << 12 is 4,096. The list is shorter.", function(m) return of(m).due_hint end },
		},
		{
			say = [[{found} If that was not enough, kswapd takes the next priority, and the share doubles: a 2,048th, a 1,024th, down to 0, the whole list.]],
			action = function(m, x)
				x.film:stream(x.next * 4096, 4096)
				x.priority = first_look(m)
				x.now = free(m.zones[2])
			end,
			ask = "At which priority has kswapd looked at Normal's inactive list first?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.priority end,
			replies = {
				{ when = 12, say = "So little was due at 12 that it was put by." },
				{ when = 0, say = "By then it would have been desperate. See how the share grows: 1, 2, 3, 6, 12, 24." },
				{ when = 6, say = "At 6 it would have been the second time. Do not forget what was put by before." },
			},
			hints = { function(m) return of(m).look_hint end, "Priority {priority}." },
		},
		{
			say = [[Priority {priority} did it: the pages of the film are clean, and were used once. Normal has {now} free pages now.]],
			ask = "How many must it have at least for kswapd to go back to sleep?",
			pick = "number",
			look = { pane = "zones" },
			answer = function(m) return of(m).enough(m.zones[2]) end,
			replies = {
				{ when = function(n, m) return n == m.zones[2].high and of(m).enough(m.zones[2]) ~= n end, like = function(m) return m.zones[2].high end, say = "Nearly: the test is free_pages > pages_high. With just as many it goes on." },
				{ when = function(n, m) return n == m.zones[2].low end, like = function(m) return m.zones[2].low end, say = "At low it is woken. If it slept there, too, it would be woken for each page." },
				{ when = function(n, m) return n == free(m.zones[2]) end, like = function(m) return free(m.zones[2]) end, say = "So many there are. A batch frees more than is needed." },
			},
			hints = { "It is about pages_high.", "free_pages <= pages_high: not enough." },
		},
		{
			say = [[Between high and low there is peace, and that is what the distance is for. But kswapd is only a thread. Who takes pages faster than it gets to run comes down to pages_min, and has to reclaim in person: try_to_free_pages, direct reclaim.]],
			action = function(m, x)
				x.stalls, x.from = m.counters.allocstall, last_event(m)
			end,
			task = [[Bring it about: start a process that maps 4M and touches so much of it in one go that it has to reclaim for itself. m.counters.allocstall counts that.]],
			look = { pane = "zones" },
			check = function(m, x)
				if m.counters.allocstall > x.stalls then return true end
				return false, "nobody had to reclaim in person yet; Normal has " .. free(m.zones[2]) .. " free pages, min is " .. m.zones[2].min
			end,
			hints = {
				"t:touch(a, \"2M\", \"w\") touches 512 pages without a pause.",
				"hog = m:task(\"hog\"); a = hog:mmap{ len = \"4M\", prot = \"rw\" }; hog:touch(a, \"2M\", \"w\")",
			},
			solution = [[
hog = m:task("hog")
a = hog:mmap{ len = "4M", prot = "rw" }
hog:touch(a, "2M", "w")]],
		},
		{
			say = [[It was the first to be stopped. Just before that somebody took the last page that is there for everybody.]],
			ask = "How many free pages was Normal left with then?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return left_before_reclaim(m, x.from) end,
			replies = {
				{ when = function(n, m) return n == m.zones[2].low end, like = function(m) return m.zones[2].low end, say = "There kswapd was woken. (In 2.6.6 to 2.6.8 that was the end indeed: pages_min had been forgotten, and everybody reclaimed as soon as kswapd began to.)" },
				{ when = 0, say = "Some must be left for who cannot wait: an interrupt that needs a page for a network packet." },
			},
			hints = { "The mark that is not for everybody.", "pages_min." },
		},
		{
			say = [[And below min? GFP_ATOMIC is for who cannot sleep, and so cannot reclaim. It may go down to

    {atomic}

and whoever is reclaiming himself, kswapd always, has PF_MEMALLOC: no mark holds for him, for he needs a page in order to free many.]],
			ask = "How many free pages of Normal must be left after a GFP_ATOMIC allocation?",
			pick = "number",
			look = { pane = "zones" },
			answer = function(m) return of(m).deepest(m.zones[2]) end,
			replies = {
				{ when = function(n, m) return of(m).halves and n == m.zones[2].min // 2 end, like = function(m) return m.zones[2].min // 2 end, say = "That is __GFP_HIGH. And who cannot wait may go further." },
				{ when = 0, say = "That is for PF_MEMALLOC. The last pages are kept for those that free others." },
				{ when = function(n, m) return n == m.zones[2].min end, like = function(m) return m.zones[2].min end, say = "That holds for everybody else." },
			},
			hints = { "pages_min of Normal is to begin with." },
		},
	},
}
