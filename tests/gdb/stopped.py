"""The memory of the machine that gdb has stopped, as a source for tests/reader.

It is read by physical address, whatever page table the hart has and in whatever mode it is: QEMU's
gdb stub does that when it is told to. Between the first reading and close() gdb's own readings are
physical, too; so whoever opens this closes it.
"""

import gdb

from memory import PAGE_SIZE, RAM_START, NotThere

MOST_PAGES = 256            # of one reading


class StoppedMachine:
    """A source. What was read once is kept: nothing changes before close()."""
    is_still = True

    def __init__(self):
        self.start, self.end = RAM_START, RAM_START + (64 << 30)
        self.pages = {}
        self.physical = False

    def _go_physical(self, on):
        answer = gdb.execute("maintenance packet Qqemu.PhyMemMode:%d" % on, to_string=True)
        if on and 'received: "OK"' not in answer:
            raise NotThere("what gdb is connected to has no physical memory for us: it takes "
                           "QEMU's gdb stub, as `make qemu-gdb` has it")
        self.physical = on

    def close(self):
        if self.physical:
            self._go_physical(False)

    def _fetch(self, first, last):
        """Brings the pages that are not here yet, neighbours in one go."""
        number = first
        while number <= last:
            if number in self.pages:
                number += 1
                continue
            end = number + 1
            while end <= last and end not in self.pages and end - number < MOST_PAGES:
                end += 1
            if not self.physical:
                self._go_physical(True)
            try:
                data = bytes(gdb.selected_inferior().read_memory(
                    number * PAGE_SIZE, (end - number) * PAGE_SIZE))
            except gdb.MemoryError:
                raise NotThere("gdb cannot read the machine's memory at 0x%x" % (
                    number * PAGE_SIZE))
            for i in range(number, end):
                self.pages[i] = data[(i - number) * PAGE_SIZE:(i - number + 1) * PAGE_SIZE]
            number = end

    def read(self, pa, size):
        first, last = pa // PAGE_SIZE, (pa + max(size, 1) - 1) // PAGE_SIZE
        self._fetch(first, last)
        if first == last:
            return self.pages[first][pa % PAGE_SIZE:pa % PAGE_SIZE + size]
        data = b"".join(self.pages[number] for number in range(first, last + 1))
        return data[pa % PAGE_SIZE:pa % PAGE_SIZE + size]

    def word(self, pa):
        return int.from_bytes(self.read(pa, 8), "little")

    def write(self, pa, data):
        if not self.physical:
            self._go_physical(True)
        gdb.selected_inferior().write_memory(pa, data)
        self.pages.clear()

    def find(self, _):
        """QEMU loads a kernel where its file says: there is no need to look elsewhere."""
        return ()

    def end_at(self, pa):
        self.end = pa
