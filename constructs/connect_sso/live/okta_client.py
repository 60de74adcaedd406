"""An Okta org over HTTP, for reading: GET alone, besides the one POST that a service app gets its token with.

Pages, limits and errors: https://developer.okta.com/docs/reference/core-okta-api/
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from connect_sso.errors import Failure
from connect_sso.facts.names import OKTA_DOMAINS
from connect_sso.live import permissions
from connect_sso.live.okta_answers import error_of, host_of, next_page, seconds_to_wait, text
from connect_sso.live.okta_credentials import ServiceApp, Token, credentials
from connect_sso.live.reading import Denied, Missing, one_line

TOKEN_PATH = "/oauth2/v1/token"  # noqa: S105 - a path
ORGANIZATION = "/.well-known/okta-organization"
HTTP_PROXY = "OKTA_HTTP_PROXY"

CONNECT_TIMEOUT, READ_TIMEOUT, WHOLE_ANSWER = 10, 60, 120
"""Seconds: until there is a connection, between two pieces of an answer, for a whole answer."""

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes."""

LONGEST_LIMIT = 180
"""Seconds that one request waits for a rate limit; Okta's windows are a minute.

https://developer.okta.com/docs/reference/rate-limits/
"""

TRIES = 4
"""How often a request is sent that the org fails at, or that does not get there."""

MOST_PAGES = 10_000
"""A list that has more never ends."""

CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a file of certificates to trust; the last is what Go's programs read, the provider among them."""

TOO_MANY = 429
FAILING = frozenset({0, 500, 502, 503, 504})
"""Statuses after which a request is sent again; 0 is no answer."""


class _Only(requests.Session):
    """Sends nothing that changes anything."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request that reads, or the one for a token."""
        token = request.method == "POST" and urlsplit(request.url or "").path == TOKEN_PATH
        if request.method != "GET" and not token:
            raise RuntimeError(f"{request.method} is no way of reading")
        return super().send(request, **options)


class _Authorization(AuthBase):
    """Says who asks. It is set even where there is nothing to say: otherwise requests would look into ~/.netrc."""

    def __init__(self, value: str = "") -> None:
        self.value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.value:
            request.headers["Authorization"] = self.value
        return request


