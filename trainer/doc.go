// Package trainer runs experiments. A configuration, a data set and a recipe define
// the stages of an experiment, and one loop trains all stages. Everything else
// (metrics, checkpoints, early stopping, pictures, progress) is done by named hooks of
// that loop.
//
// The same configuration, data and seed give the same bytes. A run that is stopped at
// any point and resumed gives the same bytes as an uninterrupted run, because every
// random number depends only on the seed and the position, and a checkpoint holds the
// weights, the solver state and the position.
package trainer
