/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events: what just happened, as a fixed record of ids. Where it happened (file, function, line)
 * is in the site's static row; the sentence is in event_kinds.h. Both are looked up only when an
 * event is shown. An event is emitted after the state has changed.
 */
#ifndef SIM_EVENT_H
#define SIM_EVENT_H

#include "event_kinds.h"
#include "types.h"

struct machine;

struct event {
	u64 number;   /* 1, 2, 3 ... in the life of the machine */
	u64 time;     /* virtual ns */
	u32 a[6];     /* operands, see event_kinds.h */
	u16 site;     /* event_site(site) */
	u16 thread;   /* pid of the thread; 0 is the boot thread */
	u8 kind;      /* enum event_kind */
	u8 cpu;
	u8 depth;     /* of the modelled call stack */
	u8 n;         /* operands given */
};
_Static_assert(sizeof(struct event) <= 48, "an event is at most 48 bytes");

/* A place in the engine's source. One static row per place, gathered by the linker. */
struct site {
	const char *file; /* as the compiler got it; see site_file() */
	const char *func;
	u32 line;
	u16 kind;         /* enum event_kind, or SITE_FUNCTION for the opening of a function */
	u16 operands;     /* how many EV gave */
} __attribute__((aligned(32))); /* a power of two: the index is computed at each event */
#define SITE_FUNCTION 0xffffu

/* The file relative to the top of the tree, whatever folder the compiler was started in. */
const char *site_file(const struct site *site);
/* The linker gathers all SITE_ROWs between these two. */
extern const struct site __start_rmap_sites[], __stop_rmap_sites[];
static inline u16 event_site_index(const struct site *site)
{
	return (u16)(site - __start_rmap_sites);
}
const struct site *event_site(u16 index); /* NULL when out of range */
u32 event_site_count(void);

struct event_kind_row {
	const char *name, *sentence;
};
extern const struct event_kind_row event_kind_rows[NR_EVENT_KINDS];
int event_kind_by_name(const char *name); /* -1: none */

/*
 * Render the sentence of an event ("kswapd clears c2's pte at 40002000 ...") or one line of
 * JSON. Host side only, never on a modelled thread. Returns the length without the final zero,
 * as snprintf does. Names are looked up in m; nothing else of m is read.
 */
int event_sentence(const struct machine *m, const struct event *ev, char *buf, size_t n);
int event_json(const struct machine *m, const struct event *ev, char *buf, size_t n);

/*
 * Slow half of EV: number the event, fill the record, call the machine's hook. It takes the
 * operands in registers and is cold, so that functions with an EV in them need no room on their
 * stack for events that are off.
 */
void event_emit(const struct site *site, u32 a, u32 b, u32 c, u32 d, u32 e)
	__attribute__((cold));
/* The same for primitives that are handed the site of their caller and know the kind themselves. */
void event_emit_as(enum event_kind kind, const struct site *site, const u32 *a, u32 n);

#define SITE_ROW(name, what) SITE_ROW_WITH(name, what, 0)
#define SITE_ROW_WITH(name, what, operands) SITE_ROW_IN(name, what, operands, __func__)
#define SITE_ROW_NAMED(name, what, func) SITE_ROW_IN(name, what, 0, func)
#define SITE_ROW_IN(name, what, operands, func) \
	static const struct site name __attribute__((section("rmap_sites"), used)) = \
		{ __FILE__, func, __LINE__, what, operands }

/* Compiled out with -DNO_EVENTS and in quiet code (machine.h); otherwise one predictable test when
 * the machine's are off. */
#if defined(NO_EVENTS) || defined(QUIET)
#define EVENTS_ON 0
#else
#define EVENTS_ON unlikely(current->events_on)
#endif

/* EV(KIND, operands...): one event at this place, with five operands at most. */
#define EV(kind_, ...) do { \
	_Static_assert(EV_COUNT(__VA_ARGS__) <= 5, "an event has five operands at most"); \
	if (EVENTS_ON) { \
		SITE_ROW_WITH(site_, EV_##kind_, EV_COUNT(__VA_ARGS__)); \
		EV_EMIT(&site_, ##__VA_ARGS__, 0, 0, 0, 0, 0); \
	} \
} while (0)
#define EV_COUNT(...) (ARRAY_SIZE(((u32[]){ 0, ##__VA_ARGS__ })) - 1)
#define EV_EMIT(...) EV_EMIT_FIVE(__VA_ARGS__)
#define EV_EMIT_FIVE(site, a, b, c, d, e, ...) event_emit(site, a, b, c, d, e)

/*
 * FN; at the top of a function keeps the modelled call stack, whatever the compiler inlines.
 * FN_AS("name"); is for one that C cannot call what the kernel called it: two eras both have it.
 */
#define FN \
	SITE_ROW(fn_site_, SITE_FUNCTION); \
	__attribute__((cleanup(fn_leave), unused)) struct fn_frame *fn_ = fn_enter(&fn_site_)
#define FN_AS(name) \
	SITE_ROW_NAMED(fn_site_, SITE_FUNCTION, name); \
	__attribute__((cleanup(fn_leave), unused)) struct fn_frame *fn_ = fn_enter(&fn_site_)

#endif
