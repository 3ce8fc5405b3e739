#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# rmaplab compare: agreement and the table, differences with both states, what history lists,
# what was reclaimed, traces, bad usage.

. tests/tap.sh

kernels=$("$RMAPLAB" kernels | cut -d' ' -f1 | tr '\n' ' ')
old=2.5.27 new=$(echo "$kernels" | tr ' ' '\n' | grep -vx "$old" | head -1)

compare() { run_limited 60 "$RMAPLAB" compare "$@"; }

# says NAME STATUS PATTERN ARGUMENTS...: that status, one line on stderr that fits, no output.
says() {
	name=$1 want=$2 pattern=$3
	shift 3
	compare "$@"
	is "$name: status" "$status" "$want"
	like "$name: message" "$err" "^rmaplab: $pattern$"
	is "$name: one line, nothing printed" "$(printf '%s\n' "$err" | wc -l)$out" 1
}

# row NAME: the figures of a line of the table, a blank between them.
row() { printf '%s\n' "$out" | awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2) }'; }

# Eight operations: task, mmap, three writes, fork, a read that fails, exit.
cat >"$tmp/plain.lua" <<'EOF'
m = machine{ ram = "1M" }
t = m:task("init")
a = t:mmap{ len = "16K", at = 0x50000000 }
for i = 0, 2 do t:write(a + i * 4096, i) end
k = t:fork("child")
print(pcall(t.read, t, 0x10))
k:exit()
print(m.counters.pgfault)
EOF

# -- usage ----------------------------------------------------------------------------------------
says "no file" 2 "compare: which file\? rmaplab compare --kernels A,B FILE \[ARG...\]"
says "no kernels" 2 "compare: which kernels\? --kernels A,B; .*" "$tmp/plain.lua"
says "one kernel" 2 "compare: one kernel is nothing to compare; --kernels A,B" \
	--kernels "$old" "$tmp/plain.lua"
says "an unknown kernel" 2 "there is no kernel 9.9; there are: ${kernels% }" \
	--kernels "$old,9.9" "$tmp/plain.lua"
says "a comma too many" 2 "there is no kernel ; there are: ${kernels% }" \
	--kernels "$old,$old," "$tmp/plain.lua"
says "too many kernels" 2 "compare: 16 kernels at most" \
	--kernels "$(yes "$old" | head -17 | tr '\n' , | sed 's/,$//')" "$tmp/plain.lua"
says "--at of nothing there is" 2 "compare: --at is first-reclaim, not last-reclaim" \
	--at last-reclaim --kernels "$old,$old" "$tmp/plain.lua"
says "an unknown option" 2 "compare: there is no option --foo; see rmaplab --help" --foo
says "a machine for a script" 2 \
	"compare: --ram, --swap, --cpus, --pae and --highpte are for a trace; .*" \
	--ram 1M --kernels "$old,$old" "$tmp/plain.lua"
says "a wrong size" 2 "--ram takes a size such as 16M, not 3X" \
	--ram 3X --kernels "$old,$old" tests/data/fork32.lk.gz
says "no such file" 1 "cannot open $tmp/none: No such file or directory" \
	--kernels "$old,$old" "$tmp/none"
echo 'm = machine{ ram = "1M" } t = m:task("x") error("because")' >"$tmp/fails.lua"
says "a script that fails everywhere" 1 "$tmp/fails.lua:1: because" \
	--kernels "$old,$old" "$tmp/fails.lua"
printf '\037\213 this is no trace' >"$tmp/bad.gz"
says "a trace that is none" 1 "$tmp/bad.gz: cannot read it: .*" --kernels "$old,$old" "$tmp/bad.gz"

# -- agreement ------------------------------------------------------------------------------------
compare --kernels "$old,$old" "$tmp/plain.lua"
is "a kernel agrees with itself: status" "$status$err" 0
is "a kernel agrees with itself: what is said" "$(printf '%s\n' "$out" | head -1)" \
	"all 8 operations agree"
is "the header" "$(row counter)" "$old $old"
is "a counter is that of the machine" "$(row pgfault)" \
	"$("$RMAPLAB" run "$tmp/plain.lua" | tail -1 | sed 's/.*/& &/')"
is "the table is aligned" "$(printf '%s\n' "$out" | sed '1,2d' | awk '{ print length($0) }' |
	sort -u | wc -l)" 1
for name in ptes_visited chain_nodes_walked vmas_visited locked_ops slab_pages \
	rmap_trylock_failed pgscan pgsteal pgfault pswpin pswpout virtual_time_us; do
	like "the table has $name" "$(row $name)" '^[0-9]+ [0-9]+$'
