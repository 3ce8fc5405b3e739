#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rmaplab experiment: the list, bad usage, what is printed, files that are there whole or not at
# all, experiments that do not hold or are no experiments.

. tests/tap.sh

# says NAME STATUS PATTERN ARGUMENTS...: that status, one line on stderr that fits, no output.
says() {
	name=$1 want=$2 pattern=$3
	shift 3
	run_limited 60 "$RMAPLAB" experiment "$@"
	is "$name: status" "$status" "$want"
	like "$name: message" "$err" "^rmaplab: $pattern$"
	is "$name: one line, nothing printed" "$(printf '%s\n' "$err" | wc -l)$out" 1
}

run_limited 60 "$RMAPLAB" experiment
is "the list: status" "$status$err" 0
names=$(printf '%s\n' "$out" | cut -d' ' -f1)
is "the list: the files there are, one a line" "$names" \
	"$(for f in scripts/experiments/*.lua; do basename "$f" .lua; done)"
is "the list: each with what it is about" \
	"$(printf '%s\n' "$out" | grep -cE '^[a-z-]+ +[^ ].*')" "$(printf '%s\n' "$names" | wc -l)"

# -- usage ----------------------------------------------------------------------------------------
says "an unknown name lists the known" 2 \
	"there is no experiment x; there are: $(echo $names)" x
says "two names" 2 "experiment: one at a time, not also b" anon-vma-chain b
says "an option alone" 2 "experiment: which one\? .*" --json
says "an unknown option" 2 "experiment: there is no option --foo; see rmaplab --help" --foo
says "an option without its value" 2 "experiment: option --svg needs a value" anon-vma-chain --svg
says "a name that climbs" 2 "there is no experiment \.\./lib/show; .*" ../lib/show

# -- what comes out -------------------------------------------------------------------------------
mkdir "$tmp/svg"
run_limited 60 "$RMAPLAB" experiment anon-vma-chain --svg "$tmp/svg/a.svg"
is "text: status" "$status$err" 0
like "text: the claim, its figure, what is expected" "$out" \
	'^  child-2\.6\.16 +500\.5 vmas +500\.5  holds$'
like "text: its source" "$out" '^      \(2\.6\.34, commit 5beb49305251: Rik van Riel\)$'
like "text: the set-up" "$out" '^  A process with two pages of anonymous memory forks'
like "text: the points" "$out" '^ +1000 +500\.5 +1$'
like "text: the plot" "$out" '^ +100 \|.*\.\.\.'
is "text: 80 columns" "$(printf '%s\n' "$out" | awk 'length($0) > 80')" ""
is "svg: this file and no other" "$(ls "$tmp/svg")" a.svg
like "svg: it is one" "$(cat "$tmp/svg/a.svg")" '^<svg xmlns="http://www.w3.org/2000/svg"'
is "svg: each series is drawn" "$(grep -c '<polyline' "$tmp/svg/a.svg")" 2
is "svg: its end is there" "$(tail -1 "$tmp/svg/a.svg")" "</svg>"

run_limited 60 "$RMAPLAB" experiment --json anon-vma-chain
is "json: status, one line" "$status$err $(printf '%s\n' "$out" | wc -l)" "0 1"
claim='"name": "[^"]*", "figure": [0-9.]+, "expected": [0-9.]+, "tolerance": [0-9.]+'
claim="\\{$claim, \"holds\": (true|false)\\}"
like "json: the contract" "$out" \
	"^\\{\"name\": \"anon-vma-chain\", \"claims\": \\[$claim(, $claim)*\\]\\}\$"
first=$out
run_limited 60 "$RMAPLAB" experiment anon-vma-chain --json
is "json: the same again" "$out" "$first"

says "svg: no such folder" 1 "cannot write $tmp/none/a.svg: No such file or directory" \
	anon-vma-chain --json --svg "$tmp/none/a.svg"
if [ -w /dev/full ]; then
	"$RMAPLAB" experiment anon-vma-chain >/dev/full 2>"$tmp/err"
	is "a full disk" "$? $(cut -c1-30 "$tmp/err")" "1 rmaplab: cannot write the outp"
