# shellcheck shell=sh
# Asks the etcd member that runs on this machine.
# Usage: sh -s forget NAME PEER_URL   removes that member; prints "removed ID", or nothing when there is none
#        sh -s without NAME           prints how many other members there are and how many of them are healthy
set -eu

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

case $1 in
  forget)
    # Lines read "ID, STATUS, NAME, PEER URLS, CLIENT URLS, LEARNER"; a member that never started has no name.
    etcdctl member list | awk -F ', ' -v name="$2" -v peer="$3" '$3 == name || $4 == peer {print $1}' | while read -r id; do
      etcdctl member remove "$id" >/dev/null
      echo "removed $id"
    done
    ;;
  without)
    healthy=$(etcdctl endpoint health --cluster 2>&1 | sed -n 's/ is healthy:.*//p' | tr '\n' ' ')
    etcdctl member list | awk -F ', ' -v name="$2" -v healthy=" $healthy" '
      $3 != name {members++; if ($5 != "" && index(healthy, " " $5 " ")) well++}
      END {print members + 0, well + 0}'
    ;;
esac
