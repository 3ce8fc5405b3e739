-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003: swapoff of 50 MB, and how often unuse_pte_range is called, before and after. How often
-- that is before depends on which processes' pages lie beside each other in swap: the old way
-- begins each search with the process where it found the last page.

local PROCESSES, TABLES, PAGES = 100, 70, 128
local KERNEL, BASE, SLOT = "4.0", 0x08000000, 4 << 20

-- Address of page i of a process: every page table has one, all but 12, which lie evenly, have two.
local places, single = {}, {}
local SINGLES = 2 * TABLES - PAGES
for j = 0, SINGLES - 1 do single[(2 * j + 1) * TABLES // (2 * SINGLES)] = true end
for i = 0, TABLES - 1 do
  places[#places + 1] = BASE + i * SLOT
  if not single[i] then places[#places + 1] = BASE + i * SLOT + 4096 end
end
assert(#places == PAGES)

local function populate(m)
  local tasks = {}
  for n = 1, PROCESSES do
    local t = m:task("p" .. n)
    for i = 0, TABLES - 1 do t:mmap{ len = 8192, at = BASE + i * SLOT } end
    for i = 1, PAGES do t:write(places[i], n) end
    tasks[n] = t
    -- To swap and back: now it is on mmlist, which has them in this order, whatever comes.
    m:try_to_unmap(t:page(BASE))
    t:write(BASE, n)
  end
  assert(m.swap[0].used == 0, "a slot is still in use")
  return tasks
end

local function shuffle(list)
  for i = #list, 2, -1 do
    local j = math.random(i)
    list[i], list[j] = list[j], list[i]
  end
  return list
end

-- Which process the slots belong to, run after run; r == 0: sorted by process. The youngest is the
-- first on mmlist.
local function order(r)
  local runs = {}
  for n = PROCESSES, 1, -1 do
    for _ = 1, r > 0 and PAGES // r or 1 do runs[#runs + 1] = n end
  end
  return r > 0 and shuffle(runs) or runs, r > 0 and r or PAGES
end

-- Everything to swap, in that order, and out of the swap cache. The pages of a process go in an
-- order of their own.
local function swap_out(m, tasks, r)
  local runs, length = order(r)
  local next_page, pages = {}, {}
  for n = 1, PROCESSES do
    next_page[n], pages[n] = 0, {}
    for i = 1, PAGES do pages[n][i] = i end
    shuffle(pages[n])
  end
  for _, n in ipairs(runs) do
    for _ = 1, length do
      next_page[n] = next_page[n] + 1
      m:try_to_unmap(tasks[n]:page(places[pages[n][next_page[n]]]))
    end
  end
  for _ = 1, 1000 do
    if #m.lru.inactive + #m.lru.active == 0 then break end
    m:refill(PROCESSES * PAGES)
    m:reclaim(PROCESSES * PAGES)
    m:tick("1s")
  end
  assert(#m.lru.inactive + #m.lru.active == 0, "pages are left in memory")
  assert(m.swap[0].used == PROCESSES * PAGES, "not all of it is in swap")
end

local function run(x, case)
  local m = machine{ kernel = KERNEL, swapoff = case.way, ram = "128M", swap = "64M",
                     truth = false, events = false, seed = 3 }
  local tasks = populate(m)
  swap_out(m, tasks, case.r)
  local before = m.counters.unuse_pte_range
  m:swapoff(0)
  local calls = m.counters.unuse_pte_range - before
  for n = 1, PROCESSES do assert(tasks[n].rss == PAGES, "a process lost pages") end
  x:figure(case.name, calls)
  if case.r > 0 then x:point(case.way, case.r, calls) end
end

-- Memory for a fifth of it, and a second area: can the first be emptied, and where does it go?
local function under_pressure(x, case)
  local size = 4 << 20
  local m = machine{ kernel = KERNEL, swapoff = case.way, ram = "2M", swap = size, events = false }
  local t = m:task("big")
  t:mmap{ len = size, at = BASE }
  for at = BASE, BASE + size - 1, 4096 do t:write(at, at) end
  local begun = m.swap[0].used
  m:swapon{ size = 2 * size, priority = 0 }
  m:swapoff(0)
  assert(not m.swap[0], "the area is still there")
  local went, lost = m.swap[1].used, 0
  for at = BASE, BASE + size - 1, 4096 do
    if t:read(at) ~= at then lost = lost + 1 end
  end
  x:figure(case.name, lost)
  x:note(case.name .. ": of " .. begun .. " slots in the area, " .. went ..
         " pages went to the other one")
end

local SEED = "seed 003: Kelley Nielsen, March 2015"
local claims, cases = {}, {}

local function add(way, r, expected, tolerance, text, all)
  local name = way .. "-" .. (r == 0 and "sorted" or r)
  claims[#claims + 1] = { name = name, claim = text, source = SEED, expected = expected,
                          tolerance = tolerance, unit = "calls", all = all }
  cases[#cases + 1] = { name = name, way = way, r = r, all = all }
end

local MORE = "By arithmetic, in runs of "
add("linear-v7", 2, 7000, 0, [[Prototype: about 7.0K calls. As posted: each page table is searched
  once.]])
add("linear", 2, 7000, 0, "As it was merged for 5.1, after the review: the same.")
add("quadratic", 2, 22500000, 675000, "Present implementation: about 22.5M calls.")
for _, r in ipairs{ 1, 4, 8, 16 } do
  local expected = PROCESSES * PAGES * (TABLES * 49.5 / r + 35.5)
  add("quadratic", r, expected, expected * 0.03, MORE .. r .. ".", true)
end
add("quadratic", 0, PROCESSES * PAGES * 35.5 + 99 * 70, 0,
    "Sorted by process, in the order of mmlist: 12,800 x 35.5 + 99 x 70.", true)
add("linear", 1, 7000, 0, "The order of the slots is nothing to it.", true)
add("linear", 16, 7000, 0, "The order of the slots is nothing to it.", true)

local function pressure(way)
  local name = way .. "-pressure"
  claims[#claims + 1] = { name = name, expected = 0, tolerance = 0, unit = "pages",
    source = "seed 003: Rik van Riel, April 2015", claim = [[Under very heavy memory pressure pages
      go to other swap areas, and swapoff should still complete: pages lost when it has.]] }
  cases[#cases + 1] = { name = name, way = way, pressure = true }
end
pressure("linear")
pressure("quadratic")

return {
  id = "swapoff",
  title = "50 MB come back from swap: calls of unuse_pte_range",
  setup = [[100 processes, each with 70 page tables in as many vmas with an anon_vma, and 128 pages
    in swap: 12,800 slots, each used once, none in the swap cache, and memory enough for all of it.
    The slots lie in runs of r of one process, which process is drawn at random; on mmlist the
    processes are in another order. Slot by slot: the process of a run is found after 49.5 others of
    70 tables each, on average, then it is tried first; in the process itself the page is found
    after 35.5 tables: 12,800 x (70 x 49.5 / r + 35.5) calls. In one pass over everybody: 7,000.]],
  claims = claims,
  cases = cases,
  plot = { x = "slots in a run", y = "calls of unuse_pte_range", log = "xy" },
  run = function(x, case) (case.pressure and under_pressure or run)(x, case) end,
}
