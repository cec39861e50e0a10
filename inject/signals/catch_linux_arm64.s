#include "textflag.h"

// func handlerAddress() uintptr
TEXT ·handlerAddress(SB), NOSPLIT, $0-8
	MOVD $squire_handler(SB), R0
	MOVD R0, ret+0(FP)
	RET

// squire_handler: see catch_linux_amd64.s. R0 is the signal, R1 says more of it.
TEXT squire_handler(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD $·faults(SB), R3
	MOVD (R3)(R0<<3), R7       // not 0: the signal is one of faults
	CBZ  R7, sent
	MOVW 8(R1), R4             // si_code: above 0, the kernel says so, of this thread
	CMPW $0, R4
	BLE  sent
	JMP  (R7)
sent:
	MOVD R0, R10
	MOVD R1, R11               // what says more of it
	MOVD $·thread(SB), R3
	MOVW (R3), R9
	CBZ  R9, end
	CBNZ R7, note
	MOVD $178, R8              // gettid()
	SVC
	CMP  R0, R9                // the thread itself, for once with its signals unblocked
	BEQ  note

	MOVD $-1, R4               // SI_QUEUE: as what it is, it may not be passed on
	MOVW 8(R1), R5
	CMPW $0, R5
	BLE  queue
	MOVD $-128, R4             // byKernel
queue:
	MOVW R4, 8(R1)
	MOVD R1, R3                // rt_tgsigqueueinfo(process, thread, signal, info)
	MOVD R10, R2
	MOVD R9, R1
	MOVD $·process(SB), R4
	MOVW (R4), R0
	MOVD $240, R8
	SVC
	CBZ  R0, done
	MOVD $1, R7                // denied, as by seccomp: wake it up

note:
	SUB  $1, R10, R5
	MOVD $1, R4
	LSL  R5, R4, R4
	MOVW 8(R11), R5
	CMPW $0, R5                // as Wait has it: a process sent it
	BGT  notsent
	CMNW $128, R5
	BEQ  notsent
	MOVD $·sentOf(SB), R3
sentAgain:
	LDAXR (R3), R5
	ORR  R4, R5, R5
	STLXR R5, (R3), R6
	CBNZ R6, sentAgain
notsent:
	MOVD $·came(SB), R3
again:
	LDAXR (R3), R5
	ORR  R4, R5, R5
	STLXR R5, (R3), R6
	CBNZ R6, again
	CBZ  R7, done
	MOVD $·process(SB), R3     // tgkill(process, thread, SIGCHLD): wake it up
	MOVW (R3), R0
	MOVD R9, R1
	MOVD $17, R2
	MOVD $131, R8
	SVC
done:
	RET

end:
	MOVD $172, R8              // getpid()
	SVC
	MOVD R0, R11
	CMP  $1, R11
	BEQ  exit
	MOVD $134, R8              // rt_sigaction(signal, &byDefault, NULL, 8)
	MOVD R10, R0
	MOVD $squire_default<>(SB), R1
	MOVD ZR, R2
	MOVD $8, R3
	SVC
	MOVD $129, R8              // kill(process, signal): it comes when this returns
	MOVD R11, R0
	MOVD R10, R1
	SVC
	RET

exit:
	ADD  $128, R10, R0          // exit_group(128 + signal)
	MOVD $94, R8
	SVC
	BRK

GLOBL squire_default<>(SB), RODATA|NOPTR, $32 // a struct sigaction of zeros: SIG_DFL
