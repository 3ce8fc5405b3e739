-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 11: without chains no page of a nonlinear vma can be found. So all of them are aged.

local A, B = 0x40000000, 0x50000000
local CLUSTER = 32 * 4096

-- try_to_unmap, with what it did: x.result, x.unmapped, x.spared, x.clusters.
local function try(m, x)
	local from, unmapped = #m:events{ kind = "cluster" }, m.counters.ptes_unmapped
	x.result = m:try_to_unmap(m:page(x.page))
	x.clusters = #m:events{ kind = "cluster" } - from
	x.unmapped = m.counters.ptes_unmapped - unmapped
end

-- Whose cluster comes next? Tried, and taken back.
local function next_swept(m, x)
	local before, log = m:snapshot(), x.log.vmas[1].cursor
	m:try_to_unmap(m:page(x.page))
	local moved = x.log.vmas[1].cursor ~= log
	m:restore(before)
	return moved and x.log or x.init
end

-- The first address of init's first cluster whose pte is a note.
local function note(m, x)
	for at = A, A + CLUSTER - 4096, 4096 do
		local pte = x.init:pte(at)
		if pte and not pte.present and pte.file then return { task = x.init, address = at } end
	end
end

local look = { pane = "pagetable", task = "init", address = A }
local trace = { pane = "trace", task = "init", address = A }

