"""An Okta org over HTTP: who may ask, how often, and where each answer comes from.

What the org holds and refuses, the types of the plugin door say. How it answers is what Okta's public specification and the recorded
traffic of the Okta provider show. https://developer.okta.com/docs/reference/core-okta-api/
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from werkzeug import Request, Response

from tests.sandbox.cloud import letters
from tests.sandbox.http.model import Call, Model, NotModelled
from tests.sandbox.okta import ALPHABET, TYPES, Org
from tests.sandbox.plugin import Refused, Values

STAMP = "2026-01-15T09:00:00.000Z"
"""When everything was created and last updated: the sandbox's clock stands still."""

ERRORS = {
    "E0000001": (400, "Api validation failed: {0}"),
    "E0000003": (400, "The request body was not well-formed."),
    "E0000006": (403, "You do not have permission to perform the requested action"),
    "E0000007": (404, "Not found: Resource not found: {0}"),
    "E0000011": (401, "Invalid token provided"),
    "E0000022": (405, "The endpoint does not support the provided HTTP method"),
    "E0000031": (400, "Invalid search criteria."),
    "E0000047": (429, "API call exceeded rate limit due to too many requests."),
    "E0000056": (403, "Delete application forbidden."),
}
"""https://developer.okta.com/docs/reference/error-codes/"""


class OktaError(Exception):
    """What the org answers instead."""

    def __init__(self, code: str, about: str = "", *causes: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code} {about}")
        self.code = code
        self.about = about
        self.causes = causes
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer, in Okta's form."""
        status, summary = ERRORS[self.code]
        body = {
            "errorCode": self.code,
            "errorSummary": summary.format(self.about),
            "errorLink": self.code,
            "errorId": "oae" + letters(ALPHABET, 22, self.code, self.about),
            "errorCauses": [{"errorSummary": cause} for cause in self.causes],
        }
        return Response(json.dumps(body), status, self.headers, content_type="application/json")


@dataclass
class Limit:
    """So many requests in each window of time, for each kind of endpoint.

    https://developer.okta.com/docs/reference/rl-best-practices/
    """

    requests: int = 600
    seconds: float = 60

    def __post_init__(self) -> None:
        self._used: dict[str, tuple[float, int]] = {}

    def take(self, bucket: str) -> tuple[bool, dict[str, str]]:
        """Whether one more request is within the limit, and the headers that say how many more there may be."""
        now = time.time()
        since, used = self._used.get(bucket, (now, 0))
        if now >= since + self.seconds:
            since, used = now, 0
        self._used[bucket] = (since, used + 1)
        return used < self.requests, {
            "X-Rate-Limit-Limit": str(self.requests),
            "X-Rate-Limit-Remaining": str(max(0, self.requests - used - 1)),
            "X-Rate-Limit-Reset": str(int(since + self.seconds) + 1),
        }


@dataclass(frozen=True)
class Asked:
    """A request, and the org that it is put to."""

    org: Org
    model: Model[Org]
    request: Request
    rule_delay: float

    @property
    def body(self) -> Values:
        """The request's JSON object."""
        try:
            found = json.loads(self.request.get_data() or b"{}")
        except json.JSONDecodeError as error:
            raise OktaError("E0000003") from error
        if not isinstance(found, dict):
            raise OktaError("E0000003")
        return found

    def url(self, path: str) -> str:
        """An address in this org."""
        return f"https://{self.org.host}{path}"

    def page(self, items: list[Values], most: int = 200) -> Response:
        """One page of a list; the header `Link` leads to the next one, at the org's own host."""
        arguments = self.request.args.to_dict()
        size = min(int(arguments.get("limit", most)), most)
        identifiers = [item["id"] for item in items]
        after = arguments.get("after")
        start = identifiers.index(after) + 1 if after in identifiers else 0
        shown = items[start : start + size]
        links = [(self.request.path, arguments, "self")]
        if start + size < len(items):
            links.append((self.request.path, arguments | {"after": shown[-1]["id"], "limit": str(size)}, "next"))
        response = answer(shown)
        for path, query, relation in links:
            address = self.url(path) + (f"?{urlencode(query)}" if query else "")
            response.headers.add("Link", f'<{address}>; rel="{relation}"')
        return response


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(body), status, content_type="application/json")


