# SPDX-License-Identifier: GPL-2.0-only
#
# scripts/setup on machines that are not this one: a PATH of a few tools, a fake package manager
# that writes down what it was asked and then "installs", a fake make that says what it builds.

. tests/tap.sh

bin=$tmp/bin
log=$tmp/log
installs='gcc libc6-dev make pkg-config libncurses-dev libreadline-dev liblua5.4-dev zlib1g-dev'

tool() {
	cat >"$bin/$1"
	chmod +x "$bin/$1"
}

# A bare machine of the distribution $1, user $2.
bare() {
	rm -rf "$bin"
	mkdir "$bin"
	: >"$log"
	for t in sh sed dirname cat env getconf chmod; do
		ln -s "$(command -v "$t")" "$bin/$t"
	done
	printf '%b\n' "$1" >"$tmp/os-release"
	echo "echo $2" | tool id
	tool apt-cache <<-END
	[ -e "$tmp/lists" ]
	END
	tool apt-get <<-END
	echo "apt-get \$*" >>"$log"
	case \$1 in
	update) : >"$tmp/lists" ;;
	install)
		[ -e "$tmp/lists" ] || exit 100
		for t in cc tmux asciinema pkg-config make; do
			echo "echo \$t \\\$* >>$log" >"$bin/\$t"
			chmod +x "$bin/\$t"
		done ;;
	esac
	END
	tool sudo <<-END
	echo "sudo" >>"$log"
	exec "\$@"
	END
	rm -f "$tmp/lists"
}

setup() {
	run_limited 20 env PATH="$bin" OS_RELEASE="$tmp/os-release" CC= sh scripts/setup "$@"
}

run_limited 20 sh scripts/setup build --check
is "a machine that built this has what a build needs" "$status" 0
run_limited 20 sh scripts/setup paint
is "an unknown word is wrong usage" "$status" 2
like "and shows the usage" "$err" 'scripts/setup run'

bare 'ID=debian' 0
setup build --check
is "--check on a bare Debian: status" "$status" 1
like "--check: the exact line" "$out" "apt-get install -y --no-install-recommends $installs\$"
like "--check: what for" "$out" 'Missing: C compiler, .*GNU readline, Lua 5.4, zlib'
is "--check installs nothing" "$(cat "$log")" ""
setup test --check
like "the tests need more" "$out" "$installs libcmocka-dev libvterm-dev tmux asciinema\$"
setup test --all-tools --check
like "the continuous integration more still" "$out" 'clang valgrind tmux asciinema$'

bare 'ID=debian' 0
setup build
is "install and build without a terminal: status" "$status" 0
is "lists first, then the packages, then make" "$(sed 's/ -j.*//; /^cc/d; /^pkg-config/d' "$log")" \
	"apt-get update
apt-get install -y --no-install-recommends $installs
make"

bare 'ID=ubuntu\nID_LIKE=debian' 1000
: >"$tmp/lists"
setup test -y
is "a user goes through sudo" "$(sed -n '1,2p' "$log")" "sudo
apt-get install -y --no-install-recommends $installs libcmocka-dev libvterm-dev tmux asciinema"
like "test builds the tests and runs them" "$(grep ^make "$log" | tr '\n' ' ')" \
	'^make -j[0-9]+ tests make test $'

bare 'ID=debian' 1000
rm "$bin/sudo"
setup build
is "neither root nor sudo: status" "$status" 1
like "neither root nor sudo: what to do" "$err" 'run that line as root'

bare 'ID=mint\nID_LIKE="ubuntu debian"' 0
setup build --check
like "a distribution like Debian" "$out" 'apt-get install'
for row in 'fedora dnf install -y gcc.* readline-devel' 'arch pacman -S .*lua54' \
	'alpine apk add gcc musl-dev'; do
	bare "ID=${row%% *}" 0
	setup build --check
	like "packages of ${row%% *}" "$out" "${row#* }"
done

bare 'ID=plan9' 0
setup build
is "an unknown distribution: status" "$status" 1
like "an unknown distribution: the list of needs" "$out" \
	'^Missing: C compiler, C library, make, pkg-config, ncurses'
like "an unknown distribution: what to do" "$err" 'install those'
