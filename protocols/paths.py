"""Registry of CoAP paths, ports and content-formats (IANA CoRE parameters)."""

PORT = 5683  # RFC 7252 §6.1

# resources of the gateway
BLOCKS = "b"
MEASUREMENTS = "m"
TIME = "t"
# resources of the node (MEASUREMENTS serves here too)
IDENTITY = "id"
ALARMS = "a"
COMMANDS = "cmd"
CONFIGURATION = "cfg"
JOURNAL = "journal"
WELL_KNOWN_CORE = ".well-known/core"

# content-formats
TEXT = 0
COSE_MAC0 = 17
LINK_FORMAT = 40
JSON = 50
CBOR = 60
CBOR_SEQUENCE = 63  # RFC 8742
SENML_JSON = 110
SENML_CBOR = 112

MAX_MESSAGE_BYTES = 1024  # design limit of one datagram on every link; block-wise above
MAX_BLOCK_BYTES = 960  # a sealed block plus CoAP header and options stays under it
