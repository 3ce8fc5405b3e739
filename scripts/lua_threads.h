/* SPDX-License-Identifier: GPL-2.0-only */
/* The threads of a scenario: lua_scenario.c sets them up, run_op knows that there are such. */
#ifndef SCRIPTS_LUA_THREADS_H
#define SCRIPTS_LUA_THREADS_H

#include "lua_priv.h"

#define MAX_BODIES 8

struct crew;

/* A thread: a function of Lua, and where it is. */
struct body {
	struct crew *crew;
	char name[TASK_COMM_LEN];
	u32 worker;     /* pid of the kernel thread for its operations of nobody in particular */
	lua_State *L;
	struct co co;
	struct op *op;  /* it waits for the end of this one; NULL: it can go on */
	bool ended;
};

/* All of them, in the order of their names, and how a schedule went. Their stacks are behind it. */
struct crew {
	struct script *script;
	u32 machine, n;
	u64 ops;        /* operations of this schedule */
	char why[700];  /* what went wrong; "": nothing */
	struct body body[MAX_BODIES];
};

/* Push a crew of n, a userdata. Name, worker and machine are the caller's to fill in. It must live
 * as long as the machine may have operations of it in flight. */
struct crew *crew_push(lua_State *L, u32 machine, u32 n);
/*
 * At index threads: the table of functions by name, behind it their two arguments. Each becomes a
 * coroutine of its own that waits to begin; a list that keeps these is pushed.
 */
void crew_begin(lua_State *L, struct crew *crew, int threads);
/* Run them to their ends, or until something goes wrong. Raises nothing. */
void crew_run(struct crew *crew);

/* On a thread: the operation is carried out while others go on. Returns when it is done, or was
 * refused; never, if the machine breaks or the schedule is over. */
void body_op(struct script *sc, struct op *op, u32 machine);

#endif
