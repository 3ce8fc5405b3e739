# SPDX-License-Identifier: GPL-2.0-only
#
# The figures of a lackey log, raw or compacted, counted without any code of rmaplab:
#
#	gzip -dc ls64.lk.gz | awk -v name=ls64 -f figures.awk
#
# records.K counts the lines of kind K, crossings those whose last byte is on the next page, pages
# the distinct (process, page) pairs, pages.code and pages.written those that an I, or an S or M,
# touched; calls.X the successful calls of X (a call in two lines counts once).

BEGIN {
	for (i = 0; i < 16; i++)
		digit[substr("0123456789abcdef", i + 1, 1)] = i
}

function number(hex,   i, n) {
	for (i = 1; i <= length(hex); i++)
		n = n * 16 + digit[substr(hex, i, 1)]
	return n
}

function touch(page) {
	if (!((pid, page) in seen)) {
		seen[pid, page] = 1
		pages++
	}
	if (kind == "I" && !((pid, page) in ran)) {
		ran[pid, page] = 1
		code++
	}
	if ((kind == "S" || kind == "M") && !((pid, page) in wrote)) {
		wrote[pid, page] = 1
		written++
	}
}

/^==[0-9]+==/ && !/^==0==/ {
	pid = $1
}

/^(I | [LSM]) / {
	kind = substr($0, 1, 1) == "I" ? "I" : substr($0, 2, 1)
	comma = index($0, ",")
	records[kind]++
	page = substr($0, 4, comma - 7)
	offset = substr($0, comma - 3, 3)
	size = substr($0, comma + 1) + 0
	touch(page)
	if (size > 1 && number(offset) + size > 4096) {
		crossings++
		touch(sprintf("%05x", number(page) + 1))
	}
}

/^SYSCALL/ && (/Success/ || /created child/ || /exit/) {
	if ($2 != "...")
		call = $2
	sub(/\(.*/, "", call)
	calls[call]++
	next
}

/^SYSCALL/ {
	call = $2
}

END {
	split("I L S M", order, " ")
	for (i = 1; i <= 4; i++) {
		print name ".records." order[i], records[order[i]] + 0
		total += records[order[i]]
	}
	print name ".records", total + 0
	print name ".crossings", crossings + 0
	print name ".pages", pages + 0
	print name ".pages.code", code + 0
	print name ".pages.written", written + 0
	for (call in calls)
		print name ".calls." call, calls[call] | "sort"
}
