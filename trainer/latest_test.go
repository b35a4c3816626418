package trainer

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLatestOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, state := range map[string]string{
		"old":    `{"phase": "running", "since": "2026-01-01T00:00:00Z", "host": "here"}`,
		"new":    `{"phase": "done", "since": "2026-01-02T00:00:00Z", "host": "here"}`,
		"other":  `{"phase": "running", "since": "2026-01-03T00:00:00Z", "host": "there"}`,
		"broken": `{`,
		"none":   "",
	} {
		run := filepath.Join(dir, name)
		if err := os.Mkdir(run, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, content := range map[string]string{runFile: "{}", stateFile: state} {
			if content == "" {
				continue
			}
			if err := os.WriteFile(filepath.Join(run, file), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for host, want := range map[string]string{"here": "new", "there": "other", "nowhere": ""} {
		if got := LatestOn(host, dir); got != "" && filepath.Base(got) != want || got == "" && want != "" {
			t.Errorf("latest run of %s is %q, want %q", host, got, want)
		}
	}
	if got, want := LatestOn("here", filepath.Join(dir, "old")), filepath.Join(dir, "old"); got != want {
		t.Errorf("latest run in a run folder is %q, want %q", got, want)
	}
	if got := LatestOn("here", filepath.Join(dir, "missing")); got != "" {
		t.Errorf("latest run in no folder is %q", got)
	}
}
