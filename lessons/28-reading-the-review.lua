-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 28: the linear swapoff as it was posted, and what its review found. The reader first.

local A = 0x40000000

local function to_swap(m)
	for _ = 1, 6 do
		m:refill(256)
		m:reclaim(256)
		m:tick("100ms")
	end
end

-- A page that parent and child share is in the swap cache, dirty, and was never written to its slot.
local function family(m)
	local x = { parent = m:task("parent"), a = A }
	x.parent:mmap{ len = "4K", prot = "rw", at = A }
	x.parent:write(A, 77)
	x.child, x.page = x.parent:fork("child"), x.parent:page(A)
	m:page_referenced(x.page)
	assert(m:try_to_unmap(x.page) == "SUCCESS")
	return x
end

local function swapoff(m) m:swapoff(0) end

local function reads_77(_, x) return x.parent:read(A) == 77 and x.child:read(A) == 77 end

-- The races, by the erratum that lets them go wrong.
local RACES = {
	["unlock-not-held"] = {
		-- Memory is full of locked pages of a file; shared memory in swap cannot all come back.
		setup = function(m)
			local shm = m:shmem{ name = "shm", size = "400K" }
			for i = 0, 99 do shm:write(i * 4096, i + 1) end
			for _ = 1, 4 do
				m:refill(256)
				m:reclaim(256)
			end
			local t, file = m:task("locker"), m:file{ name = "file", size = "600K" }
			t:mlock(t:mmap{ len = "600K", prot = "r", shared = true, file = file }, "600K")
		end,
		threads = { swapoff = function(m) pcall(m.swapoff, m, 0) end },
		schedules = 1,
	},
	["goto-removed"] = {
		setup = function(m)
			local file = m:shmem{ name = "shm", size = "4K" }
			file:write(0, 77)
			to_swap(m)
			m:disk_error{ swap = 0, slot = 1, on = "read", times = 1 }
			return file
		end,
		threads = { swapoff = function(m) pcall(m.swapoff, m, 0, { alarm = "20ms" }) end },
		check = function(m, file)
			to_swap(m)
			return file:read(0) == 77
		end,
		schedules = 1,
	},
	["deref-retry-missing"] = {
		setup = function(m)
			local file = m:shmem{ name = "shm", size = "8K" }
			file:write(0, 77)
			to_swap(m)
			return file
		end,
		threads = { swapoff = swapoff, writer = function(_, file) file:write(4096, 78) end },
		check = function(m) return #m:events{ kind = "swapoff_again" } == 0, "a second pass was needed" end,
		schedules = 60, events = true,
	},
	["swcount-read-early"] = {
		setup = function(m)
			local x = { owner = m:task("owner") }
			x.owner:mmap{ len = "4K", prot = "rw", at = A }
			x.owner:write(A, 77)
			local page = x.owner:page(A)
			m:page_referenced(page)
			m:try_to_unmap(page)
			return x
		end,
		threads = { swapoff = swapoff, owner = function(_, x) x.owner:write(A, 78) end },
		schedules = 60, events = true,
	},
	["dirty-page-dropped"] = {
		setup = family,
		threads = { swapoff = swapoff, reclaim = function(m, x) pcall(m.try_to_unmap, m, x.page) end },
		check = reads_77,
		schedules = 60, events = true,
	},
	["i-less-than-oldi"] = {
		setup = family,
		threads = { swapoff = swapoff, reclaim = function(m, x) pcall(m.try_to_unmap, m, x.page) end },
		schedules = 60,
	},
	["max-retries"] = {
		setup = family,
		threads = {
			swapoff = swapoff,
			reclaim = function(m, x)
				for _ = 1, 100 do pcall(m.try_to_unmap, m, x.page) end
			end,
		},
		check = reads_77,
		schedules = 40, events = true,
	},
}

local function race(name, way, errata, events)
	local r = RACES[name]
	return scenario{
		name = name, kernel = "4.0", swapoff = way, errata = errata, ram = "1M", swap = "512K",
		page_cluster = 0, events = events, setup = r.setup, threads = r.threads, check = r.check,
	}
end

local function brief(why)
	return (why:gsub(", by .*", ""):gsub("^(%w+): %S+:%d+: ", "%1: "))
end

-- With the mistake until it shows, and as long without it: x[name] has what came out.
local function decide(x, name, erratum)
	local n, events = RACES[erratum].schedules, RACES[erratum].events
	local with = race(erratum, "linear", { erratum }, events)
	local found = with:run{ schedules = n }
	assert(race(erratum, "linear", {}, events):run{ schedules = n }.failures == 0)
	x[name] = {
		why = brief(found.why), schedule = found.schedule, n = n,
		clean = n == 1 and "nothing breaks" or "none of " .. n .. " schedules fails",
		machine = with.machine, errno = found.why:match(": (E%u+): "),
	}
	x.last = x[name]
