"""Tests of what AWS and Okta say."""
