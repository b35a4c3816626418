// Command gemm measures the matrix products of the benchmarked models and prints them as
// JSON, in the form in which peers/openblas_sgemm.py prints OpenBLAS's. GAETRAIN_KERNEL
// sets the kernel path, GOMAXPROCS the number of threads.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"gaetrain/graph/kernel"
	"gaetrain/graph/kernel/noise"
)

// product is op(A)·op(B), op(A): M×K, op(B): K×N. NN is a layer's forward pass, TN the
// gradient of its weights, NT the gradient of its input.
type product struct {
	Operation string  `json:"operation"`
	M         int     `json:"m"`
	N         int     `json:"n"`
	K         int     `json:"k"`
	GFLOPS    float64 `json:"gflops"`
}

var layers = [][2]int{
	{784, 512}, {512, 64}, {64, 512}, {512, 784}, // dense
	{784, 400}, {400, 20}, {20, 400}, {400, 784}, // vae
	{784, 2048}, {2048, 2048}, {2048, 1024}, {1024, 128}, {128, 1024}, {1024, 2048}, {2048, 784}, // wide
}

func products(batch int) []product {
	list := []product{{"nn", 1024, 1024, 1024, 0}, {"nn", 2048, 2048, 2048, 0}}
	for _, l := range layers {
		in, out := l[0], l[1]
		list = append(list, product{"nn", batch, out, in, 0}, product{"tn", in, out, batch, 0})
		if in != 784 {
			list = append(list, product{"nt", batch, in, out, 0})
		}
	}
	return list
}

// measure returns the median rate of a product over the given time.
func measure(p product, seconds float64) float64 {
	a, b, c := make([]float32, p.M*p.K), make([]float32, p.K*p.N), make([]float32, p.M*p.N)
	noise.Normal(a, noise.Key{Seed: 1})
	noise.Normal(b, noise.Key{Seed: 2})
	transA, transB := p.Operation[0] == 't', p.Operation[1] == 't'
	lda, ldb := p.K, p.N
	if transA {
		lda = p.M
	}
	if transB {
		ldb = p.K
	}
	flops := 2 * float64(p.M) * float64(p.N) * float64(p.K)
	repeats := max(1, int(2e8/flops))
	var rates []float64
	for end := time.Now().Add(time.Duration(seconds * float64(time.Second))); len(rates) < 3 || time.Now().Before(end); {
		start := time.Now()
		for range repeats {
			kernel.Gemm(transA, transB, p.M, p.N, p.K, 1, a, lda, b, ldb, 0, c, p.N)
		}
		rates = append(rates, flops*float64(repeats)/time.Since(start).Seconds()/1e9)
	}
	rates = rates[1:]
	slices.Sort(rates)
	return rates[len(rates)/2]
}

func main() {
	batch := flag.Int("batch", 128, "batch size of the products, in images")
	seconds := flag.Float64("seconds", 0.3, "measuring time per product, in seconds")
	flag.Parse()
	if name := os.Getenv("GAETRAIN_KERNEL"); name != "" {
		if err := kernel.Use(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	results := products(*batch)
	for i := range results {
		results[i].GFLOPS = measure(results[i], *seconds)
	}
	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"program": "gaetrain", "kernel": kernel.Path(), "threads": runtime.GOMAXPROCS(0), "gemm": results,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
