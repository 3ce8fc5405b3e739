# SPDX-License-Identifier: GPL-2.0-only
#
# tests/lint must find what it says it finds: a small tree, one violation planted at a time.

. tests/tap.sh

tree=$tmp/tree
lint=$(pwd)/tests/lint
spdx='/* SPDX-License-Identifier: GPL-2.0-only */'

# A clean tree: one file in each layer.
plant() {
	rm -rf "$tree"
	mkdir -p "$tree/engine/sim" "$tree/engine/i386" "$tree/engine/mm" "$tree/engine/rmap" \
		"$tree/scripts" "$tree/ui" "$tree/lessons" "$tree/tests" "$tree/build/release"
	cp "$lint" "$tree/tests/lint"
	printf '# SPDX-License-Identifier: GPL-2.0-only\n' >"$tree/Makefile"
	for f in engine/engine sim/clock i386/mmu mm/memory rmap/rmap rmap/2002b_pte_chain \
		rmap/2003_objrmap; do
		name=${f##*/}
		name=f_${name##*_}
		f=engine/${f#engine/}
		printf '%s\n/* What it does. */\nint %s(void);\n' "$spdx" "$name" >"$tree/$f.h"
		printf '%s\n#include "%s"\nint %s(void)\n{\n\treturn 0;\n}\n' "$spdx" "${f##*/}.h" \
			"$name" >"$tree/$f.c"
	done
	for f in scripts/host ui/app ui/term ui/prompt; do
		printf '%s\n#include "engine.h"\n' "$spdx" >"$tree/$f.c"
	done
	for n in 01 02 03; do
		echo 'return {}' >"$tree/lessons/$n-x.lua"
	done
}

# Compile one file of it as the Makefile would.
compile() {
	(cd "$tree" && mkdir -p "build/release/${1%/*}" &&
		cc -Iengine -c -o "build/release/${1%.c}.o" "$1")
}

# A fresh tree with all its objects.
built() {
	rm -rf "$tree"
	cp -R "$tmp/clean" "$tree"
}

# found NAME PATTERN: lint fails and says so.
found() {
	run_limited 60 sh "$tree/tests/lint" build/release
	if [ "$status" -eq 1 ]; then
		like "$1" "$out" "$2"
	else
		not_ok "$1" "status $status" "$out" "$err"
	fi
}

# line FILE TEXT: one more line in a file of a fresh tree.
line() {
	built
	printf '%s\n' "$2" >>"$tree/$1"
}

# code FILE TEXT: the same, compiled.
code() {
	line "$1" "$2"
	compile "$1"
}

long() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "\t;" }'
}

plant
for f in $(cd "$tree" && find engine -name '*.c'); do
	compile "$f"
done
cp -R "$tree" "$tmp/clean"
run_limited 60 sh "$tree/tests/lint" build/release
is "a clean tree has no violation" "$status: $(echo "$out" | tail -1)" "0: lint: 0 violations"

may_not() {
	line "$1" "#include \"$2\""
	found "$1 may not include $2" "^$1:[0-9]+: .*may not include"
}
may_not engine/sim/clock.c i386/mmu.h
may_not engine/i386/mmu.c mm/memory.h
may_not engine/mm/memory.c rmap/2002b_pte_chain.h
may_not engine/rmap/2002b_pte_chain.c rmap/2003_objrmap.h
may_not scripts/host.c mm/memory.h
may_not ui/app.c sim/clock.h
may_not engine/engine.h mm/memory.h

line engine/mm/memory.c '#include "rmap/rmap.h"'
echo '#include "i386/mmu.h"' >>"$tree/engine/mm/memory.c"
run_limited 60 sh "$tree/tests/lint" build/release
is "mm may include rmap/rmap.h and the layers below it" "$status" 0

line ui/app.c '#include <ncursesw/curses.h>'
found "only ui/term.c has curses" 'ui/app.c:3: only ui/term.c'
line ui/app.c '#include <readline/readline.h>'
found "only ui/prompt.c has readline" 'ui/app.c:3: only ui/prompt.c'
line ui/app.c '#include <lua.h>'
found "only scripts have Lua" 'ui/app.c:3: only scripts'
line engine/sim/clock.c '#include <time.h>'
found "the engine has no host clock" 'clock.c:7: the engine has no host'
line engine/mm/memory.c '#include "nowhere.h"'
found "an include that does not exist" 'memory.c:7: there is no nowhere.h'

code engine/i386/mmu.c 'int f_memory(void); int g(void) { return f_memory(); }'
found "a hand-written prototype does not help" 'i386/mmu.c:1: needs f_memory of engine/mm/memory'
code engine/rmap/2003_objrmap.c 'int f_chain(void); int g(void) { return f_chain(); }'
found "nor between generations" '2003_objrmap.c:1: needs f_chain of engine/rmap/2002b'
code engine/mm/memory.c 'int f_chain(void); int g(void) { return f_chain(); }'
found "nor from mm to a generation" 'memory.c:1: needs f_chain of'
code engine/mm/memory.c 'int f_rmap(void); int g(void) { return f_rmap(); }'
run_limited 60 sh "$tree/tests/lint" build/release
is "mm may call the contract" "$status" 0
code engine/sim/clock.c 'long time(long *); long g(void) { return time(0); }'
found "a call of the host's clock" 'clock.c:1: needs the host: time'
code engine/mm/memory.c 'int printf(const char *, ...); int g(int n) { return printf("%d", n); }'
found "printf on a modelled stack" 'memory.c:1: prints: printf'
code engine/mm/memory.c 'static int count; int g(void) { return ++count; }'
found "a variable outside the machine" 'memory.c:1: variable outside the machine: count'
code engine/mm/memory.c 'extern int y; int *last = &y;'
found "one that begins with an address" 'memory.c:1: variable outside the machine: last'
code engine/mm/memory.c 'extern int y; int *const row[] = { &y };'
run_limited 60 sh "$tree/tests/lint" build/release
is "a const table is none" "$status" 0
code engine/mm/memory.c '_Thread_local int current; int g(void) { return current; }'
run_limited 60 sh "$tree/tests/lint" build/release
is "current is the one exception" "$status" 0

line ui/app.c "$(printf 'int g(void)\n{\n'; long 69; printf '}')"
found "a function of 72 lines" 'ui/app.c:3: g.. has 72 lines, over 70'
line ui/app.c "$(long 600)"
found "a file of 602 lines" 'ui/app.c:602: 602 lines, over 600'
line ui/app.c "$(printf '/*%098d*/' 0)"
found "a line of 102 columns" 'ui/app.c:3: 102 columns'
line ui/app.c "$(printf '\t\t\t\t\t\t\t\t\t\t\t\t/* 1 */')"
found "a tab has eight columns" 'ui/app.c:3: 103 columns'
line ui/app.c "/* $(printf '│%.0s' $(seq 94)) */"
run_limited 60 sh "$tree/tests/lint" build/release
is "a drawn line counts characters, not bytes" "$status" 0
line ui/app.c 'int x; '
found "a blank at the end" 'ui/app.c:3: blank'
line engine/mm/memory.h "$(printf '\nint bare(void);')"
found "a public declaration without a comment" 'memory.h:5: a public declaration'
built
echo 'int x;' >"$tree/ui/app.c"
found "no SPDX line" 'ui/app.c:1: the first line is not the SPDX line'
built
rm "$tree/lessons/02-x.lua"
found "a hole between lessons" 'lessons/03-x.lua:1: number 2 was expected'
built
echo >"$tree/NOTES"
found "a stray file at the top" 'NOTES:1: does not belong'
plant
found "no objects to look at" 'engine:1: no objects'