done
first=$out
compare "$tmp/plain.lua" --kernels "$old,$old"
is "options may come after FILE" "$status $out" "0 $first"

cat >"$tmp/arguments.lua" <<'EOF'
m = machine{ ram = "1M" }
for _, name in ipairs{...} do m:task(name) end
EOF
compare --kernels "$old,$old" "$tmp/arguments.lua" one --two 3
is "arguments reach the script" "$(printf '%s\n' "$out" | head -1)" "all 3 operations agree"
cat >"$tmp/quiet.lua" <<'EOF'
m = machine{ ram = "1M", events = false }
t = m:task("init")
t:mmap{ len = "4K" }
EOF
compare --kernels "$old,$old" "$tmp/quiet.lua"
is "operations count without events, too" "$(printf '%s\n' "$out" | head -1)" \
	"all 2 operations agree"
cat >"$tmp/two.lua" <<'EOF'
m = { machine{ ram = "1M" }, machine{ ram = "1M" } }
for i = 1, 2 do
	local t = m[i]:task("init")
	local a = t:mmap{ len = "4K" }
	t:write(a, i)
end
EOF
compare --kernels "$old,$old" "$tmp/two.lua"
is "two machines: counters are the sum" "$status $(row pgfault)" "0 2 2"

# Every kernel there is, against the oldest: what all have, at explicit places.
cat >"$tmp/common.lua" <<'EOF'
m = machine{ ram = "512K", swap = "2M" }
f = m:file{ name = "f", size = "64K" }
t = m:task("init")
a = t:mmap{ len = "256K", at = 0x50000000 }
b = t:mmap{ len = "64K", at = 0x60000000, file = f, shared = true }
c = t:mmap{ len = "64K", at = 0x60010000, file = f, prot = "r" }
for i = 0, 63 do t:write(a + i * 4096, i) end
for i = 0, 15 do t:write(b + i * 4096, i) end
k = t:fork("child")
for i = 0, 63, 2 do k:write(a + i * 4096, 100 + i) end
for i = 0, 63 do assert(t:read(a + i * 4096) == i) end
t:mprotect(a + 0x8000, "32K", "r")
print(pcall(t.write, t, a + 0x8000, 1))
t:munmap(a + 0x20000, "16K")
print(pcall(t.read, t, a + 0x20000))
k:mremap(a, "64K", "128K", { at = 0x70000000 })
k:madvise(a + 0x10000, "64K", "dontneed")
for i = 0, 15 do assert(k:read(0x70000000 + i * 4096) == (i % 2 == 0 and 100 + i or i)) end
t:mlock(a, "32K")
t:munlock(a, "16K")
t:brk(t:brk(0) + 8192)
t:msync(b, "64K")
f:truncate("32K")
print(pcall(t.read, t, b + 0x8000))
for i = 0, 7 do assert(t:read(c + i * 4096) == i) end
k:exit()
t:munmap(b, "64K")
EOF
for kernel in $kernels; do
	compare --kernels "$old,$kernel" "$tmp/common.lua"
	is "$old and $kernel agree" "$status $(printf '%s\n' "$out" | grep -c '^all .* agree$')" \
		"0 1"
done
# shellcheck disable=SC2086
compare --kernels "$(echo $old $kernels | tr ' ' ,)" "$tmp/common.lua"
is "all of them at once" "$status $(row counter)" "0 $old ${kernels% }"

if [ -w /dev/full ]; then
	"$RMAPLAB" compare --kernels "$old,$old" "$tmp/plain.lua" >/dev/full 2>"$tmp/err"
	is "a full disk" "$? $(cat "$tmp/err")" \
		"1 rmaplab: cannot write the output: No space left on device"
else
	skip "a full disk" "no /dev/full"
fi

