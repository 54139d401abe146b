"""The lineage room: from a number back to the cells it was computed from, and what differs between two moments."""
