-- SPDX-License-Identifier: GPL-2.0-only
--
-- Experiments: the form of their files (scripts/experiments/README.md), and what a file's functions
-- are given. Each case, and the finish, is run in a session of its own: what one leaves behind, in
-- memory too, the next does not see. Numbers go from one to the other by keep and kept.
--
-- The host calls the functions of the table at the end.
local host = ...
local type, tostring, ipairs, pairs, error = type, tostring, ipairs, pairs, error
local setmetatable, tointeger = setmetatable, math.tointeger

local experiment
local claims, cases = {}, {}

-- -- form ---------------------------------------------------------------------------------------

local KEYS = {
  id = "string", title = "string", setup = "string", claims = "table", cases = "table",
  plot = "table", run = "function", finish = "function",
}
local CLAIM_KEYS = {
  name = "string", claim = "string", source = "string", expected = "number",
  tolerance = "number", unit = "string", all = "boolean",
}
local PLOT_KEYS = { x = "string", y = "string", log = "string" }

local function bad(text)
  error("experiment " .. tostring(experiment and experiment.id or "?") .. ": " .. text, 0)
end

local function check_keys(t, keys, what, ...)
  if type(t) ~= "table" then bad(what .. " must be a table") end
  for key, value in pairs(t) do
    if not keys[key] then bad(what .. " has no use for '" .. tostring(key) .. "'") end
    if type(value) ~= keys[key] then
      bad(what .. ": " .. key .. " must be a " .. keys[key])
    end
  end
  for _, key in ipairs{ ... } do
    if t[key] == nil then bad(what .. ": '" .. key .. "' is missing") end
  end
end

local function check_claims(t)
  if #t.claims == 0 then bad("there are no claims") end
  for i, claim in ipairs(t.claims) do
    local what = "claim " .. i
    check_keys(claim, CLAIM_KEYS, what, "name", "claim", "source", "expected", "tolerance")
    if not claim.name:find("^[a-z0-9.-]+$") then bad(what .. ": its name is one word") end
    if claims[claim.name] then bad("two claims are called " .. claim.name) end
    if claim.tolerance < 0 then bad(what .. ": a tolerance is 0 or more") end
    claims[claim.name] = claim
  end
end

local function check_cases(t)
  if t.cases and #t.cases == 0 then bad("an empty list of cases: leave it out") end
  for i, case in ipairs(t.cases or { { name = t.id } }) do
    if type(case) ~= "table" or type(case.name) ~= "string" then
      bad("case " .. i .. " must be a table with a name")
    end
    cases[i] = case
  end
end

local function check_form(t)
  experiment = type(t) == "table" and t or nil
  check_keys(t, KEYS, "the file's table", "id", "title", "setup", "claims", "run")
  check_claims(t)
  check_cases(t)
  if t.plot then
    check_keys(t.plot, PLOT_KEYS, "plot", "x", "y")
    if t.plot.log and not t.plot.log:find("^[xy]+$") then bad("plot: log is x, y or xy") end
  end
end

local function paragraph(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- What the file says before anything is run.
local function announce(t)
  local plot = t.plot or {}
  host.head(t.id, t.title, paragraph(t.setup))
  for _, c in ipairs(t.claims) do
    host.claim(c.name, paragraph(c.claim), c.source, c.unit or "", c.expected, c.tolerance,
               c.all or false)
  end
  for _, case in ipairs(cases) do host.case(case.name, case.all or false) end
  if t.plot then host.plot(plot.x, plot.y, plot.log or "") end
end

-- -- what run and finish get --------------------------------------------------------------------

local function number(value, what)
  if type(value) ~= "number" or value ~= value or value - value ~= 0 then
    error(what .. ": expected a finite number, got " .. tostring(value), 3)
  end
  return value
end

local methods = {}

-- The figure of a claim.
function methods:figure(name, value)
  if not claims[name] then error("figure: there is no claim '" .. tostring(name) .. "'", 2) end
  host.figure(name, number(value, "figure " .. name))
end

-- A point of the plot; those of a series are joined.
function methods:point(series, px, py)
  if type(series) ~= "string" then error("point: the series' name comes first", 2) end
  host.point(series, number(px, "point: x"), number(py, "point: y"))
end

-- A line of text under the table.
function methods:note(text)
  host.note(tostring(text))
end

function methods:keep(key, value)
  host.keep(tostring(key), number(value, "keep " .. tostring(key)))
end

-- What an earlier case kept; an error when none did.
function methods:kept(key)
  local value = host.kept(tostring(key))
  if not value then error("kept: nobody kept '" .. tostring(key) .. "'", 2) end
  return tointeger(value) or value
end

local function new_x(all)
  return setmetatable({ all = all }, { __index = methods })
end

return {
  open = function(main)
    local t = main()
    check_form(t)
    announce(t)
  end,
  -- text: the number of a case, or "finish"; "+" behind it: with all.
  run = function(text)
    local which, all = text:match("^(%w+)(%+?)$")
    local x = new_x(all == "+")
    if which ~= "finish" then return experiment.run(x, cases[tointeger(which)]) end
    if experiment.finish then experiment.finish(x) end
  end,
}
