package resolve_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/squire-env/squire/resolve"
	"github.com/squire-env/squire/resolve/provider"
	"github.com/squire-env/squire/resolve/provider/squire"
)

// open makes a client of an embedded store in a temporary folder. A program
// opens the store of its user, or the server of its variables:
//
//	client, closer, err := provider.FromEnviron()
func open() (client *resolve.Client, done func()) {
	dir, err := os.MkdirTemp("", "resolve-example-")
	if err != nil {
		panic(err)
	}
	client, closer, err := provider.Open(provider.Config{Squire: squire.Settings{Variables: squire.Variables{
		DataDir:       filepath.Join(dir, "data"),
		MasterKeyFile: filepath.Join(dir, "master.key"),
	}}})
	if err != nil {
		panic(err)
	}
	return client, func() {
		closer.Close()
		os.RemoveAll(dir)
	}
}

// show prints the variables of a secret, as a program that must print values
// would: Reveal is the only way to them.
func show(secret *resolve.Secret) {
	vars, err := secret.Vars(context.Background())
	if err != nil {
		fmt.Println("error:", err)
	}
	for _, v := range vars {
		fmt.Printf("%s=%s\n", v.Name, v.Value.Reveal())
	}
}

func text(s string) *string { return &s }

// A named secret is stored somewhere else: its client knows where. What it must
// have is asserted there, and everything that is missing is reported at once.
func ExampleFromName() {
	ctx := context.Background()
	client, done := open()
	defer done()
	err := client.Objects().Create(ctx, "db", map[string]*string{"PGUSER": text("app"), "PGPASSWORD": text("s3cret")})
	if err != nil {
		fmt.Println(err)
	}

	db := resolve.FromName("db", resolve.RequiredKeys("PGUSER", "PGPASSWORD"), resolve.WithClient(client))
	show(db)
	show(resolve.FromName("db", resolve.RequiredKeys("PGUSER", "PGHOST", "PGPORT"), resolve.WithClient(client)))
	// Output:
	// PGPASSWORD=s3cret
	// PGUSER=app
	// error: secret main/db lacks the required keys PGHOST, PGPORT
}

// Nil values are ignored, as modal.Secret.from_dict does.
func ExampleFromDict() {
	show(resolve.FromDict(map[string]*string{"LOG_LEVEL": text("info"), "DEBUG": nil}))
	// Output:
	// LOG_LEVEL=info
}

func ExampleFromMap() {
	show(resolve.FromMap(map[string]string{"LOG_LEVEL": "info", "REGION": "eu"}))
	// Output:
	// LOG_LEVEL=info
	// REGION=eu
}

// Without an option it is the first .env file from the working directory
// upward.
func ExampleFromDotenv() {
	dir, err := os.MkdirTemp("", "resolve-example-")
	if err != nil {
		fmt.Println(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "app.env")
	if err := os.WriteFile(file, []byte("HOST=localhost # for now\nURL=http://${HOST}:${PORT:-80}/\n"), 0o600); err != nil {
		fmt.Println(err)
	}

	show(resolve.FromDotenv(resolve.DotenvFile(file)))
	// Output:
	// HOST=localhost
	// URL=http://localhost:80/
}

// A variable that is not set is an error; all of them are named.
func ExampleFromLocalEnviron() {
	os.Setenv("AWS_REGION", "eu-central-1")
	defer os.Unsetenv("AWS_REGION")

	show(resolve.FromLocalEnviron("AWS_REGION"))
	show(resolve.FromLocalEnviron("AWS_REGION", "NOT_SET", "NOR_THIS"))
	// Output:
	// AWS_REGION=eu-central-1
	// error: required keys missing in the local environment: NOT_SET, NOR_THIS
}

// An ordered list is resolved at once, all or nothing. Package inject merges
// the layers, and a later one wins. A Value does not print.
func ExampleClient_Resolve() {
	ctx := context.Background()
	client, done := open()
	defer done()
	if err := client.Objects().Create(ctx, "db", map[string]*string{"PGUSER": text("app")}); err != nil {
		fmt.Println(err)
	}

	layers, err := client.Resolve(ctx,
		resolve.FromMap(map[string]string{"LOG_LEVEL": "info"}).Labelled("defaults"),
		resolve.FromName("db", resolve.RequiredKeys("PGUSER")))
	if err != nil {
		fmt.Println(err)
	}
	for _, layer := range layers {
		fmt.Println(layer.Source)
		for _, v := range layer.Vars {
			fmt.Println(" ", v.Name, v.Value)
		}
	}

	_, err = client.Resolve(ctx, resolve.FromName("db", resolve.RequiredKeys("PGHOST")), resolve.FromName("payments"))
	for _, fault := range resolve.Faults(err) {
		fmt.Println("error:", fault)
	}
	// Output:
	// defaults
	//   LOG_LEVEL [redacted]
	// secret main/db, version 1
	//   PGUSER [redacted]
	// error: secret main/db lacks the required key PGHOST
	// error: secret main/payments not found
}

// What is there already stays, unless an option says otherwise.
func ExampleObjects_Create() {
	ctx := context.Background()
	client, done := open()
	defer done()
	objects := client.Objects()

	fmt.Println(objects.Create(ctx, "db", map[string]*string{"PGUSER": text("app")}))
	fmt.Println(objects.Create(ctx, "db", map[string]*string{"PGUSER": text("other")}))
	fmt.Println(objects.Create(ctx, "db", map[string]*string{"PGUSER": text("other")}, resolve.AllowExisting()))
	fmt.Println(objects.Create(ctx, "db", map[string]*string{"PGUSER": text("other")}, resolve.Replace()))
	show(resolve.FromName("db", resolve.WithClient(client)))
	// Output:
	// <nil>
	// secret main/db already exists
	// <nil>
	// <nil>
	// PGUSER=other
}

// An update merges: a nil removes a key, and the others stay.
func ExampleSecret_Update() {
	ctx := context.Background()
	client, done := open()
	defer done()
	err := client.Objects().Create(ctx, "db", map[string]*string{"PGUSER": text("app"), "PGPASSWORD": text("old"), "PGPORT": text("5432")})
	if err != nil {
		fmt.Println(err)
	}

	db := resolve.FromName("db", resolve.WithClient(client))
	if err := db.Update(ctx, map[string]*string{"PGPASSWORD": text("new"), "PGPORT": nil}); err != nil {
		fmt.Println(err)
	}
	show(db)
	info, err := db.Info(ctx)
	fmt.Println(info.Version, info.Keys, err)
	// Output:
	// PGPASSWORD=new
	// PGUSER=app
	// 2 [PGPASSWORD PGUSER] <nil>
}
