"""The software id: one digest over every module, another one after a single byte."""

import os

from firmware import identity

LIBRARY = "/tmp/tocsin-identity-case-" + os.urandom(6).hex()
FOLDERS = ("", "/firmware", "/firmware/sensors", "/firmware/__pycache__", "/protocols")
FILES = {
    "/firmware/app.py": b"one",
    "/firmware/sensors/part.mpy": b"two" * 1000,
    "/firmware/profile.toml": b"not code",
    "/firmware/__pycache__/app.py": b"not ours",
    "/protocols/cbor.py": b"three",
}


def build():
    for folder in FOLDERS:
        try:
            os.mkdir(LIBRARY + folder)
        except OSError:
            pass
    for path in FILES:
        write(path, FILES[path])


def write(path, content):
    with open(LIBRARY + path, "wb") as file:
        file.write(content)


def clear():
    for path in list(FILES) + ["/firmware/more.py"]:
        try:
            os.remove(LIBRARY + path)
        except OSError:
            pass
    for folder in reversed(FOLDERS):
        os.rmdir(LIBRARY + folder)


def test_the_same_files_give_the_same_id_and_one_byte_another():
    build()
    before = identity.software(LIBRARY)
    assert len(before) == 32 and identity.software(LIBRARY) == before
    for path, content in (
        ("/firmware/app.py", b"onf"),
        ("/firmware/sensors/part.mpy", b"two" * 999 + b"twp"),
        ("/protocols/cbor.py", b""),
    ):
        write(path, content)
        assert identity.software(LIBRARY) != before, path
        write(path, FILES[path])
    assert identity.software(LIBRARY) == before
    clear()


def test_a_file_more_or_elsewhere_is_another_id():
    build()
    before = identity.software(LIBRARY)
    write("/firmware/more.py", b"")
    assert identity.software(LIBRARY) != before
    clear()


def test_what_is_no_module_does_not_count():
    build()
    before = identity.software(LIBRARY)
    write("/firmware/profile.toml", b"changed")
    write("/firmware/__pycache__/app.py", b"changed")
    assert identity.software(LIBRARY) == before
    clear()


def test_the_running_firmware_has_an_id_and_a_runtime():
    assert len(identity.software()) == 32
    name, version = identity.runtime().split(" ")
    assert name in ("cpython", "micropython") and len(version.split(".")) == 3
