package main

import (
	"testing"

	"github.com/squire-env/squire/cmd/internal/setting/settingtest"
)

func TestNoFlagTakesAnEmptyText(t *testing.T) {
	settingtest.NoEmptyText(t, (&session{}).rootCommand(), 50)
}
