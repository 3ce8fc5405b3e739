-- SPDX-License-Identifier: GPL-2.0-only
--
-- Rik van Riel's case for anon_vma_chain (2.6.34): a server that forks 1,000 children, each of
-- which writes to its copy of the parent's memory. With one anon_vma for the whole family every
-- page of every child is looked for in all of them; with a chain a page that a child made is its
-- own.

local CHILDREN, PAGES = 1000, 2
local STEPS = { [10] = true, [30] = true, [100] = true, [300] = true, [1000] = true }
local BASE = 0x50000000

-- vmas visited when each of these processes' pages is asked who used it: their sum, the most.
local function walks(m, tasks)
  local sum, most = 0, 0
  for _, t in ipairs(tasks) do
    for i = 0, PAGES - 1 do
      local before = m.counters.vmas_visited
      m:page_referenced(t:page(BASE + i * 4096))
      local n = m.counters.vmas_visited - before
      sum = sum + n
      most = math.max(most, n)
    end
  end
  return sum, most
end

local function family(x, kernel)
  local m = machine{ kernel = kernel, ram = "64M", swap = 0, truth = false, events = false }
  local parent, children = m:task("server"), {}
  parent:mmap{ len = PAGES * 4096, at = BASE }
  parent:touch(BASE, PAGES * 4096, "w")
  for n = 1, CHILDREN do
    children[n] = parent:fork("child")
    children[n]:touch(BASE, PAGES * 4096, "w")
    if STEPS[n] then
      local sum, most = walks(m, children)
      x:point(kernel, n, sum / (n * PAGES))
      if n == CHILDREN then
        x:figure("child-" .. kernel, sum / (n * PAGES))
        x:figure("most-" .. kernel, most)
        x:figure("family-" .. kernel, (sum + walks(m, { parent })) / ((n + 1) * PAGES))
      end
    end
  end
end

local RIK = "2.6.34, commit 5beb49305251: Rik van Riel"

return {
  id = "anon-vma-chain",
  title = "1,000 children: vmas visited to find one pte",
  setup = [[A process with two pages of anonymous memory forks 1,000 children; each writes to both
    pages and so gets two of its own, mapped once. Then page_referenced is asked about each page,
    and the vmas it visits are counted. On the list of 2.6.16 the youngest comes first
    (list_add) and the parent last, and a walk ends when as many ptes were found as the page has:
    the nth from the end needs n vmas, so the children's mean is 500.5, the eldest needs 1,000 and
    the parent 1,001.]],
  claims = {
    { name = "child-2.6.16", expected = 500.5, tolerance = 0, unit = "vmas", source = RIK,
      claim = [[One anon_vma for the family: a page of a child is looked for among all of
        them, half of them on average.]] },
    { name = "most-2.6.16", expected = 1000, tolerance = 0, unit = "vmas", source = RIK,
      claim = "For a page of the eldest child the walk visits every other child first." },
    { name = "family-2.6.16", expected = 501, tolerance = 0, unit = "vmas", source = RIK,
      claim = "Over all pages of parent and children: O(N), half of 1,001 and a half." },
    { name = "child-4.0", expected = 1, tolerance = 0, unit = "vmas", source = RIK,
      claim = "With anon_vma_chain a page that a child made is found at once." },
    { name = "most-4.0", expected = 1, tolerance = 0, unit = "vmas", source = RIK,
      claim = "That is so for every child." },
    { name = "family-4.0", expected = 1.5, tolerance = 0.5, unit = "vmas", source = RIK,
      claim = [[The parent's pages are still looked for in all vmas, but they are one in N: the
        average falls from O(N) to about 2.]] },
  },
  cases = { { name = "2.6.16" }, { name = "4.0" } },
  plot = { x = "children", y = "vmas visited for a child's page", log = "xy" },
  run = function(x, case) family(x, case.name) end,
}
