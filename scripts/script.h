/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of a session: what lives in the script region. struct script is its first heap
 * block, the lua_State and all Lua objects follow, and the C stack that Lua runs on fills the
 * frames part:
 *
 *	| struct region | struct script | lua_State, tables, strings ... brk > | guard | C stack |
 *
 * The host switches in to have an input carried out. Lua, or a modelled thread that Lua's
 * operation runs on, switches out: at an event the host wants to see, every so many Lua
 * instructions, for each printed line, at the end of the input, and to be killed. Whoever switched
 * out waits in script->wait, so the host can go on later, or never, or first put older images
 * back.
 *
 * Functions here run on the script's stack, but for those said to be the host's.
 */
#ifndef SCRIPTS_SCRIPT_H
#define SCRIPTS_SCRIPT_H

#include "engine.h"
#include "session.h"

#include <lua.h>

#define MAX_MACHINES 250
#define SCRIPT_STACK_PAGES 320u /* 1.25 MiB; Lua's own limit on recursion in C needs 410 KiB */
#define COUNT_STEP 1000         /* Lua instructions between two looks at the budget */
#define NOBODY UINT32_MAX

/* Why the host has control. */
enum left {
	LEFT_IDLE,    /* ready for an input */
	LEFT_EVENT,   /* right after the event of the session's tick */
	LEFT_COUNT,   /* between two Lua instructions */
	LEFT_PRINT,   /* a line is in session->print */
	LEFT_OP,      /* right after the operation in session->op */
	LEFT_KILLED,  /* session->killed says why; never to be resumed */
};

/* An input of our own: verify the lesson's step at hand, and solve it. */
#define INPUT_CHECK (INPUT_JUMP + 1)

/* How an input ended. */
enum ended { ENDED_WELL, ENDED_ERROR, ENDED_BROKEN };

/* A string in the region that grows as needed. */
struct text {
	char *s; /* NULL: none */
	u64 size;
};

/* What a lesson, or look{}, asks the person to look at. */
struct look {
	u32 machine; /* NOBODY: the last one made */
	u32 pfn, pid, address;
	bool has_pfn;
	struct text pane;
};

struct lesson_state {
	bool loaded, right;
	u8 wait;     /* enum lesson_wait */
	u32 step, steps, hints, hints_shown;
	struct text id, title, chapter, source;
	struct text text, question, pick, reply;
};

struct script {
	struct session *session;  /* the host's; its address never changes */
	struct region *region;
	lua_State *L;             /* the main thread */
	lua_State *running;       /* the Lua coroutine that runs */
	struct co co;             /* where the script's stack waits */
	struct co *on;            /* whose stack Lua runs on: &co, or that of a scenario's thread */
	struct body *body;        /* that thread; NULL: none, the script itself */
	struct co *wait;          /* whom the host switches to: &co, or a machine's pause_co */
	struct machine *event_machine; /* LEFT_EVENT: whose event it is */
	struct task_struct *current; /* the engine's, while the host has control */
	u8 left;                  /* enum left */
	u8 ended;                 /* enum ended, when left is LEFT_IDLE */
	u8 input;                 /* enum input_kind, set by the host before it switches in */
	const char *input_text;   /* the host's */
	struct text error;        /* of an input that did not end well */
	u64 memory;               /* bytes Lua has now */
	u64 instructions, total;  /* since the last machine operation; in all */
	u64 hooks;                /* runs of the count hook */
	u64 random[4];            /* math.random's state */
	u64 next_id;              /* of the next object that tostring shows */
	bool in_callback;         /* m:on's functions may only read */
	char refused_at[100];     /* line that last asked for memory there was not */
	bool refused_deep;        /* in an endless recursion, it seems */
	u32 nr_machines;
	u32 nr_snapshots;         /* taken by m:snapshot(); the images are the host's */
	struct machine *machines[MAX_MACHINES];
	struct look look;
	struct lesson_state lesson;
};

/*
 * On the host's stack: a region with a Lua state that has run scripts/lib and loaded the file of
 * the session's configuration. NULL: cannot, err says why.
 */
struct script *script_create(struct session *s, char *err, size_t n);
void script_destroy(struct script *sc); /* its region and nothing else; the host's stack */

/* The script a state, or any of its coroutines, belongs to. */
struct script *script_of(lua_State *L);

/* Give the host control; returns when it switches back. */
void script_leave(struct script *sc, enum left why);
/* Stop for good what is running: no pcall sees it, the host undoes the whole input. The text gets
 * the line of the script in front. */
void script_kill(lua_State *L, const char *format, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
/* The same, when Lua reports that it has no memory. */
void script_out_of_memory(lua_State *L) __attribute__((noreturn));
/* After each machine operation. */
void script_new_budget(struct script *sc);
/* The host looks after each operation, if it asked for that. */
void script_op_done(struct script *sc, const struct op *op, u32 machine);
/* Something took as long as that many Lua instructions. */
void script_charge(struct script *sc, u64 instructions);

/* "file:line" of the innermost function that the user wrote; "" when there is none. */
void script_where(lua_State *L, char *buf, size_t n);
/* Print text to the session's output, line by line. kind as session_line(): 'p' 'l' '>'. */
void script_print(struct script *sc, char kind, const char *text, size_t n);

/* Set a text, NULL to clear it. */
void text_set(struct script *sc, struct text *t, const char *s);

/* The hook of every machine; arg is the session. On whatever stack emitted the event. */
void script_event(struct machine *m, const struct event *ev, void *session);

/* Lowest live byte of the script's stack while the host has control. Host. */
u64 script_live_from(const struct script *sc);

/* Carry out one input: start, chunk, or a lesson's. Lua's stack is empty before and after. */
void script_input(struct script *sc);

/* Load the file and the libraries: protected, leaves nothing on the stack. Errors are raised. */
int script_open(lua_State *L);

#endif
