"""SAML documents: XML that is safe to parse, certificates, metadata."""
