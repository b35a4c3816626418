package cmd

import (
	"fmt"
	"math"

	"gaetrain/trainer"
	"gaetrain/trainer/settings"
)

// Continuation holds the setting of a resumed run that is not recorded. A recorded
// number would be added again each time that the run is resumed.
type Continuation struct {
	MoreEpochs int `toml:"more-epochs" group:"training" help:"Number of epochs that --resume adds to the total number of epochs of the run, 1 or more"`
}

// extend adds the epochs of --more-epochs to the resumed run, which has recorded the
// number before.
func (o *trainOptions) extend(before int, given map[string]settings.Origin) error {
	origin, ok := given["more-epochs"]
	if !ok {
		return nil
	}
	if o.MoreEpochs < 1 {
		return fmt.Errorf("%w: more-epochs is %d; hint: at least 1", errUsage, o.MoreEpochs)
	}
	if o.MoreEpochs > math.MaxInt-before {
		return fmt.Errorf("%w: more-epochs is %d, which is too large after %d epochs", errUsage, o.MoreEpochs, before)
	}
	if given["epochs"] == origin {
		return fmt.Errorf("%w: epochs and more-epochs are both given; hint: --epochs is the total, --more-epochs adds to the total of the run", errUsage)
	}
	o.Epochs = before + o.MoreEpochs
	given["epochs"] = origin
	return nil
}

// refuseMore reports --more-epochs for a run that is not resumed.
func (o *trainOptions) refuseMore(given map[string]settings.Origin) error {
	switch _, ok := given["more-epochs"]; {
	case !ok:
		return nil
	case !o.Resume:
		return fmt.Errorf("%w: more-epochs has no effect without --resume; hint: --epochs sets the total of a new run", trainer.ErrConfiguration)
	}
	return fmt.Errorf("%w: more-epochs has no effect, because there is no run at %s yet; hint: --epochs sets the total of a new run", trainer.ErrConfiguration, o.Run)
}
