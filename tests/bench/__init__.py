"""How fast the ledger is: ratios taken in one run on one host, beside the peers (DESIGN §10). Nothing here is a test.

python -m tests.bench [--only NAME …] [--rounds 5] [--seconds 0.6] [--fast-disk] [--write FILE]
"""