else
	skip "a full disk" "no /dev/full"
fi

# -- files of one's own ---------------------------------------------------------------------------
mkdir -p "$tmp/data/scripts/experiments"
cp -r scripts/lib "$tmp/data/scripts/"
RMAPLAB_DATA=$tmp/data
export RMAPLAB_DATA

# new NAME TEXT: an experiment of that text between the braces, beside the usual fields.
new() {
	cat >"$tmp/data/scripts/experiments/$1.lua" <<-END
	return { id = "$1", title = "T", setup = "S",
	  claims = { { name = "c", claim = "C & D", source = "<S>",
	    expected = 2, tolerance = 0.5 } },
	  $2 }
	END
}

new holds 'run = function(x) x:figure("c", 2.5) end'
run_limited 20 "$RMAPLAB" experiment holds
is "at the edge of the tolerance it holds" "$status" 0
new fails 'run = function(x) x:figure("c", 2.51) end'
run_limited 20 "$RMAPLAB" experiment fails --json
is "what does not hold: status" "$status" 1
like "what does not hold: JSON" "$out" \
	'"figure": 2.51, "expected": 2, "tolerance": 0.5, "holds": false'
run_limited 20 "$RMAPLAB" experiment fails --svg "$tmp/fails.svg"
like "what does not hold: text" "$out" '^  c +2\.51 +2 \+- 0\.5  DOES NOT HOLD$'
like "svg without points: the claims" "$(cat "$tmp/fails.svg")" '>does not hold</text>'

new cases 'cases = { { name = "one", n = 1 }, { name = "two", n = 40, all = true } },
  run = function(x, case) leaked = leaked or case.n; x:keep(case.name, leaked) end,
  finish = function(x) x:figure("c", x.all and x:kept("two") / 20 or x:kept("one")) end'
run_limited 20 "$RMAPLAB" experiment cases
is "cases: only one without --all" "$status" 1
run_limited 20 "$RMAPLAB" experiment cases --all
is "cases: each is a session of its own, and finish sees what they kept" "$status" 0

new nothing 'run = function(x) end'
says "a figure that nobody counted" 1 "experiment nothing: nobody counted the figure of c" nothing
new raises 'run = function(x) error("because") end'
says "an error of the script" 1 "experiment raises: .*raises.lua:4: because" raises
new endless 'run = function(x) while true do end end'
says "an endless loop" 1 ".*stopped after 20000000 Lua instructions.*" endless
new other 'run = function(x) x:figure("d", 1) end'
says "a figure without a claim" 1 ".*figure: there is no claim 'd'" other
new nan 'run = function(x) x:figure("c", 0/0) end'
says "no number" 1 ".*figure c: expected a finite number, got -?nan" nan
new key 'run = function(x) end, wrong = 1'
says "a field there is no use for" 1 "experiment key: the file's table has no use for 'wrong'" key
new norun 'finish = function(x) end'
says "without a run" 1 "experiment norun: the file's table: 'run' is missing" norun
echo 'return 1' >"$tmp/data/scripts/experiments/one.lua"
says "no table" 1 "experiment \?: the file's table must be a table" one
echo 'return io' >"$tmp/data/scripts/experiments/io.lua"
says "the sandbox" 1 "experiment \?: the file's table must be a table" io
rm "$tmp/data/scripts/experiments/"*.lua

# An interrupted run leaves nothing: no file, no part of one, no output.
new slow 'run = function(x)
    local m = machine{ ram = "1M", events = false }
    while true do m:tick("1ms") end
  end'
"$RMAPLAB" experiment slow --svg "$tmp/slow.svg" >"$tmp/slow.out" 2>&1 &
pid=$!
while [ "$(cat "/proc/$pid/comm")" != rmaplab ]; do :; done
kill -TERM "$pid"
wait "$pid" 2>/dev/null
is "interrupted: nothing is left" "$(ls "$tmp" | grep slow)$(cat "$tmp/slow.out")" slow.out
