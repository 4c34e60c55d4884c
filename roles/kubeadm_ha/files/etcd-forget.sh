# shellcheck shell=sh
# Removes the member of a machine from etcd, asking the member that runs here. Prints "removed ID", or nothing when there is none.
# Usage: sh -s NAME PEER_URL
set -eu
name=$1 peer=$2

# etcdctl comes with etcd's image: no second version of it on the machine.
running=$(ctr -n k8s.io tasks list | awk '$3 == "RUNNING" {print $1}' | tr '\n' ' ')
etcd=''
for container in $(ctr -n k8s.io containers list -q 'labels."io.kubernetes.container.name"==etcd'); do
  case " $running " in *" $container "*) etcd=$container ;; esac
done
[ -n "$etcd" ] || { echo 'no etcd container runs on this machine' >&2; exit 1; }

etcdctl() {
  ctr -n k8s.io tasks exec --exec-id "kubehub-$$-$1-$2" "$etcd" etcdctl --endpoints https://127.0.0.1:2379 \
    --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key "$@"
}

# Lines read "ID, STATUS, NAME, PEER URLS, CLIENT URLS, LEARNER"; a member that never started has no name.
etcdctl member list | awk -F ', ' -v name="$name" -v peer="$peer" '$3 == name || $4 == peer {print $1}' | while read -r id; do
  etcdctl member remove "$id" >/dev/null
  echo "removed $id"
done
