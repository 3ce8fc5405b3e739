-- SPDX-License-Identifier: GPL-2.0-only
-- machine{pae=, highpte=}: figures from the layout of an entry (36 bits of address, 12 of flags).
local m = machine{ kernel = "2.6.16", ram = "5G", pae = true }
local t = m:task("init")
local a = t:mmap{ len = "4K", at = 0x401ff000 }
t:write(a, 42)
local pte = t:pte(a)
assert(pte.pfn >= 1 << 20, "the highest frames go first")
assert(pte.raw == pte.pfn << 12 | 0x67)
assert(t:read(a) == 42)
print("ok a frame beyond 4G")

local text = m:dump()
assert(text:find("page tables pae", 1, true))
assert(text:find("pte 401ff000 " .. string.format("%08x", pte.raw), 1, true))
assert(m:graph():find("pmd 1", 1, true))
print("ok dump and graph know")

local function refused(o, word)
  local ok, why = pcall(machine, o)
  assert(not ok and tostring(why):find(word, 1, true), tostring(why))
end
refused({ ram = "5G" }, "pae = true")
refused({ ram = "128G", pae = true }, "with pae 64G")
refused({ ram = "64G", pae = true, highpte = true, kernel = "2.6.0" }, "at most 32G")
refused({ highpte = true, kernel = "2.5.27" }, "2.5.27 cannot have page tables in high memory")
print("ok what cannot be is refused")

local h = machine{ kernel = "2.6.0", ram = "8M", dma = "1M", highmem = "4M", pae = true,
                   highpte = true }
local p = h:task("init")
local b = p:mmap{ len = "4K" }
p:write(b, 1)
for i = 1, 8 do p:fork("child" .. i) end
assert(#p:page(b):rmap() == 9)
assert(h.counters.kmap_atomics > 0 and m.counters.kmap_atomics == 0)
print("ok page tables in high memory")
