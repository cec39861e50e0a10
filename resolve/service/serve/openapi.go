package serve

import _ "embed" // the document

// openapi describes all routes. A test checks real requests and answers against
// it.
//
//go:embed openapi.json
var openapi []byte

func (c *call) openAPI() (any, error) {
	c.write(200, openapi)
	return nil, nil
}
