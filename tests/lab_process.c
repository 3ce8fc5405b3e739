/* SPDX-License-Identifier: GPL-2.0-only */
/* The process of the running test, for the labs that have one. */
#include "engine.h"

extern u32 pid;
u32 pid;
