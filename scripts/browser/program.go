package browser

import (
	"bytes"
	"context"
	"os/exec"
	"testing"
	"time"
)

// Gaetrain runs the program in a folder, which must end with exit code 0, and returns what it printed on stdout.
func Gaetrain(t testing.TB, binary, dir string, arguments ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, binary, arguments...)
	command.Dir, command.Stdout, command.Stderr = dir, &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, stderr.String())
	}
	return stdout.String()
}
