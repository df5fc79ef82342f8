"""Store: sealed blocks as they came (evidence), and what pages need, in one SQLite database.

`store.Store` is the door. Importing this package loads nothing.
"""
