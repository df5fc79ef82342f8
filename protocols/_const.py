"""`NAME = const(number)` is folded into the code by MicroPython's compiler; CPython runs it."""


def const(number: int) -> int:
    """The number itself."""
    return number
