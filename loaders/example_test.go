package loaders_test

import (
	"archive/zip"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"
	"os"
	"path/filepath"
	"strings"

	"gaetrain/graph/kernel/noise"
	"gaetrain/loaders"
)

// A folder of images. The sub-folders are the classes. About a tenth of the images is
// the test set. The name of an image decides whether it is one of them.
func ExampleOpen_folder() {
	dir := temporary()
	defer os.RemoveAll(dir)
	for _, class := range []string{"cat", "dog"} {
		for i := range 20 {
			writePNG(filepath.Join(dir, class, fmt.Sprintf("%02d.png", i)), 28, 28)
		}
	}
	data, err := loaders.Open(context.Background(), "folder:"+dir, loaders.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("shape", data.Train.Shape, "classes", data.Classes)
	fmt.Println(data.Train.Len(), "training images,", data.Test.Len(), "test images")
	fmt.Println(data.Train.Names[0], "is a", data.Classes[data.Train.Labels[0]])
	// Output:
	// shape 1×28×28 classes [cat dog]
	// 38 training images, 2 test images
	// cat/00.png is a cat
}

// A NumPy archive with the arrays of Keras' mnist.npz. Labels are integers or text.
func ExampleOpen_npz() {
	dir := temporary()
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "animals.npz")
	writeNPZ(path, map[string]string{
		"x_train": npy("|u1", "(3, 2, 2)", "\x00\x40\x80\xff\x00\x40\x80\xff\x00\x40\x80\xfe"),
		"y_train": npy("|S3", "(3,)", "dogcatdog"),
		"x_test":  npy("|u1", "(1, 2, 2)", "\x00\x40\x80\xff"),
		"y_test":  npy("|S3", "(1,)", "cat"),
	})
	data, err := loaders.Open(context.Background(), "npz:"+path, loaders.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("shape", data.Train.Shape, "classes", data.Classes)
	fmt.Println("training labels", data.Train.Labels, "test labels", data.Test.Labels)
	pixels := make([]float32, 4)
	if err := data.Train.Read(pixels, 0, 0); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("pixels %.2f\n", pixels)
	// Output:
	// shape 1×2×2 classes [cat dog]
	// training labels [1 0 1] test labels [0]
	// pixels [0.00 0.25 0.50 1.00]
}

// A stream cuts a split into batches of float32 values from 0 to 1. The order depends
// only on the seed and the epoch.
func ExampleStream() {
	// Four images of two pixels.
	split := loaders.Pixels(loaders.Shape{Channels: 1, Height: 1, Width: 2}, []uint8{0, 51, 102, 153, 204, 255, 51, 0})
	stream, err := loaders.NewStream(split, loaders.StreamOptions{BatchSize: 3, Seed: 2, Shuffle: true})
	if err != nil {
		log.Fatal(err)
	}
	for epoch := range 2 {
		for batch, err := range stream.Epoch(epoch, 0) {
			if err != nil {
				log.Fatal(err)
			}
			values := batch.Rows * split.Shape.Size()
			fmt.Println("epoch", epoch, "images", batch.Index, "values", batch.Clean[:values])
		}
	}
	// Output:
	// epoch 0 images [2 1 0] values [0.8 1 0.4 0.6 0 0.2]
	// epoch 0 images [3] values [0.2 0]
	// epoch 1 images [2 0 1] values [0.8 1 0 0.2 0.4 0.6]
	// epoch 1 images [3] values [0.2 0]
}

// A denoising autoencoder sees corrupted images. The mask shows which pixels were
// changed.
func ExampleCorruption() {
	corruption, err := loaders.ParseCorruption("masking:0.5")
	if err != nil {
		log.Fatal(err)
	}
	clean := []float32{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}
	corrupted, mask := make([]float32, len(clean)), make([]float32, len(clean))
	key := noise.Key{Seed: 7} // the same key gives the same noise
	row := loaders.Shape{Channels: 1, Height: 1, Width: len(clean)}
	corruption.Apply(corrupted, clean, row, key)
	corruption.Mask(mask, row, key)
	fmt.Println(corrupted)
	fmt.Println(mask)
	// Output:
	// [0.1 0.2 0 0 0 0.6 0 0.8]
	// [0 0 1 1 1 0 1 0]
}

func temporary() string {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	return dir
}

func writePNG(path string, height, width int) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		log.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	m := image.NewGray(image.Rect(0, 0, width, height))
	m.Pix[0] = path[len(path)-len("0.png")] // or all images would be equal
	if err := png.Encode(file, m); err != nil {
		log.Fatal(err)
	}
}

// npy returns a file of one array, as numpy.save writes it.
func npy(kind, shape, data string) string {
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", kind, shape)
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	return "\x93NUMPY\x01\x00" + string(rune(len(header))) + "\x00" + header + data
}

// writeNPZ writes arrays as numpy.savez does.
func writeNPZ(path string, arrays map[string]string) {
	file, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	defer archive.Close()
	for name, content := range arrays {
		member, err := archive.Create(name + ".npy")
		if err != nil {
			log.Fatal(err)
		}
		if _, err := member.Write([]byte(content)); err != nil {
			log.Fatal(err)
		}
	}
}
