#!/usr/bin/env bash
# Pins requirements.in's newest versions, with hashes, for every Python that lab/python.sh accepts.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

"$(lab/uv.sh --fetch)" pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes \
    --custom-compile-command 'make lock' --output-file requirements.txt requirements.in
