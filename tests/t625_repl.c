/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The prompt of `rmaplab repl`: readline on a terminal of the test's own, and lines from a pipe.
 */
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "prompt.h"

/* One candidate for everything. */
static uint32_t complete(void *arg, const char *line, size_t cursor, size_t *word_start,
			 char **out, uint32_t max)
{
	*word_start = cursor < 3 ? 0 : cursor - 3;
	out[0] = strdup("kernels");
	return 1;
}

/* A chunk is incomplete while it has more "(" than ")". */
static bool incomplete(void *arg, const char *chunk)
{
	int open = 0;

	for (; *chunk; chunk++)
		open += (*chunk == '(') - (*chunk == ')');
	return open > 0;
}

struct child {
	pid_t pid;
	int in, out;
	char said[8192];
	size_t bytes;
};

static void plain_repl(void)
{
	struct prompt *p = prompt_open(&(struct prompt_config){
		.label = "> ", .no_inputrc = true, .host = { complete, incomplete, NULL } });
	char *chunk;

	while ((chunk = prompt_read_plain(p))) {
		dprintf(STDOUT_FILENO, "[%s]\n", chunk);
		free(chunk);
	}
	_exit(0);
}

static void wait_for(struct child *child, const char *text)
{
	char *at;

	while (!memmem(child->said, child->bytes, text, strlen(text))) {
		struct pollfd poller = { .fd = child->out, .events = POLLIN };
		ssize_t n;

		if (poll(&poller, 1, 10000) <= 0)
			fail_msg("waited in vain for '%s' behind '%.*s'", text, (int)child->bytes,
				 child->said);
		n = read(child->out, child->said + child->bytes,
			 sizeof(child->said) - child->bytes);
		if (n <= 0)
			fail_msg("the child ended before '%s'", text);
		child->bytes += (size_t)n;
	}
	at = (char *)memmem(child->said, child->bytes, text, strlen(text)) + strlen(text);
	child->bytes -= (size_t)(at - child->said);
	memmove(child->said, at, child->bytes);
}

static void say(struct child *child, const char *text)
{
	assert_int_equal(write(child->in, text, strlen(text)), strlen(text));
}

static void the_plain_prompt_has_readline(void **state)
{
	struct child child = { .bytes = 0 };
	int status;

	child.pid = forkpty(&child.in, NULL, NULL, NULL);
	if (!child.pid)
		plain_repl();
	child.out = child.in;
	wait_for(&child, "> ");
	say(&child, "ker\t + 1\n");
	wait_for(&child, "[kernels + 1]");
	say(&child, "f(\n");
	wait_for(&child, ">> ");
	say(&child, "half a l");
	wait_for(&child, "half a l");
	say(&child, "\003");		/* Ctrl-C: both lines are forgotten */
	wait_for(&child, "> ");
	say(&child, "x\n");
	wait_for(&child, "[x]\r\n");
	wait_for(&child, "> ");
	say(&child, "\004");
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_int_equal(status, 0);
	close(child.in);
}

static void a_pipe_is_read_without_prompts(void **state)
{
	struct child child = { .bytes = 0 };
	int in[2], out[2], status;
	ssize_t n;

	assert_int_equal(pipe(in) | pipe(out), 0);
	child.pid = fork();
	if (!child.pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		plain_repl();
	}
	close(in[0]);
	close(out[1]);
	child.in = in[1];
	say(&child, "a\nf(\n1)\nlast(");
	close(in[1]);
	assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
	assert_int_equal(status, 0);
	n = read(out[0], child.said, sizeof(child.said) - 1);
	assert_true(n > 0);
	child.said[n] = '\0';
	assert_string_equal(child.said, "[a]\n[f(\n1)]\n[last(]\n");
	close(out[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plain_prompt_has_readline),
		cmocka_unit_test(a_pipe_is_read_without_prompts),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
