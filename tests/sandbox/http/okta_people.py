"""People and groups of an Okta org over HTTP: life cycles, memberships, rules.

https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from werkzeug import Response

from tests.sandbox.http.okta import STAMP, Asked, OktaError, answer, nothing, route
from tests.sandbox.okta import DELETED
from tests.sandbox.plugin import Values

USER = "okta_user"
GROUP = "okta_group"
MEMBERS = "okta_group_memberships"
RULE = "okta_group_rule"

PROFILE = {"login": "login", "email": "email", "firstName": "first_name", "lastName": "last_name"}
"""What the sandbox's directory calls differently; other attributes of a profile have Okta's names."""

LIFE = {
    "activate": ({"STAGED", "DEPROVISIONED"}, "ACTIVE"),
    "deactivate": (
        {"STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED"},
        "DEPROVISIONED",
    ),
    "expire_password": ({"ACTIVE"}, "PASSWORD_EXPIRED"),
    "reset_password": ({"ACTIVE", "PROVISIONED", "LOCKED_OUT", "PASSWORD_EXPIRED"}, "RECOVERY"),
    "suspend": ({"ACTIVE"}, "SUSPENDED"),
    "unlock": ({"LOCKED_OUT"}, "ACTIVE"),
    "unsuspend": ({"SUSPENDED"}, "ACTIVE"),
}
"""Changes of a user's status: from which ones, to which. https://developer.okta.com/docs/concepts/user-profiles/"""

NOT_OF_A_PROFILE = {"id", "status", "groups", "org", "_org"}


# People


def user_answer(asked: Asked, user: Values) -> Values:
    """A user as the API answers."""
    profile = {theirs: user.get(ours) for theirs, ours in PROFILE.items()}
    more = {name: value for name, value in user.items() if name not in NOT_OF_A_PROFILE | set(PROFILE.values())}
    return {
        "id": user["id"],
        "status": user["status"],
        "created": STAMP,
        "activated": None if user["status"] == "STAGED" else STAMP,
        "statusChanged": STAMP,
        "lastLogin": None,
        "lastUpdated": STAMP,
        "passwordChanged": None,
        "type": {"id": asked.org.id("oty", "user type")},
        "profile": {"mobilePhone": None, "secondEmail": None, **more, **profile},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {"self": {"href": asked.url(f"/api/v1/users/{user['id']}")}},
    }


def _user(asked: Asked, identifier: str) -> Values:
    """By id, or by login, without regard to case."""
    for user in asked.org.users():
        if identifier == user["id"] or identifier.lower() == user["login"].lower():
            return user
    raise OktaError("E0000007", f"{identifier} (User)")


def _store(asked: Asked, user: Values, **changes: Any) -> Values:
    body = user | changes | {"_org": asked.org.host}
    asked.model.cloud.put(USER, body["id"], body)
    return body


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda held, asked: held == asked,
    "sw": str.startswith,
    "co": lambda held, asked: asked in held,
}
CONDITION = re.compile(r'\s*([\w.]+)\s+(eq|sw|co)\s+"((?:[^"\\]|\\.)*)"\s*(and\b|or\b|$)')


def _meets(item: Values, search: str) -> bool:
    """Whether an answer meets a search: conditions with `and` or `or` between them, `and` first, without regard to case.

    Raises:
        OktaError: the search is none.
    """
    position, met, so_far = 0, False, True
    while position < len(search):
        found = CONDITION.match(search, position)
        if found is None or (found[4] and found.end() == len(search)):
            raise OktaError("E0000031")
        held: Any = item
        for part in found[1].split("."):
            held = (held or {}).get(part)
        wanted = re.sub(r"\\(.)", r"\1", found[3])
        so_far &= COMPARISONS[found[2]](str(held or "").lower(), wanted.lower())
        if found[4] == "or":
            met, so_far = met or so_far, True
        position = found.end()
    return met or so_far


