/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rmaplab's engine: the only header that scripts/ and ui/ include.
 *
 *	machine_create, machine_destroy, machine_report      sim/machine.h
 *	op_run and the table of operations                   op.h
 *	inspect_*: everything one can look at, as values     inspect.h
 *	check_machine, dump_machine, dump_hash, dump_graph   sim/check.h, sim/dump.h
 *	event_sentence, event_json, kinds and sites          sim/event.h
 *	regions, images, coroutines (for the session)        sim/region.h, sim/co.h
 *	the kernels                                          kernels.h
 *
 * One machine is used by one host thread at a time. Nothing here prints, exits or reads files.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include "inspect.h"
#include "kernels.h"
#include "op.h"
#include "sim/check.h"
#include "sim/clock.h"
#include "sim/co.h"
#include "sim/counters.h"
#include "sim/dump.h"
#include "sim/event.h"
#include "sim/machine.h"
#include "sim/region.h"
#include "sim/types.h"

#endif
