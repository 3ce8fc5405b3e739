/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checkpoints: images of all regions of a session, so that going back is a copy and a short run.
 *
 *	run time   0    3    6    9   12   15   18   21 ms
 *	kept       ^    ^         ^         ^    ^  now
 *
 * One is taken before each input and then whenever INTERVAL of running has gone by, so that a
 * step back costs one restore and at most about that much re-execution, in ticks as fast as in
 * slow ones. When there are too many, those go whose neighbours are close for their age: what
 * remains lies ever wider the older it is. Going there takes them anew.
 */
#include "session_priv.h"

#include <stdlib.h>
#include <string.h>

#define INTERVAL_NS 3000000u         /* between two checkpoints, when images are cheap */
#define MAX_INTERVAL_NS 10000000u
#define COST_SHARE 8                 /* running is to cost this many times what images do */
#define MAX_CHECKPOINTS 512u
#define MAX_BYTES (512ull << 20)
#define MAX_SNAPSHOT_BYTES (1ull << 30)

/* -- one checkpoint ---------------------------------------------------------------------------- */

static void checkpoint_free(struct session *s, struct checkpoint *c)
{
	s->kept_bytes -= image_own_bytes(c->script);
	image_free(c->script);
	for (u32 i = 0; i < c->nr_machines; i++) {
		s->kept_bytes -= image_own_bytes(c->machines[i]);
		image_free(c->machines[i]);
	}
	free(c->machines);
}

static bool take_machines(struct session *s, struct checkpoint *c, const struct checkpoint *base)
{
	u32 room = 0;

	if (!s->script->nr_machines)
		return true;
	c->machines = must_grow(NULL, &room, s->script->nr_machines, sizeof(*c->machines));
	while (c->nr_machines < s->script->nr_machines) {
		u32 i = c->nr_machines;
		struct image *old = base && i < base->nr_machines ? base->machines[i] : NULL;

		c->machines[i] = image_take(s->regions[i].region, old);
		if (!c->machines[i])
			return false;
		s->kept_bytes += image_own_bytes(c->machines[i]);
		c->nr_machines++;
	}
	return true;
}

/* Where in the list does this moment belong? */
static u32 place_of(const struct session *s, u64 tick, bool exact)
{
	u32 i = s->nr_checkpoints;

	while (i && (s->checkpoints[i - 1].tick > tick ||
		     (s->checkpoints[i - 1].tick == tick && exact && !s->checkpoints[i - 1].exact)))
		i--;
	return i;
}

/* -- keeping few ------------------------------------------------------------------------------- */

/* Before the input in progress: what a killed input is undone to. */
static bool needed(const struct session *s, const struct checkpoint *c)
{
	return c == s->checkpoints || (c->idle && c->exact && c->input + 1 >= s->nr_inputs);
}

/* How little a checkpoint is missed: the gap it would leave, for its age. */
static double worth(const struct session *s, u32 i)
{
	const struct checkpoint *c = &s->checkpoints[i];
	u64 newest = s->checkpoints[s->nr_checkpoints - 1].ran;

	return (double)(c[1].ran - c[-1].ran) / (double)(newest - c->ran + INTERVAL_NS);
}

static void drop_one(struct session *s)
{
	u32 least = 0;

	for (u32 i = 1; i + 1 < s->nr_checkpoints; i++)
		if (!needed(s, &s->checkpoints[i]) &&
		    (!least || worth(s, i) < worth(s, least)))
			least = i;
	if (!least)
		return;
	checkpoint_free(s, &s->checkpoints[least]);
	s->nr_checkpoints--;
	memmove(&s->checkpoints[least], &s->checkpoints[least + 1],
		(s->nr_checkpoints - least) * sizeof(*s->checkpoints));
}

static void keep_few(struct session *s)
{
	u32 tries = 16;

	while (tries-- && (s->nr_checkpoints > MAX_CHECKPOINTS || s->kept_bytes > MAX_BYTES))
		drop_one(s);
}

/* -- taking and restoring ---------------------------------------------------------------------- */

static bool there_already(const struct session *s, u32 place, bool exact)
{
	const struct checkpoint *c = place ? &s->checkpoints[place - 1] : NULL;

	return c && c->tick == s->tick && c->exact && exact && c->idle == s->idle;
}

void checkpoint_take(struct session *s, bool exact)
{
	struct checkpoint c = { .tick = s->tick, .ran = s->ran, .input = s->input,
				.exact = exact, .idle = s->idle };
	u32 place = place_of(s, s->tick, exact);
	const struct checkpoint *base = place ? &s->checkpoints[place - 1] : NULL;
	u64 begin = host_clock();

	if (s->config.no_checkpoints || there_already(s, place, exact))
		return;
	s->script->region->stack_live_from = script_live_from(s->script);
	c.script = image_take(s->script->region, base ? base->script : NULL);
	if (!c.script)
		return;
	s->kept_bytes += image_own_bytes(c.script);
	if (!take_machines(s, &c, base)) {
		checkpoint_free(s, &c);
		return;
	}
	s->checkpoints = must_grow(s->checkpoints, &s->room_checkpoints, s->nr_checkpoints + 1,
				   sizeof(c));
	memmove(&s->checkpoints[place + 1], &s->checkpoints[place],
		(s->nr_checkpoints - place) * sizeof(c));
	s->checkpoints[place] = c;
	s->nr_checkpoints++;
	keep_few(s);
	s->image_ns = host_clock() - begin;
}

