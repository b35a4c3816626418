package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// attempt is the state of a try while it runs.
type attempt struct {
	*lab
	dir  string // the folder of this try
	rand *rand.Rand
	env  []string // added to the environment of the program
	last string   // the last command and its answer, for the report

	running []*process
}

const (
	patience   = 60 * time.Second // the longest time for any command
	mostMemory = 3 << 30          // bytes; a process that takes more is ended
)

// process is a running command.
type process struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
	began          time.Time
	ended          chan struct{}
	waiting        error
	peak           atomic.Int64 // resident bytes
}

// gaetrain runs the program in the folder of the try and waits for it.
func (a *attempt) gaetrain(arguments ...string) outcome {
	return a.wait(a.start(a.command(arguments...)), patience)
}

// shell runs a script, in which "$@" is the program with its arguments.
func (a *attempt) shell(script string, arguments ...string) outcome {
	return a.wait(a.start(a.shellCommand(script, arguments...)), patience)
}

func (a *attempt) shellCommand(script string, arguments ...string) *exec.Cmd {
	c := a.command(append([]string{"-c", script, "sh", a.binary}, arguments...)...)
	c.Path, c.Args[0] = "/bin/sh", "sh"
	return c
}

// command prepares the program. It has one thread, because another try runs at the same
// time, and no settings from the user's environment.
func (a *attempt) command(arguments ...string) *exec.Cmd {
	c := exec.Command(a.binary, arguments...)
	c.Dir = a.dir
	c.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "GAETRAIN_") })
	c.Env = append(append(c.Env, "GOMAXPROCS=1", "GOMEMLIMIT=2GiB", "XDG_CACHE_HOME="+filepath.Join(a.dir, "cache")), a.env...)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return c
}

// start starts a command. Its output is kept unless the command redirects it.
func (a *attempt) start(c *exec.Cmd) *process {
	p := &process{Cmd: c, began: time.Now(), ended: make(chan struct{})}
	if c.Stdout == nil {
		c.Stdout = &p.stdout
	}
	if c.Stderr == nil {
		c.Stderr = &p.stderr
	}
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		panic(err)
	}
	a.running = append(a.running, p)
	go func() {
		p.waiting = c.Wait()
		close(p.ended)
	}()
	go p.watchMemory()
	return p
}

// watchMemory ends a process that uses too much memory.
func (p *process) watchMemory() {
	for {
		select {
		case <-p.ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
		if data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.Process.Pid)); err == nil {
			if fields := strings.Fields(string(data)); len(fields) > 1 {
				pages, _ := strconv.ParseInt(fields[1], 10, 64)
				p.peak.Store(max(p.peak.Load(), pages*int64(os.Getpagesize())))
			}
		}
		if p.peak.Load() > mostMemory {
			p.killGroup()
		}
	}
}

func (p *process) killGroup() { syscall.Kill(-p.Process.Pid, syscall.SIGKILL) }

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// stopAll ends the processes of a try that still run.
func (a *attempt) stopAll() {
	for _, p := range a.running {
		if !p.over() {
			p.killGroup()
			<-p.ended
		}
	}
}

// wait waits for a process until the longest time has passed, and keeps its answer.
func (a *attempt) wait(p *process, longest time.Duration) outcome {
	var o outcome
	select {
	case <-p.ended:
	case <-time.After(longest):
		o.late = true
	case <-a.ctx.Done():
	}
	if !p.over() {
		p.killGroup()
		<-p.ended
	}
	o.seconds = time.Since(p.began).Seconds()
	o.stdout, o.stderr = p.stdout.String(), p.stderr.String()
	state := p.ProcessState
	o.code = state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		o.signal = status.Signal()
	}
	o.memory = p.peak.Load()
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		o.memory = max(o.memory, usage.Maxrss<<10) // kB on Linux
	}
	if err := (*exec.ExitError)(nil); p.waiting != nil && !errors.As(p.waiting, &err) && !errors.Is(p.waiting, exec.ErrWaitDelay) {
		panic(p.waiting)
	}
	a.last = fmt.Sprintf("%s: %s", a.spell(p.Args), o)
	return o
}

// spell returns a command line as it would be typed, with long arguments shortened.
func (a *attempt) spell(arguments []string) string {
	words := []string{filepath.Base(arguments[0])}
	for _, word := range arguments[1:] {
		word = strings.ReplaceAll(strings.ReplaceAll(word, a.dir+"/", ""), a.binary, "gaetrain")
		if len(word) > 100 {
			word = fmt.Sprintf("%s…(%d bytes)", word[:60], len(word))
		}
		if strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'$;&|<>*`, r) }) {
			word = strconv.Quote(word)
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
