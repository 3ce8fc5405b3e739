# SPDX-License-Identifier: GPL-2.0-only
#
# The compaction of traces, and the figures beside those in tests/data.

. tests/tap.sh

compact() {
	"$TEST_TOOLS/compact_trace"
}

# Everything a raw log may hold, with the page runs of the tool's own description.
got=$(compact <<'END'
==7== Lackey, an example Valgrind tool
==7== Command: ./prog
==7==
I  04001234,3
I  04001237,4
 L 1fff0008,8
I  0400123b,2
 L 1fff0010,8
 S 1fff0010,8
 S 1fff0018,8
 L 1fff0ffc,8
 M 1fff1004,4
 M 1fff1004,4
SYSCALL[7,1](4) sys_write ( 1, 0x1000, 3 )[sync] --> Success(0x3)
 L 1fff1004,4
SYSCALL[7,1](257) sys_openat ( 1, 0x2000(/x), 0 ) --> [async] ...
SYSCALL[7,1](257) ... [async] --> Success(0x4)
I  04001240,2
 S 1fff1004,4
SYSCALL[7,1](3) sys_read ( 4, 0x2000, 9 ) --> [async] ...
SYSCALL[7,1](3) ... [async] --> Success(0x9)
SYSCALL[7,1](2) sys_fork ( )   fork: process 7 created child 8
 --> [pre-success] Success(0x8)
 S 1fff1004,4
==8== Lackey, an example Valgrind tool
 --> [pre-success] Success(0x0)
 S 1fff1008,4
==7==
 S 1fff100c,4
I  deadbeef01,3
 X 1fff100c,4
 L 1fff100c
==7== Exit code: 0
END
)
is "runs of one page, system calls, processes" "$got" \
'==0== compacted: records 17 I 5 L 4 S 6 M 2 crossings 1
==7==
==7== Command: ./prog
I  04001000,1
 L 1fff0000,1
 S 1fff0000,1
 L 1fff1000,1
 M 1fff1000,1
SYSCALL[7,1](257) sys_openat ( 1, 0x2000(/x), 0 ) --> [async] ...
SYSCALL[7,1](257) ... [async] --> Success(0x4)
I  04001000,1
 S 1fff1000,1
SYSCALL[7,1](2) sys_fork ( )   fork: process 7 created child 8
 --> [pre-success] Success(0x8)
 S 1fff1000,1
==8==
 --> [pre-success] Success(0x0)
 S 1fff1000,1
==7==
 S 1fff1000,1
I  deadbee000,1'

run_limited 5 sh -c "echo hello | '$TEST_TOOLS/compact_trace'"
is "not a log: status" "$status" 1
is "not a log: no output" "$out" ""
like "not a log: says so" "$err" 'no access in the input'

# What is shipped is what FIGURES says, and compaction lost no page.
figure() {
	awk -v key="$1" '$1 == key { print $2 }' tests/data/FIGURES
}

for f in tests/data/*.lk.gz; do
	name=${f##*/}
	name=${name%.lk.gz}
	gzip -dc "$f" | awk -v name="$name" -f tests/data/figures.awk >"$tmp/counted"
	grep "^$name\." tests/data/FIGURES | grep -v original >"$tmp/written"
	is "$name: the figures are those of the file" "$(cat "$tmp/counted")" "$(cat "$tmp/written")"
	for what in pages pages.code pages.written; do
		is "$name: $what as in the raw log" "$(figure "$name.$what")" \
			"$(figure "$name.original.$what")"
	done
	header=$(gzip -dc "$f" | head -1)
	is "$name: the raw log's counts in front" "$header" "==0== compacted:$(
		printf ' records %s' "$(figure "$name.original.records")"
		for k in I L S M; do printf ' %s %s' $k "$(figure "$name.original.records.$k")"; done
		printf ' crossings %s' "$(figure "$name.original.crossings")")"
done
is "all traces together stay below 1 MB" "$(cat tests/data/*.gz | wc -c |
	awk '{ print ($1 < 1000000) ? "yes" : $1 }')" yes
