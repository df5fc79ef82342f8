"""The outbox: alarms first, then the newest, then the backlog from its old end."""

from firmware.outbox import Outbox


def drain(box, first=1):
    sent = []
    while True:
        seq = box.next(first)
        if seq is None:
            return sent
        sent.append(seq)


def test_after_a_boot_the_newest_block_asks_where_the_backlog_begins():
    assert drain(Outbox(5)) == [5, 1, 2, 3, 4]


def test_an_alarm_overtakes_the_newest_and_the_backlog():
    box = Outbox(3)
    box.added(4, True)
    box.added(5, False)
    assert drain(box) == [4, 5, 1, 2, 3]


def test_what_the_gateway_has_is_not_sent():
    box = Outbox(9)
    box.acknowledged(4, ((6, 7),))
    assert drain(box) == [9, 5, 8]


def test_a_block_under_way_is_nobody_elses_until_it_is_done():
    box = Outbox(0)
    box.added(1, True)
    assert box.next_urgent() == 1
    assert box.next(1) is None and not box.empty
    box.done(1)
    assert box.next(1) == 1
    box.acknowledged(1, ())
    box.done(1)
    assert box.empty


def test_a_refused_block_is_passed_over():
    box = Outbox(2)
    box.refuse(2)
    assert drain(box) == [1]


def test_what_the_journal_no_longer_holds_is_not_asked_for():
    assert drain(Outbox(5), first=4) == [5, 4]


def test_a_gateway_that_forgot_gets_everything_again():
    box = Outbox(3)
    box.acknowledged(3, ())
    assert box.empty
    box.acknowledged(0, ())
    assert drain(box) == [3, 1, 2]


def test_a_run_of_blocks_that_are_gone_is_passed_over_in_one_step():
    box = Outbox(400)
    box.refuse(100, 299)
    box.refuse(300)
    assert box.refused == 201
    box.acknowledged(99, ())
    assert drain(box)[:2] == [400, 301]


def test_many_refused_blocks_do_not_come_round_again():
    box = Outbox(200)
    box.acknowledged(0, ((200, 200),))
    for _ in range(199):
        seq = box.next(1)
        box.refuse(seq)
        box.done(seq)
    assert box.refused == 199 and box.empty


def test_what_the_gateway_says_of_blocks_that_are_not_made_yet_is_void():
    box = Outbox(3)
    box.acknowledged(1 << 40, ())
    assert box.empty and box.acked == 3
    box.added(4, False)
    assert drain(box) == [4]
    box = Outbox(3)
    box.acknowledged(1, ((3, 1 << 40),))
    box.added(4, False)
    assert drain(box) == [4, 2]


def test_an_alarm_that_the_ring_overwrote_is_not_asked_for():
    box = Outbox(0)
    for seq in range(1, 10):
        box.added(seq, seq == 2)
    assert box.next_urgent(5) is None
    assert drain(box, first=5) == [9, 5, 6, 7, 8]


def test_what_the_ring_gave_up_before_a_new_gateway_came_leaves_no_hole():
    box = Outbox(20)
    box.acknowledged(0, ((8, 15), (18, 20)))
    assert box.settled(8) == 15
    assert box.settled(5) == 4
    box.acknowledged(6, ())
    assert box.settled(2) == 6
