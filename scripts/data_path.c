/* SPDX-License-Identifier: GPL-2.0-only */
/* Where lessons, libraries and the engine's source are, in a tree or installed. */
#include "session.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIMB 6 /* BUILD may be build/gcc: build/gcc/VARIANT/tests/PROGRAM */

/* The tree the program was built in: the first folder above it that holds scripts/lib. */
static bool tree_of_program(char *root, size_t n)
{
	ssize_t length = readlink("/proc/self/exe", root, n - 1);
	char probe[PATH_MAX + 16];

	if (length <= 0)
		return false;
	root[length] = 0;
	for (int i = 0; i < CLIMB; i++) {
		char *slash = strrchr(root, '/');

		if (!slash || slash == root)
			return false;
		*slash = 0;
		snprintf(probe, sizeof(probe), "%s/scripts/lib", root);
		if (access(probe, R_OK) == 0)
			return true;
	}
	return false;
}

const char *data_path(const char *name, char *buf, size_t n)
{
	const char *root = getenv("RMAPLAB_DATA");
	char tree[PATH_MAX];

	if (!root || !*root)
		root = tree_of_program(tree, sizeof(tree)) ? tree : DATADIR;
	snprintf(buf, n, "%s/%s", root, name);
	return buf;
}
