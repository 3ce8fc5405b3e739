/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the processor's page fault to the signal or the retry.
 *
 *	error code   means                          needs
 *	0            read, nothing present          VM_READ or VM_EXEC; in 4.0 VM_WRITE will do
 *	1            read of what is present        never right: SIGSEGV
 *	2, 3         write                          VM_WRITE
 *
 * What can be written can be read on this processor; but until 2.6.19 it had to be there already,
 * as a first read faults.
 *
 * Source: 2.5.26 arch/i386/mm/fault.c do_page_fault, 4.0 arch/x86/mm/fault.c access_error.
 */
#include "i386/mmu.h"
#include "mm/mmap_private.h"
#include "mm/vm.h"

/* The i386 numbers; <signal.h> is the host's. */
#define FAULT_SIGBUS 7
#define FAULT_SIGKILL 9
#define FAULT_SIGSEGV 11

/* No access faults for ever: after so many turns the model itself must be wrong. */
#define MAX_TURNS 1000000u

static bool access_allowed(const struct vm_area_struct *vma, u32 error_code)
{
	switch (error_code & (PF_PROT | PF_WRITE)) {
	case 0:
		return vma->vm_flags &
		       (VM_READ | VM_EXEC | (mmap_since(MMAP_4_0) ? VM_WRITE : 0));
	case PF_PROT:
		return false;
	default:
		return vma->vm_flags & VM_WRITE;
	}
}

/*
 * No memory for the fault of this very process: it is killed on the spot, by whoever runs it (a
 * signal on the way back to user mode). 2.5.26 lets init, pid 1, yield and try again for ever; no
 * process of a machine is init, the first pids are the kernel's threads.
 */
static int kill_current(u32 address)
{
	if (!current->killed) {
		current->killed = true;
		count(oom_kills);
		EV(OOM_KILL, current->pid);
	}
	EV(SIGNAL, FAULT_SIGKILL, address);
	return -FAULT_SIGKILL;
}

static int send_signal(int signal, u32 address)
{
	EV(SIGNAL, (u32)signal, address);
	return -signal;
}

/* mmap_sem held for reading. 0, or a negative signal. */
static int good_area(struct vm_area_struct *vma, u32 address, u32 error_code)
{
	switch (handle_mm_fault(vma->vm_mm, vma, address, error_code & PF_WRITE)) {
	case VM_FAULT_MINOR:
		current->min_flt++;
		return 0;
	case VM_FAULT_MAJOR:
		current->maj_flt++;
		return 0;
	case VM_FAULT_SIGBUS:
		return -FAULT_SIGBUS;
	default:
		return -FAULT_SIGKILL;
	}
}

/* 0: try the access again; else a negative signal. */
static int do_page_fault(u32 address, u32 error_code)
{
	FN;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret = -FAULT_SIGSEGV;

	charge(FAULT);
	EV(FAULT, address, error_code & PF_PROT, (error_code & PF_WRITE) != 0);
	down_read(&mm->mmap_sem);
	vma = find_vma(mm, address);
	if (vma && vma->vm_start > address &&
	    (!(vma->vm_flags & VM_GROWSDOWN) || expand_stack(vma, address)))
		vma = NULL;
	if (vma && access_allowed(vma, error_code))
		ret = good_area(vma, address, error_code);
	up_read(&mm->mmap_sem);

	if (ret == -FAULT_SIGKILL)
		return kill_current(address);
	return ret ? send_signal(-ret, address) : 0;
}

int access_user(u32 address, bool write, u32 *pfn)
{
	struct cpu *cpu = current->cpu;
	u32 turns;

	for (turns = 0; turns < MAX_TURNS; turns++) {
		s64 found = mmu_translate(current->machine, cpu, address, write, true);
		int ret;

		if (found >= 0) {
			*pfn = (u32)found;
			return 0;
		}
		ret = do_page_fault(cpu->cr2, cpu->error_code);
		if (ret)
			return ret;
		/* Back to user mode: somebody may have killed the process while it slept. */
		if (current->killed)
			return send_signal(FAULT_SIGKILL, address);
	}
	BUG_TEXT("an access faults for ever");
}
