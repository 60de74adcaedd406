"""What AWS and Okta say: partitions, pages, security profiles, relay states, names; each with the page it stands on."""
