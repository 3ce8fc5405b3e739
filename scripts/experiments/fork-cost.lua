-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 001 takes the map lock out of fork and exit. What it says is measured with lmbench on two
-- hyperthreaded Pentium 4; here the same is charged: m.now moves by a table of costs that
-- `rmaplab doctor` prints, and nothing in the round that is looked at waits for a disk.

local BEFORE, AFTER = "2.6.8", "2.6.9-rc-mm"
local SIZES, LMBENCH = { 25, 50, 100, 200, 500, 1000, 3000 }, 200
local BASE = 0x50000000

-- One fork and exit of a process with so many pages of its own: charged ns, locked operations on
-- counts and locks, and on ptes. The first round is passed over: its exit moves the dirty bits.
local function fork_and_exit(kernel, cpus, pages)
  local m = machine{ kernel = kernel, ram = "32M", swap = 0, cpus = cpus, truth = false,
                     events = false }
  local t, c = m:task("lmbench"), m.counters
  t:mmap{ len = pages * 4096, at = BASE }
  t:touch(BASE, pages * 4096, "w")
  t:fork("child"):exit()
  local now, locked, ptes, idle = m.now, c.locked_ops, c.locked_pte_ops, c.idle_ns
  t:fork("child"):exit()
  ptes = c.locked_pte_ops - ptes
  return m.now - now - (c.idle_ns - idle), c.locked_ops - locked - ptes, ptes
end

-- What a page more costs, so that the process itself is out of it.
local function per_page(kernel)
  local _, few, few_ptes = fork_and_exit(kernel, 2, 100)
  local _, many, many_ptes = fork_and_exit(kernel, 2, 500)
  return (many - few) / 400, (many_ptes - few_ptes) / 400
end

local function gain(cpus, pages)
  local before, after = fork_and_exit(BEFORE, cpus, pages), fork_and_exit(AFTER, cpus, pages)
  return 100 * (before - after) / before
end

local SEED = "seed 001: Hugh Dickins, August 2004"

return {
  id = "fork-cost",
  title = "what the map lock cost fork and exit",
  setup = [[A process with dirty anonymous pages forks, and the child exits; 2.6.8 has a bit
    spinlock in each page, seed 001 an atomic count. A page that fork copies and exit drops takes,
    before: get_page, lock and unlock in page_dup_rmap, lock and unlock in page_remove_rmap,
    put_page; after: get_page, atomic_inc, atomic_add_negative, put_page. Both write-protect the
    parent's pte and clear the child's with a locked instruction. One processor has no LOCK
    prefixes, so there is nothing to gain. lmbench's process is taken as 200 pages.]],
  claims = {
    { name = "ops-before", expected = 6, tolerance = 0, unit = "a page", source = SEED,
      claim = "Under the map lock a page costs six locked operations." },
    { name = "ops-after", expected = 4, tolerance = 0, unit = "a page", source = SEED,
      claim = "Without it, four." },
    { name = "pte-ops", expected = 2, tolerance = 0, unit = "a page", source = SEED,
      claim = "What is locked on ptes stays as it was: two, before and after." },
    { name = "gain", expected = 10, tolerance = 5, unit = "%", source = SEED,
      claim = "Roughly 10% cut off lmbench fork numbers on my 2*HT*P4." },
    { name = "least", expected = 10, tolerance = 5, unit = "%", source = SEED,
      claim = "That is so for small processes: 25 pages." },
    { name = "most", expected = 10, tolerance = 5, unit = "%", source = SEED,
      claim = "And for large ones: 3,000 pages." },
    { name = "one-cpu", expected = 0, tolerance = 0, unit = "%", source = SEED,
      claim = "With one processor nothing changes." },
  },
  plot = { x = "pages of the process", y = "% of fork and exit saved", log = "x" },
  run = function(x)
    local before, ptes = per_page(BEFORE)
    local after, ptes_after = per_page(AFTER)
    assert(ptes == ptes_after, "locked operations on ptes differ")
    x:figure("ops-before", before)
    x:figure("ops-after", after)
    x:figure("pte-ops", ptes)
    for _, pages in ipairs(SIZES) do
      local two, one = gain(2, pages), gain(1, pages)
      x:point("two cpus", pages, two)
      x:point("one cpu", pages, one)
      if pages == LMBENCH then
        x:figure("gain", two)
        x:figure("one-cpu", one)
      end
      if pages == 25 then x:figure("least", two) end
      if pages == 3000 then x:figure("most", two) end
    end
  end,
}
