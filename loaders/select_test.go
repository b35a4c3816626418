package loaders

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	s := Split{Shape: Shape{1, 1, 2}, Images: []uint8{0, 1, 2, 3, 4, 5}, Labels: []uint8{7, 8, 9}}
	want := Split{Shape: Shape{1, 1, 2}, Images: []uint8{4, 5, 0, 1}, Labels: []uint8{9, 7}, Positions: []int{2, 0}}
	if diff := cmp.Diff(want, s.Select([]int{2, 0})); diff != "" {
		t.Error(diff)
	}
	codes := Split{Shape: Shape{1, 1, 2}, Values: []float32{0, 1, 2, 3}}
	if diff := cmp.Diff(Split{Shape: codes.Shape, Values: []float32{2, 3}, Positions: []int{1}}, codes.Select([]int{1})); diff != "" {
		t.Error(diff)
	}
}

func TestBalanced(t *testing.T) {
	t.Parallel()
	labels := slices.Concat(slices.Repeat([]uint8{0}, 50), slices.Repeat([]uint8{1}, 5), slices.Repeat([]uint8{2}, 45))
	s := Split{Shape: Shape{1, 1, 1}, Images: make([]uint8, len(labels)), Labels: labels}
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
		labels []uint8
		n      int
		want   []int
	}{
		{"two classes", []uint8{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 4, []int{0, 2, 5, 7}},
		{"an odd number", []uint8{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 3, []int{0, 2, 5}},
		{"unequal classes", []uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1}, 5, []int{0, 2, 4, 6, 8}},
		{"the largest remainder", []uint8{0, 0, 0, 1, 1, 1, 1, 1, 1, 1}, 2, []int{0, 3}},
		{"fewer than classes", []uint8{3, 2, 1, 0}, 2, []int{2, 3}},
		{"mixed", []uint8{1, 0, 1, 0, 1, 0}, 2, []int{0, 1}},
		{"without labels", nil, 3, []int{0, 3, 6}},
		{"one", nil, 1, []int{0}},
		{"all", []uint8{0, 1, 0}, 3, []int{0, 1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := Split{Shape: Shape{1, 1, 1}, Images: []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Labels: test.labels}
			if test.labels != nil {
				s.Images = s.Images[:len(test.labels)]
			}
			if got := s.Strata(test.n); !slices.Equal(got, test.want) {
				t.Errorf("%d of %v are %v, want %v", test.n, test.labels, got, test.want)
			}
			if got := s.Stratified(test.n); got.Len() != test.n || got.Images[0] != uint8(test.want[0]) {
				t.Errorf("a stratified split of %d has %v", test.n, got.Images)
			}
		})
	}
}

// TestStrataHaveTheirShare asks that any number of images has classes in their
// proportions, within one image.
func TestStrataHaveTheirShare(t *testing.T) {
	s := Split{Shape: Shape{1, 1, 1}}
	counts := []int{700, 200, 99, 1}
	for class, count := range counts {
		for range count {
			s.Images, s.Labels = append(s.Images, uint8(len(s.Images)%251)), append(s.Labels, uint8(class))
		}
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
	s := Split{
		Shape: Shape{1, 1, 2}, Images: []uint8{0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}, Labels: []uint8{0, 0, 0, 1, 1, 1},
		Names: []string{"a", "b", "c", "d", "e", "f"},
	}
	want := s.Select([]int{1, 2, 4, 5, 0, 3})
	d := Dataset{Train: s}
	d.SetAside(2)
	if diff := cmp.Diff(want, d.Train); diff != "" {
		t.Error(diff)
	}
	for _, n := range []int{0, -1, 6, 9} {
		before := d.Train.Select([]int{0, 1, 2, 3, 4, 5})
		if d.SetAside(n); n <= 0 && cmp.Diff(before, d.Train) != "" || d.Train.Len() != 6 {
			t.Errorf("%d set aside: %v", n, d.Train)
		}
	}
}

// TestBalancedSpreadsEveryClass asks that the last tenth of the labelled images is
// of all classes in their shares, also where one class is much larger.
func TestBalancedSpreadsEveryClass(t *testing.T) {
	t.Parallel()
	s := Split{Shape: Shape{1, 1, 1}}
	for class, count := range []int{900, 60, 40} {
		for range count {
			s.Images, s.Labels = append(s.Images, 0), append(s.Labels, uint8(class))
		}
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
