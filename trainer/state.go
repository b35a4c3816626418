package trainer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"gaetrain/loaders/files"
)

// Phase is what a run is doing, or how it ended.
type Phase string

// Phases of a run.
const (
	Waiting  Phase = "waiting"  // a process has opened the run and has not made its first step
	Running  Phase = "running"  // a process trains it
	Done     Phase = "done"     // all stages are finished
	Stopped  Phase = "stopped"  // by a signal or a time limit; --resume continues it
	Diverged Phase = "diverged" // a value was NaN or infinite
	Failed   Phase = "failed"   // by another error
	Dead     Phase = "dead"     // the process ended without a word, such as by kill -9; --resume continues it
)

// known reports whether p is a phase that a file can have.
func (p Phase) known() bool {
	return slices.Contains([]Phase{Waiting, Running, Done, Stopped, Diverged, Failed, Dead}, p)
}

// State is the content of state.json. The process that trains a run replaces the file
// when the phase changes.
type State struct {
	Phase   Phase     `json:"phase"`
	Since   time.Time `json:"since"`             // when the phase began; zero if it is not known
	Message string    `json:"message,omitempty"` // the error that ended the run
	Host    string    `json:"host,omitempty"`    // of the process
	Process int       `json:"process,omitempty"` // its number
	// Progress is when the process last finished a step or a batch of evaluation, at
	// intervals of progressEvery. It is the modification time of the lock file.
	Progress time.Time `json:"-"`
}

// Active reports whether a process has the run open.
func (s State) Active() bool { return s.Phase == Waiting || s.Phase == Running }

// progressEvery is the interval at which the time of the lock file is renewed.
const progressEvery = 5 * time.Second

// StateOf reads the state of the run in a folder. A run that a process left without
// finishing it is Dead. It takes a shared lock for a moment to see whether a process
// holds the run. A run that made progress on another host within the last minute is not
// Dead, because the file system may not share locks. A run of an older program, which has
// no state.json, is Done, Running or Dead. Errors wrap ErrRun. If the folder holds no run, they also wrap fs.ErrNotExist.
func StateOf(dir string) (State, error) {
	if !IsRun(dir) {
		return State{}, noRunError{dir}
	}
	s, err := readState(dir)
	if err != nil || !s.Active() || held(dir) || s.elsewhere() && time.Since(s.Progress).Abs() < time.Minute {
		return s, err
	}
	// The process may have finished between the two looks.
	if s, err = readState(dir); err == nil && s.Active() {
		s.Phase = Dead
	}
	return s, err
}

// elsewhere reports whether a process on another host opened the run last.
func (s State) elsewhere() bool {
	host, err := os.Hostname()
	return err == nil && s.Host != "" && s.Host != host
}

// readState reads state.json and the time of the lock file.
func readState(dir string) (s State, err error) {
	const most = 1 << 16
	data, err := files.ReadRegular(filepath.Join(dir, stateFile), most)
	switch {
	case err == nil:
		if err = json.Unmarshal(data, &s); err == nil && !s.Phase.known() {
			err = fmt.Errorf("the phase %.20q is unknown", s.Phase)
		}
	case errors.Is(err, fs.ErrNotExist):
		s.Phase, err = Running, nil
		if _, err := os.Stat(filepath.Join(dir, finalFile)); err == nil {
			s.Phase = Done
		}
	}
	if err != nil {
		return s, fmt.Errorf("%w: %s: %w", ErrRun, filepath.Join(dir, stateFile), err)
	}
	s.Progress = progressOf(filepath.Join(dir, lockFile))
	return s, nil
}

// progressOf returns the modification time of a lock file, zero without one. A network
// file system may know an old time of a file until the file is opened.
func progressOf(path string) time.Time {
	if files.RequireRegular(path) != nil {
		return time.Time{}
	}
	if file, err := os.Open(path); err == nil {
		defer file.Close()
	}
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// held reports whether a process holds the lock of a run folder, as far as that can be
// seen.
func held(dir string) bool {
	path := filepath.Join(dir, lockFile)
	if files.RequireRegular(path) != nil {
		return false
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDONLY))
	free, err := lock.TryRLock()
	if free {
		lock.Unlock()
	}
	return !free || err != nil
}

// acquirePatience is how long a process waits for the lock, because StateOf of another
// process holds it for a moment.
const acquirePatience = 200 * time.Millisecond

// tryLock takes the lock of a run folder.
func tryLock(lock *flock.Flock) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), acquirePatience)
	defer cancel()
	ok, err := lock.TryLockContext(ctx, acquirePatience/20)
	if errors.Is(err, context.DeadlineExceeded) {
		err = nil
	}
	return ok, err
}

// takeover is how long a process watches a run whose lock is free, although a process on
// another host has not recorded its end. takeoverLook is the interval.
var takeover, takeoverLook = 3 * progressEvery, time.Second

// elsewhere returns an error if a process on another host trains the run. Locks do that
// on file systems that share them between hosts. Others, such as NFS mounted with
// nolock, only show the time of the lock file. It is compared with itself, because the
// clocks of two hosts can differ.
func (r *Run) elsewhere() error {
	s, err := readState(r.Dir)
	if err != nil || !s.Active() || !s.elsewhere() {
		return nil
	}
	for range int(takeover / takeoverLook) {
		time.Sleep(takeoverLook)
		now, err := readState(r.Dir)
		if err != nil || !now.Progress.Equal(s.Progress) {
			return fmt.Errorf("%w: %s is in use by process %d on host %s; hint: wait until that process has ended, or choose another --run", ErrRun, r.Dir, s.Process, s.Host)
		}
	}
	r.note("process %d on host %s had opened the run and made no progress for %v, so this process takes it over", s.Process, s.Host, takeover)
	return nil
}

// enterPhase replaces state.json.
func (r *Run) enterPhase(phase Phase, message string) error {
	host, _ := os.Hostname() // "": not known
	r.beat(true)
	return r.WriteJSON(stateFile, State{Phase: phase, Since: time.Now().UTC().Truncate(time.Second), Message: message, Host: host, Process: os.Getpid()})
}

// beat renews the time of the lock file, at once or if progressEvery has passed. A file
// system that does not allow it does not stop training.
func (r *Run) beat(atOnce bool) {
	if now := time.Now(); atOnce || now.Sub(r.beaten) >= progressEvery {
		r.beaten = now
		_ = os.Chtimes(r.Path(lockFile), now, now)
	}
}

// ended records how training ended. The error itself is more important than an error of
// writing the file.
func (r *Run) ended(err error) {
	phase, message := Done, ""
	if err != nil {
		phase, message = Failed, err.Error()
	}
	switch {
	case errors.Is(err, ErrStopped):
		phase = Stopped
	case errors.Is(err, ErrDiverged):
		phase = Diverged
	}
	_ = r.enterPhase(phase, message)
}

// progress records that the run makes progress.
func progress() Hook {
	return Hook{
		Name:  "progress",
		Start: func(_ context.Context, l *Loop) error { return l.Run.enterPhase(Running, "") },
		Step: func(_ context.Context, l *Loop) error {
			l.Run.beat(false)
			return nil
		},
	}
}
