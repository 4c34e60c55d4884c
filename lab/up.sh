#!/usr/bin/env bash
# Bare machines of the lab LAB_NAME in LAB_SUBNET, and their mirror's content: what LAB_CONTENT names, else what lab.content makes or finds.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

if [[ -z ${LAB_CONTENT:-} ]]; then
    LAB_CONTENT=$(python -m lab.content build)
    export LAB_CONTENT
fi
# What an admin installs on the controller by hand.
mkdir -p "$LAB_STATE/bin"
tar -xzf "$LAB_CONTENT"/files/get.helm.sh/helm-*-linux-amd64.tar.gz -C "$LAB_STATE/bin" --strip-components=1 linux-amd64/helm
stage "machine image"
python -m lab.machines image >/dev/null
stage "machines"
lab/molecule create
