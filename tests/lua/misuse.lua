-- SPDX-License-Identifier: GPL-2.0-only
-- Misuse says what was expected and what came, with the script's line.
local m = machine{ ram = "256K" }
local other = machine{ ram = "256K" }
local t = m:task("init")
local a = t:mmap{ len = "16K" }
local f = m:file{ name = "f", size = 4096 }

local cases = {
  { function() machine{ ram = true } end, 'machine: ram: expected a size, such as 4096 or "64K", got true' },
  { function() machine{ ram = "16X" } end, 'got "16X"' },
  { function() machine{ ram = "1K" } end, "machine: ram is between 256K and 4G" },
  { function() machine{ ram = -4096 } end, "got %-4096" },
  { function() machine{ rma = "1M" } end, "machine: there is no option rma=; there are: kernel ram" },
  { function() machine{ kernel = "9.9" } end, 'machine: there is no kernel "9.9"; there are: 2.5.27' },
  { function() machine{ kernel = 5 } end, 'kernel: expected the name of a kernel, such as "2.5.27", got 5' },
  { function() machine{ cpus = 99 } end, "cpus: expected a whole number from 0 to 8, got 99" },
  { function() machine{ errata = { "x" } } end, 'kernel 2.5.27 has no erratum "x"' },
  { function() machine{ errata = 1 } end, "errata: expected a list of names, got 1" },
  { function() machine{ truth = 1 } end, "truth: expected true or false, got 1" },
  { function() machine("x") end, 'options: expected a table {name=value, ...}, got "x"' },
  { function() m:task() end, "task: name: expected a name of 1 to 15 printable characters, got nothing" },
  { function() m:task("") end, 'got ""' },
  { function() m:task("a name that is too long") end, "1 to 15 printable" },
  { function() m.task("x") end, "task: call it on a machine, with a colon, as in m:task%(...%)" },
  { function() t.read(a) end, "read: call it on a task, with a colon, as in t:read%(...%)" },
  { function() t.exit() end, "exit: call it on a task" },
  { function() m:page("x") end, 'page: pfn: expected a whole number from 0 to %d+, got "x"' },
  { function() m:page(1.5) end, "got 1.5" },
  { function() m:file{ name = "x" } end, "file: size: expected a size" },
  { function() m:file{ size = 4096 } end, "file: name: expected a name" },
  { function() m:file("x") end, "file: options: expected a table" },
  { function() m:swapon{} end, "swapon: size: expected a size" },
  { function() m:swapon{ size = "64K", prio = 1 } end, "swapon: there is no option prio=; there are: size priority" },
  { function() m:tick() end, 'tick: how long: expected a time: nanoseconds, or a string such as "10ms", got nothing' },
  { function() m:tick("10 years") end, 'got "10 years"' },
  { function() m:reclaim() end, "reclaim: pages: expected a whole number" },
  { function() m:reclaim("3") end, 'got "3"' },
  { function() m:refill(-1) end, "refill: pages: expected a whole number from 0 to %d+, got %-1" },
  { function() m:page_referenced() end, "page_referenced: page: expected a page of this machine, or its number, got nothing" },
  { function() m:try_to_unmap(64) end, "try_to_unmap: page: expected a whole number from 0 to 63, got 64" },
  { function() m:try_to_unmap(other:page(1)) end, "expected a page of this machine, or its number, got page 1" },
  { function() m:restore() end, "restore: snapshot: expected a snapshot of this machine, from m:snapshot%(%), got nothing" },
  { function() m:events{ kind = "nonsense" } end, 'kind: expected a kind of event; help%("events"%) lists them, got "nonsense"' },
  { function() m:events{ after = 1 } end, "events: there is no option after=; there are: from to kind" },
  { function() m:events(3) end, "events: options: expected a table" },
  { function() m:on("fault") end, "on: what to do: expected a function of one event, got nothing" },
  { function() m:on(7, print) end, "on: kind: expected a kind of event" },
  { function() t:mmap() end, "mmap: options: expected a table" },
  { function() t:mmap{} end, "mmap: len: expected a size" },
  { function() t:mmap{ len = -4096 } end, "mmap: len: expected a size, such as 4096 or \"64K\", got %-4096" },
  { function() t:mmap{ len = 4096, prot = "q" } end, 'mmap: prot: expected letters of "rwx", got "q"' },
  { function() t:mmap{ len = 4096, at = "x" } end, "mmap: at: expected an address from 0 to 0xffffffff" },
  { function() t:mmap{ len = 4096, file = 3 } end, "mmap: file: expected a file of the same machine, got 3" },
  { function() t:mmap{ len = 4096, file = other:file{ name = "g", size = 4096 } } end, "a file of the same machine, got file 1 %(g%)" },
  { function() t:mmap{ len = 4096, shared = "yes" } end, 'shared: expected true or false, got "yes"' },
  { function() t:munmap(a) end, "munmap: length: expected a size" },
  { function() t:munmap(a, -1) end, "munmap: length: expected a size.*got %-1" },
  { function() t:read() end, "read: address: expected an address from 0 to 0xffffffff, got nothing" },
  { function() t:read(1 << 32) end, "got 4294967296" },
  { function() t:read(2.5) end, "got 2.5" },
  { function() t:write(a) end, "write: word: expected a 32%-bit whole number, got nothing" },
  { function() t:write(a, 1 << 32) end, "got 4294967296" },
  { function() t:write(a, "1") end, 'got "1"' },
  { function() t:touch(a, 4096, "x") end, 'touch: mode: expected "r" or "w", got "x"' },
  { function() t:brk() end, "brk: address: expected" },
  { function() t:fork({}) end, "fork: name: expected a name of 1 to 15 printable characters, got a table" },
  { function() t:pte() end, "pte: address: expected" },
  { function() f:read() end, "read: offset: expected a size" },
  { function() f:write(0) end, "write: word: expected a whole number" },
  { function() m.swap[0]:users("x") end, "users: slot: expected a whole number" },
  { function() return m.nonsense end, "a machine has no 'nonsense'; it has: task page file" },
  { function() return t.foo end, "a task has no 'foo'; it has: mmap" },
  { function() m.now = 3 end, 'a machine cannot be changed by assigning to it; help%("machine"%)' },
  { function() return #t end, "a task has no length" },
  { function() return m.swap.x end, "m.swap: expected the number of an area, from 0, got \"x\"" },
  { function() return m.tasks[{}] end, "m.tasks: expected a position or a process's name, got a table" },
  { function() return m.counters.pgfaults end, "there is no counter 'pgfaults'; help%(\"counters\"%) lists them" },
  { function() look{ where = 1 } end, "look: there is no option where=; there are: pane page task" },
  { function() help("nonsense") end, 'there is no help on "nonsense"; help%(%) lists the topics' },
  { function() pairs(3) end, "pairs: argument: expected a table, got 3" },
}
for i, case in ipairs(cases) do
  local ok, e = pcall(case[1])
  e = tostring(e)
  assert(not ok, "case " .. i .. " was allowed: " .. case[2])
  assert(e:find("^tests/lua/misuse.lua:%d+: "), "no line: " .. e)
  assert(e:find(case[2]), "case " .. i .. ": " .. e)
end
print("ok " .. #cases .. " kinds of misuse")

-- Nothing that was refused has changed anything.
assert(m:check() and t:read(a) == 0 and #t.vmas == 1)
print("ok misuse changes nothing")
