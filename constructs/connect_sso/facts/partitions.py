"""AWS partitions in which Amazon Connect runs: regions, sign-in endpoints, console hosts, audiences, ARNs."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Partition:
    """One AWS partition, with the hosts that SAML sign-in to Amazon Connect uses.

    Sources: https://docs.aws.amazon.com/connect/latest/adminguide/configure-saml.html (console hosts),
    https://docs.aws.amazon.com/general/latest/gr/signin-service.html (sign-in endpoints).
    """

    name: str
    """As it stands in ARNs: `aws` or `aws-us-gov`."""
    regions: tuple[str, ...]
    """The regions where Amazon Connect is known to run."""
    sign_in_host: str
    """The host of the global SAML endpoint; a regional one has the region in front."""
    audience: str
    """The audience (SP entity ID) that AWS sign-in expects in an assertion."""
    home_region: str
    """The region whose regional endpoint *is* the global host (us-east-1), or an empty string."""
    console_host: str
    """The console's host, with `{region}` where it is regional."""

    @property
    def global_endpoint(self) -> str:
        """The partition's global SAML endpoint, an https URL."""
        return f"https://{self.sign_in_host}/saml"

    def regional_endpoint(self, region: str) -> str:
        """The assertion consumer service (ACS) of `region`, an https URL.

        us-east-1 is the one region without its name in the host:
        https://aws.amazon.com/blogs/security/how-to-use-regional-saml-endpoints-for-failover/
        """
        return self.global_endpoint if region == self.home_region else self._spelled_endpoint(region)

    def accepted_endpoints(self, region: str) -> tuple[str, ...]:
        """Every value that a trust policy's `SAML:aud` must list: the regional and the global endpoint.

        In us-east-1 the two are one; newer pages spell it with the region, so that spelling is admitted as well.
        `SAML:aud` is compared with the assertion's Recipient, not with its audience:
        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
        """
        return (self._spelled_endpoint(region), self.global_endpoint)

    def console_url(self, region: str) -> str:
        """The console's address for `region`, without a trailing slash."""
        return "https://" + self.console_host.format(region=region)

    def arn(self, service: str, resource: str, *, account: str = "", region: str = "") -> str:
        """An ARN of this partition."""
        return f"arn:{self.name}:{service}:{region}:{account}:{resource}"

    def _spelled_endpoint(self, region: str) -> str:
        return f"https://{region}.{self.sign_in_host}/saml"


COMMERCIAL = Partition(
    name="aws",
    # The regions of the `connect` service in AWS's own endpoint list; it may lag, hence `allow_unlisted_region`.
    regions=(
        "af-south-1",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-2",
        "us-east-1",
        "us-west-2",
    ),
    sign_in_host="signin.aws.amazon.com",
    audience="urn:amazon:webservices",
    home_region="us-east-1",
    console_host="{region}.console.aws.amazon.com",
)

GOVCLOUD = Partition(
    name="aws-us-gov",
    regions=("us-gov-west-1",),
    sign_in_host="signin.amazonaws-us-gov.com",
    audience="urn:amazon:webservices:govcloud",
    home_region="",
    console_host="console.amazonaws-us-gov.com",
)

PARTITIONS = (COMMERCIAL, GOVCLOUD)
"""Those in which Amazon Connect is offered."""

REPLICA_REGIONS = {"ap-northeast-3": "ap-northeast-1"}
"""Where Amazon Connect runs replicas of another region's instances and no instance of its own, and that region.

https://docs.aws.amazon.com/connect/latest/adminguide/setup-connect-global-resiliency.html
"""

CONNECT_REGIONS = COMMERCIAL.regions + GOVCLOUD.regions
"""Where Amazon Connect is known to run, both partitions."""


def partition_of_arn(arn: str) -> Partition:
    """The partition that an ARN belongs to; the commercial one where it names none of those here."""
    name = arn.split(":", 2)[1] if arn.startswith("arn:") else ""
    return next((partition for partition in PARTITIONS if partition.name == name), COMMERCIAL)


def partition_of_endpoint(url: str) -> Partition | None:
    """The partition whose sign-in a SAML endpoint is: the global one, a regional one, or one for encrypted assertions.

    None for everything else, Global Resiliency's endpoints included, which name no partition.
    """
    for partition in PARTITIONS:
        host = re.escape(partition.sign_in_host)
        if re.fullmatch(rf"https://([a-z0-9-]+\.)?{host}/saml(/acs/[A-Za-z0-9-]+)?", url):
            return partition
    return None


INSTANCE_DOMAINS = ("my.connect.aws", "awsapps.com")
"""Below which an instance has its pages, the former domain last.

https://docs.aws.amazon.com/connect/latest/adminguide/update-your-connect-domain.html
"""


def is_aws_host(host: str) -> bool:
    """Whether a host serves AWS sign-in, the console, or pages of Amazon Connect."""
    domains = (
        *(partition.sign_in_host.partition(".")[2] for partition in PARTITIONS),
        "connect.aws",
        *INSTANCE_DOMAINS,
    )
    return host.endswith(tuple(f".{domain}" for domain in domains))


def is_aws_endpoint(url: str) -> bool:
    """Whether it is a SAML endpoint of AWS sign-in: global, regional, for encrypted assertions, or Global Resiliency's.

    https://docs.aws.amazon.com/connect/latest/adminguide/setup-connect-global-resiliency.html
    """
    return partition_of_endpoint(url) is not None or bool(
        re.fullmatch(r"https://[a-z0-9.-]+\.sign-in\.connect\.aws/saml(\?.*)?", url)
    )


def partition_of(region: str) -> Partition:
    """The partition that `region` belongs to.

    Raises:
        ValueError: Amazon Connect is not offered in the region's partition (China, the isolated ones).
    """
    if region.startswith("us-gov-"):
        return GOVCLOUD
    if region.startswith(("cn-", "us-iso", "eu-iso", "eusc-")):
        raise ValueError(f"Amazon Connect is not offered in the partition of {region}")
    return COMMERCIAL
