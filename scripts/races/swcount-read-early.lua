-- SPDX-License-Identifier: GPL-2.0-only
--
-- Seed 003, the review: "You set swcount above, before the swapin_readahead(): that's not good
-- enough, you need to check what *swap_map is afterwards". The owner wants his page himself, and
-- takes it with its slot out of the swap cache. swapoff finds no page, and takes that for want of
-- memory, because somebody had the slot when it looked.

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0,

    setup = function(m)
      local owner = m:task("owner")
      local a = owner:mmap{ len = 4096 }
      owner:write(a, 77)
      local page = owner:page(a)
      m:page_referenced(page)
      assert(m:try_to_unmap(page) == "SUCCESS")
      return { owner = owner, a = a }
    end,

    threads = {
      swapoff = function(m) m:swapoff(0) end,
      owner = function(_, x) x.owner:write(x.a, 78) end,
    },

    check = function(_, x) assert(x.owner:read(x.a) == 78) end,
  }
end

race("swcount-read-early", "ENOMEM"):judge{ schedules = 600 }
race(nil, "ok"):judge{ schedules = 600 }
