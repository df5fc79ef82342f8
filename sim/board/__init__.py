"""The board under the firmware, run by MicroPython: its own `machine`, `network` and flash."""
