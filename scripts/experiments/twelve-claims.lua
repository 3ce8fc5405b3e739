-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 000 lists twelve things that the per-page pte chain could be used for, calls them
-- "theoretical and unproven", and asks: "If it has real advantages (or, indeed, disadvantages) then
-- why has nobody demonstrated them?" Here is one figure for each. The row that was posted is
-- 2.5.27; what it is compared with is 2.5.26; where a later row did it, that is said.

local BASE, MIB, PAGE = 0x40000000, 1 << 20, 4096
local OLD, NEW = "2.5.26", "2.5.27"

local function boot(kernel, t)
  local config = { kernel = kernel, ram = "16M", swap = "64M", truth = false, events = false }
  for key, value in pairs(t or {}) do config[key] = value end
  return machine(config)
end

local function charged(m) return m.now - m.counters.idle_ns end

-- A process with so many bytes of its own memory, all written to.
local function process(m, name, size)
  local t = m:task(name)
  t:mmap{ len = size, at = BASE }
  t:touch(BASE, size, "w")
  return t
end

-- A desktop: 6 MiB are used again and again, piece by piece, while a job goes through 48 MiB.
-- Faults of the desktop that found the page in memory, that waited for the disk; entries unmapped.
local function desktop(kernel)
  local m = boot(kernel)
  local c, soft, hard = m.counters, 0, 0
  local ui, job = process(m, "desktop", 6 * MIB), m:task("job")
  local size, half = 48 * MIB, MIB // 2
  job:mmap{ len = size, at = BASE }
  for round = 0, 95 do
    job:touch(BASE + round * half % size, half, "w")
    for piece = 0, 11 do
      local faults, major = c.pgfault, c.pgmajfault
      ui:touch(BASE + piece * half, half, "w")
      hard = hard + c.pgmajfault - major
      soft = soft + c.pgfault - faults - (c.pgmajfault - major)
    end
  end
  return soft, hard
end

-- Eight processes share a page and use it all the time, while a job goes through memory: ns between
-- the first and the last look at the page's eight accessed bits, mean of all rounds of looks.
local function spread(kernel)
  local m = boot(kernel, { events = true })
  local f, t, kin = m:file{ name = "libc", size = PAGE }, m:task("user"), {}
  local seen, n, first, sum, rounds = {}, 0, 0, 0, 0
  t:mmap{ len = PAGE, file = f, shared = true, at = BASE }
  for i = 1, 8 do
    kin[i] = t:fork("user" .. i)
    kin[i]:mmap{ len = MIB, at = BASE + MIB }
    kin[i]:touch(BASE + MIB, MIB, "w")
  end
  t:exit()
  m:on("pte_young", function(ev)
    if ev.address ~= BASE or seen[ev.task] then return end
    if n == 0 then first = ev.time end
    seen[ev.task], n = true, n + 1
    if n < 8 then return end
    sum, rounds, seen, n = sum + ev.time - first, rounds + 1, {}, 0
  end)
  local job = m:task("job")
  job:mmap{ len = 32 * MIB, at = BASE + 16 * MIB }
  for off = 0, 32 * MIB - 1, 16 * PAGE do
    job:touch(BASE + 16 * MIB + off, 16 * PAGE, "w")
    for i = 1, 8 do kin[i]:read(BASE) end
  end
  return sum / rounds
end

-- Entries looked at for a page freed, with so many processes of 16 MiB asleep.
local function looked_at(kernel, n)
  local m = boot(kernel, { swap = 16 * MIB * (n + 2) })
  local function examined()
    return kernel == OLD and m.counters.ptes_scanned or m.counters.ptes_visited
  end
  for i = 1, n do process(m, "idle" .. i, 16 * MIB) end
  local looked, freed = examined(), m.counters.pgsteal
  process(m, "hot", 12 * MIB)
  return (examined() - looked) / (m.counters.pgsteal - freed)
end

-- Empty frames first .. last: unmap what is in them, use everything else, reclaim. How many hold a
-- user's page before, and after.
local function evacuate(m, tasks, first, last, size)
  local function users()
    local n = 0
    for pfn = first, last do
      if m:page(pfn).lru then n = n + 1 end
    end
    return n
  end
  local before = users()
  for _ = 1, 32 do
    for pfn = first, last do
      local page = m:page(pfn)
      if page.lru and #page:rmap() > 0 then m:try_to_unmap(page) end
    end
    m:sync()
    for _, t in ipairs(tasks) do
      for at = BASE, BASE + size - 1, PAGE do
        local pte = t:pte(at)
        if pte and pte.present and (pte.pfn < first or pte.pfn > last) then t:read(at) end
      end
    end
    m:refill(last - first + 1)
    m:reclaim(math.max(users(), 32))
    m:tick("1s")
    if users() == 0 then break end
  end
  return before, users()
end

