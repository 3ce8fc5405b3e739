-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 26: memory that is a file, and where it keeps the slot when a page of it is in swap.

local A, B = 0x40000000, 0x50000000
local PAGES = 4 -- of the eight that seg has room for

-- Everything that nobody uses goes out, to the disk.
local function push_out(m)
	for _ = 1, 20 do
		m:refill(128)
		m:reclaim(128)
		m:tick("50ms")
	end
end

-- Page frames, apart from slabs, that were taken while work was done.
local function frames_taken(m, work)
	local before = #m:events{ kind = "page_alloc" }
	work()
	return #m:events{ kind = "page_alloc" } - before
end

-- Only files that have something in swap are on the list that swapoff goes along.
local LISTED = { ["2.6.9-rc-mm"] = true, ["2.6.16"] = true }

-- What differs by kernel: a vector of entries in the inode, or the tree of the page cache.
local function describe(m, x)
	local tree = m.kernel.name == "4.0"
	x.tree = tree
	if tree then
		x.place = "4.0 has no table for it. The file's pages hang in a tree, page_tree, and where the page was, the entry is put. A word there is a pointer to a struct page, which is a multiple of 4; so the entry is shifted left by 2, and bit 1 is set: an exceptional entry."
		x.not_word = "That is the bare entry. In the tree it would pass for a pointer to a struct page."
		x.word_hint = "{slot} << 2, and bit 1."
		x.counting = "4.0 does not count here. The byte says SWAP_MAP_SHMEM, 0xbf: a file has it. And SWAP_HAS_CACHE, 0x40, is added while the page is in the swap cache."
		x.not_count = "The file and the swap cache, one each: so it was up to 2.6.16 here. In 4.0 both are marks, not numbers."
		x.count_hint = "0xbf | 0x40"
		x.asks = "swap_map has the mark of a file here, so swapoff does not look at page tables at all, but goes along shmem_swaplist, where every file is that has something in swap"
		x.room = "In the tree the page has a place with its pointer already, and its entry will take just that: nothing more is needed, neither now nor when reclaim comes."
		x.not_frames = "A directory and a leaf for the entry: so it was up to 2.6.16. In 4.0 the entry will take the place of the page."
		x.frames_hint = "The page itself. Its entry has no table of its own."
	else
		x.place = "The inode has i_direct, sixteen words for the first sixteen pages. An entry is the number of the area in the top 5 bits and the slot below."
		x.not_word = "That is how 4.0 will write it, in a tree of pointers. A word of i_direct is the bare entry."
		x.word_hint = "The area is 0, the slot is {slot}."
		x.counting = "swap_map counts the users of a slot. The swap cache is one of them."
		x.not_count = "The ptes of init and of sh are empty: they do not count."
		x.count_hint = "The swap cache, and who keeps the entry?"
		x.asks = "in the circle of address spaces that swapoff walks, init_mm stands for the files, " .. (LISTED[m.kernel.name] and "all that have something in swap (shmem_swaplist)" or "all that there are of shared memory")
		x.room = "The entries of further pages hang in frames: a directory and a leaf of 1,024 words. They are made now, with the page, although it is not in swap: reclaim, which will want to put an entry in, must not have to ask for memory."
		x.not_frames = "The page itself. But where will its entry be, if it ever goes to swap? i_direct is full."
		x.frames_hint = "The page, a leaf for its entry, and a directory that leads to the leaf."
	end
end

-- After the page has its slot.
local function words(x)
	local slot = x.page.slot.offset
	x.slot = slot
	x.word = x.tree and slot << 2 | 2 or slot
	x.other_word = x.tree and slot or slot << 2 | 2
	x.other_count = x.tree and 2 or 3
end

local function at_init(pane)
	return { pane = pane, task = "init", address = A }
end

local function at_page(pane)
	return function(m, x) return { pane = pane, page = x.page } end
end

