package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"gaetrain/cmd/configfile"
	"gaetrain/trainer"
	"gaetrain/trainer/settings"
	"gaetrain/trainer/sweep"
)

type sweepOptions struct {
	List    bool   `toml:"list" group:"sweep" help:"Print the jobs of the sweep with their numbers, settings and states, and train nothing"`
	Index   int    `toml:"index" group:"sweep" help:"Train one job: its number from 0"`
	Jobs    int    `toml:"jobs" group:"sweep" help:"Train all jobs on this machine, this many at a time, which share its cores and memory"`
	Collect bool   `toml:"collect" group:"sweep" help:"Read the results of all finished jobs into tables and pictures, and train nothing"`
	Retry   bool   `toml:"retry" group:"sweep" help:"Resume jobs that diverged from their last checkpoint, instead of leaving them out"`
	Figure  string `toml:"figure" group:"sweep" help:"Figure that compares the jobs: loss, mse, a term or a measure (default: validation loss, or mse)"`
	Format  string `toml:"format" group:"output" help:"Format in which --list and --collect print: table, csv, markdown or json"`
	Out     string `toml:"out" group:"output" help:"Folder with a run folder for each job (default: sweeps/ and the name of FILE without .toml)"`
	Output
}

// indexVariables are the variables in which schedulers give the number of a job.
var indexVariables = []string{"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}

func sweepVerb() *cli.Command {
	defaults := sweepOptions{Format: "table", Output: Output{LogFormat: "text"}}
	return &cli.Command{
		Name:      "sweep",
		Usage:     "train a model with many combinations of settings, and compare the results",
		ArgsUsage: fileUsage,
		Description: `A sweep is a TOML file with tables of settings. Each job of it is one training run:

   seeds = 3                           # seeds 1, 2 and 3, or a list such as [1, 7]
   [settings]                          # of all jobs: any settings of train
   epochs = 10
   [grid]                              # all combinations of these values
   code = [16, 32]
   hidden = [[256], [512, 256]]
   [random]                            # random values, the same on every machine
   draws = 5
   seed = 1
   learning-rate = {from = 0.0003, to = 0.01, scale = "log"}
   solver = ["adam", "momentum"]

Scales are uniform (the default), log, integer and log-integer. [[list]] begins an entry with
settings of its own. Jobs are all combinations of entries, grid and draws, with each seed. All
jobs are checked before one starts. Variables GAETRAIN_* take precedence over [settings], and are
refused for settings that the sweep varies.

Each job has a run folder in --out, whose name has the values of the settings that vary. If
values, draws or seeds are added to FILE, the other jobs keep their folders. If only seeds are
added, the other jobs also keep their numbers. Other changes of FILE need another --out. Each
command can be repeated: finished jobs are left out, and stopped jobs resume. Jobs that diverged
are left out without --retry.

--collect writes results.csv, results.md, results.json and combinations.csv, with means and
standard deviations over the seeds, and pictures. The validation set ranks the combinations.

With --jobs, the exit code is 0 if all jobs are done, and 75 if jobs were stopped and the same
command continues. Otherwise it is the code of the failed job with the lowest number, such as 4.
A failed job does not stop the others. The folder logs has what each job printed.

EXAMPLES:
   gaetrain sweep rates.toml --list
   gaetrain sweep rates.toml --jobs 2
   gaetrain sweep rates.toml --index 0        # one job, as in a Slurm array
   gaetrain sweep rates.toml --collect --format markdown`,
		Flags: append(withDefault(flags(clone(defaults)), "index", strings.Join(indexVariables, " or ")), configFileFlag()),
		Action: func(c *cli.Context) error {
			o := defaults
			return o.run(c)
		},
	}
}

func (o *sweepOptions) run(c *cli.Context) error {
	file, err := o.read(c)
	if err != nil {
		return err
	}
	s, err := openSweep(c, *o, file)
	if err != nil {
		return err
	}
	log := newLog(c.App.ErrWriter, o.Output)
	if n := s.Repeated; n > 0 {
		log.note(fmt.Sprintf("%d of %d draws repeat an earlier draw and are left out", n, s.Draws))
	}
	switch {
	case o.List:
		return s.list(c.Context, c.App.Writer, log)
	case o.Collect:
		return s.collect(c.Context, c.App.Writer, log)
	case o.Jobs > 0:
		return s.trainAll(c.Context, c.App.Writer, log)
	}
	return s.train(c.Context, c.App.Writer, log, o.Index)
}

// read reads the options and returns the name of the file. Exactly one of the four kinds of
// work must be chosen.
func (o *sweepOptions) read(c *cli.Context) (file string, err error) {
	if _, err := layers(c, o, ""); err != nil {
		return "", err
	}
	switch {
	case c.NArg() == 0:
		return "", fmt.Errorf("%w: no file; hint: gaetrain sweep rates.toml --list", errUsage)
	case c.NArg() > 1:
		return "", fmt.Errorf("%w: unexpected argument %q; hint: gaetrain sweep reads one file", errUsage, c.Args().Get(1))
	}
	if err := o.Output.validate(); err != nil {
		return "", err
	}
	if formats := []string{"table", "csv", "markdown", "json"}; !slices.Contains(formats, o.Format) {
		return "", fmt.Errorf("%w: unknown format %q; hint: one of %s", errUsage, o.Format, strings.Join(formats, ", "))
	}
	file = c.Args().First()
	if o.Out == "" {
		o.Out = defaultOut(file)
	}
	return file, o.choose(wasGiven(c, "index"), wasGiven(c, "jobs"))
}

// defaultOut is the folder of a sweep without --out.
func defaultOut(file string) string {
	return filepath.Join("sweeps", strings.TrimSuffix(filepath.Base(file), ".toml"))
}

// choose checks that one kind of work is chosen. The variable of a scheduler chooses a job
// if nothing else is chosen.
func (o *sweepOptions) choose(index, jobs bool) error {
	var chosen []string
	for name, is := range map[string]bool{"list": o.List, "collect": o.Collect, "index": index, "jobs": jobs} {
		if is {
			chosen = append(chosen, "--"+name)
		}
	}
	slices.Sort(chosen)
	switch {
	case len(chosen) > 1:
		return fmt.Errorf("%w: %s are given; hint: one of them", errUsage, strings.Join(chosen, " and "))
	case jobs && o.Jobs < 1:
		return fmt.Errorf("%w: jobs is %d; hint: at least 1", errUsage, o.Jobs)
	case o.Figure != "" && !o.Collect:
		return fmt.Errorf("%w: figure has no effect without --collect", errUsage)
	case o.Format != "table" && !o.Collect && !o.List:
		return fmt.Errorf("%w: format has no effect without --list or --collect", errUsage)
	case o.Retry && (o.Collect || o.List):
		return fmt.Errorf("%w: retry has no effect with %s", errUsage, chosen[0])
	case len(chosen) == 1:
		return nil
	}
	for _, variable := range indexVariables {
		text := os.Getenv(variable)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%w: %s is %q, not the number of a job", errUsage, variable, text)
		}
		o.Index = n
		return nil
	}
	return fmt.Errorf("%w: no work is chosen; hint: --list, --jobs 2, --index 0 or --collect", errUsage)
}

