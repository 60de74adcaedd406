"""The Okta org over HTTP: what it answers, who may ask, how often, and each refusal with its error body."""

from __future__ import annotations

import base64
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_der_x509_certificate
from joserfc import jwt
from joserfc.jwk import RSAKey
from lxml import etree

from tests.sandbox.http.okta import Limit
from tests.sandbox.http.okta_apps import enable_api_integration
from tests.sandbox.http.okta_tokens import ASSERTION
from tests.sandbox.http.serving import Accounts

CUSTOM = {
    "label": "Connect",
    "signOnMode": "SAML_2_0",
    "settings": {
        "signOn": {
            "ssoAcsUrl": "https://signin.aws.amazon.com/saml",
            "recipient": "https://signin.aws.amazon.com/saml",
            "destination": "https://signin.aws.amazon.com/saml",
            "audience": "urn:amazon:webservices",
            "subjectNameIdTemplate": "${user.userName}",
            "subjectNameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "responseSigned": True,
            "assertionSigned": True,
            "signatureAlgorithm": "RSA_SHA256",
            "digestAlgorithm": "SHA256",
            "authnContextClassRef": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
            "attributeStatements": [{"type": "EXPRESSION", "name": "Role", "values": ["arn"]}],
        }
    },
}
CATALOGUE = {
    "name": "amazon_aws",
    "label": "AWS",
    "signOnMode": "SAML_2_0",
    "settings": {"app": {"sessionDuration": 7200}},
}


def ok(response: requests.Response) -> Any:
    """The body of an answer that is not refused."""
    assert response.ok, response.text
    return response.json() if response.content and response.status_code != 204 else None


