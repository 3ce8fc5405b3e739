-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "you're breaking out to unlock a mutex you don't hold locked. Which would
-- explain the hang I saw once". Shared memory is in swap, and memory is full of locked pages of a
-- file: not all of it can come back. (They are page cache, so that swapoff thinks at first
-- that there is room.) Nothing races here.

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0,

    setup = function(m)
      local shm = m:shmem{ name = "shm", size = "400K" }
      for i = 0, 99 do shm:write(i * 4096, i + 1) end
      for _ = 1, 4 do
        m:refill(256)
        m:reclaim(256)
      end
      local t = m:task("locker")
      local file = m:file{ name = "file", size = "600K" }
      local a = t:mmap{ len = "600K", prot = "r", shared = true, file = file }
      t:mlock(a, "600K")
    end,

    threads = {
      swapoff = function(m, x)
        local ok, why = pcall(m.swapoff, m, 0)
        assert(not ok and (why.errno or why.signal), "swapoff did what cannot be done")
      end,
    },
  }
end

race("unlock-not-held", "shmem_swaplist_mutex"):judge{ schedules = 1 }
race(nil, "ok"):judge{ schedules = 1 }
