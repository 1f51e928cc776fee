//go:build race

package fleet

// defaultBraked is smaller under the race detector, which makes everything several times slower.
const defaultBraked = 60
