/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A workload on one kernel, stepped. A script's session stops after each operation by itself. The
 * replay of a trace knows no stopping, so it runs on a stack of its own:
 *
 *	run_next  ---co_switch--->  replay_run ... op_run ... after_op
 *	    ^                                                    |
 *	    +---------------------co_switch----------------------+
 */
#include "compare.h"
#include "replay.h"
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRACE_STACK (1u << 20)

struct trace {
	struct co co, host;
	void *stack;
	const char *path;
	struct machine *m;
	struct replay *replay;
	struct lackey_counts counts;
	struct op op;
	bool over, good;
	bool stop;              /* run_close wants it to come to an end */
	char err[600];
};

bool looks_like_trace(const char *path)
{
	unsigned char head[2] = { 0, 0 };
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	return n == sizeof(head) && ((head[0] == 0x1f && head[1] == 0x8b) ||
				     (head[0] == '=' && head[1] == '='));
}

/* -- traces ------------------------------------------------------------------------------------ */

static void after_op(const struct op *op, void *arg)
{
	struct trace *t = arg;

	t->op = *op;
	if (t->stop)
		replay_stop(t->replay);
	else
		co_switch(&t->co, &t->host);
}

static void trace_main(void *arg)
{
	struct trace *t = arg;

	t->good = replay_run(t->replay, t->path, &t->counts, t->err, sizeof(t->err));
	t->over = true;
	for (;;)
		co_switch(&t->co, &t->host);
}

static void trace_close(struct trace *t)
{
	t->stop = true;
	while (t->m && !t->over)
		co_switch(&t->host, &t->co); /* what the reader holds, it gives back */
	if (t->replay)
		replay_free(t->replay);
	if (t->m)
		machine_destroy(t->m);
	free(t->stack);
	free(t);
}

static struct trace *trace_open(const struct workload *w, const struct kernel *k, char *err,
				size_t n)
{
	struct machine_config config = w->config;
	struct trace *t = calloc(1, sizeof(*t));
	const char *why = "this computer has no memory left";

	config.kernel = k;
	if (t) {
		t->path = w->file;
		t->over = true; /* not begun: nothing to come to an end */
		t->stack = malloc(TRACE_STACK);
		t->m = t->stack ? machine_create(&config, &why) : NULL;
		t->replay = t->m ? replay_new(t->m, after_op, t) : NULL;
	}
	if (t && t->replay) {
		co_init(&t->co, t->stack, TRACE_STACK, trace_main, t);
		return t;
	}
	snprintf(err, n, "%s", why);
	if (t)
		trace_close(t);
	return NULL;
}

static void trace_next(struct run *r)
{
	struct trace *t = r->trace;

	t->over = false;
	co_switch(&t->host, &t->co);
	r->state = !t->over ? RUN_OP : t->good ? RUN_END : RUN_FAILED;
	r->op = t->op;
	r->m = t->m;
	if (r->state == RUN_FAILED)
		snprintf(r->error, sizeof(r->error), "%s: %s", t->path, t->err);
}

/* -- scripts ----------------------------------------------------------------------------------- */

static struct session *script_session(const struct workload *w, const struct kernel *k, char *err,
				      size_t n)
{
	const struct session_config config = {
		.mode = SESSION_SCRIPT, .file = w->file, .kernel = k->name, .argc = w->argc,
		.argv = w->argv, .no_checkpoints = true, .pass_over = w->pass_over, .arg = w->arg,
	};

	return session_open(&config, err, n);
}

static void script_next(struct run *r)
{
	const struct stop_when when = { .op = true };
	struct session *s = r->session;
	enum stop stop = r->begun ? session_run(s, &when)
				  : session_input(s, INPUT_START, NULL, &when);

	r->begun = true;
	if (stop == STOP_OP) {
		r->state = RUN_OP;
		r->op = *session_op(s, &r->index);
		r->m = session_machine(s, r->index);
		return;
	}
	r->state = stop == STOP_IDLE ? RUN_END : RUN_FAILED;
	snprintf(r->error, sizeof(r->error), "%s", session_error(s));
}

/* -- both -------------------------------------------------------------------------------------- */

struct run *run_open(const struct workload *w, const struct kernel *k, char *err, size_t n)
{
	struct run *r = calloc(1, sizeof(*r));

	snprintf(err, n, "this computer has no memory left");
	if (!r)
		return NULL;
	r->kernel = k;
	if (w->is_trace)
		r->trace = trace_open(w, k, err, n);
	else
		r->session = script_session(w, k, err, n);
	if (r->trace || r->session)
		return r;
	free(r);
	return NULL;
}

void run_close(struct run *r)
{
	if (!r)
		return;
	if (r->trace)
		trace_close(r->trace);
	session_close(r->session);
	free(r);
}

void run_next(struct run *r)
{
	if (r->state != RUN_OP)
		return;
	if (r->trace)
		trace_next(r);
	else
		script_next(r);
}

u32 run_machines(const struct run *r)
{
	return r->trace ? 1 : session_machines(r->session);
}

const struct machine *run_machine(const struct run *r, u32 i)
{
	return r->trace ? r->trace->m : session_machine(r->session, i);
}

bool run_broken(const struct run *r)
{
	return r->m && r->m->report.kind != REPORT_NONE;
}
