"""What the accounts hold, understood as one environment, and every reason against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connect_sso.adopt import reading
from connect_sso.adopt.changes import first_changes
from connect_sso.adopt.discovery import discover
from connect_sso.adopt.import_list import imports_of
from connect_sso.adopt.model import CannotAdoptError, ContactCentre
from connect_sso.errors import Failure
from connect_sso.live.model import LiveAccount, LiveAppGroup, LiveOrg, LiveRule, Unread
from tests.adopt import found


def asides(centre: ContactCentre) -> str:
    """All of them as one text."""
    return "\n".join(f"{one.what}: {one.why} {' '.join(one.names)}" for one in centre.asides)


def reasons(account: LiveAccount, org: LiveOrg) -> str:
    """Why it is refused."""
    with pytest.raises(CannotAdoptError) as refused:
        discover("prod", account, org)
    return "\n".join(refused.value.reasons)


def with_app(org: LiveOrg, number: int = 0, **changes: Any) -> LiveOrg:
    """The org with one of its apps changed."""
    apps = list(org.apps)
    apps[number] = replace(apps[number], **changes)
    return replace(org, apps=tuple(apps))


def with_instance(account: LiveAccount, **changes: Any) -> LiveAccount:
    """The account with its instance changed."""
    assert account.instance is not None
    return replace(account, instance=replace(account.instance, **changes))


@pytest.mark.parametrize("way", found.WAYS)
def test_each_way_is_told_from_the_others(way: str) -> None:
    centre = discover("prod", *found.WAYS[way]())
    assert centre.role_assignment == way
    assert centre.sign_in == "global"
    assert centre.username == "login"
    assert centre.policy is not None
    assert (centre.api_user is not None) == (way == "api_integration")
    assert {person.user.name for person in centre.people} >= {"bo.agent@example.com", "cy.agent@example.com"}


def test_the_walkthrough() -> None:
    account, org = found.walkthrough()
    centre = discover("prod", account, org)
    assert [(app.key, app.destination, app.role.name) for app in centre.apps] == [
        ("admin", "admin", "Okta_Role"),
        ("ccp", "/ccp-v2", "Okta_CCP_Role"),
    ]
    assert {person.user.name: dict(person.apps) for person in centre.people if person.apps} == {
        found.ADA.login: {"admin": found.ADA.id}
    }
    assert not any(one.decide for one in centre.asides)
    imports = imports_of(centre)
    assert len(imports) == 17
    assert imports["aws_iam_user_policy_attachment.api_integration"].startswith("okta_cli_user/arn:aws:iam::")
    assert {change.attribute for change in first_changes(centre, org)} == {"saml_metadata_document"}
    assert set(imports_of(centre, ["users"])) == {
        address for address in imports if address.startswith("aws_connect_user")
    }


def test_a_path_and_a_policy_of_another_form() -> None:
    centre = discover("prod", *found.custom())
    assert centre.path == "/sso/"
    assert centre.policy is not None
    assert centre.policy.name == "Connect_Sign_In"
    assert imports_of(centre)["aws_iam_role.Connect"] == "Connect"


def test_a_rule_that_the_file_cannot_say_stays() -> None:
    account, org = found.mapping()
    centre = discover("prod", account, org)
    (app,) = centre.apps
    assert app.role_group is not None
    assert (app.groups, app.rule) == ((), None)
    assert 'user.department=="Sales"' in asides(centre)
    made = [change for change in first_changes(centre, org) if not change.attribute]
    assert [change.address for change in made] == ["okta_app_group_assignment.ccp"]
    assert made[0].noticed == "nobody"
    assert "okta_app_group_assignment.ccp" not in imports_of(centre)


def test_who_has_the_role_without_the_app_is_told() -> None:
    """The role group gets the app: whoever is in it and had no tile is named."""
    account, org = found.mapping()
    org = with_app(org, users=org.apps[0].users[:1])  # type: ignore[index]
    (made,) = [change for change in first_changes(discover("prod", account, org), org) if not change.attribute]
    assert found.CY.login in made.noticed


def test_a_rule_of_groups_is_taken_over() -> None:
    """As the stacks make it, in whichever order; the app's key is the one in the role group's name."""
    account, org = found.mapping()
    role_group = found.group(f"aws#prod-desk#Connect_Agents#{found.ACCOUNT}", found.BO, found.CY)
    others = found.group("Zebras")
    expression = f'isMemberOfAnyGroup("{others.id}", "{found.AGENTS.id}")'
    rule = LiveRule("0pr11111111111111111", "connect-sso prod-desk", "ACTIVE", expression, (role_group.id,))
    groups = {one.id: one for one in (role_group, others, found.AGENTS)}
    org = replace(with_app(org, groups=(LiveAppGroup(role_group.id, None, ()),)), groups=groups, rules=(rule,))
    centre = discover("prod", account, org)
    (app,) = centre.apps
    assert app.key == "desk"
    assert [one.name for one in app.groups] == ["Contact Centre Agents", "Zebras"]
    assert imports_of(centre)["okta_group_rule.desk"] == rule.id
    assert imports_of(centre)["okta_app_group_assignment.desk"] == f"{org.apps[0].id}/{role_group.id}"
    changed = [change for change in first_changes(centre, org) if change.attribute == "expression_value"]
    assert "another order" in changed[0].why


def test_members_of_a_role_group_without_a_rule_are_written() -> None:
    account, org = found.mapping()
    centre = discover("prod", account, replace(org, rules=()))
    assert all(person.apps for person in centre.people)
    assert "okta_group_memberships.ccp" in imports_of(centre)


def test_a_role_group_of_many_stays_as_it_is_filled() -> None:
    """The stacks look up everybody in Okta whom the file names one by one, and keep the profile in the state."""
    account, org = found.mapping()
    people = [found.person(f"p{number}@example.com") for number in range(21)]
    (role_group,) = (one for one in org.groups.values() if "#" in one.name)
    groups = dict(org.groups) | {role_group.id: replace(role_group, members=tuple(people))}
    org = with_app(org, users=tuple(map(found.app_user, people)))
    org = replace(org, rules=(), groups=groups, people={one.id: one for one in people})
    account = replace(account, users={one.login: found.user(one.login) for one in people})
    centre = discover("prod", account, org)
    assert len(centre.people) == 21
    assert not any(one.apps for one in centre.people)
    assert "21 people in aws#acme#Connect_Agents" in asides(centre)
    assert not any(address.startswith("okta_group_memberships") for address in imports_of(centre))


def test_another_account_s_groups_give_no_role() -> None:
    """A filter that is anchored to no app fits groups of everywhere."""
    account, org = found.mapping()
    strangers = [
        found.group("aws#acme#Connect_Agents#444455556666"),
        found.group(f"aws#acme#Somebody_Elses#{found.ACCOUNT}"),
    ]
    org = replace(org, groups=dict(org.groups) | {one.id: one for one in strangers})
    assert discover("prod", account, org).apps[0].role.name == "Connect_Agents"


def test_who_stays_outside_is_told() -> None:
    account, org = found.walkthrough()
    gone = found.person("di.left@example.com", status="DEPROVISIONED")
    away = found.person("ed.away@example.com", status="SUSPENDED")
    new = found.person("flo.new@example.com")
    cased = found.person("Gus@example.com")
    users = [found.user(name) for name in (gone.login, away.login, "gus@example.com", "hal.nobody@example.com")]
    more = [found.app_user(one, "USER" if one is away else "GROUP", "Okta_CCP_Role") for one in (away, new, cased)]
    org = with_app(org, 1, users=(*(org.apps[1].users or ()), *more))
    org = replace(org, people=dict(org.people) | {one.id: one for one in (gone, away, new, cased)})
    account = replace(account, users=dict(account.users or {}) | {one.name: one for one in users})
    centre = discover("prod", account, org)
    names = {person.user.name for person in centre.people}
    assert away.login in names
    assert not names & {gone.login, new.login, cased.login, "gus@example.com", "hal.nobody@example.com"}
    told = asides(centre)
    for said in (
        f"1 Connect user deactivated in Okta: they sign in no more; not taken over, so that they can be deleted in Connect by hand {gone.login}",
        "gus@example.com (Gus@example.com in Okta)",
        "hal.nobody@example.com",
        new.login,
    ):
        assert said in told
    assert next(one for one in centre.asides if "spelled otherwise" in one.what).decide
    assert all(away.login not in address for address in imports_of(centre) if address.startswith("okta_"))


def test_a_renamed_login_is_written_where_the_file_can_say_it() -> None:
    account, org = found.walkthrough()
    renamed = replace(found.ADA, login="ada.married@example.com")
    org = replace(org, people=dict(org.people) | {renamed.id: renamed})
    (ada,) = [one for one in discover("prod", account, org).people if one.apps]
    assert (ada.user.name, ada.okta_login) == (found.ADA.login, renamed.login)


def test_one_policy_for_all_roles() -> None:
    account, org = found.walkthrough()
    (first, second) = account.roles.values()
    own = found.policy("ccp_policy", "connect:GetFederationToken", "*")
    inline = replace(own, name="inline", arn=None)
    account = replace(account, roles={first.arn: first, second.arn: replace(second, policies=(own, inline))})
    centre = discover("prod", account, org)
    assert centre.policy is not None
    changes = first_changes(centre, org)
    assert any(
        change.address.startswith("aws_iam_role_policy_attachment.") and not change.attribute for change in changes
    )
    assert "the inline policy inline" in asides(centre)


def test_no_policy_that_can_be_taken_over() -> None:
    account, org = found.walkthrough()
    of_aws = replace(
        found.SIGN_IN, arn="arn:aws:iam::aws:policy/AmazonConnect_FullAccess", name="AmazonConnect_FullAccess"
    )
    account = replace(account, roles={arn: replace(one, policies=(of_aws,)) for arn, one in account.roles.items()})
    centre = discover("prod", account, org)
    assert centre.policy is None
    made = {change.address for change in first_changes(centre, org) if not change.attribute}
    assert made == {
        "aws_iam_policy.federation",
        "aws_iam_role_policy_attachment.Okta_Role",
        "aws_iam_role_policy_attachment.Okta_CCP_Role",
    }


def test_a_sign_in_that_does_not_work_today_is_told() -> None:
    account, org = found.custom()
    (role,) = account.roles.values()
    denied = found.policy("Nothing", "connect:ListUsers", "*", "/sso/")
    account = replace(account, roles={role.arn: replace(role, policies=(denied,))})
    told = [one for one in discover("prod", account, org).asides if one.decide]
    assert any("do not let anybody sign in" in one.why for one in told)


def test_the_api_user_may_be_unknown() -> None:
    account, org = found.walkthrough()
    centre = discover("prod", replace(account, api_user=None), org)
    assert any(one.decide and "API integration" in one.what for one in centre.asides)
    made = {change.address for change in first_changes(centre, org) if not change.attribute}
    assert "aws_iam_user.api_integration" in made


def test_what_could_not_be_looked_at_is_told() -> None:
    account, org = found.walkthrough()
    unread = Unread("the approved origins", "connect:ListApprovedOrigins", "not authorized")
    told = asides(discover("prod", replace(account, unread=(unread,)), org))
    assert "the approved origins: could not be read, which needs connect:ListApprovedOrigins: not authorized" in told
    reading.fully_read([unread])
    with pytest.raises(Failure, match=r"who has the app x could not be read, which needs okta.apps.read: forbidden"):
        reading.fully_read([unread, Unread("who has the app x", "okta.apps.read", "forbidden")])


def test_what_every_name_begins_with() -> None:
    """A group search begins with it."""
    beginnings = {
        found.GROUP_FILTER: "aws#",
        r"aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)": "aws_",
        r"^(?{{role}}.*)": "",
        r"^aws|okta": "",
        r"^awss?#": "aws",
        r"^a\.b-c+": "a.b-c",
    }
    assert {expression: reading.literal_beginning(expression) for expression in beginnings} == beginnings


def test_an_administrator_is_not_taken_for_okta_s_user() -> None:
    for action, taken in (
        ("iam:ListRoles", True),
        ("iam:List*", True),
        ("*", False),
        ("iam:*", False),
        ("s3:*", False),
    ):
        policy = found.policy("x", action, "*").policy
        assert policy is not None
        assert reading.may_list_roles(policy) is taken


STATEMENTS = found.custom()[1].apps[0].sign_on["attributeStatements"]


def stated(**expressions: str) -> dict[str, Any]:
    """The custom app's settings with other attribute statements."""
    sign_on = dict(found.custom()[1].apps[0].sign_on)
    kept = [one for one in STATEMENTS if one["name"].removeprefix(found.ATTRIBUTE) not in expressions]
    more = [
        {"type": "EXPRESSION", "name": f"{found.ATTRIBUTE}{name}", "values": [text]}
        for name, text in expressions.items()
    ]
    return sign_on | {"attributeStatements": [*kept, *more]}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": "INACTIVE"}, "is inactive"),
        ({"sign_on_mode": "OPENID_CONNECT"}, "does not sign in by SAML 2.0 (it is OPENID_CONNECT)"),
        ({"sign_on": {"defaultRelayState": "https://example.com"}}, "does not lead to Amazon Connect"),
        ({"sign_on": stated(Role="user.role")}, "names no SAML provider"),
        ({"sign_on": stated(RoleSessionName="user.firstName + user.lastName")}, "can only say one attribute"),
        (
            {"sign_on": stated(Role="arn:aws:iam::444455556666:saml-provider/Okta,arn:aws:iam::444455556666:role/x")},
            "is in the account 444455556666",
        ),
        (
            {"sign_on": stated(Role=f"{found.arn('saml-provider/Gone')},{found.arn('role/sso/Connect')}")},
            "IAM has none of that name",
        ),
        (
            {"sign_on": stated() | {"ssoAcsUrl": "https://eu-west-1.signin.aws.amazon.com/saml"}},
            "posts to https://eu-west-1",
        ),
    ],
)
def test_what_a_custom_app_is_refused_for(change: dict[str, Any], said: str) -> None:
    account, org = found.custom()
    assert said in reasons(account, with_app(org, **change))


