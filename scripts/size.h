/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes and times as people write them. No Lua here: options of the command line use it too. */
#ifndef SCRIPTS_SIZE_H
#define SCRIPTS_SIZE_H

#include "engine.h"

/* "4096", "64K", "16M", "1G": bytes, powers of two. false: not a size, or beyond 2^63. */
bool size_parse(const char *text, u64 *bytes);
/* "10ms", "5us", "2s", "100ns": ns. false: not a time. */
bool time_parse(const char *text, u64 *ns);
/* "64K", "16M": the largest unit that divides. Returns buf. */
char *size_format(u64 bytes, char *buf, size_t n);

#endif
