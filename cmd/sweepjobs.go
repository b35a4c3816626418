package cmd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gaetrain/loaders/memory"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// logsFolder is the folder in that of a sweep with what each job printed.
const logsFolder = "logs"

// trainers is the number of sweeps that wait for processes. Such a process is not ended by
// force before its children have had time to save checkpoints.
var trainers atomic.Int32

// failedJobs is the error about a sweep of which some jobs failed. It has the exit code of
// the first of them.
type failedJobs struct {
	code int
	text string
}

func (f failedJobs) Error() string { return f.text }

// ending is how the process of a job ended.
type ending struct {
	code int
	why  string // the error that it printed
}

// trainAll trains all jobs in processes of their own. It starts those of the lowest numbers
// first.
func (s *openedSweep) trainAll(ctx context.Context, w io.Writer, log *console) error {
	trainers.Add(1)
	defer trainers.Add(-1)
	if info, err := os.Stat(s.file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%w: %s is a pipe, which each job would have to read again; hint: write the sweep to a file", errUsage, s.file)
	}
	if err := s.record(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.Out, logsFolder), 0o755); err != nil {
		return fmt.Errorf("%w: %w; hint: choose a folder with --out that can be written to", trainer.ErrRun, err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if cores := runtime.GOMAXPROCS(0); s.Jobs > cores {
		log.note(fmt.Sprintf("--jobs %d is more than the %s that this process may use, so jobs slow each other down", s.Jobs, many(cores, "core")))
	}
	endings, next := make([]*ending, s.Len()), make(chan int)
	var workers sync.WaitGroup
	for range min(s.Jobs, s.Len()) {
		workers.Go(func() {
			runtime.LockOSThread() // on Linux, a child gets a signal when the thread that started it ends
			defer runtime.UnlockOSThread()
			for i := range next {
				endings[i] = s.perform(ctx, self, i, log)
			}
		})
	}
	for i := range s.Len() {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	workers.Wait()
	return s.conclude(ctx, w, endings)
}

// perform trains a job in a process, unless there is nothing to do.
func (s *openedSweep) perform(ctx context.Context, self string, i int, log *console) *ending {
	job := s.Job(i)
	switch result, err := s.look(job); {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		log.warn(fmt.Sprintf("job %d is left out: %v", i, err))
		return &ending{exitCode(err), err.Error()}
	case result.Done():
		return &ending{}
	}
	began := time.Now()
	log.log.Info(fmt.Sprintf("job %d of %d starts", i, s.Len()), "settings", job.String())
	end := s.start(ctx, self, i)
	took := time.Since(began).Round(100 * time.Millisecond).String()
	switch end.code {
	case 0:
		log.log.Info(fmt.Sprintf("job %d is done", i), "run", job.Path(s.Out), "took", took)
	case 75:
		log.log.Info(fmt.Sprintf("job %d is stopped with a checkpoint", i), "run", job.Path(s.Out), "took", took)
	default:
		log.warn(fmt.Sprintf("job %d ended with exit code %d: %s", i, end.code, end.why))
	}
	return &end
}

// start runs the process of a job. What it prints is appended to a file.
func (s *openedSweep) start(ctx context.Context, self string, i int) ending {
	path := filepath.Join(s.Out, logsFolder, s.Job(i).Name()+".log")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return ending{5, err.Error()}
	}
	defer file.Close()
	args := []string{"sweep", "--index", strconv.Itoa(i), "--out", s.Out, "--log-format", s.LogFormat}
	if s.Retry {
		args = append(args, "--retry")
	}
	if s.config != "" {
		args = append(args, "--"+configFlag, s.config)
	}
	c := exec.CommandContext(ctx, self, append(args, s.file)...)
	c.Args[0] = os.Args[0] // the name under which this process was started
	c.Stdout, c.Stderr, c.Env = file, file, s.environment()
	c.Cancel = func() error { return c.Process.Signal(stopChild) }
	endWithParent(c)
	if err := c.Start(); err != nil {
		return ending{1, err.Error()}
	}
	err = c.Wait()
	if c.ProcessState == nil {
		return ending{1, err.Error()}
	}
	if code := c.ProcessState.ExitCode(); code >= 0 {
		return ending{code, lastError(file)}
	}
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return ending{128 + int(status.Signal()), "killed by " + signalName(status.Signal())}
	}
	return ending{1, fmt.Sprint(err)}
}

// environment is that of the process of a job. It has the share of a job in the cores and
// the memory, and no variables that choose other work.
func (s *openedSweep) environment() []string {
	jobs := min(s.Jobs, s.Len())
	own := settings.Fields(&s.sweepOptions)
	list := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		variable, _, _ := strings.Cut(entry, "=")
		return slices.ContainsFunc(own, func(f settings.Field) bool { return f.Env == variable })
	})
	return append(list, "GOMAXPROCS="+strconv.Itoa(max(1, runtime.GOMAXPROCS(0)/jobs)), "GOMEMLIMIT="+strconv.FormatInt(memory.Limit()/int64(jobs), 10))
}

// lastError returns the error that a process has printed, which is the last line that
// begins with the name of the program.
func lastError(file io.ReadSeeker) string {
	const most = 8192
	size, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = file.Seek(max(0, size-most), io.SeekStart)
	}
	data, _ := io.ReadAll(io.LimitReader(file, most))
	lines := bytes.Split(data, []byte("\n"))
	for i := len(lines) - 1; err == nil && i >= 0; i-- {
		if text, ok := bytes.CutPrefix(lines[i], []byte("gaetrain: ")); ok {
			return string(text)
		}
	}
	return ""
}

// conclude prints how many jobs are done, and returns the error about the others.
func (s *openedSweep) conclude(ctx context.Context, w io.Writer, endings []*ending) error {
	done, saved, failed, first := 0, 0, 0, -1
	for i, e := range endings {
		switch {
		case e == nil:
		case e.code == 0:
			done++
		case e.code == 75:
			saved++
		case e.code == 130 && ctx.Err() != nil: // stopped before its first checkpoint
		default:
			failed++
			if first < 0 {
				first = i
			}
		}
	}
	count := fmt.Sprintf("%d of %d jobs are done", done, len(endings))
	if failed > 0 {
		count += fmt.Sprintf(", %d failed", failed)
	}
	again := "hint: the same command continues"
	switch {
	case ctx.Err() != nil && done+saved == 0:
		return fmt.Errorf("%w: %w; nothing was saved yet; hint: run the same command again", errUnsaved, context.Cause(ctx))
	case ctx.Err() != nil:
		return fmt.Errorf("%w: %w; %s; %s", trainer.ErrStopped, context.Cause(ctx), count, again)
	case saved > 0:
		return fmt.Errorf("%w: %s by the time limit or a signal; %s; %s", trainer.ErrStopped, many(saved, "job"), count, again)
	case failed > 0:
		return failedJobs{endings[first].code, fmt.Sprintf("%s; job %d: %s", count, first, endings[first].why)}
	}
	printf(w, "%s, in %s\n", count, s.Out)
	printEntry(w, "next", []string{s.command("--collect")}, "")
	return nil
}
