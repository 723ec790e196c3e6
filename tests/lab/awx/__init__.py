"""A stand-in for AWX's REST API, and what the playbook awx_setup makes of it."""
