"""Writes files to a flash image: `provision.py IMAGE PAGE_BYTES FOLDER` copies FOLDER to `/`."""

import os
import sys

import flash

_DIRECTORY = 0x4000


def _copy(source, target):
    for entry in os.ilistdir(source):
        name, kind = entry[0], entry[1]
        if kind == _DIRECTORY:
            if name not in os.listdir(target):
                os.mkdir(target + "/" + name)
            _copy(source + "/" + name, target + "/" + name)
            continue
        with open(source + "/" + name, "rb") as found, open(target + "/" + name, "wb") as made:
            made.write(found.read())


image, page_bytes, folder = sys.argv[1:]
flash.mount(image, int(page_bytes))
_copy("/host" + folder, "")
