/* SPDX-License-Identifier: GPL-2.0-only */
#include "size.h"

#include <stdio.h>
#include <string.h>

#define LARGEST (1ull << 63)

/* Decimal or 0x; *rest is what follows. */
static bool number_parse(const char *text, u64 *number, const char **rest)
{
	u32 base = text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10;
	const char *p = base == 16 ? text + 2 : text, *begin = p;

	for (*number = 0;; p++) {
		u32 digit = *p >= '0' && *p <= '9' ? (u32)(*p - '0')
						   : (*p | 32) >= 'a' && (*p | 32) <= 'f'
							   ? (u32)((*p | 32) - 'a') + 10 : 99;
		if (digit >= base)
			break;
		if (*number > (LARGEST - digit) / base)
			return false;
		*number = *number * base + digit;
	}
	*rest = p;
	return p > begin;
}

struct unit {
	const char *name;
	u64 factor;
};

static bool with_unit(const char *text, const struct unit *units, u64 *out)
{
	const char *rest;
	u64 number;

	if (!number_parse(text, &number, &rest))
		return false;
	for (; units->name; units++)
		if (!strcmp(rest, units->name)) {
			*out = number * units->factor;
			return number <= LARGEST / units->factor;
		}
	return false;
}

static const struct unit sizes[] = {
	{ "G", 1ull << 30 }, { "M", 1ull << 20 }, { "K", 1ull << 10 }, { "", 1 },
	{ "g", 1ull << 30 }, { "m", 1ull << 20 }, { "k", 1ull << 10 }, { NULL, 0 },
};

static const struct unit times[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { NULL, 0 },
};

bool size_parse(const char *text, u64 *bytes)
{
	return with_unit(text, sizes, bytes);
}

bool time_parse(const char *text, u64 *ns)
{
	return with_unit(text, times, ns);
}

char *size_format(u64 bytes, char *buf, size_t n)
{
	const struct unit *unit = sizes;

	while (unit->factor > 1 && (bytes == 0 || bytes % unit->factor))
		unit++;
	snprintf(buf, n, "%llu%s", (unsigned long long)(bytes / unit->factor), unit->name);
	return buf;
}
