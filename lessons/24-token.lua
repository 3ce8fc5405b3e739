-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 24: two who thrash, and the swap token that lets one of them get through.

local A = 0x40000000
local PAGES = 64
local SECOND = 1000000000
local ROUNDS, WORK, TURN = 6, 116, 4

-- -- on disk, page by page: major faults when they are wanted -----------------------------------

local function process(m, name, pages)
	local t = m:task(name)
	t:mmap{ len = pages * 4096, prot = "rw", at = A }
	for i = 0, pages - 1 do t:write(A + i * 4096, i) end
	return t
end

-- All pages of t to swap, and out of memory.
local function send_out(m, t, pages)
	m:refill(2 * pages)
	for i = 0, pages - 1 do
		local page = t:page(A + i * 4096)
		m:page_referenced(page)
		m:try_to_unmap(page)
	end
	for i = 0, pages - 1 do
		local entry = t:pte(A + i * 4096).swap
		while m.swap[0]:slot(entry.offset).cached do
			m:reclaim(16)
			m:tick("100ms")
		end
	end
end

-- One major fault: the next page that is still on disk.
local function fault(m, t)
	for i = 0, PAGES - 1 do
		local pte = t:pte(A + i * 4096)
		if not pte.present then
			t:read(A + i * 4096)
			return
		end
	end
end

