# SPDX-License-Identifier: GPL-2.0-only
#
# Install, run from there, uninstall: the program finds its lessons, and nothing stays behind.

. tests/tap.sh

root=$tmp/root
there=$root/usr/local
share=$there/share/rmaplab

check "make install" "$MAKE" BUILD="$BUILD" DESTDIR="$root" install
is "the program is there, and nothing else beside it" "$(ls "$there/bin")" rmaplab
for f in lessons/*.lua scripts/lib/*.lua scripts/experiments/*.lua scripts/races/*.lua \
	engine/rmap/*.c engine/sim/*.h; do
	cmp -s "$f" "$share/$f" || not_ok "installed: $f"
done
is "no build product and no test went along" \
	"$(find "$share" -name '*.o' -o -name 'tests' -o -name '*.d')" ""

# Away from the sources: bin/rmaplab has no tree around it, so it looks where it was told to.
cd "$tmp" || exit 1
run_limited 10 "$there/bin/rmaplab" --version
is "--version: status" "$status" 0
run_limited 10 env RMAPLAB_DATA="$share" "$there/bin/rmaplab" lesson --list
is "it finds the installed lessons" "$(echo "$out" | wc -l)" "$(ls "$share/lessons" | grep -c lua)"
run_limited 60 env RMAPLAB_DATA="$share" "$there/bin/rmaplab" lesson --check 01
is "and what they need" "$status" 0
run_limited 10 env RMAPLAB_DATA="$tmp/nowhere" "$there/bin/rmaplab" lesson --list
is "without data: status" "$status" 1
like "without data: what to do" "$err" '^rmaplab: .*RMAPLAB_DATA'
is "without data: one line" "$(printf '%s\n' "$err" | wc -l)" 1
cd "$OLDPWD" || exit 1

check "make uninstall" "$MAKE" BUILD="$BUILD" DESTDIR="$root" uninstall
is "nothing stays behind" "$(find "$root" -type f)" ""
is "nor do our folders" "$(find "$root" -name '*rmaplab*')" ""
