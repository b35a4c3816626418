package kernel

import (
	"fmt"
	"strings"
)

// path is one implementation of every inner function of this package. The
// functions of a path run on the calling goroutine and know nothing of the
// pool; what calls them splits the work.
type path struct {
	name string

	gemm          []gemmTile // by the rows of a tile, from 1
	gemmColumns   int        // of the widest tile
	gemmDepth     int        // of the longest chunk of k
	gemmStep      int        // numbers that a copied tile of A has for each k: its rows at least, gemmColumns at most
	panelAliasing int        // in numbers: panels of B whose rows are a multiple of it apart do not stay in cache
	stepWeights   int        // that a step moves at a time at most: minStep where B comes fast from the second-level cache
	gemmRuns      []gemmRuns // by the rows of a tile, from 1, as many as in gemm
	// transpose copies src (rows×columns, rows ≤ transposeRows) to dst
	// (columns×rows), given the strides of the rows of both.
	transposeRows int
	transpose     func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)
	// copyPanel copies a matrix rows×columns, rows > 0 and columns ≤
	// gemmColumns, given the strides of its rows.
	copyPanel func(rows, columns int, src []float32, srcRow int, dst []float32, dstRow int)
	peak      func(iterations int) // fused multiply-adds in registers
	peakFLOPs int                  // per iteration

	vectorPath
}

// active is the path in use.
var active *path

func init() { active = paths()[0] }

// Path returns the name of the implementation in use: "avx512", "avx2" or
// "generic".
func Path() string { return active.name }

// Paths returns the names that Use accepts on this processor, fastest first.
func Paths() []string {
	var names []string
	for _, p := range paths() {
		names = append(names, p.name)
	}
	return names
}

// Use selects the implementation by name; at start it is the fastest that the
// processor can run. Results of two paths agree within the stated bounds, not
// bit by bit. Use must not be called while another function of this package
// runs.
func Use(name string) error {
	for _, p := range paths() {
		if p.name == name {
			active = p
			return nil
		}
	}
	return fmt.Errorf("no kernel path %q on this processor; hint: one of %s", name, strings.Join(Paths(), ", "))
}
