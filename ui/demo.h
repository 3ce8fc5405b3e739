/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * demo: a lesson that plays itself on a screen without a terminal: it is read, what happens is
 * stepped event by event, questions are answered with the lesson's own solution. Virtual time.
 */
#ifndef UI_DEMO_H
#define UI_DEMO_H

#include "app.h"
#include "record.h"

/* Play the lesson that app_start() has begun, from its first step to its last. record may be NULL:
 * then only the final screen matters. false: the lesson failed; a->message says how. */
bool demo_play(struct app *a, struct record *record);

#endif