return {
	id = "shmem-in-swap",
	title = "Shared memory in swap",
	chapter = "Swap",
	kernel = "4.0",
	-- 2.5.26 has no try_to_unmap
	kernels = { "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "2.5.27 to 4.0 mm/shmem.c: shmem_writepage, shmem_getpage, shmem_truncate; mm/swap_state.c: move_to_swap_cache, move_from_swap_cache",
	goals = {
		"say where the slot of a page is kept that no pte may keep",
		"follow a page from the page cache to the swap cache and back",
		"know who counts as a user of its slot, and what truncation does to it",
	},
	machine = { ram = "512K", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		describe(m, x)
		x.pages = PAGES
		x.seg = m:shmem{ name = "seg", size = "32K" }
		x.big = m:shmem{ name = "big", size = "16M" }
		x.other = m:file{ name = "other", size = "4K" }
		x.init, x.sh = m:task("init"), m:task("sh")
		x.init:mmap{ len = "32K", file = x.seg, shared = true, at = A }
		x.sh:mmap{ len = "32K", file = x.seg, shared = true, at = B }
		for i = 0, PAGES - 1 do x.init:write(A + i * 4096, 40 + i) end
		x.sh:read(B)
		x.page = x.init:page(A)
	end,
	steps = {
		{
			say = [[seg is a file without a disk: shared memory. Its pages are in the page cache like those of any file, but there is nothing behind them, so under pressure they go to swap. Memory that is MAP_SHARED | MAP_ANONYMOUS is the same: a file that has no name in any directory.

init maps seg at 0x40000000 and wrote to its first {pages} pages. sh maps it at 0x50000000, and has read the first word.]],
			ask = "How many ptes map the first page of seg?",
			pick = "number",
			look = at_init("rmap"),
			answer = function(m, x) return #x.page:mappers() end,
			replies = {
				{ when = 1, say = "sh has read it: there is one page for both." },
				{ when = PAGES, say = "That many pages are there. The question is about the first." },
				{ when = 8, say = "That many pages has the file room for. A page is made when somebody comes." },
			},
			hints = { "init's, and sh's.", "x.page:mappers()" },
		},
		{
			say = [[Reclaim wants that page. page_referenced clears its A bits, nobody uses it again, and try_to_unmap takes it from init and from sh. From an anonymous page each pte would get the number of its slot, so that the owner finds it again.]],
			action = function(m, x)
				x.was = x.init:pte(A).raw
				m:page_referenced(x.page)
				m:try_to_unmap(x.page)
			end,
			ask = "What number is init's pte at 0x40000000 now?",
			pick = "number",
			look = at_init("pagetable"),
			answer = function(m, x)
				local pte = x.init:pte(A)
				return pte and pte.raw or 0
			end,
			replies = {
				{ when = 0x100, say = "Slot 1 in bits 8 and up: so it would be for an anonymous page. This page has a file, and no slot yet." },
				{
					when = function(n, m, x) return n == x.was end,
					like = function(m, x) return x.was end,
					say = "That was there before. The page is not mapped any more.",
				},
			},
			hints = { "Look at the trace: what did try_to_unmap leave?", "m.tasks.init:pte(0x40000000) is nil: there is nothing." },
		},
		{
			say = [[The pte is empty. The vma still says of which file this is, and the address says which page of it: whoever touches it will ask the file.

The page is dirty, and mapped by nobody. The scan meets it at the tail of the list and writes it, as the page of a file: shmem_writepage.]],
			action = function(m, x)
				x.other:read(0) -- a page that can be freed at once: then reclaim has enough
				for _ = 1, 8 do
					if x.seg.swapped > 0 then break end
					m:refill(1)
					m:reclaim(1)
				end
				words(x)
			end,
			ask = "The frame is the same. In which cache is it now: in the page cache of seg, or in the swap cache? (page or swap)",
			pick = "name",
			look = at_page("page"),
			answer = function(m, x) return x.page.slot and "swap" or "page" end,
			replies = {
				{ when = "page", say = "shmem_writepage took a slot for it. Look at the page: what does it say about its file?" },
				{ when = "both", say = "For a moment, in some kernels. Then the page cache lets go: a page has one identity." },
			},
			hints = { "x.page.mapping", "It has a slot." },
		},
		{
			say = [[A move, not a copy: out of one cache, into the other. From here on it is an ordinary page of the swap cache, which will be written and freed.

But somebody must remember slot {slot}, and no pte does. {place}]],
			ask = "The page is in slot {slot} of area 0. What word stands for it in the file?",
			pick = "number",
			look = at_page("page"),
			answer = function(m, x) return x.word end,
			replies = {
				{ when = 0, say = "0 would be: never written, not in swap." },
				{
					when = function(n, m, x) return n == x.other_word end,
					like = function(m, x) return x.other_word end,
					say = "{not_word}",
				},
				{
					when = function(n, m, x) return n == x.slot << 8 end,
					like = function(m, x) return x.slot << 8 end,
					say = "That is how a pte of the i386 writes it, where the low bits have a meaning of their own.",
				},
			},
			hints = { "{word_hint}", "{word}" },
		},
		{
			say = [[{counting}]],
			ask = "What does swap_map hold for slot {slot}?",
			pick = "number",
			look = function(m, x) return { pane = "swap", page = x.page } end,
			answer = function(m, x) return m.swap[0]:slot(x.slot).raw end,
			replies = {
				{ when = 0, say = "Then the slot would be free, and the next page that goes out would get it." },
				{ when = 1, say = "The file has its entry, and the page is in the swap cache: that is two things to note." },
				{
					when = function(n, m, x) return n == x.other_count end,
					like = function(m, x) return x.other_count end,
					say = "{not_count}",
				},
			},
			hints = { "{count_hint}", "m.swap[0]:slot(x.slot).raw" },
		},
		{
			say = [[swapoff will want to know who has the slot, and reclaim, who maps the page. The vmas of init and of sh cover its place still.]],
			ask = "The page is asked: how many ptes does its reverse mapping lead to?",
			pick = "number",
			look = at_page("rmap"),
			answer = function(m, x) return #x.page:rmap() end,
			replies = {
				{ when = 2, say = "It is not in the file any more, and the way to the vmas led over the file. Nor would there be anything: both ptes are empty." },
				{ when = 1, say = "Which would it be? Both were emptied." },
			},
			hints = { "x.page:rmap() and x.page:mappers() agree.", "None." },
		},
		{
			say = [[None. To search page tables for this slot is in vain, so there is shmem_unuse: {asks}.

Now init reads its word, while the page is still in memory. The fault finds a file in the vma, not a slot in the pte: it asks the file (shmem_nopage, in 4.0 shmem_fault), and shmem_getpage finds the entry, and the page in the swap cache.]],
			action = function(m, x) x.read = x.init:read(A) end,
			ask = "init has read {read}, from the same frame. What does swap_map hold for slot {slot} now?",
			pick = "number",
			look = function(m, x) return { pane = "swap", page = x.page } end,
			answer = function(m, x) return m.swap[0]:slot(x.slot).raw end,
			replies = {
				{ when = 1, say = "An anonymous page would stay in the swap cache, and that is one (lesson 06). This page has gone home: it is in the page cache of seg." },
				{ when = 2, say = "The entry of the file is gone, too: it is replaced by the page." },
			},
			hints = { "It moved back. Who has the slot then?", "Nobody: the slot is free." },
		},
		{
			say = [[The slot is free, and what was perhaps just written there is worth nothing: the page is dirty again, and must go all the way once more. It cannot be in both caches, because page->mapping and page->index name one.

big is larger: 4,096 pages. Its page 15 is written to: that takes one frame.]],
			action = function(m, x)
				x.fifteen = frames_taken(m, function() x.big:write(15 * 4096, 1) end)
				x.sixteen = frames_taken(m, function() x.big:write(16 * 4096, 1) end)
				x.other_frames = x.sixteen == 1 and 3 or 1
			end,
			ask = "Now page 16 was written, too. How many frames did that take?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.sixteen end,
			replies = {
				{ when = 0, say = "A page that was never there needs a frame, at least." },
				{ when = 2, say = "One more than a page? Count the frames that were taken in the trace." },
				{
					when = function(n, m, x) return n == x.other_frames end,
					like = function(m, x) return x.other_frames end,
					say = "{not_frames}",
				},
			},
			hints = { "{frames_hint}", "{sixteen}" },
		},
		{
			say = [[{room}

Now nobody uses anything, and reclaim goes on until all of seg and all of big is on the disk. No frame has a page of them any more; the entries have everything.]],
			action = function(m, x)
				push_out(m)
				x.out, x.used = x.seg.swapped, m.swap[0].used
			end,
			look = { pane = "swap" },
		},
		{
			say = [[{out} pages of seg are out, {used} slots are in use. Then somebody truncates seg to its first page.]],
			action = function(m, x)
				local before = m.counters.pswpin
				x.seg:truncate(4096)
				x.reads = m.counters.pswpin - before
				local _, why = pcall(x.sh.read, x.sh, B + 2 * 4096)
				x.signal = tostring(why):match("SIG%u+")
			end,
			ask = "How many pages had to be read from swap for that?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.reads end,
			replies = {
				{ when = PAGES - 1, say = "That many slots were given back. Nobody has to look at what is in them." },
				{ when = 1, say = "Only if the file ended in the middle of a page that is out: its rest has to be cleared. Here it ends between two." },
			},
			hints = { "The entries tell which slots, and that is all one needs to free them." },
		},
		{
			say = [[{reads}. The entries behind the end are gone, their slots are free, and sh, which has the memory mapped still, got {signal} when it read its third page: behind the end of the file there is nothing.]],
			task = [[Last: memory that is shared between parent and child has such a file, too, called dev/zero. Give init a mapping that is shared and has no file, write to it, and bring that page to swap.]],
			look = { pane = "swap" },
			check = function(m)
				local file
				for i = 1, #m.files do
					if m.files[i].name == "dev/zero" then file = m.files[i] end
				end
				if not file then return false, "there is no file dev/zero yet: no mapping that is shared and anonymous" end
				if file.swapped > 0 then return true end
				if file.pages == 0 then return false, "dev/zero is there, and has no page: nothing was written to it" end
				return false, "its page is still in the page cache"
			end,
			hints = {
				"mmap with shared = true, and without file =.",
				"A page that was just used is spared: refill and reclaim more than once.",
				"a = x.init:mmap{ len = \"4K\", shared = true }; x.init:write(a, 7); for _ = 1, 8 do m:refill(64) m:reclaim(64) end",
			},
			solution = [[
a = x.init:mmap{ len = "4K", shared = true }
x.init:write(a, 7)
for _ = 1, 8 do m:refill(64) m:reclaim(64) end]],
		},
	},
}
