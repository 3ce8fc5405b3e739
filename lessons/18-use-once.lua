-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 18: a page that was read once must not push out one that is used again and again.

local WORDS, CODE, FILM = 4, 4, 300 -- pages

-- The page of that index in a file's cache, or nil.
local function cached(m, file, index)
	for pfn = 0, m.frames - 1 do
		local page = m:page(pfn)
		if page.index == index and page.mapping and page.mapping.name == file then return page end
	end
end

local function look_up(x)
	for i = 0, WORDS - 1 do x.words:read(i * 4096) end
end

local function active_of(m, file, first, last)
	local n = 0
	for i = first, last do
		local page = cached(m, file, i)
		if page and page.lru == "active" then n = n + 1 end
	end
	return n
end

-- Pages of the file that these events are about, as far as they are still in its cache.
local function events_on(m, kind, file)
	local n = 0
	for _, e in ipairs(m:events{ kind = kind }) do
		local page = m:page(e.page)
		if page.mapping and page.mapping.name == file then n = n + 1 end
	end
	return n
end

-- What it comes to; the machine is taken back to where it was.
local function trial(m, act)
	local before = m:snapshot()
	local result = act()
	m:restore(before)
	return result
end

local function reads_to_rise(m, x)
	return trial(m, function()
		for n = 1, 4 do
			x.words:read(0)
			if m:page(x.page).lru == "active" then return n end
		end
	end)
end

