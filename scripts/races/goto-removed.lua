-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "What's this change in shmem_getpage_gfp() for? Looks like a mistake." The
-- patch takes out the goto behind -EIO. So a page of shared memory that could not be read is let
-- in, and its slot is freed: what was in it is lost. Else it stays out, swapoff goes on until a
-- signal stops it, and when the disk can be read again, everything is there. Nothing races here.

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0, cpus = 1,

    setup = function(m)
      local file = m:shmem{ name = "shm", size = "4K" }
      file:write(0, 77)
      for _ = 1, 4 do
        m:refill(256)
        m:reclaim(256)
      end
      m:tick("1s")
      assert(m.swap[0].used == 1)
      m:disk_error{ swap = 0, slot = 1, on = "read", times = 1 }
      return file
    end,

    threads = {
      swapoff = function(m) pcall(m.swapoff, m, 0, { alarm = "20ms" }) end,
    },

    check = function(m, file)
      for _ = 1, 4 do
        m:refill(256)
        m:reclaim(256)
      end
      assert(file:read(0) == 77)
    end,
  }
end

race("goto-removed", "content"):judge{ schedules = 1 }
race(nil, "ok"):judge{ schedules = 1 }
