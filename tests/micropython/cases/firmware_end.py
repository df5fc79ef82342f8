"""How the program of an instrument ends: it keeps why, if it can, and the board restarts."""

import sys

sys.modules["machine"] = sys  # nothing of it is called
app = __import__("firmware.app").app


class World:
    """Stands for configuration, crash store and board of `main`."""

    def __init__(self, flash_works):
        self.notes = []
        self._flash_works = flash_works

    def load(self):
        return None

    def load_key(self):
        return None

    def keep(self, error):
        self.notes.append(type(error).__name__)
        if not self._flash_works:
            raise MemoryError()

    def restart(self, pause_ms):
        assert pause_ms >= 1_000  # a crash that comes back at once is not a storm
        self.notes.append("restart")


def end(flash_works):
    world = World(flash_works)
    names = ("config", "crash", "board", "Node")
    genuine = [getattr(app, name) for name in names]
    app.config = app.crash = app.board = world
    app.Node = broken
    try:
        app.main()
    except MemoryError:
        world.notes.append("MemoryError")
    finally:
        for name, part in zip(names, genuine):
            setattr(app, name, part)
    return world.notes


def broken(cfg, key):
    raise ValueError("a part is missing")


def test_whatever_breaks_the_board_restarts_and_knows_why():
    assert end(True) == ["ValueError", "restart"]


def test_it_restarts_even_if_it_cannot_say_why():
    assert end(False)[:2] == ["ValueError", "restart"]
