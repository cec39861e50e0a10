package serve

import (
	"bytes"
	"fmt"
	"net/http"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// metricSet has the metrics of one server. Labels are routes and statuses, never
// the name of a secret, a caller or a value.
type metricSet struct {
	set           *metrics.Set
	unrouted      *metrics.Counter
	failedSignIns *metrics.Counter
}

func newMetrics(s *Server) *metricSet {
	m := &metricSet{set: metrics.NewSet()}
	m.unrouted = m.set.NewCounter("squired_unrouted_requests_total")
	m.failedSignIns = m.set.NewCounter("squired_failed_sign_ins_total")
	m.set.NewGauge("squired_requests_in_work", func() float64 { return float64(len(s.requests)) })
	m.set.NewGauge("squired_watches_in_work", func() float64 { return float64(len(s.watches)) })
	return m
}

// routeMetric counts the answers of one route.
type routeMetric struct {
	set     *metrics.Set
	labels  string
	ok      *metrics.Counter
	seconds *metrics.PrometheusHistogram
}

func (m *metricSet) route(r Route) *routeMetric {
	labels := fmt.Sprintf("method=%q,route=%q", r.Method, r.Path)
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	rm := &routeMetric{set: m.set, labels: labels, ok: m.set.NewCounter(counterName(labels, status))}
	if !r.watch { // the duration of a long poll says nothing
		rm.seconds = m.set.NewPrometheusHistogram("squired_request_seconds{" + labels + "}")
	}
	return rm
}

func counterName(labels string, status int) string {
	return fmt.Sprintf("squired_requests_total{%s,status=\"%d\"}", labels, status)
}

func (m *routeMetric) done(status int, took time.Duration) {
	if status == http.StatusOK {
		m.ok.Inc()
	} else {
		m.set.GetOrCreateCounter(counterName(m.labels, status)).Inc()
	}
	if m.seconds != nil {
		m.seconds.Update(took.Seconds())
	}
}

// MetricsHandler serves the metrics, for a listener of their own.
func (s *Server) MetricsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_, _ = w.Write(s.metricsText())
	})
}

func (s *Server) metricsText() []byte {
	var b bytes.Buffer
	s.metrics.set.WritePrometheus(&b)
	metrics.WriteProcessMetrics(&b)
	return b.Bytes()
}

func (c *call) showMetrics() (any, error) {
	c.server.MetricsHandler().ServeHTTP(c.w, c.r)
	c.sent = true
	return nil, nil
}
