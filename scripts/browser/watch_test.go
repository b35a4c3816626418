package browser

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// usage returns the processor time of a process so far, and its resident memory.
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

// TestWatchFleet shows 200 runs of 500 epochs. It measures processor time, which does not depend on what else the machine does.
func TestWatchFleet(t *testing.T) {
	dir := t.TempDir()
	Fleet(t, dir, 200, 500)
	process, url := Watch(t, binary, dir, ".")
	tab := Open(t, chromium, url)
	tab.Wait(`document.querySelectorAll("#list tr").length === 200`)
	first := tab.CPU()
	var ms float64
	tab.Eval(`performance.now()`, &ms)
	t.Logf("the page has all rows after %.0f ms, with %.0f ms of processor time", ms, first*1000)
	if first > 1 {
		t.Errorf("the page needs %.2f s of processor time until it shows all runs, want at most 1", first)
	}
	tab.Wait(`[...document.querySelectorAll("#list td:nth-child(5)")].every((e) => e.textContent)`)
	if start, memory := usage(t, process); start > 4 || memory > 300 {
		t.Errorf("to read all runs, the server needs %.2f s of processor time and %.0f MB", start, memory)
	}
	tab.Click("#clear")
	for i := 1; i <= 6; i++ {
		tab.Click(fmt.Sprintf("#list tr:nth-child(%d) input", i))
		tab.Wait(fmt.Sprintf(`document.querySelector("#found").textContent === "%d chosen"`, i))
	}
	tab.Wait(`document.querySelectorAll(".curves-more").length > 0`)
	tab.Screenshot(artefacts, "watch-fleet")

	// Every second, all chosen runs and some others finish an epoch.
	const updates = 5
	var ids, names []string
	tab.Eval(`[...document.querySelectorAll("#list tr:nth-child(-n+20) th > a")].map((e) => e.textContent)`, &names)
	tab.Eval(`new URLSearchParams(location.hash.slice(1)).get("runs").split(",")`, &ids)
	if len(names) != 20 || len(ids) != 6 {
		t.Fatalf("%d names, %d runs are chosen", len(names), len(ids))
	}
	before, idle := tab.CPU(), time.Now()
	used, _ := usage(t, process)
	for i := range updates {
		for _, name := range names {
			appendRecords(t, filepath.Join(dir, name), 501+i)
		}
		time.Sleep(time.Second)
	}
	tab.Wait(`document.querySelector("#list").textContent.includes("505/")`)
	page := (tab.CPU() - before) / updates
	now, _ := usage(t, process)
	server := (now - used) / time.Since(idle).Seconds()
	t.Logf("an update takes %.0f ms of the page's processor time; the server uses %.1f %% of a processor", page*1000, server*100)
	if page > 0.1 {
		t.Errorf("an update takes %.0f ms of the page's processor time, want at most 100", page*1000)
	}
	if server > 0.05 {
		t.Errorf("the server uses %.1f %% of a processor, want at most 5", server*100)
	}
}

// appendRecords adds the records of an epoch to a run.
func appendRecords(t *testing.T, run string, epoch int) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(run, "metrics.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(epochRecords(0, epoch)); err != nil {
		t.Fatal(err)
	}
}

// fewRuns makes a folder with 12 runs, serves it and opens the page.
func fewRuns(t *testing.T) (dir string, tab *Tab) {
	t.Helper()
	dir = t.TempDir()
	Fleet(t, dir, 12, 40)
	_, url := Watch(t, binary, dir, ".")
	tab = Open(t, chromium, url)
	tab.Wait(`document.querySelectorAll("#list tr").length === 12 && document.querySelector("#curves canvas")`)
	return dir, tab
}

