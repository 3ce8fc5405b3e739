#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The subcommands that need no terminal: exit statuses, one-line errors, options, a full disk, the
# progress file.

. tests/tap.sh

# says NAME STATUS PATTERN ARGUMENTS...: that status, and one line on stderr that fits.
says() {
	name=$1 want=$2 pattern=$3
	shift 3
	run_limited 20 "$RMAPLAB" "$@"
	is "$name: status" "$status" "$want"
	like "$name: message" "$err" "^rmaplab: $pattern$"
	is "$name: one line, nothing printed" "$(printf '%s\n' "$err" | wc -l)$out" 1
}

echo 'print("hello", ...)' >"$tmp/hello.lua"
run_limited 20 "$RMAPLAB" run "$tmp/hello.lua" one --two 3
is "run: arguments reach the script" "$status $out$err" "0 hello	one	--two	3"
printf '#!/usr/bin/env rmaplab\nprint(1)\nerror("here")\n' >"$tmp/script"
run_limited 20 "$RMAPLAB" run "$tmp/script"
is "run: a first line with #!" "$status $out $err" "1 1 rmaplab: $tmp/script:3: here"

says "run without a file" 2 "run: which file\? rmaplab run FILE \[ARG...\]" run
says "no such file" 1 "cannot open $tmp/none: No such file or directory" run "$tmp/none"
says "a folder" 1 "cannot (open|read) $tmp: Is a directory" run "$tmp"
says "an unknown option" 2 "run: there is no option --foo; see rmaplab --help" run --foo x
says "an option without its value" 2 "run: option --kernel needs a value" run --kernel
says "events of no kind" 2 "--events is text or json, not xml" run --events=xml "$tmp/hello.lua"
kernels=$("$RMAPLAB" kernels | cut -d' ' -f1 | tr '\n' ' ')
says "an unknown kernel lists those there are" 2 "there is no kernel 9.9; there are: ${kernels% }" \
	run --kernel 9.9 "$tmp/hello.lua"
says "an unknown kernel for replay" 2 "there is no kernel 9.9; there are: ${kernels% }" \
	replay --kernel=9.9 tests/data/fork32.lk.gz
says "an unknown kernel for lesson --check" 2 "there is no kernel 9.9; there are: ${kernels% }" \
	lesson --kernel 9.9 --check
says "a wrong size" 2 "--ram takes a size such as 16M, not 3X" \
	replay --ram 3X tests/data/fork32.lk.gz
says "a machine that is too small" 2 "replay: ram is between 256K and 4G.*" \
	replay --ram 4K tests/data/fork32.lk.gz
says "a wrong number of cpus" 2 "--cpus takes a number from 1 to 8, not 9" \
	replay --cpus 9 tests/data/fork32.lk.gz
says "replay without a trace" 2 "replay: give one trace.*" replay
says "kernels takes nothing" 2 "kernels takes no arguments, got x" kernels x
says "errata takes nothing" 2 "errata takes no arguments, got x" errata x

# --kernel replaces the kernel of every machine of the run.
echo 'm = machine{ kernel = "no such kernel" }; print(m.kernel.name)' >"$tmp/kernel.lua"
run_limited 20 "$RMAPLAB" run --kernel 2.5.27 "$tmp/kernel.lua"
is "--kernel" "$status $out" "0 2.5.27"
for option in "--kernel 2.5.27" --kernel=2.5.27; do
	# shellcheck disable=SC2086
	run_limited 20 "$RMAPLAB" $option run "$tmp/kernel.lua"
	is "$option before the command" "$status $out" "0 2.5.27"
done
says "an unknown kernel before the command" 2 "there is no kernel 9.9; there are: ${kernels% }" \
	--kernel 9.9 run "$tmp/kernel.lua"
says "without --kernel" 1 ".*there is no kernel \"no such kernel\".*" run "$tmp/kernel.lua"

# Events and print go to stdout in the order in which they happen; JSON is one object a line.
echo 'm = machine{ ram = "256K" }; print("begin"); m:task("x"); print("end")' >"$tmp/events.lua"
run_limited 20 "$RMAPLAB" run --events=text "$tmp/events.lua"
like "--events=text: begin comes first" "$(printf '%s\n' "$out" | head -1)" '^begin$'
like "--events=text: then events" "$(printf '%s\n' "$out" | sed -n 2p)" '^ +[0-9]+ .*'
like "--events=text: end comes last" "$(printf '%s\n' "$out" | tail -1)" '^end$'
like "--events=text: what happened" "$out" 'begins task'
run_limited 20 "$RMAPLAB" run --events=json "$tmp/events.lua"
is "--events=json: objects between the two" "$(printf '%s\n' "$out" | sed '1d;$d' |
	grep -vc '^{.*}$')" 0
