/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache: one read for all who want a page, one copy for all who change it, the lists its
 * pages move along, and the page lock. Source of the expectations: 2.5.26 mm/filemap.c, facts A.9.
 */
#include "lab.h"
#include "sim/content.h"
#include "sim/disk.h"

#include <errno.h>

static struct inode *inode;

static struct page *cached(u32 index)
{
	struct page *page = find_get_page(&inode->i_data, index);

	if (page)
		put_page(page); /* the cache's reference is enough for looking */
	return page;
}

static u32 length(const struct list_head *head)
{
	struct list_head *pos;
	u32 n = 0;

	list_for_each(pos, head)
		n++;
	return n;
}

/* -- files ----------------------------------------------------------------------------------- */

static void create_body(void *unused)
{
	const struct disk *disk = current->machine->disks[0];
	struct inode *a = inode_create("a", 3 * PAGE_SIZE), *b = inode_create("b", 5000);
	u32 i;

	require(a && b && a->i_ino == 1 && b->i_ino == 2);
	require(inode_by_number(1) == a && inode_by_number(2) == b && !inode_by_number(3));
	require(a->nr_blocks == 3 && b->nr_blocks == 2 && b->first_block == a->first_block + 3);
	require(disk_blocks(disk) >= b->first_block + 2);
	for (i = 1; i < 3; i++)
		require(disk_tag(disk, a->first_block + i) ==
			disk_tag(disk, a->first_block) + i);
	require(disk_tag(disk, a->first_block) != 0);
	require(disk_tag(disk, b->first_block) != disk_tag(disk, a->first_block));
	require(inode_create("empty", 0)->nr_blocks == 0);
}

static void create(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(create_body, NULL);
}

/* -- read and write -------------------------------------------------------------------------- */

static void read_body(void *unused)
{
	u32 word = 1;

	inode = lab_file(2 * PAGE_SIZE + 8);
	require(generic_file_read(inode, PAGE_SIZE + 12, &word) == 0 && word == 0);
	require(current->machine->counters.pgpgin == 1);
	require(inode->i_data.nrpages == 1 && cached(1) && !cached(0));
	require(page_count(cached(1)) == 1 && PageUptodate(cached(1)) && PageLRU(cached(1)));
	require(content_tag(current->machine, page_to_pfn(cached(1))) ==
		disk_tag(current->machine->disks[0], inode->first_block + 1));
	require(generic_file_read(inode, PAGE_SIZE, &word) == 0);
	require(current->machine->counters.pgpgin == 1); /* it was there */
	require(generic_file_read(inode, 2 * PAGE_SIZE + 4, &word) == 0); /* the last word */
	require(generic_file_read(inode, 2 * PAGE_SIZE + 8, &word) == -EINVAL);
	require(generic_file_read(inode, 2 * PAGE_SIZE + 2, &word) == -EINVAL);
	require(generic_file_write(inode, 2 * PAGE_SIZE + 8, 1) == -EFBIG);
	require(generic_file_write(inode, 2, 1) == -EINVAL);
	require(generic_file_read(inode, 1ull << 50, &word) == -EINVAL);
}

static void reading(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(read_body, NULL);
	assert_int_equal(lab_count(EV_READ), 2);
	assert_int_equal(lab_count(EV_READ_END), 2);
}

/* Only the beginning of a page counts as a use (do_generic_file_read). */
static void accessed_body(void *unused)
{
	struct page *page;
	u32 word;

	inode = lab_file(PAGE_SIZE);
	generic_file_read(inode, 4, &word);
	page = cached(0);
	require(!PageReferenced(page) && !PageActive(page));
	generic_file_read(inode, 0, &word);
	require(PageReferenced(page) && !PageActive(page));
	generic_file_read(inode, 8, &word);
	require(!PageActive(page));
	generic_file_read(inode, 0, &word);
	require(!PageReferenced(page) && PageActive(page));
}

