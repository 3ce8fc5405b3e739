/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening an experiment, running its cases, keeping what they find. */
#include "experiment.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "session_priv.h"

/* -- what is said ------------------------------------------------------------------------------ */

/* Room for one more; its address. */
#define append(array) \
	((array).v = must_grow((array).v, &(array).room, (array).n + 1, sizeof(*(array).v)), \
	 &(array).v[(array).n++])

static void add_claim(struct experiment *e, const struct finding *f)
{
	*append(e->claims) = (struct claim){
		.name = must_copy(f->name), .text = must_copy(f->text[0]),
		.source = must_copy(f->text[1]), .unit = must_copy(f->text[2]),
		.expected = f->number[0], .tolerance = f->number[1], .all = f->all,
	};
}

static void set_head(struct experiment *e, const struct finding *f)
{
	e->id = must_copy(f->name);
	e->title = must_copy(f->text[0]);
	e->setup = must_copy(f->text[1]);
}

static void set_plot(struct experiment *e, const struct finding *f)
{
	e->x_label = must_copy(f->text[0]);
	e->y_label = must_copy(f->text[1]);
	e->log_x = strchr(f->text[2], 'x') != NULL;
	e->log_y = strchr(f->text[2], 'y') != NULL;
}

/* The first session reads what the file says of itself. */
static void announced(const struct finding *f, void *arg)
{
	struct experiment *e = arg;

	if (f->kind == FOUND_HEAD)
		set_head(e, f);
	else if (f->kind == FOUND_CLAIM)
		add_claim(e, f);
	else if (f->kind == FOUND_CASE)
		*append(e->cases) = (struct experiment_case){ must_copy(f->name), f->all };
	else if (f->kind == FOUND_PLOT)
		set_plot(e, f);
}

/* -- what is found ----------------------------------------------------------------------------- */

static void set_figure(struct experiment *e, const struct finding *f)
{
	for (u32 i = 0; i < e->claims.n; i++)
		if (!strcmp(e->claims.v[i].name, f->name)) {
			e->claims.v[i].figure = f->number[0];
			e->claims.v[i].counted = true;
		}
}

static struct series *series_of(struct experiment *e, const char *name)
{
	struct series *new;

	for (u32 i = 0; i < e->series.n; i++)
		if (!strcmp(e->series.v[i].name, name))
			return &e->series.v[i];
	new = append(e->series);
	*new = (struct series){ .name = must_copy(name) };
	return new;
}

static void add_point(struct experiment *e, const struct finding *f)
{
	struct series *s = series_of(e, f->name);

	s->points = must_grow(s->points, &s->room, s->n + 1, sizeof(*s->points));
	s->points[s->n++] = (struct point){ f->number[0], f->number[1] };
}

static struct kept *kept_of(struct experiment *e, const char *key)
{
	for (u32 i = 0; i < e->kept.n; i++)
		if (!strcmp(e->kept.v[i].key, key))
			return &e->kept.v[i];
	return NULL;
}

static void keep(struct experiment *e, const struct finding *f)
{
	struct kept *k = kept_of(e, f->name);

	if (!k) {
		k = append(e->kept);
		k->key = must_copy(f->name);
	}
	k->value = f->number[0];
}

static void found(const struct finding *f, void *arg)
{
	struct experiment *e = arg;

	if (f->kind == FOUND_FIGURE)
		set_figure(e, f);
	else if (f->kind == FOUND_POINT)
		add_point(e, f);
	else if (f->kind == FOUND_NOTE)
		*append(e->notes) = must_copy(f->name);
	else if (f->kind == FOUND_KEPT)
		keep(e, f);
}

static bool look_up(const char *key, double *value, void *arg)
{
	const struct kept *k = kept_of(arg, key);

	if (k)
		*value = k->value;
	return k != NULL;
}

/* -- sessions ---------------------------------------------------------------------------------- */

static struct session *open_session(struct experiment *e, char *err, size_t n)
{
	struct session_config config = {
		.mode = SESSION_EXPERIMENT, .file = e->path, .no_checkpoints = true,
		.on_finding = e->opened ? found : announced, .kept = look_up, .arg = e,
	};

	return session_open(&config, err, n);
}

struct experiment *experiment_open(const char *path, char *err, size_t n)
{
	struct experiment *e = calloc(1, sizeof(*e));
	struct session *s;

