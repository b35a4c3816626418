package loaders

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

// Info describes a data set or one of the forms for a user's own data. The counts of a
// form are zero, because they are not known before the data are read.
type Info struct {
	Name        string // the value of --dataset
	Summary     string // one line
	Train, Test int    // images
	Shape       Shape
	Classes     int
	Licence     string
	Download    int64 // approximate size, in bytes; 0: nothing to download
	Embedded    bool  // the data set is part of the binary, or drawn by it
}

// set is a registered data set.
type set struct {
	Info
	folder      string   // name of its folder in the cache and in /usr/share/datasets
	torch       string   // name of the folder of the same data set in torchvision
	format      format   // of its four files
	files       [4]file  // by role
	archive     file     // the download that contains all files; "": each is a download
	inArchive   string   // folder of the files in the archive
	mirrors     []string // base URLs, in the order in which they are tried
	classes     []string
	firstLabel  Label // the label of class 0 in the files
	transposed  bool  // images are stored column by column
	attribution string
	hint        string // the most frequent cause of a wrong digest
	embedded    string // folder in samples; "": not embedded
	drawn       string // digest of the images, which the program draws; "": they are read from files
}

// file is one file of a set.
type file struct {
	name string // without .gz
	md5  string // of its decompressed bytes; "": none published
}

// The roles of a set's four files.
const (
	trainImages = iota
	trainLabels
	testImages
	testLabels
)

//go:embed sample
var samples embed.FS

func sampleFS(folder string) fs.FS {
	sub, err := fs.Sub(samples, "sample/"+folder)
	if err != nil {
		panic(err) // the name is a constant below
	}
	return sub
}

const (
	fashionCredit = "Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747), © 2017 Zalando SE, MIT licence"
	kmnistCredit  = `"KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL and others), doi:10.20676/00000341, CC BY-SA 4.0`
	mnistCredit   = "MNIST (LeCun, Cortes, Burges), CC BY-SA 3.0"
	emnistCredit  = "EMNIST (Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373), from NIST Special Database 19"
	kmnistHint    = "files from before 5 February 2019 are the faulty first release"
)

var (
	grey28       = Shape{1, 28, 28}
	digits       = strings.Split("0123456789", "")
	capitals     = strings.Split("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "")
	smalls       = strings.Split("abcdefghijklmnopqrstuvwxyz", "")
	mergedSmalls = strings.Split("abdefghnqrt", "") // those that differ from their capitals
	letters      = strings.Fields("A/a B/b C/c D/d E/e F/f G/g H/h I/i J/j K/k L/l M/m N/n O/o P/p Q/q R/r S/s T/t U/u V/v W/w X/x Y/y Z/z")
	fashion      = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}
	kuzushiji    = kana("おきすつなはまやれを", "o ki su tsu na ha ma ya re wo")
	kuzushiji49  = kana("あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわゐゑをんゝ",
		"a i u e o ka ki ku ke ko sa shi su se so ta chi tsu te to na ni nu ne no ha hi fu he ho ma mi mu me mo ya yu yo ra ri ru re ro wa wi we wo n iteration")
	mnistMirrors  = []string{"https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"}
	emnistMirrors = []string{"https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/", "https://biometrics.nist.gov/cs_links/EMNIST/"}
)

