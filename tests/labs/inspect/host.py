"""The host stage of `inspect`: counters of many harts, the machine's numbers and one process's, the
system call around them, and what the program prints.

What must hold is arithmetic: a number is the sum of its cells, or what the part of the kernel says
that knows it. Nothing else is in the struct, whatever was there before. Rules of a student's own
change which pages count, which calls are refused, and what is printed.
"""

import random

from hoststage import Case, Test, Wrong

HARTS = 8
NAMES = (
    "fault_zero fault_zero_read fault_file fault_cow_copy fault_cow_reuse fault_swap fault_stack "
    "fault_spurious fault_bad pgin pgout file_read file_write refault scan evict_clean evict_dirty "
    "swap_slots_used tlb_local tlb_remote tlb_asid alloc_success alloc_fail disk_read_bytes "
    "disk_write_bytes commit commit_limit").split() + [
        "frames " + name for name in ("free", "kernel", "page table", "stack", "slab", "anonymous",
                                      "file", "buffer")] + (
    "fault_around swap_slots swap_cached disk_reads disk_writes").split()
ITEM = {name: number for number, name in enumerate(NAMES)}
MM_EVENTS = ITEM["evict_dirty"] + 1
SIZE = 8 * (len(NAMES) + 4)
ROUND = 1 << 64
V, R, W, U, A, NONE, SWAP = 1, 2, 4, 16, 64, 256, 512
PRIVATE = 1 << 11
EINVAL, ENOMEM, EFAULT, ESRCH, EINTR = 22, 12, 14, 3, 4
ERRORS = {0: "0", -EINVAL: "-EINVAL", -ENOMEM: "-ENOMEM", -EFAULT: "-EFAULT", -ESRCH: "-ESRCH",
          -EINTR: "-EINTR"}
DROP = 1
STEPS = 10000
DRAWN = 6
RULES = frozenset()         # of rules.patch, for one student
KIB = 4                     # of a frame


def in_words(command):
    name, *rest = command.split()
    a = [int(word) for word in rest]
    if name in ("cell", "event"):
        return "%s %d: %s is %d" % ("hart" if name == "cell" else "process of space", a[0],
                                    NAMES[a[1]], a[2])
    if name == "entry":
        kind = "present" if a[3] & V else "kept by PROT_NONE" if a[3] & NONE else "in swap" \
            if a[3] & SWAP else "empty"
        return "space %d, page %d: %s, %s %d" % (
            a[0], a[1], kind, "slot" if kind == "in swap" else "frame", a[2])
    if name == "sum":
        return "vm_stat_sum(%s)" % NAMES[a[0]]
    words = {"free": "%d frames are free",
             "swap": "swap: %d slots, %d used, %d with a page",
             "charged": "%d pages are charged, the limit is %d",
             "space": "space %d is process %d's",
             "has": "space %d: charged %d pages and %d unswappable ones, %d in swap",
             "table": "space %d has a leaf table from page %d on",
             "memory": "%d allocations succeed from now on",
             "refuse": "copying to the user fails with error %d",
             "read": "vm_stats_read(stats, %d)", "pages": "private_pages(), of space %d",
             "one": "vm_stats_read_one(stats, %d)", "call": "vmstat(%d, %#x, %d)"}
    if name == "frame":
        return "frame %d is %s" % (a[0], "private" if a[1] & PRIVATE else "a file's")
    return words[name] % tuple(a) if name in words else name


class Space:
    def __init__(self, pid):
        self.pid, self.events, self.has = pid, {}, (0, 0, 0)
        self.entries = {}


