"""Service Quotas over HTTP: how many users an Amazon Connect instance may have.

https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

from collections.abc import Collection

from werkzeug import Request, Response

from tests.sandbox.aws.account import Account
from tests.sandbox.aws.connect import instance
from tests.sandbox.http.model import NotModelled, not_authorized
from tests.sandbox.http.shapes import ServiceError, service

USERS = "L-9A46857E"
DEFAULT = 500
"""https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html"""


class Quotas:
    """The service.

    Args:
        denied: the actions that nobody may.
    """

    def __init__(self, denied: Collection[str] = frozenset()) -> None:
        self.denied = denied
        self.service = service("service-quotas")
        self.users: dict[str, int] = {}
        """What was applied for, by instance id."""

    def __call__(self, request: Request, account: Account) -> tuple[str, Response]:
        """The operation that a request asked for, and the answer."""
        operation, parameters = self.service.read(request)
        if operation.name != "GetServiceQuota":
            raise NotModelled(f"service-quotas {operation.name}")
        try:
            if (action := f"servicequotas:{operation.name}") in self.denied:
                raise ServiceError("AccessDeniedException", not_authorized(action))
            self.service.check(operation, parameters)
            if (parameters["ServiceCode"], parameters["QuotaCode"]) != ("connect", USERS):
                raise ServiceError(
                    "NoSuchResourceException", "The request failed because the specified quota is not there."
                )
            arn = parameters.get("ContextId")
            if arn is None:
                raise NotModelled("the account's own quota of users per instance")
            identifier = arn.rpartition("/")[2]
            if instance(account, identifier) is None:
                raise ServiceError("NoSuchResourceException", f"there is no {arn}")
            quota = {
                "ServiceCode": "connect",
                "ServiceName": "Amazon Connect",
                "QuotaArn": account.arn("servicequotas", f"connect/{USERS}"),
                "QuotaCode": USERS,
                "QuotaName": "Users per instance",
                "Value": float(self.users.get(identifier, DEFAULT)),
                "Unit": "None",
                "Adjustable": True,
                "GlobalQuota": False,
                "QuotaAppliedAtLevel": "RESOURCE",
                "QuotaContext": {
                    "ContextScope": "RESOURCE",
                    "ContextScopeType": "AWS::Connect::Instance",
                    "ContextId": arn,
                },
            }
            return operation.name, self.service.answer(operation, {"Quota": quota})
        except ServiceError as error:
            return operation.name, self.service.error(operation, error)
