#!/bin/sh
# The start of a process against a server on this machine, as a ratio: squire
# over deploy/bench/minimalhttp, which fetches, parses and execs.
set -eu
cd "$(dirname "$0")/../.."
command -v cc >/dev/null || { echo "no C compiler: the wrapper's start is not measured"; exit 0; }
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT
pairs=${PAIRS:-101}
squire=$PWD/bin/squire
export CGO_ENABLED=0
go build -trimpath -ldflags '-s -w' -o "$work/minimalhttp" ./deploy/bench/minimalhttp
go build -trimpath -ldflags '-s -w' -o "$work/benchserver" ./resolve/service/internal/benchserver
cc -O2 -o "$work/pair" deploy/bench/pair.c
mkfifo "$work/address"
"$work/benchserver" -dir "$work/data" >"$work/address" &
server=$!
read -r address <"$work/address"
SQUIRE_TOKEN=$(cat "$work/data.token")
export SQUIRE_TOKEN SQUIRE_SERVER="http://$address"
i=0
while [ "$i" -lt 20 ]; do
	i=$((i + 1))
	echo "SOME_VARIABLE_$i=the value of variable $i"
done >"$work/20.env"
"$squire" secret create bench --from-dotenv "$work/20.env" >/dev/null
head -c32 /dev/urandom | base64 >"$work/cache.key"
chmod 600 "$work/cache.key"
pair() { "$work/pair" "$pairs" "$@"; }
echo "wall time, medians of $pairs interleaved pairs                 must / aim"
pair "run -s, server on loopback, over minimal   <=1.5 / 1.2 " "$squire" run -s bench -- /bin/true --- "$work/minimalhttp" "$SQUIRE_SERVER" "$SQUIRE_TOKEN" bench /bin/true
pair "the same with --cache, over without                    " env SQUIRE_CACHE="$work/cache" SQUIRE_CACHE_KEY_FILE="$work/cache.key" "$squire" run -s bench -- /bin/true --- env A=b B=c "$squire" run -s bench -- /bin/true
