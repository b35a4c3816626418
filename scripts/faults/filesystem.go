package main

import (
	"bytes"
	"fmt"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// fault is what happens at one operation of a file system.
type fault struct {
	at   int           // the number of the operation, counted from 1; 0: never
	kill func()        // ends the program before the operation; nil: the operation fails instead
	code syscall.Errno // of a failing operation
}

// faulty is a file system that shows a folder. It counts the operations that change the
// folder, and one of them fails. A write that fails has written half of its bytes.
type faulty struct {
	fuse.RawFileSystem
	reads bool // it counts the operations that read, instead of those that change the folder

	mutex sync.Mutex
	fault fault
	log   []string // the names of the counted operations
}

// meets counts an operation, and reports whether it fails and how.
func (f *faulty) meets(changes bool, format string, values ...any) (fuse.Status, bool) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if changes == f.reads {
		return fuse.OK, false
	}
	f.log = append(f.log, fmt.Sprintf(format, values...))
	if len(f.log) != f.fault.at {
		return fuse.OK, false
	}
	if f.fault.kill != nil {
		f.fault.kill()
		return fuse.EIO, true
	}
	return fuse.Status(f.fault.code), true
}

func (f *faulty) Create(cancel <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	if code, failed := f.meets(true, "create %s", name); failed {
		return code
	}
	return f.RawFileSystem.Create(cancel, in, name, out)
}

func (f *faulty) Mkdir(cancel <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	if code, failed := f.meets(true, "mkdir %s", name); failed {
		return code
	}
	return f.RawFileSystem.Mkdir(cancel, in, name, out)
}

func (f *faulty) Write(cancel <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	code, failed := f.meets(true, "write of %d bytes", len(data))
	if failed {
		data = data[:len(data)/2]
	}
	n, done := f.RawFileSystem.Write(cancel, in, data)
	if failed {
		return n, code
	}
	return n, done
}

func (f *faulty) Writev(cancel <-chan struct{}, in *fuse.WriteIn, data [][]byte) (uint32, fuse.Status) {
	return f.Write(cancel, in, bytes.Join(data, nil))
}

func (f *faulty) Fsync(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	if code, failed := f.meets(true, "fsync"); failed {
		return code
	}
	return f.RawFileSystem.Fsync(cancel, in)
}

func (f *faulty) FsyncDir(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	if code, failed := f.meets(true, "fsync of a folder"); failed {
		return code
	}
	return f.RawFileSystem.FsyncDir(cancel, in)
}

func (f *faulty) Rename(cancel <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if code, failed := f.meets(true, "rename to %s", to); failed {
		return code
	}
	return f.RawFileSystem.Rename(cancel, in, from, to)
}

func (f *faulty) Link(cancel <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	if code, failed := f.meets(true, "link %s", name); failed {
		return code
	}
	return f.RawFileSystem.Link(cancel, in, name, out)
}

func (f *faulty) Unlink(cancel <-chan struct{}, in *fuse.InHeader, name string) fuse.Status {
	if code, failed := f.meets(true, "unlink %s", name); failed {
		return code
	}
	return f.RawFileSystem.Unlink(cancel, in, name)
}

func (f *faulty) SetAttr(cancel <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	what := "change of attributes"
	if _, ok := in.GetSize(); ok {
		what = "truncate"
	}
	if code, failed := f.meets(true, "%s", what); failed {
		return code
	}
	return f.RawFileSystem.SetAttr(cancel, in, out)
}

func (f *faulty) Open(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	if code, failed := f.meets(false, "open"); failed {
		return code
	}
	return f.RawFileSystem.Open(cancel, in, out)
}

func (f *faulty) Read(cancel <-chan struct{}, in *fuse.ReadIn, buffer []byte) (fuse.ReadResult, fuse.Status) {
	if code, failed := f.meets(false, "read"); failed {
		return nil, code
	}
	return f.RawFileSystem.Read(cancel, in, buffer)
}

// mount shows a folder at another one through a faulty file system, until the returned
// function is called.
func mount(folder, at string, f *faulty) (unmount func() error, err error) {
	root, err := fs.NewLoopbackRoot(folder)
	if err != nil {
		return nil, err
	}
	second := time.Second
	f.RawFileSystem = fs.NewNodeFS(root, &fs.Options{EntryTimeout: &second, AttrTimeout: &second})
	server, err := fuse.NewServer(f, at, &fuse.MountOptions{FsName: "faulty", Name: "faulty", DirectMount: true, DisableXAttrs: true, DisableReadDirPlus: true})
	if err != nil {
		return nil, fmt.Errorf("mount: %w", err)
	}
	go server.Serve()
	if err := server.WaitMount(); err != nil {
		return nil, err
	}
	return server.Unmount, nil
}
