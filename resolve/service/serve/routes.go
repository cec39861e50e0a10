package serve

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/squire-env/squire/resolve/api"
)

// Route is one method on one path.
type Route struct {
	Method, Path string
	Open         bool // needs no caller; a test has the golden list of these
	status       int  // of a success; 0: 200
	watch        bool // a long poll, with slots of its own
	long         bool // may take long: no deadline of the connection ends it
	query        bool // it reads parameters of the URL; on other routes they are an error
	handle       func(*call) (answer any, err error)
	metric       *routeMetric
}

// noAnswer is the answer of a call that succeeds without a body: 204.
var noAnswer any

// Routes returns the complete table. Nothing else is served.
func Routes() []Route {
	const secret = "/v1/secrets/{environment}/{name}"
	return []Route{
		{Method: "POST", Path: resolvePath, handle: (*call).resolve},
		{Method: "GET", Path: "/v1/watch", handle: (*call).watch, watch: true, query: true},

		{Method: "GET", Path: "/v1/environments", handle: (*call).listEnvironments},
		{Method: "POST", Path: "/v1/environments", handle: (*call).createEnvironment, status: http.StatusCreated},
		{Method: "DELETE", Path: "/v1/environments/{environment}", handle: (*call).deleteEnvironment, query: true},

		{Method: "GET", Path: "/v1/secrets", handle: (*call).listSecrets, query: true},
		{Method: "POST", Path: "/v1/secrets", handle: (*call).createSecret, status: http.StatusCreated},
		{Method: "GET", Path: secret, handle: (*call).secretInfo},
		{Method: "PATCH", Path: secret, handle: (*call).updateSecret},
		{Method: "DELETE", Path: secret, handle: (*call).deleteSecret, query: true},
		{Method: "GET", Path: secret + "/versions", handle: (*call).secretVersions},
		{Method: "POST", Path: secret + "/rollback", handle: (*call).rollbackSecret},

		{Method: "GET", Path: "/v1/tokens", handle: (*call).listTokens},
		{Method: "POST", Path: "/v1/tokens", handle: (*call).createToken, status: http.StatusCreated},
		{Method: "DELETE", Path: "/v1/tokens/{id}", handle: (*call).revokeToken, query: true},

		{Method: "GET", Path: "/v1/audit", handle: (*call).listAudit, query: true},
		{Method: "POST", Path: "/v1/audit/verify", handle: (*call).verifyAudit, long: true},

		{Method: "POST", Path: "/v1/admin/backup", handle: (*call).backup, long: true},
		{Method: "POST", Path: "/v1/admin/rotate-key", handle: (*call).rotateKey, long: true},

		{Method: "GET", Path: "/healthz", Open: true, handle: (*call).healthz},
		{Method: "GET", Path: "/readyz", Open: true, handle: (*call).readyz},
		{Method: "GET", Path: "/metrics", Open: true, handle: (*call).showMetrics},
		{Method: "GET", Path: "/openapi.json", Open: true, handle: (*call).openAPI},
	}
}

// register adds the routes to the mux, by path, so that the answer to a wrong
// method can list the right ones.
func (s *Server) register() {
	byPath := map[string]map[string]*Route{}
	for _, r := range Routes() {
		if r.Path == "/metrics" && s.hideMetrics {
			continue
		}
		if byPath[r.Path] == nil {
			byPath[r.Path] = map[string]*Route{}
		}
		r.metric = s.metrics.route(r)
		byPath[r.Path][r.Method] = &r
		if r.Path == resolvePath {
			s.resolveRoute = &r
		}
	}
	for path, methods := range byPath {
		allow := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			route, ok := methods[r.Method]
			if !ok && r.Method == http.MethodHead {
				route, ok = methods[http.MethodGet]
			}
			if !ok {
				w.Header().Set("Allow", allow)
				s.refuse(w, r, http.StatusMethodNotAllowed, api.Errorf("method not allowed; want %s", allow))
				return
			}
			s.serve(w, r, route)
		})
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusNotFound, errNoRoute)
	})
}

// Handler returns the handler for all requests.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would redirect to a cleaned path. Names have no empty or dot
		// segments, so the client means something else.
		if !plainPath(r.URL.Path) {
			s.refuse(w, r, http.StatusBadRequest, api.Errorf("the path is missing, or has empty, . or .. segments"))
			return
		}
		if r.URL.Path == resolvePath && r.Method == http.MethodPost {
			s.serve(w, r, s.resolveRoute) // the most frequent request
			return
		}
		s.mux.ServeHTTP(w, r)
	})
}

const resolvePath = "/v1/resolve"

func plainPath(path string) bool {
	if !strings.HasPrefix(path, "/") { // http://host without a path, or CONNECT
		return false
	}
	if !strings.Contains(path, "/.") && !strings.Contains(path, "//") {
		return true
	}
	for _, segment := range strings.Split(path, "/")[1:] {
		if segment == "" || segment == "." || segment == ".." {
			return false
		}
	}
	return true
}
