-- SPDX-License-Identifier: GPL-2.0-only
-- Failures of the model are tables that pass through pcall unchanged; the machine lives on.
local m = machine{ ram = "256K", swap = "64K" }
local t = m:task("init")
local a = t:mmap{ len = "4K", prot = "r" }

local ok, e = pcall(t.read, t, 0x1000)
assert(not ok and type(e) == "table" and e.signal == "SIGSEGV" and e.address == 0x1000)
assert(e.errno == nil and e.message == tostring(e) and tostring(e):find("nothing is mapped there"))
ok, e = pcall(t.write, t, a, 1)
assert(not ok and e.signal == "SIGSEGV" and e.address == a and e.message:find("may not be written"))
assert(t:read(a) == 0, "the task lives on")
ok, e = pcall(t.touch, t, a, 8192)
assert(not ok and e.signal == "SIGSEGV" and e.address == a + 4096)
print("ok SIGSEGV")

local f = m:file{ name = "f", size = "4K" }
local b = t:mmap{ len = "8K", file = f }
ok, e = pcall(t.read, t, b + 4096)
assert(not ok and e.signal == "SIGBUS" and e.message:find("beyond the end of the file"))
print("ok SIGBUS")

local function inner() t:read(0x2000) end
ok, e = pcall(function()
  local _, e1 = pcall(inner)
  error(e1, 0)
end)
assert(not ok and e.signal == "SIGSEGV" and e.address == 0x2000)
assert(e.where:find("failures.lua:%d+$"))
print("ok the same table through two pcalls")

ok, e = pcall(t.munmap, t, 0x1001, 4096)
assert(not ok and e.errno == "EINVAL" and tostring(e):find("EINVAL"))
ok, e = pcall(t.munmap, t, 0x1000, 0)
assert(not ok and e.errno == "EINVAL")
ok, e = pcall(t.mmap, t, { len = 0 })
assert(not ok and e.errno == "EINVAL")
ok, e = pcall(t.mmap, t, { len = "4K", at = 0xc0000000 })
assert(not ok and (e.errno == "EINVAL" or e.errno == "ENOMEM"))
ok, e = pcall(f.read, f, "1M")
assert(not ok and e.errno)
print("ok errno")

ok, e = pcall(t.remap_file_pages, t, a, 4096, 0)
assert(not ok and e.errno == "ENOSYS" and tostring(e):find("^ENOSYS: "))
ok, e = pcall(t.exec, t, "long", { args = "128K" })
assert(not ok and e.errno == "E2BIG")
ok, e = pcall(machine, { swapoff = "cubic" })
assert(not ok and tostring(e):find("there is no swapoff"))
ok, e = pcall(function() t:remap_file_pages(a, 4096, 0) end)
assert(tostring(e) == "ENOSYS: kernel 2.5.27 does not have remap_file_pages")
print("ok what is not there says so")

local big = t:mmap{ len = "1M", prot = "rw" }
ok, e = pcall(t.touch, t, big, "1M", "w")
assert(not ok and e.signal == "SIGKILL" and e.message:find("out of memory"))
ok, e = pcall(t.read, t, big)
assert(not ok and tostring(e):find("is gone"))
assert(m:check())
print("ok an OOM kill ends the process, not the machine")

-- Requests for pages that are made to fail.
local tight = machine{ kernel = "2.6.16", ram = "1M" }
local old = tight:task("old")
local c = old:mmap{ len = "64K", prot = "rw" }
old:write(c, 1)
tight:alloc_error{ on = "atomic", times = 100 }
old:write(c + 4096, 2)
assert(tight.counters.alloc_errors == 0, "a fault can wait")
tight:alloc_error{ interval = 3, on = "wait" }
old:write(c + 8192, 3) old:write(c + 12288, 4)
ok, e = pcall(old.write, old, c + 16384, 5)
assert(not ok and e.signal == "SIGKILL", "the third is without a page")
assert(tight.counters.alloc_errors == 1)
tight:task("new")
tight:alloc_error{}
ok, e = pcall(tight.task, tight, "none")
assert(not ok and e.errno == "ENOMEM", "the next, whoever asks")
tight:alloc_error{ times = "always" }
for _ = 1, 20 do assert(not pcall(tight.task, tight, "none")) end
tight:alloc_error{ times = 0 }
tight:task("none")
assert(tight.counters.alloc_errors == 22 and tight:check())
print("ok requests for pages that fail")
