"""Numbers of the link between a board and its supervisor: the one file that both sides read.

A frame is `operation, argument, length (16 bits, little-endian)` and that many bytes. The board
speaks first, always. Operations below `FIRST_QUESTION` are told and not answered; each one from
there on is answered by exactly one frame `errno (0: done), 0, length` and its bytes, so that the
board reads what it asked for and never anything else.
"""

PIN_SET = 1  # argument: pin; level
UART_WRITE = 2  # argument: UART; bytes
WDT_ARM = 3  # milliseconds (32 bits)
WDT_FEED = 4
RTC_SET = 5  # as RTC_GET answers
RESET = 6
FLASH_CUT = 7  # stands still after the bytes that a verdict left it: cut the power now

FIRST_QUESTION = 16
PIN_GET = 16  # argument: pin; 1 with a pull-up, else 0 -> level
I2C_OPEN = 17  # argument: number; sda, scl
I2C_TRANSFER = 18  # argument: number; address, count to read, bytes to write -> bytes read
I2C_SCAN = 19  # argument: number -> addresses
UART_OPEN = 20  # argument: number; tx, rx, baud (32 bits), buffer bytes (16 bits)
UART_ANY = 21  # argument: number -> count (16 bits)
UART_READ = 22  # argument: number; at most this many (16 bits) -> bytes
UNIQUE_ID = 23  # -> bytes
RESET_CAUSE = 24  # -> one of the causes below
RTC_GET = 25  # -> year (16 bits), month, day, weekday (0: Monday), h, min, s, us (32 bits)
FLASH_PROGRAM = 26  # FLASH_FORMAT -> nothing, or FLASH_VERDICT
FLASH_ERASE = 27  # the same

HEADER_BYTES = 4
PAYLOAD_BYTES = 256  # longest a board sends

RTC_FORMAT = "<HBBBBBBI"
FLASH_FORMAT = "<HHH"  # block, offset in it, bytes
FLASH_VERDICT = "<HHH"  # bytes after which the power goes (all: it stays), ms it takes, errno

# machine.reset_cause(), the numbers of the ESP32 port
PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5
