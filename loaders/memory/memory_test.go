package memory_test

import (
	"math"
	"runtime/debug"
	"testing"

	"gaetrain/loaders/memory"
)

func TestLimitIsAtMostThatOfTheRuntime(t *testing.T) {
	machine := memory.Limit()
	if machine < 1<<28 || machine > 1<<50 {
		t.Errorf("the limit of this machine is %d bytes", machine)
	}
	const set = 1 << 27
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(set))
	if got := memory.Limit(); got != set {
		t.Errorf("with GOMEMLIMIT %d the limit is %d", set, got)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 3 << 19: "1.5 MiB", 1 << 30: "1 GiB", 47 << 30: "47 GiB", math.MaxInt64: "8 EiB",
	} {
		if got := memory.Format(bytes); got != want {
			t.Errorf("Format(%d) is %q, want %q", bytes, got, want)
		}
	}
}
