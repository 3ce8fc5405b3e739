-- SPDX-License-Identifier: GPL-2.0-only
-- Words of the trade, for help("word").
return {
  frame = "4 KiB of physical memory, numbered from 0 (pfn).",
  pfn = "Page frame number: the physical address divided by 4,096.",
  pte = [[
Page-table entry, 32 bits. Bits 12-31 are the frame when P (bit 0) is set; RW 1, US 2, A 5
(accessed), D 6 (dirty). Without P it is empty, or names a swap slot: type in bits 1-6, offset in
bits 8-31.]],
  pde = [[
Page-directory entry: which frame holds the page table for 4 MiB of addresses. An address is ten
bits of directory index, ten of table index, twelve of offset.]],
  pae = [[
machine{ pae = true }: page tables with entries of 64 bits. An address is two bits of pgd index,
nine of pmd index, nine of table index, twelve of offset, so a table maps 2 MiB and there are twice
as many of them; the three pmds of user space come with the pgd. A frame number has 24 bits: up to
64G of ram (of which the host pays about 1 GB for struct pages). The pte of a swapped page has the
slot in the low word up to 2.6.8, in the high one from 2.6.9 on. See also highpte.]],
  highpte = [[
machine{ highpte = true }: page tables may come from high memory (machine{ highmem = } says where
that begins). The kernel then has to map a table by kmap_atomic each time it looks at one:
m.counters.kmap_atomics. A chain names a pte by its place in memory, which with PAE takes eight
bytes, so that a node of 2.6.0 has three slots in place of seven. 2.5.27 cannot do it.]],
  pte_chain = [[
Reverse mapping of 2.5.27: page->pte_chain points to a list of nodes, one for each pte that maps
the page. A node is two words: the next node, and the address of the pte. page_add_rmap puts a new
node at the front; page_remove_rmap searches for it. Nodes come from frames of 512.]],
  swap_out = [[
What 2.5.26 does for want of rmap: walks the page tables of one process after the other, from
where it stopped last time (mm->swap_address of swap_mm, the hand of a clock). A pte used since
then is spared, its accessed bit cleared; another is removed, its page given a slot in swap if it
has none.]],
  rmap = [[
Reverse mapping: from a page to every pte that maps it. Page tables go the other way only.
page:rmap() shows what this kernel finds, page:mappers() what is true.]],
  oracle = "The truth about who maps a page: a walk of every page table. See page:mappers().",
  active = "The list of pages in use; refill_inactive takes from its tail what nobody uses.",
  inactive = "The list of candidates; shrink_cache takes from its tail.",
  lru = "The two lists of pages by recent use, active and inactive: m.lru.",
  page_referenced = [[
Asks every pte of a page for its accessed bit and clears it; counts those that were set, and
PG_referenced. In 2.5.27 the TLB is not flushed.]],
  try_to_unmap = [[
Takes a page away from every process: each pte is replaced by its swap entry, or emptied when the
page is of a file. SUCCESS: nobody maps it. AGAIN: a page_table_lock was taken. FAIL: the pte is
of a locked vma.]],
  ["swap cache"] = "Pages that are in memory and have a swap slot at the same time.",
  swap_map = "One counter for each swap slot: how many ptes name it, and the swap cache.",
  fault = [[
The processor could not translate an address, or may not write there. do_page_fault finds the vma,
handle_mm_fault makes the pte. Minor: no wait for the disk. Major: with one.]],
  cow = [[
Copy on write: after fork both processes map the same page, write-protected. Who writes first gets
a copy (do_wp_page), unless nobody else uses the page.]],
  ["zero page"] = [[
One frame of zeros, mapped read-only wherever private memory is read before it was ever written.
Reserved: in no rmap, on no list.]],
  watermarks = [[
Each zone has min, low and high. Below low kswapd is woken, and it frees until high is reached.
Below min only the kernel's own urgent needs are met.]],
  swappiness = [[
machine{ swappiness = 0 .. 100 }, from 2.6.0 on: how willingly pages that are mapped leave the
active list. swap_tendency is mapped_ratio / 2 + distress + swappiness, and 100 is enough. 60 is
the kernel's own. m.lru.nr_mapped and m.lru.total_memory are what mapped_ratio is made of,
m.zones[i].prev_priority is what distress is made of: 100 >> prev_priority.]],
  kswapd = "The thread that frees pages before memory runs out.",
  tlb = [[
Translation cache of each cpu. The kernel must flush what it changes; what it does not flush is
still used.]],
  zone = "DMA below 16 MiB, NORMAL up to 896 MiB, HIGHMEM above.",
  vma = "A range of addresses of one process with one protection and one backing: t.vmas.",
  mm = "The address space of a process: page directory, vmas, locks.",
  tick = "A moment of a session: one event, or the end of one command.",
  event = "Something that happened: one record, one English sentence. help(\"events\") lists them.",
  erratum = "A named bug of a historical kernel that can be switched on: machine{errata={...}}.",
}
