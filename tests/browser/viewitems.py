"""The list of the items in a browser. Each is called without arguments, like those of
tests/qemu/items.py; one that ground.py cannot run is skipped, with the reason."""

import liveview
import pages
import timemachine


def all_items():
    """Name and function of each, long ones first."""
    return (
        ("browser: time machine", timemachine.time_machine),
        ("browser: recorded run", timemachine.recorded_run),
        ("browser: live view", liveview.still),
        ("browser: live view, words", liveview.panicked),
        ("browser: live view, live", liveview.live),
        ("browser: curves", pages.curves),
        ("browser: the book", pages.book),
    )
