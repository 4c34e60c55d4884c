#!/usr/bin/env bash
# Pins requirements.in's newest versions, with hashes, for every Python that lab/python.sh accepts.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

uv=$(command -v uv || true)
if [[ -z $uv ]]; then
    [[ -x .cache/uv/bin/uv ]] || { "$(lab/python.sh)" -m venv .cache/uv && .cache/uv/bin/python -m pip install --quiet uv; }
    uv=.cache/uv/bin/uv
fi
"$uv" pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes \
    --custom-compile-command 'make lock' --output-file requirements.txt requirements.in
