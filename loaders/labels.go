package loaders

import (
	"cmp"
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxClasses   = 1 << 16 // a Label has 16 bits
	maxClassName = 255     // bytes, as of a file name
)

// labels holds the labels of one array. Classes are numbered in the order in which
// they occur in it.
type labels struct {
	numbers []Label  // N, indices into names
	names   []string // of classes: text labels as they are, integers in decimal
}

// readLabels reads the labels of the given number of images: integers of any type
// or text. Negative integers and empty text are refused, because a split has labels
// for all of its images or for none.
func readLabels(s source, images int) (labels, error) {
	a, err := readNPY(s, func(a array) error { return a.checkLabels(images) })
	if err != nil {
		return labels{}, err
	}
	defer s.room.give(int64(len(a.data)))
	if err := s.room.take(2 * int64(images)); err != nil {
		return labels{}, err
	}
	l := labels{numbers: make([]Label, images)}
	numbers := make(map[string]Label) // by the bytes of the element
	for i := range images {
		element := a.data[i*a.width : (i+1)*a.width]
		number, known := numbers[string(element)]
		if !known {
			if len(l.names) == maxClasses {
				return labels{}, a.tooManyClasses()
			}
			name, err := a.className(element)
			if err != nil {
				return labels{}, dataErrorf("label of image %d: %w", i, err)
			}
			number = Label(len(l.names))
			numbers[string(element)] = number
			l.names = append(l.names, name)
		}
		l.numbers[i] = number
	}
	return l, l.checkMissing(a.kind == 'i')
}

// errRealLabels is the error about labels that are real numbers.
var errRealLabels = errors.New("want integers or text; hint: save y.astype(int)")

// checkLabels accepts a header of labels: N or N×1 integers or texts, for N images.
func (a array) checkLabels(images int) error {
	if len(a.dims) != 1 && (len(a.dims) != 2 || a.dims[1] != 1) {
		return dataErrorf("labels of shape %v, want one label per image; hint: turn one-hot rows into numbers by argmax", a.dims)
	}
	if a.kind == 'f' {
		return dataErrorf("labels are of type %s, %w", a.descr, errRealLabels)
	}
	integer := strings.ContainsRune("uib", rune(a.kind)) && slices.Contains([]int{1, 2, 4, 8}, a.width)
	if !integer && a.kind != 'U' && a.kind != 'S' {
		return dataErrorf("labels are of type %s, want integers or text; hint: save y.astype(int)", a.descr)
	}
	if a.dims[0] != images {
		return dataErrorf("%d labels for %d images", a.dims[0], images)
	}
	return nil
}

// className returns the name of the class that an element of an array of labels
// stands for.
func (a array) className(element []byte) (string, error) {
	var name string
	switch a.kind {
	case 'i':
		return strconv.FormatInt(a.signed(element), 10), nil
	case 'S':
		name = strings.TrimRight(string(element), "\x00")
	case 'U':
		var text strings.Builder
		for code := range slices.Chunk(element, 4) {
			if r := rune(a.order.Uint32(code)); utf8.ValidRune(r) {
				text.WriteRune(r)
			} else {
				text.WriteByte(0xff) // makes the name invalid
			}
		}
		name = strings.TrimRight(text.String(), "\x00")
	default:
		return strconv.FormatUint(a.unsigned(element), 10), nil
	}
	switch {
	case !utf8.ValidString(name):
		return "", dataErrorf("%.60q is not valid UTF-8; hint: save text as str, not as bytes", name)
	case len(name) > maxClassName:
		return "", dataErrorf("text of %d bytes, but the name of a class has at most %d", len(name), maxClassName)
	}
	return name, nil
}

func (a array) unsigned(element []byte) uint64 {
	switch a.width {
	case 1:
		return uint64(element[0])
	case 2:
		return uint64(a.order.Uint16(element))
	case 4:
		return uint64(a.order.Uint32(element))
	}
	return a.order.Uint64(element)
}

