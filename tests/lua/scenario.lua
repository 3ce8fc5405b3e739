-- SPDX-License-Identifier: GPL-2.0-only
-- scenario{}: threads that race, schedule by schedule.

local function make(t)
  t.kernel, t.ram, t.swap = "4.0", "512K", "256K"
  t.setup = t.setup or function() end
  return scenario(t)
end

local function run(threads, check, setup)
  return make{ threads = threads, check = check, setup = setup }:run{ schedules = 5 }
end

local function nothing() end

-- A thread alone runs from one operation to the next.
local r = run{ a = function(m) m:tick("1ms") end, b = nothing }
assert(r.outcome == "ok" and r.failures == 0 and r.schedules == 5 and r.expected)
assert(r.schedule == nil and r.why == nil)
print("ok nothing goes wrong")

-- Two increments of a word in memory, each a read and a write. Some schedules lose one.
local function counter(m)
  local file = m:shmem{ name = "c", size = 4096 }
  local x = { t = {}, file = file }
  for i = 1, 2 do
    x.t[i] = m:task("t" .. i)
    x.a = x.t[i]:mmap{ len = 4096, at = 0x40000000, shared = true, file = file }
    x.t[i]:write(x.a, 0)
  end
  return x
end
local function one(i)
  return function(_, x) x.t[i]:write(x.a, x.t[i]:read(x.a) + 1) end
end
local lost = make{
  name = "lost update", setup = counter, threads = { one = one(1), two = one(2) },
  check = function(_, x) return x.file:read(0) == 2, "an update was lost" end,
  expect = "an update was lost",
}
r = lost:run{ schedules = 200 }
assert(r.outcome == "fails" and r.failures == 1 and r.expected)
assert(r.why == "check: an update was lost" and r.schedule == r.schedules)
print("ok a check that fails in some schedules")

local again = lost:run{ schedule = r.schedule }
assert(again.schedules == 1 and again.failures == 1 and again.why == r.why)
local before = lost.machine:dump()
assert(lost.machine.files[1]:read(0) == 1) -- as that schedule left it
lost:run{ schedule = r.schedule }
assert(lost.machine:dump() == before)
print("ok the same schedule is the same interleaving")

local all = lost:run{ schedules = 200, all = true }
assert(all.schedules == 200 and all.failures > 1 and all.failures < 200)
assert(all.schedule == r.schedule)
assert(lost:run{ seed = r.schedule, schedules = 1 }.failures == 1)
print("ok all schedules, and from another seed on")

assert(lost.name == "lost update" and lost.expect == "an update was lost")
assert(#lost.threads == 2 and lost.threads[1] == "one")
local ok, e = pcall(lost.judge, lost, { schedules = 0 })
assert(not ok and e:find("lost update: ok in 0 schedules; expected was: an update was", 1, true))
print("ok what it says of itself")

-- Names decide who begins.
local order = ""
make{ threads = { b = function() order = order .. "b" end, a = function() order = order .. "a" end,
                  c = function() order = order .. "c" end } }:run{ schedules = 1 }
assert(order == "abc")
print("ok threads in the order of their names")

-- Each schedule has its own copy of what setup returned, with the same shape.
r = run({ a = function(_, x) assert(x.n == 0 and x.in_it.x == x) x.n = x.n + 1 end },
        function(_, x) assert(x.n == 1) end,
        function() local x = { n = 0, in_it = {} } x.in_it.x = x return x end)
assert(r.outcome == "ok")
print("ok what setup returned is fresh each time")

-- What goes wrong in a thread, with its line.
local wrong = {
  { function() local x x.y = 1 end, "^a: .*scenario%.lua:%d+: attempt to index" },
  { function(m) m:swapoff(7) end, "^a: .*scenario%.lua:%d+: EINVAL: swapoff failed" },
  { function() error("sure") end, "^a: .*scenario%.lua:%d+: sure$" },
  { function() coroutine.yield() end, "nobody to resume it" },
  { function() machine{} end, "scenario%.lua:%d+: machine: not in a thread of a scenario" },
  { function(m) m:snapshot() end, "snapshot: not in a thread" },
  { function() lost:run{} end, "a scenario: not in a thread" },
  { function() scenario{} end, "scenario: not in a thread" },
  { function() lost.machine:tick("1ms") end, "tick: a thread of a scenario works on its own" },
  { function() local function f() return (("a"):gsub("a", f)) end f() end, "C stack overflow" },
  { function(m) while true do pcall(m.swapoff, m, 7) end end, "there is no end" },
}
for _, case in ipairs(wrong) do
  r = run{ a = case[1], b = nothing }
  assert(r.outcome == "fails" and r.schedule == 1 and r.why:find(case[2]), r.why)
  assert(not r.expected)
end
print("ok what goes wrong in a thread")

r = run({ a = nothing }, function() error("no") end)
assert(r.why:find("^check: .*scenario%.lua:%d+: no$"))
assert(run({ a = nothing }, function() return false end).why == "check: it is not so")
print("ok what goes wrong in check")

-- A failure may be caught, and a thread be in a coroutine when it waits.
r = run{ a = function(m)
  local caught, why = pcall(m.swapoff, m, 7)
  assert(not caught and why.errno == "EINVAL")
  local step = coroutine.wrap(function()
    m:tick("1ms")
    coroutine.yield(1)
    m:tick("1ms")
    return 2
  end)
  assert(step() == 1 and step() == 2)
end, b = function(m) m:tick("1500us") end }
assert(r.outcome == "ok")
print("ok pcall and coroutines in a thread")

-- Machine, threads and options.
for what, expected in pairs{
  ["threads: expected 1 to 8 of them, got 0"] = { threads = {} },
  ["a: expected a function, got 1"] = { threads = { a = 1 } },
  ["cpu: expected a whole number from 0 to 1, got 2"] = { threads = { a = { cpu = 2, nothing } } },
  ["threads: expected a table of functions by name, got nil"] = {},
  ["there is no option thread="] = { thread = {} },
} do
  ok, e = pcall(make, expected)
  assert(not ok and tostring(e):find(what, 1, true), e)
end
ok, e = pcall(scenario, { threads = { a = nothing } })
assert(not ok and e:find("setup: expected a function, got nil", 1, true))
assert(make{ threads = { a = { cpu = 1, nothing } } }:run{ schedules = 1 }.outcome == "ok")
print("ok misuse")

make{ name = "fine", threads = { a = nothing } }:judge{ schedules = 2 }
print("ok judge")
