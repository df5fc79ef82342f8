"""Raspberry Pi Pico 2 W (RP2350): pins as data, the same header as the Pico W."""

NAME = "pico2_w"
PLATFORM = "rp2"
ARCH = "armv7emsp"  # of machine code in .mpy files
NETWORK = "wifi"  # module of `firmware.net`

# bus name: (peripheral id, pins, line speed in Hz or baud)
I2C = {"i2c0": (0, {"sda": 4, "scl": 5}, 400_000)}
UART = {"uart0": (0, {"tx": 0, "rx": 1}, 9_600), "uart1": (1, {"tx": 8, "rx": 9}, 9_600)}
# bus name: pin that lets an RS-485 transceiver drive the line (high: DE and not RE)
RS485 = {"uart1": 10}
SPI = {"spi0": (0, {"sck": 18, "mosi": 19, "miso": 16}, 1_000_000)}
# bus name: analog pin, or I and Q of a Doppler front end
ADC = {"adc0": 28}
IQ = {"iq0": (26, 27)}
PULSES = {"pulse0": 22}
# outputs are wired so that a node without power is in the safe state: relay energised = healthy
OUTPUTS = {"relay": 15, "horn": 14, "lamp": 13}
INPUTS = {"button": 12, "cover": 11}
WATCHDOG_MAX_MS = 8_300  # the port allows what an RP2040 can count
