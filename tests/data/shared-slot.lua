-- SPDX-License-Identifier: GPL-2.0-only
-- A lesson for t657_keys: a page of shared memory in the swap cache, and back.
return {
	id = "shared-slot", title = "A slot of a file", chapter = "Tests", kernel = "4.0",
	source = "4.0 mm/shmem.c: shmem_writepage", goals = {},
	machine = { ram = "512K", swap = "256K", page_cluster = 0 },
	setup = function(m, x)
		x.s, x.t = m:shmem{ name = "s", size = "16K" }, m:task("init")
		x.a = x.t:mmap{ len = "16K", file = x.s, shared = true }
		for i = 0, 3 do x.t:write(x.a + i * 4096, i) end
		x.p = x.t:page(x.a + 2 * 4096)
		m:page_referenced(x.p)
		m:try_to_unmap(x.p)
		-- To be freed, so that reclaim has enough.
		m:file{ name = "other", size = "4K" }:read(0)
		m:refill(1)
		m:reclaim(1)
	end,
	steps = {
		{
			say = "It is out.",
			look = function(m, x) return { pane = "swap", page = x.p } end,
		},
		{
			say = "It is back.",
			action = function(m, x) x.t:read(x.a + 2 * 4096) end,
			look = function(m, x) return { pane = "swap", page = x.p } end,
		},
	},
}
