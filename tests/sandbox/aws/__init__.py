"""What hashicorp/aws and the APIs behind it do, for the types that the stacks use.

Replacement and defaults are those that the provider's documentation of each resource names ("Forces new resource", "Defaults
to"). Refusals carry their source. IAM is one per account; Connect, KMS and S3 objects are of a region.
"""

from __future__ import annotations

from tests.sandbox.aws import connect, iam, storage

TYPES = connect.TYPES | iam.TYPES | storage.TYPES
LOOKUPS = connect.LOOKUPS | iam.LOOKUPS
