/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks. A lock word says who has it; the thread's list of held locks says which, since when and
 * from which line. The list makes every report: order, recursion, leak, deadlock.
 */
#include "spinlock.h"

#include "sched_private.h"

const char *const lock_class_names[NR_LOCK_CLASSES] = {
#define X(class, name) [LC_##class] = name,
	LOCK_CLASSES(X)
#undef X
};

/* -- the list of held locks -------------------------------------------------------------------- */

/* The one taken last is mostly the one looked for. */
static struct held_lock *find_held(struct task_struct *t, const void *lock)
{
	struct held_lock *held = t->held + t->nr_held;

	while (held > t->held)
		if ((--held)->lock == lock)
			return held;
	return NULL;
}

static void forget_held(struct task_struct *t, struct held_lock *held)
{
	struct held_lock *end = t->held + --t->nr_held;

	t->machine->sched->nr_page_locks -= held->class == LC_PAGE_LOCK;
	for (; held < end; held++)
		held[0] = held[1];
}

static inline void push(const struct site *site, const void *lock, u8 class, bool write, u32 id)
{
	struct task_struct *me = current;

	if (unlikely(me->nr_held == MAX_HELD))
		report_break(REPORT_LOCK, site, "a thread holds too many locks", NULL);
	me->held[me->nr_held++] = (struct held_lock){
		.lock = lock, .class = class, .write = write, .site = event_site_index(site),
		.id = id,
	};
	me->machine->sched->nr_page_locks += class == LC_PAGE_LOCK;
	me->wait_class = NR_LOCK_CLASSES;
}

void held_push(const struct site *site, const void *lock, enum lock_class class, u32 id)
{
	push(site, lock, (u8)class, true, id);
}

static bool pop_from(struct task_struct *t, const void *lock)
{
	struct held_lock *held = find_held(t, lock);

	if (held)
		forget_held(t, held);
	return held;
}

/* Locks are released by the thread that took them, but for page locks: the end of an I/O, on the
 * irq thread, unlocks for another. */
void held_pop(const void *lock)
{
	struct task_struct *me = current;
	struct machine *m = me->machine;
	struct list_head *pos;

	if (pop_from(me, lock) || !m->sched->nr_page_locks)
		return;
	list_for_each(pos, &m->tasks)
		if (pop_from(list_entry(pos, struct task_struct, tasks), lock))
			return;
}

void held_give(enum lock_class class, u32 id)
{
	struct task_struct *me = current;

	for (u32 i = 0; i < me->nr_held; i++)
		if (me->held[i].class == class && me->held[i].id == id) {
			forget_held(me, &me->held[i]);
			return;
		}
}

bool held_by_current(const void *lock)
{
	return find_held(current, lock) != NULL;
}

/* -- order ------------------------------------------------------------------------------------- */

/* Two locks of one class need an order of their own. Page locks have one: by index in the file. */
static bool against_order(const struct held_lock *held, enum lock_class class)
{
	const u8 *rank = current->machine->lock_rank;

	return rank[held->class] > rank[class] ||
	       (held->class == class && class != LC_PAGE_LOCK);
}

static void check_order(const struct site *site, const void *lock, enum lock_class class, u32 id,
			bool nested)
{
	struct task_struct *me = current;

	for (u32 i = 0; i < me->nr_held; i++) {
		const struct held_lock *held = &me->held[i];

		if (held->lock == lock)
			report_break(REPORT_LOCK, site, "a thread waits for a lock it holds itself",
				     LOCKS(class, id, held->class, held->id));
		if (!nested && against_order(held, class))
			report_break(REPORT_LOCK, site, "a lock is waited for against the order",
				     LOCKS(class, id, held->class, held->id));
	}
}

/* What a report says the thread waits for. */
static void waits_for(enum lock_class class, u32 id)
{
	current->wait_class = (u8)class;
	current->wait_id = id;
}

void lock_wait(const struct site *site, const void *lock, enum lock_class class, u32 id)
{
	check_order(site, lock, class, id, false);
	waits_for(class, id);
}

