# Ends this machine's API server, which kubelet starts again, and waits until it serves.
set -eu
pkill --exact kube-apiserver
sleep 2
timeout 180 sh -c '
  until [ "$(/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://127.0.0.1:6443 --request-timeout 5s get --raw /readyz 2>/dev/null)" = ok ]; do
    sleep 2
  done'
