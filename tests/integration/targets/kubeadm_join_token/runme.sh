#!/usr/bin/env bash
# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the modules against a real control plane on loopback, made for this run: etcd, kube-apiserver, the controllers
# that sign, clean up and collect, and the real kubeadm. No root, no containers. Nothing outlives the run.
#
#   KUBEHUB_TEST_BINARIES   folder of the binaries; without it they are taken from the PATH
#   KUBEHUB_TEST_PYTHON     the interpreter of the modules; without it the controller's
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export PATH="${KUBEHUB_TEST_BINARIES:+$KUBEHUB_TEST_BINARIES:}$PATH"
export ANSIBLE_CONFIG="${ANSIBLE_CONFIG:-$here/../../../../ansible.cfg}"
missing=()
for name in etcd kube-apiserver kube-controller-manager kubeadm kubectl; do
    command -v "$name" >/dev/null || missing+=("$name")
done
if ((${#missing[@]})); then
    echo "Not found: ${missing[*]}. Name the folder that holds them in KUBEHUB_TEST_BINARIES." >&2
    exit 1
fi

lab=$(mktemp -d)
servers=()
finish() {
    local status=$?
    # An API server that has lost its etcd takes minutes to end by itself, and nothing of it is to be kept.
    if ((${#servers[@]})); then
        kill -KILL "${servers[@]}" 2>/dev/null || true
        wait "${servers[@]}" 2>/dev/null || true
    fi
    if ((status)); then tail -n 5 "$lab"/*.log >&2; fi
    rm -rf "$lab"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

serve() {
    "$@" >"$lab/$(basename "$1").log" 2>&1 &
    servers+=($!)
}

read -r api etcd peer < <(python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in sockets))')

# kubeadm takes no loopback address; nothing listens on this one, everything uses localhost.
advertised=198.18.250.1
pki=$lab/pki
cat >"$lab/init.yaml" <<YAML
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
localAPIEndpoint: {advertiseAddress: $advertised, bindPort: $api}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: $(kubeadm version --output short)
certificatesDir: $pki
controlPlaneEndpoint: localhost:$api
apiServer: {certSANs: [localhost]}
YAML

for phase in "certs all" "kubeconfig admin" "kubeconfig super-admin" "kubeconfig controller-manager"; do
    directory=()
    [[ $phase == kubeconfig* ]] && directory=(--kubeconfig-dir "$lab")
    read -ra words <<<"$phase"
    kubeadm init phase "${words[@]}" --config "$lab/init.yaml" "${directory[@]}" >/dev/null
done
sed -i "s|https://$advertised:|https://localhost:|" "$lab"/*.conf

serve etcd --data-dir "$lab/etcd" --listen-client-urls "https://127.0.0.1:$etcd" \
    --advertise-client-urls "https://127.0.0.1:$etcd" --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer" \
    --cert-file "$pki/etcd/server.crt" --key-file "$pki/etcd/server.key" \
    --trusted-ca-file "$pki/etcd/ca.crt" --client-cert-auth
serve kube-apiserver --etcd-servers "https://127.0.0.1:$etcd" --etcd-cafile "$pki/etcd/ca.crt" \
    --etcd-certfile "$pki/apiserver-etcd-client.crt" --etcd-keyfile "$pki/apiserver-etcd-client.key" \
    --bind-address 127.0.0.1 --secure-port "$api" --advertise-address "$advertised" \
    --tls-cert-file "$pki/apiserver.crt" --tls-private-key-file "$pki/apiserver.key" --client-ca-file "$pki/ca.crt" \
    --service-account-key-file "$pki/sa.pub" --service-account-signing-key-file "$pki/sa.key" \
    --service-account-issuer https://kubernetes.default.svc --service-cluster-ip-range 198.19.128.0/24 \
    --authorization-mode Node,RBAC --enable-bootstrap-token-auth
serve kube-controller-manager --kubeconfig "$lab/controller-manager.conf" --secure-port 0 --leader-elect=false \
    --use-service-account-credentials --service-account-private-key-file "$pki/sa.key" \
    --controllers serviceaccount-token-controller,bootstrap-signer-controller,token-cleaner-controller,garbage-collector-controller

for _ in {1..60}; do
    kubectl --kubeconfig "$lab/super-admin.conf" get --raw /readyz >/dev/null 2>&1 && break
    sleep 1
done
for part in kubeadm kubelet; do
    kubeadm init phase upload-config $part --config "$lab/init.yaml" --kubeconfig "$lab/super-admin.conf" >/dev/null
done
sed 's|server: .*|server: https://localhost:1|' "$lab/super-admin.conf" >"$lab/closed.conf"
sed '/certificate-authority-data/d' "$lab/super-admin.conf" >"$lab/stranger.conf"

# Every call of the modules to these two is recorded as /proc would show it.
mkdir "$lab/bin"
for name in kubectl kubeadm; do
    printf '#!/bin/sh\necho "%s $*" >>"%s"\nexec "%s" "$@"\n' \
        "$name" "$lab/argv" "$(command -v "$name")" >"$lab/bin/$name"
    chmod +x "$lab/bin/$name"
done

ansible-playbook "$here/playbook.yml" -i localhost, -vvv --diff -e lab="$lab" \
    ${KUBEHUB_TEST_PYTHON:+-e ansible_python_interpreter="$KUBEHUB_TEST_PYTHON"} "$@" | tee "$lab/output.txt"

# The play has kept every secret that it was given.
[[ $(wc -l <"$lab/secrets") -ge 5 && $(wc -l <"$lab/argv") -ge 50 ]]
if grep -qFf "$lab/secrets" "$lab/output.txt" "$lab/argv"; then
    echo "A secret stands in the output or in the arguments of a command." >&2
    exit 1
fi
echo "No secret in $(wc -l <"$lab/output.txt") lines of output and $(wc -l <"$lab/argv") commands."
