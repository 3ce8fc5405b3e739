#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Scripts that are wrong or mean harm: status 1, one line on stderr with the line of the script,
# in a few seconds, and what was printed before is there.

. tests/tap.sh

# bad NAME PATTERN <SCRIPT: the error line holds the pattern, and nothing else is on stderr.
bad() {
	cat >"$tmp/s.lua"
	run_limited 20 "$RMAPLAB" run "$tmp/s.lua"
	is "$1: status" "$status" 1
	like "$1: message" "$err" "^rmaplab: $tmp/s.lua:$2"
	is "$1: one line" "$(printf '%s\n' "$err" | wc -l)" 1
	is "$1: what came before is printed" "$(printf '%s\n' "$out" | head -1)" "${3-begin}"
}

bad "syntax error" "2: syntax error near 'is'" "" <<-'EOT'
	print("begin")
	this is not Lua
EOT
bad "run-time error" "2: attempt to index a nil value \(global 'x'\)" <<-'EOT'
	print("begin")
	x.y = 1
EOT
bad "endless loop" "2: stopped after 20000000 Lua instructions without a machine operation" <<-'EOT'
	print("begin")
	while true do end
EOT
bad "endless loop inside pcall" "3: stopped after 20000000" <<-'EOT'
	print("begin")
	while true do
	  pcall(function() while true do end end)
	end
EOT
bad "endless loop in an error handler's place" "3: stopped after 20000000" <<-'EOT'
	print("begin")
	local function f()
	  while true do pcall(f) end
	end
	f()
EOT
bad "endless loop in a coroutine" "2: stopped after 20000000" <<-'EOT'
	print("begin")
	local co = coroutine.wrap(function() while true do end end)
	while true do pcall(co) end
EOT
bad "endless loop in table.sort" "2: stopped after 20000000" <<-'EOT'
	print("begin")
	table.sort({ 1, 2 }, function() while true do end end)
EOT
bad "endless loop in gsub" "2: stopped after 20000000" <<-'EOT'
	print("begin")
	pcall(string.gsub, "x", "x", function() while true do end end)
EOT
bad "endless loop in m:on" "4: stopped after 20000000" <<-'EOT'
	local m = machine{ ram = "256K" }
	print("begin")
	m:on("any", function()
	  while true do end
	end)
	pcall(m.task, m, "x")
EOT
bad "memory bomb, a table" "3: stopped: the script has used its 64 MiB of memory" <<-'EOT'
	print("begin")
	local t = {}
	for i = 1, 1e9 do t[i] = i end
EOT
bad "memory bomb, a string" "3: stopped: the script has used its 64 MiB" <<-'EOT'
	print("begin")
	local s = "x"
	while true do s = s .. s end
EOT
bad "memory bomb inside pcall" "2: stopped: the script has used its 64 MiB" <<-'EOT'
	print("begin")
	while true do pcall(function() local s = ("x"):rep(1e9) end) end
EOT
bad "memory bomb in a coroutine" "2: stopped: the script has used its 64 MiB" <<-'EOT'
	print("begin")
	local co = coroutine.wrap(function() return ("x"):rep(1e9) end)
	while true do pcall(co) end
EOT
bad "deep recursion" "2: stopped: .* in an endless recursion" <<-'EOT'
	print("begin")
	local function f() return 1 + f() end
	f()
EOT
bad "deep recursion in C" "3: C stack overflow" <<-'EOT'
	print("begin")
	local function f()
	  return string.gsub("x", "x", f)
	end
	f()
EOT
bad "pattern bomb" "2: this pattern may take too long on 26 characters" <<-'EOT'
	print("begin")
	local s = ("a"):rep(26):find(("a-"):rep(9) .. "b")
EOT
bad "no io" "2: attempt to index a nil value \(global 'io'\)" <<-'EOT'
	print("begin")
	io.open("/etc/passwd")
EOT
bad "no os" "2: attempt to index a nil value \(global 'os'\)" <<-'EOT'
	print("begin")
	os.execute("true")
EOT
bad "no debug" "2: attempt to index a nil value \(global 'debug'\)" <<-'EOT'
	print("begin")
	debug.sethook()
EOT
bad "no load" "2: attempt to call a nil value \(global 'load'\)" <<-'EOT'
	print("begin")
	load("return 1")
EOT
bad "a failure of the model" "4: SIGSEGV: x cannot read 0x10: nothing is mapped there" <<-'EOT'
	print("begin")
	local m = machine{ ram = "256K" }
	local t = m:task("x")
	t:read(0x10)
EOT

# An error need not be text, and a chunk not source.
echo 'error({ code = 1 })' >"$tmp/s.lua"
run_limited 20 "$RMAPLAB" run "$tmp/s.lua"
is "an error that is a table" "$status $err" \
	"1 rmaplab: error with a value that is no text: a table"
printf '\033LuaS\000\001\002' >"$tmp/s.lua"
run_limited 20 "$RMAPLAB" run "$tmp/s.lua"
is "a binary chunk: status" "$status" 1
like "a binary chunk: message" "$err" "is not Lua text"

# An endless loop in a lesson, inside pcall, is stopped with its line too.
sed 's/^}$//' >"$tmp/loop.lua" <<-'EOT'
	return {
	  id = "loop", title = "t", chapter = "c", kernel = "2.5.27", source = "s", goals = {},
	  machine = { ram = "256K" },
	  steps = {
	    { say = "x", action = function()
	      while true do pcall(function() while true do end end) end
	    end },
	  } }
EOT
run_limited 20 "$RMAPLAB" lesson --check "$tmp/loop.lua"
is "endless loop in a lesson: status" "$status" 1
like "endless loop in a lesson: message" "$err" \
	"lesson loop, step 1: $tmp/loop.lua:6: stopped after"
is "endless loop in a lesson: one line" "$(printf '%s\n' "$err" | wc -l)" 1
