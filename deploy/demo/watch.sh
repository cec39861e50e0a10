#!/bin/sh
# watch.sh SQUIRE: a real web server that comes back with what a secret says
# now, each time somebody changes it. It works in a folder of its own and
# leaves nothing behind.
set -eu
squire=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(mktemp -d)
run=
trap 'test -z "$run" || kill "$run"; wait; rm -rf "$here"' EXIT
(cd "$(dirname "$0")" && CGO_ENABLED=0 go build -o "$here/web" ./web)
cd "$here"
export SQUIRE_DATA_DIR="$here/data" SQUIRE_MASTER_KEY_FILE="$here/master.key"
PORT=$(./web port)
export PORT
say() { printf '\n$ %s\n' "$*"; }
# greets WORD: the server says so, as soon as it is there again.
greets() {
	tries=0
	until ./web get "http://127.0.0.1:$PORT" | tee answer | grep -q "^$1"; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || { echo "it still says: $(cat answer)"; exit 1; }
		sleep 0.05
	done
	cat answer
}

say "squire secret create web GREETING=hello"
"$squire" secret create web GREETING=hello

say "squire run --watch -s web:GREETING -- ./web &"
"$squire" run --watch --debounce 50ms --log-level info -s web:GREETING -- ./web &
run=$!
greets hello

say "squire secret update web GREETING=servus      # the server ends, and starts with the new one"
"$squire" secret update web GREETING=servus
greets servus

say "squire secret update web --unset GREETING     # a required key: the server keeps what it has"
"$squire" secret update web --unset GREETING
greets servus

say "kill -TERM %1                                 # it goes to the server, and its exit code is ours"
kill "$run"
code=0
wait "$run" || code=$?
run=
echo "exit code $code"
[ "$code" = 0 ]
