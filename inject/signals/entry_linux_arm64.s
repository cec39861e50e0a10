#include "textflag.h"

// squire_entry: see entry_linux_amd64.s.
TEXT squire_entry(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	SUB  $32, RSP              // a struct sigaction of the kernel's; its handler is at 0
	MOVD ZR, R9                // ignored
	MOVD $1, R10               // signal
next:
	MOVD $134, R8              // rt_sigaction(signal, NULL, RSP, 8)
	MOVD R10, R0
	MOVD ZR, R1
	MOVD RSP, R2
	MOVD $8, R3
	SVC
	CBNZ R0, more
	MOVD (RSP), R4
	CMP  $1, R4                // SIG_IGN
	BNE  more
	SUB  $1, R10, R5
	MOVD $1, R6
	LSL  R5, R6, R6
	ORR  R6, R9, R9
more:
	ADD  $1, R10, R10
	CMP  $64, R10
	BLE  next
	MOVD R9, ·ignored(SB)

	MOVD $135, R8              // rt_sigprocmask(SIG_BLOCK, NULL, &blocked, 8)
	MOVD ZR, R0
	MOVD ZR, R1
	MOVD $·blocked(SB), R2
	MOVD $8, R3
	SVC
	MOVD $1, R4
	MOVB R4, ·entered(SB)
	ADD  $32, RSP
	CALL squire_room(SB)       // of package room: it ends here where limits are too small
	JMP  _rt0_arm64_linux(SB)
