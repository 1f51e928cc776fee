//go:build !race

package fleet

// defaultBraked is the fleet of which half is revoked at once.
const defaultBraked = 300