struct checkpoint *checkpoint_before(struct session *s, u64 tick)
{
	u32 i = place_of(s, tick, true);

	return i ? &s->checkpoints[i - 1] : NULL;
}

void checkpoint_restore(struct session *s, const struct checkpoint *c)
{
	image_restore(s->script->region, c->script);
	for (u32 i = 0; i < c->nr_machines; i++)
		image_restore(s->regions[i].region, c->machines[i]);
	s->tick = c->tick;
	s->ran = c->ran;
	s->input = c->input;
	s->idle = c->idle;
	session_set_hooks(s);
}

bool checkpoint_due(struct session *s)
{
	u32 place = place_of(s, s->tick, false);
	u64 interval = s->image_ns * COST_SHARE;

	if (interval < INTERVAL_NS)
		interval = INTERVAL_NS;
	if (interval > MAX_INTERVAL_NS)
		interval = MAX_INTERVAL_NS;
	return place && s->ran > s->checkpoints[place - 1].ran + interval;
}

void checkpoints_truncate(struct session *s, u64 tick)
{
	while (s->nr_checkpoints) {
		struct checkpoint *c = &s->checkpoints[s->nr_checkpoints - 1];

		if (c->tick < tick || (c->tick == tick && c->exact))
			break;
		checkpoint_free(s, c);
		s->nr_checkpoints--;
	}
}

void checkpoints_free(struct session *s)
{
	while (s->nr_checkpoints)
		checkpoint_free(s, &s->checkpoints[--s->nr_checkpoints]);
	free(s->checkpoints);
}

/* -- machines ---------------------------------------------------------------------------------- */

void session_set_hooks(struct session *s)
{
	for (u32 i = 0; i < s->script->nr_machines; i++)
		s->script->machines[i]->hooks = &s->hooks;
}

/* The i-th region, the same as in an earlier run of the same input. */
static struct region *machine_region(struct session *s, u32 i, u64 heap, u32 frames)
{
	struct machine_region *mr = &s->regions[i];

	if (mr->region && mr->heap == heap && mr->frames == frames) {
		region_reset(mr->region);
		return mr->region;
	}
	if (mr->region)
		region_destroy(mr->region);
	*mr = (struct machine_region){ region_create(heap, frames), heap, frames };
	return mr->region;
}

struct machine *session_machine_create(struct session *s, const struct machine_config *config,
				       const char **why)
{
	struct script *sc = s->script;
	u32 i = sc->nr_machines, frames;
	struct machine *m;
	struct region *r;
	u64 heap;

	*why = "a session has at most 250 machines";
	if (i == MAX_MACHINES)
		return NULL;
	machine_region_size(config, &heap, &frames);
	r = machine_region(s, i, heap, frames);
	*why = "this computer has no memory for such a machine";
	m = r ? machine_create_in(r, config, why) : NULL;
	if (!m)
		return NULL;
	m->hooks = &s->hooks;
	sc->machines[sc->nr_machines++] = m;
	return m;
}

/* -- snapshots --------------------------------------------------------------------------------- */

/* The newest snapshot of a machine, to share pages with; and what all of them take. */
static struct image *newest_snapshot(const struct session *s, u32 machine, u64 *bytes)
{
	struct image *newest = NULL;

	*bytes = 0;
	for (u32 i = 0; i < s->nr_snapshots; i++) {
		*bytes += image_own_bytes(s->snapshots[i].image);
		if (s->snapshots[i].machine == machine)
			newest = s->snapshots[i].image;
	}
	return newest;
}

u32 snapshot_take(struct session *s, u32 machine)
{
	struct script *sc = s->script;
	struct snapshot snapshot = { .machine = machine, .tick = s->tick + 1 };
	struct image *base;
	u64 bytes;

	if (sc->nr_snapshots < s->nr_snapshots)
		return sc->nr_snapshots++; /* re-execution: it is there already */
	base = newest_snapshot(s, machine, &bytes);
	if (bytes > MAX_SNAPSHOT_BYTES)
		return NOBODY;
	snapshot.image = image_take(s->regions[machine].region, base);
	if (!snapshot.image)
		return NOBODY;
	s->snapshots = must_grow(s->snapshots, &s->room_snapshots, s->nr_snapshots + 1,
				 sizeof(snapshot));
	s->snapshots[s->nr_snapshots++] = snapshot;
	return sc->nr_snapshots++;
}

bool snapshot_restore(struct session *s, u32 machine, u32 snapshot)
{
	if (snapshot >= s->nr_snapshots || s->snapshots[snapshot].machine != machine)
		return false;
	image_restore(s->regions[machine].region, s->snapshots[snapshot].image);
	session_set_hooks(s);
	return true;
}
