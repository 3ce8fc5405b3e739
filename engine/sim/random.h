/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside sim: start the machine's random numbers. Drawing them is in machine.h. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include "types.h"

struct machine;

/* Any seed is a good one, 0 too. */
void machine_seed(struct machine *m, u64 seed);

#endif
