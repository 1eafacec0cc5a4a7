"""Which locks are held, by whom, and who waits: for gdb, whose debug information knows the structs.

Locks are found from the kernel's variables on: those in them, those in what they point to, and in
what is on the lists of LISTS. Memory is read through the reader, as all else.
"""

import gdb

from memory import NotThere, Torn

LOCKS = ("spinlock", "sleeplock", "rwlock")
WRITER, WAITED_FOR = 1 << 31, 1 << 30           # thread/sleeplock.h
# Lists: (struct or file of the variable, member) → what is on it, and by which link.
LISTS = {
    ("process.c", "processes"): ("process", "all_link"),
    ("process", "threads"): ("thread", "process_link"),
}
# Hash tables: (file, variable) → their member, how many heads it has where it is a pointer, what
# is on each list, and by which link.
HASHES = {
    ("inode_cache.c", "cache"): ("hash", "heads", "inode", "hash_link"),
    ("buffer.c", "cache"): ("hash", None, "buffer", "hash_link"),
}
NOT_INTO = LOCKS + ("page", "list_head", "rb_node", "trap_frame", "page_tree_node")
LONGEST_ARRAY = 4096                            # that is looked into
MOST = 1 << 16                                  # objects that are looked at


class Types:
    """What debug information says of types: (locks, pointers, members), where these are
    [(offset, path, kind)], [(offset, struct's name)] and path → (offset, size)."""

    def __init__(self):
        self.known = {}         # by the struct's name

    def of(self, name):
        if name not in self.known:
            self.known[name] = self._struct(gdb.lookup_type("struct " + name))
        return self.known[name]

    def describe(self, type_):
        type_ = type_.strip_typedefs()
        if type_.code == gdb.TYPE_CODE_ARRAY:
            return self._array(type_)
        if type_.code == gdb.TYPE_CODE_PTR:
            target = type_.target().strip_typedefs()
            is_ours = target.code == gdb.TYPE_CODE_STRUCT and target.tag and \
                target.tag not in NOT_INTO
            return [], [(0, target.tag)] if is_ours else [], {}
        if type_.code == gdb.TYPE_CODE_STRUCT and type_.tag:
            return self.of(type_.tag)
        if type_.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            return self._struct(type_)
        return [], [], {}

    def _struct(self, type_):
        found = [], [], {}
        if type_.tag in LOCKS:
            found[0].append((0, "", type_.tag))
        for field in type_.fields():
            if hasattr(field, "bitpos") and not field.bitsize:
                offset, path = field.bitpos // 8, field.name or ""
                if path:
                    found[2][path] = offset, field.type.sizeof
                self._join(found, self.describe(field.type), offset, path)
        return found

    def _array(self, type_):
        found, element = ([], [], {}), type_.target()
        low, high = type_.range()
        one = self.describe(element)
        if (one[0] or one[1]) and high - low < LONGEST_ARRAY or (one[2] and high - low < 64):
            for i in range(low, high + 1):
                self._join(found, one, (i - low) * element.sizeof, "[%d]" % i)
        return found

    @staticmethod
    def _join(found, inner, offset, path):
        """What is in a part, as part of the whole."""
        def below(name):
            return path + ("" if not path or name[:1] in ("", "[") else ".") + name
        locks, pointers, members = found
        locks += [(offset + at, below(name), kind) for at, name, kind in inner[0]]
        pointers += [(offset + at, tag) for at, tag in inner[1]]
        members.update((below(name), (offset + at, size)) for name, (at, size) in inner[2].items())


class Held:
    """A lock that is held. by: text; waiting: texts."""

    def __init__(self, kind, name, at, by):
        self.kind, self.name, self.at, self.by = kind, name, at, by
        self.waiting = []


