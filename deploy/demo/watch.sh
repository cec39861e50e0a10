#!/bin/sh
# watch.sh SQUIRE: a real web server that comes back with what a secret says
# now, each time somebody changes it. It works in a folder of its own and
# leaves nothing behind.
set -eu
squire=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(mktemp -d)
run=
trap 'test -z "$run" || kill "$run" 2>/dev/null || :; wait; rm -rf "$here"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$(dirname "$0")" && CGO_ENABLED=0 go build -o "$here/web" ./web)
cd "$here"
export SQUIRE_DATA_DIR="$here/data" SQUIRE_MASTER_KEY_FILE="$here/master.key"
PORT=$(./web port)
export PORT
say() { printf '\n$ %s\n' "$*"; }

# later COMMAND...: until it succeeds, for ten seconds at most.
later() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { echo "gave up: $*"; cat log; exit 1; }
		sleep 0.05
	done
}

# greets WORD: the server says so, as soon as it is up again.
greets() {
	later answers "$1"
	cat answer
}
answers() {
	./web get "http://127.0.0.1:$PORT" >answer || { echo "nobody answers"; cat log; exit 1; }
	grep -q "^$1" answer
}

# tells WORDS: squire says so; and shows what it has said since the last time.
shown=0
tells() {
	later said "$1"
	cat news
	shown=$((shown + $(wc -l <news)))
}
said() {
	tail -n "+$((shown + 1))" log >news
	grep -q "$1" news
}

say "squire secret create web GREETING=hello"
"$squire" secret create web GREETING=hello

say "squire run --watch --log-level info -s web:GREETING -- ./web &"
: >log
"$squire" run --watch --debounce 50ms --log-level info -s web:GREETING -- ./web 2>log &
run=$!
tells 'started ./web'
greets hello

say "squire secret update web GREETING=servus      # the server ends, and starts with the new one"
"$squire" secret update web GREETING=servus
tells 'started ./web'
greets servus

say "squire secret update web --unset GREETING     # a required key: the server keeps what it has"
"$squire" secret update web --unset GREETING
tells 'stays as it is'
greets servus

say "kill -TERM %1                                 # it goes to the server, and its exit code is ours"
kill "$run"
code=0
wait "$run" || code=$?
run=
tells 'ended with 0'
echo "exit code $code"
[ "$code" = 0 ]
