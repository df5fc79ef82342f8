"""Numbers of the link between a board and its supervisor: the one file that both sides read.

A frame is `operation, argument, length (16 bits, little-endian)` and that many bytes. The board
speaks first, always. Operations below `FIRST_QUESTION` are told and not answered; each one from
there on is answered by exactly one frame `errno (0: done), edges, length` and its bytes, so that
the board reads what it asked for and never anything else. `edges` is 1 if one may wait, which
PIN_EDGES then tells.
"""

PIN_SET = 1  # argument: pin; level
UART_WRITE = 2  # argument: UART; bytes
WDT_ARM = 3  # milliseconds (32 bits)
WDT_FEED = 4
RTC_SET = 5  # as RTC_GET answers
RESET = 6  # argument: one of the RESET_ words below
FLASH_CUT = 7  # stands still after the bytes that a verdict left it: cut the power now
LAN_SET = 8  # argument: 1: the interface is on, 0: it is off
PIN_IRQ = 9  # argument: pin; triggers (bits), 1 with a pull-up
PWM_SET = 10  # argument: pin; frequency (32 bits), duty (16 bits)
BLE_SET = 11  # argument: one of the BLE_ words below

FIRST_QUESTION = 16
PIN_GET = 16  # argument: pin; 1 with a pull-up, else 0 -> level
I2C_OPEN = 17  # argument: number; sda, scl
I2C_TRANSFER = 18  # argument: number; address, count to read, bytes to write -> bytes read
I2C_SCAN = 19  # argument: number -> addresses
UART_OPEN = 20  # argument: number; tx, rx, UART_FORMAT
UART_ANY = 21  # argument: number -> count (16 bits)
UART_READ = 22  # argument: number; at most this many (16 bits) -> bytes
UNIQUE_ID = 23  # -> bytes
RESET_CAUSE = 24  # -> one of the causes below
RTC_GET = 25  # -> year (16 bits), month, day, weekday (0: Monday), h, min, s, us (32 bits)
FLASH_PROGRAM = 26  # FLASH_FORMAT -> nothing, or FLASH_VERDICT
FLASH_ERASE = 27  # the same
PIN_EDGES = 32  # -> oldest edges that wait: pin, level, age in us (32 bits) each
ADC_READ = 33  # argument: pin; attenuation -> code (16 bits)
ADC_CAPTURE = 34  # ADC_FORMAT -> the newest pairs of codes (16 bits each)
SPI_OPEN = 35  # argument: number; sck, mosi, miso
SPI_TRANSFER = 36  # argument: number; bytes -> as many bytes
PLATFORM = 37  # -> name of the port
BLE_EVENT = 38  # -> nothing, or number and handle (16 bits) of the oldest event
BLE_WRITTEN = 39  # -> bytes that the oldest write event is about

RESET_HARD, RESET_SOFT, RESET_TO_PROMPT = range(3)  # the last one runs no firmware

BLE_ACTIVE, BLE_ADVERTISE, BLE_SERVICES, BLE_VALUE, BLE_NOTIFY, BLE_DISCONNECT = range(6)

# time and network: numbers of their own, for this file has several authors
SOCKET_CLOSE = 12  # argument: socket
BROKEN = 14  # Ctrl-C of the console has reached the firmware
PROMPT = 15  # the board reads its console from now on
SOON = 13  # as AT, before a question: that one waits

START = 48  # -> clock (one of the below), ticks (us, 64 bits), epoch (32 bits), seed (16 bytes)
SLEEP = 49  # argument: WAKE_...; now, end (us, 64 bits each) -> ticks, arrived
AT = 50  # us (64 bits): the board's own count has come that far -> nothing, when the world has too
SOCKET_OPEN = 51  # -> socket
SOCKET_BIND = 52  # argument: socket; port (16 bits)
SOCKET_SEND = 53  # argument: socket; address (4 bytes), port (16 bits), datagram
SOCKET_RECEIVE = 54  # argument: socket -> address, port, arrived, datagram; EAGAIN: none

LINK = 55  # -> how far the network is up (LINK_...), address (4 bytes)

# What a firmware does that looks at a sensor; for those who watch over it.
SENSING = (I2C_TRANSFER, UART_ANY, UART_READ, PIN_EDGES, ADC_READ, ADC_CAPTURE, SPI_TRANSFER)

START_FORMAT = "<BQI16s"
SLEEP_FORMAT = "<QQ"
AWAKE_FORMAT = "<QH"
PEER_FORMAT = "<4sH"
FROM_FORMAT = "<4sHH"

# no link · a link, the interface off · no address yet · connected: as network_lan.c numbers them
LINK_NONE, LINK_OFF, LINK_NO_IP, LINK_UP = range(4)

REAL_CLOCK, LOCKSTEP_CLOCK, JUMP_CLOCK = 0, 1, 2
FOREVER = 0x7FFFFFFFFFFFFFFF  # end of a sleep that only an arrival ends
# `arrived`: bit n stands for a datagram at socket n; these for Ctrl-C at the console, and for
# anything else, such as an edge
BREAK = 0x4000
EVENTS = 0x8000
WAKE_NONE, WAKE_ALL, WAKE_EVENTS = 0, 1, 2  # which arrivals end a sleep
SOCKETS = 8

HEADER_BYTES = 4
PAYLOAD_BYTES = 256  # longest a board sends

RTC_FORMAT = "<HBBBBBBI"
UART_FORMAT = "<IHBB"  # baud, buffer bytes, parity (0: even, 1: odd, or NONE), stop bits
ADC_FORMAT = "<BBBHI"  # two pins, attenuation, pairs, pairs a second
FLASH_FORMAT = "<HHH"  # block, offset in it, bytes
FLASH_VERDICT = "<HHH"  # bytes after which the power goes (all: it stays), ms it takes, errno
NONE = 255  # no parity; or pins not said: the port has its own for each bus number
EDGE_BYTES = 6
EDGES_MAX = 32  # in one answer

# machine.reset_cause(), the numbers of the ESP32 port
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5
