/* SPDX-License-Identifier: GPL-2.0-only */
#include "lackey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER (1u << 20)
#define MAX_PENDING 64u   /* calls that wait for their second line */
#define MAX_OTHERS 1000u  /* lines of something else, before the first access */

struct reader {
	const struct lackey_sink *sink;
	struct lackey_counts *counts;
	struct lackey_call pending[MAX_PENDING];
	u32 nr_pending;
	bool open_call;   /* the last pending call's result is alone on a line to come */
	bool any_access, stopped;
	u32 pid;
	char *err;
	size_t err_size;
};

/* -- accesses: the hot path -------------------------------------------------------------------- */

static const u8 hex_digit[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15,
	['f'] = 16,
};

static const u8 access_letter[256] = {
	['L'] = LACKEY_LOAD, ['S'] = LACKEY_STORE, ['M'] = LACKEY_MODIFY,
};

/* One access line, which ends with a newline somewhere. What follows it, or NULL: it is none. */
static inline const char *access_line(struct reader *r, const char *p)
{
	enum lackey_access kind = LACKEY_FETCH;
	const char *begin = p + 3;
	u64 address = 0;
	u32 size = 0;

	if (p[0] == ' ')
		kind = (enum lackey_access)access_letter[(u8)p[1]];
	if ((p[0] == ' ' ? kind == LACKEY_FETCH : p[0] != 'I' || p[1] != ' ') || p[2] != ' ')
		return NULL;
	for (p = begin; hex_digit[(u8)*p]; p++)
		address = address << 4 | (u64)(hex_digit[(u8)*p] - 1);
	if (p == begin || p > begin + 16 || *p != ',')
		return NULL;
	for (p++; *p >= '0' && *p <= '9' && size <= PAGE_SIZE; p++)
		size = size * 10 + (u32)(*p - '0');
	if (*p != '\n' || size == 0 || size > PAGE_SIZE)
		return NULL;
	r->sink->access(r->sink->arg, kind, address, size);
	return p + 1;
}

/* -- system calls ------------------------------------------------------------------------------ */

/* A number, 0x or decimal; *p goes behind it. */
static u64 number(const char **p)
{
	char *end;
	u64 value = strtoull(*p, &end, strncmp(*p, "0x", 2) ? 10 : 16);

	*p = end;
	return value;
}

/* "( 4294967196, 0x4026498(/etc/ld.so.cache), 557056 )" */
static void parse_args(const char *p, struct lackey_call *call)
{
	for (u32 i = 0; i < LACKEY_ARGS; i++) {
		size_t n;

		p += strspn(p, " ");
		call->arg[i] = number(&p);
		if (*p == '(') {
			n = strcspn(p, ")");
			if (!call->path[0])
				snprintf(call->path, sizeof(call->path), "%.*s", (int)n - 1, p + 1);
			p += n + (p[n] == ')');
		}
		p += strcspn(p, ",)");
		if (*p != ',')
			return;
		p++;
	}
}

/* "Success(0x4835000)" behind an arrow; false: there is no result in this text. */
static bool parse_result(const char *p, struct lackey_call *call)
{
	const char *success = strstr(p, "Success(");

	if (!success && !strstr(p, "Failure("))
		return false;
	call->success = success != NULL;
	if (success) {
		success += 8;
		call->result = number(&success);
	}
	return true;
}

static bool deliver(struct reader *r, const struct lackey_call *call)
{
	r->counts->calls++;
	r->stopped = !r->sink->call(r->sink->arg, call);
	return !r->stopped;
}

static struct lackey_call *pending_find(struct reader *r, u32 pid, u32 tid)
{
	for (u32 i = 0; i < r->nr_pending; i++)
		if (r->pending[i].pid == pid && r->pending[i].tid == tid)
			return &r->pending[i];
	return NULL;
}

static void pending_drop(struct reader *r, struct lackey_call *call)
{
	*call = r->pending[--r->nr_pending];
	r->open_call = false;
}

