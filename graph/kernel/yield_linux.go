package kernel

import "syscall"

// yield lets other threads of the machine run on this processor, if some wait for one.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
