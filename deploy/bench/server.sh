#!/bin/sh
# The numbers of the server, as ratios measured side by side in one run. With
# arguments, only those: start, resolve, audit, create, herd, million.
# SECRETS is how many secrets "million" stores.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work" ./deploy/bench/server ./resolve/service/internal/benchserver
BENCHSERVER=$work/benchserver SQUIRE=$PWD/bin/squire SQUIRED=$PWD/bin/squired "$work/server" "$@"
[ $# -gt 0 ] || sh deploy/bench/served.sh
