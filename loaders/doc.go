// Package loaders opens data sets. It has a registry of named data sets, readers for
// a user's own files, downloads, the samples embedded in the binary, and streams that
// turn a split into float32 batches, with or without corruption.
//
// [Open] understands every form of --dataset:
//
//	sample, kmnist-sample      embedded in the binary
//	factors, factors-all       drawn by the program, with known factors of variation
//	fashion-mnist, mnist, …    registered sets, see [List]
//	idx:DIR                    four files named like MNIST's
//	npz:FILE                   a NumPy archive named like Keras' mnist.npz
//	array:FILE                 numbers: .npy, .npz, CSV, TSV or Parquet
//	folder:DIR                 image files; sub-folders are classes
//	tar:FILE                   tar archives of images and classes, as WebDataset writes them
//	pairs:DIR                  pairs of frames, in sub-folders first and second
//
// A [Split] is a view of a [Store]. Pixels stay uint8 in memory, or in their files if they
// do not fit into memory: [StorageOptions] say how much they may take, and name the folder of
// a cache of decoded pixels. Other numbers are float32. A [Stream] converts one batch at a
// time. [Dataset.Measure] scales the numbers of array:FILE by what it measures on the training
// rows; the [Scaling] is kept with a run and given to [Open] for later data.
//
// Headers of files are not trusted: before memory is allocated, the size that a header
// claims is compared with the size of the file, and the pixels and labels together may take
// half of what [gaetrain/loaders/memory.Limit] returns. An error about data wraps
// [ErrData] and names the file.
package loaders
