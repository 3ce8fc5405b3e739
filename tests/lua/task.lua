-- SPDX-License-Identifier: GPL-2.0-only
-- Processes: mappings, words, fork, exit, ptes.
local m = machine{ ram = "1M", swap = "1M" }
local t = m:task("init")
assert(t.name == "init" and t.rss == 0 and #t.vmas == 0 and tostring(t):find("%(init%)$"))
assert(t.pid == m.tasks.init.pid and m.tasks.init == t)
assert(t.mm.pid == t.pid and t.mm.map_count == 0)
print("ok a new process is empty")

local a = t:mmap{ len = "64K", prot = "rw" }
assert(a % 4096 == 0 and #t.vmas == 1)
local v = t.vmas[1]
assert(v.start == a and v.stop == a + 65536 and v.len == 65536 and v.prot == "rw")
assert(not v.shared and not v.locked and v.file == nil and v.offset == 0)
assert(t:mmap{ len = 4096, at = 0x50000000, prot = "r" } == 0x50000000)
assert(#t.vmas == 2 and t.vmas[2].prot == "r")
print("ok mmap")

assert(t:pte(a) == nil and t:page(a) == nil)
assert(t:read(a) == 0 and t.rss == 0, "only read: the zero page")
t:write(a, 42)
t:write(a + 8, 0xffffffff)
assert(t:read(a) == 42 and t:read(a + 4) == 0 and t:read(a + 8) == 0xffffffff)
t:write(a + 12, -1)
assert(t:read(a + 12) == 0xffffffff)
assert(t.rss == 1)
local pte = t:pte(a)
assert(pte.present and pte.rw and pte.user and pte.accessed and pte.dirty)
assert(pte.pfn == t:page(a).pfn and pte.raw >> 12 == pte.pfn and pte.address == a)
assert(pte.swap == nil)
print("ok words and ptes")

assert(t:touch(a + 4096, "15K") == 4, "15K from a page's start touch four pages")
assert(t:touch(a + 4096, "15K") == 0)
assert(t:touch(a + 4096, 4096, "w") == 1)
print("ok touch returns its faults")

local c = t:fork("child")
assert(c.name == "child" and c.pid ~= t.pid and c.rss == t.rss)
assert(not t:pte(a).rw and not c:pte(a).rw, "write-protected in both")
assert(c:page(a) == t:page(a) and t:page(a).count == 2)
c:write(a, 43)
assert(c:read(a) == 43 and t:read(a) == 42 and c:page(a) ~= t:page(a))
local same = c:fork()
assert(same.name == "child")
print("ok fork and copy on write")

same:exec("sh")
assert(same.name == "sh" and same.rss == 1 and #same.vmas == 1 and same.vmas[1].stop == 0xc0000000)
same:write(0xc0000000 - 0x10000, 5)
assert(same:read(0xc0000000 - 0x10000) == 5 and same.rss == 2)
same:exec("ls", { args = "10K" })
assert(same.rss == 3 and same:pte(0xc0000000 - 0x3000).present)
assert(not pcall(same.read, same, a))
print("ok exec and a stack")

local pid = c.pid
same:exit()
c:exit()
local ok, err = pcall(function() return c.rss end)
assert(not ok and tostring(err):find("task " .. pid .. " %(child%) is gone"))
assert(m.tasks.child == nil and t:read(a) == 42)
print("ok a process that has exited is gone")

t:munmap(a + 4096, "8K")
assert(#t.vmas == 3 and t:pte(a + 4096) == nil)
local gone = v
assert(t:read(a) == 42)
t:munmap(a, "64K")
ok, err = pcall(function() return gone.len end)
assert(not ok and tostring(err):find("is gone"))
print("ok munmap splits and drops")

local start = t:brk(0)
assert(t:brk(start + 8192) == start + 8192 and t.mm.brk == start + 8192)
t:write(start, 5)
assert(t:read(start) == 5)
print("ok brk")

local f = m:file{ name = "data", size = "32K" }
local fa = t:mmap{ len = "32K", file = f, shared = true, prot = "rw" }
t:write(fa + 8, 99)
assert(f:read(8) == 99 and t:page(fa).mapping == f and t:page(fa).index == 0)
local fb = t:mmap{ len = "8K", file = f, offset = "8K", prot = "rw" }
t:write(fb, 7)
assert(f:read(8192) ~= 7, "a private mapping")
assert(t.vmas[#t.vmas].offset >= 0)
local found
for _, w in ipairs(t.vmas) do if w.file == f and w.shared then found = w end end
assert(found and found.len == 32768)
print("ok file mappings")

local kinds = 0
for i, task in pairs(m.tasks) do
  assert(task.pid > 0 or task.name == "swapper" or true)
  kinds = kinds + 1
end
assert(kinds == #m.tasks and m.tasks[1].name)
assert(m.tasks.kswapd and m.tasks.kswapd.mm == nil)
print("ok tasks by position and name")
assert(m:check())
