#include "textflag.h"

// squire_room calls look.
TEXT squire_room(SB), NOSPLIT|TOPFRAME, $0
	CALL ·look(SB)
	RET