// openedSweep is a sweep whose jobs have been checked.
type openedSweep struct {
	*sweep.Sweep
	sweepOptions
	file   string
	config string  // file with further settings
	below  []given // from the files, in the order of precedence
	above  []given // from the environment
}

// openSweep reads the file of a sweep and checks all of its jobs.
func openSweep(c *cli.Context, o sweepOptions, file string) (*openedSweep, error) {
	plan, err := configfile.ReadSweep(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	s := &openedSweep{sweepOptions: o, file: file, config: c.String(configFlag)}
	if s.above, err = readEnvironment(); err != nil {
		return nil, err
	}
	own := settings.Fields(&o)
	s.above = slices.DeleteFunc(s.above, func(g given) bool { // of the sweep itself
		_, is := settings.Named(own, g.name)
		return is
	})
	if s.config != "" {
		if s.below, err = readFile(s.config); err != nil {
			return nil, err
		}
	}
	for _, v := range plan.Settings {
		s.below = append(s.below, s.given("[settings]", v))
	}
	if s.Sweep, err = sweep.New(plan); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errUsage, file, err)
	}
	if err := s.collisions(plan); err != nil {
		return nil, err
	}
	if len(plan.Seeds) == 0 {
		if err := s.adoptSeed(); err != nil {
			return nil, err
		}
	}
	return s, s.check(c.Context)
}

