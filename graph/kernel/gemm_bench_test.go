package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// trainingProducts lists the products of a training step of a layer k → n
// over a batch: forward x·W, the weights' gradient xᵀ·dz, the input's dz·Wᵀ.
func trainingProducts(batch, k, n int) []gemmCase {
	return []gemmCase{
		{m: batch, n: n, k: k},
		{transA: true, m: k, n: n, k: batch},
		{transB: true, m: batch, n: k, k: n},
	}
}

// BenchmarkGemm reports GFLOP/s of large products and of those of training:
// every layer of 784-512-64-512-784 and of 784-400-20-400-784.
func BenchmarkGemm(b *testing.B) {
	cases := []gemmCase{{m: 1024, n: 1024, k: 1024}, {m: 2048, n: 2048, k: 2048}}
	for _, batch := range []int{16, 128, 512, 1024} {
		for _, layer := range [][2]int{{784, 512}, {512, 64}, {64, 512}, {512, 784}, {784, 400}, {400, 20}, {20, 400}, {400, 784}} {
			cases = append(cases, trainingProducts(batch, layer[0], layer[1])...)
		}
	}
	random := rand.New(rand.NewPCG(1, 1))
	for _, g := range cases {
		x, y, c := sample(random, g.m*g.k), sample(random, g.k*g.n), make([]float32, g.m*g.n)
		form := [4]string{"NN", "TN", "NT", "TT"}
		lda, ldb, at := g.k, g.n, 0
		if g.transA {
			lda, at = g.m, 1
		}
		if g.transB {
			ldb, at = g.k, at+2
		}
		b.Run(fmt.Sprintf("%s/%s/%dx%dx%d", active.name, form[at], g.m, g.n, g.k), func(b *testing.B) {
			for b.Loop() {
				Gemm(g.transA, g.transB, g.m, g.n, g.k, 1, x, lda, y, ldb, 0, c, g.n)
			}
			b.ReportMetric(2*float64(g.m*g.n)*float64(g.k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
