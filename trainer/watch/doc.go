// Package watch shows the runs below a folder on a web page, while they train and afterwards.
//
// A Watcher looks at the run folders once per second: state.json, the lock, and the new bytes of metrics.jsonl. It keeps a Row of
// each run, whose size does not depend on the number of epochs. A Server sends changed rows to pages as server-sent events, and
// reads the records and pictures of the runs that a page shows when the page asks for them. It only reads: run folders may be on a
// file system that is mounted read-only.
package watch
