package cmd

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gaetrain/trainer"
)

// TestVitality checks the phases, and times of progress in the past and in the future.
func TestVitality(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, test := range []struct {
		state trainer.State
		alive bool
		want  string // part of the line
	}{
		{trainer.State{Phase: trainer.Running, Since: ago(time.Hour), Progress: ago(3 * time.Second)}, true, "running: r, last progress 3s ago"},
		{trainer.State{Phase: trainer.Running, Since: ago(time.Hour), Progress: ago(time.Minute)}, true, "1m0s ago"},
		{trainer.State{Phase: trainer.Running, Since: ago(time.Hour), Progress: ago(61 * time.Second)}, false, "its last progress was 1m1s ago, and --within is 1m0s"},
		{trainer.State{Phase: trainer.Waiting, Since: ago(30 * time.Second)}, true, "waiting: r, last progress 30s ago"},
		{trainer.State{Phase: trainer.Waiting, Since: ago(2 * time.Minute)}, false, "r is waiting"},
		// The clock was set back: by less than a minute, and by an hour.
		{trainer.State{Phase: trainer.Running, Progress: ago(-30 * time.Second)}, true, "last progress 0s ago"},
		{trainer.State{Phase: trainer.Running, Progress: ago(-time.Hour)}, false, "1h0m0s in the future; hint: was the clock set back?"},
		{trainer.State{Phase: trainer.Running, Since: ago(-time.Hour), Progress: ago(2 * time.Second)}, true, "last progress 2s ago"},
		{trainer.State{Phase: trainer.Running, Since: ago(-time.Hour), Progress: ago(2 * time.Minute)}, false, "its last progress was 2m0s ago"},
		{trainer.State{Phase: trainer.Done, Since: ago(1000 * time.Hour)}, true, "done: r"},
		{trainer.State{Phase: trainer.Stopped, Since: now}, false, "r is stopped"},
		{trainer.State{Phase: trainer.Stopped, Since: now, Message: "stopped: by signal SIGTERM"}, false, "r is stopped: by signal SIGTERM"},
		{trainer.State{Phase: trainer.Failed, Since: now, Message: "disk full"}, false, "r is failed: disk full"},
		{trainer.State{Phase: trainer.Diverged, Since: now}, false, "r is diverged"},
		{trainer.State{Phase: trainer.Dead, Progress: now}, false, "r is dead"},
	} {
		line, err := vitality("r", test.state, now, time.Minute)
		if err != nil {
			line = err.Error()
		}
		if (err == nil) != test.alive || !strings.Contains(line, test.want) {
			t.Errorf("%+v: %q, alive %t, want %t and %q", test.state, line, err == nil, test.alive, test.want)
		}
		if err != nil && (!errors.Is(err, errUnhealthy) || exitCode(err) != 1) {
			t.Errorf("%+v: %v has code %d, want 1", test.state, err, exitCode(err))
		}
	}
}

// TestHealthPermission checks that a folder that cannot be read is not called empty.
func TestHealthPermission(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(dir); err == nil {
		f.Close()
		t.Skip("this user can read every folder")
	}
	o := healthOptions{Run: dir, Within: time.Minute}
	if _, err := o.check(time.Now()); err == nil || exitCode(err) != 5 || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("error %v, want permission denied with code 5", err)
	}
}
