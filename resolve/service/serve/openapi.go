package serve

import _ "embed" // the document

// openapi is the description of all routes, which a test holds against real
// requests and answers.
//
//go:embed openapi.json
var openapi []byte

func (c *call) openAPI() (any, error) {
	c.write(200, openapi)
	return nil, nil
}
