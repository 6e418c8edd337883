"""The pages: what people see in a browser, as plain HTML made on the server.

Every action is a link or a form and works without scripts; there are none. A page shows what the answer of its desk
holds and nothing else, in one of two languages, and says what it stands on.
"""
