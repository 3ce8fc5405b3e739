/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int complain(int status, const char *format, ...)
{
	char text[2500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	fflush(stdout);
	fprintf(stderr, "rmaplab: %s\n", text);
	return status;
}

/* -- options ----------------------------------------------------------------------------------- */

static const struct option *option_find(const char *word, const struct option *options)
{
	size_t n = strcspn(word, "=");

	for (; options->name; options++)
		if (strlen(options->name) == n && !strncmp(word, options->name, n))
			return options;
	return NULL;
}

int options_read(int argc, char **argv, const struct option *options)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		const struct option *option = option_find(argv[i], options);
		const char *equals = strchr(argv[i], '=');

		if (!strcmp(argv[i], "--"))
			return i + 1;
		if (!option || (option->flag && equals))
			return complain(-1, "%s: there is no option %s; see rmaplab --help",
					argv[0], argv[i]);
		if (option->flag) {
			*option->flag = true;
			continue;
		}
		if (!equals && i + 1 == argc)
			return complain(-1, "%s: option %s needs a value", argv[0], argv[i]);
		*option->value = equals ? equals + 1 : argv[++i];
	}
	return i;
}

bool kernel_known(const char *name)
{
	char names[500] = "";

	if (kernel_by_name(name))
		return true;
	for (const struct kernel *const *k = kernels; *k; k++) {
		size_t n = strlen(names);

		snprintf(names + n, sizeof(names) - n, " %s", (*k)->name);
	}
	complain(2, "there is no kernel %s; there are:%s", name, names);
	return false;
}

/* -- events ------------------------------------------------------------------------------------ */

bool events_style(const char *word, enum event_style *style)
{
	*style = EVENTS_OFF;
	if (!word)
		return true;
	if (!strcmp(word, "text"))
		*style = EVENTS_TEXT;
	else if (!strcmp(word, "json"))
		*style = EVENTS_JSON;
	else
		complain(2, "--events is text or json, not %s", word);
	return *style != EVENTS_OFF;
}

void event_print(const struct machine *m, const struct event *ev, enum event_style style)
{
	char text[1000];

	if (style == EVENTS_JSON) {
		event_json(m, ev, text, sizeof(text));
		puts(text);
		return;
	}
	event_sentence(m, ev, text, sizeof(text));
	printf("%6llu %s\n", (unsigned long long)ev->number, text);
}

int output_status(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return complain(1, "cannot write the output: %s", strerror(errno));
}

/* -- how far it is: to a terminal, now and then ------------------------------------------------ */

void tell_operations(u64 ops)
{
	static time_t last;
	time_t now = time(NULL);

	if (now == last)
		return;
	last = now;
	fprintf(stderr, "\r%llu operations ", (unsigned long long)ops);
}

void tell_the_end(void)
{
	fprintf(stderr, "\r%40s\r", "");
}
