"""Power-on of the simulated board: `boot.py LINK IMAGE PAGE_BYTES LIBRARY [prompt]`.

Connects the link, takes its clock, mounts the flash, then runs the firmware as a board runs
/main.py. When that ends, its traceback is on the console and the process is over: what happens
next is the supervisor's business, as it is the watchdog's on a board. Ctrl-C at the console leads
to the prompt; so does the last argument, without any firmware.
"""

import gc
import sys

_SHIM = sys.path[0]


def _start(link, image, page_bytes, library, prompt=None):
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
    __import__("files").watch()
    gc.collect()
    if prompt is not None:
        return True
    __import__("firmware.main")
    sys.stdout.write("boot: the firmware returned\n")
    return False


_stays = _raw = False
try:
    _stays = _raw = _start(*sys.argv[1:])
except KeyboardInterrupt as error:
    sys.print_exception(error)
    _stays = True
except BaseException as error:
    sys.print_exception(error)
if _stays:
    __import__("prompt").serve(_raw)
sys.exit(1)
