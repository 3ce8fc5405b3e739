/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matches: candidates for a word in the form readline wants them.
 */
#ifndef UI_MATCHES_H
#define UI_MATCHES_H

#include <stddef.h>

/*
 * From @n malloc'ed candidates for the word of @line that begins at @theirs, make readline's list
 * for its word, which begins at @start: the common prefix, the candidates when there are several,
 * NULL. The list owns the candidates. Returns NULL when there are none, or no memory.
 */
char **matches_list(char **found, int n, const char *line, size_t theirs, size_t start);

#endif
