-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 16: anon_vma_chain. A server with forty children, on 2.6.16 and on 4.0.

local CHILDREN = 40
local A = 0x40000000

-- init writes two pages and forks the children; each writes to the first page and gets a copy.
local function family(m)
	local f = { machine = m, init = m:task("init"), child = {} }
	f.init:mmap{ len = "32K", prot = "rw", at = A }
	f.init:write(A, 1)
	f.init:write(A + 4096, 2)
	for i = 1, CHILDREN do
		f.child[i] = f.init:fork("c" .. i)
		f.child[i]:write(A, i)
	end
	return f
end

-- How many vmas page_referenced visits for these pages.
local function visits(m, pages)
	local before = m.counters.vmas_visited
	for _, page in ipairs(pages) do m:page_referenced(page) end
	return m.counters.vmas_visited - before
end

local function first_pages(f)
	local pages = { f.init:page(A) }
	for i, child in ipairs(f.child) do pages[i + 1] = child:page(A) end
	return pages
end

-- Links that the forking of one child makes.
local function fork_counted(m, task, name)
	local last = #m:events{ kind = "anon_vma_link" }
	local child = task:fork(name)
	return child, #m:events{ kind = "anon_vma_link" } - last
end

local function at(family, pane, who, address)
	return function(m, x)
		local f = x[family]
		return { machine = f.machine, pane = pane, task = f.child[who] or f.init, address = address or A }
	end
end

