"""The wire: what a node and a gateway say to each other. Sans-I/O, one source for both runtimes.

Data flows down this list: `cbor` and `senml` encode values, `block` packs samples and `event`
records, `cose` seals them, `coap` frames messages, `exchange` retransmits and deduplicates them.
`codes`, `units`, `paths` and `urn` are the registries; `alarm` is the ISA-18.2 table.
"""

WIRE_VERSION = 1
