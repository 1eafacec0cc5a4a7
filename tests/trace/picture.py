"""A machine's memory at one moment, as SVG: frames, a walk through page tables, the areas of a
space, lists of replacement, swap slots. What scene.py draws around one page is made of the same.

    memory = Memory(state, classes)                     a full state, see README.md
    frames(memory), tree(memory, pid, va), space(memory, pid, va), lists(memory), slots(memory)

Each returns the text of one SVG. The same state gives the same bytes.
"""

import os
import sys

sys.path.append(os.path.dirname(os.path.abspath(__file__)))
import svg                              # noqa: E402
from memory_state import (A, D, G, KEPT, PAGE_BITS, R, TABLE_BITS, U, V, W, WIRED, X,   # noqa: E402
                        word_of)
from svg import MARGIN, WIDTH, Sheet, box, number, text      # noqa: E402

INSIDE = WIDTH - 2 * MARGIN
BITS = ((V, "V", "valid"), (R, "R", "read"), (W, "W", "write"), (X, "X", "run"),
        (U, "U", "user's"), (G, "G", "global"), (A, "A", "used"), (D, "D", "dirty"))
MOST_CELLS = 4096           # of a grid; more frames than that share cells
STRIP = 46                  # pages, frames or slots around the one in question
MOST_USERS, MOST_AREAS, MOST_LISTED = 6, 12, 368


def hexadecimal(value):
    return "0x%x" % value


def letters_of(entry):
    """The eight bits of the hardware, lowest first, as V R W X U G A D."""
    return " ".join(letter if entry & bit else "-" for bit, letter, _ in BITS)


def words_of(entry):
    """What an entry says, in words."""
    if not entry & V:
        if entry & 0x3ff & ~(KEPT | WIRED) == 0 and entry & KEPT:
            return "not valid: frame 0x%x is kept, and nobody may touch it" % (entry >> 10)
        if entry & WIRED:
            return "not valid: the page is in swap slot %d" % (entry >> 10)
        return "not valid: the kernel keeps 0x%x here" % entry if entry else "empty"
    if not entry & (R | W | X):
        return "leads to the table in frame 0x%x" % (entry >> 10 & (1 << 44) - 1)
    may = [word for bit, word in ((R, "read"), (W, "stored to"), (X, "run")) if entry & bit]
    words = ["may be " + " and ".join(may)]
    if not entry & W:
        words.append("a store faults")
    if not entry & U:
        words.append("not by programs")
    words.append("used since that was cleared" if entry & A else "not used since that was cleared")
    words.append("dirty" if entry & D else "not dirty")
    if entry & WIRED:
        words.append("locked in memory")
    return "frame 0x%x: %s" % (entry >> 10 & (1 << 44) - 1, ", ".join(words))


def who(memory, pid):
    name = memory.name_of(pid)
    return "pid %d%s" % (pid, " " + name if name else "")


