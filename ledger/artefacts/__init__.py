"""What leaves the ledger and can be checked without it; the formats are in this room's README."""
