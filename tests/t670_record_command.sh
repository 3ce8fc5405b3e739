# SPDX-License-Identifier: GPL-2.0-only
#
# `rmaplab record`: the same bytes each time, whatever the terminal and the locale; a cast that
# Debian's asciinema plays; nothing half-written; and the screen's answer to having no terminal.

. tests/tap.sh

cd "$tmp" || exit 2

# --- the same bytes each time -------------------------------------------------------------------------

run_limited 60 "$RMAPLAB" record chain -o one.cast
is "a lesson is recorded" "$status:$out$err" "0:"
(
	TERM=vt100 NO_COLOR=1 LC_ALL=C HOME=/nonexistent LINES=5 COLUMNS=20
	export TERM NO_COLOR LC_ALL HOME LINES COLUMNS
	"$RMAPLAB" record 4 -o two.cast
)
check "another terminal and locale give the same bytes" cmp one.cast two.cast
like "it is an asciicast 2 of 80x24" "$(head -n 1 one.cast)" \
	'^\{"version": 2, "width": 80, "height": 24,'
like "each step is a chapter" "$(grep -c ', "m", ' one.cast)" '^1[1-9]$'
run_limited 60 "$RMAPLAB" record --size 120x40 chain -o big.cast
like "another size" "$(head -n 1 big.cast)" '"width": 120, "height": 40,'
run_limited 60 "$RMAPLAB" record chain -o last.txt
like "the last screen as text" "$(cat last.txt)" '┌ lesson · step 11 of 11'
is "a row for each row" "$(wc -l <last.txt)" 24

# --- asciinema plays it ---------------------------------------------------------------------------------

if need asciinema && need script; then
	TERM=xterm-256color script -qec "asciinema cat one.cast" /dev/null >played 2>&1
	is "asciinema reads it to its end" "$?" 0
	# asciinema is written in python3, so that is here; a pty turns \n into \r\n.
	python3 -c 'import json, sys
for line in list(open("one.cast"))[1:]:
	event = json.loads(line)
	if event[1] == "o":
		sys.stdout.write(event[2])' | tr -d '\r' >wanted
	tr -d '\r' <played >shown
	check "and shows every byte" cmp shown wanted
	TERM=xterm-256color timeout 60 script -qec "asciinema play -s 1000 -i 0.01 one.cast" /dev/null \
		>played 2>&1
	is "asciinema plays it" "$?" 0
else
	skip "asciinema plays it" "asciinema or script is not installed"
fi

# --- nothing half-written -----------------------------------------------------------------------------

mkdir full
echo old >full/x.cast
(
	trap '' XFSZ
	ulimit -f 8
	"$RMAPLAB" record chain -o full/x.cast
) >said 2>&1
is "a full disk is status 1" "$?" 1
is "in one line" "$(wc -l <said)" 1
like "that names the file" "$(cat said)" 'cannot write full/x.cast'
is "what was there before is there still" "$(cat full/x.cast)" old
is "and nothing beside it" "$(ls full)" x.cast

refused() {
	name=$1 wanted=$2 text=$3
	shift 3
	run_limited 30 "$@"
	is "$name: status" "$status" "$wanted"
	is "$name: one line" "$(printf '%s\n' "$err" | wc -l)" 1
	like "$name: what is wrong" "$err" "$text"
	is "$name: nothing on standard output" "$out" ""
}

refused "a folder that is not there" 1 'cannot write nowhere/x.cast: No such file' \
	"$RMAPLAB" record chain -o nowhere/x.cast
refused "a lesson that is not there" 2 'no lesson sheep.*--list' "$RMAPLAB" record sheep -o x.cast
refused "a kernel that is not there" 2 'no kernel 9.9.*2\.5\.27' \
	"$RMAPLAB" record --kernel 9.9 chain -o x.cast
refused "a form that is not there" 2 '\.cast' "$RMAPLAB" record chain -o x.mpg
refused "no file" 2 'usage: rmaplab record' "$RMAPLAB" record chain
refused "a size that is none" 2 'usage: rmaplab record' "$RMAPLAB" record --size 0x24 chain -o x.cast
is "no file was made by mistake" "$(ls x.* 2>/dev/null)" ""

# --- no terminal -------------------------------------------------------------------------------------------

refused "the screen without a terminal" 2 'needs a terminal' "$RMAPLAB"
refused "a lesson without a terminal" 2 'needs a terminal' "$RMAPLAB" lesson 4
