#!/usr/bin/env bash
# From a fresh clone to a verified cluster; again it is quick and changes nothing.
set -euo pipefail
# shellcheck source=lab/env.sh
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

stage "1/6 doctor: can a lab stand here?"
lab/doctor.sh --fix
stage "2/6 packages and Python environment"
lab/bootstrap.sh --system
stage "3/6 the mirror's content and the machines of lab $LAB_NAME in $LAB_SUBNET"
lab/up.sh
stage "4/6 mirror.yml: the mirror that stands for the internet"
ansible-playbook -i inventory/lab playbooks/mirror.yml
stage "5/6 site.yml: the site"
ansible-playbook -i inventory/lab site.yml
stage "6/6 verify.yml: the proof"
ansible-playbook -i inventory/lab playbooks/verify.yml

kubectl() { lab/login.sh cp1 kubectl --kubeconfig=/etc/kubernetes/admin.conf "$@"; }

stage "lab $LAB_NAME stands"
settings=
[[ $LAB_NAME == kubehub ]] || settings+=" LAB_NAME=$LAB_NAME"
[[ $LAB_SUBNET == 198.18.7.0/24 ]] || settings+=" LAB_SUBNET=$LAB_SUBNET"
password=$(kubectl -n jupyterhub get secret kubehub-kept -o 'jsonpath={.data.user-password}' | base64 -d)
cat <<END
JupyterHub     https://${LAB_SUBNET%.*}.100, as alice, bob, carol or dora, password $password
               The browser warns of a certificate authority that it does not know: trust $LAB_STATE/$LAB_NAME-ca.pem, or accept it.
               From another computer: ssh -L 8443:${LAB_SUBNET%.*}.100:443 THIS_COMPUTER, then https://localhost:8443
API            https://${LAB_SUBNET%.*}.100:6443, the virtual IP of lb1 and lb2
kubectl        export KUBECONFIG=$LAB_STATE/kubeconfig
a machine      make lab-login M=cp1$settings    (or: ssh -F $LAB_STATE/ssh/config cp1)
Ansible        ${settings:+env$settings }.venv/bin/ansible-playbook -i inventory/lab site.yml
again          make lab$settings
away           make lab-destroy$settings
END
