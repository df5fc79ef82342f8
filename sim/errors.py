"""Errors of the simulator.

SimError
├── MissingInterpreter   the machine has no MicroPython: says how to get it
├── FlashError           a flash image could not be written
└── ScenarioError        a scenario does not fit the nodes it is for
"""


class SimError(Exception):
    """Something about the simulator or what it was given, for a person to read."""


class MissingInterpreter(SimError):
    """There is no MicroPython interpreter beside this Python."""


class FlashError(SimError):
    """The interpreter could not write the image."""


class ScenarioError(SimError):
    """A scenario names what is not there."""
