//go:build (!amd64 && !arm64) || noasm

package kernel

// paths returns the paths of this build.
func paths() []*path { return []*path{&generic} }

// pause is called in a busy-wait loop.
func pause() {}
