/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of sessions: a film keeps what every moment of a session looked like. */
#ifndef TESTS_FILM_H
#define TESTS_FILM_H

#include "session.h"

/* A chunk: memory pressure, COW, swap, an exit, a failure that a pcall catches; 7,000 events. */
extern const char workload[];

/* A session for chunks; the test fails when there is none. */
struct session *open_repl(void);
/* A chunk that must be carried out. */
void input(struct session *s, const char *text);
/* One number for everything one can see: every machine and the output. */
u64 seen(const struct session *s);

struct film {
	u64 *frames; /* by tick, 0 where nobody looked; the caller's to free */
	u64 n;       /* the last tick */
	u32 most;    /* so many moments one by one, as many each 97th, then each 997th; 0: all */
	u32 taken;
};

/* Give an input and look after every event. The second makes the film. */
void film_on(struct session *s, struct film *film, enum input_kind kind, const char *text);
struct film film_input(struct session *s, const char *text);
/* A lesson from its start to its end, each question answered, each task solved. */
struct film film_lesson(struct session *s);
/* Go to a tick: it must look as it did. */
void stand_at(struct session *s, const struct film *film, u64 tick);

#endif