static void a_use_is_reading_the_beginning(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(accessed_body, NULL);
}

static void write_body(void *unused)
{
	struct address_space *mapping;
	u32 word = 0, block;
	struct page *page;

	inode = lab_file(4 * PAGE_SIZE);
	mapping = &inode->i_data;
	block = inode->first_block + 2;
	require(generic_file_write(inode, 2 * PAGE_SIZE + 20, 99) == 0);
	page = cached(2);
	/* A part of a page is written, so the rest had to be read. */
	require(current->machine->counters.pgpgin == 1);
	require(PageDirty(page) && PageUptodate(page) && PageReferenced(page) && !PageLocked(page));
	require(length(&mapping->dirty_pages) == 1 && length(&mapping->clean_pages) == 0);
	require(generic_file_read(inode, 2 * PAGE_SIZE + 20, &word) == 0 && word == 99);
	require(disk_word(current->machine->disks[0], block, 20) == 0);

	sync_inodes();
	require(PageWriteback(page) && !PageDirty(page) && length(&mapping->locked_pages) == 1);
	wait_inodes();
	require(!PageWriteback(page) && length(&mapping->clean_pages) == 1);
	require(disk_word(current->machine->disks[0], block, 20) == 99);
	require(current->machine->counters.pgpgout == 1);
	sync_inodes(); /* nothing is dirty */
	wait_inodes();
	require(current->machine->counters.pgpgout == 1);
}

static void writing(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(write_body, NULL);
}

/* A page that is dirtied while it is written goes back to the dirty list and is written again. */
static void redirty_body(void *unused)
{
	struct page *page;

	inode = lab_file(4 * PAGE_SIZE);
	generic_file_write(inode, 0, 1);
	page = cached(0);
	sync_inodes();
	require(PageWriteback(page));
	generic_file_write(inode, 0, 2); /* 2.5.26 does not wait for the writeback here */
	require(PageWriteback(page) && PageDirty(page));
	require(length(&inode->i_data.dirty_pages) == 1);
	require(generic_writepages(&inode->i_data, 10) == 0); /* still in flight */
	require(length(&inode->i_data.dirty_pages) == 1);
	wait_on_page_writeback(page);
	require(disk_word(current->machine->disks[0], inode->first_block, 0) == 1);
	require(generic_writepages(&inode->i_data, 10) == 1);
	wait_inodes();
	require(disk_word(current->machine->disks[0], inode->first_block, 0) == 2);
}

static void dirtied_again(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(redirty_body, NULL);
}

/* What has been dirty for longest goes first, and not more than was asked for. */
static void order_body(void *unused)
{
	u32 i;

	inode = lab_file(8 * PAGE_SIZE);
	for (i = 0; i < 8; i++)
		generic_file_write(inode, (u64)i * PAGE_SIZE, i);
	require(generic_writepages(&inode->i_data, 3) == 3);
	for (i = 0; i < 8; i++)
		require(PageWriteback(cached(i)) == (i < 3) && PageDirty(cached(i)) == (i >= 3));
	require(length(&inode->i_data.io_pages) == 0 && length(&inode->i_data.dirty_pages) == 5);
	require(generic_writepages(&inode->i_data, 100) == 5);
	wait_inodes();
	require(length(&inode->i_data.clean_pages) == 8);
}

static void oldest_first(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(order_body, NULL);
}

/*
 * A page leaves its mapping on another cpu while set_page_dirty waits for the page_lock: then it is
 * dirty and on no list.
 */
static struct page *leaving;

static void leave_the_mapping(const struct event *ev)
{
	if (ev->kind != EV_LOCK || ev->a[0] != LC_MAPPING_PAGE_LOCK || !leaving->mapping)
		return;
	list_del(&leaving->list);
	leaving->mapping = NULL;
}

