/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Make a lackey log small enough to ship: standard input to standard output.
 *
 *	valgrind --tool=lackey --trace-mem=yes --trace-syscalls=yes --log-file=X.raw PROGRAM
 *	compact_trace <X.raw | gzip -9n >X.lk.gz
 *
 * What comes out is still a lackey log, of fewer lines. A program touches the same page many times
 * in a row; such a run is kept as its first access, and its first write if that came later, at the
 * page's address and with size 1:
 *
 *	I  04001234,3       I  04001000,1
 *	I  04001237,4
 *	 L 1fff0008,8        L 1fff0000,1
 *	I  0400123b,2
 *	 L 1fff0010,8
 *	 S 1fff0010,8        S 1fff0000,1
 *	 L 1fff0ffc,8        L 1fff1000,1      (two pages: the run moves on to the second)
 *
 * Instructions and data make runs apart from each other. Which pages are touched, in which order
 * within each of the two, which are dirtied, and so every fault that does not hang on the exact
 * moment of an eviction, stay as they were; the number of accesses does not, so it is put in front.
 *
 * System calls that change an address space or name a file are kept, the rest go. A kept call ends
 * both runs: what was mapped before it need not be mapped after. So does an ==pid== line of another
 * process, which is how the log of a forked child is put into its parent's.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE 4096ull

struct run {
	unsigned long long page; /* valid while open */
	bool open;
	bool written;
};

struct compactor {
	struct run code, data;
	unsigned long long accesses[4]; /* in the log, by kind: I L S M */
	unsigned long long crossings;   /* accesses that touch two pages */
	long pid;                       /* of the last ==pid== line, 0 before the first */
	bool kept_call;                 /* the last system call was kept, so is its result */
	FILE *out;
};

static const char kinds[] = "ILSM";

static const char *const kept_calls[] = {
	"mmap", "mmap2", "old_mmap", "munmap", "mremap", "brk", "mprotect", "madvise",
	"clone", "clone3", "fork", "vfork", "execve", "exit", "exit_group",
	"open", "openat", "close", /* a mapping's descriptor means a file through these */
};

static void end_runs(struct compactor *c)
{
	c->code.open = false;
	c->data.open = false;
}

static void touch(struct compactor *c, char kind, unsigned long long page)
{
	struct run *run = kind == 'I' ? &c->code : &c->data;
	bool writes = kind == 'S' || kind == 'M';

	if (!run->open || run->page != page)
		*run = (struct run){ .page = page, .open = true };
	else if (!writes || run->written)
		return;
	run->written = writes;
	fprintf(c->out, kind == 'I' ? "%c  %08llx,1\n" : " %c %08llx,1\n", kind, page);
}

/* One access line: its kind, then a hexadecimal address and a decimal size. False: it is none. */
static bool access_line(struct compactor *c, const char *line)
{
	char kind = line[0] == 'I' ? 'I' : line[1];
	const char *which = memchr(kinds, kind, 4);
	char *end;
	unsigned long long address, size, first, last;

	if (!which || (kind == 'I' && strncmp(line, "I  ", 3)) || line[2] != ' ')
		return false;
	address = strtoull(line + 3, &end, 16);
	if (end == line + 3 || *end != ',')
		return false;
	size = strtoull(end + 1, &end, 10);
	if (*end != '\n' || size == 0 || size > PAGE_SIZE)
		return false;
	first = address & ~(PAGE_SIZE - 1);
	last = (address + size - 1) & ~(PAGE_SIZE - 1);
	c->accesses[which - kinds]++;
	touch(c, kind, first);
	if (last != first) {
		c->crossings++;
		touch(c, kind, last);
	}
	return true;
}

/* Is this SYSCALL line to be kept? The second line of a call in two parts goes with the first. */
static bool keeps_call(const struct compactor *c, const char *line)
{
	const char *name = strchr(line, ')');
	size_t length;

	if (!name || name[1] != ' ')
		return false;
	name += 2;
	if (!strncmp(name, "...", 3))
		return c->kept_call;
	if (!strncmp(name, "sys_", 4))
		name += 4;
	length = strcspn(name, " (");
	for (size_t i = 0; i < sizeof(kept_calls) / sizeof(kept_calls[0]); i++)
		if (strlen(kept_calls[i]) == length && !strncmp(name, kept_calls[i], length))
			return true;
	return false;
}

static void call_line(struct compactor *c, const char *line)
{
	c->kept_call = keeps_call(c, line);
	if (!c->kept_call)
		return;
	end_runs(c);
	fputs(line, c->out);
}

/* Of valgrind's own words only those stay that say whose accesses follow, and of what program. */
static void valgrind_line(struct compactor *c, const char *line)
{
	long pid = strtol(line + 2, NULL, 10);

	if (pid != c->pid) {
		end_runs(c);
		fprintf(c->out, "==%ld==\n", pid);
	}
	c->pid = pid;
	if (strstr(line, "== Command: "))
		fputs(line, c->out);
}

static void one_line(struct compactor *c, const char *line)
{
	if (access_line(c, line))
		return;
	if (!strncmp(line, "==", 2))
		valgrind_line(c, line);
	else if (!strncmp(line, "SYSCALL[", 8))
		call_line(c, line);
	else if (!strncmp(line, " --> ", 5) && (c->kept_call || !c->accesses[0]))
		fputs(line, c->out); /* the result, alone on its line after a fork */
}

static bool copy(FILE *from, FILE *to)
{
	char block[65536];
	size_t n;

	rewind(from);
	while ((n = fread(block, 1, sizeof(block), from)) > 0)
		if (fwrite(block, 1, n, to) != n)
			return false;
	return !ferror(from) && fflush(to) == 0;
}

int main(void)
{
	struct compactor c = { .out = tmpfile() };
	char *line = NULL;
	size_t size = 0;
	const unsigned long long *n = c.accesses;

	if (!c.out) {
		perror("compact_trace: temporary file");
		return 1;
	}
	while (getline(&line, &size, stdin) > 0)
		one_line(&c, line);
	free(line);
	if (!(n[0] + n[1] + n[2] + n[3])) {
		fputs("compact_trace: no access in the input: is it a lackey log?\n", stderr);
		return 1;
	}
	printf("==0== compacted: records %llu I %llu L %llu S %llu M %llu crossings %llu\n",
	       n[0] + n[1] + n[2] + n[3], n[0], n[1], n[2], n[3], c.crossings);
	if (ferror(stdin) || !copy(c.out, stdout)) {
		perror("compact_trace");
		return 1;
	}
	return 0;
}
