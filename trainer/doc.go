// Package trainer runs experiments: a configuration, a data set and a recipe
// become stages, stages run through one loop, and everything else (metrics,
// checkpoints, early stopping, pictures, progress) hangs on that loop as named
// hooks.
//
// The same configuration, data and seed give the same bytes, and a run that was
// stopped anywhere and resumed gives the bytes of one that was left alone: all
// randomness is a function of the seed and a position, and a checkpoint holds
// weights, solver state and position.
package trainer
