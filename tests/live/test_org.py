"""An Okta org as it is read, against what somebody has made by hand there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connect_sso.live.model import LiveOrg
from connect_sso.live.okta_client import OktaClient, open_org
from connect_sso.live.org import LONGEST_SEARCH, equals, groups_beginning, look_up, read_org, searches
from tests.sandbox.companies import EMPTY, PEOPLE, Company, group_mapping, walkthrough
from tests.sandbox.http.okta_people import CONDITION, _meets
from tests.sandbox.http.serving import Accounts


def read(company: Company, **options: object) -> LiveOrg:
    role_groups = [app.role_group for app in company.apps if app.role_group]
    client = open_org("acme", "okta.com")
    return read_org(client, apps=[app.label for app in company.apps], groups=role_groups, **options)  # type: ignore[arg-type]


def test_a_company_is_read_as_it_was_made(company: tuple[Accounts, Company]) -> None:
    running, made = company
    org = read(made)
    assert org.url == "https://acme.okta.com"
    assert org.unread == ()
    assert [app.id for app in org.apps] == [app.id for app in made.apps]
    by_login = {person.login: person for person in PEOPLE}
    for app, told in zip(org.apps, made.apps, strict=True):
        assert (app.label, app.active, app.sign_on_mode) == (told.label, True, "SAML_2_0")
        assert app.catalogue == (made.role_assignment != "saml_app")
        assert ("PUSH_NEW_USERS" in app.features) == (made.role_assignment == "api_integration")
        assert made.instance_id in app.sign_on["defaultRelayState"]
        assert not app.settings.keys() & {"accessKey", "secretKey", "secretKeyEnc"}
        assert app.authentication_policy == "Any two factors"
        assert app.metadata
        assert app.metadata_document == running.okta("GET", f"/api/v1/apps/{app.id}/sso/saml/metadata").text
        assert app.groups is not None
        assert {org.groups[group.group_id].name for group in app.groups} == set(told.groups)
        assert app.users is not None
        alone = {org.people[user.person_id].login for user in app.users if user.scope == "USER"}
        assert alone == set(told.users)
        if made.role_assignment == "api_integration":
            assert all(user.saml_roles == (told.role,) and user.role == told.role for user in app.users)
        through = {org.people[user.person_id].login for user in app.users if user.scope == "GROUP"}
        assert (
            through
            == {
                person.login
                for person in PEOPLE
                if set(person.groups) & set(told.groups) and person.status != "DEPROVISIONED"
            }
            - alone
        )
    for group in org.groups.values():
        assert group.members is not None
        if group.name == "Contact Centre Agents":
            assert {one.login: one.status for one in group.members} == {
                person.login: person.status for person in PEOPLE if group.name in person.groups
            }
    for person in org.people.values():
        assert person.status == by_login[person.login].status
        assert person.name_source == person.login


def test_rules_and_what_they_draw_from(start: Callable[..., Accounts]) -> None:
    running = start()
    made = group_mapping(running)
    org = read(made)
    assert org.rules
    assert [(rule.id, rule.status, rule.expression) for rule in org.rules] == [
        (made.rule, "ACTIVE", 'user.department=="Sales"')
    ]
    assert org.groups[org.rules[0].group_ids[0]].name == made.apps[0].role_group
    # A rule on groups leads to those groups.
    source = made.groups["Contact Centre Admins"]
    target = made.groups["Contact Centre Agents"]
    body = {
        "type": "group_rule",
        "name": "Admins are agents",
        "conditions": {"expression": {"value": f'isMemberOfAnyGroup("{source}")', "type": "urn:okta:expression:1.0"}},
        "actions": {"assignUserToGroups": {"groupIds": [target]}},
    }
    assert running.okta("POST", "/api/v1/groups/rules", body).ok
    again = read(made)
    assert {rule.name for rule in again.rules or ()} == {"Sales to Connect", "Admins are agents"}
    assert again.groups[source].name == "Contact Centre Admins"


def test_names_are_exact(start: Callable[..., Accounts]) -> None:
    """q and eq find more than what is asked for: what begins so, and other cases."""
    running = start(company=EMPTY)
    made = walkthrough(running)
    consoles = {"label": "Amazon Connect Administrator (old)", "signOnMode": "SAML_2_0", "name": "amazon_aws"}
    assert running.okta("POST", "/api/v1/apps", consoles).ok
    assert running.okta("POST", "/api/v1/groups", {"profile": {"name": "CONTACT CENTRE agents"}}).ok
    client = open_org("acme", "okta.com")
    org = read_org(
        client,
        apps=["Amazon Connect Administrator", "amazon connect contact control panel"],
        groups=["contact centre agents"],
    )
    assert [app.id for app in org.apps] == [made.apps[0].id]
    assert not org.groups
    by_id = read_org(client, apps=[made.apps[1].id])
    assert [app.label for app in by_id.apps] == [made.apps[1].label]
    assert {group.name for group in groups_beginning(client, "contact centre")} == {
        "Contact Centre Admins",
        "Contact Centre Agents",
        "CONTACT CENTRE agents",
    }


def test_people_by_login(start: Callable[..., Accounts]) -> None:
    """Those who left are found, in any case, and nobody who is not there."""
    running = start()
    walkthrough(running)
    client = open_org("acme", "okta.com")
    running.org.calls.clear()
    found = look_up(client, "login", ["FLO.left@example.com", "ada.admin@example.com", "nobody@example.com"])
    assert {(person.login, person.status) for person in found} == {
        ("flo.left@example.com", "DEPROVISIONED"),
        ("Ada.Admin@example.com", "ACTIVE"),
    }
    assert len(running.org.calls) == 1
    (by_department,) = look_up(client, "login", ["bo.agent@example.com"], name_source="department")
    assert by_department.name_source == "Sales"
    (nothing,) = look_up(client, "login", ["bo.agent@example.com"], name_source="employeeNumber")
    assert nothing.name_source is None


def test_many_people_by_login_take_few_requests(start: Callable[..., Accounts]) -> None:
    running = start()
    walkthrough(running)
    client = open_org("acme", "okta.com")
    running.org.calls.clear()
    wanted = [f"agent.{number:05}@contact-centre.example.com" for number in range(1000)]
    found = look_up(client, "login", [*wanted, "Ada.Admin@example.com"])
    assert [person.login for person in found] == ["Ada.Admin@example.com"]
    assert len(running.org.calls) < 35


def test_only_gets(company: tuple[Accounts, Company]) -> None:
    running, made = company
    read(made)
    assert running.org.calls
    assert all(call.operation.startswith("GET ") and call.status == 200 for call in running.org.calls)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=10))
def test_a_condition_means_its_value(value: str, other: str) -> None:
    """Whatever stands in a login, the search is one condition, for that value."""
    condition = equals("profile.login", value)
    match = CONDITION.fullmatch(condition)
    if "\n" in value:  # the sandbox reads lines; Okta has no such logins
        return
    assert match
    assert match[1] == "profile.login"
    assert _meets({"profile": {"login": value}}, condition)
    assert _meets({"profile": {"login": other}}, condition) == (other.lower() == value.lower())


@given(st.lists(st.text('abc@"\\ ü', min_size=1, max_size=30), max_size=300))
def test_searches_hold_everything_once_and_fit(values: list[str]) -> None:
    from urllib.parse import quote

    whole = list(searches("profile.login", values))
    assert " or ".join(whole) == " or ".join(equals("profile.login", value) for value in values)
    assert all(len(quote(search)) <= LONGEST_SEARCH for search in whole)


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WORDS = (
    "profile", "name", "login", "settings", "app", "signOn", "credentials", "signing", "kid", "features", "status",
    "_links", "accessPolicy", "href", "conditions", "expression", "value", "actions", "assignUserToGroups", "groupIds",
    "samlRoles", "role", "label", "userName", "scope", "description", "type",
)  # fmt: skip
BODIES = st.recursive(
    ANYTHING, lambda inner: st.dictionaries(st.sampled_from(WORDS), inner, max_size=6), max_leaves=10
).map(lambda body: {**(body if isinstance(body, dict) else {}), "id": "00x", "label": "Connect"})


@given(st.lists(BODIES, min_size=1, max_size=4), st.sampled_from(["login", "employeeNumber"]))
def test_answers_of_other_types_are_no_crash(bodies: list[dict[str, Any]], name_source: str) -> None:
    """What Okta never documented counts as not there."""

    class Strange(OktaClient):
        def get(self, path: str, **query: str | int) -> dict[str, Any]:
            return bodies[0]

        def text(self, path: str, **query: str | int) -> str:
            return "<x/>"

        def pages(self, path: str, **query: str | int) -> Iterator[dict[str, Any]]:
            yield from bodies

    org = read_org(Strange("acme.okta.com", ""), apps=["Connect"], groups=["Agents"], name_source=name_source)
    assert [app.label for app in org.apps] == ["Connect"]
    for person in org.people.values():
        assert isinstance(person.login, str)
        assert person.name_source is None or isinstance(person.name_source, str)
