#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The way to switch stacks that works on every host, -DCO_UCONTEXT, passes the tests that the
# assembly passes.
. tests/tap.sh

programs="t020_co t030_sched t035_locks t060_image"
built() {
	# shellcheck disable=SC2046
	$MAKE VARIANT=ucontext $(for t in $programs; do echo "$BUILD/ucontext/tests/$t"; done)
}
check "the variant builds" built
for t in $programs; do
	check "$t with ucontext" "$BUILD/ucontext/tests/$t"
done