// adoptSeed makes the seed of the settings, if it is given, the seed of all jobs.
func (s *openedSweep) adoptSeed() error {
	for _, g := range slices.Concat(s.below, s.above) {
		if g.name != "seed" {
			continue
		}
		seed, err := strconv.ParseUint(g.text, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: %s: %q is not a whole number from 0", errUsage, g.where, g.text)
		}
		s.Seeds = []uint64{seed}
	}
	return nil
}

// given is a value of the file of the sweep.
func (s *openedSweep) given(table string, v sweep.Value) given {
	return given{name: v.Name, text: v.Text, list: v.List, origin: settings.FromFile, where: s.file + " " + table + ": " + v.Name}
}

// collisions reports a value for a setting that the sweep itself chooses.
func (s *openedSweep) collisions(plan sweep.Plan) error {
	for _, g := range s.below {
		if _, ok := settings.Named(settings.Fields(&s.Output), g.name); ok {
			return fmt.Errorf("%w: %s has no effect in a sweep; hint: --%s, or %s in the environment", errUsage, g.where, g.name, settings.Variable(g.name))
		}
	}
	for _, g := range slices.Concat(s.below, s.above) {
		switch {
		case slices.Contains(s.Varied, g.name), g.name == "seed" && len(plan.Seeds) > 0:
			return fmt.Errorf("%w: %s gives a value to %s, which the sweep varies; hint: leave it out of one of them", errUsage, g.where, g.name)
		case slices.Contains([]string{"run", "resume", "more-epochs"}, g.name):
			return fmt.Errorf("%w: %s has no effect, because each job of the sweep sets it; hint: leave it out", errUsage, g.where)
		}
	}
	return nil
}

// check checks the settings of every combination. They are the same with every seed.
func (s *openedSweep) check(ctx context.Context) error {
	for i := range s.Combinations() {
		if err := ctx.Err(); err != nil {
			return err
		}
		job := s.Job(i)
		if _, _, err := resolveGiven(s.values(job), nil); err != nil {
			return fmt.Errorf("%w (job %d: %s)", err, i, job)
		}
	}
	return nil
}

// values lists the values that a job gives to settings.
func (s *openedSweep) values(job sweep.Job) []given {
	list := slices.Clone(s.below)
	for _, v := range job.Values {
		list = append(list, s.given("["+s.table(v.Name)+"]", v))
	}
	return append(append(list, s.above...), s.given("seeds", sweep.Value{Name: "seed", Text: fmt.Sprint(job.Seed)}))
}

// resolve finds the settings of a job. If its run has begun, it must have the same settings,
// except for those that do not change its weights.
func (s *openedSweep) resolve(job sweep.Job) (trainOptions, map[string]settings.Origin, error) {
	list := append(s.values(job), s.given("run", sweep.Value{Name: "run", Text: job.Path(s.Out)}), s.given("resume", sweep.Value{Name: "resume", Text: "true"}))
	return resolveGiven(list, trainer.Harmless)
}

// table names the table that varies a setting.
func (s *openedSweep) table(name string) string {
	switch {
	case slices.ContainsFunc(s.Grid, func(a sweep.Axis) bool { return a.Name == name }):
		return "grid"
	case slices.ContainsFunc(s.Random, func(r sweep.Range) bool { return r.Name == name }):
		return "random"
	}
	return "[list]"
}

// job returns the job with a number.
func (s *openedSweep) job(index int) (sweep.Job, error) {
	if index < 0 || index >= s.Len() {
		return sweep.Job{}, fmt.Errorf("%w: there is no job %d; hint: %s has %s, numbered from 0 to %d", errUsage, index, s.file, many(s.Len(), "job"), s.Len()-1)
	}
	return s.Job(index), nil
}
