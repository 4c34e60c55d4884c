#!/usr/bin/env bash
# Prints a Python that can carry the controller: 3.12 to 3.14, newest first, chosen by running it, as a name on the path may be a shim that fails.
# First the path, then pyenv's versions, then one that uv manages. With none of them: one sentence that says what to install, exit 1.
set -uo pipefail

wanted=(3.14 3.13 3.12)

# Runs, is the version its name says, and can make an environment (Debian ships venv apart).
works() {
    [[ -x $1 ]] && "$1" -I -c 'import ensurepip, sys, venv; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$2" >/dev/null 2>&1 </dev/null
}

for version in "${wanted[@]}"; do
    while IFS= read -r candidate; do
        works "$candidate" "$version" && echo "$candidate" && exit
    done < <(type -ap "python$version" python3)
done
for version in "${wanted[@]}"; do
    while IFS= read -r candidate; do
        works "$candidate" "$version" && echo "$candidate" && exit
    done < <(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/bin/python$version" 2>/dev/null | sort --version-sort --reverse)
done
if command -v uv >/dev/null; then
    for version in "${wanted[@]}"; do
        candidate=$(uv python find --managed-python "$version" 2>/dev/null || { uv python install "$version" >&2 && uv python find --managed-python "$version"; })
        works "$candidate" "$version" && echo "$candidate" && exit
    done
fi
echo "No Python 3.12, 3.13 or 3.14 that runs was found: install one with its venv module (Debian 13, Ubuntu 24.04: apt-get install python3-venv;" \
    "Debian 12: install uv, https://docs.astral.sh/uv, and run this again, or build one with pyenv)." >&2
exit 1
