package cmd

import (
	"strings"
	"testing"
	"time"
)

func TestProcessAge(t *testing.T) {
	t.Parallel()
	const stat = "1 (a (b) c) S 0 0 0 0 -1 41 5 1 0 128 32 13 56 83 20 0 14 0 12345 58740736 5707 1\n"
	if age, known := processAge([]byte(stat), []byte("133.45 99.00\n")); !known || age.Round(time.Millisecond) != 10*time.Second {
		t.Errorf("age %v, known %t, want 10s", age, known)
	}
	for _, bad := range [][2]string{
		{"", "133 99"}, {stat, ""}, {stat, "x y"}, {stat, "100.0 1"}, {"1 (a) S 0", "133 1"}, {strings.Replace(stat, "12345", "-5", 1), "133 1"}, {stat, "NaN"}, {stat, "+Inf"},
	} {
		if age, known := processAge([]byte(bad[0]), []byte(bad[1])); known {
			t.Errorf("%q: age %v", bad, age)
		}
	}
	if age, _ := containerAge(); age < 0 {
		t.Errorf("the age of process 1 is %v", age)
	}
}

// FuzzProcessAge checks that no content of /proc makes an age that is not a time.
func FuzzProcessAge(f *testing.F) {
	f.Add([]byte("1 (a) S 0 0 0 0 -1 41 5 1 0 128 32 13 56 83 20 0 14 0 12345 58"), []byte("133.45 99.00\n"))
	f.Fuzz(func(t *testing.T, stat, uptime []byte) {
		if age, known := processAge(stat, uptime); age < 0 || !known && age != 0 {
			t.Errorf("age %v, known %t", age, known)
		}
	})
}
