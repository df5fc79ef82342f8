"""Espressif ESP32-S3-DevKitC-1: pins as data (all free of strapping, flash and USB duties)."""

NAME = "esp32_s3"
PLATFORM = "esp32"
ARCH = "xtensawin"  # of machine code in .mpy files
NETWORK = "wifi"  # module of `firmware.net`

# bus name: (peripheral id, pins, line speed in Hz or baud)
I2C = {"i2c0": (0, {"sda": 8, "scl": 9}, 400_000)}
UART = {"uart0": (1, {"tx": 17, "rx": 18}, 9_600), "uart1": (2, {"tx": 15, "rx": 16}, 9_600)}
# bus name: pin that lets an RS-485 transceiver drive the line (high: DE and not RE)
RS485 = {"uart1": 21}
SPI = {"spi0": (1, {"sck": 12, "mosi": 11, "miso": 13}, 1_000_000)}
# bus name: analog pin, or I and Q of a Doppler front end. All on ADC1, for ADC2 is shared with the
# radio: a pressure transducer or a Doppler front end, not both.
ADC = {"adc0": 1}
IQ = {"iq0": (1, 2)}
PULSES = {"pulse0": 14}
# outputs are wired so that a node without power is in the safe state: relay energised = healthy
OUTPUTS = {"relay": 4, "horn": 5, "lamp": 6}
INPUTS = {"button": 7, "cover": 10}
WATCHDOG_MAX_MS = 60_000  # the task watchdog counts seconds in 32 bits; a minute is plenty
