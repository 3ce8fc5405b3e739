#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Five bugs, each planted by a build flag (engine/sim/types.h), each found by a named test within
# ten seconds; the build without them passes the very same test.
#
#	mutant                   the missing line                            killed by
#	zap_keeps_rmap           page_remove_rmap in zap_pte_range           t450_random
#	unmap_drops_dirty        set_page_dirty in try_to_unmap_one          t450_random
#	swap_out_drops_dirty     the same in try_to_swap_out                 t450_random
#	fork_no_swap_duplicate   swap_duplicate in copy_page_range           t450_random
#	unmap_waits              trylock of page_table_lock, now a lock      t470_stress

. tests/tap.sh

cflags="-std=c11 -O2 -D_GNU_SOURCE -Iengine -Itests -Wno-unused-parameter"
libs=$(pkg-config --cflags --libs cmocka)

# Build the engine with one bug in it, and the two tests with that engine.
build() {
	$MAKE WERROR= MUTANT="$1" "$BUILD/mutant-$1/libengine.a" >"$tmp/make.log" 2>&1 || return 1
	for t in t450_random t470_stress; do
		# shellcheck disable=SC2086
		${CC:-cc} $cflags -o "$tmp/$t" "tests/$t.c" tests/workload*.c tests/random_work.c \
			"$BUILD/mutant-$1/libengine.a" $libs >>"$tmp/make.log" 2>&1 || return 1
	done
}

# killed MUTANT TEST ARGUMENTS PATTERN...: the test fails in time, and says each of these.
killed() {
	mutant=$1 program=$2 arguments=$3
	shift 3
	if ! build "$mutant"; then
		not_ok "$mutant is built" "$(tail -5 "$tmp/make.log")"
		return
	fi
	# shellcheck disable=SC2086
	run_limited 10 "$tmp/$program" $arguments
	is "$mutant is killed by $program within 10 s" "$status" 1
	for pattern; do
		like "$mutant: the report says why" "$out$err" "$pattern"
	done
	# shellcheck disable=SC2086
	run_limited 200 "$TEST_BIN/$program" $arguments
	is "without it $program $arguments passes" "$status" 0
}

killed zap_keeps_rmap t450_random "1 1 1000" "page_mapped\\(page\\)|rmap-shape|rmap-equals-oracle"
killed unmap_drops_dirty t450_random "2 1 1000" "clean-is-stored|content-reachable|lost content"
export KERNEL=2.5.26
killed swap_out_drops_dirty t450_random "2 1 1000" "content-reachable|lost content"
unset KERNEL
killed fork_no_swap_duplicate t450_random "1 1 1000" "swap-map: slot .* has count"
killed unmap_waits t470_stress "1 60" \
	"deadlock: nobody can run" \
	"spins for page_table_lock of .* in try_to_unmap_one" \
	"holds pagemap_lru_lock, taken in" \
	"holds chain lock of page .*, taken in" \
	"spins for (pagemap_lru_lock|chain lock)" \
	"holds page_table_lock of .*, taken in"
