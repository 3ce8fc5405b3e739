#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Replaying lackey logs: each form a line can have, each pitfall, in small logs whose figures follow
# by arithmetic. The shipped traces are compared with awk's counts in t940.

. tests/tap.sh

# said NAME: a figure of the last replay; what is 0 is not printed.
said() {
	printf '%s\n' "$out" | awk -v key="$1" '$1 == key { n = $2 } END { print n + 0 }'
}

# replay NAME LOG [OPTION...]: must succeed.
replay() {
	what=$1 log=$2
	shift 2
	run_limited 20 "$RMAPLAB" replay "$@" "$log"
	is "$what: status, stderr" "$status $err" "0 "
}

# figures NAME=VALUE...
figures() {
	for pair; do
		is "$what: ${pair%=*}" "$(said "${pair%=*}")" "${pair#*=}"
	done
}

# Three faults: the text, the stack first read (the zero page), then written.
replay "four kinds of access" tests/data/lackey/four-kinds-of-access.lk
figures lines=6 fetches=2 loads=1 stores=1 modifies=1 accesses=5 pages=2 pages_code=1 \
	pages_written=1 processes=1 crossings=0 machine.pgfault=3

# An access has a byte at least, and a page at most.
printf ' L 04000000,4\n L 04000000,0\n L 04000000,4096\n L 04000000,4097\n' >"$tmp/sizes"
replay "accesses of nothing and of too much" "$tmp/sizes"
figures lines=4 accesses=2 loads=2

# The last byte decides: 4093 + 3 ends on the page, 4094 + 3 does not.
replay "an access over the end of a page" tests/data/lackey/an-access-over-the-end-of-a-page.lk
figures crossings=2 accesses=4 pages=4 pages_written=2 pages_code=2

# Faults: two writes, a read and the write after it, and the page that was mapped anew.
replay "mmap2, then munmap" tests/data/lackey/mmap2-then-munmap.lk
figures mmaps=1 munmaps=1 calls=2 implicit=16 machine.pgfault=5 machine.ptes_zapped=3 \
	machine.implicit_maps=1 pages=3

replay "a failed call changes nothing" tests/data/lackey/a-failed-call-changes-nothing.lk
figures mmaps=0 munmaps=0 implicit=16

# mmap2's offset is in pages: 34 pages and 4 more are a file of 38; old_mmap's is in bytes.
replay "file mappings, the result of a call on its second line" tests/data/lackey/files.lk
figures mmaps=2 files=1 implicit=16 calls=4 machine.pgmajfault=5 machine.pgpgin=5

# A descriptor means another file when it was closed and opened again.
replay "descriptors are used again" tests/data/lackey/descriptors-are-used-again.lk
figures files=2 mmaps=3 machine.pgpgin=2 machine.pgfault=3

# brk 0 tells where the heap is; 0x804b800 is in the page the heap ends in.
replay "brk" tests/data/lackey/brk.lk
figures brks=2 implicit=0 machine.pgfault=2 machine.ptes_zapped=1

# Two pages move with their ptes and are not faulted in again; shrinking zaps three.
replay "mremap" tests/data/lackey/mremap.lk
figures mremaps=3 mremap_pages=0 implicit=0 machine.pgfault=4 machine.ptes_zapped=3

# Written, written, read-only, one writable again: its next write goes well, the other's is refused,
# and so is any access to the third; the fourth is as it was.
replay "mprotect" tests/data/lackey/mprotect.lk
figures mprotects=3 mmaps=1 refused=2 refused_calls=0 implicit=0 pages=4

# Parent and child see the same pages: nothing is copied for a write, and what the child wrote is in
# memory when the parent reads it.
replay "shared anonymous memory" tests/data/lackey/shared-anonymous.lk
figures shared_anon=1 mmaps=1 forks=1 machine.pgcow=0 machine.pgmajfault=0 refused=0 dropped=0

# Two words before the page's end and 4,094 bytes more: three pages written by the kernel.
replay "read() writes its buffer" tests/data/lackey/read-writes-its-buffer.lk
figures kernel_pages=3 machine.pgfault=3 pages_written=3 accesses=1

# The child's log stands in its parent's; it begins with the result of the fork.
replay "fork" tests/data/lackey/fork.lk
figures forks=1 processes=2 exits=2 execs=0 machine.pgcow=1 machine.ptes_copied=1 pages=2 dropped=0

# A thread is no process: its accesses are in its process's log. Its exit ends nothing.
replay "a thread" tests/data/lackey/a-thread.lk
figures forks=0 processes=1 exits=1 accesses=3 dropped=1

