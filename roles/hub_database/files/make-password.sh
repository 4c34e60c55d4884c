# shellcheck shell=sh
# Writes a new password that a URL can carry as it is. It is born here and leaves the machine only towards the cluster's secrets.
# Usage: sh -s FILE
set -eu
umask 077
mkdir -p "${1%/*}"
head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=' >"$1.new"
mv "$1.new" "$1"
