#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each kernel that a seed describes says which of the seed's functions it has. The list of the
# seed's functions is in tests/data/seeds; the rows are asked through a script. What a row says it
# has must be defined in the engine, under that name; what it says it has not needs a reason.

. tests/tap.sh

cat >"$tmp/rows.lua" <<'LUA'
for name, row in pairs(kernels) do
	for _, f in ipairs(row.functions) do print(name, row.seed, "has", f) end
	for _, f in ipairs(row.unmodelled) do print(name, row.seed, "not", f) end
end
LUA
"$RMAPLAB" run "$tmp/rows.lua" >"$tmp/rows" || not_ok "the rows can be asked"

# Definitions: a name at the start of a line's declarator, a macro, or what FN_AS says.
cat engine/*.c engine/*/*.[ch] |
	sed -nE -e 's/^#define ([A-Za-z_0-9]+)\(.*/\1/p' -e 's/.*FN_AS\("([a-z_0-9]+)"\).*/\1/p' \
		-e 's/^[a-z][A-Za-z_0-9 ]*[ *]([A-Za-z_0-9]+)\(.*/\1/p' \
		-e 's/^PAGE_FLAG_OPS\(([A-Za-z]+), .*/Page\1\nSetPage\1\nClearPage\1/p' |
	sort -u >"$tmp/defined"

for list in tests/data/seeds/[0-9]*; do
	seed=${list##*/}
	awk -v seed="$seed" -F'\t' '$2 == seed && $3 == "has" { print $4 }' "$tmp/rows" |
		sort -u >"$tmp/has"
	awk -v seed="$seed" -F'\t' '$2 == seed && $3 == "not" { sub(/:.*/, "", $4); print $4 }' \
		"$tmp/rows" | sort -u >"$tmp/not"
	sort -u "$tmp/has" "$tmp/not" >"$tmp/said"
	check "seed $seed: its row names exactly the functions of the list" \
		cmp -s "$tmp/said" "$list"
	diff "$tmp/said" "$list" | sed -n 's/^[<>]/# &/p' | head -8
	is "seed $seed: nothing both ways" "$(comm -12 "$tmp/has" "$tmp/not" | tr '\n' ' ')" ""
	is "seed $seed: what it has is in the source" \
		"$(comm -23 "$tmp/has" "$tmp/defined" | tr '\n' ' ')" ""
	awk -v seed="$seed" -F'\t' '$2 == seed && $3 == "not" { print "# not modelled: " $4 }' \
		"$tmp/rows"
	awk -v seed="$seed" -F'\t' '$2 == seed && $3 == "not" && $4 !~ /: .../' "$tmp/rows" \
		>"$tmp/bare"
	is "seed $seed: what it has not has a reason" "$(cat "$tmp/bare")" ""
done
