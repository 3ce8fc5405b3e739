/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's only source of chance: xoshiro256** (Blackman and Vigna), its state filled from
 * the seed by splitmix64, so that seeds 1, 2, 3 give unrelated streams.
 */
#include "machine.h"
#include "random.h"

static u64 rotate_left(u64 x, u32 by)
{
	return x << by | x >> (64 - by);
}

static u64 splitmix64(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void machine_seed(struct machine *m, u64 seed)
{
	for (u32 i = 0; i < ARRAY_SIZE(m->rng); i++)
		m->rng[i] = splitmix64(&seed);
}

void machine_reseed(struct machine *m, u64 seed, u32 stress)
{
	machine_seed(m, seed);
	m->stress = stress;
}

u64 machine_random(struct machine *m)
{
	u64 *s = m->rng;
	u64 result = rotate_left(s[1] * 5, 7) * 9;
	u64 t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

/* The upper half of a 32 x 32 bit product: no division, and a bias of bound / 2^32. */
u32 machine_random_below(struct machine *m, u32 bound)
{
	return (u32)((machine_random(m) >> 32) * bound >> 32);
}
