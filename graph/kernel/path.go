package kernel

import (
	"fmt"
	"strings"
)

//go:generate go run -C generate ./neon -out ../gemm_arm64.s -stubs ../gemm_arm64.go

// path is one implementation of the inner functions of this package. They run
// on the calling goroutine. Their callers split the work.
type path struct {
	name string

	gemm          []gemmTile // index: number of rows of the tile, from 1
	gemmColumns   int        // of the widest tile
	gemmDepth     int        // of the longest chunk of k
	gemmStep      int        // values of a copied tile of A for each k, at least its rows and at most gemmColumns
	panelAliasing int        // in values: panels of B whose row stride is a multiple of it do not stay in the cache
	gemmAhead     int        // elements of k for each line that a tile prefetches
	gemmRuns      []gemmRuns // index: number of rows of the tile, from 1 to that of gemm
	// transpose copies src (rows×columns, rows ≤ transposeRows) to dst
	// (columns×rows), with the row strides of both.
	transposeRows int
	transpose     func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)
	// copyPanel copies a matrix rows×columns, rows > 0 and columns ≤
	// gemmColumns, with the row strides of both.
	copyPanel func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)
	peak      func(iterations int) // fused multiply-adds in registers
	peakFLOPs int                  // per iteration
	pairs     *pairPath            // nil: the path cannot multiply pairs

	vectorPath
}

// active is the selected path.
var active *path

func init() { active = paths()[0] }

// Path returns the name of the selected implementation: "avx512", "avx2",
// "neon" or "generic".
func Path() string { return active.name }

// Paths returns the names that Use accepts on this processor, fastest first.
func Paths() []string {
	var names []string
	for _, p := range paths() {
		names = append(names, p.name)
	}
	return names
}

// Use selects an implementation by its name. The default is the fastest that
// the processor supports. Results of two paths agree within the stated bounds,
// but not bit for bit. Use must not be called while another function of this
// package runs. An unknown name is an error.
func Use(name string) error {
	for _, p := range paths() {
		if p.name == name {
			active = p
			return nil
		}
	}
	return fmt.Errorf("no kernel path %q on this processor; hint: one of %s", name, strings.Join(Paths(), ", "))
}
