package main

import (
	"testing"

	"github.com/squire-env/squire/cmd/internal/setting/settingtest"
	"github.com/squire-env/squire/cmd/squire/internal/app"
)

func TestNoFlagTakesAnEmptyText(t *testing.T) {
	settingtest.NoEmptyText(t, new(app.App).Root(families(nil), nil), 100)
}
