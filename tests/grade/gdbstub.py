"""A small client of QEMU's gdb stub: breakpoints, registers, run and step.

Every packet has its checksum, and is acknowledged. Registers go by name, as the stub's description
of the target has them. Nothing waits for ever: an answer that does not come is Silent.

Breakpoints are hardware ones (Z1): those change nothing in memory, on any machine. QEMU's own
translator treats Z0 and Z1 alike: both compare addresses, of every hart, in every address space.
"""

import re
import select
import time

LONGEST_PACKET = 1 << 20


class Silent(Exception):
    """The stub does not answer, or not as it should."""


class Gone(Exception):
    """The other end is closed: the machine has ended."""


class Stub:
    """sock: a connected socket; patience: seconds that an answer may take."""

    def __init__(self, sock, patience):
        self.sock, self.patience = sock, patience
        self.sock.setblocking(False)
        self.came = b""
        self.harts = 0
        self.numbers, self.sizes = {}, {}   # of registers, by name
        self.ask("qSupported")
        self.ask("?")
        self._read_description()

    # ---- packets --------------------------------------------------------------------------------

    def send(self, text):
        data = text.encode()
        left = b"$%s#%02x" % (data, sum(data) & 255)
        while left:
            _, ready, _ = select.select([], [self.sock], [], self.patience)
            if not ready:
                raise Silent("the gdb stub takes nothing")
            try:
                left = left[self.sock.send(left):]
            except OSError:
                raise Gone()

    def receive(self, seconds):
        """The next packet's content as text, or None if none comes within so many seconds."""
        end = time.monotonic() + seconds
        while True:
            packet = self._packet()
            if packet is not None:
                return packet
            ready, _, _ = select.select([self.sock], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            try:
                data = self.sock.recv(65536)
            except OSError:
                data = b""
            if not data:
                raise Gone()
            self.came += data
            if len(self.came) > LONGEST_PACKET:
                raise Silent("the gdb stub says too much")

    def _packet(self):
        """Takes a whole packet from what came; acknowledgements in front of it are dropped."""
        while True:
            start = self.came.find(b"$")
            end = self.came.find(b"#", start) if start >= 0 else -1
            if end < 0 or len(self.came) < end + 3:
                return None
            data, check = self.came[start + 1:end], self.came[end + 1:end + 3]
            self.came = self.came[end + 3:]
            good = check.lower() == b"%02x" % (sum(data) & 255)
            try:
                self.sock.send(b"+" if good else b"-")
            except OSError:     # it said its last word
                pass
            if good:
                return self._plain(data).decode("latin-1")

    @staticmethod
    def _plain(data):
        """Without the escapes: } and a byte, of which a bit is turned."""
        return re.sub(rb"\}(.)", lambda match: bytes([match.group(1)[0] ^ 0x20]), data,
                      flags=re.DOTALL)

    def ask(self, text):
        self.send(text)
        answer = self.receive(self.patience)
        if answer is None:
            raise Silent("the gdb stub does not answer %s" % text)
        return answer

    def _order(self, text):
        answer = self.ask(text)
        if answer != "OK":
            raise Silent("the gdb stub answers %s with %r" % (text, answer))

    # ---- registers ------------------------------------------------------------------------------

    def _document(self, name):
        text = ""
        while True:
            part = self.ask("qXfer:features:read:%s:%x,7f0" % (name, len(text)))
            text += part[1:]
            if part[:1] == "l":
                return text
            if part[:1] != "m" or len(text) > LONGEST_PACKET:
                raise Silent("the gdb stub has no %s" % name)

    def _read_description(self):
        """A register without a number has that of the one before, and one more."""
        number = 0
        for name in re.findall(r'<xi:include href="([^"]+)"', self._document("target.xml")):
            for register in re.findall(r"<reg ([^>]*)>", self._document(name)):
                words = dict(re.findall(r'(\w+)="([^"]*)"', register))
                number = int(words.get("regnum", number))
                self.numbers[words["name"]] = number
                self.sizes[words["name"]] = int(words["bitsize"]) // 8
                number += 1

    def register(self, name):
        """The value that the hart has which look_at() chose."""
        if name not in self.numbers:
            raise Silent("the gdb stub has no register %s" % name)
        answer = self.ask("p%x" % self.numbers[name])
        if not re.match(r"([0-9a-f]{2}){%d}$" % self.sizes[name], answer):
            raise Silent("the gdb stub says %r of %s" % (answer, name))
        return int.from_bytes(bytes.fromhex(answer), "little")

    def look_at(self, hart):
        self._order("Hg%x" % (hart + 1))

    # ---- running --------------------------------------------------------------------------------

    def set_breakpoint(self, va):
        self._order("Z1,%x,4" % va)

    def go(self):
        """Lets all harts run; the stop comes through receive()."""
        self.send("vCont;c")

    def step(self, hart):
        """One instruction of one hart, whatever breakpoint lies on it; the others stand still."""
        self.send("vCont;s:%x" % (hart + 1))


def stopped_hart(packet):
    """Which hart a packet says has met a breakpoint or made its step; None: it says no such."""
    match = re.match(r"T05.*?thread:(?:p[0-9a-f]+\.)?([0-9a-f]+);", packet)
    return int(match.group(1), 16) - 1 if match else None
