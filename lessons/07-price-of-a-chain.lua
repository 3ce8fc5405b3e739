-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 07: what chains cost, in memory and in time, and who pays.

local PAGES = 64

local function nodes_used(m)
	return m.chains.total - m.chains.free
end

local function node_size(m)
	return 4096 * m.chains.pages // m.chains.total
end

-- The processes of the list leave one by one. Returns the nodes walked for each page, and the us.
local function leave(m, kids, first, last, step)
	local nodes, time = m.counters.chain_nodes_walked, m.now
	for i = first, last, step do kids[i]:exit() end
	return (m.counters.chain_nodes_walked - nodes) // PAGES, (m.now - time) // 1000
end

return {
	id = "price",
	title = "The price of a chain",
	chapter = "Reverse mapping",
	kernel = "2.5.27",
	kernels = { "2.5.27" },
	source = "seed 000, mm/rmap.c: alloc_new_pte_chains, page_add_rmap, page_remove_rmap; asm-arm/proc-armv/rmap.h; PTRS_PER_PTE: 2.5.26 asm-arm/proc-armv/pgtable.h",
	goals = {
		"say what a shared page costs in lowmem, for any number of sharers",
		"know why it matters who exits first",
		"turn the address of an ARM pte into the address it maps, and doubt a formula",
	},
	machine = { ram = "4M", swap = "256K" },
	setup = function(m, x)
		x.file = m:file{ name = "lib", size = "256K" }
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "256K", prot = "r", file = x.file, at = 0x40000000 }
		x.init:touch(x.a, 256 * 1024, "r")
		x.kids = {}
	end,
	steps = {
		{
			say = [[init maps a library of 64 pages and has read all of them. Each page has a chain of one node. Now init forks c1.]],
			action = function(m, x) x.kids[1] = x.init:fork("c1") end,
			ask = "Two processes, 64 pages: how many nodes are in use?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m) return nodes_used(m) end,
			replies = {
				{ when = 64, say = "That was before the fork: copy_page_range calls page_add_rmap for every pte it copies." },
				{ when = 2, say = "That many hang on one page. There are 64." },
				{ when = 512, say = "That many were made of one frame. Not all are in use." },
			},
			hints = { "One for each pte that maps a frame.", "m.chains.total - m.chains.free" },
		},
		{
			say = [[38 more children follow: 40 processes share the library.]],
			action = function(m, x)
				for i = 2, 39 do x.kids[i] = x.init:fork("c" .. i) end
			end,
			ask = "How many bytes are the nodes in use now?",
			pick = "number",
			look = { pane = "tasks" },
			answer = function(m) return nodes_used(m) * node_size(m) end,
			replies = {
				{ when = 40 * PAGES, say = "That is how many nodes there are. A node is two pointers of four bytes." },
				{ when = 40 * PAGES * 4, say = "That is what their ptes take. A node is next and ptep." },
				{ when = 40 * 8, say = "That is one page of the library. There are 64." },
			},
			hints = { "40 times 64 nodes.", "40 * 64 * 8" },
		},
		{
			say = [[alloc_new_pte_chains turned whole frames into nodes whenever the freelist ran dry. The library itself is 64 frames.]],
			ask = "How many frames are pte_chain nodes now?",
			pick = "number",
			look = { pane = "frames" },
			answer = function(m) return m.chains.pages end,
			replies = {
				{ when = 1, say = "One frame holds 512 nodes. That was enough for eight processes." },
				{ when = 40, say = "It does not take a frame for each process: 64 nodes are 512 bytes." },
			},
			hints = { "The bytes of the last question, in frames of 4,096.", "40 * 64 / 512" },
		},
		{
			say = [[Five frames are easily overlooked. But a machine of that time might have a database with 1,000 processes, all of which map the same shared memory.]],
			ask = "1,000 processes map ONE page. How many bytes of nodes hang on it?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m) return 1000 * node_size(m) end,
			replies = {
				{ when = 4000, say = "That is what the 1,000 ptes take. A node takes twice as much." },
				{ when = 8, say = "That is one mapping." },
				{ when = 8192, say = "If you round up to frames, yes: two. Count the bytes of 1,000 nodes." },
			},
			hints = { "1,000 nodes of eight bytes." },
		},
		{
			say = [[8,000 bytes to remember who maps 4,096. Now let the shared memory be 100 MiB: 25,600 pages.]],
			ask = "How many bytes of nodes for 1,000 processes that have touched all of it?",
			pick = "number",
			answer = function(m) return 1000 * 25600 * node_size(m) end,
			replies = {
				{ when = 25600000, say = "That many mappings, so that many nodes. Eight bytes each." },
				{ when = 102400000, say = "That is what the page tables take, four bytes for each pte. And the nodes?" },
				{ when = 204800, say = "That is for one process." },
				{ when = 800000, say = "That is 1,000 processes with 100 pages. 100 MiB are 25,600 pages." },
			},
			hints = { "8,000 bytes for each of 25,600 pages.", "8000 * 25600" },
		},
		{
			say = [[204.8 MB, and all of it lowmem, which the kernel can address directly: 896 MiB at most, however much memory the machine has. More than a fifth is gone to know who maps 100 MiB. The page tables take half as much again.

Time is paid as well. A node that goes must be found, and the chain can be walked from its front only. c39, the youngest, exits.]],
			action = function(m, x) x.walked = leave(m, x.kids, 39, 39, 1) end,
			ask = "How many nodes did page_remove_rmap look at for each page?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.walked end,
			replies = {
				{ when = 40, say = "That would be a node at the end. Where did page_add_rmap put the youngest?" },
				{ when = 0, say = "It must look at one at least, to see that it is the right one." },
			},
			hints = { "New nodes go to the front." },
		},
		{
			say = [[init and c1 to c38 are left. Now the oldest child goes, c1.]],
			action = function(m, x) x.walked = leave(m, x.kids, 1, 1, 1) end,
			ask = "How many nodes for each page this time?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.walked end,
			replies = {
				{ when = 1, say = "That was the youngest. c1's node lay behind those of all its younger siblings." },
				{ when = 39, say = "Nearly: at the very end is init, who came first of all." },
				{ when = 37, say = "37 lay before it, c38 to c2. Then its own." },
			},
			hints = { "Order of the chain: c38, c37 ... c2, c1, init." },
		},
		{
			say = [[The other 37 leave, oldest first, as processes of a server might when it is stopped.]],
			action = function(m, x)
				local before = m:snapshot()
				x.young, x.young_us = leave(m, x.kids, 38, 2, -1)
				m:restore(before)
				x.old, x.old_us = leave(m, x.kids, 2, 38, 1)
			end,
			ask = "How many nodes does that make for each page, all 37 together?",
			pick = "number",
			look = { pane = "trace" },
			answer = function(m, x) return x.old end,
			replies = {
				{ when = 37, say = "That would be one step each. c2 alone takes 37." },
				{ when = 37 * 37, say = "The chain gets shorter each time: 37, then 36, ..." },
				{ when = 37 * 38, say = "Twice too many: 37 + 36 + ... + 1." },
			},
			hints = { "c2 is the 37th, then c3 is the 36th, down to c38, the first.", "37 * 38 / 2" },
		},
		{
			say = [[The machine also tried it the other way round. Oldest first: {old} nodes for each page, {old_us} us. Youngest first: {young} nodes, {young_us} us. With 1,000 processes it would be about 500,000 nodes against 1,000. The front is a good place for what forks and soon exits.]],
			look = { pane = "rmap", task = "init", address = 0x40000000 },
		},
		{
			say = [[init is alone again, with 64 mappings.]],
			ask = "How many frames do the chains hold now, nodes on the freelist included?",
			pick = "number",
			look = { pane = "frames" },
			answer = function(m) return m.chains.pages end,
			replies = {
				{ when = 1, say = "64 nodes would fit into one. But a frame that was made into nodes stays that." },
				{ when = 0, say = "init's 64 nodes are somewhere." },
			},
			hints = { "Nodes are given back to the freelist. Are frames given back?", "m.chains.pages" },
		},
		{
			say = [[They never go back. Seed 000 says so itself: collecting unused chain pages is on its list of things to do, and so is doing without a chain for pages with one mapper.

First an aside. ptep_to_address was written once for most machines: offset in the table times PTRS_PER_PTE. ARM got a variant, because there the first 2 KiB of a page-table page are the hardware's tables, and Linux' own ptes fill the last 2 KiB.]],
			ask = "An ARM pte lies 0x810 bytes into its page. Which entry of Linux' table is it, counted from 0?",
			pick = "number",
			answer = function() return (0x810 & (4096 // 2 - 1)) // 4 end,
			replies = {
				{ when = 0x810 // 4, say = "Counted from the start of the page, yes. But Linux' table begins at 0x800." },
				{ when = 0x10, say = "That is its offset in bytes, inside Linux' half. Four bytes are one pte." },
				{ when = 5, say = "Count from 0." },
			},
			hints = { "0x810 - 0x800 is 16.", "16 / 4" },
		},
		{
			say = [[The index of the page-table page is 0x40000000, where the table begins to map; a page is 4,096 bytes.]],
			ask = "Which address does that pte map?",
			pick = "number",
			answer = function() return 0x40000000 + (0x810 & 2047) // 4 * 4096 end,
			replies = {
				{ when = 0x40000000 + 0x810 * 1024, say = "That is i386 arithmetic: it takes the hardware's half for ptes of Linux." },
				{ when = 0x40010000, say = "Entry 4, not entry 16." },
				{ when = 0x40002000, say = "Seed 000 says so, too. But four pages of 4,096 bytes come before it." },
			},
			hints = { "Entry 4, so four pages further.", "0x40000000 + 4 * 0x1000" },
		},
		{
			say = [[Now do it as seed 000 does: keep the low 11 bits of the pte's address, multiply by PTRS_PER_PTE, add index. In 2.5.26 PTRS_PER_PTE of ARM is 512, since 512 ptes fill those 2 KiB.]],
			ask = "Which address comes out?",
			pick = "number",
			answer = function() return 0x40000000 + (0x810 & 2047) * 512 end,
			replies = {
				{ when = 0x40004000, say = "That is the truth, and what one would wish. Multiply: 0x10 by 512." },
				{ when = 0x40000000 + 0x810 * 512, say = "The mask comes first: 0x810 & 0x7ff." },
				{ when = 0x40000000 + 4 * 512, say = "The formula multiplies the offset in bytes, not the entry." },
			},
			hints = { "0x10 * 512 is 0x2000." },
		},
		{
			say = [[Half the way. Bytes times PTRS_PER_PTE is right only where the table fills its page: then 4 bytes * 1024 = 4,096. On ARM 4 * 512 = 2,048, and try_to_unmap would have looked for the wrong vma and flushed the wrong address. This machine is an i386: it cannot show it, but you just did.]],
			task = [[Back to the i386. The freelist has nodes of five frames, 2,560. Work out how many processes need a sixth frame, then make it happen.]],
			look = { pane = "repl" },
			check = function(m)
				if m.chains.pages > 5 then return true end
				return false, nodes_used(m) .. " of " .. m.chains.total .. " nodes are in use"
			end,
			hints = {
				"Each process that init forks takes 64 nodes, and init has 64: the 41st process is too many.",
				'for i = 1, 40 do m.tasks.init:fork("d" .. i) end',
			},
			solution = [[for i = 1, 40 do m.tasks.init:fork("d" .. i) end]],
		},
	},
}
