/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whatever happens to the program, the terminal is given back: leaving, crashes, signals, Ctrl-Z
 * and a terminal that vanishes, each tried in a child on a pty of the test's own.
 */
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "term.h"

struct child {
	pid_t pid;
	int master;
	struct termios before;
	char said[65536];
	size_t bytes;
	size_t seen;		/* what read_child() found lies before */
};

/* Read until the child has said @until, behind what was found last time. */
static void read_child(struct child *child, const char *until)
{
	char *found;

	while (!(found = memmem(child->said + child->seen, child->bytes - child->seen, until,
				strlen(until)))) {
		struct pollfd p = { .fd = child->master, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, 10000) <= 0)
			fail_msg("waited in vain for '%s' behind '%.*s'", until,
				 (int)child->bytes, child->said);
		n = read(child->master, child->said + child->bytes,
			 sizeof(child->said) - child->bytes);
		if (n <= 0)
			fail_msg("the child ended before '%s' behind '%.*s'", until,
				 (int)child->bytes, child->said);
		child->bytes += (size_t)n;
	}
	child->seen = (size_t)(found - child->said) + strlen(until);
}

static void forget(struct child *child)
{
	memmove(child->said, child->said + child->seen, child->bytes - child->seen);
	child->bytes -= child->seen;
	child->seen = 0;
}

/* In the child: open the screen on the pty, say that it is there, then do what @then does. */
static void run_child(void (*then)(struct term *t))
{
	char error[200];
	struct canvas c;
	struct term *t;

	signal(SIGABRT, SIG_DFL);	/* the test runner catches them for itself */
	signal(SIGSEGV, SIG_DFL);
	t = term_open(&(struct term_config){ .name = "xterm-256color" }, error, sizeof(error));
	if (!t || !canvas_init(&c, term_cols(t), term_rows(t)))
		_exit(99);
	canvas_text(&c, 0, 0, STYLE_PLAIN, "ready");
	canvas_printf(&c, 0, 1, STYLE_PLAIN, "size=%dx%d", term_cols(t), term_rows(t));
	term_draw(t, &c);
	canvas_free(&c);
	then(t);
	term_close(t);
	_exit(0);
}

static void start_child(struct child *child, void (*then)(struct term *t))
{
	struct winsize size = { .ws_col = 90, .ws_row = 25 };

	memset(child, 0, sizeof(*child));
	child->pid = forkpty(&child->master, NULL, NULL, &size);
	assert_true(child->pid >= 0);
	if (!child->pid)
		run_child(then);
	tcgetattr(child->master, &child->before);
	read_child(child, "size=90x25");
}

static void drain_child(struct child *child)
{
	ssize_t n;

	while (child->bytes < sizeof(child->said) &&
	       (n = read(child->master, child->said + child->bytes,
			 sizeof(child->said) - child->bytes)) > 0)
		child->bytes += (size_t)n;
}

static void assert_given_back(struct child *child)
{
	struct termios after;

	assert_non_null(memmem(child->said, child->bytes, "\033[?1049l", 8));
	assert_non_null(memmem(child->said, child->bytes, "\033[?2004l", 8));
	assert_int_equal(tcgetattr(child->master, &after), 0);
	assert_int_equal(after.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG), ICANON | ECHO | ISIG);
	assert_int_equal(after.c_iflag & (tcflag_t)(ICRNL | IXON), ICRNL | IXON);
	assert_int_equal(after.c_cc[VSUSP], CTRL_KEY('z'));
}

/* Keep the pty's line settings alive behind the child's end, to look at them. */
static int end_child(struct child *child)
{
	int status, slave = open(ptsname(child->master), O_RDWR | O_NOCTTY);

	assert_true(slave >= 0);
	for (int ended = 0; !ended; ended = waitpid(child->pid, &status, WNOHANG) > 0) {
		struct pollfd p = { .fd = child->master, .events = POLLIN };

		if (poll(&p, 1, 10) > 0)
			child->bytes += (size_t)read(child->master, child->said + child->bytes,
						     sizeof(child->said) - child->bytes);
	}
	fcntl(child->master, F_SETFL, O_NONBLOCK);
	drain_child(child);
	assert_given_back(child);
	close(slave);
	close(child->master);
	return status;
}

static void leave(struct term *t)
{
	fprintf(stderr, "a library complains\n");
	(void)t;
}

static void crash_by_abort(struct term *t)
{
	fprintf(stderr, "assertion failed\n");
	abort();
}

static void crash_by_pointer(struct term *t)
{
	raise(SIGSEGV);
}

static void wait_for_end(struct term *t)
{
	while (!(term_wait(t, -1) & NEWS_QUIT))
		;
}

