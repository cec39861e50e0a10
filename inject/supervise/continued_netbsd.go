package supervise

const waitContinued = 0x10 // WCONTINUED, which package syscall lacks here
