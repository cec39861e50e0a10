# Each target is one command on a machine that has Go and nothing else.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
# What makes the wrapper 6 % smaller: no HTTP/2, since it asks one question at a
# time, and no inlining in packages that it hardly runs. Others read this line too.
LEAN     = -tags=nethttpomithttp2 -gcflags=crypto/tls=-l -gcflags=crypto/x509=-l -gcflags=math/big=-l -gcflags=text/template=-l -gcflags=github.com/goccy/go-yaml/...=-l -gcflags=encoding/json=-l -gcflags=go.uber.org/zap/...=-l -gcflags=github.com/spf13/...=-l -gcflags=github.com/squire-env/squire/cmd/...=-l -gcflags=net=-l -gcflags=net/...=-l -gcflags=github.com/hashicorp/...=-l -gcflags=github.com/caarlos0/...=-l -gcflags=regexp/...=-l -gcflags=fmt=-l -gcflags=github.com/squire-env/squire/resolve/filewatch=-l -gcflags=github.com/squire-env/squire/inject/status=-l -gcflags=github.com/squire-env/squire/inject/supervise=-l -gcflags=github.com/fsnotify/...=-l -gcflags=reflect=-l -gcflags=encoding/asn1=-l -gcflags=crypto/internal/fips140/nistec/fiat=-l -gcflags=crypto/internal/fips140/rsa=-l -gcflags=crypto/internal/fips140/ecdsa=-l -gcflags=crypto/rsa=-l -gcflags=crypto/ecdsa=-l -gcflags=crypto/internal/hpke=-l -gcflags=github.com/squire-env/squire/resolve/service/internal/gate=-l -gcflags=github.com/squire-env/squire/resolve/api/...=-l -gcflags=github.com/squire-env/squire/resolve/provider/...=-l -gcflags=crypto/internal/fips140/sha3=-l
# Where the wrapper begins: see inject/signals. Elsewhere there is no such entry.
ENTRY    = $(if $(filter linux/amd64 linux/arm64,$(shell go env GOOS GOARCH | paste -sd/)),-E squire_entry)
LDFLAGS  = -s -w -buildid= -X github.com/squire-env/squire/cmd/internal/cli.version=$(VERSION)
BUILD    = CGO_ENABLED=0 go build -trimpath -buildvcs=false

PREFIX  ?= /usr/local

.PHONY: build install demo demo-server demo-watch test bench bench-server bench-supervise bench-fleet fuzz clean
build: ## bin/squire and bin/squired
	$(BUILD) $(LEAN) -ldflags "$(LDFLAGS) $(ENTRY)" -o bin/squire ./cmd/squire
	$(BUILD) -ldflags "$(LDFLAGS)" -o bin/squired ./cmd/squired

install: build ## both, into $(PREFIX)/bin
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 bin/squire bin/squired "$(DESTDIR)$(PREFIX)/bin"

demo: build ## a real program with all four kinds of source, from a throw-away store
	sh deploy/demo/demo.sh bin/squire

demo-server: build ## a throw-away server, a token for one secret, and a command that comes with it
	sh deploy/demo/server.sh bin/squire bin/squired

demo-watch: build ## a real web server that restarts when its secret changes
	sh deploy/demo/watch.sh bin/squire

test: ## all tests; what this machine lacks is skipped, and listed at the end
	go run ./deploy/gotest -timeout 50m ./...

bench: build ## ratios, measured side by side in one run
	sh deploy/bench/run.sh

bench-server: build ## the server beside a bare net/http handler, and bbolt itself
	sh deploy/bench/server.sh

bench-supervise: build ## squire as a parent beside tini and the least that Go can do; the machine should have nothing else to do
	sh deploy/bench/supervise.sh

bench-fleet: build ## a thousand wrappers that watch one server, restarted and killed meanwhile: none lost, none started twice
	sh deploy/bench/fleet.sh

fuzz: ## each fuzz target for a minute
	sh .ci/fuzz 60s

clean:
	rm -rf bin
