-- SPDX-License-Identifier: GPL-2.0-only
-- How the prompt shows a value: tables opened, addresses in hex, a long list cut short.
local type, tostring, format, concat, pairs = type, tostring, string.format, table.concat, pairs

local MAX_ITEMS, MAX_DEPTH = 32, 4
local HEX = { address = true, raw = true, start = true, stop = true, brk = true, start_brk = true }

local show

local function show_table(t, depth)
  if depth > MAX_DEPTH then return "{...}" end
  local parts, n = {}, #t
  for key, value in pairs(t) do
    if #parts == MAX_ITEMS then
      parts[#parts + 1] = "..."
      break
    end
    local text = show(value, depth + 1, key)
    if type(key) == "number" and key >= 1 and key <= n then
      parts[#parts + 1] = text
    elseif type(key) == "string" and key:find("^[%a_][%w_]*$") then
      parts[#parts + 1] = key .. "=" .. text
    else
      parts[#parts + 1] = "[" .. show(key, depth + 1) .. "]=" .. text
    end
  end
  if #parts == 0 then return "{}" end
  return "{ " .. concat(parts, ", ") .. " }"
end

-- An error of the machine, and whatever else knows its own text, shows that.
function show(value, depth, key)
  if type(value) == "string" then return (format("%q", value):gsub("\\\n", "\\n")) end
  if type(value) == "number" and HEX[key] then return format("0x%x", value) end
  if type(value) == "table" and not tostring(value):find("^table %d+$") then
    return tostring(value)
  end
  if type(value) == "table" then return show_table(value, depth) end
  return tostring(value)
end

return function(value)
  if type(value) == "string" then return value end
  return show(value, 1)
end