is "--events: as many of each" "$(printf '%s\n' "$out" | wc -l)" \
	"$("$RMAPLAB" run --events=text "$tmp/events.lua" | wc -l)"

run_limited 20 "$RMAPLAB" kernels
like "kernels: one row a line, the name first" "$out" '^2\.5\.27 +2002-07-18  [a-z]'
is "kernels: name, date and idea on each line" "$(printf '%s\n' "$out" |
	grep -Evc '^[0-9][^ ]+ +[0-9]{4}-[0-9]{2}-[0-9]{2}  [^ ]')" 0
is "kernels: in order of time" "$(printf '%s\n' "$out" | awk '{ print $2 }' | sort -c 2>&1)" ""

run_limited 20 "$RMAPLAB" errata
like "errata: the name first, who has it, a sentence" "$out" \
	'^goto-removed +[(]linear-v7 linear[)]  a page of shared memory'
is "errata: each line like that" "$(printf '%s\n' "$out" |
	grep -Evc '^[a-z0-9-]+ +[(][^)]+[)]  [a-z][^.]+$')" 0
cat >"$tmp/errata.lua" <<'E'
local known = {}
for name in (...):gmatch("%S+") do
  help(name)
  known[name] = true
end
for _, k in pairs(kernels) do
  for _, list in ipairs{ k.errata, k.own_errata } do
    for _, name in ipairs(list) do assert(known[name], name) end
  end
end
E
names=$(printf '%s\n' "$out" | cut -d' ' -f1)
run_limited 20 "$RMAPLAB" run "$tmp/errata.lua" "$(echo $names)"
is "errata: help knows each, and each of a kernel is there" "$status$err" 0
like "errata: help has the same sentence" "$out" '^max-retries: swapoff gives up after three passes'

# A full disk: status 1 and a reason, for whatever prints.
if [ -w /dev/full ]; then
	yes 'print("a line that is long enough to fill the buffer of a stream sooner or later")' |
		head -200 >"$tmp/long.lua"
	for command in "run $tmp/hello.lua" "run $tmp/long.lua" kernels errata "lesson --list" \
		"lesson --check frames" "replay tests/data/fork32.lk.gz"; do
		# shellcheck disable=SC2086
		"$RMAPLAB" $command >/dev/full 2>"$tmp/err"
		is "a full disk: ${command%% *}" "$? $(cat "$tmp/err")" \
			"1 rmaplab: cannot write the output: No space left on device"
	done
else
	skip "a full disk" "no /dev/full"
fi

# Where the data is.
run_limited 20 env RMAPLAB_DATA="$tmp/nowhere" "$RMAPLAB" run "$tmp/hello.lua"
is "no data: status" "$status" 1
like "no data: message" "$err" "cannot open $tmp/nowhere/scripts/lib/.*: No such file"

# The progress file: kept, damaged, not writable.
export XDG_STATE_HOME="$tmp/state"
mkdir -p "$tmp/state/rmaplab"
printf 'rmaplab progress 1\nframes 12 done\nchain 3 -\n' >"$tmp/state/rmaplab/progress"
run_limited 20 "$RMAPLAB" lesson --list
like "progress: a lesson that is done" "$out" '^frames .*\(done\)'
is "progress: one that is not" "$(printf '%s\n' "$out" | grep -c '^chain.*(done)')" 0
is "progress: nothing to say" "$err" ""
for damage in 'not a progress file' 'rmaplab progress 1
frames twelve done'; do
	printf '%s\n' "$damage" >"$tmp/state/rmaplab/progress"
	run_limited 20 "$RMAPLAB" lesson --list
	is "damaged progress: status" "$status" 0
	like "damaged progress: said once" "$err" \
		"^rmaplab: .*/progress was damaged and is now .*/progress.damaged"
	check "damaged progress: set aside" test -f "$tmp/state/rmaplab/progress.damaged" -a \
		! -e "$tmp/state/rmaplab/progress"
	run_limited 20 "$RMAPLAB" lesson --list
	is "damaged progress: then all is well" "$status $err" "0 "
done
