/* SPDX-License-Identifier: GPL-2.0-only */
#include "app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- messages and the state of the screen ------------------------------------------------- */

static void say(struct app *a, bool bad, const char *text)
{
	snprintf(a->message, sizeof(a->message), "%s", text ? text : "");
	a->message_bad = bad;
}

const struct pane *app_pane(const struct app *a, int place)
{
	const struct pane *p = a->chosen[place];

	return p ? p : pane_by_name(a->layout.places[place].pane);
}

int app_place_of(const struct app *a, const char *name)
{
	for (int i = 0; i < a->layout.count; i++)
		if (strcmp(app_pane(a, i)->name, name) == 0)
			return i;
	return -1;
}

/* Bring a pane onto the screen: where it stands already, else in the place for what varies. */
void app_show_pane(struct app *a, const char *name)
{
	const struct pane *p = pane_by_name(name);

	if (!p || a->layout.count == 1 || app_place_of(a, name) >= 0)
		return;
	a->chosen[1] = p;
}

/* --- following the session ---------------------------------------------------------------- */

/* What the lesson says to look at becomes the selection; only at the end of an input. */
static void follow_lesson(struct app *a)
{
	struct lesson_view l;

	if (!session_idle(a->session) || !session_lesson(a->session, &l))
		return;
	if (l.look_address || l.look_pid)
		view_select_pte(&a->view, l.look_pid, l.look_address);
	if (l.look_has_pfn)
		view_select_page(&a->view, l.look_pfn);
	if (l.look_pane) {
		app_show_pane(a, l.look_pane);
		if (l.wait == LESSON_ASK && app_place_of(a, l.look_pane) >= 0)
			a->focus = app_place_of(a, l.look_pane);
	}
	if (a->remember_progress && a->lesson[0] &&
	    !lesson_progress(l.id, l.step, l.wait == LESSON_DONE, a->message, sizeof(a->message)))
		a->message_bad = true;
}

static unsigned after(struct app *a, enum stop stop, bool follow_event)
{
	view_update(&a->view, a->session);
	if (stop == STOP_ERROR || stop == STOP_KILLED || stop == STOP_BROKEN)
		say(a, true, session_error(a->session));
	if (follow_event)
		view_follow_event(&a->view);
	follow_lesson(a);
	return REACT_DRAW;
}

unsigned app_input(struct app *a, enum input_kind kind, const char *text,
		   const struct stop_when *when)
{
	enum stop stop;

	if (!a->session)
		return 0;
	view_remember(&a->view);
	rescue_busy(true);
	stop = session_input(a->session, kind, text, when);
	rescue_busy(false);
	return after(a, stop, stop == STOP_TICK);
}

static unsigned step(struct app *a, enum step how, bool backward)
{
	u64 from = session_tick(a->session);
	struct lesson_view l;
	enum stop stop;

	view_remember(&a->view);
	rescue_busy(true);
	stop = session_step(a->session, how, backward);
	rescue_busy(false);
	if (backward && (session_tick(a->session) == 0 ||
			 (a->lesson[0] && !session_lesson(a->session, &l)))) {
		session_seek(a->session, from);
		say(a, false, "This is the beginning.");
	}
	return after(a, stop, true);
}

/* At the newest moment, idle, in a lesson that waits for nothing: stepping enters its next step. */
static bool lesson_goes_on(const struct app *a)
{
	struct lesson_view l;

	return session_idle(a->session) && session_tick(a->session) == session_end(a->session) &&
	       session_lesson(a->session, &l) && l.wait != LESSON_DONE &&
	       (l.wait == LESSON_SAY || l.wait == LESSON_TASK || l.right);
}

static unsigned step_event(struct app *a)
{
	struct stop_when first = { .tick = session_tick(a->session) + 1 };

	if (lesson_goes_on(a))
		return app_input(a, INPUT_NEXT, NULL, &first);
	return step(a, STEP_EVENT, false);
}

static unsigned next(struct app *a)
{
	struct lesson_view l;

	if (!session_lesson(a->session, &l))
		return step(a, STEP_OP, false);
	if (lesson_goes_on(a))
		return app_input(a, INPUT_NEXT, NULL, NULL);
	if (session_tick(a->session) < session_end(a->session) || !session_idle(a->session))
		return step(a, STEP_INPUT, false);
	if (l.wait == LESSON_ASK)
		say(a, false, "Answer the question first; h gives a hint.");
	else
		say(a, false, "This was the last step. m goes to the menu.");
	return REACT_DRAW;
}

