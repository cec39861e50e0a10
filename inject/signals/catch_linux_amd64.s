#include "textflag.h"

// func handlerAddress() uintptr
TEXT ·handlerAddress(SB), NOSPLIT, $0-8
	LEAQ squire_handler(SB), AX
	MOVQ AX, ret+0(FP)
	RET

// squire_handler is called by the kernel: DI is the signal, SI says more of it. It
// uses registers that the kernel restores, and no stack.
TEXT squire_handler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	LEAQ ·faults(SB), R8
	MOVQ (R8)(DI*8), R8        // not 0: the signal is one of faults
	TESTQ R8, R8
	JEQ  sent
	CMPL 8(SI), $0             // si_code: above 0, the kernel says so, of this thread
	JLE  sent
	JMP  R8
sent:
	MOVQ SI, R10               // the kernel keeps it over all calls
	MOVL ·thread(SB), R9
	TESTL R9, R9
	JEQ  end
	TESTQ R8, R8
	JNE  note
	MOVL $186, AX              // gettid()
	SYSCALL
	CMPL AX, R9                // the thread itself, for once with its signals unblocked
	JEQ  note

	MOVL $-1, AX               // SI_QUEUE: as what it is, it may not be passed on
	MOVL $-128, DX             // byKernel
	CMPL 8(SI), $0
	CMOVLGT DX, AX
	MOVL AX, 8(SI)
	MOVL DI, R12               // which the kernel restores, too
	MOVL DI, DX                // rt_tgsigqueueinfo(process, thread, signal, info)
	MOVL ·process(SB), DI
	MOVL R9, SI
	MOVL $297, AX
	SYSCALL
	TESTQ AX, AX
	JEQ  done
	MOVL R12, DI               // denied, as by seccomp
	MOVL $1, R8                // wake it up

note:
	LEAL -1(DI), CX
	MOVL $1, AX
	SHLQ CX, AX
	MOVL 8(R10), DX
	TESTL DX, DX               // as Wait has it: a process sent it
	JGT  notsent
	CMPL DX, $-128
	JEQ  notsent
	LEAQ ·sentOf(SB), R10
	LOCK
	ORQ  AX, (R10)
notsent:
	LEAQ ·came(SB), R10
	LOCK
	ORQ  AX, (R10)
	TESTQ R8, R8
	JEQ  done
	MOVL ·process(SB), DI      // tgkill(process, thread, SIGCHLD): wake it up
	MOVL R9, SI
	MOVL $17, DX
	MOVL $234, AX
	SYSCALL
done:
	RET

end:
	MOVL DI, R9
	MOVL $39, AX               // getpid()
	SYSCALL
	MOVL AX, R8
	CMPL R8, $1
	JEQ  exit
	MOVL $13, AX               // rt_sigaction(signal, &byDefault, NULL, 8)
	MOVL R9, DI
	LEAQ squire_default<>(SB), SI
	XORL DX, DX
	MOVL $8, R10
	SYSCALL
	MOVL $62, AX               // kill(process, signal): it comes when this returns
	MOVL R8, DI
	MOVL R9, SI
	SYSCALL
	RET

exit:
	LEAL 128(R9), DI           // exit_group(128 + signal)
	MOVL $231, AX
	SYSCALL
	INT  $3

GLOBL squire_default<>(SB), RODATA|NOPTR, $32 // a struct sigaction of zeros: SIG_DFL
