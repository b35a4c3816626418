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
	defer func() {
		if value := recover(); value != "stop" {
			t.Errorf("the caller recovers %v, want the panic of a call", value)
		}
	}()
	_ = Each(t.Context(), 7, Stateless, func(struct{}, int) { panic("stop") })
	t.Error("a panic of a call was lost")
}
