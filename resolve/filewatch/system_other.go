//go:build !linux

package filewatch

import "os"

// watchesWays: kqueue opens every entry of a folder that is watched, and Windows
// does not let a folder above one be renamed. Only the folders of the files and
// of the links to them are watched.
const watchesWays = false

type identity string

func identify(path string, _ os.FileInfo) identity { return identity(path) }

func unreliable(string) string { return "" }

const procfs = "proc"

func explain(_ string, err error) error { return err }

type mounts struct{ changed chan struct{} }

func watchMounts() *mounts { return &mounts{} }

func (*mounts) close() {}
