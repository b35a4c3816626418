// Package loaders holds the data sets: a registry of named ones, readers for a
// user's own files, downloads, the samples embedded in the binary, and the
// streams that turn a split into float32 batches, corrupted or not.
//
// [Open] understands every form of --dataset:
//
//	sample, kmnist-sample      embedded in the binary
//	fashion-mnist, mnist, …    registered sets, see [List]
//	idx:DIR                    four files named like MNIST's
//	npz:FILE                   a NumPy archive named like Keras' mnist.npz
//	folder:DIR                 image files, sub-folders are labels
//	pairs:DIR                  pairs of frames, in sub-folders first and second
//
// Pixels stay uint8 in memory; a [Stream] converts one batch at a time. No file
// is trusted. What a header claims must fit into the file itself, and pixels and
// labels together into half of what [gaetrain/loaders/memory.Limit] returns: both
// are checked before memory is asked for. Whatever is wrong with data is an error
// that wraps [ErrData] and names the file.
package loaders