# -- differences ----------------------------------------------------------------------------------
# The script asks which kernel it runs on; this is how to see two states that differ.
cat >"$tmp/asks.lua" <<'EOF'
local how, same = ..., machine{ ram = "1M" }.kernel.name == "2.5.27"
m = machine{ ram = "1M" }
t = m:task("init")
a = t:mmap{ len = "16K", at = 0x50000000 }
t:write(a, 1)
if how == "call" then if same then t:read(a) else t:write(a, 2) end end
if how == "word" then t:write(a, same and 6 or 7) end
if how == "end" then if same then t:read(a) end end
if how == "fail" then if not same then error("I fail") end t:read(a) end
if how == "range" then t:munmap(a + 4096, same and "12K" or "4K") end
EOF
if [ "$new" ]; then
	for how in call word end fail range; do
		compare --kernels "$old,$new" "$tmp/asks.lua" $how
		is "$how: status" "$status$err" 1
		is "$how: the operation" "$(printf '%s\n' "$out" | head -1)" \
			"operation 4 is not the same on every kernel:"
		case $how in
		call) mine='init: write\(at 50000000, word 2\)  done' ;;
		word) mine='init: write\(at 50000000, word 7\)  done' ;;
		end) mine='the script ends here' ;;
		fail) mine="the script fails: $tmp/asks.lua:9: I fail" ;;
		range) mine='init: munmap\(at 50001000, len 4096\)  done' ;;
		esac
		like "$how: the other kernel's state" "$out" "^  $new +$mine$"
		like "$how: this kernel's state" "$out" \
			"^  $old +init: [a-z]+\(at 5000[01]000.*\)  .*$"
		like "$how: the table is there" "$(row pgfault)" '^[1-9] [1-9]$'
	done
	compare --kernels "$old,$new" "$tmp/asks.lua" range
	like "which pages differ" "$out" "^  50002000-50004000  not mapped +rw- private$"
	compare --kernels "$old,$new" "$tmp/asks.lua" call
	like "none do" "$(printf '%s\n' "$out" | grep -c mapped)" '^0$'
else
	skip "differences" "there is only one kernel"
fi

# -- what history lists ---------------------------------------------------------------------------
# there NAME: is there a kernel of that name? If not, what follows is skipped.
there() {
	case " $kernels" in
	*" $1 "*) return 0 ;;
	esac
	skip "$2" "there is no kernel $1"
	return 1
}

# A file, a process, a mapping, eight writes; the twelfth operation is the one, then a read.
cat >"$tmp/nonlinear.lua" <<'EOF'
m = machine{ ram = "1M" }
f = m:file{ name = "f", size = "32K" }
t = m:task("init")
a = t:mmap{ len = "32K", at = 0x50000000, file = f, shared = true }
for i = 0, 7 do t:write(a + i * 4096, 100 + i) end
t:remap_file_pages(a, 4096, 5)
assert(t:read(a) == (... or 105))
EOF
if there 2.6.0 "a call that one kernel lacks"; then
	compare --kernels 2.5.27,2.6.0 "$tmp/nonlinear.lua" 100
	like "a call that one lacks is passed over on all" "$status $err $out" \
		'^1 rmaplab: .*nonlinear.lua:7: '
	sed 's/^assert.*/t:read(a)/' "$tmp/nonlinear.lua" >"$tmp/passed.lua"
	compare --kernels 2.5.27,2.6.0 "$tmp/passed.lua"
	is "it is no difference" "$status$err" 0
	like "it is listed by name" "$out" '^  no remap_file_pages: .*passed over on every kernel$'
	like "it is listed with its operation" "$out" \
		'^    1 operation, the first is 12, init: remap_file_pages\(at 50000000, len 4096,'
	like "it is counted with the others" "$out" '^all 13 operations agree$'
	compare --kernels 2.6.0,2.6.0 "$tmp/nonlinear.lua"
	is "kernels that have it do it" "$status$err$(printf '%s\n' "$out" | head -1)" \
		"0all 13 operations agree"
fi

# The kernel's choice: what lies in the mapping is compared, wherever it is.
cat >"$tmp/places.lua" <<'EOF'
m = machine{ ram = "1M" }
t = m:task("init")
a = t:mmap{ len = "16K" }
b = t:mmap{ len = "16K", prot = "r" }
for i = 0, 3 do t:write(a + i * 4096, i) end
k = t:fork("child")
k:munmap(a + 4096, "4K")
print(pcall(k.read, k, a + 4096), pcall(t.write, t, b, 1))
t:mprotect(a + 8192, "8K", "r")
assert(t:read(a + 12288) == 3)
b = t:mremap(b, "16K", "64K")
if ... then t:munmap(a, m.kernel.name == "2.5.27" and "8K" or "4K") end
EOF
if there 2.6.16 "places of mappings"; then
	compare --kernels 2.5.27,2.6.16 "$tmp/places.lua"
	is "places: no difference" "$status$err" 0
	like "places: listed" "$out" '^  place of a mapping: '
	like "places: the first" "$out" \
		' operations, the first is 2, init: mmap\(at 00000000, len 16384'
	compare --kernels 2.5.27,2.6.16 "$tmp/places.lua" x
	is "places: a difference is seen" "$status" 1
	like "places: shown where the first kernel has it" "$out" \
		'^  40001000-40002000  not mapped +rw- private$'