static void leave_body(void *unused)
{
	u32 word;

	inode = lab_file(PAGE_SIZE);
	generic_file_read(inode, 0, &word);
	leaving = cached(0);
	lab_on_event = leave_the_mapping;
	require(set_page_dirty(leaving));
	lab_on_event = NULL;
	require(PageDirty(leaving) && !leaving->mapping);
	require(length(&inode->i_data.dirty_pages) == 0);
	require(length(&inode->i_data.clean_pages) == 0);
}

static void dirty_and_leaving(void **state)
{
	lab_boot(256, 0, 2);
	lab_run(leave_body, NULL);
}

/* What is sent to the disk goes to the head of the inactive list: reclaim has no use for it now. */
static void head_body(void *unused)
{
	u32 i;

	inode = lab_file(3 * PAGE_SIZE);
	for (i = 0; i < 3; i++)
		generic_file_write(inode, (u64)i * PAGE_SIZE, i);
	require(list_prev(&VM->inactive_list) == &cached(0)->lru);
	require(generic_writepages(&inode->i_data, 1) == 1);
	require(list_next(&VM->inactive_list) == &cached(0)->lru);
	require(list_prev(&VM->inactive_list) == &cached(1)->lru);
	activate_page(cached(1));
	require(generic_writepages(&inode->i_data, 1) == 1);
	require(PageActive(cached(1)) && VM->nr_inactive == 2);
}

static void to_the_head(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(head_body, NULL);
}

/* -- the page lock --------------------------------------------------------------------------- */

static void lock_body(void *unused)
{
	struct page *page;
	u32 word;

	inode = lab_file(PAGE_SIZE);
	generic_file_read(inode, 0, &word);
	page = find_lock_page(&inode->i_data, 0);
	require(page && PageLocked(page) && page_count(page) == 2);
	require(held_by_current(&page->flags));
	require(!trylock_page(page));
	require(!find_trylock_page(&inode->i_data, 0));
	unlock_page(page);
	require(!PageLocked(page) && !held_by_current(&page->flags));
	require(find_trylock_page(&inode->i_data, 0) == page && page_count(page) == 2);
	unlock_page(page);
	put_page(page);
	require(!find_lock_page(&inode->i_data, 1) && !find_trylock_page(&inode->i_data, 1));
	require(set_page_dirty(page) && !set_page_dirty(page));
	require(clear_page_dirty(page) && !clear_page_dirty(page));
	lock_page(page);
	page_cache_get(page);
	remove_inode_page(page);
	require(!page->mapping && inode->i_data.nrpages == 0 && !cached(0));
	unlock_page(page);
	put_page(page);
	put_page(page);
}

static void the_page_lock(void **state)
{
	lab_boot(256, 0, 1);
	lab_run(lock_body, NULL);
}

static char order[8];
static u32 nr_order;

static void say(char who)
{
	order[nr_order++] = who;
}

static void second(void *page)
{
	lock_page(page);
	say('2');
	unlock_page(page);
}

static void first(void *unused)
{
	struct page *page = alloc_page(GFP_KERNEL);

	lock_page(page);
	lab_spawn("second", second, page);
	yield();
	say('1');
	unlock_page(page);
	wait_on_page_locked(page);
	yield();
	say('3');
	put_page(page);
}

static void waiting_for_the_lock(void **state)
{
	lab_boot(256, 0, 1);
	nr_order = 0;
	lab_run(first, NULL);
	assert_int_equal(nr_order, 3);
	assert_memory_equal(order, "123", 3);
	assert_int_equal(lab_count(EV_WAIT_PAGE), 1);
}

/* -- two readers at once --------------------------------------------------------------------- */

static void other_reader(void *unused)
{
	u32 word = 1;

	require(generic_file_read(inode, 4, &word) == 0 && word == 0);
	say('b');
}

static void reader(void *unused)
{
	u32 word = 1;

	inode = lab_file(PAGE_SIZE);
	lab_spawn("other", other_reader, NULL);
	require(generic_file_read(inode, 0, &word) == 0 && word == 0);
	say('a');
	while (nr_order < 2)
		yield();
}