class Judge:
    def __init__(self, script, seed=None):
        self.script, self.seed, self.done = script, seed, []

    def __call__(self, replies):
        for command in self.script:
            self.done.append(command)
            words = command.split()
            getattr(self, "do_" + words[0])(replies, *[int(word) for word in words[1:]])
        replies.finish()

    def differ(self, what, expected, found):
        lines = ["  " + in_words(command) for command in self.done[-10:]]
        if self.seed is not None:
            lines.insert(0, "seed %s, step %d" % (self.seed, len(self.done)))
        raise Wrong("\n".join(lines + [what, "expected: %s" % expected, "found:    %s" % found]))

    def take(self, replies, expected, what):
        line = replies.take()
        if line != expected:
            self.differ(what, expected, line)

    # -- what is given --

    def do_new(self, _replies):
        self.cells, self.spaces, self.flags = {}, {}, {}
        self.states = {}
        self.memory, self.refusal = 1000, 0

    def do_cell(self, _replies, hart, item, number):
        self.cells[hart, item] = number % ROUND

    def do_free(self, _replies, frames):
        self.states["frames free"] = frames

    def do_swap(self, _replies, slots, used, pages):
        self.states.update(swap_slots=slots, swap_slots_used=used, swap_cached=pages)

    def do_charged(self, _replies, total, limit):
        self.states.update(commit=total, commit_limit=limit)

    def do_space(self, _replies, number, pid):
        self.spaces[number] = Space(pid)

    def do_event(self, _replies, number, item, value):
        self.spaces[number].events[item] = value

    def do_has(self, _replies, number, pages, unswappable, swapped):
        self.spaces[number].has = pages, unswappable, swapped

    def do_table(self, _replies, _number, _page):
        pass

    def do_entry(self, _replies, number, page, frame, bits):
        self.spaces[number].entries[page] = frame, bits

    def do_frame(self, _replies, frame, flags):
        self.flags[frame] = flags

    def do_memory(self, _replies, number):
        self.memory = number

    def do_refuse(self, _replies, error):
        self.refusal = error

    # -- what must be --

    def sum(self, item):
        return sum(self.cells.get((hart, item), 0) for hart in range(HARTS)) % ROUND

    def machine(self):
        items = {item: self.sum(item) for item in range(len(NAMES))}
        for name in ("frames free", "swap_slots", "swap_slots_used", "swap_cached", "commit",
                     "commit_limit"):
            items[ITEM[name]] = self.states.get(name, 0)
        return items, 0, 0

    def private(self, space):
        with_frame = V if "kept_is_not_resident" in RULES else V | NONE
        return sum(bool(bits & with_frame) and bool(self.flags.get(frame, 0) & PRIVATE)
                   for frame, bits in space.entries.values())

    def process(self, pid):
        for space in self.spaces.values():
            if space.pid == pid:
                items = dict(space.events)
                items[ITEM["commit"]] = space.has[0] + space.has[1]
                return items, self.private(space), space.has[2]
        return None

    def check_stats(self, replies, wanted):
        items, resident, swapped = wanted
        self.take(replies, "stats version 1 size %d resident %d swapped %d" % (
            SIZE, resident, swapped), "what stands around the counters")
        found = {}
        line = replies.take()
        while line != "told":
            _, item, number = line.split()
            found[int(item)] = int(number)
            line = replies.take()
        for item, name in enumerate(NAMES):
            if found.get(item, 0) != items.get(item, 0):
                self.differ("the counter %s" % name, items.get(item, 0), found.get(item, 0))

    def do_sum(self, replies, item):
        self.take(replies, "sum %d" % self.sum(item), "the sum over all harts")

    def do_read(self, replies, flags):
        if flags & DROP:
            self.take(replies, "dropped", "with VMSTAT_DROP all that can go goes first")
        self.check_stats(replies, self.machine())

    def do_pages(self, replies, number):
        self.take(replies, "pages %d" % self.private(self.spaces[number]),
                  "private pages that are in memory%s" % (
                      ", but none that PROT_NONE keeps" if "kept_is_not_resident" in RULES else ""))

    def do_one(self, replies, pid):
        wanted = self.process(pid)
        self.take(replies, "one %d" % (-ESRCH if wanted is None else 0), "the result")
        if wanted:
            self.check_stats(replies, wanted)

    def do_call(self, replies, pid, address, flags):
        def result(expected, more=""):
            line = replies.take()
            if line != "call %d" % expected:
                number = line.split()[-1]
                self.differ("the call's result" + more, ERRORS[expected],
                            ERRORS.get(int(number), number) if line.startswith("call ") else line)

        if not -(1 << 31) <= pid < 1 << 31 or pid < 0 or flags & ~DROP:
            return result(-EINVAL)
        if "drop_for_all_only" in RULES and flags & DROP and pid:
            return result(-EINVAL, ", with VMSTAT_DROP for one process")
        if flags & DROP:
            self.take(replies, "dropped", "what can go goes, before anything is allocated")
        if self.memory == 0:
            return result(-ENOMEM)
        self.memory -= 1
        self.take(replies, "allocated %d" % SIZE, "room for the numbers: the kernel's stack is "
                  "too small for them")
        wanted = self.machine() if pid == 0 else self.process(pid)
        if wanted:
            self.take(replies, "copied 0x%x %d" % (address, SIZE), "what goes to the caller")
            self.check_stats(replies, wanted)
        self.take(replies, "freed", "the room is given back")
        return result(-ESRCH if wanted is None else -self.refusal)

    def do_print(self, replies):
        for item, name in enumerate(NAMES):
            in_kib = "frames_in_kib" in RULES and name.startswith("frames ")
            self.take(replies, "printed %-18s %d|" % (
                name, self.sum(item) * (KIB if in_kib else 1) % ROUND), "line %d%s" % (
                    item + 1, ", in KiB" if in_kib else ""))
        self.take(replies, "that is all", "and no line more")