-- 8 MiB, six of them in use by two processes page by page in turn, so that no block is free that
-- one of them left alone.
local function crowded()
  local m = boot(NEW, { ram = "8M", swap = "32M" })
  local a, b, size = m:task("a"), m:task("b"), 3 * MIB
  a:mmap{ len = size, at = BASE }
  b:mmap{ len = size, at = BASE }
  for at = BASE, BASE + size - 1, PAGE do
    a:write(at, 1)
    b:write(at, 2)
  end
  return m, { a, b }, size
end

-- Share of the scanned pages that lie in a zone nobody is short of: HighMem has free pages, page
-- tables are wanted, which must lie below.
local function elsewhere(kernel)
  local m = boot(kernel, { dma = "1M", highmem = "4M", events = true })
  local t, k = process(m, "user", 14 * MIB), m:task("sparse")
  local all, out, freed = 0, 0, m.counters.pgsteal
  t:munmap(BASE, 3 * MIB)
  m:on("scan", function(ev)
    all = all + 1
    if m:page(ev.page).zone.name == "HighMem" then out = out + 1 end
  end)
  for i = 0, 440 do
    local at = 0x50000000 + i * 4 * MIB
    k:mmap{ len = PAGE, at = at }
    k:write(at, 1)
    if m.counters.pgsteal - freed >= 50 then break end
  end
  return 100 * out / all
end

-- How many locks there are for the lists of pages, on a machine of three zones.
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

-- Ptes that rmap finds, of those that are there; entries of all page tables for each of them.
local function complete()
  local m = boot(NEW)
  local f, t, found, there, same = m:file{ name = "font", size = 8 * PAGE }, m:task("x"), 0, 0, 0
  t:mmap{ len = 8 * PAGE, file = f, shared = true, at = BASE }
  t:touch(BASE, 8 * PAGE, "r")
  for i = 1, 20 do
    local k = t:fork("x" .. i)
    k:mmap{ len = 8 * PAGE, file = f, shared = true, at = BASE + i * MIB }
    k:touch(BASE + i * MIB, 8 * PAGE, "r")
  end
  for i = 0, 7 do
    local page, truth = t:page(BASE + i * PAGE), {}
    for _, w in ipairs(page:mappers()) do
      there, truth[w.task.pid .. ":" .. w.address] = there + 1, true
    end
    for _, w in ipairs(page:rmap()) do
      found = found + 1
      if truth[w.task.pid .. ":" .. w.address] then same = same + 1 end
    end
  end
  return found, there, same
end

-- A process is held to so many pages by unmapping its own, last pages first.
local function limit(pages)
  local m = boot(NEW)
  local hog, other = process(m, "hog", 4 * MIB), process(m, "other", 4 * MIB)
  local at = BASE + 4 * MIB
  while hog.rss > pages do
    at = at - PAGE
    m:try_to_unmap(hog:page(at))
  end
  return hog.rss, other.rss
end

-- A compiler run: fork, another program, 2 MiB of its own, a quarter of a second of work, exit.
local function compile(kernel)
  local m = boot(kernel, { cpus = 2 })
  local make = process(m, "make", MIB)
  local before = charged(m)
  for _ = 1, 20 do
    local cc = make:fork("cc")
    cc:exec("cc1")
    cc:mmap{ len = 2 * MIB, at = BASE }
    cc:touch(BASE, 2 * MIB, "w")
    cc:exit()
  end
  return (charged(m) - before) / 20
end
local WORK = 250000000 -- ns of a compiler's own in each run

local function seed(n) return "seed 000, advantage " .. n end

