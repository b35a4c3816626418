package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"

	"github.com/urfave/cli/v2"

	"gaetrain/trainer/watch"
)

type watchOptions struct {
	Port    int    `toml:"port" group:"output" help:"Port of the page, 0 for any free one. If the default port is in use, a free one is taken"`
	Address string `toml:"address" group:"output" help:"Address to listen on; for addresses other than this machine, the page needs a token"`
}

func watchVerb() *cli.Command {
	const usual = "runs"
	defaults := watchOptions{Port: 8686, Address: "127.0.0.1"}
	return &cli.Command{
		Name: "watch", Usage: "show runs on a live web page, while they train and afterwards", ArgsUsage: folderUsage,
		Description: `This verb serves a web page about all runs below DIR, by default the folder runs. It prints the
address of the page, and serves it until it is interrupted. The page lists the runs with their
state. It shows the curves and pictures of the chosen runs, and the settings in which they
differ. The page is updated while the runs train. The name of a run opens its report. The address
of the page contains the choice, so a bookmark restores it.

Only this machine can open the page. With --address 0.0.0.0, other machines can open it too. They
need the token in the printed address. It is sent without encryption, so use it only in a network
that you trust, or forward the port with ssh -L 8686:127.0.0.1:8686 HOST.

EXAMPLES:
   gaetrain watch
   gaetrain watch sweeps/learning-rate --port 9000
   gaetrain watch --address 0.0.0.0`,
		Flags: flags(clone(defaults)),
		Action: func(c *cli.Context) error {
			o := defaults
			if _, err := layers(c, &o, ""); err != nil {
				return err
			}
			dir := usual
			switch c.NArg() {
			case 0:
			case 1:
				dir = c.Args().First()
				if err := requireFolder(dir); err != nil {
					return err
				}
			default:
				return fmt.Errorf("%w: watch takes one folder, but %d were given; hint: give it their parent folder", errUsage, c.NArg())
			}
			return o.watch(c.Context, c.App.Writer, dir, wasGiven(c, "port"))
		},
	}
}

// requireFolder returns an error about a name that is no folder.
func requireFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: there is no folder %s; hint: name a folder with runs, such as runs", errUsage, dir)
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	case !info.IsDir():
		return fmt.Errorf("%w: %s is not a folder; hint: name a folder with runs, such as runs", errUsage, dir)
	}
	return nil
}

// watch serves the page until the context ends, which is the usual end.
func (o watchOptions) watch(ctx context.Context, w io.Writer, dir string, fixed bool) error {
	listener, err := o.listen(fixed)
	if err != nil {
		return err
	}
	watcher := watch.New(dir)
	server := watch.Server{Watcher: watcher}
	address := listener.Addr().(*net.TCPAddr)
	page := "http://" + address.String() + "/"
	if !address.IP.IsLoopback() {
		server.Token = rand.Text()
		host := address.IP.String()
		if address.IP.IsUnspecified() {
			if host, err = os.Hostname(); err != nil {
				host = "localhost"
			}
		}
		page = "http://" + net.JoinHostPort(host, strconv.Itoa(address.Port)) + "/?token=" + server.Token
	}
	printf(w, "runs       %s\npage       %s (open it in a web browser; Ctrl-C ends it)\n", dir, page)
	var looking sync.WaitGroup
	defer looking.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	looking.Go(func() { watcher.Watch(ctx) })
	return server.Serve(ctx, listener)
}

// listen opens the port. fixed: no other one is taken if it is in use.
func (o watchOptions) listen(fixed bool) (net.Listener, error) {
	if o.Port < 0 || o.Port > 65535 {
		return nil, fmt.Errorf("%w: port is %d; hint: from 1 to 65535, or 0 for any free one", errUsage, o.Port)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(o.Address, strconv.Itoa(o.Port)))
	if !fixed && errors.Is(err, syscall.EADDRINUSE) {
		listener, err = net.Listen("tcp", net.JoinHostPort(o.Address, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w; hint: choose another --port or --address", errUsage, err)
	}
	return listener, nil
}
