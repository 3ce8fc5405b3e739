-- SPDX-License-Identifier: GPL-2.0-only
-- m:events, m:on, snapshot and restore.
local m = machine{ ram = "256K", swap = "256K" }
local t = m:task("init")
local a = t:mmap{ len = "16K" }
local n = #m:events()
t:write(a, 1)
local all = m:events()
assert(#all > n and all[#all].number == all[#all - 1].number + 1)
local maps = m:events{ kind = "anon_map" }
assert(#maps == 1)
local e = maps[1]
assert(e.kind == "anon_map" and e.address == a and e.page == t:page(a).pfn)
assert(e.thread == "init" and e.pid == t.pid and e.cpu == 0 and e.depth > 0 and e.time > 0)
assert(e.func:find("anonymous") and e.file:find("^engine/mm/") and e.line > 0)
assert(e.text:find("init") and tostring(e):find("^event " .. e.number .. ": "))
assert(e.operands[1] == a and e.task == nil and e.slot == nil)
assert(#m:events{ from = e.number, to = e.number } == 1)
assert(#m:events{ to = e.number - 1, kind = "anon_map" } == 0)
print("ok events are read")

-- The first page goes to the first slot, and is found in the swap cache.
local m5 = machine{ ram = "256K", swap = "256K" }
local t5 = m5:task("init")
t5:write(t5:mmap{ len = "4K", at = 0x40000000 }, 1)
local out = t5:page(0x40000000).pfn
m5:page_referenced(out)
m5:try_to_unmap(out)
t5:read(0x40000000)
local hit = m5:events{ kind = "swapcache_hit" }[1]
assert(hit.page == out and hit.slot == 1, hit.text)
assert(hit.text:find(string.format("slot 1 of swap 0 in the swap cache: page %x", out)), hit.text)
print("ok a page that is found in the swap cache")

local seen, texts = 0, {}
m:on("anon_map", function(ev)
  seen = seen + 1
  texts[#texts + 1] = ev.address
  assert(t.rss > 0 and m:check(), "looking is allowed")
end)
t:touch(a, "16K", "w")
assert(seen == 3 and texts[1] == a + 4096 and texts[3] == a + 3 * 4096)
t:read(a)
assert(seen == 3)
print("ok m:on is called for each event before the operation returns")

local any = 0
local m2 = machine{ ram = "256K" }
m2:on("any", function() any = any + 1 end)
m2:task("x")
assert(any == #m2:events() and any > 0 and seen == 3)
print("ok any kind, one machine only")

local ops = { function() t:write(a, 2) end, function() m:task("no") end,
              function() machine{} end, function() m:restore(m:snapshot()) end }
for i, op in ipairs(ops) do
  local m3 = machine{ ram = "256K" }
  local err
  m3:on("any", function()
    if err == nil then
      local ok, why = pcall(op)
      err = not ok and tostring(why)
    end
  end)
  m3:task("x")
  assert(err and err:find("may look, not change anything"), i .. ": " .. tostring(err))
end
print("ok a callback may not change anything")

local m4 = machine{ ram = "256K" }
m4:on("op_end", function() error("from the callback") end)
local ok, err = pcall(m4.task, m4, "x")
assert(not ok and err:find("events.lua:%d+: from the callback"))
print("ok an error of a callback comes out of the operation")

local before, number = m:dump(), m.now
local s = m:snapshot()
assert(tostring(s) == "snapshot 1" or tostring(s):find("^snapshot"))
t:write(a, 77)
local child = t:fork("late")
local later = m:dump()
assert(later ~= before)
m:restore(s)
assert(m:dump() == before and t:read(a) == 1)
ok, err = pcall(function() return child.rss end)
assert(not ok and tostring(err):find("is gone"))
local child2 = t:fork("again")
assert(child2.pid == child.pid and child.name == "again", "a handle means whatever has that id")
local last = m:events()
assert(last[#last].number == m:events{ from = last[#last].number }[1].number)
for i = 2, #last do assert(last[i].number == last[i - 1].number + 1) end
m:restore(s)
m:restore(s)
assert(m:dump() == before)
ok, err = pcall(m.restore, machine{ ram = "256K" }, s)
assert(not ok and err:find("a snapshot of this machine"))
print("ok snapshot and restore")
assert(m:check())
