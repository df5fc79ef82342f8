"""The button: taps between two looks, bounces and spikes, a finger that stays."""

from firmware.button import TAP_MS, Button


class Pin:
    """An input and the clock beside it; `moves` are (ms after the last, level)."""

    IRQ_FALLING, IRQ_RISING = 2, 1

    def __init__(self, hard=True):
        self.level = 1
        self.ms = 0x3FFFFFF0  # the count wraps soon
        self._hard = hard

    def irq(self, handler, trigger, **more):
        if more and not self._hard:
            raise TypeError("extra keyword arguments given")
        assert trigger == 3
        self._handler = handler

    def value(self):
        return self.level

    def ticks_ms(self):
        return self.ms & 0x3FFFFFFF

    def ticks_diff(self, end, start):
        return (end - start + 0x20000000 & 0x3FFFFFFF) - 0x20000000

    def move(self, *moves):
        for after_ms, level in moves:
            self.ms += after_ms
            self.level = level
            self._handler(self)


def bounce(level, seed):
    """(ms after the last, level) of a contact that settles at `level` within 10 ms."""
    moves = [(0, level)]
    for step in range(2 * (seed % 4)):
        moves.append((seed * (step + 3) % 3, level if step % 2 else 1 - level))
    return moves


def presses(moves, first_ms, every_ms=100):
    """Presses that a task sees which looks at `first_ms` and every tenth of a second then."""
    pin = Pin()
    button, start_ms, due_ms = Button(pin, pin), pin.ms, first_ms
    count, before, at_ms = 0, False, 0
    for after_ms, level in moves + [(4 * every_ms, 1)]:
        at_ms += after_ms
        while due_ms <= at_ms:
            pin.ms = start_ms + due_ms
            now = button.look()
            count, before, due_ms = count + (now and not before), now, due_ms + every_ms
        pin.ms = start_ms + at_ms
        pin.move((0, level))
    return count


def test_a_tap_between_two_looks_is_one_press():
    for hard in (True, False):
        pin = Pin(hard)
        button = Button(pin, pin)
        looks = [button.look()]
        pin.move((20, 0), (40, 1))
        looks += [button.look(), button.look()]
        assert looks == [False, True, False]


def test_bounces_and_spikes_between_two_looks_are_no_press():
    pin = Pin()
    button = Button(pin, pin)
    pin.move((50, 0), (TAP_MS - 1, 1), (30, 0), (1, 1), (1, 0), (3, 1))
    assert not button.look()


def test_a_press_is_one_press_however_long_and_whenever_it_is_looked_at():
    for held_ms in (30, 50, 99, 100, 101, 150, 420):
        for seed in range(1, 9):
            opened = bounce(1, seed + 1)
            moves = [(200, 1)] + bounce(0, seed)
            moves += [(held_ms, opened[0][1])] + opened[1:]
            for first_ms in range(0, 100, 7):
                assert presses(moves, first_ms) == 1, (held_ms, seed, first_ms)


def test_two_presses_are_two():
    moves = [(200, 1), (0, 0), (40, 1), (250, 0), (40, 1)]
    assert [presses(moves, first_ms) for first_ms in range(0, 100, 9)] == [2] * 12
