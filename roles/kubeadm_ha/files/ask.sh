# shellcheck shell=sh
# Prints what this control plane knows about its cluster, in one line: "none", "unfinished STEP", "silent" (it has a cluster, but its API
# doesn't answer) or "member VERSION". Changes nothing.
# Usage: sh -s UNFINISHED ETCD_DATA_DIR
set -eu
unfinished=$1 data=$2
conf=/etc/kubernetes/admin.conf

if [ -r "$unfinished" ]; then
  echo "unfinished $(cat "$unfinished")"
  exit
fi
if [ ! -r "$conf" ] || [ ! -x /usr/local/bin/kubectl ]; then
  # Without the file there is no way to ask, yet etcd's data is a cluster all the same.
  if [ -d "$data/member" ] || [ -r "$conf" ]; then echo silent; else echo none; fi
  exit
fi

# This machine's own API server, not one that the virtual IP leads to.
manifest=/etc/kubernetes/manifests/kube-apiserver.yaml
address=$(sed -n 's/.*--advertise-address=//p' "$manifest" 2>/dev/null || true)
port=$(sed -n 's/.*--secure-port=//p' "$manifest" 2>/dev/null || true)
ask() { /usr/local/bin/kubectl --kubeconfig "$conf" --server "https://$address:$port" --request-timeout 5s get --raw "$1" 2>/dev/null; }
if [ -n "$address" ] && [ "$(ask /readyz)" = ok ]; then
  echo "member $(ask /version | sed -n 's/.*"gitVersion": *"v\([^"]*\)".*/\1/p')"
else
  echo silent
fi
