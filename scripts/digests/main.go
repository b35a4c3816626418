// Command digests records what gaetrain computes in many short runs. The record shows
// whether a change of the code leaves every number the same. It runs a built program as
// a separate process and reads its run folders. It imports nothing of this module,
// because the code that it checks may be replaced.
//
//	go run ./scripts/digests -binary PATH -kernel avx2 -commit ID -out scripts/digests/recorded/avx2.txt
//	go run ./scripts/digests -binary PATH -against scripts/digests/recorded/avx2.txt
//
// The first command records. The second compares with a recorded file, prints
// one line per case that differs, and exits with 1 if there is one.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
)

// options are the flags.
type options struct {
	binary, kernel, cases, only, out, against, commit string
	ignoreNames                                       bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "", "`path` of a built gaetrain (required)")
	flag.StringVar(&o.kernel, "kernel", "", "kernel `path`: generic, avx2, avx512 or neon (default: the path of the -against file, or else the fastest of this processor)")
	flag.StringVar(&o.cases, "cases", "scripts/digests/cases.txt", "`file` of cases")
	flag.StringVar(&o.only, "only", "", "run only the cases whose names match this regular `expression` (default: all)")
	flag.StringVar(&o.out, "out", "", "`file` to record in (default: standard output)")
	flag.StringVar(&o.against, "against", "", "recorded `file` to compare with")
	flag.StringVar(&o.commit, "commit", "unknown", "commit `ID` of the binary, for the first line of the record")
	flag.BoolVar(&o.ignoreNames, "ignore-names", false, "ignore the names of tensors: compare the digests over shapes and values")
	flag.Parse()
	if o.binary == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "usage: digests -binary PATH [flags]")
		flag.PrintDefaults()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := digests(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "digests:", err)
		os.Exit(1)
	}
}

// digests runs the chosen cases, and writes a record of them or compares them with a
// record.
func digests(ctx context.Context, o options) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	cases, err := readCases(o.cases)
	if err != nil {
		return err
	}
	var want recording
	if o.against != "" {
		if want, err = readRecording(o.against); err != nil {
			return err
		}
		if o.kernel == "" {
			o.kernel = want.kernel
		}
	}
	r, err := newRunner(o.binary, o.kernel, cases)
	if err != nil {
		return err
	}
	defer r.close()
	results, err := r.all(ctx, only)
	if err != nil {
		return err
	}
	if o.against == "" || o.out != "" {
		if err := writeRecord(ctx, o, r, results); err != nil {
			return err
		}
	}
	if o.against == "" {
		return nil
	}
	return reportDifferences(results, want, only, o.ignoreNames)
}

// writeRecord writes one line per case, to a file or to standard output. It
// writes nothing if a case has failed.
func writeRecord(ctx context.Context, o options, r *runner, results map[string]result) error {
	version, err := r.version(ctx)
	if err != nil {
		return err
	}
	text := new(bytes.Buffer)
	fmt.Fprintln(text, heading(o.commit, o.kernel, version))
	fmt.Fprintln(text, columns)
	var failed []error
	for _, c := range r.cases {
		got, chosen := results[c.name]
		switch {
		case !chosen:
		case got.err != nil:
			failed = append(failed, fmt.Errorf("%s: %w", c.name, got.err))
		default:
			fmt.Fprintln(text, got.record.line(c.name))
		}
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if o.out == "" {
		_, err = os.Stdout.Write(text.Bytes())
		return err
	}
	return os.WriteFile(o.out, text.Bytes(), 0o644)
}
