-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "It's a very fine point, but I think that you do still need the usual
-- radix_tree_deref_retry [...] RCU lookup racing with the switch between a single entry held at the
-- root or in a node". Shared memory has its first page in swap, and no other: the tree is an entry.
-- While swapoff reads it somebody writes to the second page, and the place is a pointer to a node.
-- The entry is missed. Alone that costs another pass over everybody's page tables; as the patch was
-- posted, with i < oldi, swapoff never ends.

local function race(errata, expect, way)
  return scenario{
    name = way and "as posted" or errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = way or "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0, events = true,

    setup = function(m)
      local file = m:shmem{ name = "shm", size = "8K" }
      file:write(0, 77)
      for _ = 1, 8 do
        m:refill(256)
        m:reclaim(256)
        m:tick("100ms")
      end
      assert(m.swap[0].used == 1)
      return file
    end,

    threads = {
      swapoff = function(m) m:swapoff(0) end,
      writer = function(_, file) file:write(4096, 78) end,
    },

    check = function(m, file)
      assert(file:read(0) == 77 and file:read(4096) == 78)
      assert(#m:events{ kind = "swapoff_again" } == 0, "a second pass was needed")
    end,
  }
end

race("deref-retry-missing", "second pass"):judge{ schedules = 600 }
race(nil, "round and round", "linear-v7"):judge{ schedules = 600 }
race(nil, "ok"):judge{ schedules = 600 }
