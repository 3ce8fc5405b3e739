-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "Shouldn't that be i <= oldi?" The search for slots that are still in use
-- has come round when it meets one that it has met. With i < oldi it does not see that if there is
-- only one: it drops the page of that from the swap cache for ever, and never begins anew.

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0,

    setup = function(m)
      local parent = m:task("parent")
      local a = parent:mmap{ len = 4096 }
      parent:write(a, 77)
      local page = parent:page(a)
      parent:fork("child")
      m:page_referenced(page)
      assert(m:try_to_unmap(page) == "SUCCESS")
      return page
    end,

    -- Unmapped again from the one of them where swapoff has been.
    threads = {
      swapoff = function(m) m:swapoff(0) end,
      reclaim = function(m, page) pcall(m.try_to_unmap, m, page) end,
    },
  }
end

race("i-less-than-oldi", "round and round"):judge{ schedules = 600 }
race(nil, "ok"):judge{ schedules = 600 }
