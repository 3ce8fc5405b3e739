/* SPDX-License-Identifier: GPL-2.0-only */
#include "matches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Make @match, which replaces what follows @theirs, replace what follows @start. */
static char *fit(char *match, const char *line, size_t theirs, size_t start)
{
	char *fitted = NULL;

	if (theirs == start)
		return match;
	if (theirs < start) {
		size_t skip = start - theirs;

		fitted = strlen(match) >= skip ? strdup(match + skip) : NULL;
	} else if (asprintf(&fitted, "%.*s%s", (int)(theirs - start), line + start, match) < 0) {
		fitted = NULL;
	}
	free(match);
	return fitted;
}

static size_t common_prefix(char **matches, int n)
{
	size_t length = strlen(matches[0]);

	for (int i = 1; i < n; i++) {
		size_t same = 0;

		while (same < length && matches[i][same] == matches[0][same])
			same++;
		length = same;
	}
	return utf8_whole(matches[0], length);
}

char **matches_list(char **found, int n, const char *line, size_t theirs, size_t start)
{
	char **list = calloc((size_t)n + 2, sizeof(*list));
	int kept = 0;

	for (int i = 0; i < n; i++) {
		found[kept] = fit(found[i], line, theirs, start);
		kept += found[kept] != NULL;
	}
	if (!list || !kept) {
		while (kept)
			free(found[--kept]);
		free(list);
		return NULL;
	}
	list[0] = strndup(found[0], common_prefix(found, kept));
	if (kept > 1)
		memcpy(list + 1, found, (size_t)kept * sizeof(*found));
	else
		free(found[0]);
	return list;
}
