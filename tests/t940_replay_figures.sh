# SPDX-License-Identifier: GPL-2.0-only
#
# The replayer counts in the shipped traces what awk counted there, also in a raw log.

. tests/tap.sh

figure() {
	awk -v key="$1" '$1 == key { print $2 }' tests/data/FIGURES
}

# A count of nothing is not printed.
said() {
	printf '%s\n' "$out" | awk -v key="$1" '$1 == key { n = $2 } END { print n + 0 }'
}

# said-name figure-name, of the compacted log
rows='fetches records.I
loads records.L
stores records.S
modifies records.M
accesses records
original original.records
pages pages
pages_code pages.code
pages_written pages.written'

for f in tests/data/*.lk.gz; do
	name=${f##*/}
	name=${name%.lk.gz}
	run_limited 100 "$RMAPLAB" replay "$f"
	is "$name: status" "$status" 0
	while read -r key what; do
		is "$name: $key" "$(said "$key")" "$(figure "$name.$what")"
	done <<-END
	$rows
	END
done

# As valgrind prints them: odd addresses, sizes, an access over a page's end.
cat >"$tmp/raw.lk" <<'END'
==7== Lackey, an example Valgrind tool
==7== Command: ./prog
==7==
I  04001234,3
I  04001ffe,4
 S be9c1ff8,8
 L 04001004,4
 M be9c0ffc,8
SYSCALL[7,1](1) exit( 0 ) --> [pre-success] Success(0x0)
==7==
END
run_limited 10 "$RMAPLAB" replay "$tmp/raw.lk"
is "a raw log: status" "$status" 0
is "a raw log: accesses and pages" \
	"$(for k in fetches loads stores modifies pages pages_code pages_written; do
		said $k
	done | tr '\n' ' ')" "2 1 1 1 4 2 2 "
