-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 000: "adds computational expense to the page reclaim code (I measured it at 3% additional
-- load during streaming I/O)". A file four times as large as memory goes by, once by read() and
-- once through a mapping, with and without rmap. The load is what is charged to the processor:
-- m.now less the time in which everybody waited for the disk.

local RAM, FILE, WINDOW, MIB = "64M", 256 << 20, 128 << 10, 1 << 20
local BASE = 0x40000000

local function boot(kernel, size)
  local m = machine{ kernel = kernel, ram = RAM, swap = "64M", cpus = 2, truth = false,
                     events = false }
  return m, m:file{ name = "film", size = size }
end

local function charged(m)
  return m.now - m.counters.idle_ns
end

-- Window by window: read ahead, the disk does its work, then read() or touch. Every 32 MiB the
-- charged time is kept.
local function stream(x, name, m, f, use)
  for off = 0, FILE - 1, WINDOW do
    f:readahead(off, WINDOW)
    m:tick("100ms")
    use(off)
    local done = (off + WINDOW) // MIB
    if (off + WINDOW) % (32 * MIB) == 0 then x:keep(name .. done, charged(m)) end
  end
  x:keep(name .. "scanned", m.counters.pgscan)
  x:keep(name .. "freed", m.counters.pgsteal)
  x:keep(name .. "locked", m.counters.locked_ops)
  x:keep(name .. "nodes", m.counters.chain_adds)
  x:keep(name .. "pages", m.chains.pages)
end

local function read(x, kernel)
  local m, f = boot(kernel, FILE)
  stream(x, kernel .. " read ", m, f, function(off) f:stream(off, WINDOW) end)
end

local function mapped(x, kernel)
  local m, f = boot(kernel, FILE)
  local t = m:task("player")
  t:mmap{ len = FILE, file = f, shared = true, prot = "r", at = BASE }
  stream(x, kernel .. " mmap ", m, f, function(off) t:touch(BASE + off, WINDOW, "r") end)
end

-- What a page costs that is mapped and unmapped while nobody reclaims: 32 MiB that are in memory.
local function in_memory(x, kernel)
  local size = 32 * MIB
  local m, f = boot(kernel, size)
  local t = m:task("player")
  f:readahead(0, size)
  m:tick("100s")
  local locked = m.counters.locked_ops
  t:mmap{ len = size, file = f, shared = true, prot = "r", at = BASE }
  t:touch(BASE, size, "r")
  t:munmap(BASE, size)
  assert(m.counters.pgscan == 0, "somebody reclaimed")
  x:keep(kernel .. " in memory", (m.counters.locked_ops - locked) / (size // 4096))
end

local SEED = "seed 000: Andrew Morton, July 2002"
local OLD, NEW = "2.5.26", "2.5.27"

-- % that rmap adds to what was charged up to here.
local function more(x, how, mib)
  local old, new = x:kept(OLD .. how .. mib), x:kept(NEW .. how .. mib)
  return 100 * (new - old) / old
end

return {
  id = "streaming",
  title = "the price of knowing who maps a page when nobody does",
  setup = [[64 MiB, two processors, a file of 256 MiB, read once in windows of 128 KiB that were
    read ahead, on 2.5.26, which has no rmap, and on 2.5.27. With read() no page is mapped: no
    chain is made, and a page at the tail of the list costs one lock, one unlock and one
    test-and-clear of PG_referenced more. Through a mapping each page gets a node and loses it
    again: three locked operations each, for the chain and the list of free nodes. What the
    processor is charged is compared, not what the disk takes.]],
  claims = {
    { name = "read-load", expected = 3, tolerance = 2, unit = "%", source = SEED,
      claim = "I measured it at 3% additional load during streaming I/O." },
    { name = "read-chains", expected = 0, tolerance = 0, unit = "nodes", source = SEED,
      claim = "A page that nobody maps needs no pte chain." },
    { name = "read-locked", expected = 3, tolerance = 0, unit = "a page", source = SEED,
      claim = [[The load is page_referenced: locked operations more for a page that is freed.]] },
    { name = "read-evictions", expected = 0, tolerance = 0, unit = "pages", source = SEED,
      claim = [["The rest of the VM remains unchanged": difference of pages scanned and of pages
        freed.]] },
    { name = "mmap-chains", expected = 65536, tolerance = 0, unit = "nodes", source = SEED,
      claim = "Through a mapping every page of the file gets a node." },
    { name = "mmap-locked", expected = 6, tolerance = 0.05, unit = "a page", source = SEED,
      claim = [[What it costs to map and unmap a page more, in locked operations (and a few for
        pages of nodes).]] },
    { name = "mmap-fill", expected = 5.5, tolerance = 2.5, unit = "%", source = "arithmetic",
      claim = [[The first 32 MiB through a mapping, before anybody reclaims, are 3 to 8% dearer: a
        node each.]] },
    { name = "mmap-load", expected = -46, tolerance = 54, unit = "%", source = SEED,
      claim = [[With reclaim at work it is no dearer (8% at most) than 2.5.26, which looks for these
        ptes by walking page tables.]] },
  },
  cases = {
    { name = "read, 2.5.26", kernel = OLD, run = read },
    { name = "read, 2.5.27", kernel = NEW, run = read },
    { name = "mmap, 2.5.26", kernel = OLD, run = mapped },
    { name = "mmap, 2.5.27", kernel = NEW, run = mapped },
    { name = "in memory, 2.5.26", kernel = OLD, run = in_memory },
    { name = "in memory, 2.5.27", kernel = NEW, run = in_memory },
  },
  plot = { x = "MiB read", y = "% that rmap adds to the charged time" },
  run = function(x, case) case.run(x, case.kernel) end,
  finish = function(x)
    for mib = 32, FILE // MIB, 32 do
      x:point("read()", mib, more(x, " read ", mib))
      x:point("mmap", mib, more(x, " mmap ", mib))
    end
    local function extra(what) return x:kept(NEW .. what) - x:kept(OLD .. what) end
    x:figure("read-load", more(x, " read ", FILE // MIB))
    x:figure("read-chains", x:kept(NEW .. " read nodes") + x:kept(NEW .. " read pages"))
    x:figure("read-locked", extra(" read locked") / x:kept(NEW .. " read freed"))
    x:figure("read-evictions", math.abs(extra(" read scanned")) + math.abs(extra(" read freed")))
    x:figure("mmap-chains", x:kept(NEW .. " mmap nodes"))
    x:figure("mmap-locked", extra(" in memory"))
    x:figure("mmap-fill", more(x, " mmap ", 32))
    x:figure("mmap-load", more(x, " mmap ", FILE // MIB))
  end,
}
