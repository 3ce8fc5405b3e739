-- SPDX-License-Identifier: GPL-2.0-only
--
-- Lessons: what each input does to a lesson that is being stepped. The lesson's own file is a
-- table (lessons/README.md); here is the walk through its steps:
--
--      say     -- next: its action -->  the next step
--      ask     -- [next: its action -->] question -- right answer, next -->  the next step
--      task    -- [next: its action -->] task -- the check is content, next -->  the next step
--
-- The host calls the functions of the table at the end, one for each input.
local host = ...
local env = host.env
local type, tostring, tonumber, ipairs, pairs = type, tostring, tonumber, ipairs, pairs
local error, pcall, assert, format, concat = error, pcall, assert, string.format, table.concat

local SAY, ASK, TASK, DONE = 0, 1, 2, 3
local WRONG = "No, that is not it. Look again, or ask for a hint."

local lesson       -- the table of the file
local m, x         -- its machine; what its functions share
local at = {}      -- step, wait, right, reply, hints_shown, performed

-- -- form ---------------------------------------------------------------------------------------

local STEP_KEYS = {
  say = "string function", ask = "string function", task = "string function",
  action = "function", look = "table function", pick = "string", answer = "any",
  replies = "table", hints = "table", check = "function", solution = "string",
  right = "string", wrong = "string",
}
local LESSON_KEYS = {
  id = "string", title = "string", chapter = "string", kernel = "string", source = "string",
  goals = "table", machine = "table", setup = "function", steps = "table", kernels = "table",
}
local REPLY_KEYS = { when = "any", say = "string", like = "any" }

local function bad(step, text)
  local where = lesson and lesson.id and "lesson " .. tostring(lesson.id) or "lesson"
  if step then where = where .. ", step " .. step end
  error(where .. ": " .. text, 0)
end

local function check_keys(t, keys, step, what)
  if type(t) ~= "table" then bad(step, what .. " must be a table") end
  for key, value in pairs(t) do
    local kinds = keys[key]
    if not kinds then bad(step, what .. " has no use for '" .. tostring(key) .. "'") end
    if kinds ~= "any" and not kinds:find(type(value), 1, true) then
      bad(step, what .. "'s " .. key .. " must be a " .. kinds:gsub(" ", " or a "))
    end
  end
end

local function need(t, step, ...)
  for _, key in ipairs{ ... } do
    if t[key] == nil then bad(step, "'" .. key .. "' is missing") end
  end
end

local answers -- the kinds of answer, below

local function check_step(i, step)
  check_keys(step, STEP_KEYS, i, "the step")
  if step.ask then
    need(step, i, "pick", "answer")
    if not answers[step.pick] then bad(i, "pick must not be '" .. step.pick .. "'") end
  elseif step.task then
    need(step, i, "check", "solution")
  else
    need(step, i, "say")
  end
  for _, reply in ipairs(step.replies or {}) do
    check_keys(reply, REPLY_KEYS, i, "a reply")
    need(reply, i, "when", "say")
  end
end

local function check_form(t)
  lesson = t
  check_keys(t, LESSON_KEYS, nil, "the file's table")
  need(t, nil, "id", "title", "chapter", "kernel", "source", "goals", "steps")
  for _, name in ipairs(t.kernels or {}) do
    if not env.kernels[name] then bad(nil, "there is no kernel '" .. tostring(name) .. "'") end
  end
  if #t.steps == 0 then bad(nil, "there are no steps") end
  for i, step in ipairs(t.steps) do check_step(i, step) end
end

-- -- text ---------------------------------------------------------------------------------------

-- {name} and {name.field} become the value that x or a global has; {name:x} in hex.
local function fill(text)
  return (text:gsub("{([%a_][%w_%.]*):?(x?)}", function(path, hex)
    local value
    for part in path:gmatch("[^.]+") do
      if value == nil then
        value = x[part]
        if value == nil then value = env[part] end
      else
        value = value[part]
      end
    end
    if value == nil then bad(at.step, "the text names {" .. path .. "}, which is nil") end
    return hex == "x" and format("0x%x", value) or tostring(value)
  end))
end

-- A value of a step that may be a function of the machine.
local function value_of(v)
  if type(v) == "function" then return v(m, x) end
  return v
end

