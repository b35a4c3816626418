package trainer

import "testing"

// TestStampedBuild checks that what the linker sets takes precedence.
func TestStampedBuild(t *testing.T) {
	defer func(v, c, d string) { version, commit, date = v, c, d }(version, commit, date)
	version, commit, date = "v1.2.3", "0123abc", "2026-01-02T03:04:05Z"
	if got := Version(); got != "v1.2.3" {
		t.Errorf("version %s", got)
	}
	if revision, at := Commit(); revision != "0123abc" || at != date {
		t.Errorf("commit %s of %s", revision, at)
	}
	version = ""
	if got := Version(); got == "" || got[0] == '(' {
		t.Errorf("version %q of a build that is not stamped", got)
	}
}
