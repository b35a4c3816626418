//go:build !amd64 || noasm

package kernel

// paths returns what this build can run.
func paths() []*path { return []*path{&generic} }