def refused(response: requests.Response, status: int, code: str, *parts: str) -> None:
    """Hold an answer to Okta's form of an error."""
    body = response.json()
    assert (response.status_code, body["errorCode"]) == (status, code), response.text
    assert body.keys() == {"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}
    assert all(part in response.text for part in parts), response.text


def group(running: Accounts, name: str) -> str:
    """A group's id."""
    (found,) = ok(running.okta("GET", "/api/v1/groups", search=f'profile.name eq "{name}"'))
    identifier: str = found["id"]
    return identifier


def person(running: Accounts, login: str, **profile: str) -> str:
    """A new person's id."""
    whole = {"login": login, "email": login, "firstName": "Dee", "lastName": "Agent", **profile}
    identifier: str = ok(running.okta("POST", "/api/v1/users", {"profile": whole}))["id"]
    return identifier


# Apps


def test_a_catalogue_app_has_the_settings_of_the_catalogue(running: Accounts) -> None:
    app = ok(running.okta("POST", "/api/v1/apps", CATALOGUE))
    settings = app["settings"]["app"]
    assert settings["sessionDuration"] == 7200
    assert settings["awsEnvironmentType"] == "aws.amazon"
    assert settings["identityProviderArn"] is settings["accessKey"] is None
    assert app["features"] == []
    enable_api_integration(running.cloud, app["id"])
    assert ok(running.okta("GET", f"/api/v1/apps/{app['id']}"))["features"] == [
        "PUSH_NEW_USERS",
        "PUSH_PROFILE_UPDATES",
    ]


def test_a_custom_app_is_what_it_was_made_of(running: Accounts) -> None:
    app = ok(running.okta("POST", "/api/v1/apps", CUSTOM))
    assert app["name"].startswith("acme_connect")
    sign_on = app["settings"]["signOn"]
    asked = CUSTOM["settings"]["signOn"]  # type: ignore[index]
    assert {name: sign_on[name] for name in asked if name != "attributeStatements"} == {
        name: value for name, value in asked.items() if name != "attributeStatements"
    }
    (statement,) = sign_on["attributeStatements"]
    assert statement == {
        "type": "EXPRESSION",
        "name": "Role",
        "namespace": "urn:oasis:names:tc:SAML:2.0:attrname-format:unspecified",
        "values": ["arn"],
    }


def test_an_app_that_is_put_loses_what_is_left_out(running: Accounts) -> None:
    app = ok(running.okta("POST", "/api/v1/apps", CATALOGUE))
    changed = ok(running.okta("PUT", f"/api/v1/apps/{app['id']}", {**CATALOGUE, "label": "B", "settings": {"app": {}}}))
    assert (changed["label"], changed["settings"]["app"]["sessionDuration"]) == ("B", 3600)


def test_metadata_holds_the_certificate_of_the_key_that_signs(running: Accounts) -> None:
    app = ok(running.okta("POST", "/api/v1/apps", CUSTOM))
    here = f"/api/v1/apps/{app['id']}"
    kid = app["credentials"]["signing"]["kid"]
    assert public_key(running, here) == private_key(running, app["id"])

    new = ok(running.okta("POST", f"{here}/credentials/keys/generate", validityYears="5"))["kid"]
    assert {key["kid"] for key in ok(running.okta("GET", f"{here}/credentials/keys"))} == {kid, new}
    before = public_key(running, here)
    assert public_key(running, here, kid=new) != before
    ok(running.okta("PUT", here, {**CUSTOM, "credentials": {"signing": {"kid": new}}}))
    assert public_key(running, here) == public_key(running, here, kid=new) == private_key(running, app["id"])
    assert public_key(running, here, kid=kid) == before


def public_key(running: Accounts, path: str, **query: Any) -> Any:
    """The key of the certificate in an app's metadata."""
    response = running.okta("GET", f"{path}/sso/saml/metadata", **query)
    assert response.headers["Content-Type"] == "application/xml;charset=ISO-8859-1"
    found = etree.fromstring(response.content).find(".//{*}X509Certificate")
    assert found is not None
    return load_der_x509_certificate(base64.b64decode(found.text or "")).public_key()


def private_key(running: Accounts, app_id: str) -> Any:
    """The public half of the key that the app signs with."""
    return serialization.load_pem_private_key(running.cloud.signing_key(app_id).encode(), None).public_key()


def test_an_active_app_is_not_deleted(running: Accounts) -> None:
    here = f"/api/v1/apps/{ok(running.okta('POST', '/api/v1/apps', CUSTOM))['id']}"
    refused(running.okta("DELETE", here), 403, "E0000056")
    ok(running.okta("POST", f"{here}/lifecycle/deactivate"))
    ok(running.okta("DELETE", here))
    refused(running.okta("GET", here), 404, "E0000007", "(AppInstance)")


def test_an_app_is_found_by_the_beginning_of_its_label_and_by_its_status(running: Accounts) -> None:
    for label in ("Connect", "Connect admin", "Payroll"):
        ok(running.okta("POST", "/api/v1/apps", {**CUSTOM, "label": label}))
    found = ok(running.okta("GET", "/api/v1/apps", q="connect", filter='status eq "ACTIVE"'))
    assert {app["label"] for app in found} == {"Connect", "Connect admin"}
    assert ok(running.okta("GET", "/api/v1/apps", filter='status eq "INACTIVE"')) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**CUSTOM, "settings": {}}, 400, "E0000001"),
        ({**CUSTOM, "label": "x" * 101}, 400, "E0000001"),
        ({**CATALOGUE, "name": "amazon_awz"}, 404, "E0000007"),
    ],
)
def test_an_app_that_okta_refuses(running: Accounts, body: dict[str, Any], status: int, code: str) -> None:
    refused(running.okta("POST", "/api/v1/apps", body), status, code)


