//go:build !linux

package cmd

import "time"

// containerAge is not known on this system.
func containerAge() (age time.Duration, known bool) { return 0, false }
