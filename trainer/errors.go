package trainer

import (
	"errors"

	"gaetrain/trainer/settings"
)

// What the errors of this package wrap; each has an exit code of its own kind.
var (
	ErrConfiguration = settings.ErrConfiguration            // a value that makes no sense
	ErrDiverged      = errors.New("training diverged")      // NaN or Inf
	ErrCheckpoint    = errors.New("checkpoint")             // unusable checkpoint
	ErrRun           = errors.New("run folder")             // missing, unwritable or in use
	ErrRunExists     = errors.New("run folder holds a run") // would be overwritten
	ErrStopped       = errors.New("stopped")                // by a signal or a time limit, with a checkpoint saved
)
