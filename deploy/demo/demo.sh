#!/bin/sh
# demo.sh SQUIRE: one command through the wrapper, with all four kinds of
# source. It works in a folder of its own and leaves nothing behind.
set -eu
squire=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
cd "$here"
export SQUIRE_DATA_DIR="$here/data" SQUIRE_MASTER_KEY_FILE="$here/master.key"
say() { printf '\n$ %s\n' "$*"; }

say "squire secret create db PGUSER=app PGPASSWORD=-      # the value comes from standard input"
printf 's3cret' | "$squire" secret create db PGUSER=app PGPASSWORD=-

say "cat .env"
printf 'LOG_LEVEL=info\nGREETING="hello ${PGUSER:-nobody}, from ${REGION}"\n' >.env
cat .env

say "REGION=eu squire run -s db:PGUSER,PGPASSWORD --dotenv -e LOG_LEVEL=debug -e REGION -- sh -c 'echo …'"
REGION=eu "$squire" run -s db:PGUSER,PGPASSWORD --dotenv -e LOG_LEVEL=debug -e REGION -- \
	sh -c 'echo "$GREETING: $PGUSER has a password of ${#PGPASSWORD} characters, log level $LOG_LEVEL, pid $$"'

say "squire run -s db:PGHOST,PGPORT -s stripe -- echo never   # everything that is missing is reported; nothing starts"
"$squire" run -s db:PGHOST,PGPORT -s stripe -- echo never || echo "exit code $?"

say "squire secret list"
"$squire" secret list
