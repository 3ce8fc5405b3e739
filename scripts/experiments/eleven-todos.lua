-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 000 ends: "There are a number of things remaining to be done", and counts eleven. What
-- became of each, in the rows of this program: done by which, or still open.

local BASE, MIB, PAGE = 0x40000000, 1 << 20, 4096
local POSTED, RELEASED, LAST = "2.5.27", "2.6.0", "4.0"

local function boot(kernel, t)
  local config = { kernel = kernel, ram = "16M", swap = "64M", truth = false, events = false }
  for key, value in pairs(t or {}) do config[key] = value end
  return machine(config)
end

local function process(m, name, size)
  local t = m:task(name)
  t:mmap{ len = size, at = BASE }
  t:touch(BASE, size, "w")
  return t
end

-- 1: entries looked at for a page freed, with so many processes of 16 MiB asleep.
local function looked_at(n)
  local m = boot(POSTED, { swap = 16 * MIB * (n + 2) })
  for i = 1, n do process(m, "idle" .. i, 16 * MIB) end
  local looked, freed = m.counters.ptes_visited, m.counters.pgsteal
  process(m, "hot", 12 * MIB)
  return (m.counters.ptes_visited - looked) / (m.counters.pgsteal - freed)
end

-- 2, 4: frames of HighMem, and of all memory, that are used for one of these.
local function frames_of(m, uses)
  local high, all = 0, 0
  for pfn = 0, m.frames - 1 do
    local page = m:page(pfn)
    if uses[page.use] then
      all = all + 1
      if page.zone.name == "HighMem" then high = high + 1 end
    end
  end
  return high, all
end

local function family(kernel, config)
  local m = boot(kernel, config)
  local t = process(m, "parent", 2 * MIB)
  for _ = 1, 8 do t:fork("child") end
  return m
end

-- 3: nodes of chain to the one pte of a page that is mapped once: of the posted patch's own, and
-- of the packed ones.
local function nodes(kernel)
  local m = boot(kernel)
  local page = process(m, "alone", PAGE):page(BASE)
  local n = m.chains.total - m.chains.free
  for _, step in ipairs(page:trail()) do n = n + (step.kind == "node" and 1 or 0) end
  return n, #page:rmap()
end

-- 5: how often the lock of the list of free nodes is taken while fork copies 256 ptes.
local function freelist_locks(kernel)
  local m, n = boot(kernel, { cpus = 2, events = true }), 0
  local t = process(m, "parent", MIB)
  t:fork("first")
  m:on("lock", function(ev) if ev.text:find("freelist", 1, true) then n = n + 1 end end)
  t:fork("second")
  return n
end

-- 6: of the frames that chains took for 20 children, how many are given back when those are gone
-- and memory is wanted.
local function given_back(kernel)
  local m = boot(kernel)
  local function frames() return m.counters.slab_pages + m.chains.pages end
  local t, children = process(m, "parent", 4 * MIB), {}
  local before = frames()
  for i = 1, 20 do children[i] = t:fork("child") end
  local most = frames()
  for _, k in ipairs(children) do k:exit() end
  m:reclaim(64)
  return 100 * (most - frames()) / (most - before)
end

-- 7: locks for the lists of pages.
local function list_locks(kernel)
  local m = boot(kernel, { dma = "1M", highmem = "4M", cpus = 2, events = true })
  local locks, n = {}, 0
  m:on("lock", function(ev)
    local id = ev.operands[2]
    if ev.text:find("lru_lock", 1, true) and not locks[id] then locks[id], n = true, n + 1 end
  end)
  process(m, "user", 24 * MIB)
  return n
end

-- 8: neighbours in memory that are neighbours in swap.
local function clustered(kernel)
  local m = boot(kernel, { ram = "4M" })
  local t, pairs_seen, near = process(m, "big", 16 * MIB), 0, 0
  for at = BASE, BASE + 12 * MIB, PAGE do
    local a, b = t:pte(at), t:pte(at + PAGE)
    if a and b and a.swap and b.swap then
      pairs_seen = pairs_seen + 1
      if math.abs(a.swap.offset - b.swap.offset) == 1 then near = near + 1 end
    end
  end
  return 100 * near / pairs_seen
end

-- 9: how often a process that wants memory waits for one page to be written, and its longest wait.
local function write_waits(kernel)
  local m, n, worst = boot(kernel, { ram = "4M", events = true }), 0, 0
  local t = m:task("writer")
  m:on("wait_page", function(ev)
    if ev.pid == t.pid and ev.operands[2] == 1 then n = n + 1 end
  end)
  t:mmap{ len = 12 * MIB, at = BASE }
  for round = 0, 383 do
    local now = m.now
    t:touch(BASE + round % 192 * 16 * PAGE, 16 * PAGE, "w")
    worst = math.max(worst, m.now - now)
  end
  return n, worst // 1000000
end

-- 10: counters that 2.6.0 shows in /proc/vmstat and that the machines here have.
local VMSTAT = "pgpgin pgpgout pswpin pswpout pgalloc pgfree pgactivate pgdeactivate pgfault " ..
  "pgmajfault pgscan pgrefill pgsteal pgrotated allocstall"
local function tools()
  local m, n = boot(RELEASED), 0
  for name in pairs(m.counters) do
    if (" " .. VMSTAT .. " "):find(" " .. name .. " ", 1, true) then n = n + 1 end
  end
  return n
end