/* A call whose result comes later. One that never comes is pushed out by the next of its thread. */
static void pending_keep(struct reader *r, const struct lackey_call *call)
{
	struct lackey_call *old = pending_find(r, call->pid, call->tid);

	if (old)
		pending_drop(r, old);
	if (r->nr_pending == MAX_PENDING)
		pending_drop(r, &r->pending[0]);
	r->pending[r->nr_pending++] = *call;
}

static bool finish_pending(struct reader *r, struct lackey_call *call, const char *text)
{
	struct lackey_call done;

	if (!call || !parse_result(text, call))
		return true;
	done = *call;
	pending_drop(r, call);
	return done.child || deliver(r, &done); /* a fork was delivered by its first line */
}

static bool new_call(struct reader *r, struct lackey_call *call, const char *text)
{
	const char *args = strchr(text, '('), *child = strstr(text, "created child ");
	size_t n = strcspn(text, " (");

	if (!strncmp(text, "sys_", 4)) {
		text += 4;
		n -= 4;
	}
	snprintf(call->name, sizeof(call->name), "%.*s", (int)n, text);
	if (args)
		parse_args(args + 1, call);
	if (child) {
		call->child = (u32)strtoul(child + 14, NULL, 10);
		call->success = true;
		if (!deliver(r, call))
			return false;
	}
	if (!child && parse_result(text, call))
		return deliver(r, call);
	pending_keep(r, call);
	r->open_call = !strstr(text, "[async] ...");
	return true;
}

/* SYSCALL[pid,tid](number) text */
static bool call_line(struct reader *r, const char *line)
{
	struct lackey_call call = { 0 };
	const char *text = strchr(line, ')');

	if (sscanf(line, "SYSCALL[%u,%u]", &call.pid, &call.tid) != 2 || !text || text[1] != ' ') {
		r->counts->others++;
		return true;
	}
	text += 2;
	if (!strncmp(text, "...", 3))
		return finish_pending(r, pending_find(r, call.pid, call.tid), text);
	return new_call(r, &call, text);
}

/* -- other lines ------------------------------------------------------------------------------- */

/* An execve that succeeded never returns: the new program's name is its result. */
static void valgrind_line(struct reader *r, const char *line)
{
	static const char compacted[] = "==0== compacted: records ";
	u32 pid = (u32)strtoul(line + 2, NULL, 10);
	const char *command = strstr(line, "== Command: ");

	if (!strncmp(line, compacted, sizeof(compacted) - 1)) {
		r->sink->compacted(r->sink->arg, strtoull(line + sizeof(compacted) - 1, NULL, 10));
		return;
	}
	if (pid && pid != r->pid)
		r->sink->process(r->sink->arg, r->pid = pid);
	if (!pid || !command)
		return;
	for (u32 i = 0; i < r->nr_pending; i++)
		if (r->pending[i].pid == pid && !strcmp(r->pending[i].name, "execve"))
			finish_pending(r, &r->pending[i--], "Success(0x0)");
	r->sink->command(r->sink->arg, pid, command + 12);
}

static bool fail(struct reader *r, const char *what)
{
	snprintf(r->err, r->err_size, "line %llu %s", (unsigned long long)r->counts->lines, what);
	return false;
}

static bool is_text(const char *p, const char *end)
{
	for (; p < end; p++)
		if ((u8)*p < ' ' && *p != '\t' && *p != '\r' && *p != 27)
			return false;
	return true;
}

