-- SPDX-License-Identifier: GPL-2.0-only
-- Swap asked for what cannot be: an errno, and a line that says why.
local m = machine{ kernel = "2.6.16", ram = "1M", swap = "2M" }

local function fails(errno, why, call, ...)
  local ok, e = pcall(call, ...)
  assert(not ok and e.errno == errno, tostring(e))
  local line = tostring(e)
  assert(line:find(errno .. ": ", 1, true) == 1 and line:find(why, 1, true), line)
  assert(not line:find("\n"), "one line")
end

fails("EINVAL", "at least one slot", m.swapon, m, { size = "4K" })
assert(m:swapon{ size = "8K", device = 7 }.type == 1)
fails("EBUSY", "a swap area already", m.swapon, m, { size = "8K", device = 7 })
for i = 2, 31 do assert(m:swapon{ size = "8K" }.type == i) end
fails("EPERM", "32 swap areas", m.swapon, m, { size = "8K" })
for i = 1, 31 do m:swapoff(i) end
fails("EINVAL", "no such swap area", m.swapoff, m, 1)
print("ok swapon")

local t = m:task("large")
local a = t:mmap{ len = "1200K" }
t:touch(a, "1200K", "w")
fails("ENOMEM", "memory and other areas have no room", m.swapoff, m, 0)
local n = machine{ kernel = "2.6.16", ram = "1M", swap = "512K" }
local p = n:task("small")
p:touch(p:mmap{ len = "400K" }, "400K", "w")
for _ = 1, 4 do n:reclaim(100) end
assert(n.swap[0].used > 20)
fails("EINTR", "a signal", n.swapoff, n, 0, { alarm = "1ms" })
print("ok swapoff")

local ok, e = pcall(function()
  local b = t:mmap{ len = "4M" }
  t:touch(b, "4M", "w")
end)
assert(not ok and e.signal == "SIGKILL")
assert(tostring(e) == "SIGKILL: large was killed: out of memory")
print("ok swap is full")

local u = m:task("reader")
local f = m:file{ name = "log", size = "32K" }
local c = u:mmap{ len = "32K", file = f, shared = true }
u:touch(c, "32K")
f:truncate("4K")
ok, e = pcall(u.read, u, c + 8192)
assert(not ok and e.signal == "SIGBUS" and e.address == c + 8192)
assert(tostring(e):find("beyond the end of the file", 1, true) and m:check())
print("ok a truncated file")