void locked_op_slow(enum sp_kind kind, const void *object)
{
	charge(LOCKED_OP);
	count(locked_ops);
	sched_point(kind, object);
}

static void lock_event(enum event_kind kind, const struct site *site, u8 class, u32 id, u32 how)
{
	if (unlikely(current->events_on))
		event_emit_as(kind, site, (u32[]){ class, id, how }, 3);
}

/* -- spinning ---------------------------------------------------------------------------------- */

bool spin_wait_over(const struct task_struct *t)
{
	if (t->wait_bit != NO_BIT)
		return !test_bit(t->wait_bit, t->wait_on);
	return ((const spinlock_t *)t->wait_on)->owner == 0;
}

static void spin(const struct site *site, const void *lock, u8 bit, u8 class, u32 id)
{
	waits_for(class, id);
	lock_event(EV_SPIN, site, class, id, 0);
	sched_spin(lock, bit);
	current->wait_class = NR_LOCK_CLASSES;
}

static void got_lock(const struct site *site, const void *lock, u8 class, u32 id)
{
	push(site, lock, class, true, id);
	lock_event(EV_LOCK, site, class, id, 1);
}

/* Junk has no class: this was a lock once. (CONFIG_DEBUG_SPINLOCK has a magic number for that.) */
static void must_be_lock(const struct site *site, u8 class)
{
	if (unlikely(class >= NR_LOCK_CLASSES))
		report_break(REPORT_USE_AFTER_FREE, site,
			     "a lock is used whose memory was freed", NULL);
}

static void take_spinlock(const struct site *site, spinlock_t *lock, bool nested)
{
	locked_op_slow(SP_LOCK, lock);
	must_be_lock(site, lock->class);
	check_order(site, lock, lock->class, lock->id, nested);
	current->preempt_count++;
	while (lock->owner)
		spin(site, lock, NO_BIT, lock->class, lock->id);
	lock->owner = (u16)(current->pid + 1);
	got_lock(site, lock, lock->class, lock->id);
}

void spin_lock_at(const struct site *site, spinlock_t *lock)
{
	take_spinlock(site, lock, false);
}

void spin_lock_nested_at(const struct site *site, spinlock_t *lock)
{
	take_spinlock(site, lock, true);
}

bool spin_trylock_at(const struct site *site, spinlock_t *lock)
{
	bool got;

	locked_op_slow(SP_TRYLOCK, lock);
	must_be_lock(site, lock->class);
	got = lock->owner == 0;
	if (got) {
		lock->owner = (u16)(current->pid + 1);
		current->preempt_count++;
		held_push(site, lock, lock->class, lock->id);
	}
	lock_event(EV_TRYLOCK, site, lock->class, lock->id, got);
	return got;
}

void assert_spin_locked_at(const struct site *site, const spinlock_t *lock)
{
	must_be_lock(site, lock->class);
	if (lock->owner != current->pid + 1)
		report_break(REPORT_LOCK, site, "a lock that should be held is not",
			     ONE_LOCK(lock->class, lock->id));
}

static void not_the_owner(const struct site *site, u8 class, u32 id)
{
	report_break(REPORT_LOCK, site, "a thread releases a lock it does not hold",
		     ONE_LOCK(class, id));
}

static void let_go(const struct site *site, const void *lock, u8 class, u32 id)
{
	current->preempt_count--;
	held_pop(lock);
	lock_event(EV_UNLOCK, site, class, id, 0);
	sched_point(SP_UNLOCK, lock);
}

/* A plain store on i386: no LOCK prefix, nothing to charge. */
void spin_unlock_at(const struct site *site, spinlock_t *lock)
{
	must_be_lock(site, lock->class);
	if (lock->owner != current->pid + 1)
		not_the_owner(site, lock->class, lock->id);
	lock->owner = 0;
	let_go(site, lock, lock->class, lock->id);
}

/*
 * Two bits of one word are two locks, and the list tells locks apart by their address: that of
 * the byte the bit is in. (PG_locked, bit 0, is listed under the address of the word.)
 */
static const void *bit_lock(const u32 *word, u32 nr)
{
	return (const char *)word + nr / 8;
}

