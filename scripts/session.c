/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Driving a session: inputs go in, the script runs until it is done, is stopped at a tick, or is
 * killed. All of this is the host's stack; script_leave() and script_event() are the other side
 * of the switch.
 *
 *	session_input -> session_go -> enter ====> script_input, Lua, op_run, modelled threads
 *	                    ^                         |  LEFT_EVENT LEFT_COUNT LEFT_PRINT
 *	                    +----- look around <======+  LEFT_OP LEFT_IDLE LEFT_KILLED
 */
#include "session_priv.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 64 /* events between two looks of the host */

u64 host_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

/* -- opening and closing ----------------------------------------------------------------------- */

static void copy_config(struct session *s, const struct session_config *config)
{
	u32 room = 0;

	s->config = *config;
	s->config.file = must_copy(config->file);
	s->config.kernel = must_copy(config->kernel);
	s->config.argv = NULL;
	if (config->argc)
		s->config.argv = must_grow(NULL, &room, (u32)config->argc, sizeof(char *));
	for (int i = 0; i < config->argc; i++)
		s->config.argv[i] = must_copy(config->argv[i]);
	if (!config->instruction_budget)
		s->config.instruction_budget = 20000000;
	if (!config->memory_limit)
		s->config.memory_limit = 64u << 20;
}

struct session *session_open(const struct session_config *config, char *err, size_t n)
{
	u32 room = 0;
	struct session *s = must_grow(NULL, &room, 1, sizeof(*s));

	/* Strings are compared and numbers written the same way everywhere. */
	setlocale(LC_COLLATE, "C");
	setlocale(LC_NUMERIC, "C");
	memset(s, 0, sizeof(*s));
	copy_config(s, config);
	s->hooks = (struct machine_hooks){ .event = script_event, .arg = s };
	s->idle = true;
	if (config->kernel && !kernel_by_name(config->kernel))
		snprintf(err, n, "there is no kernel %s; `rmaplab kernels` lists those there are",
			 config->kernel);
	else
		s->script = script_create(s, err, n);
	if (!s->script) {
		session_close(s);
		return NULL;
	}
	checkpoint_take(s, true);
	return s;
}

void session_close(struct session *s)
{
	if (!s)
		return;
	checkpoints_free(s);
	logs_free(s);
	for (u32 i = 0; i < MAX_MACHINES; i++)
		if (s->regions[i].region)
			region_destroy(s->regions[i].region);
	if (s->script)
		script_destroy(s->script);
	for (int i = 0; i < s->config.argc; i++)
		free(s->config.argv[i]);
	free(s->config.argv);
	free((char *)s->config.file);
	free((char *)s->config.kernel);
	free(s->scratch);
	free(s);
}

/* -- telling the host's callbacks what is new -------------------------------------------------- */

static void tell_events(struct session *s)
{
	const struct session_config *c = &s->config;

	while (s->told < s->tick && s->told < s->end) {
		const struct logged *record = log_at(s, ++s->told);

		if (c->on_event && record && record->machine != NOBODY)
			c->on_event(s->script->machines[record->machine], &record->event, c->arg);
	}
	if (c->no_checkpoints)
		log_forget_old(s);
}

static void tell_line(struct session *s)
{
	u64 tick = s->tick + 1;

	if (s->tick < s->end)
		return; /* re-execution: the line is there */
	tell_events(s);
	if (!s->config.no_checkpoints)
		lines_append(s, s->print.kind, s->print.text, s->print.n, tick);
	if (s->config.on_print) {
		char *line = malloc(s->print.n + 1);

		if (!line)
			return;
		memcpy(line, s->print.text, s->print.n);
		line[s->print.n] = 0;
		s->config.on_print(line, s->config.arg);
		free(line);
	}
}

/* -- running ----------------------------------------------------------------------------------- */

/* Give the script control; the time it keeps it is measured. */
static enum left enter(struct session *s)
{
	struct script *sc = s->script;

	s->ran_from = host_clock();
	current = sc->current;
	co_switch(&s->host, sc->wait);
	s->ran += host_clock() - s->ran_from;
	return sc->left;
}

static void set_alarm(struct session *s, const struct stop_when *when)
{
	s->stops_at_ops = when->op;
	s->alarm = s->tick + (when->at ? 1 : BATCH);
	if (when->tick > s->tick && when->tick < s->alarm)
		s->alarm = when->tick;
}

static void hand_over_input(struct session *s)
{
	struct script *sc = s->script;
	const struct input *input = &s->inputs[s->input];

	sc->input = input->kind;
	sc->input_text = input->text;
	s->idle = false;
	s->error[0] = 0;
}

static const enum stop stop_of[] = {
	[ENDED_WELL] = STOP_IDLE, [ENDED_ERROR] = STOP_ERROR, [ENDED_BROKEN] = STOP_BROKEN,
};

/* The script is idle again: one tick for the end of the input. */
static enum stop finish_input(struct session *s)
{
	struct input *input = &s->inputs[s->input];
	enum stop stop = stop_of[s->script->ended];
	const char *error = stop == STOP_IDLE ? NULL : s->script->error.s;

	s->idle = true;
	s->input++;
	s->tick++;
	if (s->tick > s->end) {
		log_append(s, NULL, NOBODY);
		input->closed = true;
		input->stop = (u8)stop;
		input->error = must_copy(error);
		if (error)
			lines_append(s, 'e', error, strlen(error), s->tick);
	} else if (input->stop != stop) {
		s->diverged = true;
	}
	tell_events(s);
	snprintf(s->error, sizeof(s->error), "%s", error ? error : "");
	return stop;
}

