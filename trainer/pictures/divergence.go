package pictures

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gaetrain/trainer"
	"gaetrain/viz"
)

// drawDivergence draws the KL divergence of each latent dimension of a Gaussian code
// from the prior, on the test images. The largest comes first.
func drawDivergence(_ context.Context, l *trainer.Loop) error {
	records, err := l.Records()
	if err != nil {
		return err
	}
	var last trainer.Record
	for _, r := range records {
		if r.Split == "test" && len(r.KLUnits) > 0 {
			last = r
		}
	}
	if len(last.KLUnits) == 0 {
		return nil
	}
	b := viz.Bars{
		Title: fmt.Sprintf("%s, KL divergence from the prior after epoch %d: %g of %d latent dimensions are active",
			heading(l), last.Epoch, last.Measures[trainer.ActiveUnits], len(last.KLUnits)),
		XLabel: "index of the latent dimension", YLabel: "nats per image",
	}
	order := make([]int, len(last.KLUnits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(last.KLUnits[j], last.KLUnits[i]) })
	for _, unit := range order {
		b.Values, b.Names = append(b.Values, last.KLUnits[unit]), append(b.Names, fmt.Sprint(unit))
	}
	_, err = drawFigure(l.Run.Dir, "divergence", b)
	return err
}
