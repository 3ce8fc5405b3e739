/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Lua side of a script, shared by lua_*.c. Every function here runs on the script's stack and
 * may raise a Lua error, unless it says otherwise.
 */
#ifndef SCRIPTS_LUA_PRIV_H
#define SCRIPTS_LUA_PRIV_H

#include "script.h"

#include <lauxlib.h>
#include <lualib.h>

/* --- lua_handle.c: what stands for a thing of a machine ------------------------------------- */

/*
 * A row of what a handle offers. __index, completion and help() read the same rows.
 * args is NULL for a field; fn then gets the handle at 1 and pushes one value.
 */
struct member {
	const char *name, *args, *what;
	lua_CFunction fn;
};

struct handle;
struct kind {
	const char *name;             /* "task": one is called "a task" */
	const char *what;             /* a sentence for help() */
	const struct member *members; /* ends with a NULL name */
	/* Text for tostring and messages; never raises. NULL: the name and the id. */
	void (*print)(const struct machine *m, const struct handle *h, char *buf, size_t n);
	/* Does it exist now? NULL: always. */
	bool (*alive)(const struct machine *m, const struct handle *h);
	lua_CFunction index;          /* other keys than members: handle, key; NULL: an error */
	lua_CFunction length;         /* the # operator; NULL: an error */
	lua_CFunction names;          /* pairs: pushes a list of the keys; NULL: the members */
};

/* Ids only: the thing itself is looked up at each use. Two handles of one thing are one object. */
struct handle {
	const struct kind *kind;
	u32 machine; /* index in the script */
	u32 id;      /* pid, pfn, inode, type ... */
	u32 owner;   /* pid, for what a process owns */
};

/* An event is a value, not a thing: the handle carries it. */
struct event_handle {
	struct handle handle;
	struct event event;
};

extern const struct kind machine_kind, task_kind, tasks_kind, page_kind, file_kind, vma_kind,
	mm_kind, zone_kind, swap_kind, swaps_kind, lru_kind, counters_kind, snapshot_kind,
	event_kind, scenario_kind;
extern const struct kind *const handle_kinds[]; /* ends with NULL */

/* Make the metatables. */
void handles_open(lua_State *L);
/* Push the handle of a thing. */
void handle_push(lua_State *L, const struct kind *kind, u32 machine, u32 id, u32 owner);
/* The handle of that kind at idx, NULL when it is something else. Never raises. */
struct handle *handle_at(lua_State *L, int idx, const struct kind *kind);
struct handle *handle_any(lua_State *L, int idx);
/* The self of a method: the handle at 1, alive, or an error that says what to do. */
struct handle *handle_self(lua_State *L, const struct kind *kind, struct machine **m);
struct machine *handle_machine(lua_State *L, const struct handle *h);
/* "task 3 (c1)". Never raises. */
void handle_print(lua_State *L, const struct handle *h, char *buf, size_t n);

/* --- lua_arg.c: arguments, and what to say when they are wrong ------------------------------- */

/* Raise "name: what: expected ..., got ...". Never returns. */
int misuse(lua_State *L, int idx, const char *what, const char *expected);
/* Numbers are bytes, strings take K, M, G. */
u64 arg_size(lua_State *L, int idx, const char *what);
u32 arg_address(lua_State *L, int idx, const char *what);
s64 arg_between(lua_State *L, int idx, const char *what, s64 min, s64 max);
u64 arg_number(lua_State *L, int idx, const char *what, u64 max);
/* Numbers are ns, strings take ns us ms s. */
u64 arg_time(lua_State *L, int idx, const char *what);
bool arg_bool(lua_State *L, int idx, const char *what);
const char *arg_string(lua_State *L, int idx, const char *what, const char *expected);
const char *arg_name(lua_State *L, int idx, const char *what); /* of a process: 1 to 15 bytes */
/* "rw", "r", "rwx", "": bits 1 read, 2 write, 4 execute. */
u32 arg_prot(lua_State *L, int idx, const char *what);
u32 arg_page(lua_State *L, int idx, u32 machine); /* a page or a pfn */
/* The argument at idx is a table with no other keys than these words; or else misuse. */
void arg_table(lua_State *L, int idx, const char *keys);
/* Push the field of the table at idx; true when it is not nil. */
bool arg_field(lua_State *L, int idx, const char *name);

/* --- lua_ops.c: operations and their failures ------------------------------------------------ */

