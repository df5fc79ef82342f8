"""Node firmware: runs unchanged on boards and on the interpreter, and imports on CPython."""

VERSION = "0.1.0"
