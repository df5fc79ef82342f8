"""ST Nucleo-144 F746ZG with Ethernet and an SPI flash: pins as data (none of the Ethernet PHY's).

The port wires each bus number to pins of its own (its mpconfigboard.h); they stand here all the
same, for whoever wires the board.
"""

NAME = "nucleo_f7"
PLATFORM = "stm32"
ARCH = "armv7emsp"  # of machine code in .mpy files
NETWORK = "lan"  # module of `firmware.net`

# bus name: (peripheral id, pins, line speed in Hz or baud)
I2C = {"i2c0": (1, {"sda": "PB9", "scl": "PB8"}, 400_000)}
UART = {
    "uart0": (6, {"tx": "PG14", "rx": "PG9"}, 9_600),
    "uart1": (2, {"tx": "PD5", "rx": "PD6"}, 9_600),
}
# bus name: pin that lets an RS-485 transceiver drive the line (high: DE and not RE)
RS485 = {"uart1": "PD4"}
SPI = {"spi0": (3, {"sck": "PB3", "mosi": "PB5", "miso": "PB4"}, 1_000_000)}
# bus name: analog pin, or I and Q of a Doppler front end
ADC = {"adc0": "PA3"}
IQ = {"iq0": ("PC0", "PC3")}
PULSES = {"pulse0": "PE9"}
# outputs are wired so that a node without power is in the safe state: relay energised = healthy
OUTPUTS = {"relay": "PF12", "horn": "PD15", "lamp": "PD14"}
# not the blue button: PC13 is pulled low and goes high when it is pressed
INPUTS = {"button": "PF14", "cover": "PF13"}
WATCHDOG_MAX_MS = 32_000  # 12 bits of a 32 kHz clock divided by 256
