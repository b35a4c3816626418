package evaluate

import (
	"math/rand/v2"
	"slices"
)

// Halves splits the numbers from 0 to n−1 at random into two ascending lists, of which the
// first has one more if n is odd. Random halves are alike for every order of items, also if
// samples of all classes follow each other in turn. The halves depend only on n.
func Halves(n int) (first, second []int) {
	order := rand.New(rand.NewPCG(uint64(n), 0)).Perm(n)
	first, second = order[:(n+1)/2], order[(n+1)/2:]
	slices.Sort(first)
	slices.Sort(second)
	return first, second
}
