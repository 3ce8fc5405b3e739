/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* ppoll(), memfd_create() */
#endif
#include "rescue.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

/* Off with everything the screen may have switched on: paste, mouse, keypad, colour ... */
static const char all_off[] = "\033[?2004l\033[?1006l\033[?1000l\033[?1049l\033[?1l\033>"
			      "\033[?12l\033[?25h\033[0m\r\n";

static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
static const int messages[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGINT, SIGHUP };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct {
	bool armed;
	int fd;
	struct termios settings;
	bool have_settings;
	int stderr_before;	/* the real standard error, -1 when it was left alone */
	int held;		/* what was written instead */
	void *stack;
	struct sigaction crash_before[COUNT(crashes)];
	struct sigaction message_before[COUNT(messages)];
} saved;

static volatile sig_atomic_t news;
static volatile sig_atomic_t busy, interrupted;	/* SIGINT while busy is no NEWS_QUIT */

/* ------------------------------------------------------------------ standard error */

/* Only a standard error that would write into the screen is held back. */
static void hold_stderr(void)
{
	saved.stderr_before = -1;
	if (!isatty(STDERR_FILENO))
		return;
	saved.held = memfd_create("stderr", MFD_CLOEXEC);
	if (saved.held < 0)
		return;
	saved.stderr_before = dup(STDERR_FILENO);
	dup2(saved.held, STDERR_FILENO);
}

/* Safe in a signal handler. */
static void show_stderr(void)
{
	char text[512];
	ssize_t n;

	if (saved.stderr_before < 0)
		return;
	dup2(saved.stderr_before, STDERR_FILENO);
	lseek(saved.held, 0, SEEK_SET);
	while ((n = read(saved.held, text, sizeof(text))) > 0)
		if (write(STDERR_FILENO, text, (size_t)n) < 0)
			break;
	close(saved.held);
	close(saved.stderr_before);
	saved.stderr_before = -1;
}

/* ------------------------------------------------------------------ signals */

static void on_crash(int sig)
{
	if (write(saved.fd, all_off, sizeof(all_off) - 1) < 0)
		_exit(128 + sig);
	if (saved.have_settings)
		tcsetattr(saved.fd, TCSANOW, &saved.settings);
	show_stderr();
	for (size_t i = 0; i < COUNT(crashes); i++)
		sigaction(crashes[i], &saved.crash_before[i], NULL);
	raise(sig);
}

static void on_message(int sig)
{
	switch (sig) {
	case SIGWINCH:
		news |= NEWS_RESIZED;
		break;
	case SIGTSTP:
		news |= NEWS_STOP;
		break;
	case SIGCONT:
		news |= NEWS_CONTINUED;
		break;
	case SIGINT:
		if (busy) {
			interrupted = 1;
			break;
		}
		/* fall through */
	default:
		news |= NEWS_QUIT;
	}
}

/* The handlers of crashes run on a stack of their own: the crash may be a stack that is full. */
static void catch_crashes(void)
{
	struct sigaction action = { .sa_handler = on_crash,
				    .sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK };

	saved.stack = malloc((size_t)SIGSTKSZ);
	if (saved.stack)
		sigaltstack(&(stack_t){ .ss_sp = saved.stack, .ss_size = (size_t)SIGSTKSZ }, NULL);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(crashes); i++)
		sigaction(crashes[i], &action, &saved.crash_before[i]);
}

void rescue_listen(void)
{
	struct sigaction action = { .sa_handler = on_message, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < COUNT(messages); i++)
		sigaction(messages[i], &action, NULL);
}

void rescue_arm(int fd)
{
	if (saved.armed)
		return;
	saved.armed = true;
	saved.fd = fd;
	saved.have_settings = tcgetattr(fd, &saved.settings) == 0;
	news = 0;
	for (size_t i = 0; i < COUNT(messages); i++)
		sigaction(messages[i], NULL, &saved.message_before[i]);
	hold_stderr();
	catch_crashes();
}

void rescue_disarm(void)
{
	if (!saved.armed)
		return;
	saved.armed = false;
	for (size_t i = 0; i < COUNT(crashes); i++)
		sigaction(crashes[i], &saved.crash_before[i], NULL);
	for (size_t i = 0; i < COUNT(messages); i++)
		sigaction(messages[i], &saved.message_before[i], NULL);
	if (saved.stack)
		sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	free(saved.stack);
	saved.stack = NULL;
	show_stderr();
}

/* ------------------------------------------------------------------ waiting */

/* Wait with the signals of @before; here they are blocked, so that none comes unseen. */
static int wait_for_input(struct pollfd *input, int timeout, const sigset_t *before)
{
	struct timespec limit = { timeout / 1000, timeout % 1000 * 1000000L };

	if (news)
		limit = (struct timespec){ 0, 0 };
	return ppoll(input, 1, timeout < 0 && !news ? NULL : &limit, before);
}

unsigned rescue_poll(int fd, int timeout)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	sigset_t blocked, before;
	unsigned taken;
	int ready;

	sigemptyset(&blocked);
	for (size_t i = 0; i < COUNT(messages); i++)
		sigaddset(&blocked, messages[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	ready = wait_for_input(&input, timeout, &before);
	taken = (unsigned)news;
	news = 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (ready <= 0)
		return taken;
	if (input.revents & (POLLHUP | POLLERR | POLLNVAL))
		return taken | NEWS_QUIT;	/* nobody is there any more */
	return taken | NEWS_INPUT;
}

/* Let the line discipline turn Ctrl-C, and nothing else, into a signal; typed keys stay. */
static void set_interrupt_key(bool on)
{
	struct termios settings;

	if (tcgetattr(saved.fd, &settings) != 0)
		return;
	settings.c_lflag &= ~(tcflag_t)(ISIG | NOFLSH);
	if (on)
		settings.c_lflag |= ISIG | NOFLSH;
	settings.c_cc[VINTR] = 'c' & 0x1f;
	settings.c_cc[VQUIT] = _POSIX_VDISABLE;
	settings.c_cc[VSUSP] = _POSIX_VDISABLE;
	tcsetattr(saved.fd, TCSANOW, &settings);
}

void rescue_busy(bool now)
{
	if (!saved.armed)
		return;
	interrupted = 0;
	busy = now;
	set_interrupt_key(now);
}

bool rescue_interrupted(void)
{
	return interrupted || (news & NEWS_QUIT);
}

void rescue_stop(void)
{
	struct sigaction stop = { .sa_handler = SIG_DFL }, ours;

	sigaction(SIGTSTP, &stop, &ours);
	raise(SIGTSTP);		/* here we stop, and go on after SIGCONT */
	sigaction(SIGTSTP, &ours, NULL);
	news &= ~NEWS_CONTINUED;
}