def test_assignments(running: Accounts) -> None:
    """One by one with a whole profile, or by a group; the group's people have the app as long as it has."""
    app = ok(running.okta("POST", "/api/v1/apps", CATALOGUE))["id"]
    dee, agents = person(running, "dee@example.com"), group(running, "Contact Centre Agents")
    profile = {"role": "Okta_Role", "samlRoles": ["Okta_Role"]}
    assigned = ok(running.okta("POST", f"/api/v1/apps/{app}/users", {"id": dee, "scope": "USER", "profile": profile}))
    assert assigned["profile"] == {
        "email": "dee@example.com",
        "firstName": "Dee",
        "lastName": "Agent",
        "mobilePhone": None,
        "secondEmail": None,
        "idpRolePairs": [],
        **profile,
    }
    ok(running.okta("PUT", f"/api/v1/apps/{app}/groups/{agents}", {"profile": profile}))
    everyone = ok(running.okta("GET", f"/api/v1/apps/{app}/users"))
    by_group = [item["credentials"]["userName"] for item in everyone if item["scope"] == "GROUP"]
    assert by_group == ["bo.agent@example.com", "cy.agent@example.com"]
    ok(running.okta("DELETE", f"/api/v1/apps/{app}/groups/{agents}"))
    assert [item["id"] for item in ok(running.okta("GET", f"/api/v1/apps/{app}/users"))] == [dee]
    ok(running.okta("DELETE", f"/api/v1/apps/{app}/users/{dee}"))
    refused(running.okta("GET", f"/api/v1/apps/{app}/users/{dee}"), 404, "E0000007", "(AppUser)")
    refused(running.okta("GET", f"/api/v1/apps/{app}/groups/{agents}"), 404, "E0000007")
    refused(running.okta("POST", f"/api/v1/apps/{app}/users", {"id": "00unobody"}), 404, "E0000007", "(User)")
    refused(running.okta("PUT", f"/api/v1/apps/{app}/groups/00gnothing", {}), 404, "E0000007")


def test_profile_mappings(running: Accounts) -> None:
    """Made with the app, in both directions; a change names what it changes, null deletes, the rest stays."""
    app = ok(running.okta("POST", "/api/v1/apps", CATALOGUE))
    to, back = ok(running.okta("GET", "/api/v1/mappings"))
    assert (to["source"]["type"], to["target"]["id"]) == ("user", app["id"]) == ("user", back["source"]["id"])
    user = to["source"]["id"]
    assert ok(running.okta("GET", "/api/v1/mappings", sourceId=user, targetId=app["id"])) == [to]
    here = f"/api/v1/mappings/{to['id']}"
    email = {"expression": "user.email", "pushStatus": "PUSH"}
    role = {"expression": "user.title", "pushStatus": "DONT_PUSH"}
    ok(running.okta("POST", here, {"properties": {"email": email, "role": role}}))
    assert ok(running.okta("POST", here, {"properties": {"email": None}}))["properties"] == {"role": role}
    assert ok(running.okta("GET", here))["properties"] == {"role": role}
    refused(running.okta("POST", here, {"properties": {"shoeSize": email}}), 400, "E0000001")
    refused(running.okta("POST", here, {"properties": {"email": {"expression": "user.email"}}}), 400, "E0000001")
    refused(running.okta("GET", "/api/v1/mappings/prm0"), 404, "E0000007")


def test_policies(running: Accounts) -> None:
    app = ok(running.okta("POST", "/api/v1/apps", CUSTOM))["id"]
    found = {policy["name"]: policy for policy in ok(running.okta("GET", "/api/v1/policies", type="ACCESS_POLICY"))}
    assert [name for name, policy in found.items() if policy["system"]] == ["Any two factors"]
    ok(running.okta("PUT", f"/api/v1/apps/{app}/policies/{found['Password only']['id']}"))
    link = ok(running.okta("GET", f"/api/v1/apps/{app}"))["_links"]["accessPolicy"]["href"]
    assert link.endswith(found["Password only"]["id"])
    refused(running.okta("PUT", f"/api/v1/apps/{app}/policies/rstnothing"), 404, "E0000007", "(Policy)")
    refused(running.okta("GET", "/api/v1/policies"), 400, "E0000001")


