-- SPDX-License-Identifier: GPL-2.0-only
-- m:reclaim(n) goes on as long as there is hope: the last pass must have looked at inactive pages.
for _, kernel in pairs(kernels) do
  if kernel.name:find("^2%.6") or kernel.name == "4.0" then
    local m = machine{ kernel = kernel.name, ram = "256K", swap = "256K", page_cluster = 0,
                       swappiness = 100 }
    local t = m:task("init")
    local a = t:mmap{ len = "16K", prot = "rw" }
    t:touch(a, 16 * 1024, "w")
    m:refill(0) -- from the pagevecs to the list
    m:page_referenced(t:page(a))
    m:refill(4) -- one is idle, and goes down; three were used, and are no more
    assert(m.lru.nr_inactive == 1 and m.lru.nr_active == 3, kernel.name)
    assert(m:reclaim(1) >= 1, kernel.name .. ": four pages that nobody uses, and a swap for them")
    m:check()
  end
end
print("ok a pass that only moved pages down is not the last")
