package serve

// health is the answer of both probes.
type health struct {
	Status string `json:"status"`
}

// healthz says that the process answers.
func (c *call) healthz() (any, error) { return health{"ok"}, nil }

// readyz says that the store can be read and its key is at hand.
func (c *call) readyz() (any, error) {
	if err := c.Service.Ready(c.r.Context()); err != nil {
		return nil, err
	}
	return health{"ready"}, nil
}
