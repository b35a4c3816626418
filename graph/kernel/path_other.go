//go:build !amd64 || noasm

package kernel

// paths returns what this build can run.
func paths() []*path { return []*path{&generic} }

// pause is what a thread does that waits in a loop for another.
func pause() {}
