-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 27: swapoff, slot by slot through everybody's page tables, and once through everything.

local NAMES = { "cc", "sh", "vi", "init" } -- in the order of mmlist
local TABLES = 3                           -- page tables of each, with a page in each
local BASE, SPAN = 0x40000000, 0x400000    -- what one page table maps
local ALL = #NAMES * TABLES
local LIMIT = 50

-- So that it is on mmlist, from 2.6.11 on: a page of it has been in swap.
local function enter_mmlist(m, t)
	t:mmap{ len = "4K", at = 0x60000000 }
	t:write(0x60000000, 1)
	local page = t:page(0x60000000)
	m:page_referenced(page)
	m:try_to_unmap(page)
	t:munmap(0x60000000, "4K")
end

-- The newest is the first on mmlist.
local function people(m, names, pages)
	for i = #names, 1, -1 do
		local t = m:task(names[i])
		for j = 0, pages - 1 do
			t:mmap{ len = "4K", prot = "rw", at = BASE + j * SPAN }
			t:write(BASE + j * SPAN, 10 * i + j)
		end
		enter_mmlist(m, t)
	end
end

local function send_out(m, name, j)
	local page = m.tasks[name]:page(BASE + (j - 1) * SPAN)
	if not page then return end
	m:page_referenced(page)
	m:try_to_unmap(page)
end

-- Written, and out of the swap cache.
local function forget(m)
	for _ = 1, 20 do
		m:refill(64)
		m:reclaim(64)
		m:tick("50ms")
	end
end

local function spread(m) -- init's first page, vi's first page ...: one process after the other
	for j = 1, TABLES do
		for i = #NAMES, 1, -1 do send_out(m, NAMES[i], j) end
	end
end

local function sorted(m)
	for _, name in ipairs(NAMES) do
		for j = 1, TABLES do send_out(m, name, j) end
	end
end

local function system(kernel, way, order)
	local m = machine{ kernel = kernel, swapoff = way, ram = "512K", swap = "256K", page_cluster = 0 }
	people(m, NAMES, TABLES)
	order(m)
	forget(m)
	return m
end