def case(name, *script):
    return Case(name, ["new"] + list(script), Judge(["new"] + list(script)))


def cells(dice, items, harts=range(HARTS)):
    return ["cell %d %d %d" % (hart, item, dice.choice((dice.randrange(1000), ROUND -
                                                         dice.randrange(1, 50)))
                               if NAMES[item].startswith("frames") else dice.randrange(100000))
            for hart in harts for item in items]


PRESENT = V | R | U | A
SPACE = ("space 0 3", "space 1 8", "space 2 5", "table 1 512")
SUMS = (
    case("no_event", "sum 0"),
    case("one_hart", "cell 0 3 17", "sum 3"),
    case("the_last_hart", "cell 7 3 17", "sum 3"),
    case("all_harts", *["cell %d 4 %d" % (hart, 1 << hart) for hart in range(HARTS)] + ["sum 4"]),
    case("only_this_item", "cell 2 5 1000", "cell 2 6 7", "cell 2 7 1000", "sum 6"),
    case("less_than_nothing_on_one_hart", "cell 0 32 200", "cell 1 32 %d" % (ROUND - 50), "sum 32"),
    case("large_numbers", "cell 0 24 %d" % (1 << 40), "cell 5 24 %d" % (3 << 40), "sum 24"),
)
MACHINE = (
    case("nothing_at_all", "read 0"),
    case("each_item_once", *["cell 0 %d %d" % (item, 100 + item) for item in range(len(NAMES))] +
         ["read 0"]),
    case("several_harts", "cell 0 0 5", "cell 3 0 6", "cell 4 9 7", "read 0"),
    case("free_frames", "free 1234", "read 0"),
    case("cells_of_states_do_not_count", "cell 0 27 99", "cell 1 17 99", "cell 2 25 99", "free 5",
         "read 0"),
    case("swap", "swap 1000 30 20", "read 0"),
    case("charges", "charged 400 900", "read 0"),
    case("all_together", "cell 0 1 3", "free 77", "swap 64 9 4", "charged 12 13", "read 0"),
    case("caches_go_first", "cell 0 1 3", "free 77", "read 1"),
)
PROCESS = (
    case("what_happened_to_it", *SPACE, "event 1 0 41", "event 1 %d 42" % (MM_EVENTS - 1), "one 8"),
    case("the_first_and_the_last", *SPACE, "event 0 2 7", "event 2 2 9", "one 3", "one 5"),
    case("what_it_is_charged", *SPACE, "has 1 30 4 0", "one 8"),
    case("what_is_in_swap", *SPACE, "has 1 30 4 11", "one 8"),
    case("events_of_the_machine_are_not_its", *SPACE, "cell 0 0 1000", "free 44", "event 1 0 1",
         "one 8"),
    case("nobody_has_that_number", *SPACE, "one 4"),
    case("no_process_is_there", "one 1"),
)
PAGES = (
    case("no_tables", "space 0 3", "pages 0"),
    case("an_empty_table", *SPACE, "pages 1"),
    case("a_private_page", *SPACE, "frame 7 %d" % PRIVATE, "entry 1 600 7 %d" % PRESENT, "pages 1"),
    case("a_page_of_a_file", *SPACE, "entry 1 600 7 %d" % PRESENT, "pages 1"),
    case("kept_by_prot_none", *SPACE, "frame 7 %d" % PRIVATE, "entry 1 600 7 %d" % NONE, "pages 1"),
    case("in_swap", *SPACE, "frame 7 %d" % PRIVATE, "entry 1 600 7 %d" % SWAP, "pages 1"),
    case("first_and_last_of_a_table", *SPACE, "frame 7 %d" % PRIVATE, "frame 8 %d" % PRIVATE,
         "entry 1 512 7 %d" % PRESENT, "entry 1 1023 8 %d" % PRESENT, "pages 1"),
    case("two_tables_beside", *SPACE, "table 1 1024", "frame 7 %d" % PRIVATE,
         "frame 8 %d" % PRIVATE, "entry 1 1023 7 %d" % PRESENT, "entry 1 1024 8 %d" % PRESENT,
         "pages 1"),
    case("tables_far_apart", *SPACE, "table 1 1048576", "frame 7 %d" % PRIVATE,
         "frame 8 %d" % PRIVATE, "entry 1 600 7 %d" % PRESENT, "entry 1 1048580 8 %d" % PRESENT,
         "pages 1"),
)
CALL = (
    case("the_machine", "cell 0 1 3", "free 77", "call 0 4096 0"),
    case("a_process", *SPACE, "event 1 0 41", "call 8 4096 0"),
    case("to_where_the_caller_says", "call 0 81925 0"),
    case("caches_go_first_of_all", "free 77", "call 0 4096 1"),
    case("twice", *SPACE, "call 8 4096 0", "call 3 4096 0"),
    case("caches_and_one_process", *SPACE, "event 1 0 41", "call 8 4096 1", "call 3 4096 1"),
)
BAD = (
    case("no_such_process", *SPACE, "call 9 4096 0"),
    case("less_than_0", *SPACE, "call -1 4096 0"),
    case("more_than_an_int", *SPACE, "call %d 4096 0" % ((1 << 32) + 8)),
    case("an_unknown_flag", *SPACE, "call 0 4096 32"),
    case("a_known_flag_and_an_unknown_one", *SPACE, "call 0 4096 %d" % (DROP | 1 << 40)),
    case("a_bad_address", *SPACE, "refuse %d" % EFAULT, "call 0 0 0"),
    case("a_bad_address_for_a_process", *SPACE, "refuse %d" % EFAULT, "call 8 0 0"),
    case("the_caller_is_to_end", *SPACE, "refuse %d" % EINTR, "call 8 4096 1"),
    case("no_memory", *SPACE, "memory 0", "call 0 4096 0"),
    case("no_memory_with_caches", *SPACE, "memory 0", "call 8 4096 1"),
    case("a_bad_call_and_a_good_one", *SPACE, "call -5 4096 0", "refuse %d" % EFAULT,
         "call 8 4096 0", "refuse 0", "call 8 4096 0"),
)
PRINT = (
    case("zeros", "print"),
    case("a_number_each", *["cell 0 %d %d" % (item, 7 * item + 1) for item in range(len(NAMES))] +
         ["print"]),
    case("large_ones", "cell 0 23 %d" % (ROUND - 1), "cell 0 24 %d" % (1 << 63), "print"),
)


