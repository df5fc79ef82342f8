"""Node firmware: runs unchanged on a board, on the MicroPython interpreter, and imports on CPython."""