unsigned app_goto(struct app *a, u64 tick)
{
	view_remember(&a->view);
	if (!session_seek(a->session, tick))
		say(a, true, "There is no such event.");
	return after(a, STOP_TICK, true);
}

/* --- answers ------------------------------------------------------------------------------ */

/* The selected object in the words an answer has. false: the question is not about an object. */
static bool selected_answer(const struct app *a, const char *pick, char *buf, size_t n)
{
	const struct selection *sel = &a->view.sel;
	const char *name = a->view.m ? thread_name(a->view.m, sel->pid) : "";

	if (!pick)
		return false;
	if (strcmp(pick, "page") == 0 && sel->has_page)
		snprintf(buf, n, "0x%x", sel->pfn);
	else if (strcmp(pick, "pte") == 0 && sel->has_address)
		snprintf(buf, n, "%s 0x%x", name, sel->address);
	else if (strcmp(pick, "pde") == 0 && sel->has_address)
		snprintf(buf, n, "%s 0x%x", name, sel->address & 0xffc00000u);
	else if (strcmp(pick, "task") == 0 && sel->has_address)
		snprintf(buf, n, "%s", name);
	else
		return false;
	return true;
}

static unsigned ask(struct app *a, enum asking what, const char *label)
{
	a->asking = what;
	a->typing = true;
	if (what != ASKING_LUA)
		prompt_ask(a->prompt, label);
	return REACT_DRAW;
}

static unsigned answer(struct app *a)
{
	struct lesson_view l;
	char text[80];

	if (!session_lesson(a->session, &l) || l.wait != LESSON_ASK || l.right)
		return next(a);
	if (selected_answer(a, l.pick, text, sizeof(text)))
		return app_input(a, INPUT_ANSWER, text, NULL);
	return ask(a, ASKING_ANSWER, "answer> ");
}

/* --- starting and leaving ----------------------------------------------------------------- */

/* Asked by the session now and then in long work. */
static bool interrupted(void *unused)
{
	(void)unused;
	return rescue_interrupted();
}

static void leave_session(struct app *a)
{
	session_close(a->session);
	a->session = NULL;
	view_free(&a->view);
	memset(&a->view, 0, sizeof(a->view));
	memset(a->chosen, 0, sizeof(a->chosen));
	a->lesson[0] = '\0';
	a->zoom = a->help = a->typing = false;
	a->focus = 0;
}

bool app_start(struct app *a, const char *lesson_path)
{
	struct session_config config = {
		.mode = lesson_path ? SESSION_LESSON : SESSION_REPL,
		.file = lesson_path,
		.kernel = a->kernel[0] ? a->kernel : NULL,
		.total_budget = 2000000000,
		.interrupted = interrupted,
		.arg = a,
	};
	struct lesson_view l;
	char error[300];

	leave_session(a);
	a->session = session_open(&config, error, sizeof(error));
	if (!a->session) {
		say(a, true, error);
		a->mode = APP_MENU;
		return false;
	}
	a->mode = APP_SESSION;
	say(a, false, "");
	app_layout(a);
	app_input(a, INPUT_START, NULL, NULL);
	if (session_lesson(a->session, &l))
		snprintf(a->lesson, sizeof(a->lesson), "%s", l.id);
	else if (!session_focus(a->session))
		app_input(a, INPUT_CHUNK, "m = machine{ ram = \"1M\", swap = \"1M\" }", NULL);
	follow_lesson(a);
	return true;
}

static unsigned menu_choose(struct app *a)
{
	const struct lesson_info *info = lesson_list((u32)a->menu_at);

	app_start(a, info ? info->path : NULL);
	return REACT_DRAW;
}

static int menu_entries(void)
{
	int n = 0;

	while (lesson_list((u32)n))
		n++;
	return n + 1; /* and free play */
}

static unsigned menu_action(struct app *a, enum action action)
{
	int n = menu_entries();

	switch (action) {
	case ACT_UP: a->menu_at = a->menu_at > 0 ? a->menu_at - 1 : n - 1; break;
	case ACT_DOWN: a->menu_at = a->menu_at + 1 < n ? a->menu_at + 1 : 0; break;
	case ACT_FIRST: a->menu_at = 0; break;
	case ACT_LAST: a->menu_at = n - 1; break;
	case ACT_ANSWER: case ACT_STEP_NEXT: return menu_choose(a);
	case ACT_MENU: if (a->session) a->mode = APP_SESSION; break;
	case ACT_PROMPT:
		a->menu_at = n - 1;
		menu_choose(a);
		return a->session ? ask(a, ASKING_LUA, "> ") : REACT_DRAW;
	default: return 0;
	}
	return REACT_DRAW;
}

