"""An Okta org as it is: the apps with what they send and to whom, the groups behind them, and the people.

    client = open_org(environment.okta.org_name, environment.okta.base_url)
    org = read_org(client, apps=[app.label for app in environment.apps.values()], groups=["Contact Centre Agents"])

Lists are read by pages, and of a person nothing is kept but id, login, status and the attribute that is the Connect name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote

from connect_sso.facts.group_rules import groups_in_rule
from connect_sso.facts.okta_apps import CATALOGUE_NAME
from connect_sso.live import okta_answers
from connect_sso.live.model import LiveApp, LiveAppGroup, LiveAppUser, LiveGroup, LiveOrg, LivePerson, LiveRule
from connect_sso.live.okta_answers import Roles, inside, text, texts
from connect_sso.live.okta_client import OktaClient
from connect_sso.live.reading import Missing, Parts, Progress, silent
from connect_sso.saml.metadata import read_metadata

MOST_APPS, MOST_GROUPS, MOST_RULES, MOST_USERS = 200, 200, 200, 200
MOST_APP_USERS, MOST_MEMBERS = 500, 1000
"""The most that a page of each list holds. https://developer.okta.com/docs/api/openapi/okta-management/management/"""

LONGEST_SEARCH = 3_000
"""Characters of a search, as they stand in the URL: well below what servers and proxies take."""

SECRETS = frozenset({"accessKey", "secretKey", "secretKeyEnc"})
"""Settings of the catalogue app that are credentials, and not kept."""

_APP_ID = re.compile(r"0oa[A-Za-z0-9]{17}")


def equals(attribute: str, value: str) -> str:
    """A condition of a search: that an attribute has this value, without regard to case.

    https://developer.okta.com/docs/reference/core-okta-api/#filter
    """
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{attribute} eq "{escaped}"'


def searches(attribute: str, values: Iterable[str]) -> Iterator[str]:
    """Searches for everything that has one of these values, as few as fit URLs."""
    conditions: list[str] = []
    length = 0
    for condition in (equals(attribute, value) for value in values):
        size = len(quote(f"{condition} or "))
        if conditions and length + size > LONGEST_SEARCH:
            yield " or ".join(conditions)
            conditions, length = [], 0
        conditions.append(condition)
        length += size
    if conditions:
        yield " or ".join(conditions)


def look_up(client: OktaClient, attribute: str, values: Iterable[str], name_source: str = "login") -> list[LivePerson]:
    """The people who have one of these values, whatever their status: who is deactivated too, and nobody who is deleted.

    Args:
        client: the org.
        attribute: `id`, or an attribute of the profile such as `login`; case does not count.
        values: what to look for; a few dozen fit a request.
        name_source: the attribute of the profile that the Connect name is taken from.

    Raises:
        Denied: these credentials may not read people.
        Failure: the org cannot be asked.
    """
    name = attribute if attribute == "id" else f"profile.{attribute}"
    return [
        okta_answers.person(user, name_source)
        for search in searches(name, values)
        for user in client.pages("/api/v1/users", search=search, limit=MOST_USERS)
    ]


def groups_beginning(client: OktaClient, beginning: str) -> list[LiveGroup]:
    """The groups whose names begin so, in any case, without their members.

    Raises:
        Denied: these credentials may not read groups.
        Failure: the org cannot be asked.
    """
    search = equals("profile.name", beginning).replace(" eq ", " sw ", 1)
    return [okta_answers.group(one) for one in client.pages("/api/v1/groups", search=search, limit=MOST_GROUPS)]


def apps_naming(client: OktaClient, words: Collection[str]) -> list[str]:
    """The ids of the apps that hold one of these texts in their settings, such as the ARN of a SAML provider; one paged list.

    Raises:
        Denied: these credentials may not read apps.
        Failure: the org cannot be asked.
    """
    listed = client.pages("/api/v1/apps", limit=MOST_APPS)
    return [text(body, "id") for body in listed if any(word in json.dumps(inside(body, "settings")) for word in words)]


