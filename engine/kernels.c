/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernels of this laboratory, in order of time; each row is a file in engine/kernels/. */
#include "kernels.h"

#include <string.h>

const struct kernel *const kernels[] = {
	&kernel_2_5_26,
	&kernel_2_5_27,
	&kernel_2_6_0,
	&kernel_2_6_5_objrmap,
	&kernel_2_6_7_anonmm,
	&kernel_2_6_8,
	&kernel_2_6_9_rc_mm,
	&kernel_2_6_16,
	&kernel_4_0,
	NULL,
};

const struct kernel *const kernel_default = &kernel_2_5_27;

const struct kernel *kernel_by_name(const char *name)
{
	u32 i;

	for (i = 0; kernels[i]; i++)
		if (!strcmp(kernels[i]->name, name))
			return kernels[i];
	return NULL;
}

const char *const own_errata_names[NR_OWN_ERRATA] = {
#define X(erratum, name) [erratum] = (name),
	OWN_ERRATA(X)
#undef X
};
