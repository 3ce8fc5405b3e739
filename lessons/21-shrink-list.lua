-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 21: what becomes of a page in shrink_list: every way out, with a page for each.

local A = 0x40000000

local function cached(m, file)
	for pfn = 0, m.frames - 1 do
		local page = m:page(pfn)
		if page.mapping and page.mapping.name == file then return page end
	end
end

local function last_event(m)
	local ends = m:events{ kind = "op_end" }
	return ends[#ends].number
end

-- The labels by which a page left shrink_list since then, one for each look.
local function labels(m, from, pfn)
	local list = {}
	for _, e in ipairs(m:events{ from = from, kind = "fate" }) do
		if e.page == pfn then list[#list + 1] = e.text:match("shrink_list: (%S+)") end
	end
	return list
end

-- Reclaim until shrink_list has looked at the page so many times.
local function looks(m, from, pfn, n)
	for _ = 1, 9 do
		if #labels(m, from, pfn) >= n then return end
		m:reclaim(1)
	end
end

-- By which label each of the pages leaves at the first look; the machine is taken back.
local function first_labels(m, pages)
	local before, from, list = m:snapshot(), last_event(m), {}
	for name, pfn in pairs(pages) do
		looks(m, from, pfn, 1)
		list[name] = labels(m, from, pfn)[1]
	end
	m:restore(before)
	return list
end

-- What was done to a page at the first look, in order.
local STEPS = {
	referenced = "page_referenced", slot_alloc = "add_to_swap", unmap_one = "try_to_unmap",
	writeback = "pageout",
}
local function steps_of(m, from, pfn)
	local list, looked = {}, false
	for _, e in ipairs(m:events{ from = from }) do
		looked = looked or (e.kind == "scan" and e.page == pfn)
		local mine = e.page == pfn or e.kind == "slot_alloc"
		if looked and mine and STEPS[e.kind] then list[#list + 1] = STEPS[e.kind] end
		if looked and e.kind == "fate" and e.page == pfn then return list end
	end
	return list
end

-- init's pages, not used for a while, on the inactive list.
local function idle_pages(m, n)
	local init, other = m:task("init"), m:task("other")
	init:mmap{ len = n * 4096, prot = "rw", at = A }
	init:touch(A, n * 4096, "w")
	m:refill(0) -- what waits in pagevecs comes to its list
	for _, pfn in ipairs(m.lru.active) do m:page_referenced(pfn) end
	m:refill(n)
	other:mmap{ len = "4K", prot = "r", at = A } -- somebody else's turn: the TLB is empty
	return init
end

local function at_page(name)
	return function(m, x) return { machine = m, pane = "page", page = x[name] } end
end

local LABEL = "free_it, activate_locked, keep_locked or keep"

return {
	id = "shrink-list",
	title = "Through shrink_list",
	chapter = "Reclaim",
	kernel = "2.6.16",
	kernels = { "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "2.6.0 to 2.6.16 mm/vmscan.c: shrink_list, pageout; mm/swap.c: rotate_reclaimable_page",
	goals = {
		"predict by which of four labels a page leaves shrink_list",
		"put the steps that an anonymous page goes through in order",
		"say why a page that was just written is found first",
	},
	-- swappiness 100: pages of processes go down as soon as nobody uses them
	machine = { ram = "256K", swap = "256K", page_cluster = 0, swappiness = 100 },
	setup = function(m, x)
		x.init = idle_pages(m, 2)
		local book = m:file{ name = "book", size = "4K" }
		local letter = m:file{ name = "letter", size = "4K" }
		local news = m:file{ name = "news", size = "4K" }
		book:read(0)
		letter:write(0, 7)
		news:readahead(0, 4096)
		m:refill(0)
		x.init:read(A)
		x.used, x.idle = x.init:page(A).pfn, x.init:page(A + 4096).pfn
		x.book, x.letter, x.news = cached(m, "book").pfn, cached(m, "letter").pfn, cached(m, "news").pfn
		x.first = first_labels(m, {
			used = x.used, idle = x.idle, book = x.book, letter = x.letter, news = x.news,
		})
		for name, label in pairs(x.first) do
			if label == "free_it" then x.freed = x[name] end
		end

		x.full = machine{ kernel = m.kernel.name, ram = "256K", swap = "8K", page_cluster = 0,
		                  swappiness = 100 }
		idle_pages(x.full, 2)
		x.one, x.two = x.full.tasks.init:page(A).pfn, x.full.tasks.init:page(A + 4096).pfn
		x.full_first = first_labels(x.full, { one = x.one, two = x.two })
	end,
	steps = {
		{
			say = [[Five pages are on the inactive list:

    {used:x}  init's, used just now
    {idle:x}  init's, not used for long
    {book:x}  of book, read() once
    {letter:x}  of letter, written by write()
    {news:x}  of news, on its way from the disk

shrink_cache takes up to 32 pages off the tail, each with a reference, and shrink_list looks at one after the other.]],
			ask = "One of them can be freed at the first look. Pick it.",
			pick = "page",
			look = function(m) return { machine = m, pane = "lru" } end,
			answer = function(m, x) return x.freed end,
			replies = {
				{ when = function(pfn, m, x) return pfn == x.idle end, say = "Nobody uses it, but its content is nowhere else. It has to be written first." },
				{ when = function(pfn, m, x) return pfn == x.letter end, say = "It is dirty: the file on the disk does not have it yet." },
				{ when = function(pfn, m, x) return pfn == x.news end, say = "It is locked. Who waits for it wants it in a moment." },
				{ when = function(pfn, m, x) return pfn == x.used end, say = "It is in use: A is set in init's pte." },
			},
			hints = { "It must be clean, and nobody may map it.", "A copy of it is on the disk." },
		},
		{
			say = [[There are four labels by which a page leaves shrink_list:

    free_it          it is free
    activate_locked  to the active list
    keep_locked      back to the inactive list
    keep             the same

The last one leaves out the unlocking.

First is trylock_page, then comes page_referenced.]],
			ask = "By which label does {used:x} leave, the one that was used? (" .. LABEL .. ")",
			pick = "name",
			look = at_page("used"),
			answer = function(m, x) return x.first.used end,
			replies = {
				{ when = "keep_locked", say = "It would come to the tail again soon. What is mapped and was used is worth more." },
				{ when = "keep", say = "Only who does not have the page lock leaves that way. Here it is ours." },
				{ when = "free_it", say = "init is using it." },
			},
			hints = { "referenced && page_mapping_inuse.", "It goes up." },
		},
		{
			say = [[Right: used, and mapped. Now the one that is being read. Its page lock is held until the data is there.]],
			ask = "By which label does {news:x} leave?",
			pick = "name",
			look = at_page("news"),
			answer = function(m, x) return x.first.news end,
			replies = {
				{ when = "keep_locked", say = "That label unlocks the page on the way. It is somebody else's lock." },
				{ when = "activate_locked", say = "For that shrink_list would have to know something about it. It did not even get the lock." },
				{ when = "free_it", say = "And where should the disk put the data?" },
			},
			hints = { "trylock_page fails.", "The only label that leaves the lock alone." },
		},
		{
			say = [[letter was written by write(), which makes a page dirty and sets PG_referenced. Nobody maps it.]],
			ask = "By which label does {letter:x} leave?",
			pick = "name",
			look = at_page("letter"),
			answer = function(m, x) return x.first.letter end,
			replies = {
				{ when = "activate_locked", say = "It was referenced, but it is not in use: nobody maps it or its file." },
				{ when = "free_it", say = "And what was written?" },
				{ when = "keep", say = "So it would leave if the write had begun. But it was used: who writes to a page writes to it again soon." },
			},
			hints = { "Dirty, and referenced: another lap.", "The lock is ours, and must be released." },
		},
		{
			say = [[Let it happen: m:reclaim(1). The most interesting is {idle:x}, anonymous, not used, and nowhere else.]],
			action = function(m, x)
				x.from = last_event(m) + 1
				looks(m, x.from, x.idle, 1)
			end,
			ask = "Put in order what is done to it: pageout, add_to_swap, page_referenced, try_to_unmap.",
			pick = "order",
			look = function(m, x) return { machine = m, pane = "trace", page = x.idle } end,
			answer = function(m, x) return steps_of(m, x.from, x.idle) end,
			replies = {
				{ when = { "page_referenced", "try_to_unmap", "add_to_swap", "pageout" }, say = "What should try_to_unmap leave in the pte? It must name the slot." },
				{ when = function(list) return list[1] == "add_to_swap" end, like = function() return { "add_to_swap", "page_referenced", "try_to_unmap", "pageout" } end, say = "A slot for a page that stays would be wasted. First: was it used?" },
				{ when = function(list) return list[3] == "pageout" end, like = function() return { "page_referenced", "add_to_swap", "pageout", "try_to_unmap" } end, say = "As long as init maps it, init can write to it: the disk would get something old." },
			},
			hints = { "The question comes first, the disk last.", "The pte must name the slot, so there must be one when it goes." },
		},
		{
			say = [[pageout asks is_page_cache_freeable, and the end of shrink_list asks it again: does anybody have a reference to the page but the cache it is in and shrink_list? A pte is a reference, too; it is gone by then.]],
			ask = "So which page_count must {idle:x} have in the hands of shrink_list?",
			pick = "number",
			look = at_page("idle"),
			answer = function(m, x) return m:page(x.idle).count + 1 end,
			replies = {
				{ when = 1, say = "That is what it has now, on the list: the swap cache's. While shrink_list has it there is one more." },
				{ when = 3, say = "That was with init's pte." },
				{ when = 0, say = "0 would be free." },
			},
			hints = { "The swap cache has one, and who took it off the list.", "2" },
		},
		{
			say = [[With one more, somebody is just looking at it, or it waits in a pagevec: PAGE_KEEP, and keep_locked. (PAGE_CLEAN: somebody else was faster, go on. PAGE_ACTIVATE: it cannot be written now. Up to 2.6.6 the lines of pageout stand in shrink_list itself.)

Else writepage is called. It returns while the disk is still at work: PAGE_SUCCESS.]],
			ask = "By which label did {idle:x} leave at that look?",
			pick = "name",
			look = function(m, x) return { machine = m, pane = "trace", page = x.idle } end,
			answer = function(m, x) return labels(m, x.from, x.idle)[1] end,
			replies = {
				{ when = "keep_locked", say = "writepage has unlocked the page, PG_writeback stands for the lock now. It must not be unlocked twice." },
				{ when = "free_it", say = "Not before the disk has it." },
				{ when = "activate_locked", say = "Nobody has used it." },
			},
			hints = { "The trace has it: is done with page ...", "Who has the page lock after writepage?" },
		},
		{
			say = [[The scan goes on at once, while the disk is still seeking.]],
			action = function(m, x)
				looks(m, x.from, x.idle, 2)
				looks(m, x.from, x.letter, 2)
			end,
			ask = "{idle:x} was looked at again, and PG_writeback was set. By which label did it leave?",
			pick = "name",
			look = function(m, x) return { machine = m, pane = "trace", page = x.idle } end,
			answer = function(m, x) return labels(m, x.from, x.idle)[2] end,
			replies = {
				{ when = "keep", say = "This time the lock was free, and shrink_list has taken it." },
				{ when = "free_it", say = "The disk is still reading from the page." },
				{ when = "activate_locked", say = "It is only waiting for the disk." },
			},
			hints = { "It is locked by us, and stays inactive." },
		},
		{
			say = [[Up to December 2002 reclaim waited here for the disk. Now it passes over, and the page is to be found again in time: pageout has set PG_reclaim. When the write ends, rotate_reclaimable_page moves the page.

letter has had its second look, too. Its PG_referenced was cleared at the first, so this time it was written.]],
			action = function(m, x)
				for _ = 1, 9 do
					if m:page(x.idle).count == 0 then break end
					m:reclaim(1)
				end
				x.end_of_list = "head"
				for _, e in ipairs(m:events{ from = x.from, kind = "rotate_tail" }) do
					if e.page == x.idle then x.end_of_list = "tail" end
				end
			end,
			ask = "{idle:x} was written, and moved: to the head or to the tail of the inactive list?",
			pick = "name",
			look = function(m) return { machine = m, pane = "trace" } end,
			answer = function(m, x) return x.end_of_list end,
			replies = {
				{ when = "head", say = "There it would have to go through the whole list once more, though all the work on it is done." },
			},
			hints = { "Where does shrink_cache take pages from?", "So that it is found first." },
		},
		{
			say = [[To the tail, and at the next look it was clean, mapped by nobody, and free_it.

Another machine. Its swap has one slot, and two pages of init are idle: {one:x} comes first and gets the slot.]],
			action = function(m, x)
				local from = last_event(x.full) + 1
				looks(x.full, from, x.two, 1)
			end,
			ask = "By which label does its neighbour {two:x} leave there? (" .. LABEL .. ")",
			pick = "name",
			look = function(m, x) return { machine = x.full, pane = "page", page = x.two } end,
			answer = function(m, x) return x.full_first.two end,
			replies = {
				{ when = "keep_locked", say = "It would be met again and again, and there would still be no slot." },
				{ when = "keep", say = "The lock is ours, and has to be released." },
				{ when = "free_it", say = "Its content would be lost." },
			},
			hints = { "add_to_swap has found nothing.", "Out of the way: to the other list." },
		},
		{
			say = [[(A page of shared memory fares alike: its writepage finds no slot, and says so: PAGE_ACTIVATE.)

try_to_unmap has three answers. SUCCESS: the page goes on. AGAIN: a lock was not free, keep_locked; that takes a second cpu. FAIL: some pte must not go, activate_locked.]],
			action = function(m, x) x.fails = #m:events{ kind = "unmap_fail" } end,
			task = [[Back on the first machine: let try_to_unmap FAIL. A vma that is mlocked is not touched. The page must be on the inactive list, and not used lately.]],
			look = function(m) return { machine = m, pane = "lru", task = m.tasks.init, address = A } end,
			check = function(m, x)
				if #m:events{ kind = "unmap_fail" } > x.fails then return true end
				return false, "shrink_list has not met a page of a locked vma yet that nobody had used"
			end,
			hints = {
				"x.init:mmap{ len = \"4K\", prot = \"rw\", locked = true } maps and locks a page. It begins on the active list, with A set.",
				"m:refill(8) clears A at the first time, and moves it down at the second.",
				"Then m:reclaim(1), more than once if need be.",
			},
			solution = [[
b = x.init:mmap{ len = "4K", prot = "rw", locked = true }
x.init:write(b, 1)
m:refill(8)
m:refill(8)
for _ = 1, 9 do m:reclaim(1) end]],
		},
	},
}
