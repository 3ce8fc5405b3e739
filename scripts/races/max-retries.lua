-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "I'm not at all happy with the MAX_RETRIES 3 business [...] one machine
-- never needs more than 1 retry, another needs 100000". Reclaim does not tire: it unmaps a page of
-- two processes whenever swapoff has put it back. Without a limit that is over when reclaim is.

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0,

    setup = function(m)
      local parent = m:task("parent")
      local a = parent:mmap{ len = 4096 }
      parent:write(a, 77)
      local child, page = parent:fork("child"), parent:page(a)
      m:page_referenced(page)
      assert(m:try_to_unmap(page) == "SUCCESS")
      return { a = a, parent = parent, child = child, page = page }
    end,

    threads = {
      swapoff = function(m) m:swapoff(0) end,
      reclaim = function(m, x)
        for _ = 1, 100 do pcall(m.try_to_unmap, m, x.page) end
      end,
    },

    check = function(_, x)
      assert(x.parent:read(x.a) == 77 and x.child:read(x.a) == 77)
    end,
  }
end

race("max-retries", "EBUSY"):judge{ schedules = 600 }
race(nil, "ok"):judge{ schedules = 600 }