void bit_spin_lock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id)
{
	const void *lock = bit_lock(word, nr);

	locked_op_slow(SP_LOCK, word);
	check_order(site, lock, class, id, false);
	current->preempt_count++;
	while (test_bit(nr, word))
		spin(site, word, (u8)nr, (u8)class, id);
	*word |= 1u << nr;
	got_lock(site, lock, (u8)class, id);
}

bool bit_spin_trylock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id)
{
	bool got;

	locked_op_slow(SP_TRYLOCK, word);
	got = !test_bit(nr, word);
	if (got) {
		*word |= 1u << nr;
		current->preempt_count++;
		held_push(site, bit_lock(word, nr), class, id);
	}
	lock_event(EV_TRYLOCK, site, (u8)class, id, got);
	return got;
}

/* clear_bit has a LOCK prefix. */
void bit_spin_unlock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id)
{
	if (!test_bit(nr, word) || !held_by_current(bit_lock(word, nr)))
		not_the_owner(site, (u8)class, id);
	charge(LOCKED_OP);
	count(locked_ops);
	*word &= ~(1u << nr);
	let_go(site, bit_lock(word, nr), (u8)class, id);
}

/* -- semaphores -------------------------------------------------------------------------------- */

static void sem_op(const struct site *site, enum sp_kind kind, const rw_semaphore_t *sem)
{
	if (current->machine->smp)
		locked_op_slow(kind, sem);
	must_be_lock(site, sem->class);
}

static void got_sem(const struct site *site, rw_semaphore_t *sem, bool write)
{
	push(site, sem, sem->class, write, sem->id);
	lock_event(EV_DOWN, site, sem->class, sem->id, write);
}

void down_read_at(const struct site *site, rw_semaphore_t *sem)
{
	sem_op(site, SP_SEM, sem);
	lock_wait(site, sem, sem->class, sem->id);
	while (sem->count < 0)
		sleep_on(sem);
	sem->count++;
	got_sem(site, sem, false);
}

void down_write_at(const struct site *site, rw_semaphore_t *sem)
{
	sem_op(site, SP_SEM, sem);
	lock_wait(site, sem, sem->class, sem->id);
	while (sem->count)
		sleep_on(sem);
	sem->count = -1;
	sem->owner = (u16)(current->pid + 1);
	got_sem(site, sem, true);
}

bool down_read_trylock_at(const struct site *site, rw_semaphore_t *sem)
{
	sem_op(site, SP_TRYLOCK, sem);
	if (sem->count < 0)
		return false;
	sem->count++;
	got_sem(site, sem, false);
	return true;
}

bool down_write_trylock_at(const struct site *site, rw_semaphore_t *sem)
{
	sem_op(site, SP_TRYLOCK, sem);
	if (sem->count)
		return false;
	sem->count = -1;
	sem->owner = (u16)(current->pid + 1);
	got_sem(site, sem, true);
	return true;
}

static void let_go_sem(const struct site *site, rw_semaphore_t *sem, s32 count)
{
	sem->count = count;
	sem->owner = 0;
	held_pop(sem);
	lock_event(EV_UP, site, sem->class, sem->id, 0);
	if (count == 0)
		wake_up(sem);
}

static void about_to_let_go(const struct site *site, rw_semaphore_t *sem)
{
	if (!held_by_current(sem))
		not_the_owner(site, sem->class, sem->id);
	sem_op(site, SP_SEM, sem);
}

void up_read_at(const struct site *site, rw_semaphore_t *sem)
{
	about_to_let_go(site, sem);
	let_go_sem(site, sem, sem->count - 1);
}

void up_write_at(const struct site *site, rw_semaphore_t *sem)
{
	about_to_let_go(site, sem);
	let_go_sem(site, sem, 0);
}

/* Readers may come in from now on. */
void downgrade_write_at(const struct site *site, rw_semaphore_t *sem)
{
	about_to_let_go(site, sem);
	find_held(current, sem)->write = 0;
	sem->count = 1;
	sem->owner = 0;
	lock_event(EV_DOWNGRADE, site, sem->class, sem->id, 0);
	wake_up(sem);
}
