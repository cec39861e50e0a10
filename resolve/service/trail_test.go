package service

import (
	"context"
	"fmt"

	"github.com/squire-env/squire/resolve/service/internal/audit"
)

// trail counts the actions in the verified chain, and as "double" the resolves of
// the same secret at the same time.
func (h house) trail(s *Service) map[string]int {
	h.Helper()
	seen, once := map[string]int{}, map[string]bool{}
	_, err := s.gate.Verify(context.Background(), s.caller, func(e audit.Entry) {
		seen[e.Action]++
		if e.Action == "resolve" {
			id := fmt.Sprint(e.Name, e.Time)
			if once[id] {
				seen["double"]++
			}
			once[id] = true
		}
	})
	if err != nil {
		h.Fatal(err)
	}
	return seen
}
