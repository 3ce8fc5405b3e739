-- SPDX-License-Identifier: GPL-2.0-only
-- What of Lua is there, what is not, and what is the same on every host.
for _, name in ipairs{ "io", "os", "debug", "load", "loadstring", "loadfile", "dofile", "require",
                       "package", "xpcall", "setmetatable", "getmetatable", "rawset", "rawget",
                       "rawequal", "collectgarbage", "warn", "utf8" } do
  local ok, e = pcall(function() return name end)
  assert(ok)
end
assert(io == nil and os == nil and debug == nil and load == nil and loadstring == nil)
assert(loadfile == nil and dofile == nil and require == nil and package == nil and xpcall == nil)
assert(setmetatable == nil and getmetatable == nil and collectgarbage == nil)
assert(rawset == nil and rawget == nil and _G == nil and string.dump == nil)
print("ok nothing reaches the host")

local t = { z = 1, a = 2, [3] = "c", [1] = "a", [2.5] = 0, m = 3, [true] = 9, [-4] = 7 }
local keys = {}
for k in pairs(t) do keys[#keys + 1] = tostring(k) end
assert(table.concat(keys, " ") == "-4 1 3 2.5 a m z true", table.concat(keys, " "))
keys = {}
local k = next(t)
while k ~= nil do
  keys[#keys + 1] = tostring(k)
  k = next(t, k)
end
assert(table.concat(keys, " ") == "-4 1 3 2.5 a m z true")
assert(next({}) == nil)
for k in pairs(t) do t[k] = nil end
assert(next(t) == nil)
print("ok pairs and next have an order")

local x, y, f = {}, {}, function() end
assert(tostring(x) == "table 1" and tostring(y) == "table 2" and tostring(f) == "function 3")
assert(tostring(x) == "table 1" and string.format("%s", y) == "table 2" and tostring(nil) == "nil")
assert(tostring(coroutine.create(f)):find("^thread %d+$"))
assert(not pcall(string.format, "%p", x))
print("ok tostring shows ids")

local function three()
  return math.random(100), math.random(5, 6), math.random()
end
machine{ ram = "256K", seed = 5 }
local a, b, c = three()
machine{ ram = "256K", seed = 5 }
local d, e, g = three()
assert(a == d and b == e and c == g and a >= 1 and a <= 100 and c >= 0 and c < 1)
machine{ ram = "256K", seed = 6 }
local h = {}
for i = 1, 20 do h[i] = math.random(1000000) end
machine{ ram = "256K", seed = 5 }
local differs
for i = 1, 20 do differs = differs or h[i] ~= math.random(1000000) end
assert(differs and not pcall(math.random, 2, 1))
assert(math.type(math.random(0x7fffffffffffffff)) == "integer")
print("ok math.random takes the machine's seed")

local list = {}
for i = 1, 500 do list[i] = { key = i % 7, id = i } end
table.sort(list, function(p, q) return p.key < q.key end)
for i = 2, #list do
  local p, q = list[i - 1], list[i]
  assert(p.key < q.key or (p.key == q.key and p.id < q.id), "stable")
end
local words = { "b", "a", "c" }
table.sort(words)
assert(table.concat(words) == "abc")
local mixed = { 3, "x", 1 }
assert(not pcall(table.sort, mixed) and mixed[1] == 3 and mixed[2] == "x" and mixed[3] == 1)
table.sort({}, function() return true end)
print("ok table.sort is stable")

assert(("key = value"):match("^%s*(%w+)%s*=%s*(%w+)%s*$") == "key")
assert(("a,b,c"):gsub(",", ";") == "a;b;c" and ("x"):rep(3, "-") == "x-x-x")
assert((""):rep(1e15) == "")
local ok, err = pcall(string.find, ("a"):rep(26), ("a-"):rep(9) .. "b")
assert(not ok and err:find("may take too long"))
ok, err = pcall(string.rep, "x", -1)
assert(ok and err == "")
ok, err = pcall(table.move, {}, 1, 1 << 40, 2)
assert(not ok and err:find("more than"))
print("ok strings, with a cap on patterns")

local co = coroutine.wrap(function(n)
  for i = 1, n do coroutine.yield(i) end
  return "end"
end)
assert(co(2) == 1 and co() == 2 and co() == "end")
local dead, why = pcall(co)
assert(not dead and why:find("dead coroutine"))
local th = coroutine.create(function() error({ code = 3 }) end)
local good, obj = coroutine.resume(th)
assert(not good and obj.code == 3 and coroutine.status(th) == "dead")
co = coroutine.wrap(function() return pcall(coroutine.yield, 5) end)
assert(co() == 5)
local r, v = co(6)
assert(r == true and v == 6, "a yield across pcall")
local m = machine{ ram = "256K" }
co = coroutine.wrap(function()
  local t = m:task("in a coroutine")
end)
assert(pcall(co) == false or m.tasks["in a coroutine"])
print("ok coroutines")

local n, args = select("#", ...), { ... }
assert(n == 2 and args[1] == "one" and args[2] == "2", "arguments are strings")
print("ok arguments")