@route("GET", "/api/v1/users")
def list_users(asked: Asked) -> Response:
    """All who meet `search` or `filter`; without either, those who are not deactivated."""
    arguments = asked.request.args
    search = arguments.get("search") or arguments.get("filter") or ""
    found = [user_answer(asked, user) for user in asked.org.users()]
    if search:
        found = [user for user in found if _meets(user, search)]
    elif wanted := arguments.get("q", "").lower():
        parts = ("firstName", "lastName", "email")
        found = [user for user in found if any(str(user["profile"][part]).lower().startswith(wanted) for part in parts)]
    else:
        found = [user for user in found if user["status"] != "DEPROVISIONED"]
    return asked.page(found)


@route("POST", "/api/v1/users")
def create_user(asked: Asked) -> Response:
    profile = asked.body.get("profile") or {}
    missing = [name for name in PROFILE if not profile.get(name)]
    if missing:
        raise OktaError("E0000001", "newUser", *(f"{name}: The field cannot be left blank" for name in missing))
    if any(user["login"].lower() == profile["login"].lower() for user in asked.org.users()):
        raise OktaError(
            "E0000001", "login", "login: An object with this field already exists in the current organization"
        )
    active = asked.request.args.get("activate", "true") == "true"
    user = {PROFILE.get(name, name): value for name, value in profile.items()}
    identifier = asked.org.id("00u", "made", user["login"].lower(), asked.model.cloud.born(USER, user["login"].lower()))
    status = "ACTIVE" if active else "STAGED"
    return answer(user_answer(asked, _store(asked, user, id=identifier, status=status, groups=["Everyone"])))


def _store_profile(asked: Asked, identifier: str, *, whole: bool) -> Response:
    user, profile = _user(asked, identifier), asked.body.get("profile") or {}
    kept = {name: user[name] for name in NOT_OF_A_PROFILE & user.keys()} if whole else user
    return answer(user_answer(asked, _store(asked, kept | {PROFILE.get(name, name): v for name, v in profile.items()})))


@route("POST", "/api/v1/users/{identifier}")
def update_user(asked: Asked, identifier: str) -> Response:
    return _store_profile(asked, identifier, whole=False)


@route("PUT", "/api/v1/users/{identifier}")
def replace_user(asked: Asked, identifier: str) -> Response:
    return _store_profile(asked, identifier, whole=True)


@route("GET", "/api/v1/users/me")
def whoami(asked: Asked) -> Response:
    """Whoever made the token: an administrator who is in no list."""
    administrator = {"login": "administrator@example.com", "email": "administrator@example.com", "status": "ACTIVE"}
    return answer(user_answer(asked, administrator | {"id": asked.org.id("00u", "administrator")}))


@route("GET", "/api/v1/users/{identifier}")
def get_user(asked: Asked, identifier: str) -> Response:
    return answer(user_answer(asked, _user(asked, identifier)))


@route("POST", "/api/v1/users/{identifier}/lifecycle/{change}")
def change_status(asked: Asked, identifier: str, change: str) -> Response:
    user = _user(asked, identifier)
    before, after = LIFE[change]
    if user["status"] not in before:
        raise OktaError("E0000001", change, f"a user who is {user['status']} cannot {change}")
    _deactivate(asked, user) if after == "DEPROVISIONED" else _store(asked, user, status=after)
    return answer({})


def _deactivate(asked: Asked, user: Values) -> None:
    """A deactivated user loses the apps, and keeps the groups."""
    _store(asked, user, status="DEPROVISIONED")
    for item in asked.model.all("okta_app_user", user_id=user["id"]):
        asked.model.delete("okta_app_user", item)


@route("DELETE", "/api/v1/users/{identifier}")
def delete_user(asked: Asked, identifier: str) -> Response:
    """Deactivates first, and deletes who is deactivated."""
    user = _user(asked, identifier)
    if user["status"] != "DEPROVISIONED":
        _deactivate(asked, user)
        return nothing()
    asked.model.cloud.remove(USER, user["id"])
    if any(one["id"] == user["id"] for one in asked.org.users()):
        _store(asked, user, status=DELETED)
    return nothing()


@route("GET", "/api/v1/users/{identifier}/groups")
def groups_of_user(asked: Asked, identifier: str) -> Response:
    user = _user(asked, identifier)
    found = [
        group for group in asked.org.groups() if any(one["id"] == user["id"] for one in asked.org.members(group["id"]))
    ]
    return asked.page([group_answer(asked, group) for group in found])


