#!/bin/sh
# server.sh SQUIRE SQUIRED: a server, a token that opens one secret, and a
# command that comes with it. It works in a folder of its own and leaves
# nothing behind.
set -eu
squire=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
squired=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
here=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; wait; rm -rf "$here"' EXIT
cd "$here"
export HOME="$here"
say() { printf '\n$ %s\n' "$*"; }

: >log
say "squired serve --bootstrap-token-file admin.token &"
"$squired" serve --listen 127.0.0.1:0 --data-dir data --master-key-file master.key --bootstrap-token-file admin.token 2>log &
server=$!
while ! grep -q 'squired answers at' log; do kill -0 "$server" || { cat log; exit 1; }; sleep 0.05; done
SQUIRE_SERVER=$(sed -n 's/.*squired answers at \([^[:space:]]*\).*/\1/p' log)
export SQUIRE_SERVER

say "export SQUIRE_SERVER=$SQUIRE_SERVER SQUIRE_TOKEN_FILE=admin.token"
say "squire secret create db PGUSER=app PGPASSWORD=-      # the value comes from standard input"
printf 's3cret' | SQUIRE_TOKEN_FILE=admin.token "$squire" secret create db PGUSER=app PGPASSWORD=-

say "squire token create shop --environments main --names db > shop.token     # resolves main/db, and nothing else"
SQUIRE_TOKEN_FILE=admin.token "$squire" token create shop --environments main --names db >shop.token

say "SQUIRE_TOKEN_FILE=shop.token squire run -s db:PGUSER,PGPASSWORD -- sh -c 'echo …'"
SQUIRE_TOKEN_FILE=shop.token "$squire" run -s db:PGUSER,PGPASSWORD -- \
	sh -c 'echo "$PGUSER has a password of ${#PGPASSWORD} characters, and squire is gone: pid $$"'

say "SQUIRE_TOKEN_FILE=shop.token squire secret list       # it may not even look around"
SQUIRE_TOKEN_FILE=shop.token "$squire" secret list || echo "exit code $?"

say "squire audit list --max 4"
SQUIRE_TOKEN_FILE=admin.token "$squire" audit list --max 4
