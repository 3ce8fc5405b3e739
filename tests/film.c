/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "film.h"

const char workload[] =
	"m = machine{ ram='256K', swap='512K', cpus=2, page_cluster=0 }\n"
	"t = m:task('init')\n"
	"a = t:mmap{ len='112K' }\n"
	"local function fill(n) for i = 0, 27 do t:write(a + i * 4096, n + i) end end\n"
	"fill(1)\n"
	"for round = 1, 1 do\n"
	"  local kid = t:fork('kid' .. round)\n"
	"  print('round', round, pcall(function()\n"
	"    for i = 0, 15 do kid:write(a + i * 4096, round) end\n"
	"    kid:read(0x1000)\n"
	"  end))\n"
	"  fill(round * 100)\n"
	"  kid:exit()\n"
	"end\n"
	"print(m.counters.pswpout > 0)";

struct session *open_repl(void)
{
	struct session_config config = { .mode = SESSION_REPL };
	char err[300];
	struct session *s = session_open(&config, err, sizeof(err));

	if (!s)
		fail_msg("%s", err);
	return s;
}

void input(struct session *s, const char *text)
{
	if (session_input(s, INPUT_CHUNK, text, NULL) != STOP_IDLE)
		fail_msg("%s: %s", text, session_error(s));
}

u64 seen(const struct session *s)
{
	u64 hash = session_idle(s);

	for (u32 i = 0; i < session_machines(s); i++)
		hash = hash * 31 + dump_hash(session_machine(s, i));
	for (u32 i = 0; i < session_lines(s); i++)
		for (const char *p = session_line(s, i, NULL, NULL); *p; p++)
			hash = hash * 31 + (u8)*p;
	return hash;
}

#define FILM 1000000u /* moments */

/* The longest lessons have hundreds of thousands. */
static u64 next_moment(const struct session *s, struct film *film)
{
	u32 taken = film->taken++, step = 1;

	if (film->most && taken >= film->most)
		step = taken < 2 * film->most ? 97 : 997;
	return session_tick(s) + step;
}

void film_on(struct session *s, struct film *film, enum input_kind kind, const char *text)
{
	struct stop_when next = { .tick = next_moment(s, film) };
	enum stop stop = session_input(s, kind, text, &next);

	while (stop == STOP_TICK) {
		film->frames[session_tick(s)] = seen(s);
		next.tick = next_moment(s, film);
		assert_true(next.tick < FILM);
		stop = session_run(s, &next);
	}
	if (stop != STOP_IDLE)
		fail_msg("%s", session_error(s));
	film->n = session_tick(s);
	film->frames[film->n] = seen(s);
}

struct film film_input(struct session *s, const char *text)
{
	struct film film = { .frames = calloc(FILM, sizeof(u64)) };

	assert_non_null(film.frames);
	film_on(s, &film, INPUT_CHUNK, text);
	return film;
}

void stand_at(struct session *s, const struct film *film, u64 tick)
{
	if (!session_seek(s, tick))
		fail_msg("tick %llu: %s", (unsigned long long)tick, session_error(s));
	if (film->frames[tick] != seen(s))
		fail_msg("tick %llu of %llu looks different", (unsigned long long)tick,
			 (unsigned long long)film->n);
}

struct film film_lesson(struct session *s)
{
	struct film film = { .frames = calloc(FILM, sizeof(u64)), .most = 500 };
	struct lesson_view v;

	assert_non_null(film.frames);
	film_on(s, &film, INPUT_START, NULL);
	while (session_lesson(s, &v) && v.wait != LESSON_DONE) {
		bool open = (v.wait == LESSON_ASK || v.wait == LESSON_TASK) && !v.right;

		film_on(s, &film, open ? INPUT_SOLUTION : INPUT_NEXT, NULL);
	}
	return film;
}
