"""Hosts and ARNs per partition: one wrong letter and nobody can sign in."""

import pytest

from connect_sso.facts.partitions import (
    COMMERCIAL,
    CONNECT_REGIONS,
    GOVCLOUD,
    PARTITIONS,
    Partition,
    is_aws_endpoint,
    is_aws_host,
    partition_of,
    partition_of_arn,
    partition_of_endpoint,
)


@pytest.mark.parametrize(
    ("region", "endpoint"),
    [
        ("us-east-1", "https://signin.aws.amazon.com/saml"),
        ("us-west-2", "https://us-west-2.signin.aws.amazon.com/saml"),
        ("eu-central-1", "https://eu-central-1.signin.aws.amazon.com/saml"),
        ("us-gov-west-1", "https://us-gov-west-1.signin.amazonaws-us-gov.com/saml"),
    ],
)
def test_regional_endpoint(region: str, endpoint: str) -> None:
    """us-east-1 is the one region without its name in the host."""
    assert partition_of(region).regional_endpoint(region) == endpoint


@pytest.mark.parametrize("region", CONNECT_REGIONS)
def test_every_trust_accepts_the_regional_and_the_global_endpoint(region: str) -> None:
    """A switch of the endpoint during an outage must not need a change of a trust policy."""
    partition = partition_of(region)
    accepted = partition.accepted_endpoints(region)
    assert partition.regional_endpoint(region) in accepted
    assert partition.global_endpoint in accepted
    assert f"https://{region}.{partition.sign_in_host}/saml" in accepted
    assert len(set(accepted)) == len(accepted)


def test_govcloud_differs_in_everything() -> None:
    """GovCloud has hosts, an audience and ARNs of its own."""
    assert GOVCLOUD.audience == "urn:amazon:webservices:govcloud"
    assert GOVCLOUD.console_url("us-gov-west-1") == "https://console.amazonaws-us-gov.com"
    arn = GOVCLOUD.arn("iam", "saml-provider/Okta", account="123456789012")
    assert arn == "arn:aws-us-gov:iam::123456789012:saml-provider/Okta"
    assert COMMERCIAL.arn("s3", "bucket") == "arn:aws:s3:::bucket"


@pytest.mark.parametrize("region", ["cn-north-1", "us-iso-east-1"])
def test_partitions_without_connect(region: str) -> None:
    """Amazon Connect is not offered there, whatever a list says."""
    with pytest.raises(ValueError, match="not offered"):
        partition_of(region)


@pytest.mark.parametrize(
    ("url", "partition"),
    [
        ("https://signin.aws.amazon.com/saml", COMMERCIAL),
        ("https://eu-central-1.signin.aws.amazon.com/saml", COMMERCIAL),
        ("https://us-east-1.signin.aws.amazon.com/saml/acs/SAMLSPEXAMPLE", COMMERCIAL),
        ("https://us-gov-west-1.signin.amazonaws-us-gov.com/saml", GOVCLOUD),
        ("https://signin.aws.amazon.com.example.com/saml", None),
        ("https://signinxaws.amazon.com/saml", None),
        ("http://signin.aws.amazon.com/saml", None),
        ("", None),
    ],
)
def test_an_endpoint_tells_its_partition(url: str, partition: Partition | None) -> None:
    """Only whole addresses of AWS sign-in count."""
    assert partition_of_endpoint(url) is partition
    assert is_aws_endpoint(url) is (partition is not None)


def test_global_resiliency_has_endpoints_of_its_own() -> None:
    """They are AWS's, and name no partition."""
    url = "https://2fb42df9-78a2-4e74-8572-c8af67ed289b.us-east-1.sign-in.connect.aws/saml?instanceId=x"
    assert is_aws_endpoint(url)
    assert partition_of_endpoint(url) is None


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition.name)
def test_an_arn_tells_its_partition(partition: Partition) -> None:
    """By its second part, whole: aws is not the beginning of aws-us-gov."""
    assert partition_of_arn(partition.arn("iam", "role/x", account="111122223333")) is partition


@pytest.mark.parametrize(
    ("host", "is_aws"),
    [
        ("signin.aws.amazon.com", True),
        ("eu-central-1.console.aws.amazon.com", True),
        ("console.amazonaws-us-gov.com", True),
        ("acme.my.connect.aws", True),
        ("acme.awsapps.com", True),
        ("x.us-east-1.sign-in.connect.aws", True),
        ("aws.amazon.com.example.com", False),
        ("notaws.amazon.com", False),
        ("acme.okta.com", False),
        ("", False),
    ],
)
def test_hosts_of_aws(host: str, is_aws: bool) -> None:
    """Whole domains only: what a recording holds of other hosts is nobody's business."""
    assert is_aws_host(host) is is_aws
