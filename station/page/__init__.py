"""The status page: what a technician sees of a running station, read-only."""
