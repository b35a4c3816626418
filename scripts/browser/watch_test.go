package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cpuSeconds is the processor time of a process so far, and memoryMB its resident memory.
func usage(t *testing.T, p *Process) (cpuSeconds, memoryMB float64) {
	t.Helper()
	read := func(name string) string {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.Process.Pid, name))
		if err != nil {
			t.Skipf("no /proc: %v", err)
		}
		return string(data)
	}
	fields := strings.Fields(read("stat")[strings.LastIndex(read("stat"), ")")+1:])
	for _, field := range fields[11:13] { // user and system time in hundredths of a second
		ticks, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		cpuSeconds += ticks / 100
	}
	for line := range strings.Lines(read("status")) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kilobytes, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			memoryMB = kilobytes / 1024
		}
	}
	return cpuSeconds, memoryMB
}

func TestWatchFleet(t *testing.T) {
	dir := os.Getenv("FLEET")
	if dir == "" {
		dir = t.TempDir()
	}
	if _, err := os.Stat(filepath.Join(dir, "sweep")); err != nil {
		Fleet(t, binary, dir, 200, 500)
	}
	began := time.Now()
	process, url := Watch(t, binary, dir, ".")
	t.Logf("started after %s", time.Since(began))
	tab := Open(t, chromium, url)
	var ms float64
	tab.Wait(`document.querySelectorAll("#list tr").length === 200`)
	tab.Eval(`performance.now()`, &ms)
	var fcp float64
	tab.Eval(`performance.getEntriesByName("first-contentful-paint")[0].startTime`, &fcp)
	t.Logf("first paint %.0f ms, all rows %.0f ms", fcp, ms)
	tab.Wait(`document.querySelector("#curves canvas")`)
	tab.Wait(`[...document.querySelectorAll("#list td:nth-child(7)")].every((e) => e.textContent)`)
	tab.Eval(`performance.now()`, &ms)
	t.Logf("all figures %.0f ms", ms)
	tab.Screenshot(artefacts, "watch-fleet")
	c0, _ := usage(t, process)
	time.Sleep(5 * time.Second)
	c1, m := usage(t, process)
	t.Logf("start %.2f s CPU, then %.1f %% CPU, %.0f MB", c0, (c1-c0)/5*100, m)
}
