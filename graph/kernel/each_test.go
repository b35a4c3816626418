package kernel

import (
	"context"
	"errors"
	"slices"
	"testing"
)

func TestEach(t *testing.T) {
	calls := make([]int, 7)
	count := func(calls []int, i int) { calls[i]++ }
	if err := Each(t.Context(), 7, func() []int { return calls }, count); err != nil || !slices.Equal(calls, []int{1, 1, 1, 1, 1, 1, 1}) {
		t.Errorf("calls %d, want one for each number (error %v)", calls, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Each(ctx, 7, func() []int { return calls }, count); !errors.Is(err, context.Canceled) || slices.Max(calls) > 1 {
		t.Errorf("calls %d after the end of the context (error %v)", calls, err)
	}
}