@route("GET", "/api/v1/users/{identifier}/roles")
def roles_of_user(asked: Asked, identifier: str) -> Response:
    """Administrator roles: nobody has one here."""
    _user(asked, identifier)
    return answer([])


# Groups


def group_answer(asked: Asked, group: Values) -> Values:
    """A group as the API answers."""
    here = asked.url(f"/api/v1/groups/{group['id']}")
    return {
        "id": group["id"],
        "created": STAMP,
        "lastUpdated": STAMP,
        "lastMembershipUpdated": STAMP,
        "objectClass": ["okta:user_group"],
        "type": "BUILT_IN" if group["name"] == "Everyone" else "OKTA_GROUP",
        "profile": {"name": group["name"], "description": group["description"]},
        "_links": {"users": {"href": f"{here}/users"}, "apps": {"href": f"{here}/apps"}},
    }


def _group(asked: Asked, identifier: str) -> Values:
    for group in asked.org.groups():
        if group["id"] == identifier:
            return group
    raise OktaError("E0000007", f"{identifier} (UserGroup)")


def _made_group(asked: Asked, identifier: str) -> Values:
    _group(asked, identifier)
    body = asked.model.cloud.by_id(GROUP, identifier)
    if body is None:
        raise OktaError("E0000006")
    return body


@route("GET", "/api/v1/groups")
def list_groups(asked: Asked) -> Response:
    """By the beginning of the name, as `q` is documented, or by a search."""
    arguments = asked.request.args
    wanted, search = arguments.get("q", "").lower(), arguments.get("search") or arguments.get("filter") or ""
    found = [group_answer(asked, group) for group in asked.org.groups() if group["name"].lower().startswith(wanted)]
    return asked.page([group for group in found if _meets(group, search)])


@route("GET", "/api/v1/groups/{identifier}")
def get_group(asked: Asked, identifier: str) -> Response:
    return answer(group_answer(asked, _group(asked, identifier)))


@route("POST", "/api/v1/groups")
def create_group(asked: Asked) -> Response:
    profile = asked.body.get("profile") or {}
    if not profile.get("name"):
        raise OktaError("E0000001", "name", "name: The field cannot be left blank")
    group = asked.model.create(GROUP, name=profile["name"], description=profile.get("description"))
    return answer(group_answer(asked, group))


@route("PUT", "/api/v1/groups/{identifier}")
def update_group(asked: Asked, identifier: str) -> Response:
    profile = asked.body.get("profile") or {}
    group = _made_group(asked, identifier)
    changes = {"name": profile.get("name", group["name"]), "description": profile.get("description")}
    return answer(group_answer(asked, asked.model.update(GROUP, group, **changes)))


@route("DELETE", "/api/v1/groups/{identifier}")
def delete_group(asked: Asked, identifier: str) -> Response:
    group = _made_group(asked, identifier)
    for item in asked.model.all("okta_app_group_assignment", group_id=identifier):
        asked.model.delete("okta_app_group_assignment", item)
    asked.model.cloud.remove(MEMBERS, identifier)
    asked.model.delete(GROUP, group)
    return nothing()


@route("GET", "/api/v1/groups/{identifier}/users")
def members(asked: Asked, identifier: str) -> Response:
    _group(asked, identifier)
    return asked.page([user_answer(asked, user) for user in asked.org.members(identifier)], most=1000)


@route("GET", "/api/v1/groups/{identifier}/apps")
def apps_of_group(asked: Asked, identifier: str) -> Response:
    """The apps that the group has."""
    from tests.sandbox.http.okta_apps import APP, app_answer

    _group(asked, identifier)
    assigned = {item["app_id"] for item in asked.model.all("okta_app_group_assignment", group_id=identifier)}
    return asked.page([app_answer(asked, app) for app in asked.model.all(APP) if app["id"] in assigned])


@route("PUT", "/api/v1/groups/{identifier}/users/{user_id}")
def add_member(asked: Asked, identifier: str, user_id: str) -> Response:
    _group(asked, identifier)
    user = _user(asked, user_id)
    held = asked.model.cloud.get(MEMBERS, identifier)
    if held is None:
        asked.model.create(MEMBERS, group_id=identifier, users=[user["id"]])
    else:
        asked.model.update(MEMBERS, held, users=sorted({*(held["users"] or []), user["id"]}))
    return nothing()


