// Command sample makes the small data sets that are embedded in the binary. They are
// compressed IDX files with real images of Fashion-MNIST and KMNIST. The images are
// sampled with the same number for each of the ten classes, and shuffled. The training
// images are compressed by the command zstd, because most commands read them, and Zstandard
// is read seven times as fast as gzip.
//
//	go run ./scripts/sample -fashion-mnist DIR -kmnist DIR -out loaders/sample
//
// The selection depends only on the input files, whose digests are checked. So the
// uncompressed bytes are always the same. The compressed bytes are the same for the
// same releases of Go and of zstd.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log"
	"math/bits"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	classes       = 10
	side          = 28
	imageBytes    = side * side
	trainPerClass = 600
	testPerClass  = 100
	seed          = 20190205 // date of KMNIST's corrected release
)

// images has the images and labels of one split of a data set.
type images struct{ pixels, labels []byte }

func main() {
	log.SetFlags(0)
	fashion := flag.String("fashion-mnist", "", "folder with Fashion-MNIST's four gzipped files")
	kmnist := flag.String("kmnist", "", "folder with KMNIST's two gzipped t10k files")
	out := flag.String("out", "loaders/sample", "folder of the files to write")
	flag.Parse()
	if *fashion == "" || *kmnist == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*fashion, *kmnist, *out); err != nil {
		log.Fatal(err)
	}
}

func run(fashion, kmnist, out string) error {
	fashionTrain, err := read(fashion, "train", "f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9")
	if err != nil {
		return err
	}
	fashionTest, err := read(fashion, "t10k", "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965")
	if err != nil {
		return err
	}
	kmnistTest, err := read(kmnist, "t10k", "bf305b8cd328700fbc17f5acbc2856d2", "9f55f451c0988b028eccdf7d5cc265ab")
	if err != nil {
		return err
	}
	random := rand.NewPCG(seed, 0)
	order := shuffled(len(fashionTrain.labels), random)
	train, _ := draw(fashionTrain, order, trainPerClass, random)
	test, _ := draw(fashionTest, shuffled(len(fashionTest.labels), random), testPerClass, random)
	if err := write(filepath.Join(out, "fashion-mnist"), train, test); err != nil {
		return err
	}
	// Both splits are from one file here: the second is sampled from the remaining images.
	order = shuffled(len(kmnistTest.labels), random)
	train, order = draw(kmnistTest, order, trainPerClass, random)
	test, _ = draw(kmnistTest, order, testPerClass, random)
	return write(filepath.Join(out, "kmnist"), train, test)
}

// draw returns the first perClass images of each class in the given order, shuffled
// again, and the remaining part of the order.
func draw(from images, order []int, perClass int, random *rand.PCG) (drawn images, left []int) {
	var taken [classes]int
	var chosen []int
	for _, i := range order {
		if class := from.labels[i]; taken[class] < perClass {
			taken[class]++
			chosen = append(chosen, i)
		} else {
			left = append(left, i)
		}
	}
	for _, k := range shuffled(len(chosen), random) {
		i := chosen[k]
		drawn.pixels = append(drawn.pixels, from.pixels[i*imageBytes:(i+1)*imageBytes]...)
		drawn.labels = append(drawn.labels, from.labels[i])
	}
	return drawn, left
}

func shuffled(n int, random *rand.PCG) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j, _ := bits.Mul64(random.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// read returns the images and labels of two IDX files without their headers. The MD5
// of the uncompressed bytes must be the given digests.
func read(dir, prefix, imageDigest, labelDigest string) (images, error) {
	pixels, err := unzip(filepath.Join(dir, prefix+"-images-idx3-ubyte.gz"), imageDigest)
	if err != nil {
		return images{}, err
	}
	labels, err := unzip(filepath.Join(dir, prefix+"-labels-idx1-ubyte.gz"), labelDigest)
	if err != nil {
		return images{}, err
	}
	return images{pixels[16:], labels[8:]}, nil
}

func unzip(path, digest string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	data, err := io.ReadAll(unzipped)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if sum := md5.Sum(data); hex.EncodeToString(sum[:]) != digest {
		return nil, fmt.Errorf("%s: md5 of the uncompressed bytes is %x, want %s", path, sum, digest)
	}
	return data, nil
}

func write(dir string, train, test images) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, half := range []struct {
		prefix string
		images images
	}{{"train", train}, {"t10k", test}} {
		n := uint32(len(half.images.labels))
		if err := writeIDX(dir, half.prefix+"-images-idx3-ubyte", half.images.pixels, n, side, side); err != nil {
			return err
		}
		if err := writeIDX(dir, half.prefix+"-labels-idx1-ubyte", half.images.labels, n); err != nil {
			return err
		}
	}
	return nil
}

func writeIDX(dir, name string, data []byte, dims ...uint32) error {
	raw := []byte{0, 0, 0x08, byte(len(dims))}
	for _, d := range dims {
		raw = binary.BigEndian.AppendUint32(raw, d)
	}
	raw = append(raw, data...)
	packed, suffix, err := compressed(raw, name)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name+suffix)
	fmt.Printf("%s  %d bytes, uncompressed md5 %x\n", path, len(packed), md5.Sum(raw))
	return os.WriteFile(path, packed, 0o644)
}

// compressed returns the compressed bytes of a file, and the ending of its name.
func compressed(raw []byte, name string) (packed []byte, suffix string, err error) {
	if name == "train-images-idx3-ubyte" {
		command := exec.Command("zstd", "-19", "--no-progress")
		command.Stdin, command.Stderr = bytes.NewReader(raw), os.Stderr
		packed, err = command.Output()
		return packed, ".zst", err
	}
	var buffer bytes.Buffer
	compressor, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil, "", err
	}
	if _, err := compressor.Write(raw); err != nil {
		return nil, "", err
	}
	err = compressor.Close()
	return buffer.Bytes(), ".gz", err
}
