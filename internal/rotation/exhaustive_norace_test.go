//go:build !race

package rotation_test

// underRace says that the race detector slows the search down about tenfold, so that less is explored.
const underRace = false
