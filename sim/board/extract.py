"""Copies files off a flash image: `extract.py IMAGE PAGE_BYTES DIRECTORY FOLDER`."""

import os
import sys

import flash

_DIRECTORY = 0x4000


def _copy(source, target):
    for entry in os.ilistdir(source):
        if entry[1] != _DIRECTORY:
            with open(source + "/" + entry[0], "rb") as found:
                with open(target + "/" + entry[0], "wb") as made:
                    made.write(found.read())


image, page_bytes, directory, folder = sys.argv[1:]
flash.mount(image, int(page_bytes))
_copy(directory, "/host" + folder)
