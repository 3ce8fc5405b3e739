# SPDX-License-Identifier: GPL-2.0-only
#
# The program in a real terminal: tmux on a socket of its own. Every step waits for a state that
# the screen shows, never for a time.

. tests/tap.sh

need tmux || {
	skip "the program in a real tmux" "tmux is not installed"
	exit 0
}

tm() {
	tmux -L "rmaplab-$$" -f /dev/null "$@"
}

end() {
	end_status=$?
	tm kill-server 2>/dev/null
	(exit "$end_status")
	tap_end
}
trap end EXIT

# The screen, and whether it comes to hold the fixed text $1 within 20 s.
screen() {
	tm capture-pane -p -t lab 2>/dev/null
}

appears() {
	for tries in $(seq 400); do
		screen | grep -Fq -- "$1" && return 0
		sleep 0.05
	done
	return 1
}

# What follows a screen that does not come makes no sense: the first failure is the last.
shows() {
	if appears "$2"; then
		ok "$1"
	else
		not_ok "$1" "no '$2' on:" "$(screen)"
		exit 1
	fi
}

keys() {
	tm send-keys -t lab "$@"
}

type() {
	tm send-keys -t lab -l "$1"
}

# What the pane's terminal is like: the alternate screen must be off when a shell has it.
alternate() {
	tm display-message -p -t lab '#{alternate_on}'
}

start_shell() {
	tm kill-session -t lab 2>/dev/null
	tm new-session -d -s lab -x "$1" -y "$2" "env PS1='shell> ' HOME=$tmp LC_ALL=C.UTF-8 \
		XDG_STATE_HOME=$tmp/state $3 sh -i" || exit 2
	tm set-option -g exit-empty off
	appears 'shell>'
}

start_program() {
	start_shell "$1" "$2" "$3"
	type "sh -c 'echo \$\$ >$tmp/pid; exec $RMAPLAB $4'"
	keys Enter
}

# --- a lesson from the menu to a wrong answer -------------------------------------------------------

start_program 80 24
shows "the menu lists the lessons" "Who maps this page?"
is "the program has the alternate screen" "$(alternate)" 1
keys Down Down Down Enter
shows "a lesson begins" "step 1 of 11"
shows "the chain is drawn" "chain ───▸ chain ───▸ chain"
keys Space
shows "space goes on" "step 2 of 11"
keys Space
shows "the lesson asks" "How many nodes hang on this page?"
type a
shows "an answer can be typed" "answer>"
type 2
keys Enter
shows "a foreseen wrong answer has its own reply" "who else?"
keys BSpace BSpace
shows "backspace goes back, answer by answer" "step 2 of 11"

# --- the prompt ---------------------------------------------------------------------------------------

type :m.tas
keys Tab
shows "tab completes" "m.tasks"
keys C-c
type 'print(6 * 7) -- 漢字'
keys Enter
shows "Lua is carried out" "42"
keys C-r
type 漢
shows "Ctrl-R finds a wide character" "reverse-i-search"
keys C-g Escape

type ':while true do m:kswapd() end'
keys Enter
for tries in $(seq 100); do	# the first may come before the loop has begun
	keys C-c
	screen | grep -Fq interrupted && break
	sleep 0.05
done
shows "Ctrl-C ends an endless loop" "interrupted"
keys Escape

# --- windows of other sizes ---------------------------------------------------------------------------

tm resize-window -t lab -x 120 -y 40
shows "at 120x40 the page table has room" "pagetable"
tm resize-window -t lab -x 20 -y 5
shows "at 20x5 there is one pane" "4 · Who maps this…"
tm resize-window -t lab -x 80 -y 24
shows "and back at 80x24 all is there" "┌ trace"

# --- Ctrl-Z, and leaving --------------------------------------------------------------------------------

keys C-z
shows "Ctrl-Z gives the shell back" "Stopped"
is "the alternate screen is off while stopped" "$(alternate)" 0
type 'stty -a | tr " " "\n" | grep -x icanon'
keys Enter
shows "lines are edited again while stopped" "icanon"
type fg
keys Enter
shows "fg brings the screen back" "┌ trace"
keys q
appears 'shell>'
type 'echo left $?'
keys Enter
shows "q leaves with status 0" "left 0"
is "the alternate screen is off behind it" "$(alternate)" 0
check "the history is kept" grep -q 'print(6 \* 7)' "$tmp/state/rmaplab/history"
check "progress is kept" test -s "$tmp/state/rmaplab/progress"

# --- a crash, a killed terminal ---------------------------------------------------------------------------

start_program 80 24 "" "lesson 4"
shows "a lesson can be named" "step 1 of 11"
kill -SEGV "$(cat "$tmp/pid")"
appears 'shell>'
type 'stty -a | tr " " "\n" | grep -x icanon; echo "still here"'
keys Enter
shows "after a crash the shell goes on" "still here"
is "after a crash the alternate screen is off" "$(alternate)" 0
shows "after a crash lines are edited" "icanon"

start_program 80 24 "" "lesson 4"
appears "step 1 of 11"
pid=$(cat "$tmp/pid")
tm kill-session -t lab
for tries in $(seq 200); do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
if kill -0 "$pid" 2>/dev/null; then
	not_ok "a killed terminal ends the program" "process $pid is still there"
	kill -9 "$pid"
else
	ok "a killed terminal ends the program"
fi

# --- poor terminals -----------------------------------------------------------------------------------------

start_program 80 24 "NO_COLOR=1" "lesson 4"
shows "NO_COLOR shows the same text" "chain ───▸ chain ───▸ chain"
if tm capture-pane -p -e -t lab | grep -Eq "$(printf '\033')\[[0-9;]*(3[0-7]|38;5)"; then
	not_ok "NO_COLOR means no colour"
else
	ok "NO_COLOR means no colour"
fi
keys q

start_shell 80 24 "TERM=dumb"
type "$RMAPLAB; echo status \$?"
keys Enter
shows "TERM=dumb is refused with status 2" "status 2"
shows "TERM=dumb is told what to do" "cannot move the cursor"
