"""Stand-ins for providers' servers, for tests and for trying Rushes without an account."""
