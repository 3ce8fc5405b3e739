/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks, atomics and bit operations with the kernel's names. With one cpu this is a UP build:
 * spinlocks and LOCK prefixes are not there, a trylock succeeds, nothing is counted. With two and
 * more each is a scheduling point, is charged as a locked operation where the i386 code has a
 * LOCK prefix, and is kept in the thread's list of held locks.
 *
 * Semaphores are there on every machine, because they sleep.
 */
#ifndef SIM_SPINLOCK_H
#define SIM_SPINLOCK_H

#include "sched.h"

/*
 * Outermost first: a lock that is waited for against this order is reported. It is the order of
 * the fault path (page_table_lock, then LRU lock, then chain lock). Swapout comes from the other
 * side (LRU lock, page lock, chain lock, page_table_lock: seed 000, mm/rmap.c), therefore it takes
 * the page lock and page_table_lock by trylock, which may go against the order. A kernel that had
 * another order says so in its row (lock_order), and machine->lock_rank is made from that.
 */
#define LOCK_CLASSES(X) \
	X(MMAP_SEM, "mmap_sem") \
	X(I_SEM, "i_sem") \
	X(SHMEM_SEM, "shmem info->sem") \
	X(PAGE_LOCK, "page lock") \
	X(SHMEM_MUTEX, "shmem_swaplist_mutex") \
	X(SHRINKER_SEM, "shrinker_sem") \
	X(IPRUNE_SEM, "iprune_sem") \
	X(I_SHARED_SEM, "i_shared_sem") \
	X(I_SHARED_LOCK, "i_shared_lock") \
	X(MMLIST_LOCK, "mmlist_lock") \
	X(SHMEM_LIST_LOCK, "shmem list lock") \
	X(SHMEM_LOCK, "shmem info->lock") \
	X(ANON_VMA_SEM, "anon_vma rwsem") \
	X(ANON_VMA_LOCK, "anon_vma lock") \
	X(PAGE_TABLE_LOCK, "page_table_lock") \
	X(PTE_LOCK, "pte lock") \
	X(PAGEMAP_LRU_LOCK, "pagemap_lru_lock") \
	X(PTE_CHAIN_LOCK, "chain lock") \
	X(ANONMM_LOCK, "anonmm lock") \
	X(SWAP_LIST_LOCK, "swap_list_lock") \
	X(SWAP_DEVICE_LOCK, "swap_device_lock") \
	X(SWAP_AVAIL_LOCK, "swap_avail_lock") \
	X(DCACHE_LOCK, "dcache_lock") \
	X(INODE_LOCK, "inode_lock") \
	X(MAPPING_PAGE_LOCK, "mapping page_lock") \
	X(FREELIST_LOCK, "pte_chain_freelist_lock") \
	X(SLAB_LOCK, "slab lock") \
	X(ZONE_LOCK, "zone lock") \
	X(SWAP_TOKEN_LOCK, "swap_token_lock") \
	X(CWQ_LOCK, "cwq->lock")

enum lock_class {
#define X(class, name) LC_##class,
	LOCK_CLASSES(X)
#undef X
	NR_LOCK_CLASSES
};
extern const char *const lock_class_names[NR_LOCK_CLASSES];

typedef struct spinlock {
	u16 owner; /* pid + 1; 0 is free */
	u8 class;
	u8 pad;
	u32 id;    /* shown in reports: pid of the mm, zone, swap type */
} spinlock_t;

typedef struct rw_semaphore {
	s32 count; /* readers, or -1: a writer */
	u16 owner; /* pid + 1 of the writer */
	u8 class;
	u8 pad;
	u32 id;
} rw_semaphore_t;

static inline void spin_lock_init(spinlock_t *lock, enum lock_class class, u32 id)
{
	*lock = (spinlock_t){ .class = (u8)class, .id = id };
}

static inline void init_rwsem(rw_semaphore_t *sem, enum lock_class class, u32 id)
{
	*sem = (rw_semaphore_t){ .class = (u8)class, .id = id };
}

/*
 * The functions behind the macros. Taking a lock twice, releasing one that another thread holds,
 * waiting against the order of LOCK_CLASSES, and sleeping with a spinlock held break the machine
 * (REPORT_LOCK, REPORT_BUG). spin_lock_nested: the caller vouches for the order, for instance of
 * two locks of one class (fork: the child's page_table_lock, then the parent's).
 */
void spin_lock_at(const struct site *site, spinlock_t *lock);
void spin_lock_nested_at(const struct site *site, spinlock_t *lock);
bool spin_trylock_at(const struct site *site, spinlock_t *lock);
void spin_unlock_at(const struct site *site, spinlock_t *lock);
void down_read_at(const struct site *site, rw_semaphore_t *sem);
void down_write_at(const struct site *site, rw_semaphore_t *sem);
bool down_read_trylock_at(const struct site *site, rw_semaphore_t *sem);
bool down_write_trylock_at(const struct site *site, rw_semaphore_t *sem);
void up_read_at(const struct site *site, rw_semaphore_t *sem);
void up_write_at(const struct site *site, rw_semaphore_t *sem);
void downgrade_write_at(const struct site *site, rw_semaphore_t *sem); /* held for reading now */

/* The current thread holds the lock, and where it was there still is one. REPORT_LOCK, or
 * REPORT_USE_AFTER_FREE. */
void assert_spin_locked_at(const struct site *site, const spinlock_t *lock);

#define AT_SITE(kind, call) ({ SITE_ROW(lock_site_, EV_##kind); call; })
#define spin_lock(lock) do { \
	if (SMP) AT_SITE(LOCK, spin_lock_at(&lock_site_, lock)); } while (0)
