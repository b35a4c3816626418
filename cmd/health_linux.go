package cmd

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// ticks is the number of clock ticks per second in /proc, which is 100 on all of Linux.
const ticks = 100

// containerAge returns the time since process 1 was started. It does not depend on the
// clock of the system, which may be set.
func containerAge() (age time.Duration, known bool) {
	stat, err := os.ReadFile("/proc/1/stat")
	if err != nil {
		return 0, false
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0, false
	}
	return processAge(stat, uptime)
}

// processAge computes the age of a process from the contents of /proc/PID/stat and
// /proc/uptime.
func processAge(stat, uptime []byte) (age time.Duration, known bool) {
	const start = 22 - 3 // of the fields after the name in parentheses, the first of which is field 3
	_, after, found := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	fields, seconds := bytes.Fields(after), bytes.Fields(uptime)
	if !found || len(fields) <= start || len(seconds) == 0 {
		return 0, false
	}
	began, err := strconv.ParseUint(string(fields[start]), 10, 64)
	if err != nil {
		return 0, false
	}
	up, err := strconv.ParseFloat(string(seconds[0]), 64)
	if err != nil {
		return 0, false
	}
	elapsed := up - float64(began)/ticks
	if !(elapsed >= 0 && elapsed < 1e9) { // the two have different origins, as with lxcfs
		return 0, false
	}
	return time.Duration(elapsed * float64(time.Second)), true
}
