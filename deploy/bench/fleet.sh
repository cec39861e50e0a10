#!/bin/sh
# The numbers of a fleet: FLEET wrappers (1,000), each with a child, that watch
# one secret of one server. It fails where a change does not reach each of them
# once. The machine should have nothing else to do.
set -eu
cd "$(dirname "$0")/../.."
command -v cc >/dev/null || { echo "no C compiler: the fleet is not measured"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CGO_ENABLED=0
go build -trimpath -ldflags '-s -w' -o "$work/fleet" ./deploy/bench/fleet
go build -trimpath -ldflags '-s -w' -o "$work/minimalrestart" ./deploy/bench/minimalrestart
cc -O2 -static -nostdlib -ffreestanding -fno-stack-protector -o "$work/report" deploy/bench/report.c
SQUIRE=$PWD/bin/squire SQUIRED=$PWD/bin/squired REPORT=$work/report MINIMALRESTART=$work/minimalrestart "$work/fleet" "$work"
