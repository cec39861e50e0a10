#include "textflag.h"

// squire_entry is where the process begins if the linker was told so: it reads
// what each signal does and which ones are blocked, and goes on to Go's own
// entry, with the stack and all arguments as they were.
TEXT squire_entry(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	SUBQ $32, SP               // a struct sigaction of the kernel's; its handler is at 0
	XORL R12, R12              // ignored
	MOVL $1, BX                // signal
next:
	MOVL $13, AX               // rt_sigaction(signal, NULL, SP, 8)
	MOVL BX, DI
	XORL SI, SI
	MOVQ SP, DX
	MOVL $8, R10
	SYSCALL
	TESTQ AX, AX
	JNE  more
	CMPQ 0(SP), $1             // SIG_IGN
	JNE  more
	LEAQ -1(BX), CX
	BTSQ CX, R12
more:
	INCL BX
	CMPL BX, $64
	JLE  next
	MOVQ R12, ·ignored(SB)

	MOVL $14, AX               // rt_sigprocmask(SIG_BLOCK, NULL, &blocked, 8)
	XORL DI, DI
	XORL SI, SI
	LEAQ ·blocked(SB), DX
	MOVL $8, R10
	SYSCALL
	MOVB $1, ·entered(SB)
	ADDQ $32, SP
	CALL squire_room(SB)       // of package room: it ends here where limits are too small
	JMP  _rt0_amd64_linux(SB)