fi
if there 2.6.16 "rights of the heap"; then
	cat >"$tmp/heap.lua" <<'EOF'
m = machine{ ram = "1M" }
t = m:task("init")
t:brk(t:brk(0) + 8192)
EOF
	for list in 2.5.27,2.6.16 2.6.16,2.5.27 2.5.27,2.6.16,2.6.0 2.6.16,2.6.0,4.0,2.5.27; do
		compare --kernels $list "$tmp/heap.lua"
		is "the heap may be executed or not: $list" "$status$err $(printf '%s\n' "$out" |
			grep -c '^  heap and stack that may be executed: ')" "0 1"
	done
fi
if there 2.6.16 "errors that changed"; then
	cat >"$tmp/errors.lua" <<'EOF'
m = machine{ ram = "1M" }
t = m:task("init")
t:mmap{ len = "16K", at = 0x50000000, prot = "" }
print(pcall(t.mlock, t, 0x50000000, "4K"))
EOF
	compare --kernels 2.5.27,2.6.16 "$tmp/errors.lua"
	is "errors: no difference" "$status$err" 0
	like "errors: listed" "$out" '^  mlock of what cannot be touched: '
fi

# -- what was reclaimed ---------------------------------------------------------------------------
# Two processes share 64 pages; 2.5.27 and the later kernels go about reclaim in different ways.
cat >"$tmp/reclaim.lua" <<'EOF'
m = machine{ ram = "1M", swap = "2M" }
t = m:task("init")
a = t:mmap{ len = "256K", at = 0x50000000 }
for i = 0, 63 do t:write(a + i * 4096, i) end
k = t:fork("child")
m:reclaim(16)
for i = 0, 63 do assert(t:read(a + i * 4096) == i) end
t:munmap(a, "256K")
k:exit()
EOF
compare --at first-reclaim --kernels "$old,$old" "$tmp/reclaim.lua"
is "the same kernel takes the same pages" "$status $(printf '%s\n' "$out" | head -1)" \
	"0 all 134 operations agree, and reclaim takes the same pages"
like "and it took some" "$(row ptes_visited)" '^[1-9][0-9]+ '
if [ "$new" ]; then
	compare --kernels "$old,$new" "$tmp/reclaim.lua"
	is "what is reclaimed is no difference" "$status $(printf '%s\n' "$out" | head -1)" \
		"0 all 134 operations agree"
	compare --at=first-reclaim --kernels "$old,$new" "$tmp/reclaim.lua"
	is "with --at it is: status" "$status$err" 1
	is "with --at it is: the operation" "$(printf '%s\n' "$out" | head -1)" \
		"operation 68 is the first to reclaim differently:"
	like "both operations" "$out" "^  $new +machine: reclaim\(pages 16\)  = [0-9]+$"
	for kernel in "$old" "$new"; do
		like "what $kernel took" "$out" \
			"^  $kernel takes [0-9]+ mapped pages; it frees [0-9]+ and looks at [0-9]+$"
	done
	like "which pages of which process" "$out" '^    (init|child) 500[0-9a-f]{5}-500[0-9a-f]{5}'
	like "marked where not all took them" "$out" '  not taken by every kernel$'
	# The ranges are those pages: as many as the line above them says.
	is "the ranges add up" "$(printf '%s\n' "$out" | awk '
		function digit(c) { return index("0123456789abcdef", c) - 1 }
		function hex(s,   i, n) {
			for (i = 1; i <= length(s); i++) n = n * 16 + digit(substr(s, i, 1))
			return n
		}
		/ takes / { want += $3 }
		/^    (init|child) / { split($2, r, "-"); got += (hex(r[2]) - hex(r[1])) / 4096 }
		END { print got == want }')" 1
else
	skip "what was reclaimed" "there is only one kernel"
fi

# -- traces ---------------------------------------------------------------------------------------
for trace in tests/data/fork32.lk.gz tests/data/sort32.lk.gz; do
	# shellcheck disable=SC2086
	compare --kernels "$(echo $kernels | tr ' ' ,)" --ram 512K --swap 4M $trace
	is "$trace: all kernels agree" \
		"$status$err $(printf '%s\n' "$out" |
			grep -c '^all [1-9].* operations agree$')" "0 1"
	is "$trace: a counter is that of replay" "$(row pgfault | cut -d' ' -f1)" \
		"$("$RMAPLAB" replay --ram 512K --swap 4M $trace |
			awk '$1 == "machine.pgfault" { print $2 }')"
done
