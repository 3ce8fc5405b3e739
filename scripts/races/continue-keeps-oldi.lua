-- SPDX-License-Identifier: GPL-2.0-only
--
-- Found in the patch of seed 003, beside i-less-than-oldi: a slot without a page in the swap cache
-- is passed over by a continue, and does not become oldi. If no slot that is left has a page, the
-- search never notices that it has come round. Here reclaim takes back a page that parent and child
-- share while swapoff reads others: unmaps it, writes it, and drops it from the swap cache.

local PAGES = 20

local function to_swap(m)
  for _ = 1, 8 do
    m:refill(256)
    m:reclaim(256)
    m:tick("100ms")
  end
end

local function race(errata, expect)
  return scenario{
    name = errata and "with " .. errata or "without", expect = expect,
    kernel = "4.0", swapoff = "linear", errata = { errata },
    ram = "1M", swap = "512K", page_cluster = 0,

    setup = function(m)
      local parent = m:task("parent")
      local a = parent:mmap{ len = PAGES * 4096 }
      parent:write(a, 77)
      local child = parent:fork("child")
      for i = 1, PAGES - 1 do
        parent:write(a + i * 4096, i)
        child:write(a + i * 4096, i)
      end
      to_swap(m)
      assert(parent:pte(a).swap and child:pte(a).swap)
      return { parent = parent, child = child, a = a }
    end,

    threads = {
      swapoff = { cpu = 1, function(m, x)
        m:swapoff(0)
        x.over = true
      end },
      -- On the same cpu: pages that have just been read are in its pagevec.
      reclaim = { cpu = 1, function(m, x)
        while not x.over do
          local first, second = x.child:page(x.a), x.parent:page(x.a)
          local page = first or second
          if page then
            m:page_referenced(page)
            pcall(m.try_to_unmap, m, page)
          end
          if second then
            m:refill(64)
            for _ = 1, 4 do m:reclaim(1) end
          end
          m:tick("50us")
        end
      end },
    },

    check = function(_, x)
      assert(x.parent:read(x.a) == 77 and x.child:read(x.a) == 77)
    end,
  }
end

race("continue-keeps-oldi", "round and round"):judge{ schedules = 200 }
race(nil, "ok"):judge{ schedules = 200 }
