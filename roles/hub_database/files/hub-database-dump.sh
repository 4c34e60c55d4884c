#!/bin/sh
# Usage: hub-database-dump DIRECTORY DATABASE PORT KEPT
# A dump has its name only once it is whole and was read back, and only then do the oldest go.
set -eu
directory=$1 database=$2 port=$3 kept=$4
umask 077
cd "$directory"
name=$database-$(date -u +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$name.part"' EXIT
pg_dump --port="$port" --format=custom --file="$name.part" "$database"
pg_restore --list "$name.part" >/dev/null
mv "$name.part" "$name"
printf '%s\n' "$database"-*.dump | sort | head -n "-$kept" | xargs -r rm --
