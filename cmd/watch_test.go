package cmd

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var servedPage = regexp.MustCompile(`(?m)^page +(\S+)`)

// visit FILE PATH… opens paths of the page whose address gaetrain watch writes to a file, and prints the status and the answers. Of
// a stream of events, it reads the first one.
func visit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: visit FILE PATH…")
	}
	var page *url.URL
	for end := time.Now().Add(20 * time.Second); page == nil; time.Sleep(20 * time.Millisecond) {
		data, _ := os.ReadFile(ts.MkAbs(args[0])) // it may not exist yet
		if found := servedPage.FindSubmatch(data); found != nil {
			var err error
			page, err = url.Parse(string(found[1]))
			ts.Check(err)
		} else if time.Now().After(end) {
			ts.Fatalf("%s has no address", args[0])
		}
	}
	client := http.Client{Timeout: 20 * time.Second}
	for _, path := range args[1:] {
		at, err := page.Parse(path)
		ts.Check(err)
		at.Host = "127.0.0.1:" + at.Port() // the printed name may be that of another machine
		answer, err := client.Get(at.String())
		ts.Check(err)
		var text strings.Builder
		buffer := make([]byte, 1<<16)
		for n := 0; err == nil && !(strings.HasPrefix(text.String(), "data: ") && strings.HasSuffix(text.String(), "\n\n")); {
			n, err = answer.Body.Read(buffer)
			text.Write(buffer[:n])
		}
		if err != io.EOF {
			ts.Check(err)
		}
		answer.Body.Close()
		ts.Logf("%s: %s", path, answer.Status)
		_, err = io.WriteString(ts.Stdout(), answer.Status+"\n"+text.String()+"\n")
		ts.Check(err)
	}
}
