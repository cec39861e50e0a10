package dotenv_test

import (
	"errors"
	"fmt"

	"github.com/squire-env/squire/resolve/dotenv"
)

func ExampleParse() {
	file := "HOST=localhost # for now\nURL=\"http://${HOST}:${PORT:-80}/\"\n"
	vars, err := dotenv.Parse([]byte(file), dotenv.Options{File: ".env"})
	if err != nil {
		fmt.Println(err)
	}
	for _, v := range vars {
		fmt.Printf("%d: %s=%s\n", v.Line, v.Name, v.Value)
	}
	// Output:
	// 1: HOST=localhost
	// 2: URL=http://localhost:80/
}

// One line for each fault, as a command prints them.
func ExampleSyntaxError() {
	_, err := dotenv.Parse([]byte("set A=1\nB='x\n"), dotenv.Options{File: ".env"})
	var bad *dotenv.SyntaxError
	if errors.As(err, &bad) {
		for _, fault := range bad.Unwrap() {
			fmt.Println("error:", fault)
		}
	}
	// Output:
	// error: .env:1:1: expected "=" after the name
	// error: .env:2:3: expected a closing ' after the value
}