# People


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ([], "ACTIVE"),
        (["suspend"], "SUSPENDED"),
        (["suspend", "unsuspend"], "ACTIVE"),
        (["deactivate"], "DEPROVISIONED"),
        (["suspend", "deactivate", "activate"], "ACTIVE"),
        (["expire_password"], "PASSWORD_EXPIRED"),
        (["reset_password"], "RECOVERY"),
    ],
)
def test_the_life_of_a_user(running: Accounts, changes: list[str], status: str) -> None:
    dee = person(running, "Dee@example.com")
    for change in changes:
        ok(running.okta("POST", f"/api/v1/users/{dee}/lifecycle/{change}"))
    found = ok(running.okta("GET", "/api/v1/users/dee@EXAMPLE.com"))
    assert (found["id"], found["status"], found["profile"]["login"]) == (dee, status, "Dee@example.com")


def test_a_status_that_does_not_follow(running: Accounts) -> None:
    dee = person(running, "dee@example.com")
    refused(running.okta("POST", f"/api/v1/users/{dee}/lifecycle/unsuspend"), 400, "E0000001")


def test_who_has_left(running: Accounts) -> None:
    """Deactivated people keep their groups, lose their apps, and are in no plain list; deleted ones are gone."""
    app = ok(running.okta("POST", "/api/v1/apps", CUSTOM))["id"]
    dee, agents = person(running, "dee@example.com"), group(running, "Contact Centre Agents")
    ok(running.okta("PUT", f"/api/v1/groups/{agents}/users/{dee}"))
    ok(running.okta("POST", f"/api/v1/apps/{app}/users", {"id": dee}))
    ok(running.okta("DELETE", f"/api/v1/users/{dee}"))
    assert dee in [user["id"] for user in ok(running.okta("GET", f"/api/v1/groups/{agents}/users"))]
    assert ok(running.okta("GET", f"/api/v1/apps/{app}/users")) == []
    assert dee not in [user["id"] for user in ok(running.okta("GET", "/api/v1/users"))]
    assert ok(running.okta("GET", "/api/v1/users", search='status eq "DEPROVISIONED"'))[0]["id"] == dee
    refused(running.okta("POST", f"/api/v1/apps/{app}/users", {"id": dee}), 400, "E0000001")
    ok(running.okta("DELETE", f"/api/v1/users/{dee}"))
    refused(running.okta("GET", f"/api/v1/users/{dee}"), 404, "E0000007", "(User)")


def test_who_is_deleted_stays_away(running: Accounts) -> None:
    """Also someone of the directory that was there from the beginning."""
    for name in ("Ada.Admin@example.com", "dee@example.com"):
        if name.startswith("dee"):
            person(running, name)
        for _ in range(2):  # the first one deactivates
            ok(running.okta("DELETE", f"/api/v1/users/{name}"))
        refused(running.okta("GET", f"/api/v1/users/{name}"), 404, "E0000007")
        assert not ok(running.okta("GET", "/api/v1/users", search=f'profile.login eq "{name}"'))


def test_a_login_is_taken_once_and_needs_all_its_parts(running: Accounts) -> None:
    person(running, "dee@example.com")
    whole = {"login": "DEE@example.com", "email": "d@example.com", "firstName": "D", "lastName": "A"}
    refused(running.okta("POST", "/api/v1/users", {"profile": whole}), 400, "E0000001", "already exists")
    refused(running.okta("POST", "/api/v1/users", {"profile": {"login": "x"}}), 400, "E0000001", "lastName")


def test_people_are_searched_without_regard_to_case(running: Accounts) -> None:
    person(running, "dee@example.com", department="Returns", employeeNumber="7")
    search = 'profile.department eq "RETURNS" and profile.login sw "D"'
    (found,) = ok(running.okta("GET", "/api/v1/users", search=search))
    assert found["profile"]["employeeNumber"] == "7"
    refused(running.okta("GET", "/api/v1/users", search="profile.login is dee"), 400, "E0000031")


