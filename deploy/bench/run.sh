#!/bin/sh
# The numbers of this project, as ratios measured side by side in one run.
# "minimal" is deploy/bench/minimal, "floor" the same in C.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pairs=${PAIRS:-101}
# A file that the linker wrote just now runs slower than a copy of it.
squire=$work/squire
cp bin/squire "$squire"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$work/linked" ./deploy/bench/minimal
cp "$work/linked" "$work/minimal"
if ! command -v cc >/dev/null; then
	echo "no C compiler: the wrapper's start is not measured"
else
	cc -O2 -o "$work/pair" deploy/bench/pair.c
	cc -O2 -o "$work/floor" deploy/bench/floor.c
	for n in 1 100 1000 10000; do
		i=0
		while [ "$i" -lt "$n" ]; do
			i=$((i + 1))
			echo "SOME_VARIABLE_$i=the value of variable $i"
		done >"$work/$n.env"
	done
	export SQUIRE_DATA_DIR="$work/data" SQUIRE_MASTER_KEY_FILE="$work/key"
	head -n 20 "$work/100.env" >"$work/20.env"
	"$squire" secret create bench --from-dotenv "$work/20.env" >/dev/null
	true=/bin/true
	pair() { "$work/pair" "$pairs" "$@"; }
	echo "wall time, medians of $pairs interleaved pairs                 must / aim"
	pair "run, 1 variable, over minimal            <=1.42 / 1.35" "$squire" run -f "$work/1.env" -- $true --- "$work/minimal" "$work/1.env" $true
	pair "run, 100 variables, over minimal         <=1.42 / 1.35" "$squire" run -f "$work/100.env" -- $true --- "$work/minimal" "$work/100.env" $true
	pair "minimal, 100 variables, over floor in C              " "$work/minimal" "$work/100.env" $true --- "$work/floor" "$work/100.env" $true
	pair "named secret of 20 keys, over a file     <=1.17 / 1.1 " "$squire" run -s bench -- $true --- "$squire" run -f "$work/20.env" -- $true
	pair "10,000 variables over 1,000             linear: <= 10 " "$squire" run -f "$work/10000.env" -- $true --- "$squire" run -f "$work/1000.env" -- $true
	pair "10,000 variables over 100              linear: <= 100 " "$squire" run -f "$work/10000.env" -- $true --- "$squire" run -f "$work/100.env" -- $true
	echo "peak memory, 100 variables: in the line above that says so (must <= 9 MiB, aim 7)"
fi
echo
echo "binary: $(($(wc -c <"$squire") / 1024)) KiB (must <= 9216, aim 8908)"
echo
go test -run '^$' -bench . -benchtime "${BENCHTIME:-1s}" ./resolve/... ./inject/... | grep -E '^(Benchmark|pkg)'
