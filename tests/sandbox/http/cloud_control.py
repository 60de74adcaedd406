"""Cloud Control over HTTP, for the one type of it that the stacks use: a Connect instance's approved origins.

Requests take time: each is answered with a token, and what became of it with the token.
https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-operations.html
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Request, Response

from connect_sso.facts.pages import APPROVED_ORIGIN_TYPE
from tests.sandbox.aws.account import Account
from tests.sandbox.cloud import uuid
from tests.sandbox.http.connect import Connect
from tests.sandbox.http.model import NotModelled
from tests.sandbox.http.shapes import ServiceError, service
from tests.sandbox.plugin import Values

SCHEMA: Values = {
    "typeName": APPROVED_ORIGIN_TYPE,
    "description": "An approved origin of a Connect instance.",
    "properties": {
        "InstanceId": {
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "pattern": "^arn:aws[-a-z0-9]*:connect:[-a-z0-9]*:[0-9]{12}:instance/[-a-zA-Z0-9]*$",
        },
        "Origin": {"type": "string", "maxLength": 267},
    },
    "additionalProperties": False,
    "required": ["InstanceId", "Origin"],
    "createOnlyProperties": ["/properties/InstanceId", "/properties/Origin"],
    "primaryIdentifier": ["/properties/InstanceId", "/properties/Origin"],
}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-connect-approvedorigin.html"""

FAILED = {"ResourceConflictException": "AlreadyExists", "ResourceNotFoundException": "NotFound"}
"""What Cloud Control calls what the service refuses; of all else that the request is invalid."""


class CloudFormation:
    """The registry of types, of which the AWS provider reads a type's schema before it plans one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeType.html
    """

    def __init__(self) -> None:
        self.service = service("cloudformation")

    def __call__(self, request: Request, account: Account) -> tuple[str, Response]:
        """The operation that a request asked for, and the answer."""
        operation, parameters = self.service.read(request)
        if operation.name != "DescribeType":
            raise NotModelled(f"cloudformation {operation.name}")
        name = parameters.get("TypeName")
        if (parameters.get("Type"), name) != ("RESOURCE", APPROVED_ORIGIN_TYPE):
            return operation.name, self.service.error(operation, ServiceError("TypeNotFoundException", f"{name}"))
        answer = {"Type": "RESOURCE", "TypeName": APPROVED_ORIGIN_TYPE, "Schema": json.dumps(SCHEMA)}
        return operation.name, self.service.answer(operation, answer)


class CloudControl:
    """The service.

    Args:
        connect: whose origins these are.
    """

    def __init__(self, connect: Connect) -> None:
        self.connect = connect
        self.service = service("cloudcontrol")
        self._outcomes: dict[str, Values] = {}

    def __call__(self, request: Request, account: Account) -> tuple[str, Response]:
        """The operation that a request asked for, and the answer."""
        operation, parameters = self.service.read(request)
        answers = {
            "CreateResource": self._create,
            "DeleteResource": self._delete,
            "GetResource": self._get,
            "GetResourceRequestStatus": self._status,
        }
        if operation.name not in answers:
            raise NotModelled(f"cloudcontrol {operation.name}")
        try:
            self.service.check(operation, parameters)
            if parameters.get("TypeName", APPROVED_ORIGIN_TYPE) != APPROVED_ORIGIN_TYPE:
                raise NotModelled(f"cloudcontrol {parameters['TypeName']}")
            return operation.name, self.service.answer(operation, answers[operation.name](account, parameters))
        except ServiceError as error:
            return operation.name, self.service.error(operation, error)

    def _create(self, account: Account, parameters: Values) -> Values:
        wanted: Values = json.loads(parameters["DesiredState"])
        if set(wanted) != {"InstanceId", "Origin"}:
            raise ServiceError("InvalidRequestException", f"Model validation failed: {sorted(wanted)}")
        identifier = "|".join((wanted["InstanceId"], wanted["Origin"]))
        return self._begun("CREATE", identifier, lambda: self._connect(account, "AssociateApprovedOrigin", identifier))

    def _delete(self, account: Account, parameters: Values) -> Values:
        identifier = parameters["Identifier"]

        def delete() -> None:
            self._found(account, identifier)
            self._connect(account, "DisassociateApprovedOrigin", identifier)

        return self._begun("DELETE", identifier, delete)

    def _get(self, account: Account, parameters: Values) -> Values:
        identifier = parameters["Identifier"]
        instance, origin = self._found(account, identifier)
        properties = json.dumps({"InstanceId": instance, "Origin": origin})
        return {
            "TypeName": APPROVED_ORIGIN_TYPE,
            "ResourceDescription": {"Identifier": identifier, "Properties": properties},
        }

    def _status(self, account: Account, parameters: Values) -> Values:
        token = parameters["RequestToken"]
        if token not in self._outcomes:
            raise ServiceError("RequestTokenNotFoundException", token)
        return {"ProgressEvent": self._outcomes[token]}

    def _begun(self, operation: str, identifier: str, act: Any) -> Values:
        """Note what becomes of a request, and answer that it is under way."""
        event = {
            "TypeName": APPROVED_ORIGIN_TYPE,
            "Identifier": identifier,
            "RequestToken": uuid("cloud control", operation, identifier, str(len(self._outcomes))),
            "Operation": operation,
        }
        outcome: Values = {"OperationStatus": "SUCCESS"}
        try:
            act()
        except ServiceError as error:
            code = FAILED.get(error.code, "InvalidRequest")
            outcome = {"OperationStatus": "FAILED", "ErrorCode": code, "StatusMessage": error.message}
        self._outcomes[event["RequestToken"]] = event | outcome
        return {"ProgressEvent": event | {"OperationStatus": "IN_PROGRESS"}}

    def _found(self, account: Account, identifier: str) -> tuple[str, str]:
        instance, _, origin = identifier.partition("|")
        listed = self._connect(account, "ListApprovedOrigins", f"{instance}|")
        if origin not in listed["Origins"]:
            raise ServiceError("ResourceNotFoundException", f"{identifier} is not found")
        return instance, origin

    def _connect(self, account: Account, operation: str, identifier: str) -> Any:
        arn, _, origin = identifier.partition("|")
        parameters = {"InstanceId": arn.rpartition("/")[2]} | ({"Origin": origin} if origin else {})
        return self.connect.perform(account, operation, parameters)
