"""Pages that are made once and do not change: they open from the disk, without a network."""

import os

import ground
import suite as s


def url_of(path):
    return "file://" + os.path.abspath(os.path.join(s.ROOT, path))


def curves():
    """What `make curves` makes."""
    ground.need_browser()
    folder = s.BUILD + "/browser"
    s.call_make("BUILD=" + folder, "WERROR=1", "curves", "STRING=belady", "FRAMES=3 4")
    return ground.run_script("still", url=url_of(folder + "/curves/index.html"), name="curves")


def book():
    """The book's page, as `make docs` makes it."""
    ground.need_browser()
    s.call_make("docs", "BUILD=" + s.BUILD)
    return ground.run_script("book", url=url_of(s.BUILD + "/docs/index.html"), chapter="Swapping")