static void one_read_for_two(void **state)
{
	u32 cpus;

	for (cpus = 1; cpus <= 2; cpus++) {
		lab_boot(256, 0, cpus);
		nr_order = 0;
		lab_run(reader, NULL);
		assert_int_equal(nr_order, 2);
		assert_int_equal(m->counters.io_reads, 1);
		lab_destroy(NULL);
	}
}

/* -- faults ---------------------------------------------------------------------------------- */

static void mapped_files(void **state)
{
	u32 ino, pid, at;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 3 * PAGE_SIZE - 100);
	pid = (u32)OP(TASK, 0, 0);
	at = (u32)OP(MMAP, pid, 0, 5 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ino);
	assert_int_equal(OP(READ, pid, at + PAGE_SIZE), 0);
	assert_int_equal(m->counters.pgmajfault, 1);
	assert_int_equal(m->counters.io_reads, 1);
	/* nopage marks the page accessed: referenced, not active yet. */
	assert_true(PageReferenced(&m->vm->mem_map[lab_pfn(pid, at + PAGE_SIZE)]));
	OP(READ, pid, at + 2 * PAGE_SIZE); /* the last page, partly beyond the end */
	OP_FAILS(-7, READ, pid, at + 3 * PAGE_SIZE); /* SIGBUS */
	OP_FAILS(-7, WRITE, pid, at + 4 * PAGE_SIZE, 1);
	/* A word stored through the mapping is what read() finds, and what sync writes. */
	OP(WRITE, pid, at + 4, 77);
	assert_int_equal(OP(FILE_READ, 0, ino, 4), 77);
	OP(FILE_WRITE, 0, ino, 8, 78);
	assert_int_equal(OP(READ, pid, at + 8), 78);
	OP(EXIT, pid, 0);
	OP(SYNC, 0, 0);
	assert_int_equal(disk_word(m->disks[0], 0, 4), 77);
	assert_int_equal(disk_word(m->disks[0], 0, 8), 78);
}

/* Every page of a file in turn, in a machine too small for all of them: what is dropped is clean
 * and comes back, what was changed was written first. */
static void larger_than_memory(void **state)
{
	u32 ino, i;

	lab_boot(128, 0, 1);
	ino = (u32)OP(FILE, 0, 300 * PAGE_SIZE);
	for (i = 0; i < 300; i++)
		OP(FILE_WRITE, 0, ino, (u64)i * PAGE_SIZE + 4 * (i % 1024), i + 1);
	for (i = 0; i < 300; i++)
		assert_int_equal(OP(FILE_READ, 0, ino, (u64)i * PAGE_SIZE + 4 * (i % 1024)), i + 1);
	assert_true(m->counters.pgsteal >= 2 * 300 - 128);
	assert_int_equal(m->counters.pgpgout, 300);
}

/* read() of a range: whole pages, parts of pages, the end of the file. From the disk and from the
 * cache it costs the same but for what the disk takes: that time nobody has to work. */
