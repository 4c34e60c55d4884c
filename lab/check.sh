#!/usr/bin/env bash
# Everything that needs neither root nor a machine; `make check` calls it. Names of steps as arguments run only those.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ! -x .venv/bin/python ]]; then
    echo "check: there is no .venv here yet; 'make check' makes it first" >&2
    exit 2
fi

export PATH="$PWD/.venv/bin:$PATH"
exec python -u -m lab.check "$@"
