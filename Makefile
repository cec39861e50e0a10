# Each target is one command on a machine that has Go and nothing else.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
BUILD    = CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.version=$(VERSION)"

.PHONY: build demo test bench fuzz clean
build: ## bin/squire
	$(BUILD) -o bin/squire ./cmd/squire

demo: build ## a real program with all four kinds of source, from a throw-away store
	sh deploy/demo/demo.sh bin/squire

test: ## all tests; what this machine lacks is skipped, and said
	go test ./...

bench: build ## ratios, measured side by side in one run
	sh deploy/bench/run.sh

fuzz: ## each fuzz target for a minute
	sh .ci/fuzz 60s

clean:
	rm -rf bin