def around(at, first, end, count):
    """A window of so many numbers with `at` in it: its first, and the one after its last."""
    low = max(first, min(at - count // 2, end - count))
    return low, min(end, low + count)


# ---- frames -------------------------------------------------------------------------------------

def grouped(owned, most):
    """At most so many cells: each stands for a power of two of frames, and shows the owner that has
    most of them. Returns: the cells, and frames in each."""
    each = 1
    while -(-len(owned) // each) > most:
        each *= 2
    cells = []
    for at in range(0, len(owned), each):
        some = owned[at:at + each]
        cells.append(max(sorted(set(some)), key=some.count))
    return cells, each


def owners_in(memory, owned):
    """The legend of these: (class, pid, words with the number of frames)."""
    counts = {}
    for owner in owned:
        counts[owner] = counts.get(owner, 0) + 1
    return [(kind, pid, "%s: %d" % (svg.owners.words(kind, pid, svg.short(memory.name_of(pid), 16)),
                                    counts[kind, pid])) for kind, pid in sorted(counts)]


def add_ring(sheet, x, y, wide, tall):
    """Marks a cell, by shape and by a flag above it."""
    sheet.add(box(x - 1.5, y - 1.5, wide + 3, tall + 3, "ring"),
              '<path class="flag" d="M%s %sl-5 -8h10z"/>' % (number(x + wide / 2), number(y - 3)))


def add_frames(sheet, memory, mark=None, columns=64, letters=True):
    first, end = memory.managed_range()
    owned = memory.owners(first, end)
    if not owned:
        return
    cells, each = grouped(owned, MOST_CELLS)
    size = INSIDE / columns
    sheet.part("Physical memory", "frames 0x%x to 0x%x, row by row; a cell is %s" % (
        first, end - 1, "a frame" if each == 1 else "%d frames, and shows whose most are" % each))
    sheet.y += 8
    tall = sheet.cells(cells, MARGIN, sheet.y, columns, size, letters, size if letters else 8)
    if mark is not None and first <= mark < end:
        row, column = divmod((mark - first) // each, columns)
        add_ring(sheet, MARGIN + column * size, sheet.y + row * (size if letters else 8), size,
                 size if letters else 8)
    sheet.y += tall
    legend = owners_in(memory, owned)
    sheet.keys(legend)
    sheet.say("Frames by owner: %s." % ", ".join(words for _, _, words in legend))


def frames(memory, mark=None):
    """Whose each frame is."""
    sheet = Sheet("frames", "Whose each frame of memory is")
    sheet.heading(sheet.title)
    add_frames(sheet, memory, mark)
    return str(sheet)


def frame_words(memory, pfn):
    """Facts about a frame, as one sentence."""
    kind, users, page = memory.class_of(pfn), memory.users.get(pfn, ()), memory.pages.get(pfn)
    words = [svg.owners.words(kind, 0)]
    if pfn == memory.zero:
        words.append("the page of zeros that all reads of fresh memory share")
    words.append("%d %s to it" % (len(users), "entry leads" if len(users) == 1 else
                                  "entries lead"))
    if page:
        if page.object:
            words.append("page %d of %s" % (page.index, memory.object_name(page.object)))
        if page.slot:
            words.append("slot %d has a copy" % (page.slot - 1) if memory.is_on_disk(
                memory.slots.get(page.slot - 1) or _SLOT) else "slot %d is its own" % (
                    page.slot - 1))
        words += [name for bit, name in ((8, "newer than the disk"), (16, "being written"))
                  if page.flags & bit]
    found = memory.list_of(pfn)
    if found:
        words.append("number %d of %d on the list `%s` (%s)" % (
            found[1], len(found[0].pages), found[0].name, found[0].policy))
    return ", ".join(words)


class _SLOT:
    pfn = 0


def add_frame(sheet, memory, pfn):
    """The frames around one, and what is known of it."""
    first, end = memory.frame_range()
    sheet.part("Frame 0x%x" % pfn, frame_words(memory, pfn))
    sheet.say("Frame 0x%x: %s." % (pfn, frame_words(memory, pfn)))
    low, high = around(pfn, first, end, STRIP)
    if not low <= pfn < high:
        sheet.line("There is no such frame: memory is 0x%x to 0x%x." % (first, end - 1), "wrong")
        return
    size = INSIDE / STRIP
    sheet.y += 10
    sheet.cells(memory.owners(low, high), MARGIN, sheet.y, STRIP, size)
    hatch(sheet, [memory.is_shared(at) for at in range(low, high)], MARGIN, sheet.y, size)
    add_ring(sheet, MARGIN + (pfn - low) * size, sheet.y, size, size)
    sheet.y += size
    legend = owners_in(memory, memory.owners(low, high))
    sheet.keys([(kind, pid, words.rsplit(":", 1)[0]) for kind, pid, words in legend])


def hatch(sheet, which, x, y, size):
    """Stripes over these cells of a row: more than one process has the frame."""
    path = "".join("M%s %sl%s %s" % (number(x + i * size), number(y + size), number(size),
                                     number(-size)) for i, one in enumerate(which) if one)
    if path:
        sheet.add('<path class="hatch" d="%s"/>' % path)


# ---- the walk -----------------------------------------------------------------------------------

def split_words(va, levels):
    """The parts of an address: an index for each level from the root, and the offset."""
    return ["level %d: %d" % (level, va >> PAGE_BITS + TABLE_BITS * level & 511)
            for level in range(levels - 1, -1, -1)] + ["offset: 0x%x" % (va & 4095)]


def add_walk(sheet, memory, va, steps, levels):
    """steps: memory_state.Step, from the root on."""
    page = va >> PAGE_BITS
    sheet.part("The walk for 0x%x" % va, "; ".join(split_words(va, levels)))
    sheet.say("The walk for 0x%x: %s." % (va, "; ".join(split_words(va, levels))))
    wide, gap = (INSIDE - 22 * levels) / (levels + 1), 22
    top = sheet.y + 10
    for place in range(levels):
        level, x = levels - 1 - place, MARGIN + place * (wide + gap)
        step = steps[place] if place < len(steps) else None
        sheet.add(box(x, top, wide, 104, "box", ' rx="4"' if step else
                      ' rx="4" stroke-dasharray="4 4"'),
                  text(x + 9, top + 21, "level %d%s" % (level, " (root)" if not place else ""),
                       "bold"))
        if not step:
            sheet.add(text(x + 9, top + 44, "not reached", "soft"))
            continue
        index = page >> TABLE_BITS * level & 511
        sheet.add(text(x + 9, top + 41, "table in 0x%x" % step.table if step.table is not None
                       else "table", "soft small"),
                  box(x + 6, top + 52, wide - 12, 44, "paper"),
                  text(x + 12, top + 69, "[%d]" % index, "bold small"),
                  text(x + wide - 12, top + 69, svg.short(hexadecimal(step.entry), 12),
                       "small", "end"),
                  text(x + 12, top + 88, letters_of(step.entry).replace(" ", ""), "mono"))
        if place + 1 < len(steps) or step.entry & V and step.entry & (R | X):
            sheet.add('<path class="arrow" d="M%s %sh%s"/><path class="point" d="M%s %sl-8 -5v10z"'
                      '/>' % (number(x + wide - 6), top + 74, number(gap + 2),
                              number(x + wide + gap), top + 74))
    x = MARGIN + levels * (wide + gap)
    last = steps[-1].entry if steps else 0
    add_goal(sheet, memory, x, top, wide, last)
    sheet.y = top + 104
    add_bits(sheet, last, steps[-1].level if steps else 0)


def add_goal(sheet, memory, x, top, wide, entry):
    """The last box: where the walk leads."""
    leads = entry & V and entry & (R | X)
    sheet.add(box(x, top, wide, 104, "box", ' rx="4"' if leads else
                  ' rx="4" stroke-dasharray="4 4"'))
    if not leads:
        sheet.add(text(x + 9, top + 21, "no frame", "bold"))
        return
    pfn = entry >> 10 & (1 << 44) - 1
    kind = memory.class_of(pfn)
    pid = memory.owner(pfn, kind)
    sheet.add(text(x + 9, top + 21, "frame", "bold"), text(x + 9, top + 41, hexadecimal(pfn)))
    sheet.cells([(kind, pid)], x + 9, top + 54, 1, 40)
    if memory.is_shared(pfn):
        hatch(sheet, [True], x + 9, top + 54, 40)
    sheet.add(text(x + 58, top + 70, "shared" if memory.is_shared(pfn) else "", "small"),
              text(x + 58, top + 88, svg.short(svg.owners.words(kind, pid), int(wide - 60) // 7),
                   "small"))


def add_bits(sheet, entry, level):
    """The bits of the last entry one by one, and what they mean together."""
    sheet.y += 14
    names = BITS + ((KEPT, "8", "kept"), (WIRED, "9", "locked" if entry & V else "in swap"))
    wide = INSIDE / len(names)
    for i, (bit, letter, word) in enumerate(names):
        x = MARGIN + i * wide
        on = bool(entry & bit)
        sheet.add(box(x, sheet.y, wide - 6, 40, "box", ' rx="4"' if on else
                      ' rx="4" stroke-dasharray="3 3"'),
                  text(x + 9, sheet.y + 27, letter, "head" if on else "head soft"),
                  text(x + 32, sheet.y + 26, word if on else "–", "small" if on else
                       "soft small"))
    sheet.y += 40
    words = "The entry at level %d, 0x%x: %s." % (level, entry, words_of(entry))
    for line in svg.wrap(words, 112, 2):
        sheet.line(line)
    sheet.say(words)


def are_relatives(memory, one, other):
    return one in memory.spaces and other in memory.spaces and (
        memory.spaces[one].parent == other or memory.spaces[other].parent == one)


def is_of_one(memory, pfn):
    """Whether it is private memory, and more than one process has it: no entry may allow stores."""
    page = memory.pages.get(pfn)
    return memory.class_of(pfn) == "anon" and page and not page.object and memory.is_shared(pfn)


def add_users(sheet, memory, pid, page, pfn):
    """All entries that show the frame, and those of relatives for the same page."""
    rows = [(pid, page)] if pid in memory.spaces else []
    rows += memory.users.get(pfn, []) if pfn is not None else []
    rows += [(other, page) for other, space in sorted(memory.spaces.items())
             if page in space.entries and are_relatives(memory, pid, other)]
    rows = list(dict.fromkeys(rows))
    if len(rows) < 2:
        return
    sheet.part("Entries side by side", "for the same frame, and for the same page in a parent or "
               "child")
    sheet.say("Entries for the same frame, and for the same page in a parent or child:")
    for other, at in rows[:MOST_USERS]:
        entry = memory.spaces[other].entries.get(at)
        leads = "nothing" if not entry else "slot %d" % entry.number if entry.kind == "s" else \
            "frame 0x%x" % entry.number
        here = (other, at) == (pid, page)
        stores = pfn is not None and entry and entry.kind == "p" and entry.number == pfn and \
            entry.bits & W and is_of_one(memory, pfn)
        words = "%s %-22s 0x%-10x  %s  → %s%s%s" % (
            "▶" if here else " ", svg.short(who(memory, other), 22), at << PAGE_BITS,
            letters_of(word_of(entry) if entry else 0), leads,
            " (the same)" if entry and entry.kind != "s" and entry.number == pfn and not here
            else "", "  ← a store here changes it for all" if stores else "")
        sheet.line(words, "mono wrong" if stores else "mono")
        sheet.say(" ".join(words.split()) + ".")
    if len(rows) > MOST_USERS:
        sheet.line("and %d more" % (len(rows) - MOST_USERS), "soft")


def tree(memory, pid, va):
    """The walk along one address, from the root to the frame."""
    sheet = Sheet("tree", "%s, 0x%x: the walk through its page tables" % (who(memory, pid), va))
    sheet.heading(sheet.title)
    space = memory.spaces.get(pid)
    if not space or not space.levels:
        sheet.line("There is no process %d." % pid, "wrong")
        return str(sheet)
    steps = space.steps(va >> PAGE_BITS)
    add_walk(sheet, memory, va, steps, space.levels)
    entry = space.entries.get(va >> PAGE_BITS)
    add_users(sheet, memory, pid, va >> PAGE_BITS, entry.number if entry and entry.kind != "s"
              else None)
    return str(sheet)


# ---- a space ------------------------------------------------------------------------------------

def area_words(memory, area):
    what = memory.object_name(area.object) if area.object else "memory"
    return "0x%x to 0x%x, %s, %s%s" % (
        area.start << PAGE_BITS, area.start + area.pages << PAGE_BITS, area.access, what,
        " (%s)" % area.flags if area.flags else "")


def count_words(memory, space, area):
    kinds = [space.entries[page] for page in space.entries
             if area.start <= page < area.start + area.pages]
    shared = sum(e.kind != "s" and memory.is_shared(e.number) for e in kinds)
    there = sum(e.kind == "p" for e in kinds)
    out, none = (sum(e.kind == kind for e in kinds) for kind in "sn")
    words = ["%d in memory%s" % (there, ", %d of them shared" % shared if shared else "")]
    words += ["%d in swap" % out] if out else []
    words += ["%d that nobody may touch" % none] if none else []
    words += ["%d not there yet" % (area.pages - len(kinds))] if area.pages > len(kinds) else []
    return "%d pages: %s" % (area.pages, ", ".join(words))


def strip(sheet, memory, space, low, high, mark=None):
    """A row of pages. P: in memory; M: in memory, and others have it, too; S: in swap; N: there,
    and not to be touched; dot: nothing yet."""
    size, owned, letters = INSIDE / STRIP, [], []
    for page in range(low, high):
        entry = space.entries.get(page)
        letter = "." if not entry else "S" if entry.kind == "s" else "N" if entry.kind == "n" \
            else "M" if memory.is_shared(entry.number) or entry.number == memory.zero else "P"
        letters.append(letter)
        owned.append({"P": ("anon", space.pid), "M": ("anon", space.pid), "S": ("reserved", 0),
                      "N": ("stack", 0), ".": ("free", 0)}[letter])
    sheet.y += 12
    sheet.cells(owned, MARGIN, sheet.y, STRIP, size, letters=False)
    sheet.letters(letters, [svg.ink_on(*owner) for owner in owned], MARGIN, sheet.y, size, size)
    hatch(sheet, [letter == "M" for letter in letters], MARGIN, sheet.y, size)
    if mark is not None and low <= mark < high:
        add_ring(sheet, MARGIN + (mark - low) * size, sheet.y, size, size)
    sheet.y += size


STRIP_WORDS = "P: in memory · M: in memory, and others have it, too · S: in swap · " \
    "N: there, not to be touched · dot: not there yet"


def add_area(sheet, memory, space, va):
    """The area of an address, and the pages around it."""
    page = va >> PAGE_BITS
    area = space.area_of(page)
    if not area:
        near = [a for a in space.areas if a.start <= page][-1:] + \
            [a for a in space.areas if a.start > page][:1]
        words = "no area of %s has 0x%x: an access kills it%s" % (
            who(memory, space.pid), va, "; nearest: " + "; ".join(
                area_words(memory, a) for a in near) if near else "")
        sheet.part("The area", words)
        sheet.say("The area: %s." % words)
        return
    sheet.part("The area", area_words(memory, area))
    sheet.line(count_words(memory, space, area), "soft")
    sheet.say("The area: %s; %s." % (area_words(memory, area), count_words(memory, space, area)))
    low, high = around(page, area.start, area.start + area.pages, STRIP)
    strip(sheet, memory, space, low, high, page)
    sheet.line(STRIP_WORDS, "soft small")


def space(memory, pid, va=None):
    """The areas of a process, and which of their pages are where."""
    sheet = Sheet("space", "%s: its address space" % who(memory, pid))
    sheet.heading(sheet.title)
    mine = memory.spaces.get(pid)
    if not mine or not mine.areas:
        sheet.line("There is no process %d with a space." % pid, "wrong")
        return str(sheet)
    sheet.line(STRIP_WORDS, "soft small")
    for area in mine.areas[:MOST_AREAS]:
        sheet.part("0x%x" % (area.start << PAGE_BITS), "%s · %s" % (
            area_words(memory, area).split(", ", 1)[1], count_words(memory, mine, area)))
        sheet.say("%s: %s." % (area_words(memory, area), count_words(memory, mine, area)))
        at = va >> PAGE_BITS if va is not None else area.start
        inside = area.start <= at < area.start + area.pages
        low, high = around(at if inside else area.start, area.start, area.start + area.pages, STRIP)
        strip(sheet, memory, mine, low, high, at if inside and va is not None else None)
        if high - low < area.pages:
            sheet.line("%d of %d pages are shown" % (high - low, area.pages), "soft small")
    if len(mine.areas) > MOST_AREAS:
        sheet.line("and %d areas more" % (len(mine.areas) - MOST_AREAS), "soft")
    return str(sheet)


# ---- lists and slots ----------------------------------------------------------------------------

def add_list(sheet, memory, each, mark=None):
    room = ", room for %d" % each.room if each.room else ""
    sheet.part("List `%s`" % each.name, "policy %s, %d pages%s; the hand comes from the left" % (
        each.policy, len(each.pages), room))
    sheet.say("List %s, policy %s: %d pages%s." % (each.name, each.policy, len(each.pages), room))
    if not each.pages:
        sheet.line("It is empty.", "soft")
        return
    size, some = INSIDE / STRIP, each.pages[:MOST_LISTED]
    pids = {"pid %d" % pid: pid for pid in memory.spaces}
    owned = [(memory.class_of(at), memory.owner(at, memory.class_of(at))) if each.is_of_frames
             else ("anon", pids.get(each.name, 0)) for at in some]
    sheet.y += 14
    tall = sheet.cells(owned, MARGIN, sheet.y, STRIP, size)
    add_ring(sheet, MARGIN, sheet.y, size, size)
    if mark in some[1:]:
        row, column = divmod(some.index(mark), STRIP)
        sheet.add(box(MARGIN + column * size - 1.5, sheet.y + row * size - 1.5, size + 3, size + 3,
                      "ring"))
    sheet.y += tall
    what = "frame" if each.is_of_frames else "page"
    ends = [hexadecimal(at if each.is_of_frames else at << PAGE_BITS)
            for at in (each.pages[0], each.pages[-1])]
    sheet.line("▼ the hand is at %s %s, the oldest end; the newest is %s%s" % (
        what, ends[0], ends[1], "" if len(some) == len(each.pages) else
        " (%d of %d are shown)" % (len(some), len(each.pages))), "soft small")
    sheet.say("The hand is at %s %s; the newest is %s." % (what, *ends))
    if each.is_of_frames:
        sheet.keys(owners_in(memory, owned))


def lists(memory):
    """The lists of replacement, oldest end first."""
    sheet = Sheet("lists", "Which page goes next: the lists of replacement")
    sheet.heading(sheet.title)
    for each in memory.lists:
        add_list(sheet, memory, each)
    return str(sheet)


SLOT_LOOKS = {".": ("free", 0, "free"), "D": ("file", 0, "on the disk"),
              "B": ("buffer", 0, "on the disk, and in memory, too"),
              "M": ("slab", 0, "given out; memory is newer than the disk")}


def slot_letter(memory, at):
    slot = memory.slots.get(at)
    if not slot:
        return "."
    return "D" if not slot.pfn else "B" if memory.is_on_disk(slot) else "M"


def slot_words(memory, at):
    slot, users = memory.slots.get(at), memory.slot_users.get(at, ())
    if at >= memory.slot_count:
        return "there is no such slot: the disk has %d" % memory.slot_count
    if not slot:
        return "free" + ("" if not users else ", and %d entries name it" % len(users))
    return "%s; use count %d; named by %s%s" % (
        SLOT_LOOKS[slot_letter(memory, at)][2], slot.uses, ", ".join(
            "%s at 0x%x" % (who(memory, pid), page << PAGE_BITS) for pid, page in users[:3])
        or "no page table", " and %d more" % (len(users) - 3) if len(users) > 3 else "")


def add_slots(sheet, memory, low, high, columns=STRIP, mark=None):
    size = INSIDE / columns
    letters = [slot_letter(memory, at) for at in range(low, high)]
    owned = [SLOT_LOOKS[letter][:2] for letter in letters]
    sheet.y += 12
    tall = sheet.cells(owned, MARGIN, sheet.y, columns, size, letters=False)
    for row in range(0, len(letters), columns):
        sheet.letters(letters[row:row + columns], [svg.ink_on(*o) for o in
                                                   owned[row:row + columns]],
                      MARGIN, sheet.y + row // columns * size, size, size)
    if mark is not None and low <= mark < high:
        row, column = divmod(mark - low, columns)
        add_ring(sheet, MARGIN + column * size, sheet.y + row * size, size, size)
    sheet.y += tall
    sheet.line(" · ".join("%s: %s" % (letter, look[2]) for letter, look in SLOT_LOOKS.items()),
               "soft small")


def add_slot(sheet, memory, at):
    """The slots around one, and what is known of it."""
    sheet.part("Swap slot %d" % at, slot_words(memory, at))
    sheet.say("Swap slot %d: %s." % (at, slot_words(memory, at)))
    if at < memory.slot_count:
        low, high = around(at, 0, memory.slot_count, STRIP)
        add_slots(sheet, memory, low, high, mark=at)


def slots(memory):
    """What the swap disk has, from slot 0 to the last one that is in use."""
    sheet = Sheet("slots", "Slots of the swap disk")
    sheet.heading(sheet.title)
    end = max(memory.slots, default=-1) + 1
    sheet.line("%d slots, %d in use%s" % (memory.slot_count, len(memory.slots), "" if end else
                                          ": nothing is in swap"), "soft")
    sheet.say("%d slots, %d in use." % (memory.slot_count, len(memory.slots)))
    shown = min(end, MOST_CELLS // 2)
    if shown:
        add_slots(sheet, memory, 0, shown, 64)
    letters = [slot_letter(memory, at) for at in memory.slots]
    sheet.say("; ".join("%s: %d" % (look[2], letters.count(letter))
                        for letter, look in SLOT_LOOKS.items() if letter != "."))
    return str(sheet)


PICTURES = {"frames": frames, "tree": tree, "space": space, "lists": lists, "slots": slots}
