# Copyright: (c) 2026, kubehub contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: its interface changes without notice.
"""What the modules are to do: from what is there and what is wanted to the changes, and the difference as a reader sees it.

Pure. The same plan is predicted in check mode, carried out and shown, so the three can't disagree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .certificate import CERTS_SECRET, UPLOAD_LIFETIME, StoredKey, Upload, usable_key
from .errors import KubeadmError
from .token import SECRET_PREFIX, Revoke, Token, Unreadable, format_duration, format_time, revoked, select

NEW = "(new)"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is there: in the cluster its tokens and uploaded certificates, on this machine the key of an upload."""

    tokens: Sequence[Token]
    unreadable: Sequence[Unreadable] = ()
    upload: Upload | None = None
    key: StoredKey | None = None
    key_file: bool = False


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a caller asks of ``state: present``. ``at_least`` is the remaining lifetime below which nothing is reused."""

    description: str
    ttl: timedelta
    at_least: timedelta
    control_plane: bool


@dataclass(frozen=True, kw_only=True)
class Join:
    """The plan of ``state: present``. ``token`` is the one to reuse, or None: create one that lives until ``expires``.

    ``certificate_key`` opens the upload to reuse. With ``upload`` the certificates are uploaded with a new key, and
    the Secrets ``superseded``, owners of the upload that it replaces, have no purpose any more.
    """

    token: Token | None
    expires: datetime | None
    certificate_key: str | None
    certificates_expire: datetime | None
    upload: bool
    superseded: tuple[str, ...]

    @property
    def changed(self) -> bool:
        """Whether carrying it out changes anything."""
        return self.token is None or self.upload


@dataclass(frozen=True, kw_only=True)
class Removal:
    """The plan of ``state: absent``: the Secrets of tokens by name, the uploaded certificates, the key's file."""

    secrets: tuple[str, ...]
    certificates: bool
    key_file: bool

    @property
    def changed(self) -> bool:
        """Whether carrying it out changes anything."""
        return bool(self.secrets) or self.certificates or self.key_file


def check(wanted: Wanted) -> None:
    """Refuses lifetimes with which nothing could ever be reused."""
    if wanted.at_least > wanted.ttl:
        raise KubeadmError(
            f"min_remaining ({format_duration(wanted.at_least)}) is longer than ttl ({format_duration(wanted.ttl)}): "
            "no token that is made here could ever be reused. Give a longer ttl or a shorter min_remaining."
        )
    if wanted.control_plane and wanted.at_least >= UPLOAD_LIFETIME:
        raise KubeadmError(
            f"min_remaining ({format_duration(wanted.at_least)}) must be less than {format_duration(UPLOAD_LIFETIME)} "
            "with control_plane: kubeadm lets uploaded certificates live no longer."
        )


def plan_join(found: Found, wanted: Wanted, now: datetime) -> Join:
    """Reuses what lives long enough, and makes the rest."""
    token = select(found.tokens, description=wanted.description, now=now, at_least=wanted.at_least)
    key = None
    if wanted.control_plane:
        key = usable_key(found.upload, found.key, found.tokens, now=now, at_least=wanted.at_least)
    upload = wanted.control_plane and key is None
    owner = found.upload.owner(found.tokens) if found.upload else None
    return Join(
        token=token,
        expires=token.expires if token else now + wanted.ttl,
        certificate_key=key,
        certificates_expire=now + UPLOAD_LIFETIME if upload else owner.expires if key and owner else None,
        upload=upload,
        superseded=found.upload.owners if found.upload and upload else (),
    )


def plan_removal(found: Found, *, description: str, revoke: Revoke) -> Removal:
    """Removes tokens and certificates as far as ``revoke`` reaches, and always the key's file, which only this module makes."""
    upload = found.upload
    certificates = upload is not None and (upload.managed or revoke != "managed")
    names = {token.name for token in revoked(found.tokens, description=description, revoke=revoke)}
    existing = {token.name for token in found.tokens} | {secret.name for secret in found.unreadable}
    if upload is not None and certificates:
        names.update(existing.intersection(upload.owners))
    if revoke == "all":
        names.update(secret.name for secret in found.unreadable)
    return Removal(secrets=tuple(sorted(names)), certificates=certificates, key_file=found.key_file)


def join_diff(found: Found, wanted: Wanted, plan: Join) -> dict[str, Any]:
    """Before and after of the managed tokens and the uploaded certificates, without a secret."""
    tokens = {token.id: _until(token.expires) for token in _managed(found.tokens, wanted.description)}
    after = dict(tokens)
    if plan.token is None:
        after[NEW] = _until(plan.expires)
    before: dict[str, Any] = {"tokens": tokens}
    result: dict[str, Any] = {"tokens": after}
    if wanted.control_plane:
        before["certificates"] = _uploaded(found)
        result["certificates"] = (
            f'Secret "{CERTS_SECRET}", valid {_until(plan.certificates_expire)}' if plan.upload else _uploaded(found)
        )
    return {"before": before, "after": result}


def removal_diff(found: Found, plan: Removal) -> dict[str, Any]:
    """Before and after of what is to be removed, without a secret."""
    expires = {token.name: _until(token.expires) for token in found.tokens}
    before = {
        "tokens": {token_id(name): expires.get(name, "unreadable") for name in plan.secrets},
        "certificates": _uploaded(found) if plan.certificates else "none",
        "certificate_key_file": "present" if plan.key_file else "absent",
    }
    return {"before": before, "after": {"tokens": {}, "certificates": "none", "certificate_key_file": "absent"}}


def describe(token: Token, now: datetime, description: str) -> dict[str, Any]:
    """A token for a reader: everything but its secret."""
    return {
        "id": token.id,
        "description": token.description,
        "expires": format_time(token.expires) if token.expires else None,
        "expired": token.expired(now),
        "remaining_seconds": None if token.expires is None else max(0, int(token.remaining(now).total_seconds())),
        "groups": list(token.groups),
        "usages": list(token.usages),
        "managed": token.description == description,
    }


def describe_upload(found: Found) -> dict[str, Any]:
    """The uploaded certificates for a reader."""
    owner = found.upload.owner(found.tokens) if found.upload else None
    return {
        "uploaded": found.upload is not None,
        "expires": format_time(owner.expires) if owner and owner.expires else None,
        "managed": found.upload is not None and found.upload.managed,
    }


def token_id(name: str) -> str:
    """The public part of a token whose Secret has this name."""
    return re.sub(f"^{SECRET_PREFIX}", "", name)


def _managed(tokens: Sequence[Token], description: str) -> list[Token]:
    return [token for token in tokens if token.description == description]


def _until(expires: datetime | None) -> str:
    return f"until {format_time(expires)}" if expires else "for ever"


def _uploaded(found: Found) -> str:
    if found.upload is None:
        return "none"
    owner = found.upload.owner(found.tokens)
    return f'Secret "{CERTS_SECRET}", valid {_until(owner.expires)}' if owner else f'Secret "{CERTS_SECRET}"'
