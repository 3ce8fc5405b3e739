-- SPDX-License-Identifier: GPL-2.0-only
--
-- The case that ended pte_chains: a database whose 1,000 processes share one segment, on a machine
-- of 1 GiB where page tables and chains must lie in the 896 MiB that the kernel can address. Run at
-- an eighth of everything but the number of processes; --all runs it at full size too.

local PROCESSES, MIB = 1000, 1 << 20
local SEGMENT = 0x40000000 -- where the segment lies in each process

-- Frames of low memory that are in use.
local function low_used(m)
  local used = 0
  for _, zone in ipairs(m.zones) do
    if zone.name ~= "HighMem" then used = used + zone.size - zone.free end
  end
  return used
end

-- A machine of 1 GiB over scale, the segment in memory and locked: 300 or 450 MiB over scale.
local function boot(case)
  local scale = case.scale
  local m = machine{ kernel = case.kernel, ram = 1024 * MIB // scale, dma = 16 * MIB // scale,
                     highmem = 896 * MIB // scale, swap = 0, truth = false, events = false }
  local len = case.mib * MIB // scale
  local t = m:task("db")
  t:mmap{ len = len, shared = true, file = m:file{ name = "segment", size = len }, at = SEGMENT }
  t:mlock(SEGMENT, len)
  return m, t, len
end

-- A process more: forked, and with all of the segment in its page tables, whatever fork copied.
local function one_more(t, len)
  local k = t:fork("db")
  if k.rss < len // 4096 then k:touch(SEGMENT, len, "r") end
  return k
end

-- How many processes there can be; says how memory fills on the way.
local function fill(x, case)
  local m, t, len = boot(case)
  local to_mib = 4096 * case.scale / MIB
  local name = case.scale == 8 and case.kernel .. " " .. case.mib
  local n = 1
  while n < PROCESSES do
    if not pcall(one_more, t, len) or m.counters.oom_kills > 0 then break end
    n = n + 1
    if name and n % 100 == 0 then x:point(name, n, low_used(m) * to_mib) end
    if n == 100 and case.kernel == "2.5.27" and case.mib == 300 and case.scale == 8 then
      x:figure("chains", m.chains.pages / n * PROCESSES * 4096 * case.scale / 1e6)
      x:figure("tables", (t.mm.nr_ptes or 0) * PROCESSES * 4096 * case.scale / 1e6)
    end
  end
  if m.counters.oom_kills > 0 or m.broken then n = math.min(n, PROCESSES - 1) end
  x:figure(case.name, n)
end

local PACKED = "2.6.0: chains packed into cache lines, September 2002"
local SEED, OBJ = "seed 000: Andrew Morton, July 2002", "seed 002: Dave McCracken, March 2004"
local claims = {
  { name = "chains", expected = 614.4, tolerance = 6.2, unit = "MB", source = SEED,
    claim = [["Consumes additional storage for the pte chains": 1,000 processes with 300 MiB have
      76.8M ptes, and a node of eight bytes for each. (Counted at 100 processes, times ten, times
      the scale.)]] },
  { name = "tables", expected = 300, tolerance = 30, unit = "MB", source = "arithmetic",
    claim = "Their page tables: a KiB for each MiB, rounded up to whole tables." },
}
local cases = {}

-- Every case is a claim about how many processes there can be.
local function add(kernel, mib, scale, expected, tolerance, source, text, all)
  local name = (scale == 1 and "full-" or "") .. kernel .. "-" .. mib
  claims[#claims + 1] = { name = name, claim = text, source = source, expected = expected,
                          tolerance = tolerance, unit = "proc.", all = all }
  cases[#cases + 1] = { name = name, kernel = kernel, mib = mib, scale = scale, all = all }
end

local OUT_300 = [[2.5.27 runs out of low memory: what the segment leaves of it, by the tables, the
  directory and the chains of a process.]]
local LIVES_300 = [[With seven ptes to 32 bytes 300 MiB fit.]]
local OUT_450 = [[450 MiB: what fits, as before.]]
local BETWEEN = [[450 MiB do not fit with packed chains either. As many processes as whole chains
  leave room for have all of it; reclaim then takes pages from some, which makes the chains shorter,
  and ends in a kill before the thousandth.]]
local OBJECT = [[Only object-based rmap survives 450 MiB: no chain at all.]]

add("2.5.27", 300, 8, 778, 39, SEED, OUT_300)
add("2.6.0", 300, 8, 1000, 0, PACKED, LIVES_300)
add("2.5.27", 450, 8, 416, 21, SEED, OUT_450)
add("2.6.0", 450, 8, 754.5, 244.5, PACKED, BETWEEN)
add("2.6.5-objrmap", 450, 8, 1000, 0, OBJ, OBJECT)
for _, kernel in ipairs{ "2.6.7-anonmm", "2.6.8", "2.6.9-rc-mm", "2.6.16", "4.0" } do
  add(kernel, 450, 8, 1000, 0, OBJ, OBJECT, true)
end
add("2.5.27", 300, 1, 820, 41, SEED, OUT_300, true)
add("2.6.0", 300, 1, 1000, 0, PACKED, LIVES_300, true)
add("2.5.27", 450, 1, 433, 22, SEED, OUT_450, true)
add("2.6.0", 450, 1, 768.5, 230.5, PACKED, BETWEEN, true)
add("2.6.5-objrmap", 450, 1, 1000, 0, OBJ, OBJECT, true)
add("2.6.16", 450, 1, 1000, 0, OBJ, OBJECT, true)
add("4.0", 450, 1, 1000, 0, OBJ, OBJECT, true)

return {
  id = "chain-memory",
  title = "1,000 processes share 300 and 450 MiB: which kernel has room for it?",
  setup = [[A machine of 1 GiB, 896 MiB of it low memory, no swap; here an eighth of everything: 128
    and 112 MiB, and segments of 37.5 and 56.25 MiB. The segment is a shared file mapping, locked by
    the first process, and fills high memory first. Processes are forked and have all of it in
    their page tables, until there are 1,000 or somebody is killed for want of memory. Expected at
    300: low memory is 28,672 frames, 5,504 of them the segment's; a process takes 10 page tables,
    a directory and 18.75 pages of chain: 778. At 450: 18,368 frames left; 15 tables, a directory,
    28.1 pages of chain: 416; with packed chains, 113 to a page, 18.2: 537. At full size in the same
    way 820, 433 and 566. What mem_map, watermarks and vmas take is within 5 %.]],
  claims = claims,
  cases = cases,
  plot = { x = "processes", y = "MiB of low memory in use, times the scale" },
  run = fill,
}
