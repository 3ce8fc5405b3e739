#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/races: what the review of seed 003 found, each shown by a schedule that fails, and gone
# when it is mended. The first line says how it shows, the last that nothing does.

. tests/tap.sh

# shows NAME PATTERN [PATTERN...]: a line that fits for each, then one that all is well.
shows() {
	name=$1
	run_limited 60 "$RMAPLAB" run "scripts/races/$name.lua"
	is "$name: status, and nothing on stderr" "$status$err" 0
	shift
	line=1
	for pattern; do
		like "$name: shows" "$(printf '%s\n' "$out" | sed -n ${line}p)" \
			"^(with $name|as posted): schedule [0-9]+ fails: .*$pattern"
		line=$((line + 1))
	done
	like "$name: mended" "$(printf '%s\n' "$out" | sed -n ${line}p)" \
		'^without: ok in [0-9]+ schedules?$'
	is "$name: that is all" "$(printf '%s\n' "$out" | wc -l)" "$line"
}

shows dirty-page-dropped "content"
shows swcount-read-early "ENOMEM: swapoff failed"
shows i-less-than-oldi "swapoff goes round and round"
shows continue-keeps-oldi "swapoff goes round and round"
shows max-retries "EBUSY: swapoff failed"
shows unlock-not-held "releases a lock it does not hold: shmem_swaplist_mutex"
shows deref-retry-missing "a second pass was needed" "swapoff goes round and round"
shows goto-removed "content"

# Every erratum of the linear way has its script, and the other way round.
cat >"$tmp/names.lua" <<'E'
for name in (...):gmatch("%S+") do
  machine{ kernel = "4.0", swapoff = "linear", errata = { name }, ram = "512K", swap = "256K" }
end
E
scripts=$(for f in scripts/races/*.lua; do basename "$f" .lua; done | tr '\n' ' ')
run_limited 60 "$RMAPLAB" run "$tmp/names.lua" "$scripts"
is "the scripts have names of errata" "$status$err" 0
is "all eight of them" "$(echo $scripts | wc -w)" 8