def drawn(dice, number):
    items = dice.sample(range(len(NAMES)), 8)
    script = cells(dice, items) + ["free %d" % dice.randrange(9999), "swap %d %d %d" % tuple(
        dice.randrange(500) for _ in range(3)), "charged %d %d" % (dice.randrange(900),
                                                                  dice.randrange(900))]
    pid = dice.randrange(10, 99)
    space = ["space 0 %d" % (pid + 1), "space 1 %d" % pid, "table 1 1024", "table 1 4096"]
    for frame in range(1, 40):
        space.append("frame %d %d" % (frame, dice.choice((0, PRIVATE))))
        space.append("entry 1 %d %d %d" % (
            dice.choice((1024, 4096)) + dice.randrange(512), frame,
            dice.choice((PRESENT, PRESENT | W, NONE, SWAP))))
    space += ["event 1 %d %d" % (item, dice.randrange(9999)) for item in range(0, MM_EVENTS, 3)]
    space.append("has 1 %d %d %d" % tuple(dice.randrange(1, 99) for _ in range(3)))
    return (case("drawn_sums_%d" % number, *(script + ["sum %d" % item for item in items])),
            case("drawn_machine_%d" % number, *(script + ["read %d" % dice.randrange(2)])),
            case("drawn_process_%d" % number, *(space + ["one %d" % pid, "one %d" % (pid + 1)])),
            case("drawn_pages_%d" % number, *(space + ["pages 1", "pages 0"])),
            case("drawn_call_%d" % number, *(script + space + ["call %d %d %d" % (
                dice.choice((0, pid, pid + 1)), dice.randrange(1 << 38), dice.randrange(2))])),
            case("drawn_refusal_%d" % number, *(script + space + [
                "refuse %d" % EFAULT, "call %d %d %d" % (
                    dice.choice((0, pid, pid + 2)), dice.randrange(1 << 38), dice.randrange(2))])),
            case("drawn_print_%d" % number, *(script + ["print"])))