NOTHING = 204
"""The status of an answer without a body."""


def nothing(status: int = NOTHING) -> Response:
    """An answer without a body."""
    return Response(status=status)


Handler = Callable[..., Response]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []
SCOPES = {
    "apps": "okta.apps",
    "groups": "okta.groups",
    "mappings": "okta.profileMappings",
    "meta": "okta.schemas",
    "policies": "okta.policies",
    "users": "okta.users",
}
"""Which scope a request needs, by its path: `.read` or `.manage`. https://developer.okta.com/docs/api/oauth2/"""


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register the answer to a method and path; `{name}` is one part of the path and an argument of the function."""
    pattern = re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?$")

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler))
        return handler

    return register


class Okta:
    """The org, as a WSGI application.

    Args:
        org: its name and directory.
        tokens: who may ask, see okta_tokens.py.
        limit: how often, or None for any number.
        delay: seconds until what changes something is answered.
        rule_delay: seconds until an activated group rule has run.
    """

    def __init__(
        self, org: Org, tokens: Any, *, limit: Limit | None = None, delay: float = 0, rule_delay: float = 0
    ) -> None:
        self.org = org
        self.tokens = tokens
        self.limit = limit or Limit(10**9)
        self.delay = delay
        self.rule_delay = rule_delay
        self.model = Model("okta", org.cloud, org, TYPES)
        self.calls: list[Call] = []
        self.denied: set[str] = set()
        """Parts of the API that no administrator role of the caller covers: `apps`, `groups`, `policies`, `users`."""
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        request.get_data()  # the connection stays usable whatever is answered
        with self._lock:
            headers: dict[str, str] = {}
            try:
                within, headers = self.limit.take(self._area(request.path))
                if not within:
                    raise OktaError("E0000047")
                response = self._answer(request)
            except OktaError as error:
                response = error.response()
            except Refused as refusal:
                response = _refused(refusal).response()
            response.headers.extend(headers)
        self.calls.append(Call("okta", f"{request.method} {request.path}", response.status_code))
        if self.delay and request.method != "GET":
            time.sleep(self.delay)
        return response(environ, start_response)

    @staticmethod
    def _area(path: str) -> str:
        parts = path.strip("/").split("/")
        return parts[2] if parts[:2] == ["api", "v1"] and len(parts) > 2 else parts[0]

    def _answer(self, request: Request) -> Response:
        if request.path == "/.well-known/okta-organization":
            links = {"organization": {"href": f"https://{self.org.host}"}}
            return answer({"id": self.org.id("00o"), "cell": "op3", "_links": links, "pipeline": "idx"})
        if request.path == "/oauth2/v1/token" and request.method == "POST":
            granted: Response = self.tokens.grant(request, self.org.host)
            return granted
        area = self._area(request.path)
        right = "read" if request.method == "GET" else "manage"
        self.tokens.allow(request, f"{SCOPES[area]}.{right}" if area in SCOPES else None)
        if area in self.denied:
            raise OktaError("E0000006")
        allowed = False
        # The most literal path first: /groups/rules before /groups/{identifier}.
        for method, pattern, handler in sorted(ROUTES, key=lambda one: one[1].groups):
            found = pattern.match(request.path)
            if found and method == request.method:
                return handler(Asked(self.org, self.model, request, self.rule_delay), **found.groupdict())
            allowed |= found is not None
        if allowed:
            raise OktaError("E0000022")
        raise NotModelled(f"okta {request.method} {request.path}")


def _refused(refusal: Refused) -> OktaError:
    """A refusal of the plugin door's types, as the API words it."""
    text = str(refusal)
    found = re.search(r"\((E\d+)\)$", text)
    code = found[1] if found else "E0000001"
    about = re.sub(
        r" ?\(E\d+\)$|^Api validation failed: |^the API returned an error: Not found: Resource not found: ", "", text
    )
    return OktaError(code, about, about)
