"""The alarm table: given state and event, what comes next, and that nothing active is hidden."""

from protocols import alarm, codes

EXPECTED = (
    (codes.NORM, alarm.RAISE, False, codes.UNACK),
    (codes.UNACK, alarm.ACK, False, codes.ACKED),
    (codes.UNACK, alarm.CLEAR, False, codes.RTN_UNACK),
    (codes.UNACK, alarm.CLEAR, True, codes.LATCH_UNACK),
    (codes.ACKED, alarm.CLEAR, True, codes.LATCH_ACKED),
    (codes.ACKED, alarm.CLEAR, False, codes.NORM),
    (codes.ACKED, alarm.REALARM, False, codes.UNACK),
    (codes.RTN_UNACK, alarm.RAISE, False, codes.UNACK),
    (codes.RTN_UNACK, alarm.ACK, False, codes.NORM),
    (codes.LATCH_UNACK, alarm.ACK, True, codes.LATCH_ACKED),
    (codes.LATCH_ACKED, alarm.RESET, True, codes.NORM),
    (codes.LATCH_UNACK, alarm.RESET, True, codes.LATCH_UNACK),
    (codes.LATCH_UNACK, alarm.RAISE, True, codes.UNACK),
    (codes.LATCH_ACKED, alarm.RAISE, True, codes.UNACK),
)
# audible, flashing, steady
SHOWN = (
    (codes.NORM, (False, False, False)),
    (codes.UNACK, (True, True, False)),
    (codes.ACKED, (False, False, True)),
    (codes.RTN_UNACK, (False, True, False)),
    (codes.LATCH_UNACK, (False, True, False)),
    (codes.LATCH_ACKED, (False, False, True)),
    (codes.SHELVED, (False, False, False)),
    (codes.SUPPRESSED_BY_DESIGN, (False, False, False)),
    (codes.OUT_OF_SERVICE, (False, False, False)),
)
EVENTS = (
    alarm.RAISE, alarm.CLEAR, alarm.ACK, alarm.RESET, alarm.SHELVE, alarm.UNSHELVE, alarm.SUPPRESS,
    alarm.UNSUPPRESS, alarm.REMOVE, alarm.RETURN, alarm.REALARM,
)  # fmt: skip
HIDDEN = (codes.SHELVED, codes.SUPPRESSED_BY_DESIGN, codes.OUT_OF_SERVICE)


def test_table_leads_where_the_standard_says():
    for state, event, latched, after in EXPECTED:
        assert alarm.step(state, event, False, latched) == after, (state, event, latched)


def test_no_two_events_are_the_same():
    assert len(set(EVENTS)) == len(EVENTS)


def test_a_condition_that_is_not_said_to_stand_is_over_and_nothing_latches_unasked():
    assert alarm.step(codes.UNACK, alarm.CLEAR) == codes.RTN_UNACK
    assert alarm.step(codes.SHELVED, alarm.UNSHELVE) == codes.NORM


def test_horn_and_lamp_of_every_state():
    for state, shown in SHOWN:
        assert tuple(alarm.annunciation(state)) == shown, state


def test_what_is_hidden_one_way_can_be_hidden_another_way():
    for hide, hidden, _ in alarm.HIDING:
        for state in HIDDEN:
            assert alarm.step(state, hide, True) == hidden


def test_what_ends_hiding_shows_an_active_alarm_as_unacknowledged():
    for hide, hidden, end in alarm.HIDING:
        assert alarm.step(codes.ACKED, hide, True) == hidden
        assert alarm.step(hidden, alarm.ACK, True) == hidden
        assert alarm.step(hidden, end, True) == codes.UNACK
        assert alarm.step(hidden, end, False) == codes.NORM


def test_no_sequence_of_events_hides_an_active_alarm():
    draw = 20261123
    for latched in (False, True):
        state, active = codes.NORM, False
        for _ in range(20000):
            draw = (draw * 1103515245 + 12345) & 0x7FFFFFFF
            event = (draw >> 16) % 11 + 1
            if event in (alarm.RAISE, alarm.CLEAR):
                active = event == alarm.RAISE
            state = alarm.step(state, event, active, latched)
            shown = alarm.annunciation(state)
            if active and state not in HIDDEN:
                assert shown.flashing or shown.steady, (state, event)