return {
	id = "anon-vma-chain",
	title = "A thousand children",
	chapter = "anon_vma",
	kernel = "4.0",
	kernels = { "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "5beb49305251 (2.6.34, Rik van Riel) and 7a3ef208e662 (3.19, Konstantin Khlebnikov); 4.0 mm/rmap.c: anon_vma_clone, anon_vma_fork, page_move_anon_rmap",
	goals = {
		"say why one anon_vma for a whole family was too few",
		"count the vmas visited for a child's own page and for a shared one",
		"know what fork pays for it, and how degree keeps that small",
	},
	machine = { ram = "2M", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.children = CHILDREN
		x.old = family(machine{ kernel = "2.6.16", ram = "2M", swap = "256K", cpus = 1, page_cluster = 0 })
		x.new = family(m)
	end,
	steps = {
		{
			say = [[Two machines, one with 2.6.16 and one with 4.0, and on each the same server: init has two pages, and {children} children. Every child wrote to the first page and got its own copy; the second is shared by all.

First 2.6.16.]],
			look = at("old", "rmap", 0),
		},
		{
			say = [[A child's vma goes on the list of its parent's anon_vma. A copy that the child makes names that same anon_vma.]],
			ask = "How many vmas are on the list of the anon_vma of c1's own copy?",
			pick = "number",
			look = at("old", "rmap", 1),
			answer = function(m, x) return x.old.child[1]:page(A):trail()[1].start end,
			replies = {
				{ when = 1, say = "c1 alone maps this page. But which vmas MIGHT, as far as the anon_vma knows?" },
				{ when = 2, say = "c1 and init, and c1's brothers and sisters: there is one anon_vma for all." },
				{ when = CHILDREN, say = "All the children, and init." },
			},
			hints = { "{children} children and a parent." },
		},
		{
			say = [[Each vma is put at the HEAD of the list, so the youngest child is first and init is last. The walk ends when it has found mapcount ptes.]],
			ask = "c1 was forked first; its copy is mapped once. How many vmas does page_referenced visit?",
			pick = "number",
			look = at("old", "rmap", 1),
			answer = function(m, x)
				local n, left = 0, x.old.child[1]:page(A).mapcount
				for _, s in ipairs(x.old.child[1]:page(A):trail()) do
					if s.kind == "vma" and left > 0 then n = n + 1 end
					if s.kind == "pte" and s.maps then left = left - 1 end
				end
				return n
			end,
			replies = {
				{ when = 1, say = "That is so for the youngest child." },
				{ when = CHILDREN + 1, say = "init is behind c1 on the list: the walk does not get there." },
			},
			hints = { "All children come before or are c1.", "{children}" },
		},
		{
			say = [[Now let the scan ask about the first page of each of the {children} children, and of init. Each of them is mapped once.]],
			action = function(m, x)
				x.old_visits = visits(x.old.machine, first_pages(x.old))
				x.pages = CHILDREN + 1
			end,
			ask = "How many vmas were visited for these {pages} pages, altogether?",
			pick = "number",
			look = at("old", "trace", 0),
			answer = function(m, x) return x.old_visits end,
			replies = {
				{ when = CHILDREN + 1, say = "One visit each would be ideal. It takes 1 for the youngest, 2 for the next, ..." },
				{ when = (CHILDREN + 1) * (CHILDREN + 1), say = "The walk stops at the page it finds, on average half way." },
				{ when = (CHILDREN + 1) * CHILDREN // 2, say = "Nearly. Do not forget init, at the end of the list." },
			},
			hints = { "1 + 2 + 3 + ... + {pages}", "{pages} * ({pages} + 1) / 2" },
		},
		{
			say = [[{old_visits} visits, for {pages} pages. With a thousand children of a thousand pages each it is half a thousand visits for each of a million pages, under one lock: one cpu walks, the others spin.

In 2.6.34 each child gets an anon_vma of its OWN for the pages it will make. Now the machine with 4.0.]],
			action = function(m, x) x.one = visits(m, { x.new.child[1]:page(A) }) end,
			look = at("new", "rmap", 1),
		},
		{
			ask = "page_referenced was asked about c1's copy on 4.0. How many vmas did it visit?",
			pick = "number",
			look = at("new", "rmap", 1),
			answer = function(m, x)
				return x.one
			end,
			replies = {
				{ when = CHILDREN, say = "That was 2.6.16. Look at the rmap pane: who is on this anon_vma?" },
				{ when = 2, say = "init cannot map what c1 made after the fork, and it is not on c1's anon_vma." },
			},
			hints = { "Whose anon_vma does the page name?", "c1's own, and nobody else's vma is on it." },
		},
		{
			say = [[And what was there before the fork? The second page is mapped by all, and names init's anon_vma, which all children are linked to, too.]],
			action = function(m, x) x.shared = visits(m, { x.new.init:page(A + 4096) }) end,
			ask = "How many vmas were visited for the shared page?",
			pick = "number",
			look = at("new", "rmap", 0, A + 4096),
			answer = function(m, x) return x.shared end,
			replies = {
				{ when = 1, say = "It must find every pte of the page, and there is one in each process." },
				{ when = CHILDREN, say = "And init." },
			},
			hints = { "All of them have it.", "{children} + 1" },
		},
		{
			say = [[So a vma may be on several anon_vmas, and an anon_vma has several vmas. The object between them is the anon_vma_chain, one for each pair. fork clones the parent's links, and adds one to the child's own anon_vma.]],
			action = function(m, x) x.kid, x.links = fork_counted(m, x.new.child[1], "kid") end,
			ask = "c1, a child of init, forked a child: kid. How many links did kid's vma get?",
			pick = "number",
			look = at("new", "trace", 1),
			answer = function(m, x) return x.links end,
			replies = {
				{ when = 2, say = "c1 has two: init's anon_vma and its own. kid gets as many, and one more." },
				{ when = 1, say = "kid came with pages of init and of c1, too." },
			},
			hints = { "init's, c1's, ...", "One for each generation, kid's included." },
		},
		{
			say = [[A page can also change its anon_vma. solo writes a page and forks heir; solo exits. heir alone has the page now, and writes: nobody shares it, so do_wp_page copies nothing.]],
			action = function(m, x)
				local solo = m:task("solo")
				solo:mmap{ len = "16K", prot = "rw", at = A }
				solo:write(A, 1)
				x.heir = solo:fork("heir")
				solo:exit()
				x.was = x.heir:page(A).anon_vma
				x.heir:write(A, 2)
			end,
			ask = "The page named solo's anon_vma, at {was:x}. Does it name that one still: yes or no?",
			pick = "name",
			look = function(m, x) return { machine = m, pane = "rmap", task = x.heir, address = A } end,
			answer = function(m, x) return x.heir:page(A).anon_vma == x.was and "yes" or "no" end,
			replies = {
				{ when = "yes", say = "Compare it with the rmap pane: page_move_anon_rmap gave the page to heir." },
			},
			hints = { "heir is its only owner, for good.", "page_move_anon_rmap" },
		},
		{
			say = [[The price: each generation adds a link. A process that forks and exits, whose child forks and exits, and so on, would end with as many anon_vmas as it had ancestors, most without any page. Such a program was reported in 2012: its chains grew without end.

Eight generations of heirs follow.]],
			action = function(m, x)
				local t = x.heir
				for i = 1, 8 do
					local child, links = fork_counted(m, t, "heir" .. i)
					child:write(A, i)
					t:exit()
					t, x.links = child, links
				end
				x.heir = t
			end,
			ask = "How many links did the fork of the eighth make?",
			pick = "number",
			look = function(m, x) return { machine = m, pane = "rmap", task = x.heir, address = A } end,
			answer = function(m, x) return x.links end,
			replies = {
				{ when = 9, say = "One more for each generation? Count the last anon_vma_link events in the trace." },
				{ when = 10, say = "solo, heir, and eight more: so it was before 3.19." },
				{ when = 2, say = "Its parent's anon_vma and its own. And the oldest of all, the root, which is never taken over." },
			},
			hints = { "It stopped growing.", "3" },
		},
		{
			say = [[{links}, and it stays at that. An anon_vma knows its degree: the vmas and the child anon_vmas it has. At fork, one that is not the parent's own and has a degree below 2 (its vma is gone, one child is left) is taken over, and no new one is made.]],
			look = function(m, x) return { machine = m, pane = "rmap", task = x.heir, address = A } end,
		},
		{
			say = [[Last, on 4.0. A new process, lone, has written one page at 0x40000000.]],
			action = function(m, x)
				x.lone = m:task("lone")
				x.lone:mmap{ len = "16K", prot = "rw", at = A }
				x.lone:write(A, 7)
				x.page = x.lone:page(A)
			end,
			task = [[Bring exactly three vmas to the anon_vma of lone's page, with one pte that maps it.]],
			look = function(m, x) return { machine = m, pane = "rmap", task = x.lone, address = A } end,
			check = function(m, x)
				local n = x.page.anon and x.page:trail()[1].start or 0
				if n ~= 3 then return false, n .. (n == 1 and " vma is" or " vmas are") .. " on its anon_vma" end
				local maps = x.page.mapcount
				return maps == 1, maps .. " ptes map it"
			end,
			hints = {
				"Two forks bring two vmas.",
				"A child that writes there has its own copy.",
				"for _, name in ipairs{ \"a\", \"b\" } do m.tasks.lone:fork(name):write(0x40000000, 8) end",
			},
			solution = [[
for _, name in ipairs{ "a", "b" } do
	m.tasks.lone:fork(name):write(0x40000000, 8)
end]],
		},
	},
}
