-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 15: _mapcount, counted from -1 without a lock, and what that made untrue.

-- Locked operations and nanoseconds that one page adds to fork + exit, with two cpus.
local function price(kernel)
	local m = machine{ kernel = kernel, ram = "2M", cpus = 2 }
	local t = m:task("bench")
	local a = t:mmap{ len = "512K", prot = "rw" }
	local function fork_and_exit(pages)
		t:touch(a, pages * 4096, "w")
		t:fork("first"):exit() -- takes the dirty bits along
		local ops, ns = m.counters.locked_ops - m.counters.locked_pte_ops, m.now
		t:fork("second"):exit()
		return m.counters.locked_ops - m.counters.locked_pte_ops - ops, m.now - ns
	end
	local few, few_ns = fork_and_exit(20)
	local many, many_ns = fork_and_exit(100)
	return (many - few) // 80, (many_ns - few_ns) // 80
end

-- Two cpus, if the last mapper cleared page->mapping: the orders in which the page ends up mapped
-- and without one. Each cpu keeps its own order.
local function bad_orders()
	local first, second, found = { "dec", "clear" }, { "inc", "store" }, {}
	local function run(order)
		local count, mapping, last = 0, true, false
		for _, step in ipairs(order) do
			if step == "dec" then count = count - 1; last = count < 0 end
			if step == "clear" and last then mapping = false end
			if step == "inc" then count = count + 1 end
			if step == "store" then mapping = true end
		end
		return count >= 0 and not mapping
	end
	local function mix(i, j, order)
		if i > 2 and j > 2 then
			if run(order) then found[#found + 1] = order end
			return
		end
		local function with(step)
			local longer = table.move(order, 1, #order, 1, {})
			longer[#longer + 1] = step
			return longer
		end
		if i <= 2 then mix(i + 1, j, with(first[i])) end
		if j <= 2 then mix(i, j + 1, with(second[j])) end
	end
	mix(1, 1, {})
	return found
end

-- The prices were measured on other machines: turn to this one.
local function here(pane, address)
	return function(m, x)
		return { machine = m, pane = pane, task = m.tasks.init or m.tasks.next, address = address }
	end
end

return {
	id = "mapcount",
	title = "Counting from minus one",
	chapter = "anon_vma",
	kernel = "2.6.16",
	kernels = { "2.6.9-rc-mm", "2.6.16", "4.0" },
	source = "seed 001, mm/rmap.c: page_add_anon_rmap, page_remove_rmap; mm/page_alloc.c: free_hot_cold_page; seed 004, mm/rmap.c: page_lock_anon_vma",
	goals = {
		"say why _mapcount begins at -1",
		"count the locked operations of fork and exit with and without the map lock",
		"know when page->mapping may be believed, and what RCU keeps of a freed anon_vma",
	},
	machine = { ram = "256K", swap = "256K", cpus = 1, page_cluster = 0 },
	setup = function(m, x)
		x.old_ops, x.old_ns = price("2.6.8")
		x.new_ops, x.new_ns = price("2.6.9-rc-mm")
		x.bad = bad_orders()
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "16K", prot = "rw", at = 0x40000000 }
		x.init:write(x.a, 42)
		x.page = x.init:page(x.a)
		x.av = x.page.anon_vma
	end,
	steps = {
		{
			say = [[2.6.8 guards mapcount with a lock, a bit of page->flags: one locked operation to take it, one to release it. As soon as there are two cpus these carry the LOCK prefix, which is slow.]],
			look = here("page", 0x40000000),
		},
		{
			say = [[For each page, fork takes a reference (one locked operation) and counts the mapping under the map lock. exit counts it off under the map lock, and drops the reference.]],
			ask = "How many locked operations is that for a page, fork and exit together? (Those on ptes are not meant.)",
			pick = "number",
			look = here("page", 0x40000000),
			answer = function(m, x) return x.old_ops end,
			replies = {
				{ when = 4, say = "Lock AND unlock: two for each time the map lock is held." },
				{ when = 3, say = "That is fork alone. exit costs as much." },
				{ when = 8, say = "While the lock is held mapcount is a plain number: adding to it locks nothing." },
			},
			hints = { "fork: 1 + 2. exit: 2 + 1." },
		},
		{
			say = [[Seed 001: make the count itself atomic, and the lock can go. But the first mapper and the last one have duties, so each must KNOW that it is the one. The i386 tells two things of an atomic addition for nothing: the result is zero; the result is negative.

    first:  atomic_inc_and_test(&page->_mapcount)
    last:   atomic_add_negative(-1, &page->_mapcount)]],
			ask = "init alone maps the page. Which number must be in _mapcount?",
			pick = "number",
			look = here("page", 0x40000000),
			answer = function(m, x) return x.page.mapcount - 1 end,
			replies = {
				{ when = 1, say = "inc_and_test says yes when the RESULT is zero. It must have said so to init, the first." },
				{ when = 2, say = "One mapper only; and the count does not begin at 0." },
			},
			hints = { "After the first mapper's increment it must be zero." },
		},
		{
			say = [[Both tests look at the same border, from its two sides.]],
			ask = "So what is in _mapcount of a page that nobody maps?",
			pick = "name",
			look = here("page", 0x40000000),
			answer = function(m, x)
				for pfn = 1, m.frames - 1 do
					local page = m:page(pfn)
					if page.use == "free" then return tostring(page.mapcount - 1) end
				end
			end,
			replies = {
				{ when = "0", say = "0 is one mapper. The last one to go must get a negative result." },
			},
			hints = { "One less than with one mapper.", "-1" },
		},
		{
			say = [[page_dup_rmap at fork is now a single atomic increment; page_remove_rmap a single atomic subtraction.]],
			ask = "How many locked operations for a page, fork and exit together?",
			pick = "number",
			look = here("page", 0x40000000),
			answer = function(m, x) return x.new_ops end,
			replies = {
				{ when = 2, say = "The reference is still taken and dropped: page->_count is another atomic." },
				{ when = 6, say = "That was under the lock." },
				{ when = 3, say = "fork and exit have as many each." },
			},
			hints = { "_count and _mapcount, up and down." },
		},
		{
			say = [[Measured on two machines with two cpus: {old_ops} and {new_ops} locked operations, {old_ns} and {new_ns} ns a page. With one cpu there is no LOCK prefix, and nothing to gain.

Now the price. A lock had also kept mapcount and page->mapping in step. init's page is sent to swap, so that its last pte goes.]],
			action = function(m, x)
				m:refill(16)
				m:page_referenced(x.page)
				x.result = m:try_to_unmap(x.page)
			end,
			ask = "Nobody maps it now. Does page->mapping still name the anon_vma: yes or no?",
			pick = "name",
			look = function(m, x) return { machine = m, pane = "page", page = x.page } end,
			answer = function(m, x) return x.page.anon and x.page.anon_vma == x.av and "yes" or "no" end,
			replies = {
				{ when = "no", say = "2.6.8 cleared it here, under the lock. Look at the page pane." },
			},
			hints = { "m:page(n).anon, m:page(n).anon_vma" },
		},
		{
			say = [[It is stale: nobody keeps it true. Why not clear it, as before? Suppose the last mapper did. One cpu unmaps the page:  dec  (it was the last), then  clear.  Another swaps the page in:  inc  (it is the first), then  store.]],
			ask = "In which order does the page end up mapped, with mapping NULL? Give four words, for example  inc store dec clear",
			pick = "order",
			look = function(m, x) return { machine = m, pane = "page", page = x.page } end,
			answer = function(m, x) return x.bad[1] end,
			replies = {
				{ when = { "inc", "store", "dec", "clear" }, say = "Then dec gives 0, is not the last, and clears nothing." },
				{ when = { "dec", "clear", "inc", "store" }, say = "One after the other: store comes last, and all is well." },
				{ when = { "dec", "inc", "clear", "store" }, say = "The other cpu stores after the clearing. It must store before." },
				{ when = { "inc", "dec", "store", "clear" }, say = "inc before dec: the page had two mappers, so dec is not the last." },
			},
			hints = { "dec must be the last unmapping, so it comes before inc.", "And clear comes after store." },
		},
		{
			say = [[Such a page is lost to rmap. So: the first mapper writes mapping and index, nobody clears them until the page is freed (free_hot_cold_page), and nobody believes them unless the page is mapped.]],
			action = function(m, x)
				x.visited = m.counters.vmas_visited
				m:page_referenced(x.page)
				x.visited = m.counters.vmas_visited - x.visited
			end,
			ask = "page_referenced was just asked about the unmapped page. How many vmas did it visit?",
			pick = "number",
			look = function(m, x) return { machine = m, pane = "trace", page = x.page } end,
			answer = function(m, x) return x.visited end,
			replies = {
				{ when = 1, say = "The vma is still on the list, but with _mapcount -1 mapping is not even read." },
			},
			hints = { "page_mapped comes first." },
		},
		{
			say = [[The page comes back when init reads. The first mapper stores mapping and index once more, here with the same values.]],
			action = function(m, x) x.init:read(x.a) end,
			look = here("rmap", 0x40000000),
		},
		{
			say = [[One hole is left. Reclaim reads page->mapping and sees that the page is mapped. Before it can take the anon_vma's lock, the last mapper exits on the other cpu: the anon_vma is FREED, and the lock would be written into whatever lies there now.

So page_lock_anon_vma reads under rcu_read_lock, and the slab of anon_vmas has SLAB_DESTROY_BY_RCU.]],
			action = function(m, x)
				x.init:exit()
				x.next = m:task("next")
				x.a = x.next:mmap{ len = "16K", prot = "rw", at = 0x40000000 }
				x.next:write(x.a, 43)
			end,
			ask = "init has exited, next was born and wrote a page. Did next get an anon_vma at the very same place: yes or no?",
			pick = "name",
			look = here("rmap", 0x40000000),
			answer = function(m, x) return x.next:page(x.a).anon_vma == x.av and "yes" or "no" end,
			replies = {
				{ when = "no", say = "The old one lay at {av:x}. Look at the rmap pane." },
			},
			hints = { "RCU keeps the slab's page, not the object.", "m.tasks.next:page(0x40000000).anon_vma == x.av" },
		},
		{
			say = [[That is allowed. What RCU keeps until every reader is done is the TYPE: the memory goes on being an anon_vma, with a lock that is a lock and a list that is a list.

A late reader locks the wrong anon_vma, visits vmas that do not map its page, finds no pte with its frame number, and leaves.]],
			look = here("rmap", 0x40000000),
		},
		{
			task = [[Make a stale mapping: let next's page at 0x40000000 be mapped by nobody, and still name its anon_vma.]],
			look = here("rmap", 0x40000000),
			check = function(m, x)
				local pte = m.tasks.next and m.tasks.next:pte(0x40000000)
				if not pte then return false, "next's pte is empty" end
				if pte.present then return false, "next still maps frame " .. pte.pfn end
				for pfn = 0, m.frames - 1 do
					local page = m:page(pfn)
					if page.slot and page.slot.offset == pte.swap.offset then
						return page.mapcount == 0 and page.anon, "somebody maps it, or it names nobody"
					end
				end
				return false, "the page is no longer in memory: it was freed, and cleared. Let next read it again"
			end,
			hints = {
				"A page in the swap cache may be unmapped.",
				"m:try_to_unmap answers FAIL for a page that was just used: ask m:page_referenced first.",
				"p = m.tasks.next:page(0x40000000); m:page_referenced(p); m:try_to_unmap(p)",
			},
			solution = [[
p = m.tasks.next:page(0x40000000)
m:page_referenced(p)
m:try_to_unmap(p)]],
		},
	},
}