// TestWatchChoice chooses, filters and sorts runs, opens the address again, and opens a report.
func TestWatchChoice(t *testing.T) {
	dir, tab := fewRuns(t)
	row := func(name string) string {
		var n int
		tab.Eval(fmt.Sprintf(`[...document.querySelectorAll("#list tr")].findIndex((tr) => tr.querySelector("th").textContent === %q) + 1`, name), &n)
		if n == 0 {
			t.Fatalf("no run %s", name)
		}
		return fmt.Sprintf("#list tr:nth-child(%d) ", n)
	}
	tab.Click("#clear")
	tab.Wait(`document.querySelector("#curves-section").hidden`)
	tab.Click(row("trained-1") + "input")
	tab.Wait(`document.querySelector(".curves-legend")?.textContent.includes("train")`)
	tab.Click(row("trained-2") + "input")
	tab.Click(row("sweep/job-003") + "input")
	tab.Wait(`document.querySelector("#curves").textContent.includes("sweep/job-003")`)
	tab.Wait(`document.querySelectorAll("#pictures img").length === 3 && [...document.querySelectorAll("#pictures img")].every((i) => i.complete && i.naturalWidth > 0)`)
	settings := tab.Text("#settings")
	for _, part := range []string{"learning-rate", "0.01", "model", "vae", "seed"} {
		if !strings.Contains(settings, part) {
			t.Errorf("the settings that differ lack %s:\n%s", part, settings)
		}
	}
	if strings.Contains(settings, "batch-size") {
		t.Errorf("the settings that differ have one that is the same:\n%s", settings)
	}
	tab.Screenshot(artefacts, "watch-overlay")

	tab.SetValue("#epoch", "0")
	tab.Wait(`[...document.querySelectorAll("#pictures img")].every((i) => i.src.includes("reconstructions-000"))`)
	if text := tab.Text("#epoch-text"); strings.Contains(text, "latest") {
		t.Errorf("the slider is at the first epoch, but its text is %q", text)
	}
	tab.SetValue("#filter", "learning-rate=0.01 trained")
	tab.Wait(`document.querySelectorAll("#list tr").length === 1`)
	if text := tab.Text("#list th"); text != "trained-2" {
		t.Errorf("the filter finds %s", text)
	}
	tab.SetValue("#filter", "vae")
	tab.Click("#columns th:nth-child(5) button") // loss, falling
	tab.Click("#columns th:nth-child(5) button") // rising
	var sorted bool
	tab.Eval(`(() => {
		const values = [...document.querySelectorAll("#list tr td:nth-child(5)")].map((e) => Number(e.textContent));
		return values.length === 4 && values.every((v, i) => i === 0 || values[i - 1] <= v);
	})()`, &sorted)
	if !sorted {
		t.Errorf("the loss is not sorted:\n%s", tab.Text("#list"))
	}

	tab.Reload()
	tab.Wait(`document.querySelectorAll("#list tr").length === 4 && document.querySelectorAll("#list input:checked").length === 1`)
	tab.Wait(`document.querySelector("#found").textContent.includes("3 chosen") && document.querySelector("#curves").textContent.includes("sweep/job-003")`)
	if err := os.RemoveAll(filepath.Join(dir, "trained-2")); err != nil {
		t.Fatal(err)
	}
	tab.Wait(`document.querySelector("#found").textContent.includes("2 chosen") && document.querySelector("#counts").textContent.includes("11 runs")`)
	Gaetrain(t, binary, dir, small("--run", "new")...)
	tab.Wait(`document.querySelector("#counts").textContent.includes("12 runs")`)
	tab.Click(row("trained-1") + "th a")
	tab.Wait(`location.pathname.endsWith("/report.html") && document.querySelector("h1")`)
	tab.Screenshot(artefacts, "watch-report")
}

// TestWatchLook checks colours and sizes of the page.
func TestWatchLook(t *testing.T) {
	_, tab := fewRuns(t)
	tab.Click("#list tr:nth-child(2) input")
	tab.Click("#list tr:nth-child(5) input")
	tab.Wait(`document.querySelectorAll("#pictures img").length === 3 && [...document.querySelectorAll("#pictures img")].every((i) => i.complete)`)
	for _, scheme := range []string{"light", "dark"} {
		tab.Scheme(scheme)
		tab.CheckContrast()
		tab.Screenshot(artefacts, "watch-"+scheme)
	}
	tab.Scheme("light")
	tab.Resize(400, 800)
	tab.CheckWidth()
	tab.Wait(`document.querySelector(".uplot canvas").clientWidth < 400`)
	tab.Screenshot(artefacts, "watch-400px")
	tab.Resize(1280, 900)
	tab.Print()
	tab.CheckContrast()
	tab.Screenshot(artefacts, "watch-print")
}

