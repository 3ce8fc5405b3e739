-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 10: remap_file_pages breaks the arithmetic, and page_convert_anon answers.

local A, B = 0x40000000, 0x50000000
local AT = A + 0x3000 -- where init wants page 68
local LOG = B + 0x4000 -- where log has it

-- Would one more mmap there split the vma? Tried, and taken back.
local function vmas_after_mmap(m, x)
	local before = m:snapshot()
	x.init:mmap{ len = "4K", prot = "rw", file = x.file, offset = 68 * 4096, at = AT, shared = true }
	local n = #x.init.vmas
	m:restore(before)
	return n
end

local function names(list)
	local order = {}
	for i, v in ipairs(list) do order[i] = v.task.name end
	return order
end

local function chain(m, x)
	return { pane = "rmap", page = x.page }
end

return {
	id = "nonlinear",
	title = "Nonlinear mappings",
	chapter = "By object",
	kernel = "2.6.5-objrmap",
	kernels = { "2.6.0", "2.6.5-objrmap" },
	source = "seed 002: page_convert_anon, install_page; 2.6.5 mm/fremap.c, mm/memory.c: do_file_page",
	goals = {
		"say why a program would want remap_file_pages, and what it breaks",
		"follow a page of a file from its count to a chain",
		"read a pte that says which page of the file belongs there",
	},
	machine = { ram = "1M", swap = "256K" },
	setup = function(m, x)
		x.file = m:file{ name = "db", size = "512K" }
		x.init, x.log = m:task("init"), m:task("log")
		x.init:mmap{ len = "64K", prot = "rw", file = x.file, at = A, shared = true }
		x.log:mmap{ len = "64K", prot = "r", file = x.file, offset = "256K", at = B }
		x.init:touch(A, 64 * 1024, "r")
		x.log:touch(B, 64 * 1024, "r")
		x.page = x.log:page(LOG).pfn
	end,
	steps = {
		{
			say = [[db is a file of 128 pages, larger than init wants to map. init shows pages 0 to 15 at 0x40000000; log maps pages 64 to 79 at 0x50000000. Now init needs page 68 in its window, in place of page 3. It could mmap that one page there.]],
			ask = "How many vmas would init have then?",
			pick = "number",
			look = { pane = "tasks", task = "init", address = AT },
			answer = vmas_after_mmap,
			replies = {
				{ when = 2, say = "The new one is in the middle. What becomes of the old one, before and behind it?" },
				{ when = 1, say = "A vma shows one stretch of a file, in order. This one would not be." },
			},
			hints = { "Pages 0 to 2, then page 68, then pages 4 to 15." },
		},
		{
			say = [[A database that moves thousands of such windows about would end with thousands of vmas. remap_file_pages changes no vma: it puts another page of the file behind an address, and that is all.

But then one question has no good answer any more. find_pte looks for page 68 in init's vma, which starts at 0x40000000 with page 0 of the file.]],
			ask = "At which address would it look?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = AT },
			answer = function(m, x)
				local vma = x.init.vmas[1]
				return vma.start + (68 - vma.pgoff) * 4096
			end,
			replies = {
				{ when = AT, say = "There the page will be. But the formula knows nothing of that: vm_start + (index - vm_pgoff) * 4096." },
				{ when = LOG, say = "That is where log has it." },
				{ when = A + 68, say = "68 pages further, not 68 bytes." },
			},
			hints = { "0x40000000 + 68 * 0x1000; 68 is 0x44." },
		},
		{
			say = [[0x40044000 is not even in the vma, which ends at 0x40010000: the pte would never be found. So before install_page puts a page where arithmetic does not look for it, it has page_convert_anon give the page a chain. Watch the trace.]],
			action = function(m, x) x.init:remap_file_pages(AT, 4096, 68) end,
			look = chain,
		},
		{
			say = [[PG_anon was set and mapcount forgotten; then all vmas of the file were visited once more, and each pte that find_pte found was noted in the chain. After that install_page added its own.]],
			ask = "How many mappings does the chain of page 68 have?",
			pick = "number",
			look = chain,
			answer = function(m, x) return #m:page(x.page):rmap() end,
			replies = {
				{ when = 1, say = "init's, yes. But from now on the chain is all there is: log's had to be noted, too." },
				{ when = 0, say = "Look at the drawing: it has a node." },
			},
			hints = { "Who had the page before, and who has it since?" },
		},
		{
			ask = "In which order will try_to_unmap meet them? For example: a b",
			pick = "order",
			look = chain,
			answer = function(m, x) return names(m:page(x.page):rmap()) end,
			replies = {
				{ when = { "log", "init" }, say = "In this order they were noted. A node is filled from the right to the left, and read from the left." },
			},
			hints = { "The newest comes first, as in lesson 8." },
		},
		{
			say = [[Both ptes are found again. page->mapping is still the file: only PG_anon has got a second meaning, 'tracked by chain'. And the conversion is for good. Even if everybody unmaps the page, it will have chains until its frame is freed.

Now reclaim takes the page away from both.]],
			action = function(m, x) x.result = m:try_to_unmap(m:page(x.page)) end,
			look = chain,
		},
		{
			say = [[{result}. log's pte is empty: a fault there computes 64 + 4 and finds page 68. In init a fault would compute 3, the wrong page. So try_to_unmap_one left a note in the pte: not present, bit 6 set for 'file', the low five bits of the page number in bits 1 to 5, the others from bit 8 on.]],
			ask = "Page 68 is 2 * 32 + 4. What is the raw pte? (0x works)",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = AT },
			answer = function(m, x) return x.init:pte(AT).raw end,
			replies = {
				{ when = 68, say = "That is the number itself. Bit 0 must stay clear, and bit 6 says 'file'." },
				{ when = 0x208, say = "The number is right. Now set bit 6, or it would be taken for a place in swap." },
				{ when = 0x244, say = "Nearly: the low five bits begin at bit 1, so the 4 becomes 8." },
				{ when = 0x240, say = "And the 4, in bits 1 to 5?" },
			},
			hints = {
				"4 << 1, and 1 << 6, and 2 << 8.",
				"0x8 + 0x40 + 0x200",
			},
		},
		{
			say = [[init reads there. handle_pte_fault sees: not present, not empty, bit 6. That is for do_file_page, which asks the file system for just this page.]],
			action = function(m, x) x.init:read(AT) end,
			ask = "Which page of the file is at 0x40003000 now?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = AT },
			answer = function(m, x) return x.init:page(AT).index end,
			replies = {
				{ when = 3, say = "That is what arithmetic says. The pte said otherwise, and was believed." },
				{ when = 0, say = "0 is what init read: the file is full of zeros. Which page?" },
			},
			hints = { "The page pane shows its index.", "m.tasks.init:page(0x40003000).index" },
		},
		{
			say = [[remap_file_pages can also note only: with MAP_NONBLOCK a page that is not in memory is not read, and nothing but the note is left. init wants page 100 at 0x40005000, where page 5 is mapped. rss was 16.]],
			action = function(m, x)
				x.init:remap_file_pages(A + 0x5000, 4096, 100, { nonblock = true })
			end,
			ask = "How large is init's rss now?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = A + 0x5000 },
			answer = function(m, x) return x.init.rss end,
			replies = {
				{ when = 16, say = "Page 5 was unmapped to make room, and page 100 is not there yet." },
				{ when = 17, say = "Nothing was mapped: page 100 is not in memory, and nobody may wait for it." },
			},
			hints = { "One page less, and only a note in its place." },
		},
		{
			say = [[Now the weak side. db is cut down to 64 pages, so page 68 is no more. vmtruncate takes it from everybody who maps it, but it asks arithmetic where that may be.]],
			action = function(m, x) x.file:truncate(64 * 4096) end,
			ask = "Who still maps the frame of page 68?",
			pick = "task",
			look = chain,
			answer = function(m, x) return m:page(x.page):mappers()[1].task end,
			replies = {
				{ when = function(t) return t.name == "log" end, say = "In log the page was where it belongs, had log still mapped it: truncation looks there." },
			},
			hints = { "In which vma is it not where arithmetic looks?" },
		},
		{
			say = [[The page has no mapping any more, and yet init can read and write it. To shrink_list it looks like an anonymous page, and it would go to swap. Kernels 2.6.0 to 2.6.5 were like that; 2.6.6 mended it. Truncation goes by object, and never asked the chain.]],
			look = function(m, x) return { pane = "page", page = x.page } end,
		},
		{
			task = [[Swap two pages: let init have page 9 of db at 0x40008000 and page 8 at 0x40009000, with one vma.]],
			look = { pane = "pagetable", task = "init", address = A + 0x8000 },
			check = function(m, x)
				if #x.init.vmas ~= 1 then return false, "init has " .. #x.init.vmas .. " vmas" end
				for i, want in ipairs{ 9, 8 } do
					local page = x.init:page(A + (7 + i) * 4096)
					if not page then return false, "nothing is mapped at page " .. 7 + i .. " of the window" end
					if page.index ~= want then
						return false, string.format("at 0x%x is page %d", A + (7 + i) * 4096, page.index)
					end
				end
				return true
			end,
			hints = {
				"t:remap_file_pages(address, length, page) works on one stretch at a time.",
				"t = m.tasks.init; t:remap_file_pages(0x40008000, 4096, 9)",
				"And t:remap_file_pages(0x40009000, 4096, 8)",
			},
			solution = [[
t = m.tasks.init
t:remap_file_pages(0x40008000, 4096, 9)
t:remap_file_pages(0x40009000, 4096, 8)]],
		},
		{
			say = [[Each of the two is out of place now.]],
			ask = "How many of the pages 8 and 9 are tracked by chain?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = A + 0x8000 },
			answer = function(m, x)
				local n = 0
				for i = 8, 9 do
					if x.init:page(A + i * 4096).anon then n = n + 1 end
				end
				return n
			end,
			replies = {
				{ when = 1, say = "Both were installed where the vma does not say." },
				{ when = 0, say = "install_page converts a page whose index is not the linear one." },
			},
			hints = { "The page pane shows PG_anon for both." },
		},
		{
			say = [[So nonlinear mappings keep chains alive, with all their cost, for few pages of few programs. The kernels after this one wanted to be rid of chains. What they do about nonlinear vmas is lesson 11.]],
		},
	},
}
