/* SPDX-License-Identifier: GPL-2.0-only */
#include "theme.h"

#include <ctype.h>
#include <stddef.h>

/* One row of the table: the colours by depth, and what has to do without any. */
struct theme_row {
	const char *name;
	char letter;
	short in256, in16, in8;
	unsigned attributes;	/* at every depth */
	unsigned mono;		/* besides, where there are no colours */
};

#define OWN (-1)		/* the terminal's own foreground */
#define HUE(a, b, c) .in256 = (a), .in16 = (b), .in8 = (c)
#define NO_HUE HUE(OWN, OWN, OWN)

enum { RED = 1, GREEN, YELLOW, BLUE, MAGENTA, CYAN, BRIGHT = 8 };

static const struct theme_row rows[STYLE_COUNT];

static const struct theme_row *row_of(uint8_t style)
{
	uint8_t number = style & STYLE_MASK;

	return &rows[number < STYLE_COUNT ? number : STYLE_PLAIN];
}

struct look theme_look(uint8_t style, enum depth depth)
{
	const struct theme_row *row = row_of(style);
	struct look look = { .colour = OWN, .attributes = row->attributes };

	switch (depth) {
	case DEPTH_256:
		look.colour = row->in256;
		break;
	case DEPTH_16:
		look.colour = row->in16;
		break;
	case DEPTH_8:
		look.colour = row->in8;
		break;
	case DEPTH_MONO:
		look.attributes |= row->mono;
		break;
	}
	if (style & STYLE_CHANGED)
		look.attributes = (look.attributes | LOOK_BOLD) & ~(unsigned)LOOK_DIM;
	return look;
}

char theme_letter(uint8_t style)
{
	char letter = row_of(style)->letter;

	if (!(style & STYLE_CHANGED))
		return letter;
	return letter == '.' ? '!' : (char)toupper((unsigned char)letter);
}

const char *theme_name(uint8_t style)
{
	return style < STYLE_COUNT ? rows[style].name : NULL;
}

enum depth theme_depth(int colours)
{
	if (colours < 8)
		return DEPTH_MONO;
	if (colours < 16 || colours > 256)
		return DEPTH_8;
	return colours == 256 ? DEPTH_256 : DEPTH_16;
}

static const struct theme_row rows[STYLE_COUNT] = {
	[STYLE_PLAIN] = { .name = "plain", .letter = '.', NO_HUE },
	[STYLE_DIM] = { .name = "dim", .letter = '-', HUE(245, BRIGHT, OWN), .mono = LOOK_DIM },
	[STYLE_TITLE] = { .name = "title", .letter = 't', NO_HUE, .attributes = LOOK_BOLD },
	[STYLE_ANON] = { .name = "anonymous", .letter = 'a', HUE(114, BRIGHT + GREEN, GREEN) },
	[STYLE_FILE] = { .name = "file", .letter = 'f', HUE(75, BRIGHT + BLUE, CYAN) },
	[STYLE_SWAP] = { .name = "swap cache", .letter = 's', HUE(215, BRIGHT + YELLOW, YELLOW) },
	[STYLE_TABLE] = { .name = "page table", .letter = 'g',
			  HUE(176, BRIGHT + MAGENTA, MAGENTA) },
	[STYLE_KERNEL] = { .name = "kernel", .letter = 'k', HUE(174, RED, RED) },
	[STYLE_FREE] = { .name = "free", .letter = 'o', HUE(240, BRIGHT, OWN), .mono = LOOK_DIM },
	[STYLE_SELECTED] = { .name = "selected", .letter = 'x', NO_HUE,
			     .attributes = LOOK_BOLD | LOOK_UNDERLINE },
	[STYLE_FOCUS] = { .name = "focus", .letter = '=', NO_HUE, .attributes = LOOK_BOLD },
	[STYLE_NOW] = { .name = "now", .letter = 'w', NO_HUE, .attributes = LOOK_BOLD },
	[STYLE_QUESTION] = { .name = "question", .letter = 'q', NO_HUE,
			     .attributes = LOOK_REVERSE },
	[STYLE_GOOD] = { .name = "right", .letter = 'y', HUE(78, GREEN, GREEN), .mono = LOOK_BOLD },
	[STYLE_BAD] = { .name = "wrong", .letter = 'b', HUE(203, BRIGHT + RED, RED),
			.attributes = LOOK_BOLD },
	[STYLE_KEY] = { .name = "key", .letter = 'c', NO_HUE, .attributes = LOOK_BOLD },
	[STYLE_PROMPT] = { .name = "prompt", .letter = 'p', NO_HUE },
};
