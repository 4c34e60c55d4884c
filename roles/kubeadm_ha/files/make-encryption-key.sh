# shellcheck shell=sh
# Writes the API server's configuration for encryption at rest with a new key. The key is born here and is read only by control planes that join.
# Usage: sh -s FILE
set -eu
umask 077
mkdir -p "${1%/*}"
cat >"$1.new" <<CONFIG
apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets]
    providers:
      - secretbox:
          keys:
            - name: key1
              secret: $(head -c 32 /dev/urandom | base64 -w 0)
      - identity: {}
CONFIG
mv "$1.new" "$1"
