"""What the ledger says and how it looks in text: a catalogue as data and one renderer per answer.

Renderers take an answer in the shape of DESIGN §8 and a `Page`; they know neither the ledger nor the command line.
States come as words with the Chinese term first, figures with every line they are made of, dates absolute. What stands
against somebody always says how it can be put right.
"""