class OktaClient:
    """An org that is open for reading; see `open_org`.

    Args:
        host: the org's host name.
        base: where it is asked: `https://` and its host, unless OKTA_HTTP_PROXY says otherwise.
        sleep: waits so many seconds.
    """

    def __init__(self, host: str, base: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.host = host
        self.url = f"https://{host}"
        self._base = base
        self._sleep = sleep
        self._authorization = _Authorization()
        self._whose = ""
        self._granted: frozenset[str] | None = None
        self._session = _Only()
        self._session.headers["User-Agent"] = "connect-sso"
        # The others requests reads by itself, and first.
        if trusted := os.environ.get(CERTIFICATES[-1]):
            self._session.verify = trusted

    # Reading

    def get(self, path: str, **query: str | int) -> Mapping[str, Any]:
        """The object that the org answers.

        Args:
            path: such as `/api/v1/apps`.
            query: the URL's arguments.

        Raises:
            Denied: these credentials may not.
            Missing: there is no such thing.
            Failure: anything else, in one line.
        """
        found = self._parsed(self._get(path, query)[0], path)
        if not isinstance(found, dict):
            raise Failure(f"{self.host} answered {path} with something other than an object")
        return found

    def text(self, path: str, **query: str | int) -> str:
        """What the org answers, as text; see `get`."""
        return self._get(path, query, "application/xml")[0].decode("utf-8", "replace")

    def pages(self, path: str, **query: str | int) -> Iterator[Mapping[str, Any]]:
        """The items of a list, page by page; see `get`."""
        target, asked = path, dict(query)
        for _ in range(MOST_PAGES):
            body, headers = self._get(target, asked)
            items = self._parsed(body, path)
            if not isinstance(items, list):
                raise Failure(f"{self.host} answered {path} with something other than a list")
            if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
                raise Failure(f"{self.host} answered {path} with a list of something else")
            yield from items
            following = next_page(headers.get("Link", ""))
            if following is None:
                return
            before, target = target, following
            asked = {}
            if target == before:
                break
        raise Failure(f"{self.host} answers {path} without an end")

    def _parsed(self, body: bytes, path: str) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise Failure(f"{self.host} answered {path} with something other than JSON; is that the org?") from None

    def _get(
        self, target: str, query: Mapping[str, str | int], accept: str = "application/json"
    ) -> tuple[bytes, Mapping[str, str]]:
        path = target.partition("?")[0]
        scope = permissions.SCOPES.get(_area(path))
        if scope and self._granted is not None and not self._granted & {scope.name, scope.manage}:
            raise Denied(scope.name, f"{self._whose} is not granted it")
        status, body, headers = self._patiently("GET", target, query, accept)
        if status == requests.codes.ok:
            return body, headers
        raise self._refused(status, body, headers, path)

    # Sending

    def _patiently(
        self,
        method: str,
        target: str,
        query: Mapping[str, str | int],
        accept: str = "application/json",
        form: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of an answer, once the org is neither busy nor failing."""
        waited, failed = 0.0, 0
        while True:
            try:
                status, body, headers = self._once(method, target, query, accept, form)
                problem = f"answered with {status}"
            except requests.ConnectionError as error:
                status, body, headers, problem = 0, b"", {}, _unreachable(error)
            except requests.Timeout:
                status, body, headers, problem = 0, b"", {}, "did not answer in time"
            except requests.exceptions.ChunkedEncodingError:
                status, body, headers, problem = 0, b"", {}, "stopped in the middle of an answer"
            except (requests.RequestException, ValueError) as error:
                # Their texts may hold a proxy's password.
                raise Failure(f"{self._where} could not be asked ({type(error).__name__})") from None
            except OSError:
                raise Failure(
                    f"{self._where} could not be asked: {' or '.join(CERTIFICATES)} names a file that cannot be read"
                ) from None
            if status == TOO_MANY:
                pause = seconds_to_wait(headers)
                if waited + pause > LONGEST_LIMIT:
                    raise Failure(
                        f"{self.host} kept answering that there are too many requests (429) for {waited:.0f} seconds, and asks to wait {pause:.0f} more; try again later"
                    )
                waited += pause
                self._sleep(pause)
            elif status in FAILING:
                failed += 1
                if failed == TRIES:
                    raise Failure(f"{self._where} {problem}, {TRIES} times")
                self._sleep(2.0 ** (failed - 1))
            else:
                return status, body, headers

    def _once(
        self, method: str, target: str, query: Mapping[str, str | int], accept: str, form: Mapping[str, str] | None
    ) -> tuple[int, bytes, Mapping[str, str]]:
        began = time.monotonic()
        with self._session.request(
            method,
            self._base + target,
            params=dict(query),
            data=form,
            headers={"Accept": accept},
            auth=self._authorization,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,  # a redirect would take the token to another host
            stream=True,
        ) as response:
            body = bytearray()
            for piece in response.iter_content(1 << 16):
                body += piece
                if len(body) > LARGEST_ANSWER or time.monotonic() - began > WHOLE_ANSWER:
                    raise Failure(f"{self.host} answered with more than can be read")
            return response.status_code, bytes(body), response.headers

    @property
    def _where(self) -> str:
        """What to call the org in a sentence about reaching it."""
        return self.host if self._base == self.url else f"{self.host}, asked at what {HTTP_PROXY} names,"

    def _refused(self, status: int, body: bytes, headers: Mapping[str, str], path: str) -> Exception:
        """What an answer means that is none."""
        code, summary = error_of(body)
        scope = permissions.SCOPES.get(_area(path))
        if status == requests.codes.unauthorized:
            return Failure(
                f"{self.host} does not take {self._whose}: it is wrong, expired or revoked, or of another org ({code or status})"
            )
        if status == requests.codes.forbidden:
            if scope and "insufficient_scope" in headers.get("WWW-Authenticate", ""):
                return Denied(scope.name, f"{self._whose} has not the scope ({code or status})")
            return Denied(f"the role {permissions.OKTA_ROLE}", f"{summary} ({code or status})")
        if status == requests.codes.not_found:
            return Missing(f"{self.host} has no {path}")
        if requests.codes.multiple_choices <= status < requests.codes.bad_request:
            return Failure(f"{self.host} redirects to another place; is it the org's own domain?")
        answered = f"{self.host} answered {path} with {status}{f' {code}: {summary}' if code else ''}"
        return Denied(scope.name, answered) if scope else Failure(answered)

    # Opening

    def public_hosts(self) -> frozenset[str]:
        """The host names that the org gives itself on its public page; none where it has no such page.

        Raises:
            Failure: it cannot be reached, or is no org.
        """
        status, body, headers = self._patiently("GET", ORGANIZATION, {})
        if requests.codes.multiple_choices <= status < requests.codes.bad_request:
            raise self._refused(status, body, headers, ORGANIZATION)
        found = self._parsed(body, ORGANIZATION) if status == requests.codes.ok else {}
        return frozenset(
            host for name in ("organization", "alternate") if (host := host_of(text(found, "_links", name, "href")))
        )

    def linked_hosts(self) -> frozenset[str]:
        """Okta's host names in the links of the org's first app, for an org without a public page; none where there are none."""
        try:
            app = next(self.pages("/api/v1/apps", limit=1), {})
        except (Denied, Missing):
            return frozenset()
        links = app.get("_links")
        targets = links.values() if isinstance(links, dict) else ()
        hosts = {host_of(text(target, "href")) for target in targets if isinstance(target, dict)}
        # A proxy may put its own name into them.
        return frozenset(host for host in hosts if host and host.partition(".")[2] in OKTA_DOMAINS)

    def hold_to(self, hosts: frozenset[str]) -> None:
        """Hold the org that answers to the one that was meant.

        Args:
            hosts: what the answering one calls itself; nothing is said where that is not known.

        Raises:
            Failure: it is another one.
        """
        if hosts and self.host.lower() not in hosts:
            raise Failure(f"{self._where} is the Okta org {min(hosts)}, and the file is of {self.host}")

    def identify(self, who: Token | ServiceApp) -> None:
        """Ask with these credentials from now on.

        Raises:
            Failure: the org does not take the service app.
        """
        if isinstance(who, Token):
            self._whose = who.variable
            self._authorization = _Authorization(f"{who.scheme} {who.secret}")
            return
        self._whose = f"the service app {who.client_id}"
        wanted = [scope.name for scope in permissions.OKTA]
        token = self._grant(who, wanted)
        if token is None:
            # One that is not granted spoils the whole request, and the answer does not say which.
            wanted = [scope for one in permissions.OKTA if (scope := self._grantable(who, one)) is not None]
            token = self._grant(who, wanted) if wanted else None
        if token is None:
            names = ", ".join(scope.name for scope in permissions.OKTA)
            raise Failure(f"{self.host} grants {self._whose} none of the scopes that reading needs: {names}")
        self._granted = frozenset(wanted)
        self._authorization = _Authorization(f"Bearer {token}")

    def _grantable(self, who: ServiceApp, scope: permissions.Scope) -> str | None:
        """The scope, or the wider one that the provider is told to ask for, whichever is granted."""
        for name in (scope.name, scope.manage):
            if (name == scope.name or name in who.scopes) and self._grant(who, [name]) is not None:
                return name
        return None

    def _grant(self, who: ServiceApp, scopes: list[str]) -> str | None:
        """An access token with these scopes; None where one of them is not granted.

        https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/
        """
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(scopes),
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": who.assertion(self.url + TOKEN_PATH),
        }
        status, body, _ = self._patiently("POST", TOKEN_PATH, {}, form=form)
        try:
            answer = json.loads(body)
        except ValueError:
            answer = {}
        if not isinstance(answer, dict):
            answer = {}
        token = answer.get("access_token")
        if status == requests.codes.ok and isinstance(token, str) and token:
            return token
        error = one_line(str(answer.get("error") or f"status {status}"))
        if error == "invalid_scope":
            return None
        if error in ("invalid_dpop_proof", "use_dpop_nonce"):
            raise Failure(
                f"{self._whose} at {self.host} requires DPoP, which is not supported here: switch off its 'Require Demonstrating Proof of Possession (DPoP) header in token requests'"
            )
        says = one_line(str(answer.get("error_description") or ""))
        raise Failure(f"{self.host} does not take {self._whose} ({error}){f': {says}' if says else ''}")


def open_org(
    org_name: str,
    base_url: str,
    environ: Mapping[str, str] = os.environ,
    sleep: Callable[[float], None] = time.sleep,
) -> OktaClient:
    """An org, with the credentials that Terraform's provider takes from the environment.

    Args:
        org_name: `acme` of `acme.okta.com`.
        base_url: `okta.com` of it.
        environ: the variables.
        sleep: waits so many seconds.

    Raises:
        Failure: no credentials, wrong ones, another org than the file's, or it cannot be reached.
    """
    host = f"{org_name}.{base_url}"
    who = credentials(environ)
    client = OktaClient(host, _asked_at(environ.get(HTTP_PROXY, "").rstrip("/") or f"https://{host}"), sleep)
    # Before anything secret is sent, where the org has a public page.
    hosts = client.public_hosts()
    client.hold_to(hosts)
    client.identify(who)
    if not hosts:
        client.hold_to(client.linked_hosts())
    return client


def org_behind_proxy(environ: Mapping[str, str] = os.environ) -> str | None:
    """The host name of the org that OKTA_HTTP_PROXY leads to; None where there is no such variable or the org does not say.

    Raises:
        Failure: it cannot be asked.
    """
    base = environ.get(HTTP_PROXY, "").rstrip("/")
    if not base:
        return None
    client = OktaClient(f"the org behind {HTTP_PROXY}", _asked_at(base))
    hosts = client.public_hosts()
    if not hosts:
        client.identify(credentials(environ))
        hosts = client.linked_hosts()
    return min(hosts, default=None)


def _asked_at(base: str) -> str:
    if urlsplit(base).scheme not in ("http", "https") or not urlsplit(base).hostname:
        raise Failure(f"{HTTP_PROXY} is not a URL such as http://127.0.0.1:8080")
    return base


def _area(path: str) -> str:
    """The part of the API that a path belongs to: `apps` in `/api/v1/apps/0oa…`."""
    parts = path.strip("/").split("/")
    return parts[2] if parts[:2] == ["api", "v1"] and len(parts) > 2 else ""


def _unreachable(error: requests.ConnectionError) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "could not be reached: its certificate is not trusted here (REQUESTS_CA_BUNDLE)"
    if isinstance(error, requests.exceptions.ProxyError):
        return "could not be reached: the proxy of HTTPS_PROXY does not answer"
    return "could not be reached"
