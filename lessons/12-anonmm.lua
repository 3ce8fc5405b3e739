-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 12: anonmm, which notes one address in each page, and what a move does to it.
return {
	id = "anonmm",
	title = "One mm, one address, and the page that moved",
	chapter = "anon_vma",
	kernel = "2.6.7-anonmm",
	kernels = { "2.6.7-anonmm" },
	source = "2.6.7-rc \"rmap 10\" and \"rmap 11\", mm/rmap.c: page_add_anon_rmap, page_referenced_anon, mremap_move_anon_rmap; mm/memory.c: do_swap_page",
	goals = {
		"find an anonymous page's mappers from one mm, one address and the family circle",
		"tell in which order the mms of a family are asked, and when it ends",
		"know why mremap must copy a shared page early, and when it need not",
	},
	machine = { ram = "256K", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "16K", prot = "rw", at = 0x40000000 }
		x.init:write(x.a, 42)
		x.init:write(x.a + 4096, 43)
		x.c1 = x.init:fork("c1")
		x.c2 = x.init:fork("c2")
		x.page = x.init:page(x.a)
	end,
	steps = {
		{
			say = [[A chain costs memory for every pte. For an anonymous page there is a shortcut: after fork, parent and child have it at the SAME address. One address and a list of relatives are enough.]],
			look = { pane = "rmap", task = "init", address = 0x40000000 },
		},
		{
			say = [[exec makes an anonmm, the head of a circle; each fork adds one for the child. The page notes two things at its first mapping: page->mapping, the anonmm; and page->index.]],
			ask = "init wrote at 0x40000000 first. What is page->index?",
			pick = "number",
			look = { pane = "page", task = "init", address = 0x40000000 },
			answer = function(m, x) return x.page.index end,
			replies = {
				{ when = 0x40000, say = "That is the address divided by 4,096, as anon_vma will have it. anonmm notes the address as it is." },
				{ when = 0, say = "0 is the first page of a file. This page has no file." },
			},
			hints = { "The virtual address, not shifted.", "m.tasks.init:page(0x40000000).index" },
		},
		{
			say = [[c2 writes there. It gets a copy, and the copy notes c2's anonmm.]],
			action = function(m, x) x.c2:write(x.a, 7) end,
			look = { pane = "rmap", task = "c2", address = 0x40000000 },
		},
		{
			say = [[The search begins at the noted mm and goes round the circle. It ends as soon as it has met as many ptes as page->mapcount says.]],
			ask = "page_referenced is asked about INIT's page at 0x40000000. Which mms does it look into, in order? For example  c2 c1",
			pick = "order",
			look = { pane = "rmap", task = "init", address = 0x40000000 },
			answer = function(m, x)
				local order, left = {}, x.page.mapcount
				for _, s in ipairs(x.page:trail()) do
					if s.kind == "anonmm" and left > 0 then order[#order + 1] = s.task.name end
					if s.kind == "pte" and s.maps then left = left - 1 end
				end
				return order
			end,
			replies = {
				{ when = { "init", "c1", "c2" }, say = "c2 is behind c1 in the circle. But how many mappings were left to be found by then?" },
				{ when = { "c1", "init" }, say = "A pte chain begins with the last one added. Here the noted mm comes first: who made this page?" },
				{ when = { "init" }, say = "One pte was found there. The page is mapped twice." },
			},
			hints = { "The page is mapped twice now: c2 has its own.", "The noted mm is init. Next in the circle is c1." },
		},
		{
			say = [[c2 forks g, and then exits. g maps the page that c2 noted as its own. The anonmm of c2 outlives its mm: the page still points to it.]],
			action = function(m, x)
				x.g = x.c2:fork("g")
				x.c2:exit()
				x.young = x.g:page(x.a)
			end,
			look = { pane = "rmap", task = "g", address = 0x40000000 },
		},
		{
			say = [[page_referenced finds the noted mm dead and looks at the next in the circle. There is the page. It does not stop at counting.]],
			action = function(m, x) m:page_referenced(x.young) end,
			ask = "Whose anonmm does the page note now?",
			pick = "task",
			look = { pane = "trace", task = "g", address = 0x40000000 },
			answer = function(m, x) return x.young:trail()[1].task end,
			replies = {
				{ when = function(t) return t.name == "init" end, say = "init is the head of the circle, but it does not map this page." },
				{ when = function(t) return t.name == "c1" end, say = "c1 is a relative, but it shares another page with init." },
			},
			hints = { "It migrates to the first live mm in which it was found." },
		},
		{
			say = [[Now the weak spot. c1 wants to move its page at 0x40001000 to 0x50000000 (mremap). That page is shared.]],
			ask = "How many processes map it?",
			pick = "number",
			look = { pane = "rmap", task = "c1", address = 0x40001000 },
			answer = function(m, x) return x.c1:page(x.a + 4096).mapcount end,
			replies = {
				{ when = 4, say = "c2 mapped it, too, but c2 has exited." },
				{ when = 2, say = "init and c1, and the grandchild: fork copies every mapping." },
				{ when = 1, say = "Nobody has written there since the forks." },
			},
			hints = { "init, c1, and who else is alive?" },
		},
		{
			say = [[page->index is one number. 0x40001000 would be wrong for c1, 0x50000000 for the others: after the move rmap would lose somebody. Linus' answer: copy early. The moved page must belong to c1 alone.]],
			action = function(m, x)
				x.cow = m.counters.pgcow
				x.c1:mremap(x.a + 4096, 4096, 4096, { at = 0x50000000 })
				x.cow = m.counters.pgcow - x.cow
			end,
			ask = "Pick the frame that c1 has at 0x50000000 now.",
			pick = "page",
			look = { pane = "rmap", task = "c1", address = 0x50000000 },
			answer = function(m, x) return x.c1:page(0x50000000) end,
			replies = {
				{
					when = function(pfn, m, x) return pfn == x.init:page(x.a + 4096).pfn end,
					say = "That is the frame the others still share. mremap made c1 a copy of it, although c1 wrote nothing.",
				},
			},
			hints = { "Look at c1's pte at 0x50000000.", "m.tasks.c1:page(0x50000000)" },
		},
		{
			say = [[Pages copied by this move: {cow}. A page with a single mapping is moved for nothing: only its index is written anew.]],
			action = function(m, x)
				x.before = m.counters.pgcow
				x.c1:mremap(0x50000000, 4096, 4096, { at = 0x58000000 })
				x.copies = m.counters.pgcow - x.before
			end,
			ask = "c1 moved its page on to 0x58000000. How many pages were copied this time?",
			pick = "number",
			look = { pane = "page", task = "c1", address = 0x58000000 },
			answer = function(m, x) return x.copies end,
			replies = {
				{ when = 1, say = "Who shares it with c1? Nobody, since the first move. So the index can change." },
			},
			hints = { "mremap_move_anon_rmap: mapcount is 1." },
		},
		{
			say = [[And a page that is in swap when it is moved? The pte holds a swap entry, no frame: mremap carries the entry to the new address and looks no further. We send the first page out and c1 moves it to 0x51000000; then init reads its word back, then c1.]],
			action = function(m, x)
				x.result = m:try_to_unmap(x.page)
				x.c1:mremap(x.a, 4096, 4096, { at = 0x51000000 })
				x.init:read(x.a)
				x.cow = m.counters.pgcow
				x.c1:read(0x51000000)
				x.cow = m.counters.pgcow - x.cow
			end,
			look = { pane = "trace", task = "c1", address = 0x51000000 },
		},
		{
			say = [[init came first, so the page noted 0x40000000. Then do_swap_page saw that this does not fit c1's fault.]],
			ask = "c1 only READ. How many pages were copied for it?",
			pick = "number",
			look = { pane = "rmap", task = "c1", address = 0x51000000 },
			answer = function(m, x) return x.cow end,
			replies = {
				{ when = 0, say = "Then the page would be at two addresses, with one index. Compare the frames of init and c1." },
				{ when = 2, say = "init got the page itself: there its address fitted." },
			},
			hints = { "Does page->index fit the address of the fault?", "do_wp_page is called for a read, too." },
		},
		{
			say = [[So a move of shared pages costs copies. That was one argument for anon_vma, which took anonmm's place before 2.6.7 was out: there a moved page keeps its index.]],
			task = [[Let init move its page at 0x40001000 to 0x60000000 WITHOUT a copy: the frame must stay {keep}.]],
			action = function(m, x) x.keep = x.init:page(x.a + 4096).pfn end,
			look = { pane = "rmap", task = "init", address = 0x40001000 },
			check = function(m, x)
				local here = m.tasks.init:pte(0x60000000)
				if not (here and here.present) then
					return false, "init maps nothing at 0x60000000 yet"
				end
				if here.pfn ~= x.keep then
					return false, "frame " .. here.pfn .. " is a copy: it was still shared when it moved. Go back in time, and first see who shares it"
				end
				return true
			end,
			hints = {
				"It moves for nothing when init is the only one who maps it: m.tasks.init:page(0x40001000):rmap()",
				"g maps it. It could unmap it, or write there, or exit.",
				"m.tasks.g:exit(); m.tasks.init:mremap(0x40001000, 4096, 4096, {at=0x60000000})",
			},
			solution = [[
m.tasks.g:exit()
m.tasks.init:mremap(0x40001000, 4096, 4096, { at = 0x60000000 })]],
		},
	},
}
