/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session: one Lua state with the C stack it runs on (the script region) and one machine region
 * per machine{} it makes. Everything that happens in a session is driven by inputs (a chunk of
 * Lua, an answer, "next"), and is numbered in ticks: one per event of any machine, and one at the
 * end of each input. A tick is a moment one can stand at.
 *
 *	input 1                          input 2
 *	|--1--2--3-- ... --41--|42       |--43--44-- ...
 *	   events of machines   end of      ^ here: session_tick() == 44, in the middle of
 *	                        input 1       a kernel function, perhaps inside a pcall
 *
 * Going back has one mechanism: restore the nearest checkpoint (images of all regions), then run
 * forward silently, with the recorded inputs, to the tick wanted.
 *
 * A session belongs to the host thread that opened it. Functions here run on the host's stack.
 */
#ifndef SCRIPTS_SESSION_H
#define SCRIPTS_SESSION_H

#include "engine.h"

struct session;

enum session_mode {
	SESSION_SCRIPT, /* a file runs to its end; machine calls and print */
	SESSION_REPL,   /* chunks one by one; globals stay; an expression's value is printed */
	SESSION_LESSON, /* a lesson file; inputs next, answer, hint, solution, back; chunks too */
	SESSION_EXPERIMENT, /* an experiment's file; INPUT_START runs one case of it */
};

/*
 * What the file of an experiment says of itself when it is opened, then what its functions find,
 * in the order they say it. Strings live during the call.
 */
enum finding_kind {
	FOUND_HEAD,   /* name: its id; text: title, set-up */
	FOUND_CLAIM,  /* name; text: the claim, its source, unit; number: expected, tolerance */
	FOUND_CASE,   /* name: the next case, counted from 1 */
	FOUND_PLOT,   /* text: label of x, label of y, which axes are logarithmic: "", "x", "xy" */
	FOUND_FIGURE, /* name: of the claim; number: its figure */
	FOUND_POINT,  /* name: of the series; number: x, y */
	FOUND_NOTE,   /* name: a line of text */
	FOUND_KEPT,   /* name: a key; number: its value, for later cases */
};

struct finding {
	u8 kind;          /* enum finding_kind */
	bool all;         /* claim, case: only for those who want all of it */
	const char *name;
	const char *text[3];
	double number[2];
};

struct session_config {
	enum session_mode mode;
	const char *file;           /* script or lesson; NULL for a bare REPL */
	const char *kernel;         /* replaces the kernel of every machine{}; NULL: none */
	int argc;                   /* strings for the script's `...` */
	char **argv;
	u64 instruction_budget;     /* since the last machine operation; 0: 20M */
	u64 total_budget;           /* 0: none (lessons and REPL set one) */
	u64 memory_limit;           /* of the Lua state, bytes; 0: 64 MiB */
	bool no_checkpoints;        /* a plain run that never goes back */
	/* Called for each event as it happens, not while re-executing. May be NULL. */
	void (*on_event)(const struct machine *m, const struct event *ev, void *arg);
	/* Called for each printed line, without its newline, not while re-executing; or NULL. */
	void (*on_print)(const char *line, void *arg);
	/* Asked before each operation; true: it is passed over and answers 0, done stays false.
	 * On the script's stack: it may only judge. The same answer each time. May be NULL. */
	bool (*pass_over)(const struct op *op, void *arg);
	/* An experiment's: on the script's stack; they may keep what they are told, no more. */
	void (*on_finding)(const struct finding *f, void *arg);
	bool (*kept)(const char *key, double *value, void *arg); /* false: nobody kept it */
	/* Asked now and then in long work; true stops the script (Ctrl-C). May be NULL. */
	bool (*interrupted)(void *arg);
	void *arg;
};

/* NULL: cannot; err is one clear line. A SESSION_SCRIPT or LESSON is loaded but not started. */
struct session *session_open(const struct session_config *config, char *err, size_t n);
void session_close(struct session *s);

enum input_kind {
	INPUT_START,    /* run the script / show the first lesson step / run what text names: an
			 * experiment's case by its number, "finish"; "+" behind it: all of it */
	INPUT_CHUNK,    /* text: Lua */
	INPUT_NEXT,     /* lesson: perform this step's action and go on */
	INPUT_ANSWER,   /* lesson: text is the answer ("42", "0x40002000", "c1", "3 1 2") */
	INPUT_HINT, INPUT_SOLUTION,
	INPUT_JUMP,     /* lesson: text is the number of a step to go to from the start */
};

/* Why a run stopped. */
enum stop {
	STOP_IDLE,    /* the input was carried out */
	STOP_TICK,    /* the moment asked for was reached, in the middle of the input */
	STOP_ERROR,   /* the input failed: session_error(); the session is idle and usable */
	STOP_KILLED,  /* budget, memory or interrupt: the input was undone; session_error() */
	STOP_BROKEN,  /* a machine hit a BUG, a deadlock, lost content: its report; idle */
	STOP_OP,      /* an operation has ended, or was passed over: session_op() */
};

