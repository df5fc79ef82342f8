"""Power-on of the simulated board: `boot.py LINK IMAGE PAGE_BYTES LIBRARY`.

Connects the link, takes its clock, mounts the flash, then runs the firmware as a board runs
/main.py. When that ends, its traceback is on the console and the process is over: what happens
next is the supervisor's business, as it is the watchdog's on a board.
"""

import gc
import sys

_SHIM = sys.path[0]


def _start(link, image, page_bytes, library):
    import bus

    bus.connect(int(link))
    import os
    import time

    import flash

    os.plant(time.start())
    flash.mount(image, int(page_bytes), bus)
    sys.path[:] = ["/host" + _SHIM, "/host" + library, ".frozen"]
    sys.argv[:] = ["/main.py"]
    # Loaded from source, so before the firmware: compiling must not cost it heap later.
    __import__("machine")
    gc.collect()
    __import__("firmware.main")


try:
    _start(*sys.argv[1:])
    sys.stdout.write("boot: the firmware returned\n")
except BaseException as error:
    sys.print_exception(error)
sys.exit(1)
