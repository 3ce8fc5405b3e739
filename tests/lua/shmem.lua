-- SPDX-License-Identifier: GPL-2.0-only
-- Shared memory: objects, shared anonymous mappings, and what m.files says of them.

for name in pairs(kernels) do
  local m = machine{ kernel = name, ram = "1M", swap = "4M", seed = 1 }
  local s = m:shmem{ size = "64K", name = "segment" }
  assert(s.shmem and s.name == "segment" and s.size == 65536 and s.pages == 0)
  assert(tostring(s) == "shmem 1 (segment)")
  assert(not m:file{ name = "data", size = "4K" }.shmem)
  local t = m:task("one")
  local a = t:mmap{ len = "64K", file = s, shared = true }
  t:touch(a, "64K", "w")
  s:write(4096, 77)
  assert(t:read(a + 4096) == 77 and s.pages == 16 and s.swapped == 0)
  assert(t:page(a).mapping.inode == s.inode)

  local b = t:mmap{ len = "16K", shared = true }
  local k = t:fork("two")
  t:write(b, 5)
  assert(k:read(b) == 5 and #m.files == 3 and m.files[3].name == "dev/zero")
  t:munmap(b, "16K")
  assert(k:read(b) == 5)
  k:exit()
  assert(#m.files == 2)
  t:munmap(a, "64K")
  for _ = 1, 20 do
    m:refill(100)
    m:reclaim(100)
    m:tick("100ms")
  end
  assert(s.pages == 0 and s.swapped == 16 and s:read(4096) == 77)
  assert(s.swapped < 16 and m:check())
  local has, n = {}, 0
  for slot = 1, m.swap[0].slots - 1 do
    local v = m.swap[0]:slot(slot)
    assert((v.file == s) == (v.users > 0))
    if v.file then has[v.index], n = true, n + 1 end
  end
  assert(n == 15 and has[0] and not has[1] and has[15], "each page that is out has its slot")
  s:truncate(0)
  assert(s.swapped == 0 and s.pages == 0 and m:check())
end
print("ok shared memory on every kernel")