/* When to stop, checked at each event. All zero: only at the end of the input. */
struct stop_when {
	u64 tick;             /* at this tick */
	bool op;              /* after each operation, when all that it woke waits again; needs
			       * no events */
	bool (*at)(const struct machine *m, const struct event *ev, void *arg);
	void *arg;
};

/*
 * Give an input and run. Allowed only when idle; standing in the past, it starts a branch: what
 * came after is dropped from this session. text may be NULL.
 */
enum stop session_input(struct session *s, enum input_kind kind, const char *text,
			const struct stop_when *when);
/* Go on in the middle of an input (after STOP_TICK); at the newest moment and idle: STOP_IDLE. */
enum stop session_run(struct session *s, const struct stop_when *when);
/* The operation that STOP_OP stopped after, until the session goes on; *machine is the index of
 * the one it was for. */
const struct op *session_op(const struct session *s, u32 *machine);
/* Stand at a tick, 0 .. session_end(). Backward and forward. false: there never was such a tick,
 * or the session cannot go back (no_checkpoints, killed). */
bool session_seek(struct session *s, u64 tick);

/* Steps; each returns why it stopped. Backward ones stop at the previous such moment. */
enum step { STEP_EVENT, STEP_OVER, STEP_OUT, STEP_OP, STEP_INPUT };
enum stop session_step(struct session *s, enum step step, bool backward);

u64 session_tick(const struct session *s);      /* where we stand */
u64 session_end(const struct session *s);       /* the newest tick there is */
bool session_idle(const struct session *s);     /* not in the middle of an input */
/* The event of a tick, NULL for the end of an input. *m is the machine it happened in. */
const struct event *session_event(const struct session *s, u64 tick, const struct machine **m);
const char *session_error(const struct session *s); /* of the last STOP_ERROR, KILLED, BROKEN */
/* Machines made so far: the i-th, in order of creation, or NULL. The last one is "the" machine. */
const struct machine *session_machine(const struct session *s, u32 i);
u32 session_machines(const struct session *s);
/* Which machine a person looks at: the last made, or the one the script names by look{machine=}. */
const struct machine *session_focus(const struct session *s);

/* Output so far at this tick: line i of session_lines(), oldest first. kind: 'p' print, '>' input
 * echo, 'e' error, 'l' lesson. */
u32 session_lines(const struct session *s);
const char *session_line(const struct session *s, u32 i, char *kind, u64 *tick);

/* What the lesson asks the person to look at or do; texts live until the next input or seek. */
enum lesson_wait { LESSON_SAY, LESSON_ASK, LESSON_TASK, LESSON_DONE };
struct lesson_view {
	const char *id, *title, *chapter, *source;
	u32 number;              /* from the file name; 0: none */
	u32 step, steps;         /* 1-based */
	u8 wait;                 /* enum lesson_wait */
	const char *text;        /* the step's text, one paragraph per line */
	const char *question;    /* ask and task: what to do; NULL else */
	const char *pick;        /* what an answer is: "page" "pte" "pde" "task" "number" "name"
				  * "order" */
	const char *reply;       /* to the last answer or hint; NULL: none yet */
	bool right;              /* the last answer was right: next goes on */
	u32 hints, hints_shown;
	/* look at: 0 / NULL when the step does not say */
	u32 look_pfn, look_pid, look_address;
	const char *look_pane;   /* "rmap", "pagetable" ... */
	bool look_has_pfn;
};
/* false: not a lesson. */
bool session_lesson(const struct session *s, struct lesson_view *out);

/* Completion of what is in scope: candidates for the word that ends at the cursor, sorted, at most
 * max, each to be freed. "m:pa" gives "m:page(". Runs no user code, changes nothing. */
u32 session_complete(struct session *s, const char *line, size_t cursor, size_t *word_start,
		     char **out, u32 max);
/* Would Lua want more lines after this text? */
bool session_chunk_incomplete(struct session *s, const char *text);

/* The lessons there are, in order; i from 0. NULL: no more. */
struct lesson_info {
	const char *path, *id, *title, *chapter;
	u32 number, steps;
	bool done;       /* by the progress file */
	u32 reached;     /* last step reached */
};
const struct lesson_info *lesson_list(u32 i);
/* Remember progress in XDG_STATE_HOME/rmaplab/progress, atomically. false: could not, err says
 * why in one line. */
bool lesson_progress(const char *id, u32 step, bool done, char *err, size_t n);
/* What there is to say about a damaged progress file that was set aside; NULL: nothing. */
const char *lesson_progress_note(void);

/* Where the program's data is: the tree it was built in, or what was installed. With trailing path:
 * data_path("lessons") etc. Static buffer per call site is the caller's: returns buf. */
const char *data_path(const char *name, char *buf, size_t n);

#endif
