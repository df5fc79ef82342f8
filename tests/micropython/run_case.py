"""Calls every `test_*` function of one case file; the same on MicroPython and CPython."""

import sys


def main(path: str) -> int:
    folder, name = path.rsplit("/", 1)
    sys.path.insert(0, folder)
    module = __import__(name[:-3])
    failed = 0
    for word in sorted(dir(module)):
        if word.startswith("test_"):
            failed += not passes(word, getattr(module, word))
    return 1 if failed else 0


def passes(word: str, function) -> bool:
    try:
        function()
    except Exception as error:
        print("FAIL", word)
        if hasattr(sys, "print_exception"):
            sys.print_exception(error)
        else:
            import traceback

            traceback.print_exc()
        return False
    print("PASS", word)
    return True


sys.exit(main(sys.argv[1]))
