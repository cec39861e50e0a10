//go:build race

package supervise

const raceDetector = true