static void a_range(void **state)
{
	u64 cost, charged, then;
	u32 ino;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 10 * PAGE_SIZE + 100);
	assert_int_equal(OP(FILE_STREAM, 0, ino, 0, 4 * PAGE_SIZE), 4 * PAGE_SIZE);
	assert_int_equal(m->counters.io_reads, 4);
	assert_true(m->counters.idle_ns > 0 && m->counters.idle_ns < m->now);
	assert_true(m->now - m->counters.idle_ns >= COST_NS_SYSCALL + 4 * COST_NS_PAGE_COPY);
	then = m->now;
	charged = m->now - m->counters.idle_ns;
	assert_int_equal(OP(FILE_STREAM, 0, ino, 100, 2 * PAGE_SIZE), 2 * PAGE_SIZE);
	cost = COST_NS_SYSCALL + 2 * COST_NS_PAGE_COPY;
	assert_in_range(m->now - then, cost - 3, cost + COST_NS_SWITCH + 3 * COST_NS_CACHE_LINE);
	assert_int_equal(m->now - m->counters.idle_ns - charged, m->now - then);
	assert_int_equal(m->counters.io_reads, 4);
	assert_int_equal(OP(FILE_STREAM, 0, ino, 8 * PAGE_SIZE + 1, 9 * PAGE_SIZE),
			 2 * PAGE_SIZE + 99);
	assert_int_equal(m->counters.io_reads, 7);
	assert_int_equal(OP(FILE_STREAM, 0, ino, 11 * PAGE_SIZE, 8), 0);
	assert_int_equal(OP(FILE_STREAM, 0, ino, 0, 0), 0);
	OP_FAILS(EBADF, FILE_STREAM, 0, ino + 1, 0, 4);
	OP_FAILS(EINVAL, FILE_STREAM, 0, ino, 0, 1ull << 32);
}

/* readahead() starts reads and waits for none; pages of the range that are there stay as they are,
 * and behind the end there are none. */
static void read_ahead(void **state)
{
	u32 ino;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 6 * PAGE_SIZE);
	OP(FILE_READ, 0, ino, PAGE_SIZE);
	assert_int_equal(OP(READAHEAD, 0, ino, 100, 2 * PAGE_SIZE), 0); /* pages 0, 1 and 2 */
	assert_int_equal(m->counters.pgpgin, 3);
	assert_int_equal(m->counters.io_reads, 3);
	OP(TICK, 0, 1000000000);
	OP(FILE_STREAM, 0, ino, 0, 3 * PAGE_SIZE);
	assert_int_equal(m->counters.io_reads, 3);
	OP(READAHEAD, 0, ino, 4 * PAGE_SIZE, 100 * PAGE_SIZE);
	assert_int_equal(m->counters.pgpgin, 5);
	OP(READAHEAD, 0, ino, 1ull << 60, 1);
	OP(READAHEAD, 0, ino, 0, 0);
	assert_int_equal(m->counters.pgpgin, 5);
	OP_FAILS(EBADF, READAHEAD, 0, ino + 1, 0, 4);
}

/* Only what begins at the beginning of a page is a use of it. */
static void a_range_is_used_once(void **state)
{
	u32 ino, i;

	lab_boot(256, 0, 1);
	ino = (u32)OP(FILE, 0, 2 * PAGE_SIZE);
	for (i = 0; i < 2; i++)
		OP(FILE_STREAM, 0, ino, 512 * i, 512);
	assert_int_equal(m->counters.pgactivate, 0);
	OP(FILE_STREAM, 0, ino, 0, 512);
	assert_int_equal(m->counters.pgactivate, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(create, lab_destroy),
		cmocka_unit_test_teardown(reading, lab_destroy),
		cmocka_unit_test_teardown(a_range, lab_destroy),
		cmocka_unit_test_teardown(a_range_is_used_once, lab_destroy),
		cmocka_unit_test_teardown(read_ahead, lab_destroy),
		cmocka_unit_test_teardown(a_use_is_reading_the_beginning, lab_destroy),
		cmocka_unit_test_teardown(writing, lab_destroy),
		cmocka_unit_test_teardown(dirtied_again, lab_destroy),
		cmocka_unit_test_teardown(oldest_first, lab_destroy),
		cmocka_unit_test_teardown(to_the_head, lab_destroy),
		cmocka_unit_test_teardown(dirty_and_leaving, lab_destroy),
		cmocka_unit_test_teardown(the_page_lock, lab_destroy),
		cmocka_unit_test_teardown(waiting_for_the_lock, lab_destroy),
		cmocka_unit_test_teardown(one_read_for_two, lab_destroy),
		cmocka_unit_test_teardown(mapped_files, lab_destroy),
		cmocka_unit_test_teardown(larger_than_memory, lab_destroy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
