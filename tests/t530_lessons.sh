#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The lessons hold what they promise, and --check finds those that do not.

. tests/tap.sh

run_limited 120 "$RMAPLAB" lesson --check
is "lesson --check: status" "$status" 0
is "lesson --check: nothing on stderr" "$err" ""
for file in lessons/[0-9]*.lua; do
	id=$(sed -n 's/^[ \t]*id = "\(.*\)".*/\1/p' "$file" | head -1)
	like "lesson $id is checked" "$out" "^$id +ok: [0-9]+ steps, [0-9]+ events$"
done

# On every kernel that it says it makes sense on.
for file in lessons/[0-9]*.lua; do
	id=$(sed -n 's/^[ \t]*id = "\(.*\)".*/\1/p' "$file" | head -1)
	about=$(sed -n 's/^[ \t]*kernels = { \(.*\) },$/\1/p' "$file" | tr -d '",')
	for kernel in ${about:-$("$RMAPLAB" kernels | awk '{ print $1 }')}; do
		run_limited 120 "$RMAPLAB" lesson --check --kernel "$kernel" "$file"
		like "lesson $id on $kernel" "$out$err" "^$id +ok: [0-9]+ steps, [0-9]+ events$"
	done
done
run_limited 20 "$RMAPLAB" lesson --check --kernel 2.6.0 anonmm
is "a lesson that is not about a kernel: status" "$status" 1
like "a lesson that is not about a kernel: a line" "$err" \
	'lesson anonmm: it is not about kernel 2.6.0, but about 2.6.7-anonmm$'

run_limited 20 "$RMAPLAB" lesson --list
is "lesson --list: status" "$status" 0
is "lesson --list: a row for each file" "$(printf '%s\n' "$out" | wc -l)" \
	"$(ls lessons/[0-9]*.lua | wc -l)"
like "lesson --list: the name comes first" "$out" '^frames +01 +[0-9]+ steps  The machine'

# A lesson is found by its id, its number and its path.
for name in chain 4 04 lessons/04-who-maps-this-page.lua; do
	run_limited 20 "$RMAPLAB" lesson --check "$name"
	like "lesson --check $name" "$out" '^chain +ok'
done
run_limited 20 "$RMAPLAB" lesson --check no-such
is "no such lesson" "$status $err" \
	"2 rmaplab: there is no lesson no-such; rmaplab lesson --list shows those there are"

# What is wrong with a lesson is named, with the lesson and the step.
#	wrong NAME PATTERN <STEPS
wrong() {
	{
		echo 'return { id = "bad", title = "t", chapter = "c", kernel = "2.5.27",
		source = "s", goals = {}, machine = { ram = "256K" },
		setup = function(m, x) x.t = m:task("t") end,
		steps = {'
		cat
		echo '} }'
	} >"$tmp/bad.lua"
	run_limited 20 "$RMAPLAB" lesson --check "$tmp/bad.lua"
	is "$1: status" "$status" 1
	like "$1" "$err" "^rmaplab: $tmp/bad.lua: lesson bad, $2"
	is "$1: one line" "$(printf '%s\n' "$err" | wc -l)" 1
}

wrong "misspelt key" "step 1: the step has no use for 'sya'" <<-'EOT'
	{ sya = "x" },
EOT
wrong "a step without anything" "step 1: 'say' is missing" <<-'EOT'
	{ look = { pane = "rmap" } },
EOT
wrong "an ask without an answer" "step 2: 'answer' is missing" <<-'EOT'
	{ say = "x" }, { ask = "y?", pick = "number" },
EOT
wrong "an unknown pick" "step 1: pick must not be 'nothing'" <<-'EOT'
	{ ask = "y?", pick = "nothing", answer = 1 },
EOT
wrong "a value of the wrong type" "step 1: the step's hints must be a table" <<-'EOT'
	{ say = "x", hints = "one" },
EOT
wrong "a task that is done already" "step 1: the task is done before anybody did anything" <<-'EOT'
	{ task = "x", check = function() return true end, solution = "x = 1" },
EOT
wrong "a solution that does not do it" "step 1: the solution does not do it: it is 1" <<-'EOT'
	{ task = "x", solution = "y = 1",
	  check = function(m, x) return x.t.pid == 0, "it is 1" end },
EOT
wrong "a check that says nothing" "step 1: the check does not say what still differs" <<-'EOT'
	{ task = "x", check = function() return y == 1 end, solution = "y = 1" },
EOT
wrong "a solution that fails" "step 1: solution:1: .*nil value" <<-'EOT'
	{ task = "x", check = function() return false, "no" end, solution = "nothing()" },
EOT
wrong "two replies alike" "step 1: reply 2 says the same as reply 1" <<-'EOT'
	{ ask = "?", pick = "number", answer = 1, replies = {
	  { when = 2, say = "no" }, { when = 3, say = "no" } } },
EOT
wrong "a reply that another one hides" "step 1: reply 2 is never given" <<-'EOT'
	{ ask = "?", pick = "number", answer = 1, replies = {
	  { when = function(n) return n > 1 end, say = "more" }, { when = 3, say = "three" } } },
EOT
wrong "a foreseen answer that is right" "step 1: reply 1 is never given" <<-'EOT'
	{ ask = "?", pick = "number", answer = 1, replies = { { when = 1, say = "no" } } },
EOT
wrong "a page that is not there" "step 1: the right answer '64' is not accepted" <<-'EOT'
	{ ask = "?", pick = "page", answer = 64 },
EOT
wrong "an action that fails" "step 2: .*bad.lua:6: SIGSEGV" <<-'EOT'
	{ say = "x" }, { say = "y",
	action = function(m, x) x.t:read(0) end },
EOT
wrong "a text with an unknown name" "step 2: the text names \{pfn\}, which is nil" <<-'EOT'
	{ say = "x" }, { say = "page {pfn}" },
EOT
wrong "a step that takes too long" "step 1: takes [0-9]+ ms, over 2000" <<-'EOT'
	{ say = "x", action = function(m) for i = 1, 150 do
	  for j = 1, 6000000 do end
	  m:tick(1)
	end end },
EOT

echo 'return 5' >"$tmp/five.lua"
run_limited 20 "$RMAPLAB" lesson --check "$tmp/five.lua"
is "a file that is no lesson" "$status $err" \
	"1 rmaplab: $tmp/five.lua: a lesson's file must return a table"