def test_what_an_instance_is_refused_for() -> None:
    account, org = found.custom()
    assert "does not sign in by SAML (it is CONNECT_MANAGED)" in reasons(
        with_instance(account, identity_management="CONNECT_MANAGED"), org
    )
    assert "there is no such" in reasons(replace(account, instance=None), org)
    assert "is not active" in reasons(with_instance(account, status="CREATION_IN_PROGRESS"), org)


def test_two_apps_with_one_provider() -> None:
    account, org = found.walkthrough()
    settings = dict(org.apps[0].settings)
    said = reasons(account, with_app(org, 1, settings=settings))
    assert "holds the metadata of another app" in said
    assert "several apps name the SAML provider Okta_Connect_Admin (Amazon Connect Administrator, Amazon" in said


def test_every_reason_is_given_at_once() -> None:
    account, org = found.walkthrough()
    several = (LiveAppGroup(found.AGENTS.id, "Okta_CCP_Role", ("Okta_CCP_Role", "Okta_Role")),)
    org = with_app(with_app(org, 0, sign_on={"defaultRelayState": ""}), 1, groups=several)
    said = reasons(account, org)
    assert "does not lead to Amazon Connect" in said
    assert "carry 2 roles (Okta_CCP_Role, Okta_Role)" in said


def test_apps_of_two_kinds() -> None:
    account, org = found.walkthrough()
    settings = dict(org.apps[1].settings) | {"useGroupMapping": True}
    assert "in 2 ways (api_integration, group_mapping)" in reasons(account, with_app(org, 1, settings=settings))


def test_a_role_that_cannot_be_told() -> None:
    account, org = found.walkthrough()
    one, other = account.roles.values()
    account = replace(account, roles={one.arn: replace(one, trust=other.trust), other.arn: other})
    said = reasons(account, with_app(org, 1, groups=(), users=()))
    assert "cannot be told" in said
    assert "Okta_CCP_Role, Okta_Role trust" in said


def test_a_role_that_only_the_trust_tells() -> None:
    account, org = found.walkthrough()
    centre = discover("prod", account, with_app(org, 1, groups=(), users=()))
    assert [app.role.name for app in centre.apps] == ["Okta_Role", "Okta_CCP_Role"]


def test_keys_of_apps_that_open_one_page_come_from_their_labels() -> None:
    account, org = found.walkthrough()
    org = with_app(org, 1, sign_on={"defaultRelayState": found.relay_state()})
    assert [app.key for app in discover("prod", account, org).apps] == [
        "amazon_connect_administrator",
        "amazon_connect_contact_control_panel",
    ]
