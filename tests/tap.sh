# SPDX-License-Identifier: GPL-2.0-only
#
# For shell tests: `. tests/tap.sh` first. The working directory is the top of the project, $tmp is
# a directory of this test's own that goes away at the end, $RMAPLAB is the program under test and
# $TEST_TOOLS holds the programs of tests/tools. No plan is needed: the end prints it.
#
#   ok NAME                     a result that is right          not_ok NAME [TEXT...]   one that is not
#   skip NAME REASON            the tool for it is not there
#   is NAME GOT WANTED          equal strings
#   like NAME TEXT PATTERN      TEXT holds the extended regular expression
#   check NAME COMMAND...       the command's status is 0
#   run_limited SECONDS COMMAND...   sets $status, $out and $err; 124 is over the time limit
#   need TOOL                   true if the tool is installed

tap_count=0 tap_failed=0
tmp=$(mktemp -d) || exit 2

tap_end() {
	tap_status=$?
	rm -rf "$tmp"
	echo "1..$tap_count"
	[ "$tap_status" -ne 0 ] || [ "$tap_failed" -eq 0 ] || exit 1
	exit "$tap_status"
}
trap tap_end EXIT
trap 'exit 143' TERM INT HUP

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok() {
	tap_count=$((tap_count + 1)) tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	for tap_text; do
		printf '%s\n' "$tap_text" | sed 's/^/# /'
	done
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got:    $2" "wanted: $3"; fi
}

like() {
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then ok "$1"; else not_ok "$1" "got: $2" "no match: $3"; fi
}

check() {
	tap_name=$1
	shift
	if tap_said=$("$@" 2>&1); then ok "$tap_name"; else not_ok "$tap_name" "failed: $*" "$tap_said"; fi
}

run_limited() {
	tap_seconds=$1
	shift
	timeout -k 2 "$tap_seconds" "$@" </dev/null >"$tmp/out" 2>"$tmp/err"
	status=$?
	out=$(cat "$tmp/out") err=$(cat "$tmp/err")
}

need() {
	command -v "$1" >/dev/null 2>&1
}