// TestWatchLive trains while the page is open.
func TestWatchLive(t *testing.T) {
	dir := t.TempDir()
	_, url := Watch(t, binary, dir)
	tab := Open(t, chromium, url)
	tab.Wait(`document.querySelector("#counts").textContent.includes("There are no runs yet") && !document.querySelector("#notice").hidden`)
	flags := []string{"train", "--quiet", "--model", "vae", "--hidden", "64", "--train-images", "2000", "--test-images", "100", "--run", "runs/live", "--epochs", "1000"}
	train := Start(t, binary, dir, flags...)
	state := func(want string) {
		t.Helper()
		tab.Wait(fmt.Sprintf(`document.querySelector("#list .state") && document.querySelector("#list .state").textContent === %q`, want))
	}
	epoch := `Number((document.querySelector(".curves-at") || {textContent: "0"}).textContent.replace("epoch ", ""))`
	state("running")
	tab.Wait(epoch + " > 0")
	var first, later float64
	tab.Eval(epoch, &first)
	tab.Wait(fmt.Sprintf("%s > %g", epoch, first))
	tab.Wait(`document.querySelector("#pictures img") && document.querySelector("#pictures img").naturalWidth > 0`)
	var source, left string
	tab.Eval(`document.querySelector("#pictures img").getAttribute("src")`, &source)
	tab.Wait(fmt.Sprintf(`document.querySelector("#pictures img").getAttribute("src") !== %q`, source))
	tab.Eval(`document.querySelector("#list td:nth-child(8)").textContent`, &left)
	if left == "" {
		t.Error("the list shows no estimate of the time that is left")
	}
	tab.Eval(`performance.getEntriesByName("update")[0].duration`, &later)
	t.Logf("the last update took %.0f ms until it was painted", later)
	tab.Screenshot(artefacts, "watch-live")

	train.Kill()
	state("dead")
	tab.Screenshot(artefacts, "watch-dead")
	tab.Eval(epoch, &first)
	train = Start(t, binary, dir, append(flags, "--resume")...)
	state("running")
	tab.Wait(fmt.Sprintf("%s > %g", epoch, first))
	if code := train.Stop(t, syscall.SIGTERM); code != 75 {
		t.Errorf("the training ends with code %d, want 75", code)
	}
	state("stopped")
	tab.Eval(epoch, &later)
	const more = 100 // the run may be some epochs ahead of the page
	Start(t, binary, dir, append(flags, "--resume", "--epochs", fmt.Sprint(later+more))...)
	state("done")
	tab.Wait(`document.querySelector("#list th a")`)
}

// TestWatchHostile shows runs whose names are markup, paths or worse.
func TestWatchHostile(t *testing.T) {
	dir := t.TempDir()
	names := []string{"<img src=x onerror=alert(1)>", `"'><script>throw 1<`, "a\u202eb", "%2e%2e%2f", "line\nbreak", "#a?b=c&d", strings.Repeat("long ", 40), "\xff\xfe", "__proto__", "-rf"}
	Gaetrain(t, binary, dir, small("--run", "runs/plain")...)
	for _, name := range names {
		if err := os.CopyFS(filepath.Join(dir, "runs", name), os.DirFS(filepath.Join(dir, "runs", "plain"))); err != nil {
			t.Fatal(err)
		}
	}
	_, url := Watch(t, binary, dir)
	tab := Open(t, chromium, url)
	tab.Wait(fmt.Sprintf(`document.querySelectorAll("#list tr").length === %d`, len(names)+1))
	var shown []string
	tab.Eval(`[...document.querySelectorAll("#list th")].map((e) => e.textContent)`, &shown)
	for _, want := range []string{names[0], names[1], "a\\u202eb", names[3], "line\\nbreak", names[5], "\\xff\\xfe", "__proto__", "-rf"} {
		if !slices.Contains(shown, want) {
			t.Errorf("no run is shown as %q: %q", want, shown)
		}
	}
	for i := range 4 {
		tab.Click(fmt.Sprintf("#list tr:nth-child(%d) input:not(:checked)", i+2))
	}
	tab.Wait(`!document.querySelector("#settings-note").hidden && document.querySelectorAll("#pictures img").length === 5`)
	if n := tab.Count("#list img, #list script, #curves img, #settings img"); n > 0 {
		t.Errorf("%d elements are made from names", n)
	}
	tab.CheckWidth()
	tab.Screenshot(artefacts, "watch-hostile")
	var links []string
	tab.Eval(`[...document.querySelectorAll("#list th a")].map((e) => e.href)`, &links)
	if len(links) != len(names)+1 {
		t.Errorf("%d runs have a link to their report, want %d", len(links), len(names)+1)
	}
	tab.Eval(`Promise.all([...document.querySelectorAll("#list th a")].map((e) => fetch(e.href).then((a) => { if (!a.ok) throw new Error(e.href); })))`, nil)
}

// TestWatchToken opens a page that needs a token.
func TestWatchToken(t *testing.T) {
	dir := t.TempDir()
	Gaetrain(t, binary, dir, small("--run", "runs/one")...)
	_, address := Watch(t, binary, dir, "--address", "0.0.0.0")
	page, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	page.Host = "127.0.0.1:" + page.Port()
	tab := Open(t, chromium, page.String())
	tab.Wait(`document.querySelectorAll("#list tr").length === 1 && !location.href.includes("token")`)
	tab.Click("#list th a")
	tab.Wait(`location.pathname.endsWith("/report.html") && document.querySelector("h1")`)
}
