-- SPDX-License-Identifier: GPL-2.0-only
-- Pages, who maps them, reclaim by hand, the swap cache.
local m = machine{ ram = "256K", swap = "256K", page_cluster = 0 }
local t = m:task("init")
local a = t:mmap{ len = "16K", at = 0x40002000 }
t:write(a, 42)
local c1, c2 = t:fork("c1"), t:fork("c2")
local p = t:page(a)
assert(tostring(p) == "page " .. p.pfn and p == m:page(p.pfn) and p.count == 3)
assert(p.mapcount == 3 and p.use == "anonymous" and p.mapping == nil and p.slot == nil)
assert(p.flags.lru and not p.flags.locked and not p.flags.reserved)
assert(p.lru == "inactive" or p.lru == "active")
assert(p.raw.count == 3 and p.raw.pte_chain ~= 0 and p.zone.name)
assert(m:page(0).flags.reserved)
print("ok fields of a page")

local names, all = {}, {}
for i, v in ipairs(p:rmap()) do names[i] = v.task.name end
assert(table.concat(names, " ") == "c2 c1 init", "page_add_rmap puts the new one in front")
for _, v in ipairs(p:mappers()) do
  assert(v.address == a and v.task:page(v.address) == p)
  all[v.task] = true
end
assert(all[t] and all[c1] and all[c2] and #p:mappers() == 3)
assert(#m:page(0):rmap() == 0)
print("ok rmap and mappers")

-- init wrote, the children only inherited: one accessed bit, cleared by asking.
assert(m:page_referenced(p) >= 1)
assert(m:page_referenced(p) == 0)
t:read(a)
print("ok page_referenced asks and clears")

assert(m:try_to_unmap(p) == "SUCCESS")
assert(t:page(a) == nil and #p:mappers() == 0)
local pte = t:pte(a)
assert(not pte.present and pte.swap.type == 0 and pte.pfn == nil)
assert(pte.swap.offset == pte.raw >> 8)
local users, cached = m.swap[0]:users(pte.swap.offset)
assert(users == 4 and cached, "three ptes and the swap cache")
assert(p.mapping == m.swap[0] and p.slot.offset == pte.swap.offset and p.use == "swap cache")
assert(m.swap[0].used == 1 and c2:read(a) == 42 and c2:page(a) == p)
assert(m.swap[0]:users(pte.swap.offset) == 3)
print("ok try_to_unmap and back")

local lru = m.lru
assert(#lru.active == lru.nr_active and #lru.inactive == lru.nr_inactive)
for _, pfn in ipairs(lru.inactive) do assert(m:page(pfn).lru == "inactive") end
for _, pfn in ipairs(lru.active) do assert(m:page(pfn).lru == "active") end
print("ok the two lists")

local c = m.chains
assert(c.total == c.pages * 512, "a chain page holds 512 nodes")
assert(c.free == c.total - 1, "one mapping is left in a chain")
print("ok chain nodes")
assert(m:check())

-- The way over a file says how many vmas it will pass.
for name in pairs(kernels) do
  local m = machine{ kernel = name, ram = "512K" }
  local f = m:file{ name = "data", size = "32K" }
  for i = 1, 3 do
    local t = m:task("t" .. i)
    t:mmap{ len = "16K", file = f, shared = true, at = 0x40000000 }
    t:read(0x40000000)
  end
  local ok, trail = pcall(function() return m.tasks.t1:page(0x40000000):trail() end)
  if ok and trail[1] and trail[1].kind == "file" then
    assert(trail[1].start == 3 and #trail == 7, name)
  end
end
print("ok the way over a file")
