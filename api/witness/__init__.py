"""The door of a witness: one address, for checkpoints."""
