"""The SQLite catalog: groups, versions, attributes, reference sets.

Each module of functions takes a session and returns frozen records; table rows
never leave this package. `Catalog.read` and `Catalog.write` open the sessions.
"""