/* --- actions ------------------------------------------------------------------------------ */

static unsigned session_action(struct app *a, enum action action)
{
	switch (action) {
	case ACT_STEP_NEXT: return next(a);
	case ACT_STEP_BACK: return step(a, STEP_INPUT, true);
	case ACT_EVENT_NEXT: return step_event(a);
	case ACT_EVENT_BACK: return step(a, STEP_EVENT, true);
	case ACT_OVER_NEXT: return step(a, STEP_OVER, false);
	case ACT_OVER_BACK: return step(a, STEP_OVER, true);
	case ACT_OUT_NEXT: return step(a, STEP_OUT, false);
	case ACT_OUT_BACK: return step(a, STEP_OUT, true);
	case ACT_OPERATION_NEXT: return step(a, STEP_OP, false);
	case ACT_OPERATION_BACK: return step(a, STEP_OP, true);
	case ACT_FIRST: return app_goto(a, 1);
	case ACT_LAST: return app_goto(a, session_end(a->session));
	case ACT_GOTO: return ask(a, ASKING_TICK, "go to event> ");
	case ACT_ANSWER: return answer(a);
	case ACT_TYPE_ANSWER: return ask(a, ASKING_ANSWER, "answer> ");
	case ACT_HINT: return app_input(a, INPUT_HINT, NULL, NULL);
	case ACT_PROMPT: return ask(a, ASKING_LUA, "> ");
	default: return 0;
	}
}

/* Another pane in the focused place: the next one that stands nowhere yet. */
static void other_pane(struct app *a, int by)
{
	const struct pane *now = app_pane(a, a->focus);
	int n = 0, at = 0;

	for (; panes[n]; n++)
		if (panes[n] == now)
			at = n;
	for (int i = 0; i < n; i++) {
		at = (at + by + n) % n;
		if (app_place_of(a, panes[at]->name) < 0) {
			a->chosen[a->focus] = panes[at];
			return;
		}
	}
}

static unsigned screen_action(struct app *a, enum action action)
{
	const struct pane *p = app_pane(a, a->focus);
	int n = a->layout.count;

	switch (action) {
	case ACT_PANE_NEXT:
		if (n == 1 || a->zoom)
			other_pane(a, 1);
		else
			a->focus = (a->focus + 1) % n;
		return REACT_DRAW;
	case ACT_PANE_BACK:
		if (n == 1 || a->zoom)
			other_pane(a, -1);
		else
			a->focus = (a->focus + n - 1) % n;
		return REACT_DRAW;
	case ACT_PANE_OTHER: other_pane(a, 1); return REACT_DRAW;
	case ACT_PANE_OTHER_BACK: other_pane(a, -1); return REACT_DRAW;
	case ACT_ZOOM: a->zoom = !a->zoom; return REACT_DRAW;
	case ACT_UP: case ACT_DOWN: case ACT_LEFT: case ACT_RIGHT:
	case ACT_PAGE_UP: case ACT_PAGE_DOWN:
		return p->move && p->move(&a->view, action) ? REACT_DRAW : 0;
	default: return session_action(a, action);
	}
}

static unsigned help_action(struct app *a, enum action action)
{
	switch (action) {
	case ACT_DOWN: case ACT_STEP_NEXT: a->help_scroll++; break;
	case ACT_UP: a->help_scroll -= a->help_scroll > 0; break;
	case ACT_PAGE_DOWN: a->help_scroll += 10; break;
	case ACT_PAGE_UP: a->help_scroll = a->help_scroll > 10 ? a->help_scroll - 10 : 0; break;
	default: a->help = false; break;
	}
	return REACT_DRAW;
}

unsigned app_action(struct app *a, enum action action)
{
	say(a, false, "");
	switch (action) {
	case ACT_QUIT: return a->help ? help_action(a, ACT_HELP) : REACT_QUIT;
	case ACT_SUSPEND: return REACT_SUSPEND;
	case ACT_REDRAW: return REACT_DRAW | REACT_REDRAW;
	default: break;
	}
	if (a->help)
		return help_action(a, action);
	if (action == ACT_HELP) {
		a->help = true;
		a->help_scroll = 0;
		return REACT_DRAW;
	}
	if (a->mode == APP_MENU)
		return menu_action(a, action);
	if (action == ACT_MENU) {
		a->mode = APP_MENU;
		return REACT_DRAW;
	}
	return screen_action(a, action);
}

