/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The switch for x86-64 (System V ABI). A suspended coroutine is its stack pointer, the first
 * word of struct co, and what lies there:
 *
 *	sp -> | r15 | r14 | r13 | r12 | rbx | rbp | where to go on |
 *
 * The function call that leads here has saved everything else. The floating-point control words
 * are not switched: nobody in this program changes them. Going on by `jmp` instead of `ret` spares
 * the misprediction of a return address that the processor did not see pushed.
 */
#if defined(__x86_64__) && !defined(CO_UCONTEXT)

	.text
	.globl	co_swap
	.type	co_swap, @function
co_swap:			/* void co_swap(struct co *from, struct co *to) */
	.cfi_startproc
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	(%rsi), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	popq	%rcx
	jmp	*%rcx
	.cfi_endproc
	.size	co_swap, . - co_swap

	.globl	co_begin
	.type	co_begin, @function
co_begin:			/* a new coroutine: call rbx(r12); nobody called us */
	.cfi_startproc
	.cfi_undefined rip
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	movq	%r12, %rdi
	callq	*%rbx
	ud2
	.cfi_endproc
	.size	co_begin, . - co_begin

#endif
	.section .note.GNU-stack, "", @progbits
