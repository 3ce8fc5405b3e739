/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program behind fork32.lk.gz: an i386 process without a C library, so that every access in
 * its trace is one written here. It maps four pages and writes them, maps one page behind them,
 * forks (the child writes one page and leaves, the parent writes another), grows the four pages to
 * eight with mremap, which must move them, drops one of the eight with munmap, moves its break by
 * two pages, and leaves. README.md has the command lines.
 */

enum { NR_EXIT = 1, NR_FORK = 2, NR_WAITPID = 7, NR_BRK = 45, NR_MUNMAP = 91, NR_MREMAP = 163,
       NR_MMAP2 = 192 };
enum { PAGE = 4096, PROT_RW = 3, MAP_PRIVATE_ANONYMOUS = 0x22, MREMAP_MAYMOVE = 1 };

static long call(long nr, long a, long b, long c, long d, long e)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "memory");
	return result;
}

static void fill(char *area, int first, int pages, char byte)
{
	for (int i = first; i < first + pages; i++)
		*(volatile char *)(area + i * PAGE) = byte;
}

/* mmap2 takes a sixth argument in %ebp; for an anonymous mapping any offset will do. */
static char *map_pages(int pages)
{
	return (char *)call(NR_MMAP2, 0, pages * PAGE, PROT_RW, MAP_PRIVATE_ANONYMOUS, -1);
}

void _start(void)
{
	char *area = map_pages(4);
	long end, child;

	fill(area, 0, 4, 1);
	fill(map_pages(1), 0, 1, 6);
	child = call(NR_FORK, 0, 0, 0, 0, 0);
	if (child == 0) {
		fill(area, 0, 1, 2);
		call(NR_EXIT, 0, 0, 0, 0, 0);
	}
	fill(area, 1, 1, 3);
	call(NR_WAITPID, child, 0, 0, 0, 0);
	area = (char *)call(NR_MREMAP, (long)area, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE, 0);
	fill(area, 4, 4, 4);
	call(NR_MUNMAP, (long)area + 2 * PAGE, PAGE, 0, 0, 0);
	end = call(NR_BRK, 0, 0, 0, 0, 0);
	call(NR_BRK, end + 2 * PAGE, 0, 0, 0, 0);
	fill((char *)end, 0, 2, 5);
	call(NR_EXIT, 0, 0, 0, 0, 0);
}