-- Who has the token, and since when: the machine's last word on that. And who had it: 0 is nobody.
local function follow(m)
	local token = {}
	m:on("swap_token", function(e)
		token.pid, token.time = e.operands[1], e.time
		token[#token + 1] = token.pid
	end)
	return token
end

local function holder(m, token)
	for _, name in ipairs{ "a", "b" } do
		local t = m.tasks[name]
		if t and t.pid == token.pid then return t end
	end
end

local function wait_until(m, time)
	if time > m.now then m:tick(time - m.now) end
end

-- -- thrashing, on machines of their own ---------------------------------------------------------

local function touch(m, t, from, to)
	local before = m.counters.pgmajfault
	for i = from, to do t:write(A + i * 4096, i) end
	return m.counters.pgmajfault - before
end

-- a alone, two laps; then a and b in turns.
local function contest()
	local m = machine{ kernel = "2.6.16", ram = "1M", swap = "2M", page_cluster = 0 }
	local f = { machine = m, a = 0, b = 0, token = follow(m) }
	for _, name in ipairs{ "a", "b" } do m:task(name):mmap{ len = WORK * 4096, prot = "rw", at = A } end
	touch(m, m.tasks.a, 0, WORK - 1)
	f.alone = touch(m, m.tasks.a, 0, WORK - 1)
	for _ = 1, ROUNDS do
		for i = 0, WORK - 1, TURN do
			f.a = f.a + touch(m, m.tasks.a, i, i + TURN - 1)
			f.b = f.b + touch(m, m.tasks.b, i, i + TURN - 1)
		end
	end
	return f
end

-- Who was given the token when it had been taken from a.
local function after_a(f)
	for i = 1, #f.token - 2 do
		if f.token[i] == f.machine.tasks.a.pid and f.token[i + 1] == 0 then
			return f.token[i + 2] == f.machine.tasks.b.pid and "b" or "a"
		end
	end
end

-- What page_referenced has returned to kswapd for a page of t that was not used, while t waited.
local function answer_to_kswapd(m, t)
	local young, last = {}, m:events{ kind = "swap_in" }
	last = last[#last].number
	for _, e in ipairs(m:events{ kind = "pte_young", from = last - 100000 }) do
		young[e.number + 1] = e.thread == "kswapd" and e.operands[1] == t.pid and e.operands[3] == 0
	end
	local most = 0
	for _, e in ipairs(m:events{ kind = "referenced", from = last - 100000 }) do
		if young[e.number] and e.operands[3] == 0 then most = math.max(most, e.operands[2]) end
	end
	return most
end

local function here(pane, task)
	return function(m)
		return { machine = m, pane = pane, task = m.tasks[task or "a"], address = A }
	end
end

return {
	id = "token",
	title = "Thrashing and the swap token",
	chapter = "Swap",
	kernel = "2.6.16",
	kernels = { "2.6.9-rc-mm", "2.6.16" },
	source = "2.6.9 mm/thrash.c (Rik van Riel): grab_swap_token, should_release_swap_token; 2.6.18: disable_swap_token; seed 004, mm/rmap.c: page_referenced_one",
	goals = {
		"say why two processes that each fit can bring a machine to a standstill",
		"predict who has the swap token, from the faults and the clock",
		"tell what the token changes in page_referenced, and when it is taken away",
	},
	machine = { ram = "1M", swap = "1M", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.token = follow(m)
		for _, name in ipairs{ "a", "b" } do
			x[name] = process(m, name, PAGES)
			send_out(m, x[name], PAGES)
		end
		x.work, x.rounds, x.turn, x.touches = WORK, ROUNDS, TURN, WORK * ROUNDS
		x.fault = function(t) fault(m, t) end
	end,
	steps = {
		{
			say = [[On a machine of 1 MiB, 256 frames, a process goes over its {work} pages again and again. They fit.]],
			action = function(m, x) x.both = contest() end,
			ask = "How many major faults has it in its second lap?",
			pick = "number",
			look = here("tasks"),
			answer = function(m, x) return x.both.alone end,
			replies = {
				{ when = WORK, say = "Each page was there after the first lap, and nobody took it away." },
			},
			hints = { "Does anybody else need memory?" },
		},
		{
			say = [[A second process does the same with {work} pages of its own, and they take turns, {turn} pages each. Now {work} + {work} pages are wanted, and some frames are the kernel's. Reclaim takes what was not used for longest, and whoever goes in laps needs just that next.]],
			look = here("tasks", "b"),
		},
		{
			say = [[In {rounds} laps, {touches} touches each, a waited for the disk {both.a} times and b {both.b} times: each takes from the other what that wants next. This is thrashing.

The swap token (2.6.9) lets one of them win: one address space at a time has it, and its pages count as used. Each major fault calls grab_swap_token. At first init_mm has it, which never pages.

Back to the first machine, where a and b have all their pages on disk. a faults first, then b.]],
			action = function(m, x)
				fault(m, x.a)
				fault(m, x.b)
			end,
			ask = "Who has the token?",
			pick = "task",
			look = here("trace"),
			answer = function(m, x) return holder(m, x.token) end,
			replies = {
				{ when = function(t) return t.name == "b" end, like = function(m) return m.tasks.b end, say = "b came when a had it already, and it was a moment after that was settled: nobody is asked more often than every 2 s." },
			},
			hints = { "init_mm had not faulted, so whoever comes first gets it.", "Look for swap token in the trace." },
		},
		{
			say = [[The holder's faults only set recent_pagein in its mm. Somebody else's fault asks, once in 2 s at most (SWAP_TOKEN_CHECK_INTERVAL), whether that is clear: then the holder has enough. And the question clears it.

a got the token at second 0, faults again at second 1, and then no more. b faults at seconds 1, 3 and 6.]],
			action = function(m, x)
				local t0 = x.token.time
				wait_until(m, t0 + SECOND)
				fault(m, x.a)
				for _, s in ipairs{ 1, 3, 6 } do
					wait_until(m, t0 + s * SECOND)
					fault(m, x.b)
				end
				x.got = (x.token.time - t0) // SECOND
			end,
			ask = "At which second was b given the token?",
			pick = "number",
			look = here("trace", "b"),
			answer = function(m, x) return x.got end,
			replies = {
				{ when = 1, say = "Two seconds had not passed since the last decision, so nothing was asked." },
				{ when = 3, say = "It was asked then. But a had faulted since it had the token: recent_pagein was set. And was cleared." },
			},
			hints = { "At 1 nobody asks, at 3 a is found to need it still.", "At 6, the flag is clear." },
		},
		{
			say = [[Now both keep paging: every 20 s b faults, and a directly afterwards. Each time a asks, b has faulted recently.]],
			action = function(m, x)
				local t0 = x.token.time
				for i = 1, 16 do
					if x.token.pid == x.b.pid then
						wait_until(m, t0 + i * 20 * SECOND)
						fault(m, x.b)
						fault(m, x.a)
					end
				end
				x.kept = (x.token.time - t0) // SECOND
			end,
			ask = "For how many seconds did b keep the token?",
			pick = "number",
			look = here("trace", "b"),
			answer = function(m, x) return x.kept end,
			replies = {
				{ when = 2, say = "That is how often it may be asked. It is asked, and the answer is no: b still needs it." },
				{ when = 20, say = "a asks then, and finds recent_pagein set." },
				{ when = 320, say = "a's first fault that finds the time over is enough." },
			},
			hints = { "There is a limit for those who never have enough.", "SWAP_TOKEN_TIMEOUT is 300 s." },
		},
		{
			say = [[Whoever has had it for that long must let others have their turn: its swap_token_time is set 300 s ahead, and before that it is not even heard.

a has the token now, and has all it wants: it does not fault any more. b faults every 20 s, five times.]],
			action = function(m, x)
				local t0 = m.now
				for i = 1, 5 do
					wait_until(m, t0 + i * 20 * SECOND)
					fault(m, x.b)
				end
			end,
			ask = "Who has the token then?",
			pick = "task",
			look = here("trace"),
			answer = function(m, x) return holder(m, x.token) end,
			replies = {
				{ when = function(t) return t.name == "b" end, like = function(m) return m.tasks.b end, say = "a has enough, that is true, and a third process could have it. But b comes too early to ask." },
			},
			hints = { "now < mm->swap_token_time, and grab_swap_token returns." },
		},
		{
			say = [[What does the token do? page_referenced_one counts one for the A bit, and one more if the mm has the token and somebody has its mmap_sem: it is in the middle of a fault. (In the holder's own reclaim it does not count.)

a's first page was not used since that was last asked.]],
			action = function(m, x)
				local page = x.a:page(A)
				m:page_referenced(page)
				x.referenced = m:page_referenced(page)
			end,
			ask = "a is in no fault just now. What does page_referenced return for that page?",
			pick = "number",
			look = here("page"),
			answer = function(m, x) return x.referenced end,
			replies = {
				{ when = 1, say = "So it was in 2.6.9 as released, which did not ask for mmap_sem. Here nobody has a's." },
				{ when = 2, say = "The A bit was cleared, and a's mmap_sem is free." },
			},
			hints = { "A is clear, PG_referenced too. What is left is the token, and its condition." },
		},
		{
			say = [[But when a waits for the disk its mmap_sem is taken, and then kswapd, woken for the same fault, goes over the pages. Where a and b thrashed, a had the token for some time.]],
			action = function(m, x)
				x.told = answer_to_kswapd(x.both.machine, x.both.machine.tasks.a)
			end,
			ask = "a is in a fault, and kswapd comes to a page of a's that was not used. What does page_referenced return?",
			pick = "number",
			look = function(m, x) return { machine = m, pane = "page", task = x.a, address = A } end,
			answer = function(m, x) return x.told end,
			replies = {
				{ when = 0, say = "The A bit is clear, but the holder is in the middle of a fault." },
				{ when = 2, say = "It would be 2 for one that was used as well." },
			},
			hints = { "One for the token." },
		},
		{
			say = [[A page that was used stays on the active list, or goes back there. So kswapd takes what it needs from b.

But if the holder has nearly all there is, kswapd finds only pages that count as used. It would go through them at every priority, give the zone up, and somebody would be killed with swap half empty. So since 2.6.15 reclaim takes the token away before its last priority, 0 (disable_swap_token). Whoever had it is not heard for 2 s.]],
			ask = "Where a and b thrashed it was taken from a in this way, and both went on faulting. Who was given it next?",
			pick = "name",
			look = here("tasks"),
			answer = function(m, x) return after_a(x.both) end,
			replies = {
				{ when = "a", say = "It may have faulted first, but its swap_token_time was two seconds ahead." },
				{ when = "nobody", say = "Without a holder whoever faults next gets it, if he is heard." },
			},
			hints = { "a is not heard for two seconds." },
		},
		{
			task = [[Back to a and b. a has the token, b wants it. Make b get it. x.fault(x.b) lets b wait for a page that is on disk, m:tick("10s") lets time pass.]],
			look = here("trace", "b"),
			check = function(m, x)
				local t = holder(m, x.token)
				return t.name == "b", t.name .. " has the token"
			end,
			hints = {
				"b kept it to the end of its time, so it has to wait before it is heard: 300 s from then on.",
				"And a must not fault meanwhile. If the first question finds a's flag set, another one after 2 s does not.",
				'm:tick("300s"); x.fault(x.b); m:tick("3s"); x.fault(x.b)',
			},
			solution = [[
m:tick("300s")
x.fault(x.b)
m:tick("3s")
x.fault(x.b)]],
		},
	},
}
