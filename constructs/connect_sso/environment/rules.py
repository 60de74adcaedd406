"""Rules between several values of an environment file, and what is legal but unwise.

The errors are found on the file's tree rather than on the model, so that one wrong value does not hide the others.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from connect_sso.environment.people import QUOTA_USERS, Person
from connect_sso.environment.problems import Problem
from connect_sso.environment.secrets import is_secret_key, secret_in
from connect_sso.environment.tree import Mapping, Node, Path, Place, Scalar, Sequence, dotted, keys, place_of, scalars
from connect_sso.facts.partitions import CONNECT_REGIONS, partition_of
from connect_sso.text import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connect_sso.environment.model import Environment

Finding = tuple[Path, Place, str]
"""Where in the tree, where in the file, and what is wrong."""

TELEPHONY_KEYS = ("inbound_calls", "outbound_calls", "early_media", "contact_lens", "flow_logs")


def errors(tree: Mapping, file: str) -> list[Problem]:
    """Everything that is wrong between the values of a file."""
    return [
        Problem(file, place.line, place.column, dotted(path), message)
        for rule in _RULES
        for path, place, message in rule(tree)
    ]


def secret_paths(tree: Mapping) -> set[Path]:
    """The paths whose value or key seems to be a credential: nothing else may be said about them, since it would show."""
    return {path for path, _place, _message in _secrets(tree)}


def text_at(tree: Mapping, *path: str) -> str | None:
    """The string at a path, or None where there is none or it is something else."""
    node = tree.get(*path)
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None


def _entries(tree: Mapping, *path: str) -> dict[str, Node]:
    node = tree.get(*path)
    return node.entries if isinstance(node, Mapping) else {}


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Sequence) else ()


def _secrets(tree: Mapping) -> Iterator[Finding]:
    for path, place in keys(tree):
        key = str(path[-1])
        if what := secret_in(key):
            yield (*path[:-1], "..."), place, f"this looks like {what}; remove it and revoke it"
    for path, scalar in scalars(tree):
        if what := secret_in(str(scalar.value)):
            yield path, scalar.place, f"this looks like {what}; remove it and revoke it"
        elif path and is_secret_key(str(path[-1])) and scalar.value is not None:
            message = (
                "credentials do not belong in a file; the providers read them from their own environment variables"
            )
            yield path, scalar.place, message


def _templates(tree: Mapping) -> Iterator[Finding]:
    for path, place in keys(tree):
        if "${" in str(path[-1]) or "%{" in str(path[-1]):
            yield path, place, "${ and %{ mean something to Terraform and are not allowed here"
    for path, scalar in scalars(tree):
        value = scalar.value
        if not isinstance(value, str):
            continue
        if "TfToken[" in value:
            yield path, scalar.place, "TfToken[ is how cdktf marks its own values and is not allowed here"
        elif ("${" in value or "%{" in value) and not _may_hold_templates(path):
            yield path, scalar.place, "${ and %{ mean something to Terraform and are not allowed here"


def _may_hold_templates(path: Path) -> bool:
    return (
        len(path) >= 3
        and path[0] == "apps"
        and (path[2:] == ("label",) or (path[2] == "session_tags" and len(path) == 4))
    )


def _region(tree: Mapping) -> Iterator[Finding]:
    region = text_at(tree, "aws", "region")
    node = tree.get("aws", "region")
    if region is None or node is None:
        return
    try:
        partition_of(region)
    except ValueError as error:
        yield ("aws", "region"), node.place, f"{error}; it runs in {', '.join(CONNECT_REGIONS)}"
        return
    allowed = tree.get("aws", "allow_unlisted_region")
    if region not in CONNECT_REGIONS and not (isinstance(allowed, Scalar) and allowed.value is True):
        yield (
            ("aws", "region"),
            node.place,
            f"Amazon Connect is not known to run in {region}; it runs in {', '.join(CONNECT_REGIONS)}"
            f"{nearest(region, CONNECT_REGIONS)} (allow_unlisted_region: true accepts a newer one)",
        )


def _instance(tree: Mapping) -> Iterator[Finding]:
    connect = tree.get("connect")
    if not isinstance(connect, Mapping):
        return
    place = place_of(tree, ("connect",), of_key=True)
    has_id, has_alias = "instance_id" in connect.entries, "alias" in connect.entries
    if not has_id and not has_alias:
        yield ("connect",), place, "alias (a new instance) or instance_id (an existing one) is needed"
    if has_id and has_alias:
        yield (
            ("connect", "alias"),
            connect.key_places["alias"],
            "either alias (a new instance) or instance_id (an existing one), not both",
        )
    if has_id:
        for key in (*TELEPHONY_KEYS, "protect"):
            if key in connect.entries:
                reason = (
                    "nothing of an existing instance is changed"
                    if key in TELEPHONY_KEYS
                    else "an existing instance is not Terraform's to destroy"
                )
                yield ("connect", key), connect.key_places[key], f"only for a new instance: {reason}; remove it"


def _state(tree: Mapping) -> Iterator[Finding]:
    state = tree.get("state")
    if isinstance(state, Mapping) and len([key for key in ("cloud", "s3") if key in state.entries]) != 1:
        message = "exactly one of cloud and s3 is needed, or the word local"
        yield ("state",), place_of(tree, ("state",), of_key=True), message


def _mode(tree: Mapping) -> Iterator[Finding]:
    mode = text_at(tree, "okta", "role_assignment")
    if mode is None:
        return
    if mode != "api_integration" and "api_integration" in tree.entries:
        yield (
            ("api_integration",),
            tree.key_places["api_integration"],
            f"only with okta.role_assignment: api_integration, and it is {mode}; remove it",
        )
    for name, app in _entries(tree, "apps").items():
        if mode != "saml_app" and isinstance(app, Mapping) and "session_tags" in app.entries:
            yield (
                ("apps", name, "session_tags"),
                app.key_places["session_tags"],
                f"only with okta.role_assignment: saml_app, and it is {mode}; remove it",
            )


def _apps(tree: Mapping) -> Iterator[Finding]:
    apps = _entries(tree, "apps")
    yield from _twice(
        apps,
        "saml_provider",
        "IAM's names are unique without regard to case; each app needs a SAML provider of its own",
    )
    yield from _twice(apps, "label", "people tell the tiles apart by the label")
    for name in apps:
        yield from _only_in_case(tree, ("apps", name, "session_tags"), "AWS compares session tags")
    names: dict[str, str] = {}
    for name in apps:
        if names.setdefault(name.lower(), name) != name:
            yield (
                ("apps", name),
                place_of(tree, ("apps", name), of_key=True),
                f"differs from {names[name.lower()]} only in case",
            )
    roles: dict[str, str] = {}
    for name, app in apps.items():
        role = text_at(tree, "apps", name, "role")
        if role is not None and roles.setdefault(role.lower(), role) != role:
            assert isinstance(app, Mapping)
            yield (
                ("apps", name, "role"),
                app.entries["role"].place,
                f"differs from {roles[role.lower()]} only in case, and IAM's names are unique without regard to it",
            )


def _tags(tree: Mapping) -> Iterator[Finding]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    yield from _only_in_case(tree, ("aws", "tags"), "IAM compares tags")


def _only_in_case(tree: Mapping, path: tuple[str, ...], who: str) -> Iterator[Finding]:
    names: dict[str, str] = {}
    for name in _entries(tree, *path):
        if (other := names.setdefault(name.lower(), name)) != name:
            message = f"differs from {other} only in case, and {who} without regard to it"
            yield (*path, name), place_of(tree, (*path, name), of_key=True), message


def _twice(apps: dict[str, Node], key: str, reason: str) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for name, app in apps.items():
        node = app.entries.get(key) if isinstance(app, Mapping) else None
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            continue
        other = first.setdefault(node.value.lower(), name)
        if other != name:
            yield ("apps", name, key), node.place, f"the same as apps.{other}.{key}: {reason}"


def _policies(tree: Mapping) -> Iterator[Finding]:
    if text_at(tree, "okta", "role_assignment") != "api_integration":
        return
    federation = text_at(tree, "federation", "policy") or "okta_federation_policy"
    integration = text_at(tree, "api_integration", "policy") or "okta_cli_policy"
    if federation.lower() == integration.lower():
        path = ("api_integration", "policy") if tree.get("api_integration", "policy") else ("federation", "policy")
        yield (
            path,
            place_of(tree, path),
            f"federation.policy and api_integration.policy are both {integration}; IAM's names are unique without regard to case",
        )


def _users(tree: Mapping) -> Iterator[Finding]:
    apps = _entries(tree, "apps")
    by_email = text_at(tree, "okta", "username") == "email"
    seen: dict[str, str] = {}
    for index, user in enumerate(_items(tree.get("users"))):
        if not isinstance(user, Mapping):
            continue
        for position, node in enumerate(_items(user.get("apps"))):
            if isinstance(node, Scalar) and isinstance(node.value, str) and apps and node.value not in apps:
                yield (
                    ("users", index, "apps", position),
                    node.place,
                    f"{node.value!r} is not one of the apps ({', '.join(apps)}){nearest(node.value, apps)}",
                )
        name = text_at(user, "username")
        if name is None:
            continue
        place = user.entries["username"].place
        if by_email and "@" not in name:
            yield (
                ("users", index, "username"),
                place,
                "okta.username is email, so this must be the person's e-mail address",
            )
        yield from _duplicate(seen, name, ("users", index, "username"), place)


def _duplicate(seen: dict[str, str], name: str, path: Path, place: Place) -> Iterator[Finding]:
    other = seen.setdefault(name.lower(), name)
    if other is not name:
        how = (
            "is there twice"
            if other == name
            else f"differs from {other} only in case; that would be two people in Connect and one in Okta"
        )
        yield path, place, f"{name} {how}"


_RULES: tuple[Callable[[Mapping], Iterator[Finding]], ...] = (
    _secrets,
    _templates,
    _region,
    _instance,
    _state,
    _mode,
    _tags,
    _apps,
    _policies,
    _users,
)


def crowd_errors(
    tree: Mapping, crowd: list[Person], file: str, *, first_line_of_users: dict[str, int]
) -> list[Problem]:
    """Names that the CSV repeats, from itself or from the environment file, and names that are no e-mail where one is needed.

    Args:
        tree: the environment file's.
        crowd: the people of the CSV.
        file: the CSV's name.
        first_line_of_users: the environment file's user names and their lines.
    """
    by_email = text_at(tree, "okta", "username") == "email"
    lowered = {name.lower(): (name, line) for name, line in first_line_of_users.items()}
    seen: dict[str, Person] = {}
    problems = []
    for person in crowd:
        key = person.username.lower()
        if by_email and "@" not in key:
            problems.append(
                Problem(
                    file,
                    person.line,
                    1,
                    "username",
                    "okta.username is email, so this must be the person's e-mail address",
                )
            )
        if key in lowered:
            name, line = lowered[key]
            problems.append(
                Problem(
                    file,
                    person.line,
                    1,
                    "username",
                    f"{person.username} is also in the environment file (line {line}, {name}); a person belongs in one of the two",
                )
            )
        first = seen.setdefault(key, person)
        if first is not person:
            how = (
                "is there twice" if first.username == person.username else f"differs from {first.username} only in case"
            )
            problems.append(
                Problem(file, person.line, 1, "username", f"{person.username} {how} (first on line {first.line})")
            )
    return problems


def warnings(name: str, environment: Environment, tree: Mapping, crowd: list[Person], file: str) -> list[Problem]:
    """What is legal but unwise in a valid environment."""

    def at(path: Path, message: str, **place: Any) -> Problem:
        where = place_of(tree, path, **place)
        return Problem(file, where.line, where.column, dotted(path), message, is_warning=True)

    found = []
    apps = environment.apps
    assigned = {app for user in environment.users for app in user.apps}
    for app_name, app in apps.items():
        if not app.groups and app_name not in assigned:
            found.append(
                at(
                    ("apps", app_name),
                    "nobody is assigned to this app: it names no group, and no user names it",
                    of_key=True,
                )
            )
    roles_of_group: dict[str, set[str]] = defaultdict(set)
    for app in apps.values():
        for group in app.groups:
            roles_of_group[group].add(app.role)
    one_role = "AWS: use one role for federation, since Connect ties a user to a role's session"
    for group, roles in sorted(roles_of_group.items()):
        if len(roles) > 1:
            second = next(app_name for app_name in reversed(apps) if group in apps[app_name].groups)
            path: Path = ("apps", second, "groups")
            found.append(
                at(
                    path,
                    f"the people of {group!r} reach Connect through {len(roles)} roles ({', '.join(sorted(roles))}); {one_role}",
                    of_key=True,
                )
            )
    has_groups = any(app.groups for app in apps.values())
    for index, user in enumerate(environment.users):
        if len(roles := {apps[app_name].role for app_name in user.apps}) > 1:
            found.append(
                at(
                    ("users", index, "apps"),
                    f"{user.username} reaches Connect through {len(roles)} roles ({', '.join(sorted(roles))}); {one_role}",
                    of_key=True,
                )
            )
        if not user.apps and not has_groups:
            found.append(
                at(("users", index), f"{user.username} is in no app and no group, so nothing lets this person sign in")
            )
    if crowd and not has_groups:
        found.append(
            at(
                ("users_file",),
                "the people of the file get their apps by group, and no app names one, so none of them can sign in",
                of_key=True,
            )
        )
    if (
        environment.connect.alias
        and not environment.connect.protect
        and name.lower() in {"prod", "production", "prd", "live"}
    ):
        found.append(
            at(
                ("connect", "protect"),
                f"the instance of an environment called {name} is not protected against destruction",
                of_key=True,
            )
        )
    people = len(environment.users) + len(crowd)
    if people > QUOTA_USERS:
        path = ("users_file",) if environment.users_file else ("users",)
        found.append(
            at(
                path,
                f"{people:,} people, and a new instance's quota is {QUOTA_USERS}: have it raised first",
                of_key=True,
            )
        )
    if environment.aws.partition.name != "aws" and environment.okta.role_assignment != "saml_app":
        path = ("okta", "role_assignment")
        found.append(
            at(
                path,
                "the audience that Okta's catalogue app sends to this partition is not documented; saml_app states it",
            )
        )
    return found
