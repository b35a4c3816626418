package trainer

import (
	"errors"

	"gaetrain/trainer/settings"
)

// The errors of this package wrap these errors, which decide the exit code.
var (
	ErrConfiguration = settings.ErrConfiguration            // a setting has an invalid value
	ErrDiverged      = errors.New("training diverged")      // a number is NaN, infinite or far too large
	ErrCheckpoint    = errors.New("checkpoint")             // a checkpoint cannot be used
	ErrRun           = errors.New("run folder")             // the folder is missing, damaged, unwritable or in use
	ErrRunExists     = errors.New("run folder holds a run") // the run would be overwritten
	ErrStopped       = errors.New("stopped")                // by a signal or a time limit, with a checkpoint saved
)