return {
  id = "twelve-claims",
  title = "the twelve advantages that seed 000 lists, each shown or refuted",
  setup = [[Machines of 2 to 16 MiB. 2.5.26 has no rmap, 2.5.27 is the patch. Each line says what
    was claimed, what was done to see it, and whether it is shown or refuted; a figure that holds
    supports the verdict.]],
  claims = {
    { name = "1-random-unmapping", expected = 25, tolerance = 25, unit = "%", source = seed(1),
      claim = [["Page replacement no longer goes around randomly unmapping things." Shown: faults
        of a desktop on pages that were unmapped but are still in memory, 2.5.27 against
        2.5.26.]] },
    { name = "2-referenced-bits", expected = 0, tolerance = 1, unit = "%", source = seed(2),
      claim = [["Referenced bits are more accurate." Shown: time from the first to the last look at
        the bits of a page that eight processes share, 2.5.27 against 2.5.26.]] },
    { name = "3-physical", expected = 0, tolerance = 10, unit = "%", source = seed(3),
      claim = [["From O(total virtually mapped) to O(physical)." Shown, but for shared pages
        (virtual-scan): change of the entries looked at for a page freed, 1 to 8 processes.]] },
    { name = "4-defragmentation", expected = 16, tolerance = 0, unit = "pages", source = seed(4),
      claim = [["Enables defragmentation of physical memory." Shown: a block of 16 frames that two
        processes use in turn is emptied by unmapping its pages; frames that are free then.]] },
    { name = "5-offlining", expected = 100, tolerance = 0, unit = "%", source = seed(5),
      claim = [["Enables cooperative offlining of memory." Shown for pages of users, share of them
        in 1 MiB that could be moved out. Page tables and slabs among them stay: rmap does not
        know who uses those.]] },
    { name = "6-interactive", expected = 25, tolerance = 25, unit = "%", source = seed(6),
      claim = [["Demonstrable benefit in performance of swapping." Shown: faults of the desktop that
        wait for the disk, 2.5.27 against 2.5.26.]] },
    { name = "7-parity", expected = 0, tolerance = 1, unit = "%", source = seed(7),
      claim = [["Approximate parity with mainline in kernel compiles." Shown: what a compiler run of
        a quarter of a second costs more, of all its time.]] },
    { name = "8-zones", expected = 0, tolerance = 0, unit = "%", source = seed(8),
      claim = [["Scanning only the interesting zones." Not by this patch, whose lists are global,
        but shown by 2.6.0: pages scanned in a zone nobody is short of.]] },
    { name = "9-parallelism", expected = 3, tolerance = 0, unit = "locks", source = seed(9),
      claim = [["Independently processing different zones." Not by this patch, but shown by 2.6.0:
        locks for the lists of a machine of three zones.]] },
    { name = "10-attributes", expected = 100, tolerance = 0, unit = "%", source = seed(10),
      claim = [["Keeping pte cache attributes coherent." Shown that it could: ptes that rmap finds,
        of those that map a page. No row does it.]] },
    { name = "11-invalidation", expected = 100, tolerance = 0, unit = "%", source = seed(11),
      claim = [["Virtual cache invalidation (with changes)." Shown that it could: ptes for which
        rmap says the right process and address.]] },
    { name = "12-rss-limits", expected = 512, tolerance = 0, unit = "pages", source = seed(12),
      claim = [["Proper RSS limit enforcement." Shown that it could: resident pages of a process
        that is held to 512. The patch declares page_over_rsslimit and defines it nowhere; no row
        enforces a limit.]] },
  },
  cases = {
    { name = "desktop", run = function(x)
        local soft, hard = desktop(OLD)
        local soft_new, hard_new = desktop(NEW)
        x:figure("1-random-unmapping", 100 * soft_new / soft)
        x:figure("6-interactive", 100 * hard_new / hard)
        x:note("desktop: faults in memory " .. soft .. " and " .. soft_new .. ", from disk " ..
               hard .. " and " .. hard_new .. " (2.5.26, 2.5.27)")
      end },
    { name = "referenced bits", run = function(x)
        local old, new = spread(OLD), spread(NEW)
        x:figure("2-referenced-bits", 100 * new / old)
        x:note(("referenced bits: %.0f us and %.1f us"):format(old / 1000, new / 1000))
      end },
    { name = "physical", run = function(x)
        local one, eight = looked_at(NEW, 1), looked_at(NEW, 8)
        x:figure("3-physical", 100 * (eight - one) / one)
        x:note(("2.5.26 looks at %.0f entries for a page freed, then at %.0f")
               :format(looked_at(OLD, 1), looked_at(OLD, 8)))
      end },
    { name = "defragmentation", run = function(x)
        local m, tasks, size = crowded()
        local first = 1024
        local before, after = evacuate(m, tasks, first, first + 15, size)
        assert(before == 16, "the block is not full")
        local free = 0
        for pfn = first, first + 15 do free = free + (m:page(pfn).use == "free" and 1 or 0) end
        x:figure("4-defragmentation", after == 0 and free or 0)
      end },
    { name = "offlining", run = function(x)
        local m, tasks, size = crowded()
        local table_at = 0
        while m:page(table_at).use ~= "page table" do table_at = table_at + 1 end
        local first = table_at // 256 * 256
        local before, after = evacuate(m, tasks, first, first + 255, size)
        local stay = 0
        for pfn = first, first + 255 do stay = stay + (m:page(pfn).use ~= "free" and 1 or 0) end
        x:figure("5-offlining", 100 * (before - after) / before)
        x:note("offlining: " .. before .. " pages of users in 256 frames, " .. after ..
               " after; " .. stay .. " frames are still in use")
      end },
    { name = "compile", run = function(x)
        local old, new = compile(OLD), compile(NEW)
        x:figure("7-parity", 100 * (new - old) / (old + WORK))
        x:note(("compile: the kernel's part is %.0f us and %.0f us a run, %.1f %% more")
               :format(old / 1000, new / 1000, 100 * (new - old) / old))
      end },
    { name = "zones", run = function(x)
        x:figure("8-zones", elsewhere("2.6.0"))
        x:figure("9-parallelism", list_locks("2.6.0"))
        x:note(("2.5.27: %.0f %% of the pages scanned are elsewhere, and the lists have %d lock")
               :format(elsewhere(NEW), list_locks(NEW)))
      end },
    { name = "completeness", run = function(x)
        local found, there, same = complete()
        x:figure("10-attributes", 100 * found / there)
        x:figure("11-invalidation", 100 * same / there)
      end },
    { name = "RSS limits", run = function(x)
        local hog, other = limit(512)
        assert(other == 1024, "the other process lost pages")
        x:figure("12-rss-limits", hog)
      end },
  },
  run = function(x, case) case.run(x) end,
}
