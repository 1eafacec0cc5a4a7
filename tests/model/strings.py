"""Reference strings: which page is used, access by access.

The program reftrace replays the same strings in the guest (user/reftrace/strings.c), to the last
access. make() gives a string by its name; in a String,

    pages     is how many pages there are, numbered from 0,
    accesses  is the list of page numbers,
    counted   is the first access that counts: those before it bring the pages in.
"""

import bisect
import collections

String = collections.namedtuple("String", "name pages accesses counted")
SEEDS = {"rnd": 12345, "shift": 12345, "scanhot": 99, "zipf": 1, "phase": 1}


def random_words(seed):
    """Knuth's generator; the high bits are the good ones."""
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        yield seed


def hot_and_cold(seed, pages, count):
    """Four of five accesses go to the first fifth of the pages."""
    words = random_words(seed)
    hot = pages // 5
    for _ in range(count):
        is_hot = (next(words) >> 33) % 100 < 80
        number = next(words) >> 33
        yield number % hot if is_hot else hot + number % (pages - hot)


def seq(frames, seed):
    """Four times from the first page to the last."""
    return 2048, list(range(2048)) * 4, 2048


def rnd(frames, seed):
    return 2048, list(range(2048)) + list(hot_and_cold(seed, 2048, 20000)), 2048


def shift(frames, seed):
    """rnd, and then the same with other pages hot."""
    first = list(hot_and_cold(seed, 2048, 20000))
    return 2048, list(range(2048)) + first + [2047 - page for page in first], 2048


def scanhot(frames, seed):
    """Half of the accesses go to 512 pages, the others round and round over 3584."""
    words = random_words(seed)
    accesses = list(range(512))
    scanned = 0
    for _ in range(40000):
        word = next(words)
        if (word >> 33) % 100 < 50:
            accesses.append((word >> 40) % 512)
        else:
            accesses.append(512 + scanned)
            scanned = (scanned + 1) % (4096 - 512)
    return 4096, accesses, 512


def loop(frames, seed):
    """One page too many, eight times."""
    return frames + 1, list(range(frames + 1)) * 8, frames + 1


def zipf(frames, seed):
    """The page at place n of 4096 is used in proportion to 1/n."""
    pages = 4096
    sums, total = [], 0
    for page in range(pages):
        total += (1 << 24) // (page + 1)
        sums.append(total)
    words = random_words(seed)
    picked = [bisect.bisect_right(sums, (next(words) >> 33) * total >> 31) for _ in range(40000)]
    return pages, list(range(pages)) + picked, pages


def phase(frames, seed):
    """8000 accesses to each of six quarters of the pages in turn; two of them come again."""
    pages, quarter = 3072, 768
    words = random_words(seed)
    picked = [part % 4 * quarter + (next(words) >> 33) % quarter
              for part in range(6) for _ in range(8000)]
    return pages, list(range(pages)) + picked, pages


def belady(frames, seed):
    """Belady's string, three pages for one of his: FIFO has more faults with 12 frames than with 9.

    All faults count.
    """
    return 15, [3 * group + page for group in (0, 1, 2, 3, 0, 1, 4, 0, 1, 2, 3, 4)
                for page in range(3)], 0


GENERATORS = {f.__name__: f for f in (seq, rnd, shift, scanhot, loop, zipf, phase, belady)}


def make(name, frames, seed=None):
    generator = GENERATORS[name]
    return String(name, *generator(frames, SEEDS.get(name, 0) if seed is None else seed))