/* The input in progress never was; only its echo and the reason remain to be read. */
static enum stop undo_input(struct session *s)
{
	struct input *input = &s->inputs[s->input];
	const struct checkpoint *c = checkpoint_before(s, input->begin);
	char *echo = must_copy(input->text);

	tell_events(s);
	snprintf(s->error, sizeof(s->error), "%s", s->killed);
	s->dead = !c || c->tick != input->begin || !c->idle;
	if (!s->dead) {
		checkpoint_restore(s, c);
		logs_truncate(s);
		if (echo)
			lines_append(s, '>', echo, strlen(echo), s->tick);
		lines_append(s, 'e', s->error, strlen(s->error), s->tick);
	}
	free(echo);
	return STOP_KILLED;
}

static bool interrupted(struct session *s)
{
	const struct session_config *c = &s->config;

	if (s->tick < s->end || !c->interrupted || !c->interrupted(c->arg))
		return false;
	snprintf(s->killed, sizeof(s->killed), "interrupted");
	return true;
}

/* Is this the moment asked for? */
static bool wanted(const struct session *s, const struct stop_when *when)
{
	const struct logged *record = log_at(s, s->tick);

	if (when->tick && s->tick == when->tick)
		return true;
	return when->at && record && record->machine != NOBODY &&
	       when->at(s->script->machines[record->machine], &record->event, when->arg);
}

enum stop session_go(struct session *s, const struct stop_when *when)
{
	enum left left;

	if (s->idle)
		hand_over_input(s);
	for (;;) {
		set_alarm(s, when);
		left = enter(s);
		if (left == LEFT_IDLE)
			return finish_input(s);
		if (left == LEFT_KILLED)
			return undo_input(s);
		if (left == LEFT_PRINT) {
			tell_line(s);
			continue;
		}
		tell_events(s);
		if (left == LEFT_OP)
			return STOP_OP;
		if (checkpoint_due(s))
			checkpoint_take(s, left == LEFT_EVENT);
		if (left == LEFT_EVENT && wanted(s, when))
			return STOP_TICK;
		if (interrupted(s))
			return undo_input(s);
	}
}

/* -- inputs ------------------------------------------------------------------------------------ */

static const struct stop_when until_the_end;

/* A jump begins the lesson anew. */
static enum stop start_again(struct session *s)
{
	session_seek(s, 0);
	return session_input(s, INPUT_START, NULL, NULL);
}

enum stop session_input(struct session *s, enum input_kind kind, const char *text,
			const struct stop_when *when)
{
	if (s->dead)
		return STOP_KILLED;
	if (kind == INPUT_JUMP && start_again(s) != STOP_IDLE)
		return STOP_ERROR;
	if (!s->idle) {
		snprintf(s->error, sizeof(s->error),
			 "this is the middle of a command: go on to its end first");
		return STOP_ERROR;
	}
	if (s->tick < s->end)
		logs_truncate(s);
	checkpoint_take(s, true);
	inputs_append(s, kind, text);
	if (kind == INPUT_CHUNK && text)
		lines_append(s, '>', text, strlen(text), s->tick + 1);
	return session_go(s, when ? when : &until_the_end);
}

enum stop session_run(struct session *s, const struct stop_when *when)
{
	if (s->dead)
		return STOP_KILLED;
	if (s->idle && s->input == s->nr_inputs)
		return STOP_IDLE;
	return session_go(s, when ? when : &until_the_end);
}

bool session_seek(struct session *s, u64 tick)
{
	const struct checkpoint *c;
	struct stop_when when = { .tick = tick };

	if (tick > s->end || s->dead)
		return false;
	if (tick == s->tick)
		return true;
	c = checkpoint_before(s, tick);
	if (tick < s->tick || (c && (c->tick > s->tick || (c->tick == s->tick && !c->exact)))) {
		if (!c)
			return false;
		checkpoint_restore(s, c);
	}
	while (s->tick < tick && !s->diverged)
		if (session_go(s, &when) == STOP_KILLED)
			s->diverged = true;
	s->error[0] = 0;
	return s->tick == tick;
}

/* -- looking ----------------------------------------------------------------------------------- */

u64 session_tick(const struct session *s)
{
	return s->tick;
}

u64 session_end(const struct session *s)
{
	return s->end;
}

bool session_idle(const struct session *s)
{
	return s->idle;
}

const struct event *session_event(const struct session *s, u64 tick, const struct machine **m)
{
	const struct logged *record = log_at(s, tick);

	if (!record || record->machine == NOBODY)
		return NULL;
	if (m)
		*m = session_machine(s, record->machine);
	return &record->event;
}

const struct op *session_op(const struct session *s, u32 *machine)
{
	if (s->script->left != LEFT_OP)
		return NULL;
	*machine = s->op_machine;
	return s->op;
}

const char *session_error(const struct session *s)
{
	if (s->diverged)
		return "re-execution did not do the same as before: this is a bug in rmaplab";
	return s->error;
}

const struct machine *session_machine(const struct session *s, u32 i)
{
	return i < s->script->nr_machines ? s->script->machines[i] : NULL;
}

u32 session_machines(const struct session *s)
{
	return s->script->nr_machines;
}

const struct machine *session_focus(const struct session *s)
{
	const struct script *sc = s->script;

	if (sc->look.machine < sc->nr_machines)
		return sc->machines[sc->look.machine];
	return sc->nr_machines ? sc->machines[sc->nr_machines - 1] : NULL;
}
