/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of events: kind, name (in Lua, JSON and `events=`), and the plain English
 * sentence that the trace pane, --events=text and screen readers show. The subject, the name of
 * the thread, is put in front when the sentence is rendered.
 *
 * Operands are six 32-bit ids. In a sentence {n} is operand n in decimal, and {n:as} renders it:
 *	page    pfn, hex       addr   address, hex      pte    raw entry, decoded
 *	task    pid -> name    slot   swap entry        file   inode -> name
 *	lock    class in n, object in n+1               zone   zone -> name
 *	op      operation -> name                       error  errno or -signal -> name
 *	report  the machine's report, its text
 * and {n?a|b} is a when operand n is not 0, else b; a and b may hold braces themselves.
 */
#ifndef SIM_EVENT_KINDS_H
#define SIM_EVENT_KINDS_H

#define EVENT_KINDS(X) \
	/* operations and threads */ \
	X(OP_BEGIN, "op_begin", "begins {0:op} ({1:addr}, {2:addr})") \
	X(OP_END, "op_end", "ends {0:op}: {1?fails with {1:error}|done}") \
	X(SWITCH, "switch", "is given the cpu{1?, {0:task} waits|}") \
	X(SLEEP, "sleep", "goes to sleep") \
	X(WAKE, "wake", "wakes {0:task}") \
	X(WAIT_PAGE, "wait_page", \
	  "waits until page {0:page} is no longer {1?being written|locked}") \
	X(KSWAPD_WAKE, "kswapd_wake", \
	  "wakes kswapd: zone {0:zone} has {1} free pages, low is {2}") \
	X(KSWAPD_BALANCE, "kswapd_balance", \
	  "starts to balance zone {0:zone}: {1} free, high is {2}") \
	X(YIELD, "yield", "yields the cpu") \
	X(FORK, "fork", "forks {0:task}") \
	X(EXEC, "exec", "is another program now: {0:task}, with {1} pages of arguments") \
	X(EXIT, "exit", "exits") \
	X(OOM_KILL, "oom_kill", "is out of memory and kills {0:task}") \
	X(SIGNAL, "signal", "gets signal {0} for address {1:addr}") \
	/* locks */ \
	X(LOCK, "lock", "takes {0:lock}") \
	X(UNLOCK, "unlock", "releases {0:lock}") \
	X(SPIN, "spin", "finds {0:lock} taken and spins") \
	X(TRYLOCK, "trylock", "tries {0:lock}: {2?free, taken|held by another, given up}") \
	X(DOWN, "down", "takes semaphore {0:lock} for {2?writing|reading}") \
	X(UP, "up", "releases semaphore {0:lock}") \
	X(DOWNGRADE, "downgrade", "keeps semaphore {0:lock} for reading only") \
	X(RCU_READ_LOCK, "rcu_read_lock", "begins to read under RCU") \
	X(RCU_READ_UNLOCK, "rcu_read_unlock", "no longer reads under RCU") \
	X(RCU_CALL, "rcu_call", \
	  "puts something off until nobody can still be reading it: {0} things wait") \
	X(RCU_BEGIN, "rcu_begin", "begins a grace period: cpus {0:addr} still have to be quiet") \
	X(RCU_END, "rcu_end", "ends grace period {0}: every cpu has been quiet once") \
	/* the processor */ \
	X(TLB_FILL, "tlb_fill", \
	  "walks the page table for {0:addr} and keeps the translation to page {1:page}") \
	X(TLB_FLUSH, "tlb_flush", "flushes {0?the TLB entry of {0:addr}|the whole TLB}") \
	X(PTE_ACCESSED, "pte_accessed", \
	  "uses {0:addr}: the processor sets the accessed bit of its {1?pte|pde}") \
	X(PTE_DIRTIED, "pte_dirtied", \
	  "writes to {0:addr}: the processor sets the dirty bit of its pte") \
	X(FAULT, "fault", "faults at {0:addr}: {1?protection|not present}, {2?write|read}") \
	/* page tables */ \
	X(PTE_SET, "pte_set", "sets {0:task}'s pte at {1:addr} to {3:pte} (was {2:pte})") \
	X(PTE_CLEAR, "pte_clear", "clears {0:task}'s pte at {1:addr} (was {2:pte})") \
	X(PTE_WRPROTECT, "pte_wrprotect", "write-protects {0:task}'s pte at {1:addr}") \
	X(PTE_YOUNG, "pte_young", \
	  "looks at {0:task}'s pte at {1:addr}: {2?used since last time, bit cleared|not " \
	  "used}") \
	X(PTE_CLEAN, "pte_clean", \
	  "looks at {0:task}'s pte at {1:addr}: {2?written, dirty bit cleared|not written}") \
	X(PT_ALLOC, "pt_alloc", "makes page {0:page} a page table of {1:task} for {2:addr}") \
	X(PT_FREE, "pt_free", "frees page table {0:page} of {1:task}") \
	X(PGD_ALLOC, "pgd_alloc", "makes page {0:page} the page directory of {1:task}") \
	X(KMAP_ATOMIC, "kmap_atomic", "maps page table {0:page}, which is in high memory, " \
	  "in slot KM_PTE{1}") \
	X(PMD_ALLOC, "pmd_alloc", "makes page {0:page} the pmd of {1:task} from {2:addr} on") \
	X(PMD_FREE, "pmd_free", "frees pmd {0:page}") \
	X(PGD_FREE, "pgd_free", "frees page directory {0:page}") \
	/* frames */ \
	X(PAGE_ALLOC, "page_alloc", \
	  "takes {1?2^{1} pages from |}page {0:page} from zone {2:zone}: {3} left") \
	X(PAGE_FREE, "page_free", "frees page {0:page} to zone {2:zone}: {3} free") \
	X(PAGE_CLEAR, "page_clear", "clears page {0:page}") \
	X(PAGE_COPY, "page_copy", "copies page {1:page} to page {0:page}") \
	X(PCP_FILL, "pcp_fill", \
	  "moves {1} pages of zone {0:zone} to the list of this cpu: {2} left") \
	X(PCP_DRAIN, "pcp_drain", \
	  "gives {1} pages of this cpu back to zone {0:zone}: {2} free") \
	X(BUDDY_SPLIT, "buddy_split", "splits a block of order {1} at page {0:page}") \
	X(BUDDY_MERGE, "buddy_merge", \
	  "merges two buddies into a block of order {1} at page {0:page}") \
	X(SLAB_GROW, "slab_grow", "makes page {0:page} a slab for {1} objects of {2} bytes") \
	X(SLAB_REAP, "slab_reap", "gives slab page {0:page} back") \
	/* faults */ \
	X(ZERO_MAP, "zero_map", "maps the zero page at {0:addr}: nothing was written there yet") \
	X(ANON_MAP, "anon_map", "gives {0:addr} a fresh page {1:page}") \
	X(FILE_MAP, "file_map", "maps page {1:page} of {2:file} at {0:addr}") \
	X(COW_REUSE, "cow_reuse", \
	  "is the only user of page {1:page}: {0:addr} becomes writable in place") \
	X(COW_BREAK, "cow_break", \
	  "breaks the sharing of page {1:page} at {0:addr}: page {2:page} is its own copy") \
	X(SWAP_MAP_IN, "swap_in", "maps page {1:page}, back from {2:slot}, at {0:addr}") \
	X(FAULT_RETRY, "fault_retry", \
	  "sees that a truncation overtook it: page {1:page} is not mapped at {0:addr}, it " \
	  "tries again") \
	/* vmas */ \
	X(VMA_ADD, "vma_add", "maps {0:addr}-{1:addr}") \
	X(VMA_DEL, "vma_del", "unmaps {0:addr}-{1:addr}") \
	X(VMA_SPLIT, "vma_split", "splits a vma at {0:addr}") \
	X(VMA_MERGE, "vma_merge", "merges a new mapping into {0:addr}-{1:addr}") \
	X(VMA_PROT, "vma_prot", \
	  "makes {0:addr}-{1:addr} {2?readable|not readable}, {3?writable|not writable}") \
	X(VMA_LOCK, "vma_lock", "{2?locks|unlocks} {0:addr}-{1:addr}{2? in memory|}") \
	X(VMA_ADVICE, "vma_advice", "is told how {0:addr}-{1:addr} will be used: advice {2}") \
	X(VMA_GROW, "vma_grow", "makes the mapping at {0:addr} end at {1:addr}") \
	X(VMA_MOVE, "vma_move", "moves {0:addr}-{1:addr} to {2:addr}") \
	X(VMA_NONLINEAR, "vma_nonlinear", \
	  "makes {0:addr}-{1:addr} nonlinear: any page of {2:file} may be anywhere in it") \
	X(FILE_PTE, "file_pte", "notes at {0:addr} that page {1} of {2:file} belongs there") \
	X(STACK_GROW, "stack_grow", "lets its stack reach down to {0:addr}") \
	/* rmap */ \
	X(RMAP_ADD, "rmap_add", "adds {1:task}'s pte at {2:addr} to the rmap of page {0:page}") \
	X(RMAP_REMOVE, "rmap_remove", \
	  "removes {1:task}'s pte at {2:addr} from the rmap of page {0:page} after {3} " \
	  "steps") \
	X(RMAP_WALK, "rmap_walk", \
	  "follows the rmap of page {0:page} to {1:task}'s pte at {2:addr}") \
	X(CHAIN_REFILL, "chain_refill", "turns page {0:page} into {1} pte_chain nodes") \
	X(CHAIN_NEW, "chain_new", \
	  "gives page {0:page} a pte_chain node at {1:addr}: {2?its head was full|its second " \
	  "mapping}") \
	X(CHAIN_FREE, "chain_free", "frees pte_chain node {1:addr} of page {0:page}: it is empty") \
	X(CONVERT_ANON, "convert_anon", \
	  "lets page {0:page} of {1:file}, mapped {2} times, be tracked by chain from now on") \
	X(CHAIN_COLLAPSE, "chain_collapse", \
	  "finds one pte in the chain of page {0:page}, notes it in struct page and frees node " \
	  "{1:addr}") \
	X(REFERENCED, "referenced", \
	  "asks who used page {0:page}: {1} references, PG_referenced was {2?set|clear}") \
	X(UNMAP_ONE, "unmap_one", \
	  "unmaps {1:task}'s pte at {2:addr} from page {0:page}: {3?it now names " \
	  "{3:slot}|{4?it now says which page of the file it was|it is empty}}") \
	X(UNMAP_AGAIN, "unmap_again", \
	  "cannot get {1:task}'s page_table_lock: its pte at {2:addr} stays") \
	X(UNMAP_FAIL, "unmap_fail", \
	  "must not unmap {1:task}'s pte at {2:addr}: {3?the vma is locked|there is no " \
	  "vma}") \
	X(UNMAP_DONE, "unmap_done", \
	  "ends try_to_unmap of page {0:page}: {1?{2?FAIL|AGAIN}|SUCCESS}") \
	/* rmap by object, from 2.6.7 */ \
	X(MAPPED, "mapped", \
	  "counts {1:task}'s pte at {2:addr} for page {0:page}: it is mapped {3} times") \
	X(UNMAPPED, "unmapped", \
	  "counts {1:task}'s pte at {2:addr} off page {0:page}: it is mapped {3} times") \
	X(ANON_NOTE, "anon_note", "notes in page {0:page} that it is {1:task}'s, index {2:addr}") \
	X(ANON_FORGET, "anon_forget", "clears in page {0:page} whose it was") \
	X(VMA_VISIT, "vma_visit", \
	  "looks for page {0:page} in {1:task}'s {2:addr}-{3:addr}: {4?it would be at " \
	  "{4:addr}|it cannot be there}") \
	X(MM_VISIT, "mm_visit", "looks for page {0:page} at {2:addr} of {1:task}") \
	X(RMAP_MISSED, "rmap_missed", \
	  "has looked everywhere for page {0:page} and misses {1} of its ptes") \
	X(UNMAP_SPARE, "unmap_spare", \
	  "leaves {1:task}'s pte at {2:addr} to page {0:page}: {3?somebody else has a " \
	  "reference|it was used meanwhile}") \
	X(CLUSTER, "cluster", \
	  "goes over {0:task}'s nonlinear {1:addr}-{2:addr}: {3} ptes unmapped, {4} used and " \
	  "spared") \
	X(ANON_VMA_NEW, "anon_vma_new", \
	  "gives {0:task}'s {1:addr}-{2:addr} {3?the anon_vma of its neighbour|an anon_vma of " \
	  "its own}") \
	X(ANON_VMA_LINK, "anon_vma_link", \
	  "puts {0:task}'s {1:addr}-{2:addr} on the list of its anon_vma") \
	X(ANON_VMA_UNLINK, "anon_vma_unlink", \
	  "takes {0:task}'s {1:addr}-{2:addr} off the list of its anon_vma{3?, which is empty " \
	  "and freed|}") \
	X(ANONMM_NEW, "anonmm_new", \
	  "gives {0:task} an anonmm{1?, in the circle that {1:task} is in|, the head of a new " \
	  "circle}") \
	X(ANONMM_DEAD, "anonmm_dead", \
	  "notes in the anonmm of {0:task} that its mm is gone: {1} references left") \
	X(ANONMM_FREE, "anonmm_free", "frees an anonmm{0?, the head of its circle|}") \
	X(ANONMM_MIGRATE, "anonmm_migrate", \
	  "notes in page {0:page} that it is {1:task}'s: the mm it named is gone") \
	X(ANONMM_MOVE, "anonmm_move", \
	  "{2?notes in page {0:page} its new address {1:addr}|cannot move page {0:page} to " \
	  "{1:addr}: it is shared}") \
	/* the lists */ \
	X(LRU_ADD, "lru_add", "puts page {0:page} at the head of the {1?active|inactive} list") \
	X(LRU_DEL, "lru_del", "takes page {0:page} off the {1?active|inactive} list") \
	X(ACTIVATE, "activate", "moves page {0:page} to the active list") \
	X(DEACTIVATE, "deactivate", "moves page {0:page} to the inactive list") \
	X(ROTATE, "rotate", \
	  "gives page {0:page} another lap: to the head of the {1?active|inactive} list") \
	X(MARK_ACCESSED, "mark_accessed", "marks page {0:page} accessed: {1?active|referenced}") \
	X(SCAN, "scan", "finds page {0:page} at the tail of the {1?active|inactive} list") \
	X(SCAN_SKIP, "scan_skip", \
	  "passes page {0:page} over: {1?{2?it is in the wrong zone|it is being " \
	  "freed}|{2?it is being written|it is locked}}") \
	X(SCAN_MAPPED, "scan_mapped", \
	  "passes page {0:page} over, somebody has it: {1?{1} more like it and page tables are " \
	  "walked|this is one too many}") \
	X(RECLAIM, "reclaim", "frees page {0:page}: nobody maps it and it is clean") \
	X(FATE, "fate", \
	  "is done with page {0:page} in shrink_list: {1?{2?free_it|keep}|{2?activate_locked|" \
	  "keep_locked}}") \
	X(RECLAIM_BEGIN, "reclaim_begin", \
	  "reclaims at priority {0}: {1} pages wanted, {2} to scan") \
	X(RECLAIM_END, "reclaim_end", "stops at priority {0}: {1} pages still wanted") \
	X(PVEC_ADD, "pvec_add", \
	  "queues page {0:page} for the {1?active|inactive} list, with a reference: {2} wait") \
	X(ROTATE_TAIL, "rotate_tail", \
	  "moves page {0:page}, which is written now, to the tail of the inactive list") \
	X(KEEP, "keep", \
	  "lets page {0:page} be: {1?{2?it is dirty and was used|it cannot be written now}|" \
	  "{2?somebody else has a reference|it is in no cache}}") \
	X(SWAP_TOKEN, "swap_token", \
	  "{0?gives {0:task} the swap token{1?, {1:task} {2?has had it for long|has " \
	  "enough}|}|takes the swap token back from {1:task}}") \
	/* the virtual scan, 2.5.26 */ \
	X(SWAP_OUT_BEGIN, "swap_out_begin", \
	  "begins to walk page tables until {0} pages can be freed; address spaces: {1}") \
	X(SWAP_HAND, "swap_hand", \
	  "moves the hand to {0:task}{1?, who was through: the next lap begins at 0|}") \
	X(SWAP_OUT_MM, "swap_out_mm", \
	  "walks {0:task}'s page tables from {1:addr} on: {2} pages wanted") \
	X(SWAP_OUT_VMA, "swap_out_vma", "goes over {0:task}'s {1:addr}-{2:addr} from {3:addr} on") \
	X(SWAP_OUT_PTE, "swap_out_pte", \
	  "comes to {1:task}'s pte at {2:addr}, which maps page {0:page}") \
	X(SWAP_OUT_SPARE, "swap_out_spare", \
	  "leaves {1:task}'s pte at {2:addr} to page {0:page}: {3?{4?it is in another zone|" \
	  "it is active}|{4?it was used since the last lap|the vma is locked}}") \
	X(SWAP_OUT_FAIL, "swap_out_fail", \
	  "cannot take {1:task}'s pte at {2:addr} from page {0:page}: {3?{4?the swap cache has " \
	  "no memory|there is no free slot}|{4?it is being written|it is locked}}") \
	X(SWAP_OUT_LAP, "swap_out_lap", "has come to the end of {0:task}'s address space") \
	X(SWAP_OUT_END, "swap_out_end", \
	  "stops walking page tables: {0?all were visited, {0} pages are still wanted|it has " \
	  "what it wanted}") \
	/* caches and swap */ \
	X(TRUNCATE, "truncate", "makes {0:file} {1} pages long") \
	X(CACHE_ADD, "cache_add", "puts page {0:page} into the cache of {1:file} at index {2}") \
	X(CACHE_DEL, "cache_del", "takes page {0:page} out of the cache of {1:file}") \
	X(FILE_GONE, "file_gone", "deletes {0:file}: its last user is gone") \
	X(SHMEM_OUT, "shmem_out", \
	  "gives page {0:page}, index {2} of {1:file}, to the swap cache; {3:slot} is its place") \
	X(SHMEM_IN, "shmem_in", \
	  "brings page {0:page} back from {3:slot} to {1:file}, index {2}") \
	X(SWAPCACHE_ADD, "swapcache_add", "puts page {0:page} into the swap cache as {1:slot}") \
	X(SWAPCACHE_DEL, "swapcache_del", "takes page {0:page} out of the swap cache ({1:slot})") \
	X(SWAPCACHE_HIT, "swapcache_hit", "finds {0:slot} in the swap cache: page {1:page}") \
	X(SLOT_ALLOC, "slot_alloc", "takes {0:slot}: {1} slots left") \
	X(SLOT_FULL, "slot_full", "finds no free swap slot") \
	X(SLOT_DUP, "slot_dup", "counts one more user of {0:slot}: now {1}") \
	X(SLOT_FREE, "slot_free", "drops one user of {0:slot}: now {1}") \
	X(SLOT_OVERFLOW, "slot_overflow", "has too many users of {0:slot}: it is taken for ever") \
	X(SLOT_CONTINUED, "slot_continued", \
	  "counts {0:slot} further on a page of its own, {1:page}") \
	X(PAGE_DIRTY, "page_dirty", "marks page {0:page} dirty") \
	X(PAGE_LOCK, "page_lock", "locks page {0:page}") \
	X(PAGE_UNLOCK, "page_unlock", "unlocks page {0:page}") \
	X(PAGE_TRYLOCK, "page_trylock", "tries to lock page {0:page}: {1?locked|somebody has it}") \
	X(WRITEBACK, "writeback", "starts writing page {0:page} {1?to swap|to its file}") \
	X(WRITEBACK_END, "writeback_end", "ends writing page {0:page}") \
	X(READ, "read", "starts reading page {0:page} {1?from swap|from its file}") \
	X(READ_END, "read_end", "has read page {0:page}: it is up to date") \
	X(IO_QUEUE, "io_queue", \
	  "queues a {2?write|read} of block {1} on disk {0}: done in {3} us") \
	X(ALLOC_ERROR, "alloc_error", "is refused a page, as it was asked for; {1} more to come") \
	X(IO_ERROR, "io_error", "cannot {2?write|read} block {1} on disk {0}") \
	X(READ_ERROR, "read_error", "could not read page {0:page}: it is not up to date") \
	X(WRITE_ERROR, "write_error", \
	  "could not write page {0:page}: {1?it is dirty again|nobody will know}") \
	X(CONTENT_LOST, "content_lost", \
	  "finds at {1:addr} what was not stored there: {4?swapoff-maps-unread|" \
	  "{2?read-error-mapped|{3?file-write-error-drops-data|write-error-drops-data}}}") \
	X(READAHEAD, "readahead", "reads ahead {1} slots around {0:slot}") \
	X(SWAPOFF, "swapoff", "begins to empty swap {0}: {1} slots are in use") \
	X(UNUSE_SLOT, "unuse_slot", \
	  "looks for the {2} users of {0:slot}, which is in page {1:page}") \
	X(UNUSE_MM, "unuse_mm", \
	  "searches the page tables of {0:task} for {1?{1:slot}|whatever is in swap {2}}") \
	X(UNUSE_PTE, "unuse_pte", \
	  "puts page {0:page} back at {2:addr} of {1:task}, where {3:slot} was") \
	X(SWAPOFF_AGAIN, "swapoff_again", \
	  "goes over everybody once more: {1} slots of swap {0} are still in use") \
	X(SWAPOFF_END, "swapoff_end", \
	  "{1?gives up on swap {0}, {1:error}: it is used again|has emptied swap {0}, and it is " \
	  "gone}") \
	/* the end of the line */ \
	X(BUG, "bug", "hits a BUG: {0:report}") \
	X(PANIC, "panic", "panics, the kernel stops here: {0:report}")

enum event_kind {
#define X(kind, name, sentence) EV_##kind,
	EVENT_KINDS(X)
#undef X
	NR_EVENT_KINDS
};

#endif
