-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 04: the pte chain, walked from the page to the processes.
return {
	id = "chain",
	title = "Who maps this page?",
	chapter = "Reverse mapping",
	kernel = "2.5.27",
	kernels = { "2.5.27", "2.6.0", "2.6.5-objrmap", "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "seed 000, mm/rmap.c: page_add_rmap, page_remove_rmap, try_to_unmap; asm-generic/rmap.h",
	goals = {
		"walk a pte chain from the page to every process that maps it",
		"know how a pte's address tells its process and virtual address",
		"predict the order in which try_to_unmap works",
	},
	machine = { ram = "256K", swap = "256K", cpus = 1 },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "16K", prot = "rw", at = 0x40002000 }
		x.init:write(x.a, 42)
		x.c1 = x.init:fork("c1")
		x.c2 = x.init:fork("c2")
		x.page = x.init:page(x.a)
	end,
	steps = {
		{
			say = [[init wrote to a page, then forked c1 and c2. One frame, three processes.]],
			look = { pane = "rmap", task = "init", address = 0x40002000 },
		},
		{
			say = [[To take the page away the kernel must change every pte that maps it, starting from the page alone. Before 2.5.27 it could not: it walked all page tables of all processes until it had met them by chance.]],
			look = { pane = "page", task = "init", address = 0x40002000 },
		},
		{
			say = [[Since 2.5.27 struct page points to a chain of pte_chain nodes: next, and the address of a pte. Eight bytes for each mapping.]],
			ask = "How many nodes hang on this page?",
			pick = "number",
			look = { pane = "rmap", task = "init", address = 0x40002000 },
			answer = function(m, x) return #x.init:page(x.a):rmap() end,
			replies = {
				{ when = 1, say = "Every process that maps it adds a node of its own: page_add_rmap at fork too." },
				{ when = 2, say = "The two children, and who else?" },
				{ when = 4, say = "The 4 KiB page is mapped once in each process: count processes." },
			},
			hints = { "One node for each pte that names the frame." },
		},
		{
			say = [[page_add_rmap puts a new node at the FRONT of the chain.]],
			ask = "Put the processes in the order of the chain, first node first: for example  init c1 c2",
			pick = "order",
			look = { pane = "rmap", task = "init", address = 0x40002000 },
			answer = function(m, x)
				local order = {}
				for i, v in ipairs(x.init:page(x.a):rmap()) do order[i] = v.task.name end
				return order
			end,
			replies = {
				{ when = { "init", "c1", "c2" }, say = "That is the order in which they were added. Each new one goes to the front." },
				{ when = { "c1", "c2", "init" }, say = "init came first, so it is last. But c2 was forked after c1." },
			},
			hints = { "The last added is the first found.", "c2 was forked last." },
		},
		{
			say = [[A node names only a pte, no process. But the pte lies in a page-table page, and since seed 000 that page's own struct page knows its mm (mapping) and the address where it begins (index).]],
			look = { pane = "page", task = "c2", address = 0x40002000 },
		},
		{
			say = [[ptep_to_address: where in its table the pte lies tells the rest. A pte has 4 bytes and maps 4,096.]],
			ask = "A pte lies 8 bytes into a table whose index is 0x40000000. Which address does it map?",
			pick = "number",
			answer = function() return 0x40002000 end,
			replies = {
				{ when = 0x40000008, say = "8 bytes are two entries, and each entry stands for 4,096 bytes of address space." },
				{ when = 0x40008000, say = "Entry number is the byte offset divided by 4: this is the third entry, number 2." },
				{ when = 0x40001000, say = "8 / 4 = 2: two pages beyond the start." },
			},
			hints = { "8 / 4 * 4096", "offset * 1024 + index" },
		},
		{
			say = [[Now take the page away. try_to_unmap follows the chain and clears pte after pte.]],
			ask = "Put the cursor on the pte that it clears FIRST.",
			pick = "pte",
			look = { pane = "rmap", task = "init", address = 0x40002000 },
			answer = function(m, x)
				local first = x.init:page(x.a):rmap()[1]
				return { task = first.task, address = first.address }
			end,
			replies = {
				{
					when = function(a) return a.task.name == "init" end,
					say = "init mapped it first, so its node is at the end of the chain: last.",
				},
				{
					when = function(a) return a.task.name == "c1" end,
					say = "c1 is in the middle. Who was forked last?",
				},
			},
			hints = { "It starts at page->pte_chain.", "Type: c2 0x40002000" },
		},
		{
			say = [[Watch: first the page gets a swap slot, else its content would be lost. Then each pte is cleared, flushed from the TLB, and filled with the slot's number.]],
			action = function(m, x) x.result = m:try_to_unmap(x.init:page(x.a)) end,
			look = { pane = "trace", task = "c2", address = 0x40002000 },
		},
		{
			say = [[SUCCESS: no pte names the frame any more, three name the slot. The nodes went back to the freelist.]],
			ask = "How many users does the slot have now, the swap cache included?",
			pick = "number",
			look = { pane = "swap" },
			answer = function() return 4 end,
			replies = {
				{ when = 3, say = "Three ptes, yes. And the frame, still in memory as the slot's cache, counts too." },
				{ when = 1, say = "swap_duplicate counted each pte as it was replaced." },
			},
			hints = { "swap_map counts: one per swap pte, one for the swap cache." },
		},
		{
			say = [[And back: c1 reads its word. do_swap_page finds the page in the swap cache, without any I/O, and page_add_rmap starts a new chain.]],
			action = function(m, x) x.r = x.c1:read(x.a) end,
			look = { pane = "rmap", task = "c1", address = 0x40002000 },
		},
		{
			task = [[Make the chain of c1's page at 0x40002000 two nodes long again.]],
			look = { pane = "rmap", task = "c1", address = 0x40002000 },
			check = function(m)
				local pte = m.tasks.c1:pte(0x40002000)
				if not (pte and pte.present) then return false, "c1 no longer maps the page" end
				local n = #m.tasks.c1:page(0x40002000):rmap()
				if n ~= 2 then return false, "the chain has " .. n .. (n == 1 and " node" or " nodes") end
				return true
			end,
			hints = { "Another process must map it: who has the slot in its pte?", "m.tasks.init:read(0x40002000)" },
			solution = [[m.tasks.init:read(0x40002000)]],
		},
	},
}
