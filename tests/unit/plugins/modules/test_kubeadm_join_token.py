# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansible_collections.kubehub.platform.plugins.module_utils._kubeadm import machine, token
from ansible_collections.kubehub.platform.plugins.modules import kubeadm_join_token, kubeadm_join_token_info

OURS = token.DEFAULT_DESCRIPTION
SECRETS = "/api/v1/namespaces/kube-system/secrets"
LIST = f"{SECRETS}?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
NOT_FOUND = 'Error from server (NotFound): secrets "kubeadm-certs" not found\n'
CLUSTER_CONFIGURATION = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.37.2\n"
MANIFEST = "    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 192.0.2.11:6443\n"


def in_hours(hours: float) -> datetime:
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(hours=hours)


def authority() -> tuple[bytes, str]:
    """A CA certificate in PEM and the hash that kubeadm would pin."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, in_hours(-1), in_hours(1))
    info = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM), "sha256:" + hashlib.sha256(info).hexdigest()


CA, HASH = authority()


def make(identifier: str, *, hours: float = 2, description: str = OURS, joins: bool = True) -> token.Token:
    return token.Token(
        id=identifier,
        secret=f"{identifier}secret0000",
        description=description,
        expires=in_hours(hours),
        usages=token.USAGES if joins else (),
        groups=token.GROUPS if joins else (),
    )


def certs(owner: str, version: str = "7", *, managed: bool = False) -> dict[str, Any]:
    labels = {"labels": {"app.kubernetes.io/managed-by": "kubehub.platform"}} if managed else {}
    return {
        "kind": "Secret",
        "metadata": {
            "name": "kubeadm-certs",
            "uid": "u1",
            "resourceVersion": version,
            "ownerReferences": [{"kind": "Secret", "name": f"bootstrap-token-{owner}", "uid": "t1"}],
            **labels,
        },
        "data": {"ca.key": "c2VhbGVk"},
    }


def listing(*tokens: token.Token) -> str:
    return json.dumps({"kind": "SecretList", "items": [token.to_secret(one) for one in tokens]})


@dataclass
class Machine:
    """A control plane: its files, and a table of the commands that must run, in this order and no others."""

    directory: Path
    capsys: pytest.CaptureFixture[str]
    expected: list[tuple[list[str], int, str, str]] = field(default_factory=list)
    stdins: list[str | None] = field(default_factory=list)
    commands: dict[str, str] = field(
        default_factory=lambda: {"kubectl": "/usr/local/bin/kubectl", "kubeadm": "/usr/local/bin/kubeadm"}
    )

    @property
    def kubeconfig(self) -> str:
        return str(self.directory / "admin.conf")

    @property
    def key_file(self) -> Path:
        return self.directory / "key.json"

    def kubectl(self, verb: str, path: str, *rest: str, rc: int = 0, out: str = "{}", err: str = "") -> None:
        argv = ["/usr/local/bin/kubectl", "--kubeconfig", self.kubeconfig, "--request-timeout=30s", verb, "--raw", path]
        self.expected.append(([*argv, *rest], rc, out, err))

    def endpoint(self, server: str = "https://192.0.2.100:6443") -> None:
        argv = [
            "/usr/local/bin/kubectl",
            "--kubeconfig",
            self.kubeconfig,
            "config",
            "view",
            "--minify",
            "--output",
            "json",
        ]
        self.expected.append((argv, 0, json.dumps({"clusters": [{"cluster": {"server": server}}]}), ""))

    def state(self, *tokens: token.Token, upload: dict[str, Any] | None = None) -> None:
        self.kubectl("get", LIST, out=listing(*tokens))
        if upload is None:
            self.kubectl("get", f"{SECRETS}/kubeadm-certs", rc=1, err=NOT_FOUND)
        else:
            self.kubectl("get", f"{SECRETS}/kubeadm-certs", out=json.dumps(upload))

    def uploads(self, before_label: dict[str, Any], after_label: dict[str, Any]) -> None:
        config_map = json.dumps({"data": {"ClusterConfiguration": CLUSTER_CONFIGURATION}})
        self.kubectl("get", "/api/v1/namespaces/kube-system/configmaps/kubeadm-config", out=config_map)
        self.expected.append((self.kubeadm, 0, "[upload-certs] Storing the certificates\n", ""))
        self.kubectl("get", f"{SECRETS}/kubeadm-certs", out=json.dumps(before_label))
        self.kubectl("replace", f"{SECRETS}/kubeadm-certs", "-f", "-", out=json.dumps(after_label))

    @property
    def kubeadm(self) -> list[str]:
        phase = ["/usr/local/bin/kubeadm", "init", "phase", "upload-certs", "--upload-certs"]
        return [*phase, "--skip-certificate-key-print", "--kubeconfig", self.kubeconfig, "--config", "/dev/stdin"]

    def run_command(
        self,
        _module: AnsibleModule,
        args: list[str],
        *,
        data: str | None,
        environ_update: dict[str, str],
        expand_user_and_vars: bool,
    ) -> tuple[int, str, str]:
        assert self.expected, f"not expected any more: {args}"
        argv, rc, out, err = self.expected.pop(0)
        assert args == argv
        assert environ_update == {"KUBECTL_KUBERC": "false"}
        assert not expand_user_and_vars
        self.stdins.append(data)
        return rc, out, err

    def run(self, module: Any = kubeadm_join_token, *, check: bool = False, **params: Any) -> dict[str, Any]:
        """Runs the module and returns what it says; every expected command must have run."""
        arguments: dict[str, Any] = {"kubeconfig": self.kubeconfig, **params, "_ansible_check_mode": check}
        if module is kubeadm_join_token:
            arguments.setdefault("ca_cert", str(self.directory / "ca.crt"))
            arguments.setdefault("certificate_key_file", str(self.key_file))
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        assert not self.expected
        out, err = self.capsys.readouterr()
        assert not err
        result: dict[str, Any] = json.loads(out)
        return result


@pytest.fixture
def control_plane(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Machine]:
    host = Machine(tmp_path, capsys)
    (tmp_path / "admin.conf").write_text("kind: Config\n")
    (tmp_path / "ca.crt").write_bytes(CA)
    (tmp_path / "kube-apiserver.yaml").write_text(MANIFEST)
    monkeypatch.setattr(machine, "APISERVER_MANIFEST", str(tmp_path / "kube-apiserver.yaml"))
    monkeypatch.setattr(
        AnsibleModule, "run_command", lambda module, args, **rest: host.run_command(module, args, **rest)
    )
    monkeypatch.setattr(AnsibleModule, "get_bin_path", lambda _module, name, opt_dirs: host.commands.get(name))
    yield host
    assert not host.expected


def secret_of(result: dict[str, Any]) -> str:
    return str(result["token"]).split(".")[1]


def expiry(one: token.Token) -> str:
    assert one.expires is not None
    return token.format_time(one.expires)


def test_a_token_is_made_when_there_is_none(control_plane: Machine) -> None:
    control_plane.endpoint()
    control_plane.state(make("others", description="for the new rack"))
    control_plane.kubectl("create", SECRETS, "-f", "-")
    result = control_plane.run(ttl="3h")

    created = json.loads(control_plane.stdins[-1] or "")
    data = {key: base64.b64decode(value).decode() for key, value in created["data"].items()}
    assert created["metadata"] == {"name": f"bootstrap-token-{data['token-id']}", "namespace": "kube-system"}
    assert result["token"] == f"{data['token-id']}.{data['token-secret']}"
    assert result["token_id"] == data["token-id"]
    assert result["expires"] == data["expiration"]
    assert timedelta() <= in_hours(3) - token.parse_time(data["expiration"]) < timedelta(minutes=1)
    assert data["description"] == OURS
    assert result["changed"]
    assert result["ca_cert_hashes"] == [HASH]
    assert result["api_server_endpoint"] == "192.0.2.100:6443"
    assert result["certificate_key"] is None
    assert result["certificates_expire"] is None
    assert result["diff"] == {
        "before": {"tokens": {}},
        "after": {"tokens": {"(new)": f"until {data['expiration']}"}},
    }


def test_a_token_that_lives_long_enough_is_reused(control_plane: Machine) -> None:
    ours = make("aaaaaa", hours=0.6)
    control_plane.endpoint()
    control_plane.state(make("bbbbbb", hours=0.4), ours)
    result = control_plane.run()
    assert not result["changed"]
    assert result["token"] == token.format_token(ours)
    assert result["diff"]["before"] == result["diff"]["after"]


def test_a_token_that_is_about_to_expire_is_not_reused(control_plane: Machine) -> None:
    control_plane.endpoint()
    control_plane.state(make("aaaaaa", hours=0.4))
    control_plane.kubectl("create", SECRETS, "-f", "-")
    result = control_plane.run()
    assert result["changed"]
    assert result["token_id"] != "aaaaaa"
    assert list(result["diff"]["after"]["tokens"]) == ["aaaaaa", "(new)"]


def test_check_mode_makes_nothing_and_names_nothing_that_does_not_exist(control_plane: Machine) -> None:
    control_plane.endpoint()
    control_plane.state()
    result = control_plane.run(check=True, control_plane=True)
    assert result["changed"]
    assert [result[name] for name in ("token", "token_id", "certificate_key")] == [None, None, None]
    assert result["ca_cert_hashes"] == [HASH]
    assert list(result["diff"]["after"]["tokens"]) == ["(new)"]
    assert result["diff"]["before"]["certificates"] == "none"
    assert (
        result["diff"]["after"]["certificates"]
        == f'Secret "kubeadm-certs", valid until {result["certificates_expire"]}'
    )
    assert control_plane.stdins == [None] * 3
    assert not control_plane.key_file.exists()


def test_certificates_are_uploaded_with_a_key_that_is_never_an_argument(control_plane: Machine) -> None:
    ours = make("aaaaaa")
    control_plane.endpoint()
    control_plane.state(ours)
    control_plane.uploads(certs("cccccc"), certs("cccccc", "8", managed=True))
    result = control_plane.run(control_plane=True)

    key = result["certificate_key"]
    assert re.fullmatch(r"[0-9a-f]{64}", key)
    configuration, labelled = control_plane.stdins[-3] or "", json.loads(control_plane.stdins[-1] or "")
    init, cluster = configuration.split("\n---\n")
    assert json.loads(init) == {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "InitConfiguration",
        "certificateKey": key,
        "localAPIEndpoint": {"advertiseAddress": "192.0.2.11", "bindPort": 6443},
    }
    assert cluster == CLUSTER_CONFIGURATION
    assert labelled == certs("cccccc", managed=True)
    assert json.loads(control_plane.key_file.read_text()) == {
        "certificate_key": key,
        "uid": "u1",
        "resource_version": "8",
    }
    assert control_plane.key_file.stat().st_mode & 0o777 == 0o600
    assert result["changed"]
    assert result["token"] == token.format_token(ours)
    assert key not in json.dumps(result["diff"])
    assert secret_of(result) not in json.dumps(result["diff"])


def stored_key(control_plane: Machine, version: str = "8") -> str:
    key = "0123456789abcdef" * 4
    control_plane.key_file.write_text(
        json.dumps({"certificate_key": key, "uid": "u1", "resource_version": version}), encoding="utf-8"
    )
    return key


def test_an_upload_whose_key_is_known_is_reused(control_plane: Machine) -> None:
    key = stored_key(control_plane)
    owner = make("cccccc", hours=1, description=token.UPLOAD_DESCRIPTION, joins=False)
    control_plane.endpoint()
    control_plane.state(make("aaaaaa"), owner, upload=certs("cccccc", "8", managed=True))
    result = control_plane.run(control_plane=True)
    assert not result["changed"]
    assert result["certificate_key"] == key
    assert result["certificates_expire"] == expiry(owner)


@pytest.mark.parametrize(("version", "hours"), [("7", 1.0), ("8", 0.4), ("8", -0.1)])
def test_an_upload_that_is_not_ours_or_about_to_go_is_replaced_with_its_owner(
    control_plane: Machine, version: str, hours: float
) -> None:
    old = stored_key(control_plane, version)
    owner = make("cccccc", hours=hours, description=token.UPLOAD_DESCRIPTION, joins=False)
    control_plane.endpoint()
    control_plane.state(make("aaaaaa"), owner, upload=certs("cccccc", "8", managed=True))
    control_plane.uploads(certs("dddddd", "9"), certs("dddddd", "10", managed=True))
    control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-cccccc")
    result = control_plane.run(control_plane=True)
    assert result["changed"]
    assert result["certificate_key"] != old
    assert json.loads(control_plane.key_file.read_text())["resource_version"] == "10"


def test_a_failed_upload_leaves_no_stale_key(control_plane: Machine) -> None:
    stored_key(control_plane, "7")
    control_plane.endpoint()
    control_plane.state(make("aaaaaa"), upload=certs("cccccc", "8"))
    control_plane.kubectl(
        "get",
        "/api/v1/namespaces/kube-system/configmaps/kubeadm-config",
        out=json.dumps({"data": {"ClusterConfiguration": CLUSTER_CONFIGURATION}}),
    )
    control_plane.expected.append(
        (control_plane.kubeadm, 1, "", "can't use upload-certs with an external CA or an external front-proxy CA\n")
    )
    result = control_plane.run(control_plane=True)
    assert result["msg"] == (
        "Uploading the control plane's certificates failed: can't use upload-certs with an external CA or an external "
        "front-proxy CA. The CA's key is not on this machine, so its certificates can't be uploaded: copy them to the "
        "joining control planes by hand."
    )
    assert not control_plane.key_file.exists()


def test_an_upload_needs_a_cluster_that_kubeadm_made(control_plane: Machine) -> None:
    control_plane.endpoint()
    control_plane.state(make("aaaaaa"))
    control_plane.kubectl("get", "/api/v1/namespaces/kube-system/configmaps/kubeadm-config", out='{"data": {}}')
    assert control_plane.run(control_plane=True)["msg"] == (
        'The ConfigMap "kubeadm-config" in kube-system holds no ClusterConfiguration: was this cluster made by kubeadm? '
        "`kubeadm init phase upload-config kubeadm` restores it."
    )


def test_absent_removes_what_the_module_made(control_plane: Machine) -> None:
    stored_key(control_plane)
    owner = make("cccccc", description=token.UPLOAD_DESCRIPTION, joins=False)
    control_plane.state(
        make("aaaaaa"),
        make("bbbbbb", hours=-1),
        owner,
        make("initok", description=""),
        upload=certs("cccccc", "8", managed=True),
    )
    control_plane.kubectl("delete", f"{SECRETS}/kubeadm-certs")
    for identifier in ("aaaaaa", "bbbbbb", "cccccc"):
        control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-{identifier}")
    result = control_plane.run(state="absent")
    assert result["changed"]
    assert result["revoked"] == ["aaaaaa", "bbbbbb", "cccccc"]
    assert result["certificates_removed"]
    assert list(result["diff"]["before"]["tokens"]) == ["aaaaaa", "bbbbbb", "cccccc"]
    assert result["diff"]["after"] == {"tokens": {}, "certificates": "none", "certificate_key_file": "absent"}
    assert "secret0000" not in json.dumps(result)
    assert not control_plane.key_file.exists()


def test_absent_leaves_what_others_made(control_plane: Machine) -> None:
    owner = make("cccccc", description=token.UPLOAD_DESCRIPTION, joins=False)
    control_plane.state(owner, make("initok", description=""), upload=certs("cccccc"))
    result = control_plane.run(state="absent")
    assert not result["changed"]
    assert result["revoked"] == []
    assert not result["certificates_removed"]
    assert result["diff"]["before"] == result["diff"]["after"]


def test_absent_reaches_kubeadms_own_when_told(control_plane: Machine) -> None:
    owner = make("cccccc", description=token.UPLOAD_DESCRIPTION, joins=False)
    control_plane.state(
        owner, make("byhand", description="by hand"), make("initok", description=""), upload=certs("cccccc")
    )
    control_plane.kubectl("delete", f"{SECRETS}/kubeadm-certs")
    for identifier in ("cccccc", "initok"):
        control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-{identifier}")
    assert control_plane.run(state="absent", revoke="kubeadm")["revoked"] == ["cccccc", "initok"]


def test_absent_of_everything_reaches_the_unreadable_too(control_plane: Machine) -> None:
    broken = {"metadata": {"name": "bootstrap-token-broken"}}
    items = [broken, token.to_secret(make("byhand", description="by hand"))]
    control_plane.kubectl("get", LIST, out=json.dumps({"items": items}))
    control_plane.kubectl("get", f"{SECRETS}/kubeadm-certs", rc=1, err=NOT_FOUND)
    for identifier in ("broken", "byhand"):
        control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-{identifier}")
    assert control_plane.run(state="absent", revoke="all")["revoked"] == ["broken", "byhand"]


def test_absent_in_check_mode_only_predicts(control_plane: Machine) -> None:
    stored_key(control_plane)
    control_plane.state(make("aaaaaa"), upload=certs("cccccc", managed=True))
    result = control_plane.run(check=True, state="absent")
    assert result["changed"]
    assert result["revoked"] == ["aaaaaa"]
    assert result["certificates_removed"]
    assert control_plane.key_file.exists()


def test_what_goes_by_itself_meanwhile_is_no_failure(control_plane: Machine) -> None:
    control_plane.state(make("aaaaaa"))
    gone = 'Error from server (NotFound): secrets "bootstrap-token-aaaaaa" not found\n'
    control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-aaaaaa", rc=1, err=gone)
    assert control_plane.run(state="absent")["revoked"] == ["aaaaaa"]


def test_a_refused_removal_fails(control_plane: Machine) -> None:
    control_plane.state(make("aaaaaa"))
    refused = 'Error from server (Forbidden): secrets "bootstrap-token-aaaaaa" is forbidden\n'
    control_plane.kubectl("delete", f"{SECRETS}/bootstrap-token-aaaaaa", rc=1, err=refused)
    assert control_plane.run(state="absent")["msg"] == (
        'Deleting the Secret "bootstrap-token-aaaaaa" failed: Error from server (Forbidden): secrets '
        '"bootstrap-token-aaaaaa" is forbidden. '
        f"The user of {control_plane.kubeconfig} may not do this: take the kubeconfig of a cluster admin. "
        "kubeadm makes its admin.conf one by the ClusterRoleBinding kubeadm:cluster-admins."
    )


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"min_remaining": "3h"},
            (
                "min_remaining (3h) is longer than ttl (2h): no token that is made here could ever be reused. "
                "Give a longer ttl or a shorter min_remaining."
            ),
        ),
        (
            {"ttl": "3h", "min_remaining": "2h", "control_plane": True},
            "min_remaining (2h) must be less than 2h with control_plane: kubeadm lets uploaded certificates live no longer.",
        ),
        (
            {"ttl": "0s"},
            (
                'ttl is "0s": wanted whole hours, minutes and seconds such as 2h, 90m or 1h30m, more than 0 and at most 8784h; '
                "a token that never expires is not made"
            ),
        ),
        (
            {"description": ""},
            'description is "": wanted a text of its own, since it is the mark by which managed tokens are known',
        ),
    ],
)
def test_options_with_which_nothing_could_work_are_refused_before_anything_runs(
    control_plane: Machine, params: dict[str, Any], message: str
) -> None:
    assert control_plane.run(**params)["msg"] == message


@pytest.mark.parametrize(("command", "params"), [("kubectl", {}), ("kubeadm", {"control_plane": True})])
def test_a_missing_command_is_named(control_plane: Machine, command: str, params: dict[str, Any]) -> None:
    del control_plane.commands[command]
    assert control_plane.run(**params)["msg"] == (
        f"{command} is not on this machine: install it here, or delegate the task to a control plane of the cluster."
    )


def test_a_missing_kubeconfig_is_named(control_plane: Machine) -> None:
    Path(control_plane.kubeconfig).unlink()
    assert control_plane.run()["msg"] == (
        f"{control_plane.kubeconfig}, the kubeconfig of a cluster admin, is not on this machine: "
        "delegate the task to a control plane that has joined the cluster."
    )


def test_a_missing_ca_is_named(control_plane: Machine) -> None:
    (control_plane.directory / "ca.crt").unlink()
    assert control_plane.run()["msg"] == (
        f"{control_plane.directory}/ca.crt, the cluster's CA certificate, is not on this machine: "
        "delegate the task to a control plane that has joined the cluster."
    )


def test_a_folder_in_place_of_a_file_is_named(control_plane: Machine) -> None:
    control_plane.key_file.mkdir()
    control_plane.endpoint()
    control_plane.kubectl("get", LIST, out=listing())
    assert control_plane.run()["msg"] == (
        f"{control_plane.key_file}, the file of the certificate key, can't be read: Is a directory."
    )


def test_an_api_server_that_is_away_is_explained(control_plane: Machine) -> None:
    control_plane.endpoint()
    refused = "The connection to the server 192.0.2.100:6443 was refused - did you specify the right host or port?\n"
    control_plane.kubectl("get", LIST, rc=1, err=refused)
    assert control_plane.run()["msg"] == (
        "Listing the bootstrap tokens failed: The connection to the server 192.0.2.100:6443 was refused - did you specify "
        f"the right host or port? The API server that {control_plane.kubeconfig} names does not answer: check that "
        "kube-apiserver runs on a control plane and that its address, the virtual IP, is up; then run again."
    )


def test_a_kubeconfig_without_a_server_is_refused(control_plane: Machine) -> None:
    control_plane.endpoint("")
    assert control_plane.run()["msg"] == (
        f"{control_plane.kubeconfig} names no https server of the form https://host:port in its current context."
    )


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("<html>", "Listing the bootstrap tokens failed: kubectl did not answer with JSON: {detail}"),
        ("[]", "Listing the bootstrap tokens failed: kubectl answered with JSON that is no object"),
    ],
)
def test_an_answer_that_is_none_is_refused(control_plane: Machine, out: str, message: str) -> None:
    control_plane.endpoint()
    control_plane.kubectl("get", LIST, out=out)
    pattern = re.escape(message).replace(r"\{detail\}", ".+")
    assert re.fullmatch(pattern, control_plane.run()["msg"])


def test_info_tells_everything_but_secrets(control_plane: Machine) -> None:
    owner = make("cccccc", hours=1, description=token.UPLOAD_DESCRIPTION, joins=False)
    items = [{"metadata": {"name": "bootstrap-token-broken"}}]
    ours = make("aaaaaa")
    items += [token.to_secret(one) for one in (make("bbbbbb", hours=-1, description="old"), ours, owner)]
    control_plane.kubectl("get", LIST, out=json.dumps({"items": items}))
    control_plane.kubectl("get", f"{SECRETS}/kubeadm-certs", out=json.dumps(certs("cccccc", managed=True)))
    result = control_plane.run(kubeadm_join_token_info)
    assert not result["changed"]
    assert "secret0000" not in json.dumps(result)
    assert 7100 < result["tokens"][0].pop("remaining_seconds") <= 7200
    assert result["tokens"][0] == {
        "id": "aaaaaa",
        "description": OURS,
        "expires": expiry(ours),
        "expired": False,
        "groups": ["system:bootstrappers:kubeadm:default-node-token"],
        "usages": ["authentication", "signing"],
        "managed": True,
    }
    assert [(one["id"], one["expired"], one["managed"]) for one in result["tokens"]] == [
        ("aaaaaa", False, True),
        ("bbbbbb", True, False),
        ("cccccc", False, False),
    ]
    assert result["tokens"][1]["remaining_seconds"] == 0
    assert result["unreadable"] == [
        {
            "name": "bootstrap-token-broken",
            "reason": 'Secret "bootstrap-token-broken": data.token-id does not match the name bootstrap-token-<token-id>',
        }
    ]
    assert result["certificates"] == {"uploaded": True, "expires": expiry(owner), "managed": True}


def test_info_of_a_cluster_without_any(control_plane: Machine) -> None:
    control_plane.state()
    result = control_plane.run(kubeadm_join_token_info, check=True)
    assert result["tokens"] == []
    assert result["unreadable"] == []
    assert result["certificates"] == {"uploaded": False, "expires": None, "managed": False}
