-- SPDX-License-Identifier: GPL-2.0-only
-- What the OOM killer looks at: who a process is, how long it has worked, what it takes.
local m = machine{ kernel = "2.6.16", ram = "1M", swap = 0 }
local t = m:task{ name = "cron", nice = 5, root = true }
assert(t.name == "cron" and t.nice == 5 and t.root and t.rawio and t.oom_adj == 0)
local x = m:task{ name = "X", rawio = true }
assert(x.rawio and not x.root and x.nice == 0 and x.parent == nil)
assert(not m:task{ name = "su", root = true, rawio = false }.rawio)
local u = m:task("user")
assert(not u.root and not u.rawio and u.nice == 0)
for _, e in ipairs{ { {} , "name" }, { { name = "a", nice = 20 }, "from %-20 to 19" },
                    { { name = "a", user = "root" }, "user" } } do
  local ok, err = pcall(m.task, m, e[1])
  assert(not ok and tostring(err):find(e[2]), tostring(err))
end
print("ok who a process is")

for _, p in ipairs{ t, x, u } do p:mmap{ len = "400K" } end -- a hundred pages each
assert(t.badness == 12, "doubled, and quartered twice")
assert(x.badness == 25 and u.badness == 100)
u:renice(1)
assert(u.badness == 200 and u.nice == 1)
u:oom_adjust(-3)
assert(u.badness == 25 and u.oom_adj == -3)
assert(select(2, pcall(u.oom_adjust, u, 16)).errno == "EINVAL")
local old = machine{ kernel = "2.6.0" }:task("old")
assert(select(2, pcall(old.oom_adjust, old, 1)).errno == "ENOSYS")
print("ok badness")

u:oom_adjust(0)
u:renice(0)
local now, worked = m.now, u.cpu_time
u:compute("80s")
assert(m.now - now >= 80 * 10 ^ 9 and u.cpu_time - worked >= 80 * 10 ^ 9)
assert(u.badness == 33, "80 s are nine times eight, and the root of nine is three")
local k = u:fork("child")
assert(k.parent == u.pid and k.cpu_time < 10 ^ 6 and k.start_time >= now + 80 * 10 ^ 9)
assert(k.badness == 100 and u.badness == (100 + 51) // 3, "half of a child is its parent's")
print("ok work and children")

local a = u:mmap{ len = "2M" }
x:oom_adjust(-17)
local ok, err = pcall(u.touch, u, a, "2M", "w")
assert(pcall(function() return x.rss end), "never chosen")
assert(not pcall(function() return k.rss end), "the child of the worst is the first to go")
assert(not ok and err.signal == "SIGKILL", "and then it is the worst itself")
assert(m.counters.oom_kills >= 2 and m:check())
print("ok who dies")

-- 2.5.27 does not ask whether an area fits. Who runs swapoff is one of those who may be killed.
local full = machine{ kernel = "2.5.27", ram = "1M", swap = "2M" }
local shm = full:shmem{ name = "shm", size = "1400K" }
for i = 0, 349 do shm:write(i * 4096, i) end
local large = full:task("large")
large:mmap{ len = "2M" }
local root = full:task{ name = "root", root = true }
root:mmap{ len = "64K" }
ok, err = pcall(full.swapoff, full, 0, { task = root })
assert(not ok and tostring(err) == "SIGKILL: root was killed: out of memory", tostring(err))
assert(not pcall(function() return large.rss end) and full.swap[0].swapoff == nil)
ok, err = pcall(full.swapoff, full, 0)
assert(not ok and tostring(err) == "SIGKILL: swapoff was killed: out of memory", tostring(err))
ok, err = pcall(full.swapoff, full, 0, { task = root })
assert(not ok and err.errno == "ESRCH", tostring(err))
assert(full.counters.oom_kills == 3 and full.swap[0].used > 0 and full:check())
for i = 0, 349 do assert(shm:read(i * 4096) == i) end
print("ok who runs swapoff")