return {
	id = "clusters",
	title = "Aging a nonlinear vma by clusters",
	chapter = "By object",
	kernel = "2.6.16",
	kernels = { "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16" },
	source = "seed 004, mm/rmap.c: try_to_unmap_cluster, try_to_unmap_file (2.6.16-rc1)",
	goals = {
		"say which pages rmap cannot find since chains are gone, and why that is bearable",
		"predict what one try_to_unmap does to nonlinear vmas, and where the next one goes on",
		"know what mapcount is for in it, and what it is not",
	},
	machine = { ram = "2M", swap = "256K" },
	setup = function(m, x)
		x.file = m:file{ name = "db", size = "512K" }
		x.init, x.log = m:task("init"), m:task("log")
		x.init:mmap{ len = 3 * CLUSTER, prot = "r", file = x.file, at = A, shared = true }
		x.log:mmap{ len = 2 * CLUSTER, prot = "r", file = x.file, at = B, shared = true }
		x.init:remap_file_pages(A + 0x5000, 4096, 100)
		x.log:remap_file_pages(B + 0x5000, 4096, 101)
		x.init:touch(A, 3 * CLUSTER, "r")
		x.log:touch(B, 2 * CLUSTER, "r")
		x.page = x.init:page(A + 90 * 4096).pfn
		m:page_referenced(m:page(x.page))
	end,
	steps = {
		{
			say = [[2.6.16 has no chains at all, not even for nonlinear mappings. init maps pages 0 to 95 of db, log pages 0 to 63; all are in memory. Each has moved one page with remap_file_pages: so both vmas are nonlinear, and off the tree of vmas that rmap searches. They are on a list, i_mmap_nonlinear.

Page 90 of db is mapped by init alone, and even where it belongs.]],
			ask = "How many ptes does rmap find for page 90?",
			pick = "number",
			look = function(m, x) return { pane = "rmap", page = x.page } end,
			answer = function(m, x) return #m:page(x.page):rmap() end,
			replies = {
				{ when = 1, say = "mapcount is 1, so the kernel knows that there is one. But find it? The vma is nonlinear: arithmetic proves nothing there, so nobody looks." },
				{ when = 2, say = "log does not map page 90 at all." },
			},
			hints = { "The rmap pane shows what is found.", "m:page(x.page):rmap()" },
		},
		{
			say = [[init uses the page: the processor sets A in its pte. Then page_referenced is asked about it. (PG_referenced is clear.)]],
			action = function(m, x)
				x.init:read(A + 90 * 4096)
				x.referenced = m:page_referenced(m:page(x.page))
			end,
			ask = "What does it return?",
			pick = "number",
			look = function(m, x) return { pane = "trace", page = x.page } end,
			answer = function(m, x) return x.referenced end,
			replies = {
				{ when = 1, say = "That would be true. But page_referenced does not look at nonlinear vmas." },
			},
			hints = { "Whom could it ask?" },
		},
		{
			say = [[So reclaim takes every such page for unused, and calls try_to_unmap. There at last the list of nonlinear vmas is looked at. Not for the page! try_to_unmap_cluster takes 32 ptes in a row, whatever they map:

    used since the last time: A is cleared, the pte stays
    not used: the pte is cleared

First time, with page 90.]],
			action = try,
			ask = "How many ptes were cleared?",
			pick = "number",
			look = trace,
			answer = function(m, x) return x.unmapped end,
			replies = {
				{ when = 1, say = "Not even that. All of them had been used: init and log have read every page." },
				{ when = 32, say = "32 were looked at in each cluster. But all were young." },
				{ when = 160, say = "That is how many there are. All were young, and were spared." },
			},
			hints = { "init and log have read all their pages, so A was set in every pte.", "Look for 'unmapped' in the trace." },
		},
		{
			say = [[Nothing cleared, so it went on and on, until no cluster was left.]],
			ask = "How many clusters did it go over?",
			pick = "number",
			look = trace,
			answer = function(m, x) return x.clusters end,
			replies = {
				{ when = 3, say = "init's vma has three: 96 pages. And log's?" },
				{ when = 160, say = "That is the number of ptes. 32 make a cluster." },
				{ when = 6, say = "log's vma is shorter: 64 pages are two clusters." },
			},
			hints = { "96 / 32 and 64 / 32." },
		},
		{
			say = [[All have lost their A now. Next, init reads pages 7 and 8 again. Then try_to_unmap for page 90 once more. mapcount of page 90 is 1, and that is the measure: as soon as so many ptes are cleared, of whatever pages, it is enough.]],
			action = function(m, x)
				x.init:read(A + 0x7000)
				x.init:read(A + 0x8000)
				try(m, x)
			end,
			ask = "How many ptes were cleared this time?",
			pick = "number",
			look = look,
			answer = function(m, x) return x.unmapped end,
			replies = {
				{ when = 1, say = "One would be enough. But a cluster is the least that is done." },
				{ when = 32, say = "Two of the first cluster had been used." },
				{ when = 2, say = "Those two were spared. The others of the cluster?" },
				{ when = 158, say = "It stopped long before: after the first cluster." },
			},
			hints = { "One cluster, less what was used.", "32 - 2" },
		},
		{
			ask = "And what did it return? (SUCCESS, AGAIN or FAIL)",
			pick = "name",
			look = function(m, x) return { pane = "page", page = x.page } end,
			answer = function(m, x) return x.result end,
			replies = {
				{ when = "SUCCESS", say = "SUCCESS means that page 90 is mapped no more. Which ptes were cleared?" },
				{ when = "FAIL", say = "FAIL is for memory that must stay." },
			},
			hints = { "Page 90 is in the third cluster. Its mapcount is still 1." },
		},
		{
			say = [[30 others went for the sake of page 90, and page 90 stays: it was nothing but the occasion. Where to go on is kept in each vma, in vm_private_data: the cursor, in bytes from the start of the vma.]],
			ask = "Where is the cursor of init's vma?",
			pick = "number",
			look = { pane = "tasks", task = "init" },
			answer = function(m, x) return x.init.vmas[1].cursor end,
			replies = {
				{ when = 32, say = "That many ptes. In bytes, please; 128K is fine, too." },
				{ when = 0, say = "That is log's. init's first cluster is done." },
				{ when = 30 * 4096, say = "Spared ptes count as done." },
				{ when = A + CLUSTER, say = "From the start of the vma, not from address 0." },
			},
			hints = { "One cluster: 32 pages of 4,096 bytes.", "m.tasks.init.vmas[1].cursor" },
		},
		{
			say = [[log's cursor is still 0. The largest cursor says how far the sweep has come, and who is behind is brought up first: so all nonlinear vmas of the file age in step.]],
			ask = "Whose ptes will the next try_to_unmap for page 90 go over?",
			pick = "task",
			look = { pane = "tasks", task = "log" },
			answer = next_swept,
			replies = {
				{ when = function(t) return t.name == "init" end, say = "init maps page 90, true, but that is not asked. init is ahead of log." },
			},
			hints = { "Who is behind?" },
		},
		{
			say = [[Now look at init's first cluster. Two ptes are still present, since they were used. Most are empty: page n of the file belongs there, and a fault will find it. One is neither.]],
			action = try,
			ask = "Pick the pte that is not present and not empty.",
			pick = "pte",
			look = look,
			answer = note,
			replies = {
				{
					when = function(a) return a.address == A + 0x7000 or a.address == A + 0x8000 end,
					say = "That one is present: it was used and spared.",
				},
				{
					when = function(a) return a.address == A end,
					say = "That one is empty: page 0 of the file belongs there anyway.",
				},
			},
			hints = { "Which page had been put out of its place?", "Type: init 0x40005000" },
		},
		{
			say = [[The pte at 0x40005000 names page 100 of db: without this note a fault would find page 5 there. It is what 2.6.5 left there, too; the chains are not missed for that.]],
			look = { pane = "pagetable", task = "init", address = A + 0x5000 },
		},
		{
			task = [[Get page 90 of db unmapped. x.page is its number.]],
			look = function(m, x) return { pane = "rmap", page = x.page } end,
			check = function(m, x)
				if m:page(x.page).mapcount == 0 then return true end
				return false, string.format("it is still mapped; cursors: init %dK, log %dK",
					x.init.vmas[1].cursor >> 10, x.log.vmas[1].cursor >> 10)
			end,
			hints = {
				"Every m:try_to_unmap(m:page(x.page)) brings the sweep a cluster further.",
				"Page 90 is in init's third cluster. Call it until it says SUCCESS.",
				'repeat until m:try_to_unmap(m:page(x.page)) == "SUCCESS"',
			},
			solution = [[repeat until m:try_to_unmap(m:page(x.page)) == "SUCCESS"]],
		},
		{
			say = [[It takes as many tries as there are clusters before it. Reclaim comes by for many pages, so in the end it evens out: the sweep serves all of them, and pages in use are spared.]],
			action = function(m, x)
				x.init:mlock(A, 3 * CLUSTER)
				x.log:mlock(B, 2 * CLUSTER)
				x.page = x.init:page(A + 10 * 4096).pfn
				try(m, x)
			end,
			ask = "init and log have locked their mappings in memory since. What does try_to_unmap say of page 10 now?",
			pick = "name",
			look = trace,
			answer = function(m, x) return x.result end,
			replies = {
				{ when = "AGAIN", say = "2.6.8 and its kin said that. But every nonlinear vma is locked: there is no use in trying again." },
				{ when = "SUCCESS", say = "Locked memory must stay." },
			},
			hints = { "VM_LOCKED vmas are passed over, and there are no others." },
		},
		{
			say = [[Nobody loved this code. Nonlinear mappings were for 32-bit databases short of addresses; in 4.0 remap_file_pages makes an ordinary vma for each call, and clusters, cursors and file ptes are gone.]],
		},
	},
}
