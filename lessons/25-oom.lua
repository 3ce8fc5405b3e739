-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 25: when there is nothing left to reclaim: who is held to blame, and when.

local A = 0x40000000
local SIM, DAEMON, EDITOR, BATCH, LEAK = 500, 400, 120, 90, 150

-- A process that has mapped so many pages, and written to the first few.
local function process(m, who, pages, written)
	local t = m:task(who)
	t:mmap{ len = pages * 4096, prot = "rw", at = A }
	for i = 0, written - 1 do t:write(A + i * 4096, i) end
	return t
end

local function town(m, x)
	x.sim = process(m, { name = "sim" }, SIM, 4)
	x.daemon = process(m, { name = "daemon", root = true }, DAEMON, 2)
	x.editor = process(m, { name = "editor" }, EDITOR, 4)
	x.batch = process(m, { name = "batch", nice = 10 }, BATCH, 2)
	x.sim:compute("140s")
end

-- Those who are alive, the worst first.
local function by_badness(m, names)
	local list = {}
	for _, name in ipairs(names) do
		if m.tasks[name] then list[#list + 1] = m.tasks[name] end
	end
	table.sort(list, function(a, b) return a.badness > b.badness end)
	return list
end

-- t writes page after page of its own until it is killed. Who is killed, in which order, and when.
local function run_out(m, t, pages)
	local names, killed, begun = {}, {}, m.now
	for _, p in pairs(m.tasks) do names[p.pid] = p.name end
	local last = #m:events{ kind = "oom_kill" }
	pcall(function()
		for i = 0, pages - 1 do t:write(A + i * 4096, i) end
	end)
	for i, e in ipairs(m:events{ kind = "oom_kill" }) do
		if i > last then
			killed[#killed + 1] = names[e.operands[1]]
			killed.after = killed.after or (e.time - begun) // 1000000
		end
	end
	return killed
end

-- out_of_memory up to 2.6.10, called every so many ms and for the first time at 0: when does it kill?
local function patience(every)
	local failures, now = 0, 0
	while true do
		if now >= 1000 then failures = failures + 1 end
		if failures == 10 then return now end
		now = now + every
	end
end

-- 2.6.16: a server with three children, and a process that will eat all memory.
local function city(x)
	local m = machine{ kernel = "2.6.16", ram = "512K", swap = "64K", page_cluster = 0 }
	x.city = m
	x.server = process(m, { name = "server" }, 60, 2)
	for i = 1, 3 do x.server:fork("k" .. i) end
	x.big = process(m, { name = "big" }, 140, 0)
	x.server_points, x.big_points = x.server.badness, x.big.badness
end

local function here(pane, task)
	return function(m)
		return { machine = m, pane = pane, task = m.tasks[task or "editor"] or m.tasks.editor, address = A }
	end
end

local function there(pane, task)
	return function(m, x)
		local c = x.city or m
		return { machine = c, pane = pane, task = c.tasks[task] or m.tasks.editor, address = A }
	end
end

local PEOPLE = { "sim", "daemon", "editor", "batch", "leak" }

return {
	id = "oom",
	title = "Out of memory",
	chapter = "Swap",
	kernel = "2.6.0",
	-- those that wait before they kill; what came in 2.6.11, and 4.0, have machines of their own
	kernels = { "2.5.26", "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm" },
	source = "2.5.26, 2.6.0 to 2.6.9 and 4.0 mm/oom_kill.c: badness, select_bad_process, out_of_memory, oom_badness; 2.6.16: children's share",
	goals = {
		"compute the points that badness gives a process",
		"predict who is killed, and who after that",
		"say how long the early kernels hesitate, and what the later ones count instead",
	},
	machine = { ram = "512K", swap = "128K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		town(m, x)
		x.root = SIM // x.sim.badness
		x.lives = { sim = SIM, daemon = DAEMON, editor = EDITOR, batch = BATCH, leak = LEAK }
	end,
	steps = {
		{
			say = [[When memory and swap are full and no page can be taken from anybody, somebody has to go. Whom would it hurt least? badness() gives each process points: for the memory that its death would bring back, against the work that would be lost with it.

It begins with total_vm, the pages of the address space. editor has mapped {lives.editor} pages and written to 4 of them.]],
			ask = "How many points does editor begin with?",
			pick = "number",
			look = here("tasks", "editor"),
			answer = function(m) return m.tasks.editor.badness end,
			replies = {
				{ when = 4, say = "That is what it has in memory (rss). badness looks at what it has mapped." },
				{ when = EDITOR - 4, say = "Those are the pages that it has not touched. They count, and the others do, too." },
			},
			hints = { "Touched or not, each page that is mapped counts.", "The column vm of the tasks pane." },
		},
		{
			say = [[Work that took long is a pity to lose. So the points are divided by the square root of the cpu time, in units of 8.2 s (2^13 ms), and by the fourth root of the age, in units of 17 min.

sim has mapped {lives.sim} pages and has computed for 140 s: 17 units. The root is a whole number; of 17 this kernel's int_sqrt makes {root}.]],
			ask = "It is not old. How many points has sim?",
			pick = "number",
			look = here("tasks", "sim"),
			answer = function(m) return m.tasks.sim.badness end,
			replies = {
				{ when = SIM, say = "That is its size. It has worked for it." },
				{ when = SIM // 17, say = "Not by the time, but by its square root." },
				{ when = function(n, m) return n ~= m.tasks.sim.badness and (n == 125 or n == 166) end, like = function(m) return m.tasks.sim.badness == 125 and 166 or 125 end, say = "Other kernels came to that: the int_sqrt of 2.5 and 2.6.0 was \"very rough\" and made 3 of 17, later it was 4." },
			},
			hints = { "{lives.sim} / {root}, rounded down." },
		},
		{
			say = [[Who is nice (a nice value above 0) says himself that he is less important: twice the points. root's processes, and those with CAP_SYS_ADMIN, are more important: a quarter. And who has CAP_SYS_RAWIO may be in the middle of programming a device: again a quarter.

daemon is root's, which may do all of that. It has mapped {lives.daemon} pages and has hardly run.]],
			ask = "How many points has daemon?",
			pick = "number",
			look = here("tasks", "daemon"),
			answer = function(m) return m.tasks.daemon.badness end,
			replies = {
				{ when = DAEMON, say = "That would be anybody's." },
				{ when = DAEMON // 4, say = "A quarter for root. But root has CAP_SYS_RAWIO as well." },
				{ when = DAEMON // 2, say = "Two quarters are not a half: a quarter of a quarter." },
			},
			hints = { "{lives.daemon} / 4 / 4" },
		},
		{
			say = [[batch runs with nice 10. It has mapped {lives.batch} pages and written to 2.]],
			ask = "In which order would sim, daemon, editor and batch have to go? The worst first.",
			pick = "order",
			look = here("tasks", "batch"),
			answer = function(m)
				local names = {}
				for i, t in ipairs(by_badness(m, PEOPLE)) do names[i] = t.name end
				return names
			end,
			replies = {
				{ when = { "sim", "daemon", "editor", "batch" }, say = "That is by size. What of the cpu time, the niceness, and root?" },
				{ when = { "sim", "editor", "batch", "daemon" }, say = "batch is nice: it counts double." },
				{ when = { "batch", "editor", "sim", "daemon" }, say = "editor has {lives.editor} points. Compare with sim's." },
			},
			hints = { "batch: 2 * {lives.batch}", "At the prompt: x.sim.badness, x.batch.badness, ..." },
		},
		{
			say = [[When is memory out? Reclaim at all priorities has failed; but perhaps the disk is only slow. So up to 2.6.10 out_of_memory is patient:

    more than 5 s since the last failure: all is forgotten
    less than 1 s since the first: not yet
    fewer than 10 failures since that second: not yet
    less than 5 s since the last one was killed: not yet

And up to 2.6.7 it does nothing as long as one swap slot is free.]],
			ask = "Allocations fail every 200 ms, for the first time at 0 ms, and nobody was killed lately. At which ms is somebody killed?",
			pick = "number",
			look = here("zones"),
			answer = function() return patience(200) end,
			replies = {
				{ when = 2000, say = "Ten failures after 0. But those within the first second are not counted." },
				{ when = 1800, say = "That is the tenth failure. But those within the first second are not counted." },
				{ when = 1000, say = "Then the second is over, and this is the first failure that counts." },
				{ when = 3000, say = "The failure at 1000 ms counts already: not less than a second has passed." },
				{ when = 5000, say = "Five seconds are for the time after a kill." },
			},
			hints = { "At 1000 ms the counting begins with 1.", "1000 + 9 * 200" },
		},
		{
			say = [[A new process, leak, maps {lives.leak} pages and writes to one after the other. The machine has 128 frames, some of them the kernel's, and 31 slots. leak has {lives.leak} points, for it has only just begun.]],
			action = function(m, x)
				x.leak = process(m, { name = "leak" }, LEAK, 0)
				x.order = by_badness(m, PEOPLE)
				x.killed = run_out(m, x.leak, LEAK)
				x.dead = table.concat(x.killed, ", ")
				x.after = x.killed.after
			end,
			ask = "Memory is out. Who is killed first?",
			pick = "name",
			look = here("trace"),
			answer = function(m, x) return x.killed[1] end,
			replies = {
				{ when = "leak", say = "It eats the memory. But that is nowhere counted: who has most points?" },
				{ when = "sim", say = "The largest of all, but it has worked, and the root of its time divides." },
				{ when = "daemon", say = "root's processes are spared as long as there are others." },
				{ when = "editor", say = "It has fewer points than some." },
			},
			hints = { "Nobody but the points decides. Who is worst?", "batch, with 2 * {lives.batch}." },
		},
		{
			say = [[batch, {after} ms after leak began, got PF_MEMALLOC and PF_MEMDIE: it may have the very last frames on its way out. Whoever shares its address space goes with it, or nothing would be freed. And that is hardly anything: batch had written to 2 of its pages. leak goes on, and soon memory is out again.]],
			ask = "How many were killed altogether, until leak itself was the worst?",
			pick = "number",
			look = here("tasks"),
			answer = function(m, x) return #x.killed end,
			replies = {
				{ when = 1, say = "That was batch. leak is still there and wants more." },
				{ when = 5, say = "Who is left? Look at the tasks pane." },
				{ when = 4, say = "Who is left? Look at the tasks pane. And leak is one of the dead." },
			},
			hints = { "Those who had more points than leak, and leak.", "{dead}" },
		},
		{
			say = [[{dead}. From 2.6.11 on __alloc_pages asks only when a whole round of reclaim was in vain, swap or not; then somebody is killed at once. And as long as one who was killed is not gone, nobody else is.

In 2.6.16 children count: for each child with memory of its own, half of its total_vm and 1. A server that has flooded the machine with children shall not hide behind them. On a machine of its own: a server has mapped 60 pages and forked three children.]],
			action = function(m, x) city(x) end,
			ask = "How many points has the server?",
			pick = "number",
			look = there("tasks", "server"),
			answer = function(m, x) return x.server_points end,
			replies = {
				{ when = 60, say = "That is the server alone." },
				{ when = 240, say = "In 2.6.11 it would have been so: all of each child's. In 2.6.16 it is half." },
				{ when = 150, say = "Nearly: half of each child's, and 1 for each." },
			},
			hints = { "60 + 3 * (60 / 2 + 1)" },
		},
		{
			say = [[big, with {big_points} points, writes to one page after the other until memory is out. The server is worse, with {server_points}, and is chosen. But then the kernel prefers to kill a child of the chosen one.]],
			action = function(m, x) x.city_killed = run_out(x.city, x.big, 140) end,
			ask = "Who was killed first?",
			pick = "name",
			look = there("tasks", "big"),
			answer = function(m, x) return x.city_killed[1] end,
			replies = {
				{ when = "server", say = "It was chosen. But it has children with memory of their own, and they go first." },
				{ when = "big", say = "It ate the memory; but its points are fewer than the server's." },
				{ when = function(name) return name == "k2" or name == "k3" end, like = "k3", say = "The first child that is found has to go, the one that was born first." },
			},
			hints = { "A child: the first one." },
		},
		{
			say = [[2.6.36 threw nearly all of this away, and 4.0 counts what would be free: pages in memory, page tables, and slots of swap; 3 % less for root. What somebody wants otherwise he has to say: oom_score_adj, -1000 (never) to 1000.]],
			action = function(m, x)
				local new = {}
				town(machine{ kernel = "4.0", ram = "512K", swap = "128K", page_cluster = 0 }, new)
				x.today = new.sim
			end,
			ask = "sim on 4.0: 500 pages mapped, 4 of them written to. How many points?",
			pick = "number",
			look = function(m, x) return { machine = m, pane = "tasks", task = x.editor } end,
			answer = function(m, x) return x.today.badness end,
			replies = {
				{ when = 4, say = "The pages. And one thing more that would be free: look for it where the ptes are." },
				{ when = 500, say = "What was only mapped would free nothing." },
				{ when = 125, say = "The cpu time is of no account any more." },
			},
			hints = { "Its pages need a page table.", "4 + 1" },
		},
		{
			task = [[Back to our machine, where editor and daemon are left. Give editor twice as many points as it has, and do not let it map anything for that.]],
			look = here("tasks", "editor"),
			check = function(m, x)
				local vm, points = 0, m.tasks.editor.badness
				for _, v in ipairs(m.tasks.editor.vmas) do vm = vm + v.len // 4096 end
				if vm > EDITOR then return false, "editor has mapped " .. vm .. " pages now. Begin anew: step back" end
				return points == 2 * EDITOR, "editor has " .. points .. " points"
			end,
			hints = {
				"Whose points were doubled above?",
				"help(\"task\") names a method that makes a process nice.",
				"x.editor:renice(10)",
			},
			solution = "x.editor:renice(10)",
		},
	},
}
