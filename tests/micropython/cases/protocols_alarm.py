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
    (codes.LATCH_UNACK, alarm.ACK, True, codes.LATCH_ACKED),
    (codes.LATCH_ACKED, alarm.RESET, True, codes.NORM),
    (codes.LATCH_UNACK, alarm.RESET, True, codes.LATCH_UNACK),
)
HIDDEN = (codes.SHELVED, codes.SUPPRESSED_BY_DESIGN, codes.OUT_OF_SERVICE)


def test_table_leads_where_the_standard_says():
    for state, event, latched, after in EXPECTED:
        assert alarm.step(state, event, False, latched) == after, (state, event, latched)


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
