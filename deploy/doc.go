// Package deploy holds what runs squire for real (compose files and the like
// come here), and the end-to-end tests of the image.
package deploy
