"""The Connect instance: that it is there and takes users from SAML, its origins, its users' number, its storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from connect_sso.doctor.examination import Examination
from connect_sso.doctor.findings import LiveFinding
from connect_sso.environment.derived_names import bucket_name, storage_prefix
from connect_sso.facts.pages import approved_origin, is_custom_page
from connect_sso.live.model import INSTANCE, LiveStorage

FULL: Final = 0.9
"""The part of the quota of users at which it is time to ask for more: AWS takes days to grant it."""


def instance(case: Examination) -> Iterator[LiveFinding]:
    """The instance itself."""
    connect, found, everything = case.environment.connect, case.account.instance, frozenset(case.environment.apps)
    where = f"the Connect instance {connect.alias or connect.instance_id}"
    if found is None:
        if not case.account.could_not_read(INSTANCE):
            evidence = f"the account {case.account.account_id} has none of that {'alias' if connect.alias else 'id'} in {case.account.region}"
            yield LiveFinding("instance-missing", where, evidence, apps=everything, stops=True)
        return
    if connect.alias is not None and (found.alias or "").lower() != connect.alias.lower():
        evidence = f"their relay states open {found.id}, whose alias is {found.alias or 'none'}"
        yield LiveFinding("instance-other-alias", where, evidence, apps=everything)
    if found.status != "ACTIVE":
        yield LiveFinding("instance-not-active", where, f"its status is {found.status}", apps=everything, stops=True)
    if found.identity_management != "SAML":
        evidence = f"it is {found.identity_management}"
        yield LiveFinding("instance-not-saml", where, evidence, apps=everything, stops=True)


def origins(case: Examination) -> Iterator[LiveFinding]:
    """Pages outside Connect, whose origins have to be approved."""
    found = case.account.instance
    if found is None or found.origins is None:
        return
    approved = {origin.rstrip("/") for origin in found.origins}
    wanted: dict[str, list[str]] = {}
    for key, app in case.environment.apps.items():
        if is_custom_page(app.destination):
            wanted.setdefault(approved_origin(app.destination), []).append(key)
    for origin, keys in wanted.items():
        if origin not in approved:
            evidence = f"the instance approves {', '.join(sorted(approved)) or 'none'}"
            yield LiveFinding("origin-missing", f"the origin {origin}", evidence, apps=frozenset(keys), stops=True)


def quota(case: Examination) -> Iterator[LiveFinding]:
    """How many users there may be."""
    found = case.account.instance
    if found is None or not found.user_quota or case.account.users is None:
        return
    users = len(case.account.users)
    if users >= FULL * found.user_quota:
        evidence = f"it has {users:,} of {found.user_quota:,}"
        yield LiveFinding("users-near-quota", f"the Connect instance {found.alias or found.id}", evidence)


def storage(case: Examination) -> Iterator[LiveFinding]:
    """Where recordings go."""
    found, environment = case.account.instance, case.environment
    if found is None or found.storage is None:
        return
    connect, aws = environment.connect, environment.aws
    bucket = (
        connect.recordings.bucket if connect.recordings else bucket_name(case.loaded.name, aws.account_id, aws.region)
    )
    key = connect.recordings.kms_key_arn if connect.recordings else None
    by_kind: dict[str, list[LiveStorage]] = {}
    for each in found.storage:
        by_kind.setdefault(each.kind, []).append(each)
    for kind in connect.storage_kinds:
        where, there = f"the storage of {kind}", by_kind.get(kind.upper(), [])
        prefix = storage_prefix(case.loaded.name, kind)
        if not there:
            yield LiveFinding("storage-missing", where, f"it is stored nowhere, and the file says {bucket}/{prefix}")
            continue
        for each in there:
            wrong = [] if (each.bucket, each.prefix) == (bucket, prefix) else [f"it goes to {_place(each)}"]
            if each.kms_key_arn is None:
                wrong.append("no key of KMS is named for it")
            elif key is not None and each.kms_key_arn != key:
                wrong.append(f"its key is {each.kms_key_arn}")
            if wrong:
                said = f"the file says {bucket}/{prefix}" + (f" and {key}" if key else "")
                yield LiveFinding("storage-elsewhere", where, f"{' and '.join(wrong)}; {said}")


def _place(storage: LiveStorage) -> str:
    return f"{storage.bucket}/{storage.prefix}" if storage.bucket else storage.storage_type
