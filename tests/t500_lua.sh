#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The Lua API, from Lua: each file of tests/lua prints `ok NAME` for what holds and stops with an
# error, and so with status 1, at the first thing that does not.

. tests/tap.sh

for file in tests/lua/*.lua; do
	base=${file##*/}
	run_limited 60 "$RMAPLAB" run "$file" one 2
	printf '%s\n' "$out" | sed -n 's/^ok //p' >"$tmp/names"
	while read -r name; do ok "${base%.lua}: $name"; done <"$tmp/names"
	[ "$status" -eq 0 ] || not_ok "${base%.lua}: status $status" "$err"
	[ -s "$tmp/names" ] || not_ok "${base%.lua}: nothing was tested"
	is "${base%.lua}: nothing on stderr" "$err" ""
done

# The same output twice: nothing of the host shows.
run_limited 60 "$RMAPLAB" run --events=json tests/lua/page.lua
cp "$tmp/out" "$tmp/first"
run_limited 60 "$RMAPLAB" run --events=json tests/lua/page.lua
check "two processes print the same events" cmp "$tmp/first" "$tmp/out"
