package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/squire-env/squire/cmd/internal/cli"
	"github.com/squire-env/squire/cmd/internal/setting"
	"github.com/squire-env/squire/resolve"
)

// serveFlags are the flags of serve; the store is in those of every command.
type serveFlags struct {
	listen, metricsListen string
	tlsCert, tlsKey       string
	oidcConfig            string
	auditLog              string
	bootstrapTokenFile    string
	shutdownTimeout       time.Duration
	logLevel, logFormat   string
	trustedProxies        []string
}

func (s *session) serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the named secrets over HTTP",
		Long: "serve answers squire and every other client with a token, until it is asked to end. The\n" +
			"first start makes the store, its master key and a token for an admin of everything.\n" +
			"Without TLS it listens on loopback only.",
		Example: "  squired serve\n" +
			"  squired serve --listen :7878 --tls-cert cert.pem --tls-key key.pem --bootstrap-token-file admin.token",
		Args: cli.ExactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.serve(cmd.Context(), &f) },
	}
	f.add(cmd.Flags())
	return cmd
}

func (f *serveFlags) add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.listen, "listen", "127.0.0.1:7878", "address to listen on")
	flags.StringVar(&f.tlsCert, "tls-cert", "", "certificate chain, PEM; read again when it changes")
	flags.StringVar(&f.tlsKey, "tls-key", "", "its key, PEM")
	flags.StringVar(&f.oidcConfig, "oidc-config", "", "which tokens of other issuers are accepted, YAML")
	flags.StringVar(&f.auditLog, "audit-log", "", "file for a copy of every audit line, as JSON; - is standard output")
	flags.StringVar(&f.metricsListen, "metrics-listen", "", "address for /metrics, which --listen then does not have")
	flags.StringVar(&f.bootstrapTokenFile, "bootstrap-token-file", "", "file for the first token of a new store, mode 0600, instead of standard error")
	flags.DurationVar(&f.shutdownTimeout, "shutdown-timeout", 10*time.Second, "how long in-flight requests may take when the server ends")
	flags.StringVar(&f.logLevel, "log-level", "info", "minimum log level: debug, info, warn or error")
	flags.StringVar(&f.logFormat, "log-format", "text", "text or json")
	flags.StringSliceVar(&f.trustedProxies, "trusted-proxies", nil, "networks whose X-Forwarded-For header is trusted, such as 10.0.0.0/8")
	setting.List(flags, "trusted-proxies", "TRUSTED_PROXIES")
}

// check reports everything that is wrong before anything is made.
func (f *serveFlags) check(insecureHTTP bool) (proxies []netip.Prefix, err error) {
	var faults []error
	if (f.tlsCert == "") != (f.tlsKey == "") {
		faults = append(faults, errors.New("--tls-cert and --tls-key go together"))
	}
	if f.logFormat != "text" && f.logFormat != "json" {
		faults = append(faults, errors.New("--log-format: want text or json"))
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, f.logLevel) {
		faults = append(faults, errors.New("--log-level: want debug, info, warn or error"))
	}
	if f.shutdownTimeout < 0 {
		faults = append(faults, errors.New("--shutdown-timeout: want a duration of zero or more"))
	}
	for _, text := range f.trustedProxies {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			faults = append(faults, errors.New("--trusted-proxies: want networks, such as 10.0.0.0/8"))
			continue
		}
		proxies = append(proxies, p)
	}
	for _, a := range []struct{ flag, text string }{{"--listen", f.listen}, {"--metrics-listen", f.metricsListen}} {
		if a.text == "" && a.flag != "--listen" {
			continue
		}
		host, _, err := net.SplitHostPort(a.text)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s: want HOST:PORT, such as 127.0.0.1:7878", a.flag))
		case a.flag == "--listen" && f.tlsCert == "" && !insecureHTTP && !isLoopback(host):
			faults = append(faults, resolve.WithHint(errors.New("without TLS, tokens and values would cross the network unencrypted"),
				"--tls-cert F --tls-key F; or --insecure-http if something else encrypts; or --listen 127.0.0.1:7878"))
		}
	}
	return proxies, errors.Join(faults...)
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}
