-- SPDX-License-Identifier: GPL-2.0-only
-- help() and the table of kernels.
for name, row in pairs(kernels) do
  assert(row.name == name and #row.idea > 10 and #row.summary > 100 and row.source and row.date)
  help(name)
end
local k = kernels["2.5.27"]
assert(k.commit:find("^c48c43e6") and k.page_struct_size == 44 and k.source == "seed 000")
help()
for _, topic in ipairs{ "machine", "task", "page", "counters", "events", "pte_chain", "touch",
                        "m:reclaim", "pgfault", "lru", "swap", "event" } do
  help(topic)
end
print("ok help")