// registry has every named data set, in the order of List.
var registry = append([]*set{
	{
		Info:   Info{Name: "sample", Summary: "Fashion-MNIST, 7,000 images drawn evenly by class", Train: 6000, Test: 1000, Shape: grey28, Licence: "MIT", Embedded: true},
		format: idxFormat, classes: fashion, attribution: fashionCredit, embedded: "fashion-mnist",
		files: idxFiles("879e710efcd7bb2ab5afb82076e65cbf", "f663a917ae3e953e01b0abff808b4ea0", "48b733f13bc9609d956c4943f8e4c63b", "9e8e0540963446e96b6ba2564b501ff6"),
	},
	{
		Info:   Info{Name: "kmnist-sample", Summary: "Kuzushiji-MNIST, 7,000 test images drawn evenly by class", Train: 6000, Test: 1000, Shape: grey28, Licence: "CC BY-SA 4.0", Embedded: true},
		format: idxFormat, classes: kuzushiji, attribution: kmnistCredit, embedded: "kmnist",
		files: idxFiles("78c4c0d469ce2dd65d24d76ed7c11d55", "e5e5c234055c042206545cc3a40d0f6b", "d6083933d58f613b091d0a38781b1a67", "fc0633d3d0540464f1c4c88d4a11c1b9"),
	},
	{
		Info:  Info{Name: "factors", Summary: "drawn shapes with known factors of variation, 60,000 of the combinations of factors-all", Train: 50_000, Test: 10_000, Shape: spriteShape, Licence: "none needed", Embedded: true},
		drawn: spriteDigest, classes: spriteClasses,
	},
	{
		Info:  Info{Name: "factors-all", Summary: "squares, ellipses and hearts of 6 scales and 40 orientations at 32×32 positions, all combinations", Train: 663_552, Test: allTestSprites, Shape: spriteShape, Licence: "none needed", Embedded: true},
		drawn: spriteDigest, classes: spriteClasses,
	},
	{
		Info:   Info{Name: "fashion-mnist", Summary: "articles of clothing", Train: 60000, Test: 10000, Shape: grey28, Licence: "MIT", Download: 30_878_645},
		folder: "fashion-mnist", torch: "FashionMNIST", format: idxFormat, classes: fashion, attribution: fashionCredit,
		mirrors: []string{"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/", "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"},
		files:   idxFiles("f4a8712d7a061bf5bd6d2ca38dc4d50a", "9018921c3c673c538a1fc5bad174d6f9", "8181f5470baa50b63fa0f6fddb340f0a", "15d484375f8d13e6eb1aabb0c3f46965"),
	},
	{
		Info:   Info{Name: "kmnist", Summary: "Kuzushiji-MNIST, cursive Japanese characters", Train: 60000, Test: 10000, Shape: grey28, Licence: "CC BY-SA 4.0", Download: 21_240_888},
		folder: "kmnist", torch: "KMNIST", format: idxFormat, classes: kuzushiji, attribution: kmnistCredit, hint: kmnistHint,
		mirrors: []string{"https://codh.rois.ac.jp/kmnist/dataset/kmnist/", "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
		files:   idxFiles("92be26ec9822e900ac425d0a0aa84ced", "949e75301f8813e0dc5800dcc320fc52", "bf305b8cd328700fbc17f5acbc2856d2", "9f55f451c0988b028eccdf7d5cc265ab"),
	},
	{
		Info:   Info{Name: "mnist", Summary: "handwritten digits", Train: 60000, Test: 10000, Shape: grey28, Licence: "CC BY-SA 3.0", Download: 11_594_722},
		folder: "mnist", torch: "MNIST", format: idxFormat, classes: digits, attribution: mnistCredit, mirrors: mnistMirrors,
		files: idxFiles("6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624", "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"),
	},
	{
		Info:   Info{Name: "k49", Summary: "Kuzushiji-49, 48 hiragana and an iteration mark, unevenly", Train: 232365, Test: 38547, Shape: grey28, Licence: "CC BY-SA 4.0", Download: 77_000_000},
		folder: "k49", torch: "K49", format: npzFormat, classes: kuzushiji49, attribution: kmnistCredit, hint: kmnistHint,
		mirrors: []string{"https://codh.rois.ac.jp/kmnist/dataset/k49/", "http://codh.rois.ac.jp/kmnist/dataset/k49/"},
		files: [4]file{
			trainImages: {"k49-train-imgs.npz", "7ac088b20481cf51dcd01ceaab89d821"}, trainLabels: {"k49-train-labels.npz", "44a8e1b893f81e63ff38d73cad420f7a"},
			testImages: {"k49-test-imgs.npz", "d352e201d846ce6b94f42c990966f374"}, testLabels: {"k49-test-labels.npz", "4da6f7a62e67a832d5eb1bd85c5ee448"},
		},
	},
},
	emnist("balanced", "digits and letters, evenly by class", 112800, 18800, 0, join(digits, capitals, mergedSmalls)),
	emnist("byclass", "digits and letters, all 62 classes", 697932, 116323, 0, join(digits, capitals, smalls)),
	emnist("bymerge", "digits and letters, similar cases merged", 697932, 116323, 0, join(digits, capitals, mergedSmalls)),
	emnist("digits", "handwritten digits, evenly by class", 240000, 40000, 0, digits),
	emnist("letters", "handwritten letters, cases merged", 124800, 20800, 1, letters),
	emnist("mnist", "handwritten digits, like MNIST, from the same source", 60000, 10000, 0, digits),
)

// forms are the specifications for a user's own data.
var forms = []Info{
	{Name: "idx:DIR", Summary: "IDX files named like MNIST's, compressed by gzip or zstd, or not"},
	{Name: "npz:FILE", Summary: "NumPy archive with x_train, y_train, x_test, y_test, or images, labels"},
	{Name: "array:FILE", Summary: "numbers: .npy, .npz, CSV, TSV or Parquet; rows of a table, or images of any type of number"},
	{Name: "folder:DIR", Summary: "image files; sub-folders are classes"},
	{Name: "tar:FILE", Summary: "tar archives of image files and classes (KEY.jpg and KEY.cls), as a file, a folder or a pattern such as train-{000..009}.tar"},
	{Name: "pairs:DIR", Summary: "pairs of frames in the sub-folders first and second, each like folder:DIR, with files of the same names"},
}

// idxFiles are MNIST's file names with the digests of one set.
func idxFiles(digests ...string) [4]file {
	files := [4]file{
		trainImages: {name: "train-images-idx3-ubyte"}, trainLabels: {name: "train-labels-idx1-ubyte"},
		testImages: {name: "t10k-images-idx3-ubyte"}, testLabels: {name: "t10k-labels-idx1-ubyte"},
	}
	for i, digest := range digests {
		files[i].md5 = digest
	}
	return files
}

// emnist returns one of the six selections of EMNIST, which are in one archive.
func emnist(name, summary string, train, test int, firstLabel Label, classes []string) *set {
	prefix := "emnist-" + name
	return &set{
		Info:   Info{Name: prefix, Summary: "EMNIST, " + summary, Train: train, Test: test, Shape: grey28, Licence: "none stated (NIST)", Download: 561_753_746},
		folder: "emnist", torch: "EMNIST", format: idxFormat, classes: classes, attribution: emnistCredit,
		mirrors: emnistMirrors, firstLabel: firstLabel, transposed: true,
		archive: file{"gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e"}, inArchive: "gzip",
		files: [4]file{
			trainImages: {name: prefix + "-train-images-idx3-ubyte"}, trainLabels: {name: prefix + "-train-labels-idx1-ubyte"},
			testImages: {name: prefix + "-test-images-idx3-ubyte"}, testLabels: {name: prefix + "-test-labels-idx1-ubyte"},
		},
	}
}

// kana joins each character with its reading, such as "お o".
func kana(characters, readings string) []string {
	names := strings.Fields(readings)
	for i, character := range strings.Split(characters, "") {
		names[i] = character + " " + names[i]
	}
	return names
}

func join(lists ...[]string) []string {
	var joined []string
	for _, list := range lists {
		joined = append(joined, list...)
	}
	return joined
}

// List returns all named data sets and the forms for a user's own data.
func List() []Info {
	infos := make([]Info, 0, len(registry)+len(forms))
	for _, s := range registry {
		info := s.Info
		info.Classes = len(s.classes)
		infos = append(infos, info)
	}
	return append(infos, forms...)
}

func lookup(name string) (*set, error) {
	names := make([]string, len(registry))
	for i, s := range registry {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	if strings.ContainsAny(name, `/\`) {
		return nil, usageErrorf("unknown data set %q, and no file or folder has this path; hint: own data are idx:DIR, npz:FILE, array:FILE, folder:DIR, tar:FILE or pairs:DIR", name)
	}
	return nil, usageErrorf("unknown data set %q; hint: did you mean %s? Own data are idx:DIR, npz:FILE, array:FILE, folder:DIR, tar:FILE or pairs:DIR", name, nearest(name, names))
}

// owner returns the name of the registered file with a digest, for the message about a
// file of another data set. It returns "" if there is none.
func owner(digest string) string {
	for _, s := range registry {
		for _, f := range s.files {
			if f.md5 == digest {
				return fmt.Sprintf("%s of %s", f.name, s.Name)
			}
		}
	}
	return ""
}
