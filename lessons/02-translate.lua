-- SPDX-License-Identifier: GPL-2.0-only
-- Lesson 02: what the processor does for every access, done by hand.
return {
	id = "translate",
	title = "Translating an address by hand",
	chapter = "The machine",
	kernel = "2.5.27",
	source = "2.5.26 include/asm-i386/pgtable-2level.h; Intel's two-level paging",
	goals = {
		"split a linear address into its three parts",
		"find the pde and the pte, and from it the physical address",
		"tell what the accessed and dirty bits say",
	},
	machine = { ram = "256K", swap = "256K" },
	setup = function(m, x)
		x.init = m:task("init")
		x.a = x.init:mmap{ len = "64K", prot = "rw", at = 0x40000000 }
		for i = 0, 5 do x.init:write(x.a + i * 4096, 100 + i) end
		x.va = x.a + 5 * 4096 + 0x010
		x.init:write(x.va, 0xbeef)
	end,
	steps = {
		{
			say = [[init wrote 0xbeef at 0x40005010. No memory chip knows that number. The processor cuts it in three: 10 bits, 10 bits, 12 bits.]],
			look = { pane = "pagetable", task = "init", address = 0x40005010 },
		},
		{
			say = [[The top ten bits (31-22) choose one of 1,024 entries of the page directory.]],
			ask = "Which entry for 0x40005010? (0x works too)",
			pick = "number",
			look = { pane = "pagetable" },
			answer = function(m, x) return x.va >> 22 end,
			replies = {
				{ when = 0x400, say = "You kept 12 bits. The directory index is the top ten: shift right by 22." },
				{ when = 0x40, say = "You kept eight bits. Ten: shift right by 22." },
				{ when = 0x40005, say = "That is the page number: directory index and table index together." },
				{ when = 5, say = "5 is the second part, the index in the page table." },
			},
			hints = { "0x40005010 >> 22", "0x40000000 is 1 GiB; one directory entry covers 4 MiB. 1024 / 4 = ?" },
		},
		{
			say = [[CR3 holds the frame of the directory. Entry 256 is the only one of init that is not empty.]],
			ask = "Put the cursor on that pde and press Enter.",
			pick = "pde",
			look = { pane = "pagetable", task = "init" },
			answer = function(m, x) return { task = x.init, address = 0x40000000 } end,
			replies = {
				{
					when = function(a) return a.address ~= 0x40000000 and a.address >> 22 == 0 end,
					say = "That is entry 0: addresses below 4 MiB. Count in steps of 4 MiB up to 1 GiB.",
				},
				{
					when = function(a) return a.address >> 22 == 255 end,
					say = "One too low: that entry ends where ours begins.",
				},
			},
			hints = { "Entry 256, shown as 40000000.", "Type: init 0x40000000" },
		},
		{
			say = [[The pde names a frame: the page table, 1,024 entries of four bytes. The next ten bits (21-12) choose among them.]],
			ask = "Pick the pte that maps 0x40005010.",
			pick = "pte",
			look = { pane = "pagetable", task = "init" },
			answer = function(m, x) return { task = x.init, address = 0x40005000 } end,
			replies = {
				{
					when = function(a) return a.address == 0x40000000 end,
					say = "That is entry 0 of the table. The middle bits of 0x40005010 are 5.",
				},
				{
					when = function(a) return a.address == 0x40004000 end,
					say = "Entries count from 0: this one is index 4.",
				},
				{
					when = function(a) return a.address == 0x40010000 end,
					say = "0x010 is the offset in the page; the page is 0x40005.",
				},
			},
			hints = { "(0x40005010 >> 12) & 1023 is 5.", "Type: init 0x40005000" },
		},
		{
			say = [[The pte names the frame of the data; the last twelve bits of the address, 0x010, go along unchanged.]],
			ask = "At which physical address is the word?",
			pick = "number",
			look = { pane = "pagetable", task = "init", address = 0x40005000 },
			answer = function(m, x) return x.init:pte(x.va).pfn << 12 | x.va & 0xfff end,
			replies = {
				{
					when = function(n, m, x) return n == x.init:pte(x.va).pfn end,
					say = "That is the frame number. A frame is 4,096 bytes: multiply, and add the offset.",
				},
				{
					when = function(n, m, x) return n == x.init:pte(x.va).pfn << 12 end,
					say = "That is where the frame begins. The word is 0x010 bytes further.",
				},
				{
					when = function(n, m, x) return n == x.init:pte(x.va).raw end,
					say = "The low twelve bits of a pte are flags, not part of the address.",
				},
			},
			hints = { "frame number * 4096 + 0x010", "In the REPL: m.tasks.init:pte(0x40005010).pfn << 12 | 0x010" },
		},
		{
			say = [[The low bits of the pte are flags: P present, RW writable, US user, A accessed, D dirty. The processor itself set A and D, when init wrote.]],
			look = { pane = "pagetable", task = "init", address = 0x40005000 },
		},
		{
			say = [[init now maps one more page and only reads it.]],
			action = function(m, x) x.r = x.init:read(x.a + 8 * 4096) end,
			ask = "Which flag does its pte lack that every other pte here has besides RW? (P, US, A or D)",
			pick = "name",
			look = { pane = "pagetable", task = "init", address = 0x40008000 },
			answer = function() return "D" end,
			replies = {
				{ when = "A", say = "Reading is using: the processor set A." },
				{ when = "P", say = "Without P the read would have faulted again." },
				{ when = "US", say = "Without US the process could not read it at all." },
			},
			hints = { "Nothing was written there.", "D is for dirty." },
		},
		{
			task = [[Make the processor set the dirty bit of the pte for 0x40009000 of init.]],
			look = { pane = "pagetable", task = "init", address = 0x40009000 },
			check = function(m)
				local pte = m.tasks.init:pte(0x40009000)
				if not pte or not pte.present then return false, "0x40009000 has no frame yet" end
				if not pte.dirty then return false, "its pte is there, but D is clear" end
				return true
			end,
			hints = { "Only a write sets D.", "m.tasks.init:write(0x40009000, 1)" },
			solution = [[m.tasks.init:write(0x40009000, 1)]],
		},
	},
}
