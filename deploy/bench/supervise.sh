#!/bin/sh
# The numbers of squire as a parent, side by side in one run with tini and
# with the least that a Go program can do, deploy/bench/minimalwait. With
# arguments, only those: start, signal, orphans, idle, rotate, mask. IDLE is
# for how many seconds "idle" looks.
set -eu
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pairs=${PAIRS:-101} rounds=${ROUNDS:-1001}
squire=$PWD/bin/squire
export CGO_ENABLED=0
go build -trimpath -ldflags '-s -w' -o "$work/wait" ./deploy/bench/minimalwait
go build -trimpath -ldflags '-s -w' -o "$work/supervise" ./deploy/bench/supervise
: >"$work/none.env"
echo "SOME_VARIABLE=the value of a variable" >"$work/1.env"
cd "$work" # no squire.yaml of anybody's
export SQUIRE_DATA_DIR="$work/data" SQUIRE_MASTER_KEY_FILE="$work/key"

have() { command -v "$1" >/dev/null || { echo "no $1: $2"; false; }; }
compiled() {
	have cc "$1 is not measured" || return 1
	[ -x "$work/$1" ] || cc -O2 -o "$work/$1" "$bench/$2.c"
}
bench=$OLDPWD/deploy/bench

start() {
	compiled pair pair || return 0
	pair() { "$work/pair" "$pairs" "$@"; }
	echo "start of /bin/true, medians of $pairs interleaved pairs           must / aim"
	pair "run --supervise, over run with exec       <=1.5 / 1.2 " "$squire" run --supervise -f 1.env -- /bin/true --- "$squire" run -f 1.env -- /bin/true
	pair "run --supervise, over minimal fork-and-wait           " "$squire" run --supervise -f 1.env -- /bin/true --- "$work/wait" 1.env /bin/true
	pair "minimal fork-and-wait, over run with exec             " "$work/wait" 1.env /bin/true --- "$squire" run -f 1.env -- /bin/true
	have tini "not compared with" || return 0
	pair "tini, over run with exec                              " tini -s -- /bin/true --- "$squire" run -f 1.env -- /bin/true
}

signal() {
	compiled signal signal || return 0
	have tini "signal is not measured" || return 0
	echo "USR1 from the wrapper to its child, medians of $rounds rounds"
	"$work/signal" "$rounds" "run --supervise, over tini                <=3   / 1.5 " "$squire" run --supervise -- --- tini -s --
	"$work/signal" "$rounds" "minimal fork-and-wait, over tini                      " "$work/wait" none.env --- tini -s --
}

orphans() {
	compiled orphans orphans || return 0
	for alone in "unshare --pid --fork --mount-proc" "unshare --user --map-root-user --pid --fork --mount-proc" ""; do
		[ -n "$alone" ] || { echo "no process namespace is to be had: orphans is not measured"; return 0; }
		! $alone true 2>/dev/null || break
	done
	echo "1,000 orphans that end at once, reaped by process 1"
	$alone "$squire" run --supervise -- "$work/orphans" 1000 "run --supervise                       all, <=1000 ms  "
	$alone "$work/wait" none.env "$work/orphans" 1000 "minimal fork-and-wait                                 "
	! have tini "not compared with" || $alone tini -- "$work/orphans" 1000 "tini                                                  "
}

[ $# -gt 0 ] || set -- start signal orphans idle rotate mask
failed=0
for what; do
	case $what in
	start | signal | orphans) "$what" ;;
	*) SQUIRE=$squire SQUIRED=${squire}d "$work/supervise" "$what" || failed=1 ;;
	esac
done
exit $failed