class Finder:
    def __init__(self, reader, types, spinning):
        self.m, self.reader, self.types, self.spinning = reader.memory, reader, types, spinning
        self.is_san = "name" in types.of("spinlock")[2]
        self.found, self.seen, self.todo = {}, set(), []

    # ---- reading --------------------------------------------------------------------------------

    def get(self, at, struct_name, path):
        offset, size = self.types.of(struct_name)[2][path]
        return int.from_bytes(self.m.read(at + offset, size), "little")

    def string(self, at):
        return self.m.text(at, 24) if at else ""

    def on_list(self, head, struct_name, link):
        offset = self.types.of(struct_name)[2][link][0]
        at = self.m.u64(head)
        for _ in range(MOST):
            if at in (head, 0):
                return
            yield at - offset
            at = self.m.u64(at)

    # ---- where locks are ------------------------------------------------------------------------

    def all(self):
        for symbol in variables(self.m.elf):
            at, name = int(symbol.value().address), symbol.name
            if (at, name) in self.seen:
                continue
            self.seen.add((at, name))
            where = symbol.symtab.filename.rsplit("/", 1)[-1]
            description = self.types.describe(symbol.type)
            self._look(at, description, name, where)
            members = description[2]
            for (file, variable), (struct_name, link) in LISTS.items():
                if (file, variable) == (where, name):
                    self._add_list(at, struct_name, link)
            if (where, name) in HASHES:
                hash_, heads, struct_name, link = HASHES[where, name]
                offset, size = members[hash_]
                first, count = (at + offset, size // 16) if heads is None else (
                    self.m.u64(at + offset), self.m.u32(at + members[heads][0]))
                for i in range(count if first else 0):
                    self._add_list(first + 16 * i, struct_name, link)
        for process in self.reader.processes():
            for area in self.reader.areas(process):
                self._add(area.object, "vm_object")
        while self.todo and len(self.seen) < MOST:
            at, struct_name = self.todo.pop()
            self._look(at, self.types.of(struct_name), struct_name, None)
            for (owner, path), (element_name, link) in LISTS.items():
                if owner == struct_name:
                    self._add_list(at + self.types.of(struct_name)[2][path][0], element_name,
                                   link)
        self._note_holders()
        return sorted(self.found.values(), key=lambda held: (held.kind, held.name, held.at))

    def _add_list(self, head, struct_name, link):
        for element in self.on_list(head, struct_name, link):
            self._add(element, struct_name)

    def _add(self, at, struct_name):
        if at and (at, struct_name) not in self.seen:
            self.seen.add((at, struct_name))
            self.todo.append((at, struct_name))

    def _look(self, base, description, name, file):
        locks, pointers, _ = description
        for offset, path, kind in locks:
            at = base + offset
            label = ".".join(part for part in (name, path) if part) if file else \
                "%s of the %s at 0x%x" % (path, name, base)
            try:
                self._look_at_lock(at, kind, "%s (%s)" % (label, file) if file else label)
            except Torn:
                pass
        for offset, struct_name in pointers:
            try:
                target = self.m.u64(base + offset)
                if target:
                    self.m.pa(target)       # in memory of the kernel
                    self._add(target, struct_name)
            except (Torn, gdb.error):
                pass

    def _look_at_lock(self, at, kind, label):
        if kind == "spinlock":
            if not self.get(at, kind, "locked"):
                return
            by = "held; SAN=1 would tell by which hart"
            if self.is_san:
                by = "being taken, or let go"
                if self.get(at, kind, "holder"):
                    by = "held by %s, taken in %s" % (
                        self.hart(self.get(at, kind, "holder")),
                        place(self.get(at, kind, "taken_at")))
            self.found[at] = Held(kind, label, at, by)
            return
        state = self.get(at, kind, "state")
        if not state:
            return
        if kind == "sleeplock":
            holder = self.get(at, kind, "holder")
            by = "held by " + self.thread(holder) if holder else "being taken, or let go"
        else:
            readers = state & WAITED_FOR - 1
            by = "held by %s" % ("a writer" if state & WRITER else "%d reader%s" % (
                readers, "s" * (readers != 1)))
            if not state & WRITER and not readers:
                by = "free, about to be handed over"
        held = self.found[at] = Held(kind, label, at, by)
        head = at + self.types.of(kind)[2]["waiters"][0]
        for waiter in self.on_list(head, "lock_waiter", "link"):
            held.waiting.append("%s%s" % (
                self.thread(self.get(waiter, "lock_waiter", "thread")),
                ", to write" if kind == "rwlock" and self.get(waiter, "lock_waiter", "is_writer")
                else ""))

    # ---- by whom --------------------------------------------------------------------------------

    def hart(self, at):
        return hart_named(self.get(at, "hart", "id"))

    def thread(self, at):
        try:
            process = self.get(at, "thread", "process")
            name = self.string(at + self.types.of("thread")[2]["name"][0])
            return "process %d (%s)" % (self.get(process, "process", "pid"), name) if process \
                else "the kernel's thread %s" % name
        except Torn:
            return "a thread at 0x%x" % at

    def _note_holders(self):
        """SAN: each thread notes its sleeping locks; and who spins, as the harts' frames tell."""
        threads = [at for at, name in self.seen if name == "thread"] if self.is_san else ()
        members = self.types.of("thread")[2]
        for thread in sorted(threads):
            for i in range(self.get(thread, "thread", "held.count")):
                at = self.get(thread, "thread", "held.held[%d].lock" % i)
                held = self.found.get(at)
                if held and held.kind == "rwlock":
                    held.by += ": " + self.thread(thread)
                elif not held:
                    offset = members["held.held[%d].name" % i][0]
                    name = self.string(self.m.u64(thread + offset))
                    self.found[at] = Held("sleeping lock", "of a " + name, at,
                                          "held by " + self.thread(thread))
        for hart, at in self.spinning:
            if at not in self.found:
                self.found[at] = Held("spinlock", "", at, "free by now")
            self.found[at].waiting.append("%s, which spins" % hart)


