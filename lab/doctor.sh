#!/usr/bin/env bash
# Runs the doctor with any Python 3.9 or newer that runs, as nothing may be installed yet; arguments are passed on.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

LAB_PYTHON=$(lab/python.sh 2>/dev/null)
export LAB_PYTHON
for candidate in "${LAB_PYTHON:-false}" /usr/bin/python3 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 9))' >/dev/null 2>&1; then
        exec "$candidate" -m lab.doctor "$@"
    fi
done
echo "doctor: no Python that runs was found: apt-get install python3, or another python3 on the PATH" >&2
exit 1