return {
	id = "use-once",
	title = "Used once, used again",
	chapter = "Reclaim",
	kernel = "2.6.16",
	-- 2.5.27 has no pagevecs and another dance; in 4.0 a page in a pagevec can be activated, too
	kernels = { "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "2.6.0 to 2.6.16 mm/swap.c: lru_cache_add, mark_page_accessed; mm/filemap.c: do_generic_mapping_read; mm/vmscan.c: shrink_list, page_mapping_inuse, refill_inactive_zone",
	goals = {
		"climb the ladder of mark_page_accessed, rung by rung",
		"say why a film that is larger than memory leaves the working set alone",
		"know what saves a mapped page, and does not save one that was read",
	},
	machine = { ram = "1M", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		x.frames, x.pages, x.rest = m.frames, FILM, FILM - 16
		x.words = m:file{ name = "words", size = WORDS * 4096 }
		x.film = m:file{ name = "film", size = FILM * 4096 }
		x.notes = m:file{ name = "notes", size = "4K" }
	end,
	steps = {
		{
			say = [[A film of {pages} pages is played on a machine with {frames} frames; each page is read once. Beside it people look things up in words, four pages, again and again. Which are worth keeping?

In 2.6 the pages of a file begin on the inactive list, on their way out; a second use takes them to the active list. Somebody opens words and reads it, for the first time.]],
			action = function(m, x)
				look_up(x)
				x.page = cached(m, "words", 0).pfn
			end,
			ask = "On which list is its first page, {page:x}: active, inactive, or none?",
			pick = "name",
			look = function(m, x) return { pane = "page", page = x.page } end,
			answer = function(m, x) return m:page(x.page).lru or "none" end,
			replies = {
				{ when = "inactive", say = "There it is going. But look at its flags: without lru it is on no list yet." },
				{ when = "active", say = "That is where an anonymous page would begin. This one is of a file, and was used once." },
			},
			hints = { "A page that is on a list has the flag lru.", "The trace says where lru_cache_add has put it." },
		},
		{
			say = [[None: lru_cache_add puts it into a bag of this cpu, a pagevec, and only a full bag goes to the head of the list. So its lock is taken once for many pages.

read() tells mark_page_accessed that a page was used. The ladder:

    not referenced                        set PG_referenced
    referenced, not active, and PG_lru    activate_page, clear PG_referenced

Somebody else opens words and reads all of it, at once.]],
			action = function(m, x) look_up(x) end,
			ask = "Every page of words was used twice now. How many of the four are on the active list?",
			pick = "number",
			look = function(m, x) return { pane = "page", page = x.page } end,
			answer = function(m) return active_of(m, "words", 0, WORDS - 1) end,
			replies = {
				{ when = 4, say = "They are referenced, and not active. But the second rung has a third condition." },
				{ when = 1, say = "What holds for the first holds for all four of them." },
			},
			hints = { "Which flag does a page in a bag not have?", "Who is on no list cannot go from one to the other." },
		},
		{
			say = [[A use that comes while the page is in the bag is not lost, but it does not add up: PG_referenced is set already, and stays set.

The film begins, with 16 pages. They go into the same bag.]],
			action = function(m, x) x.film:stream(0, "64K") end,
			ask = "How many pages does the bag hold?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m)
				local most = 0
				for _, e in ipairs(m:events{ kind = "pvec_add" }) do
					most = math.max(most, e.operands[3])
				end
				return most
			end,
			replies = {
				{ when = 20, say = "So many went in, four of words and 16 of the film. It was emptied in between." },
				{ when = 4, say = "So many were in it when the film began." },
				{ when = function(n, m) return n == #m.lru.inactive + 4 end, like = function(m) return #m.lru.inactive + 4 end, say = "What is on the list came out of the bag in one go, words included." },
			},
			hints = { "The trace counts: so many wait.", "As many as are on the inactive list now: it was emptied once." },
		},
		{
			say = [[They are on the inactive list now, in the order in which they came.]],
			ask = "Pick the page that shrink_cache would look at first.",
			pick = "page",
			look = { pane = "lru" },
			answer = function(m) return m.lru.inactive[#m.lru.inactive] end,
			replies = {
				{ when = function(pfn, m) return pfn == m.lru.inactive[1] end, say = "That is the head: it came out of the bag last. The scan begins at the tail." },
				{ when = function(pfn, m) return m:page(pfn).lru == "inactive" end, say = "It is on the list, but others are nearer to the tail." },
			},
			hints = { "Who came first?", "The first page of words." },
		},
		{
			say = [[words is next in line, in the wrong company. Just in time a third reader comes, and this time the pages are on a list.]],
			action = function(m, x) look_up(x) end,
			ask = "They are active now. Is PG_referenced of page {page:x} still set: yes or no?",
			pick = "name",
			look = function(m, x) return { pane = "page", page = x.page } end,
			answer = function(m, x) return m:page(x.page).flags.referenced and "yes" or "no" end,
			replies = {
				{ when = "yes", say = "The second rung clears it: the use that is noted has bought the climb. The next one sets it again." },
			},
			hints = { "activate_page, and then?", "Look at its flags." },
		},
		{
			say = [[editor is started. It maps its program, the file code, four pages, and runs through each of them once: no read(), the processor sets A in its ptes.

Then the rest of the film goes on: {rest} pages, and none of them will be used twice.]],
			action = function(m, x)
				local code = m:file{ name = "code", size = CODE * 4096 }
				local editor = m:task("editor")
				editor:mmap{ len = CODE * 4096, prot = "r", file = code, at = 0x40000000 }
				editor:touch(0x40000000, CODE * 4096, "r")
				x.kept = trial(m, function()
					x.film:stream("64K", x.film.size)
					return x.words.pages
				end)
				x.free = m.zones[1].free
			end,
			ask = "There are {free} free frames. How many of the four pages of words will be in memory when the film is over?",
			pick = "number",
			look = { pane = "lru" },
			answer = function(m, x) return x.kept end,
			replies = {
				{ when = 0, say = "So it would be with one list: all of them are older than {rest} other pages. But at which list's tail does shrink_cache free pages?" },
				{ when = function(n) return n > 0 and n < WORDS end, say = "Whatever is true of one of them is true of all four. Are they on the list that shrink_cache takes from?" },
			},
			hints = { "Pages are freed from the inactive list alone.", "As long as its own pages are enough, the film pays for the film." },
		},
		{
			say = [[All four: whatever the film needs is taken from the film. Play it.]],
			action = function(m, x)
				x.film:stream("64K", x.film.size)
				x.stolen = m.counters.pgsteal
				x.climbed = events_on(m, "activate", "film")
			end,
			ask = "Reading had set PG_referenced of each page of the film. shrink_list asked all those that came to the tail, and page_referenced said: 1. How many were activated for that?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.climbed end,
			replies = {
				{ when = FILM, say = "Then nothing could have been freed, and the film would not have gone through." },
				{ when = 4, say = "Those were of words, and read() moved them, not shrink_list." },
				{ when = function(n, m, x) return n == x.stolen end, like = function(m, x) return x.stolen end, say = "So many were freed." },
			},
			hints = { "shrink_list activates a page that was referenced if it is also in use (page_mapping_inuse).", "Nobody maps the film, and it is not in the swap cache." },
		},
		{
			say = [[{climbed}. Being referenced is not enough in shrink_list. The page must be in use, too: mapped by somebody, or of a file that somebody maps, or in the swap cache. Else, if it is clean, it is freed; {stolen} were.

The pages of code came to the tail among those of the film.]],
			ask = "editor has used each of them once. How many of the four are on the active list?",
			pick = "number",
			look = { pane = "lru", task = "editor", address = 0x40000000 },
			answer = function(m) return active_of(m, "code", 0, CODE - 1) end,
			replies = {
				{ when = 0, say = "Used once: so was each page of the film. But somebody maps these, and A was set." },
				{ when = 8, say = "Four of the active ones are of words." },
			},
			hints = { "referenced, and page_mapping_inuse.", "Who is on the active list, and was not put there by read()?" },
		},
		{
			say = [[For a mapped page one use is enough: the program that runs would have to wait for each that is missing.

Can the rule be deceived? Pages 200 to 207 of the film are still in memory. An hour later somebody else plays these eight, once.]],
			action = function(m, x)
				m:tick("3600s")
				x.film:stream(200 * 4096, 8 * 4096)
			end,
			ask = "How many of the eight are on the active list now?",
			pick = "number",
			look = { pane = "lru" },
			answer = function(m) return active_of(m, "film", 200, 207) end,
			replies = {
				{ when = 0, say = "It was one use, by somebody else. But PG_referenced has no date: who has cleared it since?" },
				{ when = 1, say = "Each page has a flag of its own." },
			},
			hints = { "PG_referenced is still set since the first time.", "Second rung: referenced, not active, PG_lru." },
		},
		{
			say = [[Two uses are two uses, however far apart, if nobody asked about the page in between.

And down again? refill_inactive_zone sends down what nobody maps, without a look at PG_referenced, which stays as it is. words is read once more, and then the whole active list is refilled from.]],
			action = function(m, x)
				look_up(x)
				m:refill(m.lru.nr_active)
				x.needs = reads_to_rise(m, x)
			end,
			ask = "Page {page:x} is inactive. How many reads take it up again?",
			pick = "number",
			look = function(m, x) return { pane = "page", page = x.page } end,
			answer = function(m, x) return x.needs end,
			replies = {
				{ when = 2, say = "A page that is new needs two. This one has brought something along: look at its flags." },
				{ when = 0, say = "refill_inactive_zone does not ask an unmapped page whether it was used. It is down." },
			},
			hints = { "On which rung of the ladder does it stand?", "It is referenced already." },
		},
		{
			task = [[Your turn: notes is a file of one page that nobody has read yet. Bring this page to the active list, by reading files alone.]],
			look = { pane = "lru" },
			check = function(m, x)
				local page = cached(m, "notes", 0)
				if not page then return false, "it is not in memory" end
				if page.lru == "active" then return true end
				if not page.lru then return false, "it is in the bag, and on no list yet" end
				return false, "it is on the inactive list, and " ..
					(page.flags.referenced and "referenced" or "not referenced")
			end,
			hints = {
				"x.notes:read(0) reads it. Two of these in a row are not enough: why?",
				"Something must fill the bag in between. The film has pages that are not in memory.",
				"x.notes:read(0); x.film:stream(0, \"64K\"); x.notes:read(0)",
			},
			solution = [[
x.notes:read(0)
x.film:stream(0, "64K")
x.notes:read(0)]],
		},
	},
}