/* Any line but an access, without its newline. */
static bool other_line(struct reader *r, const char *p, const char *end)
{
	static const char wrong[] = "is not a line of a lackey log; record one with valgrind "
				    "--tool=lackey --trace-mem=yes --trace-syscalls=yes";
	char line[2048];

	if (!is_text(p, end))
		return fail(r, "is not text: this is no lackey log");
	snprintf(line, sizeof(line), "%.*s", (int)(end - p), p);
	if (!strncmp(line, "SYSCALL[", 8))
		return call_line(r, line);
	if (!strncmp(line, " --> ", 5)) {
		struct lackey_call *last = r->nr_pending ? &r->pending[r->nr_pending - 1] : NULL;

		return finish_pending(r, r->open_call ? last : NULL, line);
	}
	if (!strncmp(line, "==", 2) && strstr(line + 2, "==")) {
		valgrind_line(r, line);
		return true;
	}
	if (++r->counts->others > MAX_OTHERS && !r->any_access)
		return fail(r, wrong);
	return true;
}

/* -- the file ---------------------------------------------------------------------------------- */

/* All the whole lines of a block. */
static bool read_lines(struct reader *r, const char *p, const char *end)
{
	while (p < end) {
		const char *next = access_line(r, p);

		r->counts->lines++;
		if (next) {
			r->any_access = true;
		} else {
			next = memchr(p, '\n', (size_t)(end - p));
			if (!other_line(r, p, next))
				return false;
			next++;
		}
		p = next;
	}
	return true;
}

static gzFile open_log(const char *path, char *err, size_t n)
{
	gzFile f = strcmp(path, "-") ? gzopen(path, "rb") : gzdopen(dup(0), "rb");

	if (!f)
		snprintf(err, n, "cannot open it: %s", strerror(errno));
	else
		gzbuffer(f, BUFFER);
	return f;
}

/* Did reading go well? If not, what went wrong in plain words. */
static bool read_well(gzFile f, char *err, size_t n)
{
	int code;
	const char *text = gzerror(f, &code);

	if (code == Z_OK)
		return true;
	if (code == Z_BUF_ERROR)
		text = "the compressed file is cut off";
	else if (code == Z_ERRNO)
		text = strerror(errno);
	else if (code == Z_DATA_ERROR)
		text = "the compressed file is damaged";
	snprintf(err, n, "cannot read it: %s", text);
	return false;
}

static bool read_blocks(struct reader *r, gzFile f, char *buffer)
{
	size_t kept = 0;

	for (;;) {
		int got = gzread(f, buffer + kept, (unsigned)(BUFFER - kept));
		char *newline;

		if (got < 0)
			return read_well(f, r->err, r->err_size);
		if (got == 0)
			break;
		kept += (size_t)got;
		newline = memrchr(buffer, '\n', kept);
		if (!newline && kept == BUFFER)
			return fail(r, "is longer than a megabyte: this is no lackey log");
		if (!newline)
			continue;
		if (!read_lines(r, buffer, newline + 1))
			return false;
		kept -= (size_t)(newline + 1 - buffer);
		memmove(buffer, newline + 1, kept);
	}
	if (!read_well(f, r->err, r->err_size))
		return false;
	r->counts->lines += kept > 0;
	if (kept && !is_text(buffer, buffer + kept))
		return fail(r, "is not text: this is no lackey log");
	if (kept)
		return fail(r, "is cut off: the log is not complete");
	return true;
}

bool lackey_read(const char *path, const struct lackey_sink *sink, struct lackey_counts *counts,
		 char *err, size_t n)
{
	struct reader r = { .sink = sink, .counts = counts, .err = err, .err_size = n };
	gzFile f = open_log(path, err, n);
	char *buffer = f ? malloc(BUFFER) : NULL;
	bool good = false;

	*counts = (struct lackey_counts){ 0 };
	if (f && !buffer)
		snprintf(err, n, "this computer has no memory for it");
	if (buffer) {
		err[0] = 0;
		good = read_blocks(&r, f, buffer) && !r.stopped;
	}
	if (good && !r.any_access) {
		snprintf(err, n, "there is no memory access in it; record it with valgrind "
			 "--tool=lackey --trace-mem=yes --trace-syscalls=yes");
		good = false;
	}
	free(buffer);
	if (f)
		gzclose(f);
	return good;
}