def read_org(
    client: OktaClient,
    *,
    apps: Collection[str] = (),
    groups: Collection[str] = (),
    group_ids: Collection[str] = (),
    name_source: str = "login",
    assignments: bool = True,
    members: bool = True,
    rules: bool = True,
    progress: Progress = silent,
) -> LiveOrg:
    """Everything of an org that sign-in to these apps depends on. No request is made for each person.

    Args:
        client: the org, see `live.okta_client.open_org`.
        apps: labels, exact in each letter, or ids. Two apps of one label are both read; one that is not there is not in the result.
        groups: names of groups that are read besides those that have the apps; exact in each letter.
        group_ids: ids of further ones.
        name_source: the attribute of Okta's profile that the Connect name is taken from.
        assignments: whether to read who has the apps, person by person.
        members: whether to read who is in the groups.
        rules: whether to read the rules that fill these groups, and the groups that those rules draw from.
        progress: is told what is read and how much of it there is so far.

    Raises:
        Failure: the org cannot be asked, in one line. What may not be read is listed in the org's `unread` instead.
    """
    reader = _OrgReader(client, name_source, progress)
    found = [reader.app(body, assignments=assignments) for body in reader.find_apps(apps)]
    wanted = {group.group_id for app in found for group in app.groups or ()} | set(group_ids)
    reader.groups_by_id(wanted, members=members)
    reader.groups_by_name(groups, members=members)
    filling = reader.rules(set(reader.groups)) if rules else None
    if rules:
        sources = {one for rule in filling or () for one in groups_in_rule(rule.expression) or ()}
        reader.groups_by_id(sources - set(reader.groups), members=members)
    # Members were read with their groups.
    reader.people_by_id(
        user.person_id for app in found for user in app.users or () if user.scope == "USER" or not members
    )
    return LiveOrg(
        url=client.url,
        apps=tuple(found),
        groups=reader.groups,
        rules=filling,
        people=reader.people,
        unread=tuple(reader.parts.unread),
    )


