"""Tests of `connect-sso adopt`."""