-- 11: a desktop of 8 MiB that sleeps while updatedb reads 64 files of 1 MiB: % of it that is gone.
local function updatedb(kernel)
  local m = boot(kernel)
  local t = process(m, "desktop", 8 * MIB)
  t:touch(BASE, 8 * MIB, "w")
  for i = 1, 64 do m:file{ name = "file" .. i, size = MIB }:stream(0, MIB) end
  return 100 - 100 * t.rss / (8 * MIB // PAGE)
end

local function seed(n) return "seed 000, to do " .. n end
local LOW = { dma = "1M", highmem = "4M" } -- 4 of the 16 MiB are low memory

return {
  id = "eleven-todos",
  title = "the eleven things that seed 000 leaves to be done: by which row, or still open",
  setup = [[2.5.27 is the patch as posted. Each line names what remained, the row that did it, and a
    figure of a machine with that row; or says that it is open.]],
  claims = {
    { name = "1-demonstrate", expected = 0, tolerance = 10, unit = "%", source = seed(1),
      claim = [["Demonstrate the above advantages." Done here: the experiment twelve-claims; again
        the third of them, change of the work for a page freed from 1 to 4 processes.]] },
    { name = "2-pte-highmem", expected = 0, tolerance = 0, unit = "tables", source = seed(2),
      claim = [["Make it work with pte-highmem." Open: unless they are asked for, no row has page
        tables in high memory.]] },
    { name = "3-unshared", expected = 0, tolerance = 0, unit = "nodes", source = seed(3),
      claim = [["Don't add pte_chains to non-shared pages." Done by 2.6.0 (PG_direct): nodes of a
        page that is mapped once; it was 1.]] },
    { name = "4-chains-highmem", expected = 0, tolerance = 0, unit = "frames", source = seed(4),
      claim = [["Move the pte_chains into highmem too." Open: frames of chains in high memory on
        2.6.0. From 2.6.7 on there are none to move.]] },
    { name = "5-freelists", expected = 0, tolerance = 0, unit = "locks", source = seed(5),
      claim = [["Per-cpu pte_chain freelists." Done by 2.6.0: how often fork takes the lock of a
        common list for 256 pages; it was 256.]] },
    { name = "6-gc", expected = 90, tolerance = 10, unit = "%", source = seed(6),
      claim = [["Maybe GC the pte_chain backing pages." Done by 2.6.0, where they are slabs: frames
        given back when memory is wanted; next to none were.]] },
    { name = "7-multithread", expected = 3, tolerance = 0, unit = "locks", source = seed(7),
      claim = [["Multithread the page reclaim code." Done by 2.6.0, zone by zone: locks for the
        lists of pages on a machine of three zones; it was 1.]] },
    { name = "8-clustering", expected = 100, tolerance = 5, unit = "%", source = seed(8),
      claim = [["Clustered add-to-swap. Not sure if I buy this; it just works." Open, and not
        needed for such loads: neighbours in memory that are neighbours in swap on 2.5.27.]] },
    { name = "9-latency", expected = 0, tolerance = 0, unit = "waits", source = seed(9),
      claim = [["Fix bad IO latency in page reclaim." Done by 2.6.0 as far as it is this: waits of a
        process that wants memory for one page to be written.]] },
    { name = "10-tools", expected = 15, tolerance = 0, unit = "names", source = seed(10),
      claim = [["Develop tuning tools, use them." Begun by 2.6.0, whose /proc/vmstat counts what
        reclaim does; the machines here have these counters on every row.]] },
    { name = "11-updatedb", expected = 0, tolerance = 5, unit = "%", source = seed(11),
      claim = [["The nightly updatedb run is still evicting everything." Done by 2.6.0 in this form:
        part of a sleeping desktop that is gone when 64 MiB of files were read once.]] },
  },
  cases = {
    { name = "demonstrate", run = function(x)
        local one, four = looked_at(1), looked_at(4)
        x:figure("1-demonstrate", 100 * (four - one) / one)
      end },
    { name = "high memory", run = function(x)
        local high, all = frames_of(family(LAST, LOW), { ["page table"] = true })
        assert(all >= 9, "there are no page tables")
        x:figure("2-pte-highmem", high)
        high, all = frames_of(family(RELEASED, LOW), { ["pte chains"] = true, slab = true })
        assert(all > 10, "there are no chains")
        x:figure("4-chains-highmem", high)
      end },
    { name = "unshared", run = function(x)
        local n, maps = nodes(RELEASED)
        assert(maps == 1 and nodes(POSTED) == 1, "one mapping, one node in 2.5.27")
        x:figure("3-unshared", n)
      end },
    { name = "freelists", run = function(x)
        assert(freelist_locks(POSTED) == 256, "2.5.27 takes it for each page")
        x:figure("5-freelists", freelist_locks(RELEASED))
      end },
    { name = "garbage", run = function(x)
        local posted = given_back(POSTED)
        x:figure("6-gc", given_back(RELEASED))
        x:note(("garbage: 2.5.27 gives back %.1f %%"):format(posted))
      end },
    { name = "multithread", run = function(x)
        assert(list_locks(POSTED) == 1, "2.5.27 has one lock")
        x:figure("7-multithread", list_locks(RELEASED))
      end },
    { name = "clustering", run = function(x) x:figure("8-clustering", clustered(POSTED)) end },
    { name = "latency", run = function(x)
        local before, longest = write_waits(POSTED)
        local after, longest_after = write_waits(RELEASED)
        x:figure("9-latency", after)
        x:note("latency: " .. before .. " such waits on 2.5.27; the longest 16 faults together " ..
               longest .. " ms there, " .. longest_after .. " ms on 2.6.0, which sleeps for a " ..
               "while instead")
      end },
    { name = "tools", run = function(x) x:figure("10-tools", tools()) end },
    { name = "updatedb", run = function(x)
        x:figure("11-updatedb", updatedb(RELEASED))
        x:note(("updatedb: %.0f %% are gone on 2.5.27, %.0f %% on 4.0")
               :format(updatedb(POSTED), updatedb(LAST)))
      end },
  },
  run = function(x, case) case.run(x) end,
}