@dataclass
class _OrgReader:
    """What has been read so far."""

    client: OktaClient
    name_source: str
    progress: Progress
    parts: Parts = field(default_factory=Parts)
    groups: dict[str, LiveGroup] = field(default_factory=dict)
    people: dict[str, LivePerson] = field(default_factory=dict)
    _policies: dict[str, str | None] = field(default_factory=dict)

    # Apps

    def find_apps(self, named: Collection[str]) -> list[Mapping[str, Any]]:
        """The apps of these labels or ids, each once, in the order of the names."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in named:
            bodies = self.parts.read(f"the app {name}", partial(self._apps_called, name), name)
            found |= {text(body, "id"): body for body in bodies or ()}
        return list(found.values())

    def _apps_called(self, name: str) -> list[Mapping[str, Any]]:
        if _APP_ID.fullmatch(name):
            try:
                return [self.client.get(f"/api/v1/apps/{name}")]
            except Missing:
                pass
        # q finds what begins with the text, without regard to case, and what is deactivated too.
        listed = self.client.pages("/api/v1/apps", q=name, limit=MOST_APPS)
        return [body for body in listed if text(body, "label") == name]

    def app(self, body: Mapping[str, Any], *, assignments: bool) -> LiveApp:
        """An app with everything about it."""
        identifier, label = text(body, "id"), text(body, "label")
        self.progress(f"app {label}", 0)
        policy_id = text(body, "_links", "accessPolicy", "href").rstrip("/").rpartition("/")[2] or None
        document, problem = self._metadata(identifier, label, text(body, "credentials", "signing", "kid"))
        try:
            metadata = read_metadata(document) if document else None
        except ValueError as error:
            metadata, problem = None, str(error)
        groups = self.parts.read(
            f"the groups that have the app {label}", partial(self._app_groups, identifier), identifier
        )
        users = (
            self.parts.read(f"who has the app {label}", partial(self._app_users, identifier, label), identifier)
            if assignments
            else None
        )
        return LiveApp(
            id=identifier,
            label=label,
            name=text(body, "name"),
            status=text(body, "status"),
            sign_on_mode=text(body, "signOnMode"),
            catalogue=text(body, "name") == CATALOGUE_NAME,
            settings={name: value for name, value in inside(body, "settings", "app").items() if name not in SECRETS},
            sign_on=inside(body, "settings", "signOn"),
            user_name_template=text(body, "credentials", "userNameTemplate", "template"),
            features=frozenset(texts(body, "features")),
            metadata=metadata,
            metadata_document=document,
            metadata_problem=problem,
            authentication_policy_id=policy_id,
            authentication_policy=self._policy(policy_id) if policy_id else None,
            groups=groups,
            users=users,
            presentation={
                "accessibility": inside(body, "accessibility"),
                "visibility": inside(body, "visibility"),
                "notes": inside(body, "settings", "notes"),
            },
        )

    def _metadata(self, app_id: str, label: str, kid: str) -> tuple[str, str]:
        """The metadata with the key that the app signs with, and why there is none."""
        path = f"/api/v1/apps/{app_id}/sso/saml/metadata"
        try:
            found = self.parts.read(
                f"the metadata of the app {label}",
                lambda: self.client.text(path, kid=kid) if kid else self.client.text(path),
                app_id,
            )
        except Missing:
            return "", "Okta has no metadata of the app: it is inactive, or signs nothing"
        return (found, "") if found is not None else ("", "it could not be read")

    def _policy(self, identifier: str) -> str | None:
        """The name of an authentication policy, asked once."""
        if identifier not in self._policies:
            try:
                self._policies[identifier] = self.parts.read(
                    "the name of the authentication policy",
                    lambda: text(self.client.get(f"/api/v1/policies/{identifier}"), "name"),
                    identifier,
                )
            except Missing:
                self._policies[identifier] = None
        return self._policies[identifier]

    def _app_groups(self, app_id: str) -> tuple[LiveAppGroup, ...]:
        listed = self.client.pages(f"/api/v1/apps/{app_id}/groups", limit=MOST_GROUPS)
        return tuple(map(okta_answers.app_group, listed))

    def _app_users(self, app_id: str, label: str) -> tuple[LiveAppUser, ...]:
        found: list[LiveAppUser] = []
        known: dict[Roles, Roles] = {}
        for one in self.client.pages(f"/api/v1/apps/{app_id}/users", limit=MOST_APP_USERS):
            found.append(okta_answers.app_user(one, known))
            if len(found) % MOST_APP_USERS == 0:
                self.progress(f"people of the app {label}", len(found))
        self.progress(f"people of the app {label}", len(found))
        return tuple(found)

    # Groups

    def groups_by_id(self, identifiers: Collection[str], *, members: bool) -> None:
        """Add these groups."""
        for identifier in sorted(identifiers):
            try:
                body = self.parts.read(
                    f"the group {identifier}",
                    partial(self.client.get, f"/api/v1/groups/{identifier}"),
                    identifier,
                )
            except Missing:  # gone meanwhile, or named by a rule that outlived it
                continue
            if body is not None:
                self._add(body, members=members)

    def groups_by_name(self, names: Collection[str], *, members: bool) -> None:
        """Add the groups of exactly these names."""
        for name in names:
            if any(group.name == name for group in self.groups.values()):
                continue
            for body in self.parts.read(f"the group {name}", partial(self._groups_called, name), name) or ():
                self._add(body, members=members)

    def _groups_called(self, name: str) -> list[Mapping[str, Any]]:
        found = self.client.pages("/api/v1/groups", search=equals("profile.name", name), limit=MOST_GROUPS)
        return [body for body in found if text(body, "profile", "name") == name]

    def _add(self, body: Mapping[str, Any], *, members: bool) -> None:
        bare = okta_answers.group(body)
        found = (
            self.parts.read(f"who is in the group {bare.name}", partial(self._members, bare), bare.id)
            if members
            else None
        )
        self.groups[bare.id] = okta_answers.group(body, found)

    def _members(self, group: LiveGroup) -> tuple[LivePerson, ...]:
        found: list[LivePerson] = []
        for user in self.client.pages(f"/api/v1/groups/{group.id}/users", limit=MOST_MEMBERS):
            found.append(self._known(user))
            if len(found) % MOST_MEMBERS == 0:
                self.progress(f"members of {group.name}", len(found))
        self.progress(f"members of {group.name}", len(found))
        return tuple(found)

    def rules(self, group_ids: Collection[str]) -> tuple[LiveRule, ...] | None:
        """The rules that fill one of these groups."""

        def every() -> tuple[LiveRule, ...]:
            listed = map(okta_answers.rule, self.client.pages("/api/v1/groups/rules", limit=MOST_RULES))
            return tuple(rule for rule in listed if set(rule.group_ids) & set(group_ids))

        return self.parts.read("the group rules", every)

    # People

    def _known(self, user: Mapping[str, Any]) -> LivePerson:
        """Somebody, as one object however many groups they are in."""
        identifier = text(user, "id")
        if identifier not in self.people:
            self.people[identifier] = okta_answers.person(user, self.name_source)
        return self.people[identifier]

    def people_by_id(self, identifiers: Iterable[str]) -> None:
        """Add these people, unless they are known."""
        wanted = sorted({one for one in identifiers if one not in self.people})
        found = self.parts.read(
            "who has the apps one by one", lambda: look_up(self.client, "id", wanted, self.name_source)
        )
        self.people |= {person.id: person for person in found or ()}
