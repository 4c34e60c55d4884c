#!/usr/bin/env bash
# Removes the lab LAB_NAME in whatever state it is: machines, their volumes, network, keys. The caches stay, and so do the host's packages.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

lab/bootstrap.sh
lab/molecule destroy
echo "lab $LAB_NAME is gone; kept for the next one: ${KUBEHUB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubehub} and podman's images localhost/kubehub-machine"
