package browser

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a program that runs during a test.
type Process struct {
	*exec.Cmd
	done chan struct{}
}

// Start starts the program in a folder. It is killed when the test ends.
func Start(t testing.TB, binary, dir string, arguments ...string) *Process {
	t.Helper()
	p := &Process{Cmd: exec.Command(binary, arguments...), done: make(chan struct{})}
	p.Dir, p.Stderr = dir, os.Stderr
	return p.start(t)
}

func (p *Process) start(t testing.TB) *Process {
	t.Helper()
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait() // the exit code is in ProcessState
		close(p.done)
	}()
	t.Cleanup(p.Kill)
	return p
}

// Kill ends the process as kill -9 does.
func (p *Process) Kill() {
	_ = p.Cmd.Process.Kill() // it may have ended
	<-p.done
}

// Stop sends a signal and returns the exit code.
func (p *Process) Stop(t testing.TB, signal syscall.Signal) int {
	t.Helper()
	if err := p.Cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		t.Fatalf("%s does not end", p.Cmd)
	}
	return p.ProcessState.ExitCode()
}

// Watch starts gaetrain watch in a folder and returns the address of its page.
func Watch(t testing.TB, binary, dir string, arguments ...string) (*Process, string) {
	t.Helper()
	p := &Process{Cmd: exec.Command(binary, append([]string{"watch", "--port", "0"}, arguments...)...), done: make(chan struct{})}
	p.Dir, p.Stderr = dir, os.Stderr
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.Stdout = writer
	p.start(t)
	writer.Close()
	t.Cleanup(func() { reader.Close() })
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "page" {
			return p, words[1]
		}
	}
	t.Fatal("gaetrain watch printed no address")
	return nil, ""
}
