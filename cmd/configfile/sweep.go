package configfile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"

	"gaetrain/loaders/files"
	"gaetrain/trainer/sweep"
)

// tables are the keys at the top of a file that describes a sweep.
var tables = []string{"seeds", "settings", "grid", "random", "list"}

// ReadSweep reads a file that describes a sweep, or a pipe such as /dev/stdin. Errors name
// the file and the problem.
func ReadSweep(name string) (sweep.Plan, error) {
	data, err := load(name)
	if err != nil {
		return sweep.Plan{}, fmt.Errorf("%s: %w; hint: gaetrain sweep reads a TOML file", name, files.Reason(err))
	}
	values, keys, err := decode(data)
	if err != nil {
		return sweep.Plan{}, inFile(name, err)
	}
	plan, err := planOf(values, keys)
	if err != nil {
		return plan, fmt.Errorf("%s: %w", name, err)
	}
	return plan, nil
}

// ParseSweep reads the description of a sweep.
func ParseSweep(data []byte) (sweep.Plan, error) {
	values, keys, err := decode(data)
	if err != nil {
		return sweep.Plan{}, err
	}
	return planOf(values, keys)
}

func planOf(values map[string]any, keys []toml.Key) (p sweep.Plan, err error) {
	for _, key := range keys {
		if len(key) == 1 && !slices.Contains(tables, key[0]) {
			return p, fmt.Errorf("unknown key %s; hint: the keys are seeds, [settings], [grid], [random] and [[list]]", key)
		}
	}
	r := reader{keys: keys}
	p.Seeds = r.seeds(values)
	p.Settings = r.values("settings", r.table(values, "settings"))
	grid := r.table(values, "grid")
	for _, name := range r.names("grid", grid) {
		p.Grid = append(p.Grid, sweep.Axis{Name: name, Values: r.choices("grid", name, grid[name])})
	}
	r.random(&p, r.table(values, "random"))
	for _, entry := range r.entries(values["list"]) {
		p.List = append(p.List, r.values("list", entry))
	}
	return p, r.err
}

// reader keeps the first error.
type reader struct {
	keys []toml.Key
	err  error
}

func (r *reader) fail(format string, values ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, values...)
	}
}

// names lists the settings of an entry of a table in the order in which they first appear in
// the file.
func (r *reader) names(table string, entry map[string]any) (names []string) {
	seen := make(map[string]bool)
	for _, key := range r.keys {
		if len(key) < 2 || key[0] != table || seen[key[1]] {
			continue
		}
		seen[key[1]] = true
		if _, ok := entry[key[1]]; ok {
			names = append(names, key[1])
		}
	}
	return names
}

func (r *reader) table(values map[string]any, name string) map[string]any {
	value, there := values[name]
	table, ok := value.(map[string]any)
	if there && !ok {
		r.fail("%s should be a table; hint: [%s]", name, name)
	}
	return table
}

// values reads settings with one value each.
func (r *reader) values(table string, from map[string]any) (list []sweep.Value) {
	if len(from) == 0 {
		return nil
	}
	for _, name := range r.names(table, from) {
		list = append(list, r.value(table, name, from[name]))
	}
	return list
}

func (r *reader) value(table, name string, value any) sweep.Value {
	text, err := textOf(value)
	if name == "seeds" {
		r.fail("seeds is in [%s]; hint: put it above the first table", table)
	}
	if err != nil {
		r.fail("%s in [%s] %w", name, table, err)
	}
	_, list := value.([]any)
	return sweep.Value{Name: name, Text: text, List: list}
}

// choices reads a list of values of one setting.
func (r *reader) choices(table, name string, value any) []sweep.Value {
	list, ok := value.([]any)
	if !ok && name == "seeds" {
		r.value(table, name, value)
	}
	if !ok {
		r.fail("%s in [%s] is not a list of values; hint: %s = [1, 2]", name, table, name)
	}
	values := []sweep.Value{}
	for _, element := range list {
		values = append(values, r.value(table, name, element))
	}
	return values
}

// entries reads the tables of the list.
func (r *reader) entries(value any) (list []map[string]any) {
	switch value := value.(type) {
	case nil:
	case []map[string]any:
		return value
	case []any:
		for _, element := range value {
			entry, ok := element.(map[string]any)
			if !ok {
				r.fail("list has an element that is not a table; hint: [[list]]")
			}
			list = append(list, entry)
		}
	default:
		r.fail("list should be several tables; hint: [[list]]")
	}
	return list
}

// seeds reads the number of seeds, from 1, or a list of them.
func (r *reader) seeds(values map[string]any) (seeds []uint64) {
	switch value := values["seeds"].(type) {
	case nil:
	case int64:
		if value < 1 || value > sweep.MaxJobs {
			r.fail("seeds is %d; hint: from 1 to %d, or a list such as [1, 2, 3]", value, sweep.MaxJobs)
			return nil
		}
		for seed := range value {
			seeds = append(seeds, uint64(seed)+1)
		}
	case []any:
		for _, element := range value {
			seeds = append(seeds, r.whole("seeds", element))
		}
		if len(seeds) == 0 {
			r.fail("seeds is empty; hint: the number of seeds, or a list such as [1, 2, 3]")
		}
	default:
		r.fail("seeds is neither a number nor a list; hint: seeds = 3")
	}
	return seeds
}

// whole reads a whole number from 0.
func (r *reader) whole(name string, value any) uint64 {
	n, ok := value.(int64)
	if !ok || n < 0 {
		r.fail("%s has a value that is not a whole number from 0", name)
		return 0
	}
	return uint64(n)
}

// random reads the table of random settings.
func (r *reader) random(p *sweep.Plan, from map[string]any) {
	for _, name := range r.names("random", from) {
		switch value := from[name].(type) {
		case int64:
			n := r.whole(name+" in [random]", value)
			switch name {
			case "draws":
				p.Draws = int(min(n, sweep.MaxJobs+1))
			case "seed":
				p.DrawSeed = n
			default:
				r.choices("random", name, value)
			}
		case map[string]any:
			p.Random = append(p.Random, r.interval(name, value))
		case []any:
			p.Random = append(p.Random, sweep.Range{Name: name, Choices: r.choices("random", name, value)})
		default:
			r.fail("%s in [random] is one value; hint: a list of choices, or {from = 0.0, to = 0.5}", name)
		}
	}
}

// interval reads an interval of numbers with its scale.
func (r *reader) interval(name string, from map[string]any) sweep.Range {
	number := func(key string) float64 {
		switch v := from[key].(type) {
		case int64:
			return float64(v)
		case float64:
			return v
		}
		r.fail("%s in [random] has no number %s; hint: {from = 0.0, to = 0.5, scale = \"uniform\"}", name, key)
		return 0
	}
	interval := sweep.Range{Name: name, Scale: sweep.Uniform, From: number("from"), To: number("to")}
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if !slices.Contains([]string{"from", "to", "scale"}, key) {
			r.fail("%s in [random] has the unknown key %s; hint: from, to and scale", name, key)
		}
		if text, ok := from[key].(string); key == "scale" && ok {
			interval.Scale = text
		} else if key == "scale" {
			r.fail("%s in [random] has a scale that is not text; hint: scale = \"log\"", name)
		}
	}
	return interval
}
