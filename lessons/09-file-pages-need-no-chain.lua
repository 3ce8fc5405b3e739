-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 09: a page of a file is found through its file.

local A, B = 0x40000000, 0x50000000

-- Where this kernel's rmap finds pfn in the process of that name.
local function found_in(m, pfn, name)
	for _, v in ipairs(m:page(pfn):rmap()) do
		if v.task.name == name then return v.address end
	end
end

-- What page_referenced says of a page that nobody used, if it could not ask so many.
local function answer_of_trylocks(failed, each)
	return failed * each
end

local function mapped(x, m)
	local n = 0
	for _, name in ipairs{ "init", "c1", "c2", "c3", "ed", "db" } do n = n + m.tasks[name].rss end
	return n
end

return {
	id = "objrmap",
	title = "Why file pages need no chain",
	chapter = "By object",
	kernel = "2.6.5-objrmap",
	kernels = { "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm" },
	source = "seed 002, mm/rmap.c: find_pte, page_referenced_obj, try_to_unmap_obj (Dave McCracken's objrmap)",
	goals = {
		"find every pte of a file's page with nothing but its file, its index and the vmas",
		"say what that costs: vmas that are visited for nothing",
		"know what a kernel says that could not get a lock: 1, 0, or AGAIN",
	},
	machine = { ram = "1M", swap = "256K" },
	setup = function(m, x)
		x.lib = m:file{ name = "lib", size = "64K" }
		x.init = m:task("init")
		x.init:mmap{ len = "64K", prot = "rw", file = x.lib, at = A }
		x.init:touch(A, 64 * 1024, "r")
		for i = 1, 3 do x.init:fork("c" .. i) end
		x.ed, x.db = m:task("ed"), m:task("db")
		x.ed:mmap{ len = "16K", prot = "r", file = x.lib, offset = "32K", at = B }
		x.ed:touch(B, 16 * 1024, "r")
		x.db:mmap{ len = "16K", prot = "r", file = x.lib, offset = "32K", at = B, shared = true }
		x.db:touch(B, 16 * 1024, "r")
		x.one = x.init:page(A + 0x1000).pfn
		x.nine = x.init:page(A + 0x9000).pfn
	end,
	steps = {
		{
			say = [[The file lib has 16 pages, 0 to 15. init and its children c1 to c3 map all of it, privately. ed maps pages 8 to 11 at 0x50000000, also privately; db maps the same four there, but shared. Everybody has a pte for every page.]],
			ask = "How many ptes map pages of lib, all in all?",
			pick = "number",
			look = { pane = "tasks" },
			answer = function(m, x) return mapped(x, m) end,
			replies = {
				{ when = 16, say = "That is how many pages there are." },
				{ when = 64, say = "Those of init and its children. ed and db have four each." },
				{ when = 96, say = "ed and db do not map all 16, only four each." },
			},
			hints = { "4 times 16, and 2 times 4.", "All that they have in memory is from lib: add up the rss." },
		},
		{
			say = [[2.6.0 would have noted all 72 in chains. Look at page 9 of the file here.]],
			ask = "How many mappings were ever added to a chain on this machine?",
			pick = "number",
			look = function(m, x) return { pane = "rmap", page = x.nine } end,
			answer = function(m) return m.counters.chain_adds end,
			replies = {
				{ when = 72, say = "They were added to something, but not to chains." },
				{ when = 6, say = "Six map page 9. The page knows how many, and not who." },
			},
			hints = { "m.counters.chain_adds" },
		},
		{
			say = [[Where 2.6.0 had the chain or the direct pte, a page of a file has a number now: mapcount. fork adds one to it, exit takes one away.]],
			ask = "What is the mapcount of page 9?",
			pick = "number",
			look = function(m, x) return { pane = "page", page = x.nine } end,
			answer = function(m, x) return m:page(x.nine).mapcount end,
			replies = {
				{ when = 4, say = "That would be page 1, which ed and db do not map." },
				{ when = 1, say = "Every pte counts, those of the children, too." },
				{ when = 7, say = "The page cache has a reference, and count says so. mapcount counts ptes." },
			},
			hints = { "init, c1, c2, c3, ed, db." },
		},
		{
			say = [[But who are they? page->mapping is the file. The file has two lists of vmas: i_mmap, the private ones, and i_mmap_shared. And a vma knows which page of the file it begins with: vm_pgoff. So there is only one place in a vma where the page can be:

    vm_start + (index - vm_pgoff) * 4096

find_pte goes there and looks whether the pte names this frame.]],
			ask = "Page 9, ed's vma: vm_start 0x50000000, vm_pgoff 8. At which address does find_pte look?",
			pick = "number",
			look = function(m, x) return { pane = "rmap", page = x.nine } end,
			answer = function(m, x) return found_in(m, x.nine, "ed") end,
			replies = {
				{ when = 0x50009000, say = "ed's mapping begins with page 8 of the file, not with page 0." },
				{ when = 0x40009000, say = "There it is in init." },
				{ when = 0x50000000, say = "There is page 8." },
				{ when = 0x50000001, say = "One page further, not one byte." },
			},
			hints = { "9 - 8 is 1: one page into the vma.", "0x50001000" },
		},
		{
			say = [[Now page 1 of the file, which only init and its children map. page_referenced looks for its ptes.]],
			action = function(m, x)
				local n = m.counters.vmas_visited
				m:page_referenced(m:page(x.one))
				x.visited = m.counters.vmas_visited - n
			end,
			ask = "How many vmas did it visit?",
			pick = "number",
			look = function(m, x) return { pane = "rmap", page = x.one } end,
			answer = function(m, x) return x.visited end,
			replies = {
				{ when = 4, say = "In so many it found the page. But it cannot know before it has looked: the lists have every vma of the file." },
				{ when = 16, say = "The lists hold vmas, not pages." },
			},
			hints = { "It goes through i_mmap and i_mmap_shared from end to end.", "m.counters.vmas_visited counts them." },
		},
		{
			say = [[That is the price: nothing to keep for each mapping, but the work grows with the vmas of the file, also those that do not cover the page. For libc that may be thousands. Kernels from 2.6.7 on sort the vmas in a tree.]],
			look = function(m, x) return { pane = "trace", page = x.one } end,
		},
		{
			say = [[Each visit needs the page_table_lock of the vma's process. Reclaim holds the page's chain lock, which a fault takes inside page_table_lock: waiting here could be waiting for ever. So it only tries. And if somebody else has the lock, was the page used or not? Hugh Dickins counts a failed trylock as 1: perhaps.]],
			ask = "Nine processes map a page. Nobody has used it, but three page tables are locked just now. What does page_referenced return?",
			pick = "number",
			answer = function() return answer_of_trylocks(3, 1) end,
			replies = {
				{ when = 0, say = "That is the truth. But of three ptes it cannot know it." },
				{ when = 1, say = "Each failure counts 1, and there are three." },
				{ when = 9, say = "Six could be asked, and had not used it." },
				{ when = 6, say = "Those could be asked, and answered no. The others count 1 each." },
			},
			hints = { "Three times perhaps." },
		},
		{
			say = [[So the page is kept, by mistake, because its users were busy. Andrea Arcangeli let a failed trylock count 0 instead. Hugh writes in seed 002 that he has not seen the problem which led to that. Here it is a switch: machine{kernel = "2.6.5-objrmap", errata = {"referenced-trylock-0"}}.]],
			ask = "The same page, with that switch: what does page_referenced return?",
			pick = "number",
			answer = function() return answer_of_trylocks(3, 0) end,
			replies = {
				{ when = 3, say = "That is Hugh's answer. Here a failure says nothing." },
				{ when = 1, say = "No 1 for anybody: nobody was seen to have used it." },
			},
			hints = { "Three times nothing." },
		},
		{
			say = [[A 0 that was wrong does no harm by itself: try_to_unmap comes next, needs the same locks, and where it does not get one it answers SWAP_AGAIN, and the pte stays.

In fact try_to_unmap_obj_one always answers SWAP_AGAIN, also when it did unmap: one vma cannot tell whether there are more. try_to_unmap looks at the end whether the page is still mapped. Try it with page 1.]],
			action = function(m, x)
				m:page_referenced(m:page(x.one))
				x.result = m:try_to_unmap(m:page(x.one))
			end,
			ask = "What did try_to_unmap return? (SUCCESS, AGAIN or FAIL)",
			pick = "name",
			look = function(m, x) return { pane = "trace", page = x.one } end,
			answer = function(m, x) return x.result end,
			replies = {
				{ when = "AGAIN", say = "That is what every single vma answered. What is the mapcount now?" },
				{ when = "FAIL", say = "FAIL is for memory that must stay, as after mlock." },
			},
			hints = { "mapcount is 0." },
		},
		{
			say = [[No pte is left, and what was in them is not missed: the page is in its file, and a fault will find it there. So no swap, no note, the ptes are empty.

Next db locks its page at 0x50001000 in memory. That is page 9, which six processes map. Private vmas come first, then the shared ones.]],
			action = function(m, x)
				x.db:mlock(B + 0x1000, 4096)
				x.result = m:try_to_unmap(m:page(x.nine))
			end,
			ask = "try_to_unmap has been tried on page 9. How many mappings has it now?",
			pick = "number",
			look = function(m, x) return { pane = "rmap", page = x.nine } end,
			answer = function(m, x) return m:page(x.nine).mapcount end,
			replies = {
				{ when = 6, say = "It did not know of the lock before it came to db's vma, and that was the last." },
				{ when = 0, say = "db's must stay: VM_LOCKED." },
				{ when = 5, say = "Those five are gone. What is left?" },
			},
			hints = { "All that were visited before db's are gone." },
		},
		{
			say = [[It returned {result}: five processes lost their pte for nothing and will fault it back. The chains of 2.6.0 had the same weakness.

One kind of page still needs a chain. init's mapping is private, and init writes to page 5 of it.]],
			action = function(m, x) x.init:write(A + 0x5000, 5) end,
			ask = "Pick the frame that belongs to no file.",
			pick = "page",
			look = { pane = "pagetable", task = "init", address = A + 0x5000 },
			answer = function(m, x) return x.init:page(A + 0x5000) end,
			replies = {
				{
					when = function(pfn, m) return pfn == m.tasks.c1:page(A + 0x5000).pfn end,
					say = "That is page 5 of the file, which the children still map. init has a copy now.",
				},
				{
					when = function(pfn, m) return m:page(pfn).mapping ~= nil end,
					say = "That page has a mapping: it is of the file.",
				},
			},
			hints = { "Where does init's pte at 0x40005000 point?", "m.tasks.init:page(0x40005000)" },
		},
		{
			say = [[The copy has no file, so nothing tells where it may be mapped. It has PG_anon set, which here says: tracked by chain, as in 2.6.0. To find an object for such pages, too, is what the rest of Hugh Dickins' series is about, and Andrea Arcangeli's tree.]],
			look = { pane = "page", task = "init", address = A + 0x5000 },
		},
		{
			task = [[Let page 9 of lib be mapped by exactly three processes.]],
			look = function(m, x) return { pane = "rmap", page = x.nine } end,
			check = function(m, x)
				local n = m:page(x.nine).mapcount
				if n == 3 then return true end
				return false, "its mapcount is " .. n
			end,
			hints = {
				"db has it. Who else may read it? init and its children at 0x40009000, ed at 0x50001000.",
				"m.tasks.init:read(0x40009000); m.tasks.c1:read(0x40009000)",
			},
			solution = [[m.tasks.init:read(0x40009000); m.tasks.c1:read(0x40009000)]],
		},
	},
}
