package loaders

// defaultTestShare is the share of a user's own data that is held out as the test set
// if the data have none.
const defaultTestShare = 0.1

// SplitOptions say which part of a user's own data becomes the test set, if the data
// have none. The choice depends on these options and on the data alone, so that runs with
// different seeds are tested on the same images.
type SplitOptions struct {
	TestShare float64 `toml:"test-share" group:"data" help:"Share of your own data that is held out as the test set if the data have none; 0 for a tenth"`
	SplitSeed uint64  `toml:"split-seed" group:"data" help:"Seed that chooses the test set of your own data; 0 for a choice without random numbers"`
}

// Share returns the share of the test set, which is in (0, 1).
func (o SplitOptions) Share() float64 {
	if o.TestShare == 0 {
		return defaultTestShare
	}
	return o.TestShare
}

// Validate returns an error that wraps ErrUnknown if the share is not in [0, 1).
func (o SplitOptions) Validate() error {
	if !(o.TestShare >= 0 && o.TestShare < 1) {
		return usageErrorf("test-share is %g; hint: 0 for a tenth, or a number above 0 and below 1", o.TestShare)
	}
	return nil
}

// CanSplit reports whether SplitOptions can have an effect for a data set, because it
// is data of a user's own that may lack a test set.
func CanSplit(dataset string) bool { return isKind(dataset, splittable) }

// Needless returns an error that wraps ErrUnknown if an option is set although the data
// have a test set, which the text has describes, such as "a folder test".
func (o SplitOptions) Needless(dataset, has string) error {
	name := ""
	switch {
	case o.TestShare != 0:
		name = "test-share"
	case o.SplitSeed != 0:
		name = "split-seed"
	default:
		return nil
	}
	return usageErrorf("%s has no effect with %s, because it has %s; hint: leave --%[1]s out", name, dataset, has)
}
