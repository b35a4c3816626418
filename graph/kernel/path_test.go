package kernel

import (
	"slices"
	"strings"
	"testing"
)

func TestUse(t *testing.T) {
	used := active
	defer func() { active = used }()
	names := Paths()
	if names[0] != Path() || names[len(names)-1] != "generic" {
		t.Errorf("paths %v, in use %s", names, Path())
	}
	for _, name := range names {
		if err := Use(name); err != nil || Path() != name {
			t.Errorf("Use(%q): %v, in use %s", name, err, Path())
		}
	}
	for _, name := range []string{"", "AVX2", "sse"} {
		err := Use(name)
		if err == nil || !strings.Contains(err.Error(), strings.Join(names, ", ")) {
			t.Errorf("Use(%q): %v", name, err)
		}
		if !slices.Contains(names, Path()) {
			t.Errorf("Use(%q) left path %s", name, Path())
		}
	}
}
