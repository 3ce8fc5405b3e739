-- SPDX-License-Identifier: GPL-2.0-only
-- machine{swappiness=}: mapped pages may go when mapped_ratio / 2 + distress + swappiness is 100.
local function refused(o, word)
  local ok, why = pcall(machine, o)
  assert(not ok and tostring(why):find(word, 1, true), tostring(why))
end
refused({ kernel = "2.6.8", swappiness = 101 }, "swappiness")
refused({ kernel = "2.5.27", swappiness = 60 }, "no swappiness: it came in October 2002")
refused({ kernel = "2.5.26", swappiness = 0 }, "no swappiness")
print("ok what cannot be is refused")

local old = machine{ kernel = "2.5.27" }
assert(old.lru.swappiness == nil and old.lru.nr_mapped == nil and old.lru.total_memory == nil)
assert(machine{ kernel = "2.6.0" }.lru.swappiness == 60)
assert(machine{ kernel = "2.6.0", swappiness = 0 }.lru.swappiness == 0)
assert(machine{ kernel = "2.6.0", swappiness = 7 }:dump():find("swappiness 7", 1, true))
print("ok 60 when nothing is said")

-- One process whose pages nobody uses any more; how many of them does a calm refill move down?
local function moved(kernel, swappiness)
  local m = machine{ kernel = kernel, ram = "1M", swap = "1M", swappiness = swappiness }
  local t = m:task("init")
  local a = t:mmap{ len = "256K", prot = "rw" }
  t:touch(a, 64 * 4096, "w")
  assert(m.lru.nr_mapped == 64)
  m:refill(0) -- from the pagevecs to the lists
  for _, pfn in ipairs(m.lru.active) do m:page_referenced(pfn) end
  assert(m.zones[1].prev_priority == 12, "calm: distress is 0")
  local ratio = 64 * 100 // m.lru.total_memory
  m:refill(64)
  return m.lru.nr_inactive, ratio // 2
end
for name, kernel in pairs(kernels) do
  if kernel.name:find("^2%.5%.2") == nil then
    local _, half = moved(name, 60)
    assert(moved(name, 100) == 64, name)
    assert(moved(name, 100 - half) == 64, name)
    assert(moved(name, 99 - half) == 0, name)
    assert(moved(name, 0) == 0, name)
  end
end
print("ok one less than enough is not enough")

-- A zone of 2.6 tells what its scan is made of. The marks: sqrt(16 * lowmem kB) kB from 2.6.10 on.
local m = machine{ kernel = "2.6.16", ram = "64M", dma = "16M", highmem = "48M" }
local dma, normal, high = m.zones[1], m.zones[2], m.zones[3]
assert(dma.name == "DMA" and normal.name == "Normal" and high.name == "HighMem")
assert(dma.reserve.Normal == 32 * 256 // 256 and dma.reserve.HighMem == 48 * 256 // 256)
assert(normal.reserve.HighMem == 16 * 256 // 32 and normal.reserve.DMA == 0)
assert(machine{ kernel = "2.6.9-rc-mm", ram = "64M" }.zones[1].reserve.Normal == 0)
assert(dma.prev_priority == 12 and dma.pages_scanned == 0 and not dma.all_unreclaimable)
local t = m:task("init")
local a = t:mmap{ len = "64K", prot = "rw" }
t:touch(a, 64 * 1024, "w")
m:refill(0)
local sum = 0
for _, z in ipairs(m.zones) do
  sum = sum + z.nr_active
  assert(z.nr_inactive == 0 and z.due_active == 0 and z.due_inactive == 0)
end
assert(sum == 16 and m.lru.nr_active == 16 and m.lru.nr_mapped == 16)
print("ok what a zone's scan is made of")
