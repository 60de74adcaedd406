"""What an account holds and refuses is what the plugin door's types say: requests over HTTP make, change and delete the same objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from tests.sandbox.cloud import Cloud
from tests.sandbox.plugin import UNKNOWN, Refused, Values, conform
from tests.sandbox.provider import schemas
from tests.sandbox.resources import ResourceType, SchemaProvider

AccountT = TypeVar("AccountT")


class NotModelled(Exception):
    """A request that the real service knows and this one does not: whoever needs it adds it."""


@dataclass(frozen=True)
class Call:
    """One request that was answered: `connect CreateUser` or `okta POST /api/v1/apps`, and the status."""

    service: str
    operation: str
    status: int


@cache
def _schemas(provider: str) -> Mapping[str, Any]:
    return schemas(provider)


class Model(Generic[AccountT]):
    """The objects of one account.

    Args:
        provider: `aws` or `okta`, whose types these are.
        cloud: where the objects are.
        account: whose they are.
        types: what the objects are like.
    """

    def __init__(
        self, provider: str, cloud: Cloud, account: AccountT, types: Mapping[str, ResourceType[AccountT]]
    ) -> None:
        self.cloud = cloud
        self.account = account
        self._provider: SchemaProvider[AccountT] = SchemaProvider(_schemas(provider), cloud, _none, types, {})
        self._provider.account = account

    def create(self, type_name: str, **values: Any) -> Values:
        """Make an object, from Terraform's names for what it is made of.

        Raises:
            Refused: what the service documents to refuse.
        """
        block = self._provider.schemas["resource_schemas"][type_name]["block"]
        whole = conform(block, values)
        planned, _ = self._provider.plan(type_name, None, whole, whole)
        return self._provider.create(type_name, planned)

    def update(self, type_name: str, before: Values, **changes: Any) -> Values:
        """Change an object.

        Raises:
            Refused: what the service documents to refuse.
        """
        return self._provider.update(type_name, before, before | changes)

    def delete(self, type_name: str, body: Values) -> None:
        """Delete an object."""
        self._provider.delete(type_name, body)

    def all(self, type_name: str, **having: Any) -> list[Values]:
        """The objects of a type whose attributes are these."""
        return [
            body for body in self.cloud.all(type_name) if all(body.get(name) == value for name, value in having.items())
        ]

    def defaults(self, type_name: str) -> Mapping[str, Any]:
        """The provider's defaults of a type, which are the service's too."""
        return self._provider.types[type_name].defaults


def _none(cloud: Cloud, config: Values) -> Any:
    raise AssertionError("the account of a model is given, not signed in to")


CODE = re.compile(
    r"^(?:.*: )??(?P<code>[A-Z]\w+(?:Document|Entity|Error|Exceeded|Exception|Exists|Input))(?:: (?P<says>.*))?$"
)


def aws_error(refusal: Refused, otherwise: str) -> tuple[str, str]:
    """Code and message of what an AWS service answers, from a refusal as the provider words it.

    Args:
        refusal: such as "creating Connect User (Ada): DuplicateResourceException".
        otherwise: the code of a refusal that names none.
    """
    found = CODE.match(str(refusal))
    return (found["code"], found["says"] or found["code"]) if found else (otherwise, str(refusal))


def not_authorized(action: str) -> str:
    """What an AWS service says to somebody who may not."""
    return f"User: arn:aws:iam::111122223333:user/reader is not authorized to perform: {action}"


def known(value: object) -> bool:
    """Whether a value is there."""
    return value is not None and value is not UNKNOWN


Handler = Callable[..., Any]
