package loaders

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	s := labelled(Shape{1, 1, 2}, []uint8{0, 1, 2, 3, 4, 5}, 7, 8, 9)
	want := labelled(Shape{1, 1, 2}, []uint8{4, 5, 0, 1}, 9, 7)
	want.Positions = []int{2, 0}
	if diff := cmp.Diff(want, s.Select([]int{2, 0}), byContent); diff != "" {
		t.Error(diff)
	}
	codes, one := Values(Shape{1, 1, 2}, []float32{0, 1, 2, 3}), Values(Shape{1, 1, 2}, []float32{2, 3})
	one.Positions = []int{1}
	if diff := cmp.Diff(one, codes.Select([]int{1}), byContent); diff != "" {
		t.Error(diff)
	}
}

func TestBalanced(t *testing.T) {
	t.Parallel()
	labels := slices.Concat(slices.Repeat([]Label{0}, 50), slices.Repeat([]Label{1}, 5), slices.Repeat([]Label{2}, 45))
	s := labelled(Shape{1, 1, 1}, make([]uint8, len(labels)), labels...)
	count := func(chosen []int) (counts [3]int) {
		for _, i := range chosen {
			counts[labels[i]]++
		}
		return counts
	}
	for n, want := range map[int][3]int{3: {1, 1, 1}, 10: {4, 3, 3}, 25: {10, 5, 10}, 0: {50, 5, 45}, 1000: {50, 5, 45}} {
		chosen := s.Balanced(n, 1)
		if got := count(chosen); got != want {
			t.Errorf("of %d images: %v of each class, want %v", n, got, want)
		}
		slices.Sort(chosen)
		if len(slices.Compact(chosen)) != want[0]+want[1]+want[2] {
			t.Errorf("of %d images: one is chosen twice", n)
		}
	}
	if slices.Equal(s.Balanced(9, 1), s.Balanced(9, 2)) {
		t.Error("the choice does not depend on the seed")
	}
	if few, many := s.Balanced(9, 1), s.Balanced(12, 1); !slices.Equal(few, many[:9]) {
		t.Error("more labels are not the fewer ones and others")
	}
	s.Labels = nil
	if got := s.Balanced(3, 1); got != nil {
		t.Errorf("without labels: %v", got)
	}
}

// TestStratified chooses from images that are sorted by class.
func TestStratified(t *testing.T) {
	for _, test := range []struct {
		name   string
		labels []Label
		n      int
		want   []int
	}{
		{"two classes", []Label{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 4, []int{0, 2, 5, 7}},
		{"an odd number", []Label{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 3, []int{0, 2, 5}},
		{"unequal classes", []Label{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, 5, []int{0, 2, 4, 6, 8}},
		{"the largest remainder", []Label{0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, 2, []int{0, 3}},
		{"fewer than classes", []Label{3, 2, 1, 0}, 2, []int{2, 3}},
		{"mixed", []Label{1, 0, 1, 0, 1, 0}, 2, []int{0, 1}},
		{"without labels", nil, 3, []int{0, 3, 6}},
		{"one", nil, 1, []int{0}},
		{"all", []Label{0, 1, 0}, 3, []int{0, 1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pixels := []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
			if test.labels != nil {
				pixels = pixels[:len(test.labels)]
			}
			s := labelled(Shape{1, 1, 1}, pixels, test.labels...)
			if got := s.Strata(test.n); !slices.Equal(got, test.want) {
				t.Errorf("%d of %v are %v, want %v", test.n, test.labels, got, test.want)
			}
			if got := s.Stratified(test.n); got.Len() != test.n || pixelsOf(got)[0] != uint8(test.want[0]) {
				t.Errorf("a stratified split of %d has %v", test.n, pixelsOf(got))
			}
		})
	}
}

// TestStrataHaveTheirShare asks that any number of images has classes in their
// proportions, within one image.
func TestStrataHaveTheirShare(t *testing.T) {
	s := Pixels(Shape{1, 1, 1}, make([]uint8, 1000))
	counts := []int{700, 200, 99, 1}
	for class, count := range counts {
		s.Labels = append(s.Labels, slices.Repeat([]Label{Label(class)}, count)...)
	}
	for n := range 1001 {
		chosen := s.Strata(n)
		if len(chosen) != n || !slices.IsSorted(chosen) || len(slices.Compact(slices.Clone(chosen))) != n {
			t.Fatalf("%d images are %v", n, chosen)
		}
		var got [4]int
		for _, i := range chosen {
			got[s.Labels[i]]++
		}
		for class, count := range counts {
			if share := float64(n*count) / 1000; float64(got[class]) <= share-1 || float64(got[class]) >= share+1 {
				t.Errorf("of %d images, %d are of class %d, want about %g", n, got[class], class, share)
			}
		}
	}
}

// TestSetAside compares a split whose images are moved with what is chosen of a
// copy.
func TestSetAside(t *testing.T) {
	s := labelled(Shape{1, 1, 2}, []uint8{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, 0, 0, 0, 1, 1, 1)
	s.Names = []string{"a", "b", "c", "d", "e", "f"}
	want := s.Select([]int{1, 2, 4, 5, 0, 3})
	d := Dataset{Train: s}
	d.SetAside(2)
	if diff := cmp.Diff(want, d.Train, byContent); diff != "" {
		t.Error(diff)
	}
	for _, n := range []int{0, -1, 6, 9} {
		before := d.Train.Select([]int{0, 1, 2, 3, 4, 5})
		if d.SetAside(n); n <= 0 && cmp.Diff(before, d.Train, byContent) != "" || d.Train.Len() != 6 {
			t.Errorf("%d set aside: %v", n, d.Train)
		}
	}
}

// TestBalancedSpreadsEveryClass asks that the last tenth of the labelled images is
// of all classes in their shares, also where one class is much larger.
func TestBalancedSpreadsEveryClass(t *testing.T) {
	t.Parallel()
	s := Pixels(Shape{1, 1, 1}, make([]uint8, 1000))
	for class, count := range []int{900, 60, 40} {
		s.Labels = append(s.Labels, slices.Repeat([]Label{Label(class)}, count)...)
	}
	indices := s.Balanced(0, 1)
	if len(indices) != 1000 {
		t.Fatalf("%d images", len(indices))
	}
	var counts [3]int
	for _, i := range indices[900:] {
		counts[s.Labels[i]]++
	}
	if counts != [3]int{90, 6, 4} {
		t.Errorf("the last 100 images are %v of the classes", counts)
	}
	clear(counts[:])
	for _, i := range s.Balanced(150, 1) {
		counts[s.Labels[i]]++
	}
	if counts != [3]int{55, 55, 40} {
		t.Errorf("150 labelled images are %v of the classes", counts)
	}
}