@route("DELETE", "/api/v1/groups/{identifier}/users/{user_id}")
def remove_member(asked: Asked, identifier: str, user_id: str) -> Response:
    group, user = _group(asked, identifier), _user(asked, user_id)
    held = asked.model.cloud.get(MEMBERS, identifier)
    if held is not None:
        asked.model.update(MEMBERS, held, users=[one for one in held["users"] or [] if one != user["id"]])
    if group["name"] in user["groups"]:
        _store(asked, user, groups=[name for name in user["groups"] if name != group["name"]])
    return nothing()


# Rules


def _rule_answer(rule: Values) -> Values:
    return {
        "type": "group_rule",
        "id": rule["id"],
        "status": rule["status"],
        "name": rule["name"],
        "created": STAMP,
        "lastUpdated": STAMP,
        "conditions": {
            "people": {"users": {"exclude": rule["users_excluded"] or []}, "groups": {"exclude": []}},
            "expression": {"value": rule["expression_value"], "type": rule["expression_type"]},
        },
        "actions": {"assignUserToGroups": {"groupIds": rule["group_assignments"]}},
        "allGroupsValid": True,
    }


def _rule(asked: Asked, identifier: str) -> Values:
    body = asked.model.cloud.by_id(RULE, identifier)
    if body is None:
        raise OktaError("E0000007", f"{identifier} (GroupRule)")
    return body


def _rule_values(given: Values) -> Values:
    conditions = given.get("conditions") or {}
    expression = conditions.get("expression") or {}
    people = (conditions.get("people") or {}).get("users") or {}
    if not given.get("name") or not expression.get("value"):
        raise OktaError("E0000001", "groupRule", "name and expression are required")
    return {
        "name": given["name"],
        "expression_type": expression.get("type"),
        "expression_value": expression["value"],
        "group_assignments": given["actions"]["assignUserToGroups"]["groupIds"],
        "users_excluded": people.get("exclude") or [],
    }


@route("GET", "/api/v1/groups/rules")
def list_rules(asked: Asked) -> Response:
    wanted = asked.request.args.get("search", "").lower()
    return asked.page([_rule_answer(rule) for rule in asked.model.all(RULE) if wanted in rule["name"].lower()])


@route("POST", "/api/v1/groups/rules")
def create_rule(asked: Asked) -> Response:
    """A new rule is inactive."""
    return answer(_rule_answer(asked.model.create(RULE, **_rule_values(asked.body), status="INACTIVE")))


@route("GET", "/api/v1/groups/rules/{identifier}")
def get_rule(asked: Asked, identifier: str) -> Response:
    return answer(_rule_answer(_rule(asked, identifier)))


@route("PUT", "/api/v1/groups/rules/{identifier}")
def update_rule(asked: Asked, identifier: str) -> Response:
    rule, values = _rule(asked, identifier), _rule_values(asked.body)
    if rule["status"] == "ACTIVE":
        raise OktaError("E0000001", "groupRule", "an active rule cannot be changed")
    if values["group_assignments"] != rule["group_assignments"]:
        raise OktaError("E0000001", "groupRule", "the groups of a rule cannot be changed")
    return answer(_rule_answer(asked.model.update(RULE, rule, **values)))


@route("POST", "/api/v1/groups/rules/{identifier}/lifecycle/{change}")
def switch_rule(asked: Asked, identifier: str, change: str) -> Response:
    """An activated rule runs after a while, and not at once."""
    rule = _rule(asked, identifier)
    status = {"activate": "ACTIVE", "deactivate": "INACTIVE"}[change]
    key = f"{asked.org.host}/{rule['name']}"
    asked.model.cloud.put(RULE, key, rule | {"status": status, "_runs_at": time.time() + asked.rule_delay})
    return nothing()


@route("DELETE", "/api/v1/groups/rules/{identifier}")
def delete_rule(asked: Asked, identifier: str) -> Response:
    rule = _rule(asked, identifier)
    if rule["status"] == "ACTIVE":
        raise OktaError("E0000001", "groupRule", "an active rule cannot be deleted")
    asked.model.delete(RULE, rule)
    return nothing(202)
