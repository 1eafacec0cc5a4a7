"""The victims of a machine against those of the model: the first that differs, explained."""

import policies


def describe(memory, page):
    """What the model knows of a page when a victim is to be chosen."""
    if page not in memory.last_use:
        return "which has not been used yet"
    if page not in memory.came:
        return "which went out at access %d and is not back" % memory.left[page]
    if page in memory.since:
        return "whose accessed bit was set at access %d" % memory.since[page]
    return "whose accessed bit is clear: it was used at access %d for the last time" % (
        memory.last_use[page])


def history(name, memory, policy, page):
    """Of a page that is in a frame: what else the policy goes by."""
    words = ["page %d came in at access %d" % (page, memory.came[page])]
    if name == "aging":
        words.append("its history is {:08b}".format(policy.histories[page]))
    if name == "adaptive":
        words.append("is protected" if page in policy.ring else "is on probation")
    return ", ".join(words)


def first_difference(string, name, frames, victims):
    """None, or a text that a student understands. victims: page numbers, in order."""
    expected = policies.replace(name, string.accesses, frames).victims
    for number, (access, page) in enumerate(expected):
        if number == len(victims):
            return "access %d: model evicts page %d, kernel evicted nothing any more, " \
                "after %d victims" % (access, page, number)
        if victims[number] != page:
            return explain(string, name, frames, number, access, page, victims[number])
    if len(victims) > len(expected):
        return "after the model's %d victims: kernel evicted %d more, page %d first" % (
            len(expected), len(victims) - len(expected), victims[len(expected)])
    return None


def explain(string, name, frames, number, access, page, other):
    try:
        policies.replace(name, string.accesses, frames, stop_at=number)
    except policies.Reached as reached:
        memory, policy = reached.memory, reached.policy
    lines = ["access %d: model evicts page %d, kernel evicted %d, %s" % (
        access, page, other, describe(memory, other))]
    lines.append("(victim %d, for page %d, policy %s, %d frames)" % (
        number, string.accesses[access], name, frames))
    lines.append("page %d: %s" % (page, describe(memory, page)))
    for one in (page, other):
        if one in memory.came:
            lines.append(history(name, memory, policy, one))
    return "\n".join(lines)
