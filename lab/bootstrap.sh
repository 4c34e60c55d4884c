#!/usr/bin/env bash
# Makes what a checkout needs and has not: the Python environment of requirements.txt in .venv and the link by which the checkout is kubehub.platform.
# With --system also the Debian packages of lab/packages.txt (for the lab), with --tests or --virtual beside them those of the file of that name: for
# the lab's tests and for tests in virtual machines. Does nothing, quickly, where all is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { echo "bootstrap: $* (${SECONDS} s)"; }

as_root() {
    if ((EUID == 0)); then "$@"; else sudo -n --preserve-env=http_proxy,https_proxy,no_proxy,DEBIAN_FRONTEND "$@"; fi
}

packages() {
    local wanted missing=()
    mapfile -t wanted < <(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' "$@")
    for package in "${wanted[@]}"; do
        if [[ $package == chromium-headless-shell ]] && command -v chromium google-chrome >/dev/null; then continue; fi
        [[ $(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get -qq update
    as_root apt-get -qq install --no-install-recommends "${missing[@]}" </dev/null >/dev/null && return
    say "not all could be installed, for apt's reasons above; what stands for a package that this system has not is said in: $*" >&2
    return 1
}

environment() {
    local lock=requirements.txt python stamp
    stamp=$(sha256sum "$lock" | cut -d' ' -f1)
    if [[ $(cat .venv/.lock 2>/dev/null) == "$stamp" ]] && .venv/bin/python -c '' 2>/dev/null; then return; fi
    if ! .venv/bin/python -c '' 2>/dev/null; then
        python=$(lab/python.sh --fetch)
        say "making .venv with $python"
        "$python" -m venv --clear .venv
    fi
    say "installing the Python tools of $lock"
    .venv/bin/python -m ensurepip >/dev/null
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement "$lock"
    echo "$stamp" >.venv/.lock
}

case ${1:-} in
    --system) packages lab/packages.txt ;;
    --tests | --virtual) packages lab/packages.txt "lab/packages-${1#--}.txt" ;;
esac
environment
mkdir -p .collections/ansible_collections/kubehub
ln -sfn ../../.. .collections/ansible_collections/kubehub/platform
say "ready"
