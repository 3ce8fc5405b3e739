-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 000, advantage 3: "reduces page replacement from O(total virtually mapped) to O(physical)".
-- Memory is filled by more and more processes; then one process needs three quarters of it. How
-- many page-table entries are looked at for a page that is freed?

local RAM, BASE = 16 << 20, 0x40000000
local SIZES = { 1, 2, 4, 8, 16, 32 } -- processes, each as large as memory
local OLD, NEW = "2.5.26", "2.5.27"

-- Entries that reclaim has looked at, in either way: swap_out passes them, rmap goes to them.
local function examined(m)
  return m.kernel.name == OLD and m.counters.ptes_scanned or m.counters.ptes_visited
end

-- A process that writes to every page of its memory once.
local function fill(m, name, size)
  local t = m:task(name)
  t:mmap{ len = size, at = BASE }
  t:touch(BASE, size, "w")
end

local function per_page_freed(kernel, processes)
  local m = machine{ kernel = kernel, ram = RAM, swap = RAM * (processes + 2), truth = false,
                     events = false }
  for i = 1, processes do fill(m, "idle" .. i, RAM) end
  local looked, freed = examined(m), m.counters.pgsteal
  fill(m, "hot", RAM // 4 * 3)
  return (examined(m) - looked) / (m.counters.pgsteal - freed)
end

-- One page of a file that so many processes map: what is visited to ask who used it.
local function sharers(n)
  local m = machine{ kernel = NEW, ram = RAM, swap = 0, truth = false, events = false }
  local f, t = m:file{ name = "libc", size = 4096 }, m:task("init")
  t:mmap{ len = 4096, file = f, shared = true, at = BASE }
  t:read(BASE)
  for _ = 2, n do t:fork("user") end
  local before = m.counters.ptes_visited
  m:page_referenced(t:page(BASE))
  return m.counters.ptes_visited - before
end

-- How well a straight line goes through the points: the coefficient of correlation.
local function correlation(xs, ys)
  local n, mx, my, xx, yy, xy = #xs, 0, 0, 0, 0, 0
  for i = 1, n do mx, my = mx + xs[i] / n, my + ys[i] / n end
  for i = 1, n do
    local dx, dy = xs[i] - mx, ys[i] - my
    xx, yy, xy = xx + dx * dx, yy + dy * dy, xy + dx * dy
  end
  return xy / math.sqrt(xx * yy)
end

local cases = {}
for _, kernel in ipairs{ OLD, NEW } do
  for _, n in ipairs(SIZES) do
    cases[#cases + 1] = { name = kernel .. ", " .. n .. " processes", kernel = kernel, n = n }
  end
end

-- MiB that are mapped in all.
local function virtual(n) return n * 16 + 12 end

local SEED = "seed 000: William Lee Irwin III's list, (3)"

return {
  id = "virtual-scan",
  title = "page-table entries looked at for a page freed, against all virtual memory",
  setup = [[16 MiB of memory; 1 to 32 processes, which write once to 16 MiB each and then sleep;
    then one more that writes to 12 MiB. 2.5.26 walks page tables, one process after the other, and
    passes every entry on the way, also of pages that are long in swap: entries passed. 2.5.27 goes
    from the page to the entries that map it: entries visited. Both are divided by the pages freed
    meanwhile.]],
  claims = {
    { name = "linear-2.5.26", expected = 1, tolerance = 0.01, unit = "", source = SEED,
      claim = [[Without rmap the work grows with all that is mapped: correlation of entries per
        page freed with total virtual memory.]] },
    { name = "flat-2.5.27", expected = 0, tolerance = 10, unit = "%", source = SEED,
      claim = "With rmap it does not: change from the smallest to the largest." },
    { name = "sharers", expected = 1000, tolerance = 0, unit = "ptes", source = SEED,
      claim = [[But O(physical) it is not either: one page that 1,000 processes share takes 1,000
        visits each time it is asked about.]] },
  },
  cases = cases,
  plot = { x = "MiB of virtual memory", y = "entries looked at for a page freed", log = "xy" },
  run = function(x, case)
    x:keep(case.name, per_page_freed(case.kernel, case.n))
    x:point(case.kernel, virtual(case.n), x:kept(case.name))
  end,
  finish = function(x)
    local xs, old = {}, {}
    for i, n in ipairs(SIZES) do
      xs[i], old[i] = virtual(n), x:kept(OLD .. ", " .. n .. " processes")
    end
    local first, last = x:kept(NEW .. ", 1 processes"), x:kept(NEW .. ", 32 processes")
    x:figure("linear-2.5.26", correlation(xs, old))
    x:figure("flat-2.5.27", 100 * (last - first) / first)
    x:figure("sharers", sharers(1000))
  end,
}
