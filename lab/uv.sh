#!/usr/bin/env bash
# Prints the path of uv: the one on the path, or this checkout's own; with --fetch that is made, by whatever Python 3 has venv, pinned in lab/uv.txt.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

own=$PWD/.cache/uv/bin/uv
command -v uv && exit
if [[ ! -x $own && ${1:-} == --fetch ]]; then
    while IFS= read -r candidate; do
        "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1 || continue
        "$candidate" -m venv --clear .cache/uv >&2 && .cache/uv/bin/python -m pip install --quiet --require-hashes --requirement lab/uv.txt >&2 && break
    done < <(type -ap python3 .venv/bin/python)
fi
[[ -x $own ]] && echo "$own"
