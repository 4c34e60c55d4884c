# shellcheck shell=sh
# Ends this machine's API server, which kubelet starts again, and waits until it serves.
set -eu

serves() {
    [ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout 5s get --raw /readyz 2>/dev/null)" = ok ]
}

pkill --exact kube-apiserver
sleep 2
deadline=$(($(date +%s) + 180))
until serves; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
        echo "the API server of this machine did not serve again within 180 s: journalctl -u kubelet, and the logs in /var/log/pods, say why" >&2
        exit 1
    fi
    sleep 2
done