/* Run an operation for the calling method; raises a modelled failure. */
s64 run_op(lua_State *L, u32 machine, struct op *op);
/* Raise an error where nothing but operations is allowed, or not even these. */
void may_change(lua_State *L, const char *what);
/* Raise {errno=, message=}. */
int raise_errno(lua_State *L, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Raise {message=, FIELD=the value at the top}. */
int raise_with(lua_State *L, const char *message, const char *field);
/* Is this the error of a broken machine? Never raises. */
bool is_broken_error(lua_State *L, int idx);
/* The text of any error object, with its line in front. Never raises. */
void error_text(lua_State *L, int idx, char *buf, size_t n);
void failures_open(lua_State *L);

/* --- lua_event.c ----------------------------------------------------------------------------- */

void event_push(lua_State *L, u32 machine, const struct event *ev);
/* Call the functions of m:on() for what has happened since the tick `from`. */
void callbacks_run(lua_State *L, u32 machine, u64 from);
int machine_past_events(lua_State *L);
int machine_on(lua_State *L);

/* --- lua_vm.c: methods of a task -------------------------------------------------------- */

int task_mprotect(lua_State *L);
int task_mremap(lua_State *L);
int task_mlock(lua_State *L);
int task_munlock(lua_State *L);
int task_madvise(lua_State *L);
int task_msync(lua_State *L);
int task_mincore(lua_State *L);
int task_remap_file_pages(lua_State *L);

/* --- lua_machine.c, lua_task.c --------------------------------------------------------------- */

int machine_new(lua_State *L);   /* machine{...} */
#define MACHINE_OPTIONS "kernel ram swap cpus seed errata page_cluster swapoff dma highmem truth " \
	"events check stress pae highpte swappiness"
/* Those in the table at 1. */
void machine_config_read(lua_State *L, struct machine_config *config);
/* A machine of this configuration; its index. Raises why there can be none. */
u32 machine_make(lua_State *L, const struct machine_config *config);
int machine_swapon(lua_State *L);     /* m:swapon{...} */
int machine_swapoff(lua_State *L);    /* m:swapoff(type, {...}) */
int machine_disk_error(lua_State *L); /* m:disk_error{...} */
int machine_alloc_error(lua_State *L); /* m:alloc_error{...} */
int machine_task(lua_State *L);
int machine_swap_mm(lua_State *L);    /* m.swap_mm */
int tasks_push(lua_State *L);    /* m.tasks */
/* {task=, address=} pairs, as page:rmap() gives them. */
void mappings_push(lua_State *L, u32 machine, const struct mapping_view *v, u32 n);

/* --- lua_scenario.c -------------------------------------------------------------------------- */

int scenario_new(lua_State *L);  /* scenario{...} */

/* --- lua_kernel.c, lua_help.c ---------------------------------------------------------------- */

void kernels_open(lua_State *L);               /* pushes the table */
void kernel_push(lua_State *L, const struct kernel *kernel);
int api_help(lua_State *L);

/* --- lua_base.c, lua_string.c, lua_coroutine.c: the sandbox ---------------------------------- */

/* Pushes the table of globals a script sees. */
void sandbox_open(lua_State *L);
void sandbox_push(lua_State *L);
void strings_open(lua_State *L);      /* with the library at the top of the stack */
void tables_open(lua_State *L);
void math_open(lua_State *L);
void coroutines_open(lua_State *L);
/* As tostring(): ids in the place of addresses. Pushes a string. */
const char *tostring_push(lua_State *L, int idx);
void random_seed(struct script *sc, u64 seed);
/* Push the keys of the table or handle at idx as a list: integers, then strings, sorted. */
void keys_push(lua_State *L, int idx);

/* Does the text begin with "file:line:"? */
bool error_has_line(const char *text);
/* Call fn, protected: enum ended, the text of an error in sc->error. Never raises. */
enum ended lua_guarded(struct script *sc, lua_CFunction fn);

/* --- lua_lesson.c ---------------------------------------------------------------------------- */

void lesson_open(lua_State *L);       /* run the lesson's file and check its form */
int lesson_call(lua_State *L);        /* carry out the lesson's part of an input */
int lesson_view_set(lua_State *L);    /* host.view(t) for lesson.lua */
int api_look(lua_State *L);               /* look{pane=, page=, task=, address=, machine=} */

/* --- lua_experiment.c ------------------------------------------------------------------------ */

int experiment_host(lua_State *L);    /* pushes what experiment.lua gets as its argument */
void experiment_load(lua_State *L);   /* run the experiment's file and check its form */
int experiment_call(lua_State *L);    /* run one case of it */

#endif