// signed extends the sign of an element of fewer than 8 bytes.
func (a array) signed(element []byte) int64 {
	unused := 64 - 8*a.width
	return int64(a.unsigned(element)<<unused) >> unused
}

// tooManyClasses counts the classes of an array that has more than maxClasses. The
// set of hashes bounds the memory of the count, whatever the length of the labels.
func (a array) tooManyClasses() error {
	const most = 1 << 18
	seed, seen, quantity := maphash.MakeSeed(), make(map[uint64]bool), ""
	for element := range slices.Chunk(a.data, a.width) {
		if seen[maphash.Bytes(seed, element)] = true; len(seen) == most {
			quantity = "at least "
			break
		}
	}
	return dataErrorf("%s%d classes, want at most %d; hint: leave the labels out of the archive if they are not classes", quantity, len(seen), maxClasses)
}

// checkMissing refuses labels that stand for no label. In scikit-learn that is −1.
func (l labels) checkMissing(integers bool) error {
	count, example := 0, ""
	for _, number := range l.numbers {
		if name := l.names[number]; name == "" || integers && name[0] == '-' {
			count++
			example = name
		}
	}
	const rule = "a data set has labels for all of its images or for none"
	switch {
	case count == 0:
		return nil
	case example == "":
		return dataErrorf("%d of %d labels are empty, but %s; hint: keep the images that have a label, x[y != \"\"] and y[y != \"\"]", count, len(l.numbers), rule)
	}
	return dataErrorf("%d of %d labels are negative, such as %s, which means no label in scikit-learn, but %s; "+
		"hint: keep the images that have a label, x[y >= 0] and y[y >= 0], or save y.astype(str) to make %[3]s a class",
		count, len(l.numbers), example, rule)
}

// values returns the labels as the numbers that their names are.
func (l labels) values() ([]Label, error) {
	values := make([]Label, len(l.names))
	for number, name := range l.names {
		value, err := strconv.ParseUint(name, 10, 8)
		if err != nil {
			return nil, dataErrorf("a label is %q, want numbers from 0 to 255", name)
		}
		values[number] = Label(value)
	}
	for i, number := range l.numbers {
		l.numbers[i] = values[number]
	}
	return l.numbers, nil
}

// byteNames names each label of a uint8 by its value.
var byteNames = func() (names []string) {
	for value := range 256 {
		names = append(names, strconv.Itoa(value))
	}
	return names
}()

// nameClasses makes a class of each name that occurs, and numbers the labels by
// these classes. The labels of the splits are indices into train and test.
func (d *Dataset) nameClasses(train, test []string) error {
	splits := []labels{{d.Train.Labels, train}, {d.Test.Labels, test}}
	occur := make(map[string]bool)
	for _, l := range splits {
		for _, number := range l.numbers {
			occur[l.names[number]] = true
		}
	}
	if len(occur) > maxClasses {
		return dataErrorf("%d classes in the training and test labels together, want at most %d", len(occur), maxClasses)
	}
	d.Classes = slices.SortedFunc(maps.Keys(occur), classOrder(slices.Collect(maps.Keys(occur))))
	classes := numbersOf(d.Classes)
	for _, l := range splits {
		numbers := make([]Label, len(l.names))
		for old, name := range l.names {
			numbers[old] = classes[name] // 0 if no image has this label
		}
		for i, old := range l.numbers {
			l.numbers[i] = numbers[old]
		}
	}
	return nil
}

// numbersOf returns the number of each class of a list by its name.
func numbersOf(classes []string) map[string]Label {
	numbers := make(map[string]Label, len(classes))
	for number, name := range classes {
		numbers[name] = Label(number)
	}
	return numbers
}

// classOrder compares names as numbers if all of them consist of digits.
func classOrder(names []string) func(a, b string) int {
	for _, name := range names {
		if strings.Trim(name, "0123456789") != "" {
			return strings.Compare
		}
	}
	return func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
}
