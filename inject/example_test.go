package inject_test

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/inject"
	"github.com/squire-env/squire/resolve"
)

// Layers are merged over the inherited environment, and a later one wins. Each
// variable knows where it comes from; what is printed is never a value.
func ExampleMerge() {
	debug, info, region := "debug", "info", "eu"
	layers, err := resolve.NewClient(resolve.ClientConfig{}).Resolve(context.Background(),
		resolve.FromDict(map[string]*string{"LOG_LEVEL": &debug, "REGION": &region}).Labelled("defaults"),
		resolve.FromDict(map[string]*string{"LOG_LEVEL": &info}).Labelled("squire.yaml:7"))
	if err != nil {
		fmt.Println(err)
		return
	}
	env, err := inject.Merge([]string{"HOME=/home/app", "LOG_LEVEL=warn"}, layers, inject.Options{Require: []string{"REGION"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range env.Vars() {
		fmt.Println(v.Name, v.Value, "from", v.Source)
	}
	fmt.Println(len(env.Environ()), "strings for exec")
	// Output:
	// HOME [redacted] from inherited
	// LOG_LEVEL [redacted] from squire.yaml:7
	// REGION [redacted] from defaults
	// 3 strings for exec
}

// What cannot be merged is reported at once, a line a fault.
func ExampleMerge_faults() {
	layers := []resolve.Layer{
		{Source: "secret main/db", Remote: true, Vars: []resolve.Var{{Name: "LD_PRELOAD", Value: resolve.NewValue("/tmp/x.so")}}},
	}
	_, err := inject.Merge(nil, layers, inject.Options{Require: []string{"PGUSER", "PGPASSWORD"}})
	for _, fault := range resolve.Faults(err) {
		fmt.Println("error:", fault)
	}
	// Output:
	// error: PGUSER is required, and no source sets it
	// error: PGPASSWORD is required, and no source sets it
	// error: secret main/db may not set LD_PRELOAD: it steers the dynamic loader
}