def hart_named(number):
    return "hart %d (gdb's thread %d)" % (number, number + 1)


def place(address):
    """Function, file and line of the call that this return address is of."""
    block, line = gdb.block_for_pc(address - 1), gdb.find_pc_line(address - 1)
    while block and not block.function:
        block = block.superblock
    return "%s, %s:%d" % (block.function.name if block else "?",
                          line.symtab.filename if line.symtab else "?", line.line)


found_variables = {}        # by the ELF: it does not change


def variables(elf):
    """The kernel's variables, those of one file too, as gdb's symbols."""
    if elf not in found_variables:
        found_variables.clear()
        symbols, start = [], elf.symbol("__rodata_end").value
        for name, places in elf.symbols.items():
            if all(place.value < start or not place.size for place in places):
                continue
            one = gdb.lookup_global_symbol(name)
            symbols += ([one] if one else []) + list(gdb.lookup_static_symbols(name))
        found_variables[elf] = [s for s in symbols if s.is_variable and s.symtab and
                                s.addr_class == gdb.SYMBOL_LOC_STATIC]
    return found_variables[elf]


def who_spins():
    """(hart, address of the lock) for each hart that is in the loop of a spinlock."""
    here, found = gdb.selected_thread(), []
    for thread in gdb.selected_inferior().threads():
        thread.switch()
        try:
            frame = gdb.newest_frame()
            for _ in range(4):
                if frame is None:
                    break
                if frame.name() == "spin_until_free":
                    found.append((hart_named(thread.num - 1), int(frame.read_var("lock"))))
                    break
                frame = frame.older()
        except (gdb.error, ValueError):     # not in the kernel, or optimized out
            pass
    if here:
        here.switch()
    return found


def show_locks(machine):
    """machine: makes what `with` opens as a reader."""
    spinning = who_spins()
    types = Types()
    with machine() as reader:
        try:
            finder = Finder(reader, types, spinning)
            locks = finder.all()
        except (KeyError, gdb.error) as wrong:
            raise NotThere("this kernel's debug information does not have what `locks` needs: %s"
                           % wrong)
        pages = {reader.struct_page(page.pfn): page for page in reader.pages()
                 if page.order == 0 and page.kind in ("anon", "file") and
                 "locked" in reader.page_flags(page)}
        for held in locks:
            if held.at in pages:
                continue
            print("%s %s, at 0x%x: %s" % (held.kind, held.name, held.at, held.by))
            for waiting in held.waiting:
                print("    waits: %s" % waiting)
        for at, page in pages.items():
            by = finder.found[at].by if at in finder.found else "held; SAN=1 would tell by whom"
            print("page lock of frame 0x%x (%s): %s" % (page.pfn, page.kind, by))
            if "waiters" in reader.page_flags(page):
                print("    waits: perhaps somebody, for this page's lock or its write-back")
        if not locks and not pages:
            print("no lock is held")