def random_case(seed):
    dice = random.Random("steps %d" % seed)
    script = ["new", "space 0 3", "space 1 8", "table 0 512", "table 1 0", "table 1 512"]
    for _ in range(STEPS):
        act = dice.randrange(12)
        if act < 4:
            script.append("cell %d %d %d" % (dice.randrange(HARTS), dice.randrange(len(NAMES)),
                                             dice.randrange(ROUND)))
        elif act < 7:
            script.append("entry 1 %d %d %d" % (dice.randrange(1024), dice.randrange(1, 200),
                                                dice.choice((0, PRESENT, NONE, SWAP))))
        elif act < 8:
            script.append("frame %d %d" % (dice.randrange(1, 200), dice.choice((0, PRIVATE))))
        elif act < 10:
            script.append("sum %d" % dice.randrange(len(NAMES)))
        else:
            script.append("pages %d" % dice.randrange(2))
    return Case("ten_thousand_steps", script, Judge(script, seed))


def tests(seed):
    dice = random.Random("inspect %d" % seed)
    sums, machine, process, pages, calls, refusals, prints = zip(
        *[drawn(dice, number) for number in range(DRAWN)])
    return [
        Test("sums", "works", 3, SUMS + sums),
        Test("the whole machine", "works", 4, MACHINE + machine, needs=("sums",)),
        Test("pages of one process", "works", 4, PAGES + pages),
        Test("one process", "works", 3, PROCESS + process, needs=("pages of one process",)),
        Test("the call", "works", 3, CALL + calls, needs=("the whole machine", "one process")),
        Test("what is printed", "works", 3, PRINT + prints),
        Test("random steps", "bad arguments", 8, (random_case(seed),), together=True,
             needs=("sums", "pages of one process")),
        Test("calls that are refused", "bad arguments", 12, BAD + refusals, needs=("the call",)),
    ]
