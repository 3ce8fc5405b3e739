/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The outside of a session: what the host keeps and no checkpoint contains. The logs grow with
 * what happens; re-execution reads them and adds nothing.
 *
 *	inputs       |-- 1 --------------------|-- 2 ----------------|
 *	events        1 2 3 4 5 6 7 ...      42 43 44 45 ...        60    one record per tick
 *	lines             a      b  c         e     d                     each with its first tick
 *	checkpoints  ^0       ^5       ^9      ^42       ^51
 *	                                                  ^ tick: where script and machines stand
 */
#ifndef SCRIPTS_SESSION_PRIV_H
#define SCRIPTS_SESSION_PRIV_H

#include "script.h"

/* An event and the index of its machine; NOBODY: this tick is the end of an input. */
struct logged {
	struct event event;
	u32 machine;
};

#define LOG_CHUNK 4096u

struct event_log {
	struct logged **chunks; /* NULL where forgotten */
	u32 nr_chunks, room;
	u32 first_chunk;        /* those before are forgotten */
};

struct line {
	char *text;
	char kind;
	u64 tick; /* seen from this tick on */
};

struct input {
	u8 kind;     /* enum input_kind */
	u8 stop;     /* enum stop, once closed */
	bool closed;
	char *text;  /* NULL: none */
	char *error; /* NULL: none */
	u64 begin;   /* the tick it was given at */
};

struct checkpoint {
	u64 tick;
	u64 ran;     /* ns of running that lead here */
	u32 input;
	bool exact;  /* at the tick itself; false: some Lua later */
	bool idle;
	u32 nr_machines;
	struct image *script;
	struct image **machines;
};

struct snapshot {
	struct image *image;
	u32 machine;
	u64 tick; /* taken before this tick */
};

struct machine_region {
	struct region *region;
	u64 heap;
	u32 frames;
};

struct session {
	struct session_config config; /* strings are copies */
	struct script *script;
	struct co host;
	struct machine_hooks hooks;
	struct machine_region regions[MAX_MACHINES]; /* kept for re-execution */
	u64 tick, end;    /* where we stand; the newest tick */
	u64 alarm;        /* the hook gives control to the host at this tick */
	u64 told;         /* events up to here went to on_event */
	u64 ran;          /* ns of running that lead to this moment, measured */
	u64 ran_from;     /* host clock when the script got control */
	u64 image_ns;     /* what the last checkpoint cost */
	bool idle;
	bool dead;        /* killed where nothing could be undone */
	bool diverged;    /* re-execution did not do the same: a bug of ours */
	u32 input;        /* of the input in progress, or of the next one */
	struct event_log log;
	struct input *inputs;
	u32 nr_inputs, room_inputs;
	struct line *lines;
	u32 nr_lines, room_lines;
	struct checkpoint *checkpoints;
	u32 nr_checkpoints, room_checkpoints;
	struct snapshot *snapshots;
	u32 nr_snapshots, room_snapshots;
	u64 kept_bytes;   /* of checkpoint images, about */
	struct {
		char kind;
		const char *text;
		size_t n;
	} print;
	const struct op *op; /* LEFT_OP: on the script's stack */
	u32 op_machine;
	bool stops_at_ops;
	char killed[400];
	char error[2000];
	char *scratch;    /* dumps on their way to Lua */
	char path[1024];  /* of the lesson's number and messages: the file as given */
};

/* --- session_log.c ------------------------------------------------------------------------ */

/* Memory the program cannot do without: ends it with one line when there is none. */
void *must_grow(void *array, u32 *room, u32 wanted, size_t size);
char *must_copy(const char *text); /* NULL stays NULL */

/* Append the record of the next tick. */
void log_append(struct session *s, const struct event *ev, u32 machine);
/* The record of tick 1 .. end; NULL: forgotten. */
const struct logged *log_at(const struct session *s, u64 tick);
/* In a session that never goes back, only the newest are kept. */
void log_forget_old(struct session *s);
void lines_append(struct session *s, char kind, const char *text, size_t n, u64 tick);
struct input *inputs_append(struct session *s, enum input_kind kind, const char *text);
/* Drop everything that comes after where we stand. */
void logs_truncate(struct session *s);
void logs_free(struct session *s);

/* --- session_checkpoint.c ----------------------------------------------------------------- */

/* Keep this moment. No host memory: the moment is not kept, re-execution takes longer. */
void checkpoint_take(struct session *s, bool exact);
/* The latest one from which `tick` can still be reached; NULL: none. */
struct checkpoint *checkpoint_before(struct session *s, u64 tick);
void checkpoint_restore(struct session *s, const struct checkpoint *c);
/* Has enough been run since the last checkpoint? */
bool checkpoint_due(struct session *s);
void checkpoints_truncate(struct session *s, u64 tick);
void checkpoints_free(struct session *s);
/* Hooks are host memory: set again after each restore. */
void session_set_hooks(struct session *s);

/* m:snapshot(): the image of one machine, kept under a number. On the script's stack.
 * NOBODY: no host memory. */
u32 snapshot_take(struct session *s, u32 machine);
/* m:restore(). false: there is no such snapshot of this machine. */
bool snapshot_restore(struct session *s, u32 machine, u32 snapshot);

/* A machine in the next region, the same as last time when this is re-execution. On the script's
 * stack. NULL: *why says. */
struct machine *session_machine_create(struct session *s, const struct machine_config *config,
				       const char **why);

/* --- session.c ---------------------------------------------------------------------------- */

/* Run until the input ends or the moment asked for comes. */
enum stop session_go(struct session *s, const struct stop_when *when);
u64 host_clock(void);

#endif
