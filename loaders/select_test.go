package loaders

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	s := Split{Shape: Shape{1, 1, 2}, Images: []uint8{0, 1, 2, 3, 4, 5}, Labels: []uint8{7, 8, 9}}
	want := Split{Shape: Shape{1, 1, 2}, Images: []uint8{4, 5, 0, 1}, Labels: []uint8{9, 7}}
	if diff := cmp.Diff(want, s.Select([]int{2, 0})); diff != "" {
		t.Error(diff)
	}
	codes := Split{Shape: Shape{1, 1, 2}, Values: []float32{0, 1, 2, 3}}
	if diff := cmp.Diff(Split{Shape: codes.Shape, Values: []float32{2, 3}}, codes.Select([]int{1})); diff != "" {
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

func TestSpread(t *testing.T) {
	t.Parallel()
	s := Split{Shape: Shape{1, 1, 1}, Images: []uint8{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, Labels: []uint8{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}}
	for n, want := range map[int][]uint8{0: nil, 1: {0}, 3: {0, 3, 6}, 4: {0, 2, 5, 7}, 10: s.Images, 99: s.Images} {
		if got := s.Spread(n); !slices.Equal(got.Images, want) || len(got.Labels) != len(want) {
			t.Errorf("%d of 10 images are %v, want %v", n, got.Images, want)
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