/* Ctrl-Z suspends, t is SIGTSTP from outside, q leaves. */
static void wait_and_suspend(struct term *t)
{
	struct key key = { .code = K_NONE };
	unsigned news = 0;
	struct canvas c;

	while (key.code != 'q' && !(news & NEWS_QUIT)) {
		news = term_wait(t, -1);
		key.code = K_NONE;
		term_read(t, &key);
		if (key.code == 't')
			raise(SIGTSTP);
		if (key.code == CTRL_KEY('z') || news & NEWS_STOP)
			term_suspend(t);
		if (!canvas_init(&c, term_cols(t), term_rows(t)))
			_exit(98);
		canvas_printf(&c, 0, 3, STYLE_PLAIN, "back=%dx%d", term_cols(t), term_rows(t));
		term_draw(t, &c);
		canvas_free(&c);
	}
}

/* What a shell does with a job: only under one is a process allowed to stop itself. */
static void under_a_shell(struct term *t)
{
	int status = 0;
	pid_t job;

	term_close(t);		/* the child's own screen: the job opens another */
	signal(SIGTTOU, SIG_IGN);
	job = fork();
	if (!job) {
		setpgid(0, 0);
		tcsetpgrp(STDIN_FILENO, getpid());
		run_child(wait_and_suspend);
	}
	signal(SIGWINCH, SIG_IGN);
	while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
		char c;

		tcsetpgrp(STDIN_FILENO, getpid());
		dprintf(STDOUT_FILENO, "[stopped]");
		if (read(STDIN_FILENO, &c, 1) != 1)
			_exit(97);
		tcsetpgrp(STDIN_FILENO, job);
		kill(job, SIGCONT);
	}
	_exit(status != 0);
}

static void leaving_restores_the_terminal(void **state)
{
	struct child child;

	start_child(&child, leave);
	assert_int_equal(end_child(&child), 0);
	/* What was written to standard error came after the screen, not into it. */
	assert_true((char *)memmem(child.said, child.bytes, "a library complains", 19) >
		    (char *)memmem(child.said, child.bytes, "\033[?1049l", 8));
}

static void a_crash_restores_the_terminal(void **state)
{
	struct child child;
	int status;

	start_child(&child, crash_by_abort);
	status = end_child(&child);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGABRT : WEXITSTATUS(status));
	assert_non_null(memmem(child.said, child.bytes, "assertion failed", 16));
	start_child(&child, crash_by_pointer);
	status = end_child(&child);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV : WEXITSTATUS(status));
}

static void being_told_to_end_restores_the_terminal(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	struct child child;

	for (size_t i = 0; i < 3; i++) {
		start_child(&child, wait_for_end);
		kill(child.pid, signals[i]);
		assert_int_equal(end_child(&child), 0);
	}
}

static void a_vanished_terminal_ends_the_wait(void **state)
{
	struct child child;
	int status;

	start_child(&child, wait_for_end);
	close(child.master);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_int_equal(status, 0);
}

/* Type @key, see the shell, look at the terminal, pull at the window and say `fg`. */
static void suspend_and_return(struct child *child, const char *key)
{
	struct winsize size = { .ws_col = 70, .ws_row = 20 };
	struct termios settings;

	forget(child);
	assert_int_equal(write(child->master, key, 1), 1);
	read_child(child, "[stopped]");
	tcgetattr(child->master, &settings);
	assert_int_equal(settings.c_lflag & (tcflag_t)(ICANON | ECHO), ICANON | ECHO);
	assert_non_null(memmem(child->said, child->bytes, "\033[?1049l", 8));
	assert_non_null(memmem(child->said, child->bytes, "\033[?2004l", 8));
	forget(child);
	ioctl(child->master, TIOCSWINSZ, &size);
	assert_int_equal(write(child->master, "\n", 1), 1);
	read_child(child, "back=70x20");
	assert_non_null(memmem(child->said, child->bytes, "\033[?1049h", 8));
	assert_non_null(memmem(child->said, child->bytes, "\033[?2004h", 8));
	tcgetattr(child->master, &settings);
	assert_int_equal(settings.c_lflag & (tcflag_t)(ICANON | ECHO), 0);
}

static void suspending_gives_the_terminal_back_and_takes_it_again(void **state)
{
	struct child child;

	start_child(&child, under_a_shell);
	read_child(&child, "size=90x25");
	suspend_and_return(&child, "\032");
	suspend_and_return(&child, "t");
	assert_int_equal(write(child.master, "q", 1), 1);
	assert_int_equal(end_child(&child), 0);
}

static void a_pulled_corner_is_noticed(void **state)
{
	struct winsize size = { .ws_col = 33, .ws_row = 7 };
	struct child child;

	start_child(&child, wait_and_suspend);
	ioctl(child.master, TIOCSWINSZ, &size);
	kill(child.pid, SIGWINCH);
	read_child(&child, "back=33x7");
	assert_int_equal(write(child.master, "q", 1), 1);
	assert_int_equal(end_child(&child), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaving_restores_the_terminal),
		cmocka_unit_test(a_crash_restores_the_terminal),
		cmocka_unit_test(being_told_to_end_restores_the_terminal),
		cmocka_unit_test(a_vanished_terminal_ends_the_wait),
		cmocka_unit_test(suspending_gives_the_terminal_back_and_takes_it_again),
		cmocka_unit_test(a_pulled_corner_is_noticed),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