def test_a_profile_is_changed_in_part_or_replaced(running: Accounts) -> None:
    here = f"/api/v1/users/{person(running, 'dee@example.com', department='Returns')}"
    changed = ok(running.okta("POST", here, {"profile": {"lastName": "New"}}))["profile"]
    assert (changed["department"], changed["lastName"]) == ("Returns", "New")
    whole = {"login": "dee@example.com", "email": "d@example.com", "firstName": "D", "lastName": "A"}
    assert "department" not in ok(running.okta("PUT", here, {"profile": whole}))["profile"]


# Groups


def test_groups(running: Accounts) -> None:
    made = ok(running.okta("POST", "/api/v1/groups", {"profile": {"name": "Leads", "description": "x"}}))["id"]
    refused(running.okta("POST", "/api/v1/groups", {"profile": {"name": "Leads"}}), 400, "E0000001", "already exists")
    dee = person(running, "dee@example.com")
    ok(running.okta("PUT", f"/api/v1/groups/{made}/users/{dee}"))
    assert {item["profile"]["name"] for item in ok(running.okta("GET", f"/api/v1/users/{dee}/groups"))} == {
        "Everyone",
        "Leads",
    }
    ok(running.okta("DELETE", f"/api/v1/groups/{made}/users/{dee}"))
    assert ok(running.okta("GET", f"/api/v1/groups/{made}/users")) == []
    ok(running.okta("DELETE", f"/api/v1/groups/{made}"))
    refused(running.okta("GET", f"/api/v1/groups/{made}"), 404, "E0000007", "(UserGroup)")


def test_a_directorys_own_members_leave_too(running: Accounts) -> None:
    admins = group(running, "Contact Centre Admins")
    (ada,) = ok(running.okta("GET", f"/api/v1/groups/{admins}/users"))
    ok(running.okta("DELETE", f"/api/v1/groups/{admins}/users/{ada['id']}"))
    assert ok(running.okta("GET", f"/api/v1/groups/{admins}/users")) == []


def test_a_rule_runs_after_a_while(start: Callable[..., Accounts]) -> None:
    running = start(rule_delay=0.3)
    target = ok(running.okta("POST", "/api/v1/groups", {"profile": {"name": "Returns"}}))["id"]
    dee = person(running, "dee@example.com", department="Returns")
    rule = {
        "type": "group_rule",
        "name": "returns",
        "conditions": {"expression": {"value": 'user.department=="Returns"', "type": "urn:okta:expression:1.0"}},
        "actions": {"assignUserToGroups": {"groupIds": [target]}},
    }
    made = ok(running.okta("POST", "/api/v1/groups/rules", rule))
    assert made["status"] == "INACTIVE"
    here = f"/api/v1/groups/rules/{made['id']}"
    ok(running.okta("POST", f"{here}/lifecycle/activate"))
    assert ok(running.okta("GET", f"/api/v1/groups/{target}/users")) == []
    time.sleep(0.4)
    assert [user["id"] for user in ok(running.okta("GET", f"/api/v1/groups/{target}/users"))] == [dee]
    refused(running.okta("PUT", here, rule), 400, "E0000001", "active rule")
    refused(running.okta("DELETE", here), 400, "E0000001", "active rule")
    refused(running.okta("POST", "/api/v1/groups/rules", rule), 400, "E0000001", "exists")
    ok(running.okta("POST", f"{here}/lifecycle/deactivate"))
    assert ok(running.okta("GET", f"/api/v1/groups/{target}/users")) == []
    assert running.okta("DELETE", here).status_code == 202


# Who may ask, and how often


def test_lists_come_in_pages(running: Accounts) -> None:
    """`Link` leads on, at the org's own host: a client that goes through a proxy takes path and query of it."""
    logins: list[str] = []
    path, query = "/api/v1/users", dict[str, Any](limit="2")
    while path:
        response = running.okta("GET", path, **query)
        logins += [user["profile"]["login"] for user in ok(response)]
        following = response.links.get("next")
        assert following is None or following["url"].startswith("https://acme.okta.com/api/v1/users?")
        path, query = (following["url"].removeprefix("https://acme.okta.com") if following else ""), {}
    assert len(logins) == len(set(logins)) == 4


