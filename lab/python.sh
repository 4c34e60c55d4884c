#!/usr/bin/env bash
# Prints a Python that can carry the controller: 3.12 to 3.14, newest first, chosen by running it, as a name on the path may be a shim that fails.
# First the path, then pyenv's versions, then what uv manages already. With --fetch uv may also get one; without any: one sentence that says
# what to install, and exit 1.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

wanted=(3.14 3.13 3.12)

# Runs, is the version its name says, and can make an environment (Debian ships venv apart).
works() {
    [[ -x $1 ]] && "$1" -I -c 'import ensurepip, sys, venv; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$2" >/dev/null 2>&1 </dev/null
}

# The first of the candidates on standard input that works.
choose() {
    local candidate
    while IFS= read -r candidate; do
        works "$candidate" "$1" && echo "$candidate" && return
    done
    return 1
}

for version in "${wanted[@]}"; do
    choose "$version" < <(type -ap "python$version" python3) && exit
done
for version in "${wanted[@]}"; do
    choose "$version" < <(find "${PYENV_ROOT:-$HOME/.pyenv}/versions" -path "*/bin/python$version" 2>/dev/null | sort --version-sort --reverse) && exit
done

uv=$(lab/uv.sh "${1:-}") || uv=
if [[ -n $uv ]]; then
    for version in "${wanted[@]}"; do
        choose "$version" < <("$uv" python find --managed-python "$version" 2>/dev/null) && exit
    done
    if [[ ${1:-} == --fetch ]]; then
        for version in 3.13 3.14 3.12; do
            "$uv" python install "$version" >&2 && choose "$version" < <("$uv" python find --managed-python "$version") && exit
        done
    fi
fi
echo "No Python 3.12, 3.13 or 3.14 that runs was found: install one with its venv module (Debian 13, Ubuntu 24.04: apt-get install python3-venv;" \
    "Debian 12: build one with pyenv, or let https://docs.astral.sh/uv get it: uv python install 3.13)." >&2
exit 1
