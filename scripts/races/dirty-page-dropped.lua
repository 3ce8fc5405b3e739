-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "There's a serious bug here, which took me a while to track down: I was
-- easily getting SIGSEGVs". Parent and child share a page that is in the swap cache, dirty, and was
-- never written. While swapoff is on its way from one to the other, reclaim unmaps it again. Then
-- somebody still names the slot, and the page leaves the swap cache even so: the disk has old data.

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
      -- ENOSPC when the page is not in the swap cache just then: no slot is given out any more.
      reclaim = function(m, x) pcall(m.try_to_unmap, m, x.page) end,
    },

    check = function(_, x)
      assert(x.parent:read(x.a) == 77 and x.child:read(x.a) == 77)
    end,
  }
end

race("dirty-page-dropped", "content"):judge{ schedules = 600 }
race(nil, "ok"):judge{ schedules = 600 }