def test_an_unknown_token(running: Accounts) -> None:
    refused(running.okta("GET", "/api/v1/apps", token="another"), 401, "E0000011", "Invalid token provided")


def test_the_rate_limit(start: Callable[..., Accounts]) -> None:
    """Each area has a limit of its own, and the headers say when there is more."""
    running = start(limit=Limit(requests=2, seconds=1))
    left = [running.okta("GET", "/api/v1/apps").headers["X-Rate-Limit-Remaining"] for _ in range(2)]
    assert left == ["1", "0"]
    response = running.okta("GET", "/api/v1/apps")
    refused(response, 429, "E0000047")
    assert 0 <= int(response.headers["X-Rate-Limit-Reset"]) - time.time() <= 2.1
    ok(running.okta("GET", "/api/v1/groups"))
    time.sleep(1)
    ok(running.okta("GET", "/api/v1/apps"))


class Service:
    """A service app with a key of its own."""

    def __init__(self, running: Accounts, *scopes: str) -> None:
        self.running = running
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        running.tokens.services["0oaservice"] = (public.decode(), frozenset(scopes))

    def ask(self, scope: str, key: Any = None, **claims: Any) -> requests.Response:
        """Ask for an access token, with an assertion that is signed."""
        now = int(time.time())
        whole = {
            "iss": "0oaservice",
            "sub": "0oaservice",
            "aud": "https://acme.okta.com/oauth2/v1/token",
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
            **claims,
        }
        pem = (key or self.key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": jwt.encode({"alg": "RS256"}, whole, RSAKey.import_key(pem)),
        }
        return requests.post(f"{self.running.okta_url}/oauth2/v1/token", data=form, timeout=60)

    def get(self, path: str, token: str, method: str = "GET") -> requests.Response:
        """A request with an access token."""
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.running.okta_url + path, headers=headers, json={}, timeout=60)


def test_a_service_signs_for_itself(running: Accounts) -> None:
    """It may what its scopes say: 403 otherwise, with the scope that is missing."""
    service = Service(running, "okta.apps.read", "okta.groups.manage")
    token = ok(service.ask("okta.apps.read okta.groups.manage"))["access_token"]
    ok(service.get("/api/v1/apps", token))
    ok(service.get("/api/v1/groups", token))
    for method, path, scope in (
        ("GET", "/api/v1/users", "okta.users.read"),
        ("POST", "/api/v1/apps", "okta.apps.manage"),
    ):
        response = service.get(path, token, method)
        refused(response, 403, "E0000006")
        assert re.search(rf'insufficient_scope", scope="{scope}"', response.headers["WWW-Authenticate"])
    refused(service.get("/api/v1/apps", "invented"), 401, "E0000011")


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"aud": "https://other.okta.com/oauth2/v1/token"}, "aud"),
        ({"exp": 1}, "exp"),
        ({"exp": int(time.time()) + 7200}, "exp"),
        ({"iss": "0oaother"}, "iss"),
        ({"sub": "0oaother"}, "0oaother"),
    ],
)
def test_an_assertion_that_is_refused(running: Accounts, claims: dict[str, Any], says: str) -> None:
    response = Service(running, "okta.apps.read").ask("okta.apps.read", **claims)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert says in response.json()["error_description"]


def test_an_assertion_that_another_key_signed_or_that_comes_twice(running: Accounts) -> None:
    service = Service(running, "okta.apps.read")
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert service.ask("okta.apps.read", key=other).json()["error"] == "invalid_client"
    ok(service.ask("okta.apps.read", jti="one"))
    assert service.ask("okta.apps.read", jti="one").json()["error"] == "invalid_client"


def test_a_scope_that_was_not_granted(running: Accounts) -> None:
    response = Service(running, "okta.apps.read").ask("okta.users.read")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")