	if (!e) {
		snprintf(err, n, "this computer has no memory left");
		return NULL;
	}
	e->path = must_copy(path);
	s = open_session(e, err, n);
	if (!s) {
		experiment_free(e);
		return NULL;
	}
	session_close(s);
	e->opened = true;
	return e;
}

/* One case, or "finish", in a session of its own. */
static bool run_one(struct experiment *e, const char *which, char *err, size_t n)
{
	struct session *s = open_session(e, err, n);
	char text[32];
	bool good;

	if (!s)
		return false;
	snprintf(text, sizeof(text), "%s%s", which, e->all ? "+" : "");
	good = session_input(s, INPUT_START, text, NULL) == STOP_IDLE;
	if (!good)
		snprintf(err, n, "experiment %s: %s", e->id, session_error(s));
	session_close(s);
	return good;
}

/* Nothing is concluded from what was not counted. */
static bool all_counted(const struct experiment *e, char *err, size_t n)
{
	for (u32 i = 0; i < e->claims.n; i++)
		if (claim_wanted(e, &e->claims.v[i]) && !e->claims.v[i].counted) {
			snprintf(err, n, "experiment %s: nobody counted the figure of %s", e->id,
				 e->claims.v[i].name);
			return false;
		}
	return true;
}

bool experiment_run(struct experiment *e, bool all,
		    void (*tell)(const char *name, u32 i, u32 of), char *err, size_t n)
{
	u32 of = 0, done = 0;
	char number[16];

	e->all = all;
	for (u32 i = 0; i < e->cases.n; i++)
		of += all || !e->cases.v[i].all;
	for (u32 i = 0; i < e->cases.n; i++) {
		if (e->cases.v[i].all && !all)
			continue;
		if (tell)
			tell(e->cases.v[i].name, ++done, of);
		snprintf(number, sizeof(number), "%u", i + 1);
		if (!run_one(e, number, err, n))
			return false;
	}
	return run_one(e, "finish", err, n) && all_counted(e, err, n);
}

void experiment_free(struct experiment *e)
{
	for (u32 i = 0; i < e->claims.n; i++) {
		free(e->claims.v[i].name);
		free(e->claims.v[i].text);
		free(e->claims.v[i].source);
		free(e->claims.v[i].unit);
	}
	for (u32 i = 0; i < e->cases.n; i++)
		free(e->cases.v[i].name);
	for (u32 i = 0; i < e->series.n; i++) {
		free(e->series.v[i].name);
		free(e->series.v[i].points);
	}
	for (u32 i = 0; i < e->notes.n; i++)
		free(e->notes.v[i]);
	for (u32 i = 0; i < e->kept.n; i++)
		free(e->kept.v[i].key);
	free(e->claims.v);
	free(e->cases.v);
	free(e->series.v);
	free(e->notes.v);
	free(e->kept.v);
	free(e->path);
	free(e->id);
	free(e->title);
	free(e->setup);
	free(e->x_label);
	free(e->y_label);
	free(e);
}

/* -- does it hold? ----------------------------------------------------------------------------- */

bool claim_holds(const struct claim *c)
{
	/* What a decimal fraction loses in binary is nobody's claim. */
	double grain = 1e-9 * (fabs(c->expected) + c->tolerance);

	return c->counted && fabs(c->figure - c->expected) <= c->tolerance + grain;
}

bool experiment_holds(const struct experiment *e)
{
	for (u32 i = 0; i < e->claims.n; i++)
		if (claim_wanted(e, &e->claims.v[i]) && !claim_holds(&e->claims.v[i]))
			return false;
	return true;
}

/* -- which there are --------------------------------------------------------------------------- */

static int is_experiment(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".lua");
}

const char *experiment_name(u32 i)
{
	static struct dirent **entries;
	static int n = -1;
	char folder[PATH_MAX];

	if (n < 0) {
		n = scandir(data_path("scripts/experiments", folder, sizeof(folder)), &entries,
			    is_experiment, alphasort);
		for (int k = 0; k < n; k++)
			*strrchr(entries[k]->d_name, '.') = 0;
		n = n < 0 ? 0 : n;
	}
	return i < (u32)n ? entries[i]->d_name : NULL;
}

bool experiment_path(const char *name, char *path, size_t n)
{
	char file[300];

	for (u32 i = 0; experiment_name(i); i++)
		if (!strcmp(experiment_name(i), name)) {
			snprintf(file, sizeof(file), "scripts/experiments/%s.lua", name);
			data_path(file, path, n);
			return true;
		}
	return false;
}