#define spin_lock_nested(lock) do { \
	if (SMP) \
		AT_SITE(LOCK, spin_lock_nested_at(&lock_site_, lock)); } while (0)
#define spin_unlock(lock) do { \
	if (SMP) AT_SITE(UNLOCK, spin_unlock_at(&lock_site_, lock)); } while (0)
#define assert_spin_locked(lock) do { if (SMP) \
	AT_SITE(LOCK, assert_spin_locked_at(&lock_site_, lock)); } while (0)
#define spin_trylock(lock) \
	(!SMP || AT_SITE(TRYLOCK, spin_trylock_at(&lock_site_, lock)))
#define down_read(sem) AT_SITE(DOWN, down_read_at(&lock_site_, sem))
#define down_write(sem) AT_SITE(DOWN, down_write_at(&lock_site_, sem))
#define down_read_trylock(sem) AT_SITE(DOWN, down_read_trylock_at(&lock_site_, sem))
#define down_write_trylock(sem) AT_SITE(DOWN, down_write_trylock_at(&lock_site_, sem))
#define up_read(sem) AT_SITE(UP, up_read_at(&lock_site_, sem))
#define up_write(sem) AT_SITE(UP, up_write_at(&lock_site_, sem))
#define downgrade_write(sem) AT_SITE(DOWNGRADE, downgrade_write_at(&lock_site_, sem))

/*
 * A bit spinlock: bit nr of *word, here PG_chainlock in page->flags. Like a spinlock it is not
 * there with one cpu: neither the bit nor the list of held locks changes. id: the pfn.
 */
void bit_spin_lock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id);
bool bit_spin_trylock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id);
void bit_spin_unlock_at(const struct site *site, u32 nr, u32 *word, enum lock_class class, u32 id);
#define bit_spin_lock(nr, word, class, id) do { if (SMP) \
	AT_SITE(LOCK, bit_spin_lock_at(&lock_site_, nr, word, class, id)); } while (0)
#define bit_spin_trylock(nr, word, class, id) (!SMP || \
	AT_SITE(TRYLOCK, bit_spin_trylock_at(&lock_site_, nr, word, class, id)))
#define bit_spin_unlock(nr, word, class, id) do { if (SMP) \
	AT_SITE(UNLOCK, bit_spin_unlock_at(&lock_site_, nr, word, class, id)); } while (0)

/*
 * A sleeping lock of the kernel's own making (PG_locked) enters the list of held locks with
 * held_push when it was got and leaves it with held_pop when it is released, perhaps by another
 * thread. lock_wait says what the current thread is about to sleep for (checks the order, names it
 * in reports); call it before the loop of sleep_on. held_give: the lock of this class and id now
 * belongs to a transfer in flight and to no thread (disk_submit does this to the page lock).
 */
void lock_wait(const struct site *site, const void *lock, enum lock_class class, u32 id);
void held_push(const struct site *site, const void *lock, enum lock_class class, u32 id);
void held_pop(const void *lock);
void held_give(enum lock_class class, u32 id);
bool held_by_current(const void *lock);

/* Charge and count one LOCK-prefixed instruction, and pass its scheduling point. */
void locked_op_slow(enum sp_kind kind, const void *object);
static inline void locked_op(enum sp_kind kind, const void *object);

typedef struct {
	s32 counter;
} atomic_t;

#define atomic_read(v) ((v)->counter)
#define atomic_set(v, i) ((v)->counter = (i))
static inline void atomic_inc(atomic_t *v);
static inline void atomic_dec(atomic_t *v);
static inline bool atomic_dec_and_test(atomic_t *v);   /* true: now 0 */
static inline bool atomic_inc_and_test(atomic_t *v);   /* true: now 0 */
static inline bool atomic_add_negative(s32 i, atomic_t *v);

static inline bool test_bit(u32 nr, const u32 *word)
{
	return *word >> nr & 1;
}
static inline void set_bit(u32 nr, u32 *word);
static inline void clear_bit(u32 nr, u32 *word);
static inline bool test_and_set_bit(u32 nr, u32 *word);   /* the old value */
static inline bool test_and_clear_bit(u32 nr, u32 *word);
static inline u32 xchg(u32 *word, u32 value);             /* the old value */

#include "machine.h"

static inline void locked_op(enum sp_kind kind, const void *object)
{
	if (SMP)
		locked_op_slow(kind, object);
}

static inline void atomic_inc(atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	v->counter++;
}

static inline void atomic_dec(atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	v->counter--;
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	return --v->counter == 0;
}

static inline bool atomic_inc_and_test(atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	return ++v->counter == 0;
}

static inline bool atomic_add_negative(s32 i, atomic_t *v)
{
	locked_op(SP_ATOMIC, v);
	v->counter += i;
	return v->counter < 0;
}

static inline void set_bit(u32 nr, u32 *word)
{
	locked_op(SP_BITOP, word);
	*word |= 1u << nr;
}

static inline void clear_bit(u32 nr, u32 *word)
{
	locked_op(SP_BITOP, word);
	*word &= ~(1u << nr);
}

static inline bool test_and_set_bit(u32 nr, u32 *word)
{
	bool old;

	locked_op(SP_BITOP, word);
	old = *word >> nr & 1;
	*word |= 1u << nr;
	return old;
}

static inline bool test_and_clear_bit(u32 nr, u32 *word)
{
	bool old;

	locked_op(SP_BITOP, word);
	old = *word >> nr & 1;
	*word &= ~(1u << nr);
	return old;
}

static inline u32 xchg(u32 *word, u32 value)
{
	u32 old;

	locked_op(SP_ATOMIC, word);
	old = *word;
	*word = value;
	return old;
}

#endif
