"""A service of AWS as botocore describes it: requests are read by that description, answers and errors are held to it."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from werkzeug import Request, Response

from tests.sandbox.http.model import NotModelled

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "boolean": (bool,),
    "timestamp": (datetime.datetime, int, float),
    "map": (dict,),
    "list": (list,),
    "structure": (dict,),
}
UNMODELLED_ERRORS = {
    "AccessDeniedException": 403,
    "MissingAuthenticationTokenException": 403,
    "TooManyRequestsException": 429,
    "UnrecognizedClientException": 403,
    "ValidationException": 400,
}
"""Errors that any service gives for any operation, so no operation's description lists them."""


class WrongShape(AssertionError):
    """Our answer is not what the service's description promises."""


class ServiceError(Exception):
    """What the service answers instead: a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Route:
    """Where an operation is found."""

    method: str
    parts: tuple[str, ...]
    operation: OperationModel


@cache
def service(name: str) -> Service:
    """The description of one service; reading it takes long.

    Args:
        name: as botocore calls it, such as `connect`.
    """
    protocols = {"json": JsonService, "query": QueryService, "rest-json": Service}
    model = ServiceModel(Loader().load_service_model(name, "service-2"), name)
    return protocols[model.protocol](name, model)


class Service:
    """The description of one service, of those that speak REST and JSON.

    Args:
        name: as botocore calls it, such as `connect`.
        model: what botocore says of it.
    """

    def __init__(self, name: str, model: ServiceModel) -> None:
        self.name = name
        self.model = model
        operations = [self.model.operation_model(one) for one in self.model.operation_names]
        routes = [
            Route(one.http["method"], tuple(one.http["requestUri"].partition("?")[0].strip("/").split("/")), one)
            for one in operations
        ]
        # The most literal path first: /users/{id}/summary before /users/{id}/{other}.
        self.routes = sorted(routes, key=lambda route: sum(part.startswith("{") for part in route.parts))

    def read(self, request: Request) -> tuple[OperationModel, dict[str, Any]]:
        """Which operation a request asks for, and its parameters as they come.

        Raises:
            NotModelled: the service has no such operation.
        """
        if self.model.metadata["protocol"] == "json":
            name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if name not in self.model.operation_names:
                raise NotModelled(f"{self.name} has no {name}")
            return self.model.operation_model(name), json.loads(request.get_data() or b"{}")
        raw = str(request.environ["REQUEST_URI"]).partition("?")[0]
        parts = [unquote(part) for part in raw.strip("/").split("/")]
        for route in self.routes:
            if route.method == request.method and (found := _match(route.parts, parts)) is not None:
                return route.operation, _parameters(route.operation, request, found)
        raise NotModelled(f"{self.name} has no {request.method} {raw}")

    def check(self, operation: OperationModel, parameters: Mapping[str, Any]) -> None:
        """Hold parameters to the description.

        Raises:
            ServiceError: they are not what it says.
        """
        for problem in problems(operation.input_shape, parameters, strict=False):
            raise ServiceError(self._refusal(operation), problem)

    def answer(self, operation: OperationModel, result: Mapping[str, Any] | None) -> Response:
        """The answer to an operation.

        Raises:
            WrongShape: the description says otherwise.
        """
        values = {name: value for name, value in (result or {}).items() if value is not None}
        for problem in problems(operation.output_shape, values, strict=True):
            raise WrongShape(f"{operation.name}: {problem}")
        return Response(json.dumps(_plain(values)), 200, content_type="application/json")

    def error(self, operation: OperationModel, error: ServiceError) -> Response:
        """The answer of an operation that is refused.

        Raises:
            WrongShape: the operation is not described to give this error.
        """
        status = UNMODELLED_ERRORS.get(error.code)
        if status is None:
            shapes = {shape.name: shape for shape in operation.error_shapes}
            if error.code not in shapes:
                raise WrongShape(f"{operation.name} never answers with {error.code}: {error.message}")
            status = int(shapes[error.code].metadata.get("error", {}).get("httpStatusCode", 400))
        # Clients read either spelling, and the code here or in the header.
        body = json.dumps({"Message": error.message, "message": error.message, "__type": error.code})
        headers = {"x-amzn-ErrorType": error.code}
        return Response(body, status, headers, content_type="application/json")

    def _operation(self, name: str) -> OperationModel:
        if name not in self.model.operation_names:
            raise NotModelled(f"{self.name} has no {name}")
        return self.model.operation_model(name)

    @staticmethod
    def _refusal(operation: OperationModel) -> str:
        """What a service calls parameters that it cannot take."""
        described = {shape.name for shape in operation.error_shapes}
        return "InvalidParameterException" if "InvalidParameterException" in described else "InvalidRequestException"


class JsonService(Service):
    """A service that is told the operation in a header.

    https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
    """

    def read(self, request: Request) -> tuple[OperationModel, dict[str, Any]]:
        """Which operation a request asks for, and its parameters as they come."""
        operation = self._operation(request.headers.get("X-Amz-Target", "").rpartition(".")[2])
        return operation, _parameters(operation, request, {})


class QueryService(Service):
    """A service that is asked by a form and answers in XML; of both only texts are read and written.

    https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
    """

    def read(self, request: Request) -> tuple[OperationModel, dict[str, Any]]:
        """Which operation a request asks for, and its parameters as they come."""
        form = request.form.to_dict()
        return self._operation(form.pop("Action", "")), {name: form[name] for name in form if name != "Version"}

    def answer(self, operation: OperationModel, result: Mapping[str, Any] | None) -> Response:
        """The answer to an operation."""
        for problem in problems(operation.output_shape, result or {}, strict=True):
            raise WrongShape(f"{operation.name}: {problem}")
        values = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in (result or {}).items())
        wrapper = operation.output_shape.serialization["resultWrapper"]
        return self._xml(f"{operation.name}Response", f"<{wrapper}>{values}</{wrapper}>", 200)

    def error(self, operation: OperationModel, error: ServiceError) -> Response:
        """The answer of an operation that is refused."""
        codes = {shape.error_code or shape.name: shape for shape in operation.error_shapes}
        if error.code not in codes:
            raise WrongShape(f"{operation.name} never answers with {error.code}: {error.message}")
        says = f"<Error><Type>Sender</Type><Code>{error.code}</Code><Message>{escape(error.message)}</Message></Error>"
        return self._xml("ErrorResponse", says, int(codes[error.code].metadata["error"]["httpStatusCode"]))

    def _xml(self, name: str, inner: str, status: int) -> Response:
        namespace = self.model.metadata["xmlNamespace"]
        text = f'<{name} xmlns="{namespace}">{inner}<RequestId>lab</RequestId></{name}>'
        return Response(text, status, content_type="text/xml")


def _match(template: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    if len(template) != len(parts):
        return None
    found = {}
    for wanted, part in zip(template, parts, strict=True):
        if wanted.startswith("{"):
            found[wanted.strip("{}").rstrip("+")] = part
        elif wanted != part:
            return None
    return found


def _parameters(operation: OperationModel, request: Request, path: Mapping[str, str]) -> dict[str, Any]:
    shape = operation.input_shape
    if shape is None:
        return {}
    body = json.loads(request.get_data() or b"{}")
    result: dict[str, Any] = {}
    for name, member in shape.members.items():
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "uri":
            result[name] = path[wire]
        elif location == "querystring":
            values = request.args.getlist(wire)
            if values:
                result[name] = values if member.type_name == "list" else _number(member, values[0])
        elif location is None and body.get(wire) is not None:
            result[name] = body[wire]
    return result


def _number(shape: Shape, text: str) -> Any:
    return int(text) if shape.type_name in ("integer", "long") and text.isdecimal() else text


def problems(shape: Any, value: Any, *, strict: bool, at: str = "") -> Iterator[str]:
    """Everything about a value that a shape does not allow.

    Args:
        shape: the description; None allows nothing.
        value: as Python has it.
        strict: whether what the description does not name is a problem, as it is in answers; services ignore it in requests.
        at: where the value is, for the sentence.
    """
    if shape is None:
        if value:
            yield f"{at or 'the answer'} should be empty, not {value!r}"
        return
    where = at or shape.name
    expected: tuple[Any, ...] = TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{where} should be a {shape.type_name}, not {value!r}"
        return
    if shape.type_name == "structure":
        yield from (f"{where} lacks {name}" for name in shape.required_members if value.get(name) is None)
        if strict:
            yield from (f"{where} has no {name}" for name in value.keys() - shape.members.keys())
        for name, member in shape.members.items():
            if value.get(name) is not None:
                yield from problems(member, value[name], strict=strict, at=f"{where}.{name}")
    elif shape.type_name == "list":
        yield from _length(shape, len(value), where)
        for number, item in enumerate(value):
            yield from problems(shape.member, item, strict=strict, at=f"{where}[{number}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from problems(shape.value, item, strict=strict, at=f"{where}[{key}]")
    elif shape.type_name == "string":
        yield from _length(shape, len(value), where)
        if shape.enum and value not in shape.enum:
            yield f"{where} should be one of {', '.join(shape.enum)}, not {value!r}"
        pattern = _pattern(shape.metadata.get("pattern"))
        if pattern and not pattern.search(value):
            yield f"{where} should match {pattern.pattern}, not {value!r}"
    elif shape.type_name in ("integer", "long"):
        yield from _length(shape, value, where)


def _length(shape: Shape, size: int, where: str) -> Iterator[str]:
    least, most = shape.metadata.get("min", size), shape.metadata.get("max", size)
    if not least <= size <= most:
        yield f"{where} should have a length or value from {least} to {most}, not {size}"


def _pattern(text: str | None) -> re.Pattern[str] | None:
    """The pattern, where Python can read it: some are written for Java's Unicode classes, some between slashes."""
    try:
        return re.compile(re.sub(r"^/(.*)/$", r"\1", text)) if text else None
    except re.error:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    return value
