"""Rows of a bench: the verdict follows from the numbers, and both renderings say the same."""

import json

from tools.bench import faster, limit, render, share


def test_a_speed_is_kept_when_it_is_so_many_times_the_yardsticks():
    assert faster("a", 10.0, "us", 50.0, times=5).ok
    assert not faster("a", 10.1, "us", 50.0, times=5).ok


def test_a_share_is_kept_up_to_its_bound():
    assert share("a", 1, "bytes", 3, most=1 / 3).ok
    assert not share("a", 1.1, "bytes", 3, most=1 / 3).ok


def test_a_limit_needs_no_yardstick():
    row = limit("a", 0.2, "ms", 0.1)
    assert (row.ok, row.yardstick, row.ratio) == (False, None, None)


def test_json_has_the_fields_of_the_design():
    found = json.loads(render([limit("a", 1, "ms", 2)], as_json=True))
    assert found == {
        "rows": [
            {
                "name": "a",
                "value": 1,
                "unit": "ms",
                "yardstick": None,
                "ratio": None,
                "budget": "<= 2 ms",
                "ok": True,
            }
        ]
    }


def test_the_table_lines_up_and_says_what_fails():
    lines = render([faster("a.long.name", 12345.6, "us", 1.0, 5), limit("b", 1, "ms", 2)])
    head, first, second = lines.splitlines()
    assert first.split()[:2] == ["a.long.name", "12346"]
    assert first.endswith("NO") and second.endswith("yes")
    assert head.index("unit") == first.index("us") == second.index("ms")
