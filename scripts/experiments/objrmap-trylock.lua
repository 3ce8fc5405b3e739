-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 002: page_referenced_obj may only try the locks it needs. What does it say of a page when it
-- did not get one? "Perhaps used", 1, in Dave McCracken's patch; 0 in Andrea Arcangeli's tree.

local BASE, MIB, PIECE = 0x40000000, 1 << 20, 512 << 10
local ROUNDS, SEEDS = 6, 4

-- Four processes read a file that is twice as large as memory, together, again and again, on two
-- processors that may take turns at any moment. A page is used by all four when it comes in, which
-- makes it active once, and not again before it is gone: each page that is moved to the active
-- list more often than it was read was spared by mistake. Returns those, and the failed trylocks.
local function run_with(errata, seed)
  local m = machine{ kernel = "2.6.5-objrmap", ram = "2M", swap = "4M", cpus = 2, stress = 100,
                     seed = seed, errata = errata, truth = false, events = false }
  local f, tasks = m:file{ name = "library", size = 4 * MIB }, {}
  for i = 1, 4 do
    tasks[i] = m:task("reader" .. i)
    tasks[i]:mmap{ len = 4 * MIB, file = f, shared = true, prot = "r", at = BASE }
  end
  for _ = 1, ROUNDS do
    for off = 0, 4 * MIB - 1, PIECE do
      for _, t in ipairs(tasks) do t:touch(BASE + off, PIECE, "r") end
    end
  end
  local c = m.counters
  return c.pgactivate - c.pgmajfault, c.rmap_trylock_failed, c.pgmajfault
end

-- Per 100 trylocks that failed, over some seeds of the schedule.
local function mistakes(x, name, errata)
  local spared, failed, reads = 0, 0, 0
  for seed = 1, SEEDS do
    local s, f, r = run_with(errata, seed)
    spared, failed, reads = spared + s, failed + f, reads + r
    x:point(name, seed, 100 * s / f)
  end
  x:note(("%s: %d failed trylocks, %d pages made active for nothing, %d pages read")
         :format(name, failed, spared, reads))
  assert(failed > 1000, "hardly a trylock failed")
  return 100 * spared / failed
end

local SEED = "seed 002: Dave McCracken and Andrea Arcangeli, March 2004"

return {
  id = "objrmap-trylock",
  title = "a lock was not got: perhaps used, or not used?",
  setup = [[2.6.5-objrmap on two processors; four processes read a file of 4 MiB through mappings,
    on a machine of 2 MiB. What is counted is pages moved to the active list beyond the once that
    their readers account for, for 100 failed trylocks; four seeds of the schedule.]],
  claims = {
    { name = "answers-1", expected = 50, tolerance = 40, unit = "of 100", source = SEED,
      claim = [[Answering 1, a failed trylock spares pages nobody uses: between one in ten and nine
        in ten (a page on the active list is looked at, too, and only stays there).]] },
    { name = "answers-0", expected = 0, tolerance = 5, unit = "of 100", source = SEED,
      claim = "Answering 0, it does not." },
  },
  plot = { x = "seed of the schedule", y = "pages spared by mistake, of 100 failed trylocks" },
  run = function(x)
    x:figure("answers-1", mistakes(x, "answers 1", {}))
    x:figure("answers-0", mistakes(x, "answers 0", { "referenced-trylock-0" }))
  end,
}
