#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The same seed twice, in two processes that lie at different addresses, comes to the same events,
# byte for byte, and to the same dump: on one cpu, on two, and with preemptions drawn at random.
# No line of a dump or of the log is a host address. Another seed is another run.

. tests/tap.sh

random=$TEST_BIN/t450_random

run() {
	"$random" --log "$@" >"$tmp/one" 2>/dev/null
	one=$?
	# A larger environment moves the stack, and with it whatever is derived from it.
	env PADDING="$(head -c 4000 /dev/zero | tr '\0' x)" \
		"$random" --log "$@" >"$tmp/two" 2>/dev/null
	two=$?
}

same() {
	name=$1
	shift
	run "$@"
	if [ $one -ne 0 ] || [ $two -ne 0 ]; then
		not_ok "$name" "status $one and $two" "$(tail -3 "$tmp/one")"
	elif ! cmp -s "$tmp/one" "$tmp/two"; then
		not_ok "$name" "$(diff "$tmp/one" "$tmp/two" | head -5)"
	else
		ok "$name ($(wc -l <"$tmp/one") lines)"
	fi
}

#                                               seed  ops frames cpus stress
same "one cpu, 64 frames"                          1 1500     64    1
same "one cpu, 512 frames"                         2 1500    512    1
same "two cpus"                                    3 1500    128    2
same "two cpus, preempted at random"               4 1000     96    2      5
same "two cpus, preempted nearly always"           5  600     64    2      2

check "a dump is in the log" grep -q '^machine 2.5.27 ram' "$tmp/one"
check "events are in the log" grep -q 'faults at' "$tmp/one"
address='0x[0-9a-f]{9,}|\b(55|56|7f)[0-9a-f]{10}\b'
if grep -Eq "$address" "$tmp/one"; then
	not_ok "no host address" "$(grep -E "$address" "$tmp/one" | head -3)"
else
	ok "no host address"
fi

"$random" --log 1 1500 64 1 >"$tmp/one" 2>/dev/null
"$random" --log 7 1500 64 1 >"$tmp/two" 2>/dev/null
if cmp -s "$tmp/one" "$tmp/two"; then
	not_ok "another seed is another run"
else
	ok "another seed is another run"
fi
