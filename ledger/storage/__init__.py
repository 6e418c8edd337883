"""The chained store: bytes, order and durability; it does not know what an entry says."""
