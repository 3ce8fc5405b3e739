-- SPDX-License-Identifier: GPL-2.0-only
-- machine{} and the fields of a machine. Figures by arithmetic: a frame is 4 KiB.
local m = machine{}
assert(m.frames == 16 * 1024 // 4, "ram is 16M when nothing is said")
assert(m.kernel.name == "2.5.27" and m.kernel == kernels["2.5.27"])
assert(#m.swap == 1 and m.swap[0].slots == 32 * 1024 // 4, "swap is 32M")
assert(m.swap[1] == nil)
assert(m.broken == nil)
print("ok defaults")

local small = machine{ ram = 256 * 1024, swap = 0, seed = 7, cpus = 2, page_cluster = 0 }
assert(small.frames == 64 and #small.swap == 0)
assert(tostring(m) == "machine 1 (2.5.27, 16M)")
assert(tostring(small) == "machine 2 (2.5.27, 256K)")
assert(m ~= small and m == m)
print("ok sizes as numbers and strings")

local zones, frames = m.zones, 0
for i, z in ipairs(zones) do
  frames = frames + z.size
  assert(z.min <= z.low and z.low <= z.high and z.free <= z.size)
end
assert(frames == m.frames, "the zones are the memory")
assert(m:page(m.frames) == nil and m:page(0).pfn == 0)
print("ok zones hold every frame")

assert(m.now >= 0)
m:tick(0) -- the thread it runs on gets the cpu: a switch costs time, too
local before = m.now
m:tick("10ms")
assert(m.now == before + 10 * 1000 * 1000)
m:tick(500)
assert(m.now == before + 10 * 1000 * 1000 + 500)
print("ok time passes as asked")

local n, faults = 0, nil
for name, value in pairs(m.counters) do
  n = n + 1
  if name == "pgfault" then faults = value end
end
assert(n >= 30 and faults == 0 and m.counters.pgfault == 0)
print("ok counters")

local f = m:file{ name = "libc", size = "256K" }
assert(f.name == "libc" and f.size == 256 * 1024 and f.pages == 0 and f.dirty == 0)
assert(#m.files == 1 and m.files[1] == f and f.inode > 0)
local first = f:read(0)
assert(f.pages >= 1 and f:read(0) == first)
f:write(4, 77)
assert(f:read(4) == 77 and f.dirty == 1)
m:sync()
assert(f.dirty == 0 and m.counters.pgpgout >= 1)
print("ok files are read, written and synced")

local s = small:swapon{ size = "64K" }
assert(s.type == 0 and s.slots == 16 and s.pages == 15 and s.used == 0, "slot 0 is the header")
local second = small:swapon{ size = "64K", priority = 5 }
assert(second.type == 1 and second.priority == 5 and #small.swap == 2)
assert(s:users(0) == 0x8000, "the header's slot is bad")
assert(s:users(16) == nil)
print("ok swap areas")

assert(m:check() == true)
assert(m:dump():find("2.5.27", 1, true))
assert(m:graph():find("digraph", 1, true))
local twin = machine{}
twin:file{ name = "libc", size = "256K" }
local other = machine{}
other:file{ name = "libc", size = "256K" }
assert(twin:dump() == other:dump())
print("ok check, dump, graph")

local t = m:task("busy")
local a = t:mmap{ len = "1M" }
assert(t:touch(a, "1M", "w") == 256)
assert(m:refill(0) ~= nil)
local freed = m:reclaim(8)
assert(freed >= 0)
m:kswapd()
assert(m:check())
print("ok reclaim, refill, kswapd")

-- Disks that fail: 2.5.27 maps what it could not read, and says whose loss that is; mended, and in
-- 4.0, it is a SIGBUS.
local function after_a_failed_read(config)
  config.ram, config.swap, config.page_cluster = "1M", "256K", 0
  local m = machine(config)
  local t = m:task("a")
  local a = t:mmap{ len = "4K", prot = "rw" }
  t:write(a, 42)
  local page = t:page(a)
  m:page_referenced(page)
  assert(m:try_to_unmap(page) == "SUCCESS")
  for i = 1, 4 do m:reclaim(1) m:tick("1s") end
  m:disk_error{ slot = 1, on = "read" }
  return m, pcall(t.read, t, a)
end
local failing, ok, word = after_a_failed_read{ kernel = "2.5.27" }
assert(ok and word ~= 42 and failing.counters.content_lost == 1)
assert(kernels["2.5.27"].own_errata[1] == "read-error-mapped")
local asks = { { kernel = "2.5.27", errata = { "-read-error-mapped" } }, { kernel = "4.0" } }
for _, config in ipairs(asks) do
  local _, fine, err = after_a_failed_read(config)
  assert(not fine and err.signal == "SIGBUS" and tostring(err):find("cannot be read from swap"))
end

-- What a slot of 4.0 says, and a device that is in use already.
local late = machine{ kernel = "4.0", ram = "1M", swap = "256K" }
assert(late.swap[0]:slot(0).bad and late.swap[0].slot_bytes == 1 and late.swap[0].device == 1)
local fine, err = pcall(late.swapon, late, { size = "64K", device = 1 })
assert(not fine and err.errno == "EBUSY" and tostring(err):find("a swap area already"))
fine, err = pcall(late.disk_error, late, { swap = 7, slot = 1, on = "read" })
assert(not fine and err.errno == "ENODEV")
print("ok disks that fail")