replay "exec" tests/data/lackey/exec.lk
figures execs=1 processes=2 machine.pgfault=2

# 64-bit: the stack and the libraries are far above 3 GiB, and a mapping spans two regions.
replay "64-bit addresses are folded" tests/data/lackey/64-bit-addresses-are-folded.lk
figures folded=3 pages=4 crossings=1 mmaps=1 implicit=32 machine.pgfault=4

replay "valgrind's words, the program's output" tests/data/lackey/other-lines.lk
figures lines=7 accesses=1

replay "a compacted log" tests/data/lackey/a-compacted-log.lk
figures original=98 accesses=1

# 64 pages, written three times in turn, do not fit into 64 frames beside the kernel: some must go
# to swap, and come back.
i=0
while [ $i -lt 192 ]; do
	printf ' S %08x,1\n' $((0x40000000 + i % 64 * 4096))
	i=$((i + 1))
done >"$tmp/press"
replay "memory pressure" "$tmp/press" --ram 256K --swap 1M
figures accesses=192 pages=64 refused=0 dropped=0
is "memory pressure: pages go to swap" "$([ "$(said machine.pswpout)" -gt 0 ] && echo yes)" yes
is "memory pressure: pages come back" "$([ "$(said machine.pgmajfault)" -gt 0 ] && echo yes)" yes

# Options, standard input, gzip.
run_limited 20 sh -c 'gzip -dc tests/data/fork32.lk.gz | "$RMAPLAB" replay --cpus 2 --ram=1M -'
is "standard input" "$status $(said accesses) $(said machine.frames)" "0 26 256"
run_limited 20 "$RMAPLAB" replay tests/data/fork32.lk.gz
is "gzip" "$(said accesses)" 26
run_limited 20 "$RMAPLAB" replay --quiet tests/data/fork32.lk.gz
is "--quiet" "$status $out$err" "0 "
run_limited 20 "$RMAPLAB" replay --events=json tests/data/fork32.lk.gz
like "--events=json" "$(printf '%s\n' "$out" | head -1)" '^\{"n'
run_limited 20 "$RMAPLAB" replay --events=text tests/data/fork32.lk.gz
like "--events=text" "$out" 'fork32 .*forks'

# To a terminal it says how far it is, and wipes that out; to anything else, nothing.
if need script; then
	run_limited 20 script -qec "$RMAPLAB replay --quiet tests/data/fork32.lk.gz" /dev/null
	like "progress on a terminal" "$out" '[0-9]+ operations'
fi

# What is no log: one line, status 1, nothing printed.
bad() {
	run_limited 20 "$RMAPLAB" replay "$2"
	is "$1: status and output" "$status $out" "1 "
	like "$1: message" "$err" "^rmaplab: $2: $3"
	is "$1: one line" "$(printf '%s\n' "$err" | wc -l)" 1
}
printf ' S 40000000,1\n L 4000' >"$tmp/cut"
bad "a log cut off in a line" "$tmp/cut" "line 2 is cut off"
head -c 3000 tests/data/sort32.lk.gz >"$tmp/cut.gz"
bad "a compressed log cut off" "$tmp/cut.gz" "cannot read it: the compressed file is cut off"
{
	head -c 2000 tests/data/sort32.lk.gz
	head -c 2000 /dev/zero
	tail -c +4001 tests/data/sort32.lk.gz
} >"$tmp/hurt.gz"
bad "a compressed log that is damaged" "$tmp/hurt.gz" \
	"cannot read it: the compressed file is damaged"
head -c 5000 "$RMAPLAB" >"$tmp/binary"
bad "a binary file" "$tmp/binary" "line [0-9]+ is not text: this is no lackey log"
head -c 3000000 /dev/zero >"$tmp/zeros"
bad "a file without lines" "$tmp/zeros" "line [0-9]+ is (longer|not text)"
: >"$tmp/empty"
bad "an empty file" "$tmp/empty" "there is no memory access in it"
echo "hello" >"$tmp/hello"
bad "a text file" "$tmp/hello" \
	"there is no memory access in it; record it with valgrind --tool=lackey"
yes "hello" | head -5000 >"$tmp/long"
bad "a long text file" "$tmp/long" "line 1001 is not a line of a lackey log"
bad "a folder" "$tmp" "cannot read it: Is a directory"
bad "no such file" "$tmp/none" "cannot open it: No such file or directory"
i=0
while [ $i -lt 200 ]; do
	printf ' S %x,1\n' $((0x7000000000 + i * 0x1000000))
	i=$((i + 1))
done >"$tmp/wide"
bad "more than 3 GiB of addresses" "$tmp/wide" "the program uses more than the 3 GiB of addresses"
