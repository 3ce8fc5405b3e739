-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 08: the same chains in a seventh of the lines, and none for most pages.

local A = 0x40000000

-- The way rmap goes from init's page.
local function trail(m)
	return m.tasks.init:page(A):trail()
end

local function count(m, kind)
	local n = 0
	for _, step in ipairs(trail(m)) do
		if step.kind == kind then n = n + 1 end
	end
	return n
end

-- How many ptes the head has: those between the first node and the second.
local function in_head(m)
	local n = 0
	for i, step in ipairs(trail(m)) do
		if step.kind == "node" and i > 1 then break end
		if step.kind == "pte" then n = n + 1 end
	end
	return n
end

local function names(m)
	local list = {}
	for i, v in ipairs(m.tasks.init:page(A):rmap()) do list[i] = v.task.name end
	return list
end

local look = { pane = "rmap", task = "init", address = A }

return {
	id = "packing",
	title = "Seven ptes to a cache line",
	chapter = "Cheaper chains",
	kernel = "2.6.0",
	kernels = { "2.6.0", "2.6.5-objrmap" },
	source = "2.6.0 mm/rmap.c: page_add_rmap, page_remove_rmap, page_referenced; seed 002 shows it as context",
	goals = {
		"tell a direct page from one with a chain",
		"find the next node and the first slot in use in one word",
		"predict where a pte goes in a packed chain, and what fills the hole when one leaves",
	},
	machine = { ram = "512K", swap = "256K" },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "16K", prot = "rw", at = A }
		x.init:write(x.a, 42)
		x.k = {}
	end,
	steps = {
		{
			say = [[init has written to one page, which nobody shares. Most pages of most machines are like that.]],
			ask = "How many pte_chain nodes does the page have in this kernel?",
			pick = "number",
			look = look,
			answer = function(m) return count(m, "node") end,
			replies = {
				{ when = 1, say = "2.5.27 had one. Look at the drawing: the arrow goes straight to the pte." },
			},
			hints = { "The flags of the page say PG_direct.", "None." },
		},
		{
			say = [[PG_direct: the field of struct page that would point to a chain holds the address of the pte itself. A page that is mapped once costs four bytes, which it has anyway. Dave McCracken's patch; it came on the same day as minimal rmap.]],
			look = { pane = "page", task = "init", address = A },
		},
		{
			say = [[Then init forks c1, and the page is mapped twice.]],
			action = function(m, x)
				x.before = x.init:page(x.a).flags
				x.k[1] = x.init:fork("c1")
			end,
			ask = "Which flag has the page lost?",
			pick = "name",
			look = { pane = "page", task = "init", address = A },
			answer = function(m, x)
				local now = x.init:page(x.a).flags
				for flag in pairs(x.before) do
					if not now[flag] then return flag end
				end
			end,
			replies = {
				{ when = "uptodate", say = "That one has to do with reading from disk. Think of the field pte_chain: is it still the pte's address?" },
				{ when = "dirty", say = "Whether the page must be written has not changed." },
			},
			hints = { "pte_chain is the address of a node now.", "direct" },
		},
		{
			say = [[A node fills one cache line of the processor: 32 bytes on a Pentium III, as here. One word of four bytes links it; the rest are addresses of ptes, four bytes each.]],
			ask = "How many ptes fit into one node?",
			pick = "number",
			look = look,
			answer = function() return 32 // 4 - 1 end,
			replies = {
				{ when = 8, say = "One of the eight words is the link." },
				{ when = 4, say = "2.5.27 took eight bytes for each. Here a pte is four bytes, and one link serves all." },
				{ when = 2, say = "That many are in it. There is room for more." },
			},
			hints = { "Eight words, one of which is the link.", "(32 - 4) / 4" },
		},
		{
			say = [[That number is called NRPTE. The link is next_and_idx: nodes lie at multiples of 32, so the low five bits of an address of one are zero, and three of them can say something else: idx, the lowest slot in use.

Slots are filled from the right: the first two ptes are in slots 6 and 5.]],
			ask = "The head's next_and_idx is 0xc000d205. Which address has the next node?",
			pick = "number",
			answer = function() return 0xc000d205 & ~7 end,
			replies = {
				{ when = 5, say = "That is idx: slots 5 and 6 are in use." },
				{ when = 0xc000d205, say = "A node lies at a multiple of 32. This is not one." },
				{ when = 0xc000d220, say = "That would be the node behind it. Just clear the low bits." },
			},
			hints = { "Clear the bits that NRPTE, 7, has: next = word & ~7, idx = word & 7." },
		},
		{
			say = [[Five more children, c2 to c6: seven processes map the page. Then one more, c7.]],
			action = function(m, x)
				for i = 2, 7 do x.k[i] = x.init:fork("c" .. i) end
			end,
			ask = "How many nodes does the page have now?",
			pick = "number",
			look = look,
			answer = function(m) return count(m, "node") end,
			replies = {
				{ when = 8, say = "2.5.27 would have needed that many. Here seven mappings share one." },
				{ when = 1, say = "Seven fit. init and seven children are eight." },
			},
			hints = { "Eight mappings, seven to a node." },
		},
		{
			say = [[c7's pte did not go into the full node. A new node was put before it, and became the head. That is the rule of packed chains: only the head has free slots, all others are full.]],
			ask = "How many slots of the head are free?",
			pick = "number",
			look = look,
			answer = function(m) return 32 // 4 - 1 - in_head(m) end,
			replies = {
				{ when = 7, say = "c7's pte is in it." },
				{ when = 0, say = "The full one is the second node. The head is new." },
				{ when = 1, say = "That many are in use." },
			},
			hints = { "Seven slots, and only c7's pte." },
		},
		{
			say = [[page_referenced asks all eight.]],
			action = function(m, x)
				local nodes = m.counters.chain_nodes_walked
				m:page_referenced(x.init:page(x.a))
				x.lines = m.counters.chain_nodes_walked - nodes
			end,
			ask = "How many cache lines of chain did it touch? (The ptes themselves not counted.)",
			pick = "number",
			look = { pane = "trace", task = "init", address = A },
			answer = function(m, x) return x.lines end,
			replies = {
				{ when = 8, say = "Nodes of 2.5.27 might lie in eight different lines. These are arrays." },
				{ when = 10, say = "Without the ptes. A node is a line." },
			},
			hints = { "A node is a cache line.", "m.counters.chain_nodes_walked counts them." },
		},
		{
			say = [[Two more children: c8 and c9 fill two slots of the head. Now c3 exits, whose pte is in the middle of the full node.]],
			action = function(m, x)
				for i = 8, 9 do x.k[i] = x.init:fork("c" .. i) end
				x.moved = names(m)[1]
				x.k[3]:exit()
			end,
			ask = "The full node must stay full. Which process's pte was moved into the hole?",
			pick = "task",
			look = look,
			answer = function(m, x) return m.tasks[x.moved] end,
			replies = {
				{ when = function(t) return t.name == "c7" end, say = "c7's is the head's rightmost, slot 6. The head gives its LOWEST slot in use." },
				{ when = function(t) return t.name == "c8" end, say = "c8 is now the lowest of the head. But one was lower." },
				{ when = function(t) return t.name == "c6" end, say = "c6 is in the full node itself, and nothing in there moves." },
			},
			hints = { "The head's lowest slot in use: the newest pte.", "Look between c4 and c2." },
		},
		{
			say = [[So a removal is a search for the slot and one move, and a chain never has more nodes than it needs.

Next c8 exits, then c7: both are in the head.]],
			action = function(m, x)
				x.k[8]:exit()
				x.k[7]:exit()
			end,
			ask = "How many nodes are left?",
			pick = "number",
			look = look,
			answer = function(m) return count(m, "node") end,
			replies = {
				{ when = 2, say = "The head had two ptes, and both are gone. An empty head is freed." },
				{ when = 0, say = "Seven processes still map the page." },
			},
			hints = { "How many ptes are left in the head?" },
		},
		{
			say = [[All other children exit. init is the only one again, as at the start.]],
			action = function(m, x)
				for _, i in ipairs{ 1, 2, 4, 5, 6, 9 } do x.k[i]:exit() end
			end,
			ask = "Is the page direct now, or has it a chain? (direct or chain)",
			pick = "name",
			look = look,
			answer = function(m, x) return x.init:page(x.a).flags.direct and "direct" or "chain" end,
			replies = {
				{ when = "direct", say = "It could be. But page_remove_rmap leaves a chain of one alone: the next fork would need it again." },
			},
			hints = { "Look at the flags of the page, or at its drawing." },
		},
		{
			say = [[The node is a cache line kept for one pte. Only when memory is short does somebody come by and tidy up: page_referenced, which reclaim calls for every page it looks at, counts the ptes as it walks. If there is exactly one, it makes the page direct and frees the node.]],
			task = [[Make init's page direct again, without unmapping it.]],
			look = look,
			check = function(m)
				local page = m.tasks.init:page(A)
				if not page then return false, "init no longer maps a page there" end
				if page.flags.direct then return true end
				return false, "PG_direct is clear: the page has a chain of " .. page.mapcount
			end,
			hints = {
				"Who collapses a chain? Not fork, not exit: reclaim, when it asks who used the page.",
				"m:page_referenced(page) does what reclaim would do.",
				"m:page_referenced(m.tasks.init:page(0x40000000))",
			},
			solution = [[m:page_referenced(m.tasks.init:page(0x40000000))]],
		},
		{
			say = [[Compare what 1,000 sharers of a page cost. 2.5.27: 8,000 bytes.]],
			ask = "And here, with seven ptes to a node of 32 bytes?",
			pick = "number",
			answer = function() return (1000 + 6) // 7 * 32 end,
			replies = {
				{ when = 4000, say = "That would be the pointers alone. One word of eight is the link." },
				{ when = 32000, say = "A node for each? Seven share one." },
				{ when = 142 * 32, say = "142 nodes hold 994. The other six need one, too." },
				{ when = 143, say = "That many nodes. 32 bytes each." },
			},
			hints = { "1,000 / 7, rounded up, nodes.", "143 * 32" },
		},
		{
			say = [[A little more than half. On a processor with lines of 128 bytes 31 ptes share a node, and it is 4,224 bytes. But every fork still has to add, and every exit to remove, one pte for each page: packing made chains cheaper, not superfluous.]],
		},
	},
}
