# SPDX-License-Identifier: GPL-2.0-only
#
# Install, run from there, uninstall: the program finds its lessons, and nothing stays behind.

. tests/tap.sh

root=$tmp/root
there=$root/usr/local
share=$there/share/rmaplab

check "make install" "$MAKE" BUILD="$BUILD" DESTDIR="$root" install
is "the program is there, and nothing else beside it" "$(ls "$there/bin")" rmaplab
for f in lessons/*.lua scripts/lib/*.lua engine/rmap/*.c engine/sim/*.h; do
	cmp -s "$f" "$share/$f" || not_ok "installed: $f"
done
is "no build product and no test went along" \
	"$(find "$share" -name '*.o' -o -name 'tests' -o -name '*.d')" ""

# Away from the sources, found beside the executable: bin/../share/rmaplab.
cd "$tmp" || exit 1
run_limited 10 "$there/bin/rmaplab" --version
is "--version: status" "$status" 0
run_limited 10 "$there/bin/rmaplab" lesson --list
is "it finds the installed lessons" "$(echo "$out" | wc -l)" "$(ls "$share/lessons" | grep -c lua)"
run_limited 10 env RMAPLAB_DATA="$tmp/nowhere" "$there/bin/rmaplab" lesson --list
is "RMAPLAB_DATA comes first" "$([ "$status" -ne 0 ] && echo refused)" refused
cd "$OLDPWD" || exit 1

check "make uninstall" "$MAKE" BUILD="$BUILD" DESTDIR="$root" uninstall
is "nothing stays behind" "$(find "$root" -type f)" ""
is "nor do our folders" "$(find "$root" -name '*rmaplab*')" ""