-- Lines of one paragraph become one line; a blank line, or one that is indented, stands apart.
local function paragraphs(text)
  local lines, open = {}, false
  for line in (fill(text) .. "\n"):gmatch("(.-)\n") do
    local words = line:gsub("%s+$", "")
    if words == "" then
      open = false
    elseif open and not words:find("^%s") then
      lines[#lines] = lines[#lines] .. " " .. words
    else
      lines[#lines + 1] = words
      open = not words:find("^%s")
    end
  end
  return concat(lines, "\n")
end

local function text_of(v)
  return v and paragraphs(value_of(v))
end

-- -- answers ------------------------------------------------------------------------------------

local function trim(text)
  return text:match("^%s*(.-)%s*$")
end

local SIZES = { K = 1024, M = 1024 ^ 2 // 1, G = 1024 ^ 3 // 1 }

local function number(text)
  local digits, unit = trim(text):match("^(%w-)([KMG]?)$")
  local n = digits and tonumber(digits)
  if n and unit ~= "" then n = n * SIZES[unit] end
  return n and n == n // 1 and n // 1 | 0
end

local function task_named(text)
  for _, t in pairs(m.tasks) do
    if m.tasks[_].name == text or tostring(m.tasks[_].pid) == text then return m.tasks[_] end
  end
end

local function look_of(step)
  return value_of(step.look) or {}
end

-- "c1 0x40002000"; what is left out is what the step looks at.
local function task_and_address(text, step)
  local look, task, address = look_of(step), nil, nil
  for word in text:gmatch("%S+") do
    local t = task_named(word)
    if t and not number(word) then task = t else address = number(word) or address end
    if not t and not number(word) then return nil, "There is no process " .. word .. "." end
  end
  if not task and type(look.task) == "string" then
    task = task_named(look.task)
  end
  task = task or look.task
  address = address or look.address
  if not (task and address) then
    return nil, "Please give a process and an address: init 0x40000000."
  end
  return { task = task, address = address }
end

local function same_entry(shift)
  return function(a, b)
    return a.task.pid == b.task.pid and a.address >> shift == b.address >> shift
  end
end

local function entry_text(a)
  return a.task.name .. " " .. format("0x%x", a.address)
end

local function words(text)
  local list = {}
  for word in tostring(text):gmatch("[^%s,]+") do list[#list + 1] = word end
  return list
end

local function item_text(v)
  if type(v) == "userdata" then return v.name or tostring(v.pfn) end
  return tostring(v)
end

local function list_text(list)
  local out = {}
  for i, v in ipairs(list) do out[i] = item_text(v) end
  return concat(out, " ")
end

local function same_text(a, b)
  return trim(tostring(a)):lower() == trim(tostring(b)):lower()
end

-- Each kind of answer: text to value, equality, value to text, how the person is told what to give.
answers = {
  number = {
    parse = function(text) return number(text), "Please give a number: 42, 0x2a or 64K." end,
    same = function(a, b) return a == b end,
    text = tostring,
  },
  page = {
    parse = function(text)
      local pfn = number(trim(text):gsub("^page%s+", "") .. "")
      return pfn and m:page(pfn) and pfn, "Please give the number of a page of this machine."
    end,
    same = function(a, b) return a == b end,
    text = tostring,
  },
  task = {
    parse = function(text) return task_named(trim(text)), "Please give the name of a process." end,
    same = function(a, b) return a.pid == b.pid end,
    text = function(a) return a.name end,
  },
  pte = { parse = task_and_address, same = same_entry(12), text = entry_text },
  pde = { parse = task_and_address, same = same_entry(22), text = entry_text },
  name = {
    parse = function(text) return trim(text) ~= "" and trim(text), "Please give a word." end,
    same = same_text,
    text = tostring,
  },
  order = {
    parse = function(text)
      local list = words(text)
      return #list > 0 and list, "Please give them in order: init c1 c2."
    end,
    same = function(a, b) return same_text(list_text(a), list_text(b)) end,
    text = list_text,
  },
}

-- What a lesson's author may write for a value of that kind.
local function normal(pick, v)
  if type(v) == "userdata" and pick == "page" then return v.pfn end
  if type(v) == "string" and (pick == "task" or pick == "number") then
    return (answers[pick].parse(v))
  end
  if (pick == "pte" or pick == "pde") and type(v) == "table" and type(v.task) == "string" then
    return { task = task_named(v.task), address = v.address }
  end
  return v
end

local function expected(step)
  local v = normal(step.pick, value_of(step.answer))
  if v == nil then bad(at.step, "the answer is nil") end
  return v
end

-- -- the view -----------------------------------------------------------------------------------

local function goals()
  local lines = { "That was the last step of this lesson. You can now:" }
  for _, goal in ipairs(lesson.goals) do lines[#lines + 1] = "  - " .. goal end
  return concat(lines, "\n")
end

-- Where to look is set when a step is entered and when its question comes, not after each chunk:
-- in between the person may look elsewhere.
local function show()
  local step = lesson.steps[at.step]
  local asked = at.wait == ASK or at.wait == TASK
  local look = at.look_due and (step and value_of(step.look) or {}) or nil
  at.look_due = false
  host.view{
    id = lesson.id, title = lesson.title, chapter = lesson.chapter, source = lesson.source,
    step = step and at.step or #lesson.steps, steps = #lesson.steps, wait = at.wait,
    text = step and at.text or goals(),
    question = asked and at.question or nil,
    pick = at.wait == ASK and step.pick or nil,
    reply = at.reply, right = at.right,
    hints = step and #(step.hints or {}) or 0, hints_shown = at.hints_shown,
    look = look,
  }
end

-- Show what waits behind the step's action: the question or the task.
local function ask(step)
  at.wait = step.ask and ASK or TASK
  at.look_due = true
  at.question = text_of(step.ask or step.task)
end

local function enter(n)
  local step = lesson.steps[n]
  at = { step = n, wait = SAY, hints_shown = 0, right = false, look_due = true }
  if not step then
    at.wait = DONE
    return
  end
  at.text = text_of(step.say) or ""
  if (step.ask or step.task) and not step.action then ask(step) end
end

local function perform(step)
  if step.action then step.action(m, x) end
end

local function advance()
  local step = lesson.steps[at.step]
  if at.wait == SAY and (step.ask or step.task) then
    perform(step)
    ask(step)
  elseif at.wait == SAY then
    perform(step)
    enter(at.step + 1)
  else
    enter(at.step + 1)
  end
end

-- -- one function for each input -----------------------------------------------------------------

local run = {}

function run.open(t, file)
  if type(t) ~= "table" then error(file .. ": a lesson's file must return a table", 0) end
  check_form(t)
  x = {}
  at = { step = 1, wait = SAY, hints_shown = 0, right = false, text = "" }
  host.view{
    id = t.id, title = t.title, chapter = t.chapter, source = t.source, step = 1,
    steps = #t.steps, wait = SAY, text = "", hints = 0, hints_shown = 0,
  }
end

-- A lesson on what only some kernels have says so in `kernels`; --kernel may ask for another.
local function check_kernel()
  if not lesson.kernels then return end
  for _, name in ipairs(lesson.kernels) do
    if name == m.kernel.name then return end
  end
  bad(nil, format("it is not about kernel %s, but about %s", m.kernel.name,
                  table.concat(lesson.kernels, ", ")))
end

function run.start()
  local config = { kernel = lesson.kernel }
  for key, value in pairs(lesson.machine or {}) do config[key] = value end
  m, x = env.machine(config), {}
  check_kernel()
  env.m, env.x = m, x
  if lesson.setup then lesson.setup(m, x) end
  enter(1)
  show()
end

-- Is the task done? Else what still differs.
local function task_state(step)
  local done, differs = step.check(m, x)
  if done then return true end
  return false, differs or "Not yet."
end

run["next"] = function()
  local step = lesson.steps[at.step]
  if at.wait == DONE then return end
  if at.wait == TASK and not at.right then
    at.right, at.reply = task_state(step)
  end
  if at.wait == ASK and not at.right then
    at.reply = "Answer the question first, or ask for the solution."
  elseif at.wait ~= TASK or at.right then
    advance()
  end
  show()
end

local function matches(reply, step, a)
  if type(reply.when) == "function" then return reply.when(a, m, x) end
  return answers[step.pick].same(a, normal(step.pick, reply.when))
end

local function judge(step, text)
  local a, help = answers[step.pick].parse(text, step)
  if not a then return false, help end
  if answers[step.pick].same(a, expected(step)) then
    return true, paragraphs(step.right or "Right.")
  end
  for _, reply in ipairs(step.replies or {}) do
    if matches(reply, step, a) then return false, paragraphs(reply.say) end
  end
  return false, paragraphs(step.wrong or WRONG)
end

function run.answer(text)
  local step = lesson.steps[at.step]
  if at.wait ~= ASK then
    at.reply = "There is no question to answer here."
  elseif not at.right then
    at.right, at.reply = judge(step, text or "")
  end
  show()
end

function run.hint()
  local step = lesson.steps[at.step]
  local hints = step and step.hints or {}
  if at.hints_shown < #hints then
    at.hints_shown = at.hints_shown + 1
    at.reply = format("Hint %d of %d: %s", at.hints_shown, #hints,
                      paragraphs(value_of(hints[at.hints_shown])))
  elseif #hints > 0 then
    at.reply = "There are no more hints; ask for the solution."
  else
    at.reply = "There are no hints here."
  end
  show()
end

local function solve_task(step)
  host.compile(step.solution, "=solution")()
  at.right, at.reply = task_state(step)
  if at.right then at.reply = "Done." end
end

function run.solution()
  local step = lesson.steps[at.step]
  if at.wait == ASK then
    at.right = true
    at.reply = "The answer is " .. answers[step.pick].text(expected(step)) .. "."
  elseif at.wait == TASK and not at.right then
    host.tell(step.solution)
    solve_task(step)
  end
  show()
end

function run.chunk()
  if at.wait == TASK and not at.right then
    at.right, at.reply = task_state(lesson.steps[at.step])
    if at.right then at.reply = "Done." end
  end
  if m then show() end
end

-- From the start (the host has just begun anew) to the step of that number.
function run.jump(text)
  local n = number(text or "") or 1
  if n < 1 or n > #lesson.steps then
    error(format("lesson %s has steps 1 to %d", lesson.id, #lesson.steps), 0)
  end
  while at.step < n do
    local step = lesson.steps[at.step]
    if at.wait == TASK then solve_task(step) end
    advance()
  end
  show()
end

-- -- lesson --check -----------------------------------------------------------------------------

local candidates = {}

function candidates.page()
  local list = {}
  for pfn = 0, m.frames - 1 do list[#list + 1] = pfn end
  return list
end

function candidates.task()
  local list = {}
  for i in pairs(m.tasks) do list[#list + 1] = m.tasks[i] end
  return list
end

-- Every page of every mapping, and one address for each page table there could be.
function candidates.pte()
  local list = {}
  for _, task in ipairs(candidates.task()) do
    for _, vma in ipairs(task.mm and task.vmas or {}) do
      for address = vma.start, vma.stop - 1, 4096 do
        list[#list + 1] = { task = task, address = address }
      end
      list[#list + 1] = { task = task, address = vma.stop }
    end
    for address = 0, 0xbfc00000, 0x400000 do
      if task.mm then list[#list + 1] = { task = task, address = address } end
    end
  end
  return list
end
candidates.pde = candidates.pte

function candidates.number()
  local list = {}
  for n = 0, 4096 do list[#list + 1] = n end
  for pfn = 0, m.frames - 1 do list[#list + 1] = pfn << 12 end
  for _, a in ipairs(candidates.pte()) do
    local pte = a.task:pte(a.address)
    if pte then list[#list + 1] = pte.raw end
  end
  return list
end

-- A text that this reply, and none before it, is for.
local function example_of(step, reply)
  local kind = answers[step.pick]
  local list = { reply.when }
  if reply.like ~= nil then
    list = { normal(step.pick, value_of(reply.like)) }
  elseif type(reply.when) == "function" then
    list = candidates[step.pick] and candidates[step.pick]() or {}
  else
    list = { normal(step.pick, reply.when) }
  end
  for _, a in ipairs(list) do
    if matches(reply, step, a) then
      local right, said = judge(step, kind.text(a))
      if not right and said == paragraphs(reply.say) then return kind.text(a) end
    end
  end
end

-- A mistake that can be made on the lesson's kernel need not be one on another.
local function check_reply(n, step, i, reply)
  local text = example_of(step, reply)
  if not text and m.kernel.name ~= lesson.kernel then return end
  if not text then
    bad(n, format("reply %d is never given: no answer was found that it is for (like= names one)",
                  i))
  end
  run.answer(text)
  if at.right or at.reply ~= paragraphs(reply.say) then
    bad(n, format("reply %d is not given to '%s'", i, text))
  end
end

local function check_ask(n, step)
  local seen = { [step.wrong or WRONG] = "the general one" }
  for i, reply in ipairs(step.replies or {}) do
    local said = paragraphs(reply.say)
    if seen[said] then bad(n, format("reply %d says the same as %s", i, seen[said])) end
    seen[said] = "reply " .. i
    check_reply(n, step, i, reply)
  end
  local text = answers[step.pick].text(expected(step))
  run.answer(text)
  if not at.right then bad(n, "the right answer '" .. text .. "' is not accepted: " .. at.reply) end
end

local function check_task(n, step)
  local done, differs = step.check(m, x)
  if done then bad(n, "the task is done before anybody did anything") end
  if type(differs) ~= "string" then bad(n, "the check does not say what still differs") end
  solve_task(step)
  if not at.right then bad(n, "the solution does not do it: " .. tostring(at.reply)) end
end

local function check_hints(n, step)
  for i = 1, #(step.hints or {}) do
    run.hint()
    if at.hints_shown ~= i then bad(n, "hint " .. i .. " cannot be reached") end
  end
end

function run.check()
  local n = at.step
  local step = lesson.steps[n]
  if not step then return end
  local ok, err = pcall(function()
    if at.wait == SAY and (step.ask or step.task) then advance() end
    if at.wait == SAY then return end
    check_hints(n, step)
    if at.wait == ASK then check_ask(n, step) else check_task(n, step) end
  end)
  if not ok and tostring(err):find("^lesson ") then error(err, 0) end
  if not ok then bad(n, tostring(err)) end
  show()
end

return run