-- Which processes were searched for the n-th slot, as swapoff has told.
local function searched(m, n)
	local who, slot = {}, 0
	for _, e in ipairs(m:events{}) do
		if e.kind == "unuse_slot" then slot = slot + 1 end
		if e.kind == "unuse_mm" and slot == n then who[#who + 1] = e.task end
	end
	return who
end

-- The pids are the same on all machines that were set up alike.
local function task_of(m, pid)
	for i = 1, #m.tasks do
		if m.tasks[i].pid == pid then return m.tasks[i] end
	end
end

local function swapoff_counted(m, options)
	local calls, back, reads = m.counters.unuse_pte_range, #m:events{ kind = "unuse_pte" }, m.counters.pswpin
	local ok, why = pcall(m.swapoff, m, 0, options)
	return {
		calls = m.counters.unuse_pte_range - calls,
		back = #m:events{ kind = "unuse_pte" } - back,
		reads = m.counters.pswpin - reads,
		errno = ok and "done" or tostring(why):match("E%u+"),
		left = m.swap[0] and m.swap[0].used or 0,
	}
end

-- As if nothing but the first slot were in use: the others are brought back before.
local function first_slot_alone(m)
	local before = m:snapshot()
	for i, name in ipairs(NAMES) do
		for j = 1, TABLES do
			if i < #NAMES or j > 1 then m.tasks[name]:read(BASE + (j - 1) * SPAN) end
		end
	end
	local calls = swapoff_counted(m).calls
	m:restore(before)
	return calls
end

-- cc, init, its child, sh and vi; all have a page table, but only init and the child have a page.
local function family(kernel)
	local m = machine{ kernel = kernel, ram = "512K", swap = "256K", page_cluster = 0 }
	for _, name in ipairs{ "vi", "sh", "init", "cc" } do
		local t = m:task(name)
		t:mmap{ len = "4K", prot = "rw", at = BASE }
		if name == "init" then t:write(BASE, 1) else t:read(BASE) end
		enter_mmlist(m, t)
	end
	m.tasks.init:fork("kid")
	send_out(m, "init", 1)
	forget(m)
	return m
end

-- More in swap than there is memory.
local function too_much(kernel)
	local m = machine{ kernel = kernel, ram = "256K", swap = "1M", page_cluster = 0 }
	local t = m:task("big")
	local a = t:mmap{ len = "480K", prot = "rw" }
	for i = 0, 119 do t:write(a + i * 4096, i) end
	return m
end

local function half_time(m)
	local before, begun = m:snapshot(), m.now
	m:swapoff(0)
	local took = m.now - begun
	m:restore(before)
	return took // 2
end

local KNOWS_ADDRESS = { ["2.6.16"] = true, ["4.0"] = true } -- page_address_in_vma is asked

local function describe(m, x)
	if m.kernel.name:find("^2%.5") then
		x.stops = "2.5 goes on when it has found the entry, to the end of this address space."
		x.other_one = 3 * TABLES + 1
		x.not_one = "So it would be if it stopped at the entry. 2.5 goes through the rest of init, too."
		x.one_hint = "Four address spaces, and all of each."
		x.total_hint = "For each slot, all tables of all four."
		x.not_total = "That would be ten tables for each. But 2.5 does not stop in the middle of a process."
		x.sorted_hint = "All of cc three times, and once more in vain; then all of sh three times ..."
		x.signals = "2.5 does not ask for signals there"
		x.fits = "2.5 does not ask beforehand whether all will fit. It reads until there is no memory; and then somebody was killed for it."
	else
		x.stops = "It stops in an address space when it has found the entry: nobody has it twice."
		if KNOWS_ADDRESS[m.kernel.name] then
			x.stops = x.stops .. " (A page that an anon_vma knows says where in a vma it would be. These come from the disk, and nobody knows them.)"
		end
		x.other_one = ALL
		x.not_one = "init's page is in the first of its tables, and there it stops."
		x.one_hint = "cc, sh and vi in vain, and the first table of init."
		x.total_hint = "Always three others in vain, 9 tables; and in its own 1, four times, then 2, four times, then 3, four times."
		x.not_total = "That is twelve times ten. But only four of the pages are in the first table of their process."
		x.sorted_hint = "cc: 1 + 2 + 3. Then sh: first cc in vain, and 1; then 2, and 3 ..."
		x.signals = "from 2.6 on it asks for a signal before each slot"
		x.fits = "vm_enough_memory is asked first, with the whole size of the area: free memory, what is cached, and free slots do not come to that."
	end
end

local function on(name, pane, who)
	return function(m, x)
		local it = x[name] or m -- not made before the action
		return { machine = it, pane = pane, task = it.tasks[who or "init"], address = BASE }
	end
end

return {
	id = "swapoff",
	title = "swapoff, slot by slot",
	chapter = "Swap",
	kernel = "4.0",
	-- in 2.5.26 nobody can choose which page goes next
	kernels = { "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "2.5.27 to 4.0 mm/swapfile.c: try_to_unuse, unuse_process, unuse_vma; seed 003: try_to_unuse, unuse_mm, unuse_pte_range",
	goals = {
		"work out how many page tables swapoff searches, and see it counted",
		"say what start_mm is good for, and what the order of the slots does to it",
		"turn the two loops round, and count again",
	},
	machine = { ram = "512K", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		describe(m, x)
		x.tables, x.all, x.limit = TABLES, ALL, LIMIT
		x.m = m
		people(m, NAMES, TABLES)
		spread(m)
		forget(m)
		x.slot = m.tasks.init:pte(BASE).swap.offset
		x.next_slot = m.tasks.vi:pte(BASE).swap.offset
		x.one = first_slot_alone(m)
		x.trial = system(m.kernel.name, "quadratic", spread)
		x.spread = swapoff_counted(x.trial)
		x.sorted = swapoff_counted(system(m.kernel.name, "quadratic", sorted))
		x.other_way = system(m.kernel.name, "linear", spread)
		x.family = family(m.kernel.name)
		x.many = 12800 * (70 * 99 + 71 * 2) // 4 -- 12,800 x (70 x 49.5 / 2 + 35.5)
	end,
	steps = {
		{
			say = [[cc, sh, vi and init have three pages each, every page under a page table of its own. All twelve are in swap, each in one slot, and gone from memory. Now the swap area has to go: swapoff.

Each slot has a count, which says how many use it. Who they are is written only where they will need it: in their page tables.]],
			ask = "swapoff has the page of a slot in hand, and wants to give it to its user. How many page tables are there that the entry might be in?",
			pick = "number",
			look = on("m", "tasks"),
			answer = function(m, x) return ALL end,
			replies = {
				{ when = #NAMES, say = "So many address spaces. Each has three page tables in use." },
				{ when = TABLES, say = "In one process. Nobody knows in which." },
				{ when = 1, say = "In one it is. But the slot does not say in which." },
			},
			hints = { "Four processes, three tables each." },
		},
		{
			say = [[try_to_unuse takes the slots one by one. It reads the page, locks it, and goes along mmlist: init_mm stands for the files (lesson 26), then come cc, sh, vi, init. In each it goes through the vmas, and calls unuse_pte_range (unuse_pmd in older kernels) for each page table: until the count of the slot says that nobody is left. {stops}

The first slot in use, {slot}, has init's first page, which belongs under the first table of init.]],
			ask = "How many page tables are searched for slot {slot}?",
			pick = "number",
			look = on("m", "pagetable", "init"),
			answer = function(m, x) return x.one end,
			replies = {
				{ when = #NAMES, say = "That many address spaces. Count tables." },
				{ when = 1, say = "init stands last on the list. cc, sh and vi are searched first." },
				{
					when = function(n, m, x) return n == x.other_one end,
					like = function(m, x) return x.other_one end,
					say = "{not_one}",
				},
			},
			hints = { "{one_hint}", "{one}" },
		},
		{
			say = [[{one} tables, for one page. For the next slot swapoff does not begin at the head of the list again: it remembers in start_mm where it found the user of the last one. Pages that lie side by side in swap often went out together, from one process or from its relatives.

The next slot, {next_slot}, is vi's.]],
			ask = "Whose page tables are searched first for slot {next_slot}?",
			pick = "task",
			look = on("m", "swap", "vi"),
			answer = function(m, x) return task_of(m, searched(x.trial, 2)[1]) end,
			replies = {
				{ when = function(t) return t.name == "cc" end, like = function(m) return m.tasks.cc end, say = "cc is the head of the list. That was for the first slot, when nobody had been found yet." },
				{ when = function(t) return t.name == "vi" end, like = function(m) return m.tasks.vi end, say = "If swapoff knew that, it would not have to search." },
			},
			hints = { "Whose was slot {slot}?" },
		},
		{
			say = [[init, in vain; and then round the circle from there: init_mm, cc, sh, and at last vi. The guess was wrong, and it will be wrong every time, since the slots go round the other way: init, vi, sh, cc, and again with everybody's second page, and the third.]],
			ask = "How many page tables are searched for all twelve slots?",
			pick = "number",
			look = on("m", "swap", "vi"),
			answer = function(m, x) return x.spread.calls end,
			replies = {
				{ when = ALL, say = "One for each would be enough, if one knew where." },
				{
					when = function(n, m, x) return n == 10 * ALL end,
					like = function(m, x) return 10 * ALL end,
					say = "{not_total}",
				},
				{ when = ALL * #NAMES, say = "So many address spaces. Tables!" },
			},
			hints = { "{total_hint}", "{spread.calls}" },
		},
		{
			say = [[Let it run: {spread.calls} calls of unuse_pte_range, for {spread.back} entries that are put back.

Now suppose that the same pages had gone to swap sorted: cc's three in the first three slots, then sh's, vi's, init's, each in the order of its tables.]],
			action = function(m, x) x.ran = swapoff_counted(m) end,
			ask = "How many page tables are searched then?",
			pick = "number",
			look = on("m", "tasks"),
			answer = function(m, x) return x.sorted.calls end,
			replies = {
				{
					when = function(n, m, x) return n == x.sorted.calls - 9 end,
					like = function(m, x) return x.sorted.calls - 9 end,
					say = "Nearly. When cc's last page is done, start_mm is cc; so sh's first page is looked for in cc before.",
				},
				{
					when = function(n, m, x) return n == x.spread.calls end,
					like = function(m, x) return x.spread.calls end,
					say = "That was with every guess wrong. Here most of them are right.",
				},
				{ when = ALL, say = "Even so a process is searched again for each of its pages." },
			},
			hints = { "{sorted_hint}", "{sorted.calls}" },
		},
		{
			say = [[{sorted.calls} instead of {spread.calls}, with the same entries in the same tables. And still each table is searched again and again, for one entry at a time, past others that will be looked for next.

Seed 003, March 2015: Kelley Nielsen turned the loops round. Not: for each slot, look at every table. But: for each table, look at every entry, and if it names any slot of this area, bring that page in. On another machine the same twelve slots are waiting, in the bad order.]],
			action = function(m, x) x.linear = swapoff_counted(x.other_way) end,
			ask = "How many calls of unuse_pte_range did that take?",
			pick = "number",
			look = on("other_way", "tasks"),
			answer = function(m, x) return x.linear.calls end,
			replies = {
				{
					when = function(n, m, x) return n == x.sorted.calls end,
					like = function(m, x) return x.sorted.calls end,
					say = "The order of the slots is nothing to it: nobody asks for one slot.",
				},
				{ when = 1, say = "Once, but through every table." },
				{ when = #NAMES, say = "So many calls of unuse_mm. Each goes through its tables." },
			},
			hints = { "How many tables are there?" },
		},
		{
			say = [[{linear.calls}, and {linear.back} entries put back: each table once.

Her measurement: some 50 MB in swap, 22.5 million calls before, about 7 thousand after. Take 100 processes with 70 page tables each and 12,800 slots, in runs of 2 that belong to one process. Slot by slot, a wrong guess costs 49.5 processes on average, and the page is found half way through its own: 12,800 x (70 x 49.5 / 2 + 35.5) = {many}, which is nearly what she counted.]],
			ask = "And in one pass over everything?",
			pick = "number",
			look = on("other_way", "tasks"),
			answer = function() return 100 * 70 end,
			replies = {
				{ when = 12800, say = "That is the number of slots. Count tables." },
				{ when = 100, say = "So many processes. Each has 70 tables." },
				{
					when = function(n, m, x) return n == x.many end,
					like = function(m, x) return x.many end,
					say = "That is slot by slot.",
				},
			},
			hints = { "100 processes, 70 tables each, each table once." },
		},
		{
			say = [[The old way has one thing that the new way has not: it knows when to stop. Another machine: on mmlist are cc, init, kid, sh, vi. kid is init's child; fork puts a child behind its parent. One page is in swap, in both their page tables, and its slot counts two users.]],
			action = function(m, x) x.shared = swapoff_counted(x.family) end,
			ask = "swapoff has run. How many address spaces were searched for this slot?",
			pick = "number",
			look = on("family", "pagetable"),
			answer = function(m, x) return #searched(x.family, 1) end,
			replies = {
				{ when = 5, say = "All of them, if the user of a slot cannot be found. Here both were." },
				{ when = 2, say = "cc stands before init." },
				{ when = 4, say = "After kid nobody was left to be found." },
			},
			hints = { "Look for  searches the page tables  in the trace.", "cc, init, kid." },
		},
		{
			say = [[cc, init, kid: then the count said that nobody else has it. start_mm becomes init, the first where the count went down: for the next slot parent and child are tried in this order, so that an entry that fork copies meanwhile is not missed.

All this takes long, and one may lose patience. Another machine, like the first: half way through, a signal comes for swapoff.]],
			action = function(m, x)
				x.late = system(m.kernel.name, "quadratic", spread)
				x.stopped = swapoff_counted(x.late, { alarm = half_time(x.late) })
			end,
			ask = "What did swapoff return: the name of an errno, or done?",
			pick = "name",
			look = on("late", "swap"),
			answer = function(m, x) return x.stopped.errno end,
			replies = {
				{
					when = function(s, m, x) return s == (x.stopped.errno == "done" and "eintr" or "done") end,
					like = function(m, x) return x.stopped.errno == "done" and "eintr" or "done" end,
					say = "See the end of the trace: {signals}.",
				},
				{ when = "ENOMEM", say = "There is memory enough, on this machine." },
			},
			hints = { "{signals}.", "{stopped.errno}" },
		},
		{
			say = [[{stopped.left} slots are in use after that. What had come back stays where it is; if the area could not be emptied, it is put on the list again, and is used again.

There is another reason to fail. On a machine with 256K of memory a process has 480K, most of them in swap. Then swapoff, slot by slot.]],
			action = function(m, x)
				x.small = too_much(m.kernel.name)
				x.refused = swapoff_counted(x.small)
			end,
			ask = "It returned {refused.errno}. How many pages had it read by then?",
			pick = "number",
			look = on("small", "swap", "big"),
			answer = function(m, x) return x.refused.reads end,
			replies = {
				{ when = 1, say = "Look at the trace: where did it give up?" },
				{
					when = function(n, m, x) return n == m.frames or n == x.small.frames end,
					like = function(m, x) return x.small.frames end,
					say = "So many frames are there. Not all of them are free, and not for this.",
				},
			},
			hints = { "{fits}", "{refused.reads}" },
		},
		{
			say = [[{refused.reads}. {fits} The linear way fails in the same places; it may also find, after a pass over everybody, that something is in use still, because it went out again behind its back. Then it goes over everybody once more.]],
			task = [[Now the slots are yours. On the machine x.job the four have their pages in memory. send("vi", 2) sends vi's second page to the next free slot; send all twelve, in an order that you like. Then  off()  lets them leave the swap cache, and calls swapoff. It must empty the area in at most {limit} calls of unuse_pte_range.  new()  makes a new machine, if you want to try again.]],
			action = function(m, x)
				function new()
					x.job, x.done = machine{ kernel = m.kernel.name, ram = "512K", swap = "256K", page_cluster = 0 }, nil
					people(x.job, NAMES, TABLES)
				end
				function send(name, j) send_out(x.job, name, j) end
				function off()
					forget(x.job)
					x.sent = x.job.swap[0].used
					x.done = swapoff_counted(x.job)
				end
				new()
			end,
			look = on("job", "swap"),
			check = function(m, x)
				if not x.done then return false, x.job.swap[0].used .. " pages have been sent, and off() was not called" end
				if x.sent < ALL then return false, "only " .. x.sent .. " pages were in swap; new() begins again" end
				if x.done.left > 0 then return false, "the area is not empty" end
				return x.done.calls <= LIMIT, x.done.calls .. " calls, that is too many; new() begins again"
			end,
			hints = {
				"A right guess is cheap: slots of one process should lie side by side.",
				"And the next process should be the next on mmlist: cc, sh, vi, init.",
				"for _, who in ipairs{ \"cc\", \"sh\", \"vi\", \"init\" } do for i = 1, 3 do send(who, i) end end off()",
			},
			solution = [[
for _, who in ipairs{ "cc", "sh", "vi", "init" } do
	for i = 1, 3 do send(who, i) end
end
off()]],
		},
	},
}
