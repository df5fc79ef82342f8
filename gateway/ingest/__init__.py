"""Ingest: CoAP datagrams in, verified blocks to the store, answers out after the commit.

`decode` judges bytes, `datagram` guards the socket, `server` serves the resources, `intake` sits
between them and the store. Importing this package loads nothing.
"""