/* --- the prompt --------------------------------------------------------------------------- */

static unsigned line_entered(struct app *a, const char *line)
{
	enum asking asking = a->asking;

	say(a, false, "");
	if (asking != ASKING_LUA) {
		a->typing = false;
		a->asking = ASKING_LUA;
	}
	if (line[strspn(line, " \t")] == '\0') {
		a->typing = false;
		return REACT_DRAW;
	}
	if (asking == ASKING_ANSWER)
		return app_input(a, INPUT_ANSWER, line, NULL);
	if (asking == ASKING_TICK)
		return app_goto(a, strtoull(line, NULL, 0));
	app_input(a, INPUT_CHUNK, line, NULL);
	if (app_place_of(a, "repl") < 0 && session_lines(a->session) > 0) {
		char kind = 'p';
		const char *last = session_line(a->session, session_lines(a->session) - 1, &kind,
						NULL);

		if (kind != '>' && !a->message[0])
			say(a, kind == 'e', last);
	}
	return REACT_DRAW;
}

/* The prompt is left; a question asked there is withdrawn. */
static unsigned leave_prompt(struct app *a)
{
	prompt_cancel(a->prompt);
	a->typing = false;
	a->asking = ASKING_LUA;
	return REACT_DRAW;
}

static unsigned prompt_takes(struct app *a, const struct key *key)
{
	unsigned react = REACT_DRAW;
	char *line;

	if (key->code == CTRL_KEY('c')) {
		prompt_cancel(a->prompt);
		return react;
	}
	if (!prompt_key(a->prompt, key))
		return leave_prompt(a);
	line = prompt_take(a->prompt);
	if (line)
		react = line_entered(a, line);
	free(line);
	return react;
}

/* The mouse: focus what was clicked. */
static unsigned click(struct app *a, const struct key *key)
{
	for (int i = 0; i < a->layout.count; i++) {
		struct rect r = a->layout.places[i].r;

		if (key->x >= r.x && key->x < r.x + r.w && key->y >= r.y && key->y < r.y + r.h) {
			a->focus = i;
			return REACT_DRAW;
		}
	}
	return 0;
}

unsigned app_key(struct app *a, const struct key *key)
{
	if (key->code == K_CLICK)
		return a->mode == APP_SESSION ? click(a, key) : 0;
	if (a->typing && a->mode == APP_SESSION && !a->help)
		return prompt_takes(a, key);
	if (key->code == K_PASTE)
		return 0;
	return app_action(a, keys_action(key));
}

/* --- the loop ----------------------------------------------------------------------------- */

static uint32_t complete(void *arg, const char *line, size_t cursor, size_t *start, char **out,
			 uint32_t max)
{
	struct app *a = arg;

	return a->session ? session_complete(a->session, line, cursor, start, out, max) : 0;
}

static bool incomplete(void *arg, const char *text)
{
	struct app *a = arg;

	return a->asking == ASKING_LUA && a->session &&
	       session_chunk_incomplete(a->session, text);
}

bool app_open(struct app *a, struct term *t, const char *history)
{
	struct prompt_config config = {
		.terminal = term_name(t), .label = "> ", .history = history,
		.no_inputrc = !history,
		.host = { .complete = complete, .incomplete = incomplete, .arg = a },
	};

	memset(a, 0, sizeof(*a));
	a->term = t;
	a->remember_progress = true;
	if (!canvas_init(&a->canvas, term_cols(t), term_rows(t)))
		return false;
	a->prompt = prompt_open(&config);
	return a->prompt != NULL;
}

void app_close(struct app *a)
{
	leave_session(a);
	prompt_close(a->prompt);
	canvas_free(&a->canvas);
}

int app_run(struct app *a)
{
	unsigned react = REACT_DRAW, news;
	struct key key;

	for (;;) {
		if (react & REACT_QUIT)
			return 0;
		if (react & REACT_SUSPEND)
			term_suspend(a->term);
		if (react & REACT_REDRAW)
			term_redraw(a->term);
		if (react)
			app_draw(a);
		react = 0;
		news = term_wait(a->term, -1);
		if (news & NEWS_QUIT)
			return 0;
		if (news & NEWS_STOP)
			term_suspend(a->term);
		if (news & NEWS_CONTINUED)
			term_resume(a->term);
		if (news)
			react |= REACT_DRAW;
		while (!(react & REACT_QUIT) && term_read(a->term, &key))
			react |= app_key(a, &key);
	}
}
