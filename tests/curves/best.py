"""What needs no machine: OPT and exact LRU with each number of frames, and the working set."""

import heapq

NEVER = float("inf")


def exact_lru(accesses, frames):
    """Faults for each of these numbers of frames. One pass does for all of them: a page is there
    with n frames, if fewer than n others were used since it was used itself (Mattson's stack)."""
    stack, hits = [], {}
    for page in accesses:
        if page in stack:
            depth = stack.index(page)
            hits[depth] = hits.get(depth, 0) + 1
            del stack[depth]
        stack.insert(0, page)
    return [len(accesses) - sum(n for depth, n in hits.items() if depth < count)
            for count in frames]


def opt(accesses, frames):
    """The same for Belady's: the page goes that is needed again last."""
    next_use, seen = [NEVER] * len(accesses), {}
    for access in range(len(accesses) - 1, -1, -1):
        next_use[access] = seen.get(accesses[access], NEVER)
        seen[accesses[access]] = access
    return [_opt(accesses, next_use, count) for count in frames]


def _opt(accesses, next_use, frames):
    resident, queue, faults = {}, [], 0
    for access, page in enumerate(accesses):
        if page not in resident:
            faults += 1
            while len(resident) == frames:
                needed, other = heapq.heappop(queue)
                if resident.get(other) == -needed:         # else it was used since
                    del resident[other]
        resident[page] = next_use[access]
        heapq.heappush(queue, (-next_use[access], page))
    return faults


def working_set(accesses, window):
    """After each access: how many pages are among the last `window` accesses."""
    within, sizes = {}, []
    for at, page in enumerate(accesses):
        within[page] = within.get(page, 0) + 1
        if at >= window:
            old = accesses[at - window]
            within[old] -= 1
            if not within[old]:
                del within[old]
        sizes.append(len(within))
    return sizes


def windows(length):
    """Three windows that suit a string of so many accesses."""
    if length < 30:
        return [3, 5, 8]
    unit = 10 if length > 300 else 1
    return [max(4, round(length / part / unit) * unit) for part in (60, 15, 5)]


def rises(frames, faults):
    """Where more frames have more faults: pairs of places in the lists."""
    return [(i, i + 1) for i in range(len(frames) - 1) if faults[i + 1] > faults[i]]