end

local function it(pane)
	return function(m, x)
		return { machine = x.last and x.last.machine or m, pane = pane }
	end
end

-- A walk over slots that stay in use, those in cached with a page: after how many visits is it seen
-- to have come round? nil: never.
local function visits(slots, cached, round)
	local at, i, oldi = 0, 0, 0
	for n = 1, 100 do
		at = at % #slots + 1
		i = slots[at]
		if round(i, oldi) then return n end
		if cached[i] then oldi = i end
	end
end

local function less(i, oldi) return i < oldi end
local function less_or_equal(i, oldi) return i <= oldi end

-- Which of these must have no page, that nobody notices?
local function blind_when()
	local slots = { 4, 7, 9 }
	local none = visits(slots, { [4] = true, [7] = true, [9] = true }, less_or_equal)
	local one = visits(slots, { [4] = true, [9] = true }, less_or_equal)
	local all = visits(slots, {}, less_or_equal)
	return not none and "none" or not one and "one" or not all and "all"
end

return {
	id = "review",
	title = "Find it before Hugh does",
	chapter = "Swap",
	kernel = "4.0",
	kernels = { "4.0" },
	source = "seed 003: version 7 of the patch, 19 March 2015, and its review, 22 April 2015; 5.1 mm/swapfile.c: try_to_unuse",
	goals = {
		"read code for what happens when something else happens in between",
		"find eight mistakes in a patch that works, and see each of them do harm",
		"say what took their place",
	},
	machine = { ram = "256K", swap = "256K" },
	steps = {
		{
			say = [[March 2015: Kelley Nielsen posts version 7 of the linear swapoff (lesson 27). In April Rik van Riel acks it, and Andrew Morton says that the patches are in Hugh's in-tray. On the 22nd the review comes, from Hugh Dickins: lots to like, and a few corrections needed.

You get what he had to read, in outline, with numbered lines. Be quicker. Whoever is right, the engine decides: each mistake can be switched on alone in the linear swapoff, and schedules are tried until one does harm.]],
			look = { pane = "swap" },
		},
		{
			say = [[The files first. The list must not be held while pages are read.

    1  take shmem_swaplist_mutex
    2  for each inode on shmem_swaplist:
    3    igrab it, or else go on
    4    release the mutex
    5    iput the inode before
    6    error = shmem_unuse_inode
    7    if error: leave the loop
    8    take the mutex
    9  release the mutex]],
			action = function(m, x) decide(x, "lock", "unlock-not-held") end,
			ask = "One line is wrong when an error occurs. Which?",
			pick = "number",
			look = it("threads"),
			answer = function() return 7 end,
			right = "Yes: who comes from there does not hold the mutex that line 9 gives back.",
			replies = {
				{ when = 3, say = "An inode whose last user is gone frees its slots itself. It may be passed over." },
				{ when = 4, say = "It has to: shmem_writepage wants the mutex, and memory may be needed for the pages that come in." },
				{ when = 5, say = "The inode before was held until the next one was found, so that the list leads on. Now it can go." },
				{ when = 9, say = "Line 9 is right for who comes from line 2, with the mutex. Who else comes there?" },
				{ when = 8, say = "That is right: line 2 wants to have it." },
			},
			hints = { "Who holds the mutex on each line?", "Follow an error from line 6 to line 9." },
		},
		{
			say = [[The engine, with memory so full that a page cannot come in:

    {lock.why}

With the mutex taken first {lock.clean}. Hugh had seen a swapoff hang there once.

Next, shmem_getpage_gfp: a page of a file comes back.

    1  page = of the swap cache, or read it
    2  lock it
    3  another entry by now? again
    4  not PageUptodate? error = -EIO
    5  wait for its writeback
    6  into the page cache; free the slot]],
			action = function(m, x) decide(x, "eio", "goto-removed") end,
			ask = "The patch has lost a line here, by mistake it seems. After which of these did it stand?",
			pick = "number",
			look = it("trace"),
			answer = function() return 4 end,
			right = "Yes: goto failed. It looks as if it had gone by accident.",
			replies = {
				{ when = 3, say = "There it goes back. What of line 4: where does an error go?" },
				{ when = 5, say = "After waiting it may go on to 6, if all is well." },
				{ when = 6, say = "By then it is too late." },
				{ when = 2, say = "The lock was taken, and what can change is looked at again in 3." },
			},
			hints = { "A line that sets an error and goes on?", "goto failed" },
		},
		{
			say = [[A page that the disk could not give was let in, and its slot freed:

    {eio.why}

With the goto {eio.clean}: what cannot be read stays out, and swapoff does not succeed.

Which pages of a file are out? The tree is read under RCU, without a lock.

    1  for each slot of the file's tree:
    2    item = what is in the slot
    3    NULL? go on
    4    an exceptional entry of this area?
    5      note its index

A tree with one item, at index 0, has no node: the root itself holds it. Somebody adds page 1 just now.]],
			action = function(m, x)
				decide(x, "deref", "deref-retry-missing")
				x.passes = #x.deref.machine:events{ kind = "swapoff_again" } + 1
			end,
			ask = "The item at index 0 is an entry of this area. What else may the reader find in the root, in line 2: NULL, a page or a node?",
			pick = "name",
			look = it("trace"),
			answer = function() return "node" end,
			right = "A pointer to a node, which is no entry, and is passed over.",
			replies = {
				{ when = "NULL", say = "The item is not gone, it has only got a roof over it." },
				{ when = "page", say = "Page 1 is not in the root either. The root must lead to both." },
				{ when = "entry", say = "That is what should be found. It has moved." },
			},
			hints = { "The root must lead to two items now." },
		},
		{
			say = [[radix_tree_deref_retry tells that one has to begin again: a very fine point, says Hugh. With all else mended, schedule {deref.schedule} had to go {passes} times over everybody; with the retry once is enough in all {deref.n}.

The page tables, in unuse_pte_range.

    1  the pte names no slot of it? next
    2  swcount = swap_map[slot]
    3  page = swapin_readahead(entry)
    4  no page?
    5    swcount is 0? next
    6    return -ENOMEM
    7  lock it, put it into the pte]],
			action = function(m, x) decide(x, "early", "swcount-read-early") end,
			ask = "Which line stands in the wrong place?",
			pick = "number",
			look = it("trace"),
			answer = function() return 2 end,
			right = "Yes. When no page came, swcount is old news.",
			replies = {
				{ when = 3, say = "It has to be read before one can ask whether it came." },
				{ when = 5, say = "The question is right. But what does swcount know?" },
				{ when = 7, say = "Under the lock it is checked that the pte still names the slot. Not this." },
				{ when = 6, say = "It is the right errno, if memory was the reason." },
			},
			hints = { "Reading a page takes time. Who may free the slot meanwhile?", "After the failure one has to look again." },
		},
		{
			say = [[Between 2 and 3 the owner faulted, had his page, and freed the slot. No page came, since nobody needed one. Schedule {early.schedule}:

    {early.why}

If *swap_map is read after the failure, {early.clean}.

Everybody was visited. A slot that is in use still is thought to be an orphan: only the swap cache has it.

    1  page = that of the slot
    2  lock it
    3  still in the swap cache, as this slot?
    4    wait for its writeback
    5    delete_from_swap_cache
    6  unlock it, put it]],
			action = function(m, x) decide(x, "dirty", "dirty-page-dropped") end,
			ask = "This is the worst. Which line can lose what a process wrote?",
			pick = "number",
			look = it("trace"),
			answer = function() return 5 end,
			right = "Yes: it asks neither whether the page is dirty nor whether somebody names the slot.",
			replies = {
				{ when = 1, say = "It reads from the disk if there is no page, which is a waste, and does no harm." },
				{ when = 3, say = "That is asked under the page lock, and stays true. It is not the right question, though: what is done with the answer?" },
				{ when = 4, say = "A write that goes on is waited for. What if none was begun?" },
			},
			hints = { "Suppose that it is no orphan: reclaim has unmapped it again, and a pte names the slot.", "And the page is dirty. What does the next fault find on the disk?" },
		},
		{
			say = [[Reclaim had unmapped the page again: it was no orphan. The next fault reads what was on the disk before. Hugh had SIGSEGVs in programs, and took a while to track it down. Schedule {dirty.schedule}:

    {dirty.why}

Without the mistake {dirty.clean}. In Hugh's version one call stands there, of a function that lets a page go only if nobody names its slot any more, and makes it dirty then.]],
			ask = "Which function is that?",
			pick = "name",
			look = it("page"),
			answer = function() return "try_to_free_swap" end,
			replies = {
				{ when = "delete_from_swap_cache", say = "That one does not ask anybody." },
				{ when = "swap_free", say = "That gives back one use of the slot, and nothing else." },
				{ when = "remove_exclusive_swap_page", say = "So it was called in older kernels, and more was asked there. What is it in 4.0?" },
				{ when = "free_swap_and_cache", say = "That is for who has a pte and drops it. Here nobody has one." },
			},
			hints = { "In mm/swap_page.c, near reuse_swap_page.", "try_to_free_..." },
		},
		{
			say = [[How does the search for orphans end? Behind the last slot in use comes the first again.

    1  i = oldi = 0
    2  i = the next in use after i; none: done
    3  i < oldi? over everybody once more
    4  no page? continue with 2
    5  drop the page of slot i
    6  oldi = i; continue with 2

If 4, 7 and 9 are in use and stay so, that is noticed on the fourth visit: 4 < 9.]],
			action = function(m, x) decide(x, "round", "i-less-than-oldi") end,
			ask = "Only slot 5 stays in use, and has a page. On which visit is it noticed? (a number, or never)",
			pick = "name",
			look = it("threads"),
			answer = function()
				local n = visits({ 5 }, { [5] = true }, less)
				return n and tostring(n) or "never"
			end,
			right = "Never: i is 5 and oldi is 5, for ever.",
			replies = {
				{
					when = function(s) return s == tostring(visits({ 5 }, { [5] = true }, less_or_equal)) end,
					like = function() return tostring(visits({ 5 }, { [5] = true }, less_or_equal)) end,
					say = "i is 5 then, and oldi is 5. Is 5 < 5?",
				},
				{ when = "1", say = "oldi is 0 on the first." },
				{ when = "4", say = "So it was with three slots. Here there is one." },
			},
			hints = { "i and oldi are both 5.", "5 < 5 is false, for ever." },
		},
		{
			say = [[Should it not be i <= oldi, asks Hugh, to whom the going round is obscure anyway. Schedule {round.schedule}:

    {round.why}

On linear, which goes once from the first slot to the last, {round.clean}.

One more trap is in these lines, of which the review does not speak. Line 4 continues, and does not set oldi.]],
			ask = "4, 7 and 9 stay in use, and line 3 is mended: i <= oldi. How many of the three must be without a page, that it is never noticed: none, one or all?",
			pick = "name",
			look = it("threads"),
			answer = blind_when,
			right = "All: line 6 is never reached then, and oldi stays 0.",
			replies = {
				{ when = "one", say = "Then oldi is set by the other two, and the next lap is seen by one of them." },
				{ when = "none", say = "With pages for all, oldi follows i." },
			},
			hints = { "What is oldi, if line 6 is never reached?", "It stays 0." },
		},
		{
			say = [[That one is an erratum here, too: continue-keeps-oldi.

And how often may everybody be visited? MAX_RETRIES is 3. One machine never needs more than 1, says Hugh, another needs 100000. Here reclaim unmaps a page again whenever swapoff has put it back.]],
			action = function(m, x) decide(x, "tries", "max-retries") end,
			ask = "Which errno did swapoff return, with the limit?",
			pick = "name",
			look = it("trace"),
			answer = function(m, x) return x.tries.errno end,
			right = "Yes: three passes, and something was still in use.",
			replies = {
				{ when = "EAGAIN", say = "It would fit, but it is another one. See the trace." },
				{ when = "ENOMEM", say = "There is memory enough. It was the patience that ended." },
				{ when = "EINTR", say = "No signal came. That would be the way out without a limit." },
			},
			hints = { "The last lines of the trace.", "The area is busy." },
		},
		{
			say = [[{tries.errno}, in schedule {tries.schedule}. Without a limit {tries.clean}: reclaim tires before swapoff does. So it is in 5.1: passes are not counted, and a signal ends them.

Eight mistakes, in code that had an ack, and most are about what somebody else does between two lines. Now be the tester.]],
			task = [[x.v7 is a scenario with the patch as it was posted: parent and child share a page in the swap cache, and swapoff and reclaim race. x.v7:run{ schedules = 100 } runs until one fails, and returns a table: schedule is its number, why what happened. Put the number of a schedule that fails into x.found.]],
			action = function(m, x) x.v7 = race("dirty-page-dropped", "linear-v7", {}) end,
			look = { pane = "repl" },
			check = function(m, x)
				if not x.found then return false, "x.found is nil" end
				local r = x.v7:run{ schedule = x.found }
				return r.failures == 1, "schedule " .. tostring(x.found) .. " ends well"
			end,
			hints = {
				"Not every schedule shows it: let many run.",
				"r = x.v7:run{ schedules = 100 }; print(r.schedule, r.why)",
				"x.found = x.v7:run{ schedules = 100 }.schedule",
			},
			solution = [[x.found = x.v7:run{ schedules = 100 }.schedule]],
		},
	},
}
