"""The house: which floors the kernel has, and which of them use which, as the source has it.

A floor is a folder of the kernel; kernel/README.md gives their order, from top to bottom, and in
its table what each is for. A folder with floors of its own (`vm: a → b`) has a line for them. Other
folders belong to the floor in which they lie. Beside them stand user/, above all, and the files
right in kernel/. A floor uses another where an #include says so.
"""

import re
import textwrap

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
ORDER = "kernel/README.md"      # where the order is written, and what each floor is for
SHOWN = "README.md"             # where the text form is shown, between these lines
BEGIN, END = "<!-- the house -->\n", "<!-- end of the house -->\n"
BASE = "kernel/abi"             # what everybody may use
USER = "user"
WIDTH = 104
ABOVE, BELOW = "ecall, page fault", "SBI call"      # what is between user/, the kernel and OpenSBI


class Floor:
    """A folder with what lies in it, other floors excepted. `group`: the floor it is part of."""

    def __init__(self, path, name, use, group=""):
        self.path, self.name, self.use, self.group = path, name, use, group
        self.files = []
        self.inner = {}         # folder in it → its files


class House:
    """Floors from top to bottom; `uses` counts the includes from one, by path, to another."""

    def __init__(self, tree):
        self.trouble = []
        self.tree = tree
        self.folders = sorted({p.rsplit("/", 1)[0] for p in tree
                               if p.startswith("kernel/") and p.endswith((".c", ".h", ".S"))})
        self.floors = self.all_floors()
        self.by_path = {floor.path: floor for floor in self.floors}
        self.uses = {}
        for path, text in sorted(tree.items()):
            floor = text and path.endswith((".c", ".h", ".S")) and self.floor_of(path)
            if floor:
                folder = path.rsplit("/", 1)[0]
                files = floor.files if folder == floor.path or floor.path == USER else \
                    floor.inner.setdefault(folder, [])
                files.append(path)
                self.add_uses(floor, text)

    def add_uses(self, floor, text):
        for name in INCLUDE.findall(text):
            other = "kernel/" + name in self.tree and self.floor_of("kernel/" + name)
            if other and other is not floor:
                pair = floor.path, other.path
                self.uses[pair] = self.uses.get(pair, 0) + 1

    def order(self, folder):
        """Names of the floors of a folder (kernel or one in it), from top to bottom."""
        label = "" if folder == "kernel" else folder.rsplit("/", 1)[1] + ": "
        here = {f[len(folder) + 1:].split("/")[0] for f in self.folders
                if f.startswith(folder + "/")}
        for line in re.findall(r"^    %s(\w+(?: → \w+)+)" % label, self.tree.get(ORDER) or "",
                               re.MULTILINE):
            names = line.split(" → ")
            if set(names) & here:
                for name in names:
                    if name not in here:
                        self.trouble.append("%s: there is no %s/%s" % (ORDER, folder, name))
                return [name for name in names if name in here]
        return []

    def all_floors(self):
        floors = [Floor(USER, "user/", "programs, and a small C library"),
                  Floor("kernel", "main.c", self.use_of("main.c"))]
        names = self.order("kernel")
        for name in names + [BASE[len("kernel/"):]]:
            path = "kernel/" + name
            parts = self.order(path)
            if not parts or path in self.folders:
                floors.append(Floor(path, name + "/", self.use_of(name + "/")))
            floors += [Floor(path + "/" + part, part + "/", self.use_of("%s/%s/" % (name, part)),
                             path) for part in parts]
        paths = [floor.path for floor in floors] + ["kernel"]
        for folder in self.folders:
            above = folder.rsplit("/", 1)[0]
            if folder not in paths and (above == "kernel" or above not in paths or
                                        any(f.group == above for f in floors)):
                self.trouble.append("%s: %s is on no floor" % (ORDER, folder))
        return floors

    def use_of(self, name):
        """What the table says that a folder, or a file, is for."""
        row = re.search(r"^\| `%s` \| (.*?) \|" % re.escape(name), self.tree.get(ORDER) or "",
                        re.MULTILINE)
        if not row:
            self.trouble.append("%s: the table does not say what `%s` is for" % (ORDER, name))
        return row.group(1).replace("`", "") if row else ""

    def floor_of(self, path):
        """The floor on which a file lies, or None."""
        folder = path
        while "/" in folder:
            folder = folder.rsplit("/", 1)[0]
            if folder in self.by_path:
                return self.by_path[folder]
        return None

    def rises(self):
        """Pairs of paths: what uses a floor above its own. The files right in kernel/ do not."""
        number = {floor.path: n for n, floor in enumerate(self.floors)}
        return sorted(pair for pair in self.uses if number[pair[0]] > number[pair[1]])

    # ---- the text form --------------------------------------------------------------------------

    def units(self, group=""):
        """Of the house, or of one floor's own floors: (name, paths that count as it, what for)."""
        units = []
        for floor in self.floors:
            if floor.group == group:
                within = [f.path for f in self.floors if f.group == floor.path and not group]
                units.append((floor, [floor.path] + within))
            elif not group and floor.group not in [u[0].path for u in units]:
                head = Floor(floor.group, floor.group[len("kernel/"):] + "/",
                             self.use_of(floor.group[len("kernel/"):] + "/"))
                units.append((head, [f.path for f in self.floors if f.group == floor.group]))
        return units

    def rows(self, group="", indent=0):
        """(indent, name, what it is for and which floors it leaves out) for each floor."""
        units = self.units(group)
        for number, (floor, paths) in enumerate(units):
            text = floor.use
            if floor.path not in (USER, "kernel", BASE):
                unused = [u.name.rstrip("/") for u, others in units[number + 1:]
                          if u.path != BASE and not self.used(paths, others)]
                raised = [u.name.rstrip("/") for u, others in units[:number]
                          if self.used(paths, others)]
                notes = (["not " + ", ".join(unused)] if unused else []) + (
                    ["up to " + ", ".join(raised)] if raised else [])
                text += " " + ("(%s)" % "; ".join(notes)).replace(" ", "\0") if notes else ""
            yield indent, floor.name, text
            for name in sorted(p[len("kernel/"):] for p in floor.files if floor.path == "kernel"):
                if name.endswith(".c") and name != floor.name:
                    yield indent, name, self.use_of(name)
            for folder in sorted(floor.inner):
                name = folder[len(floor.path) + 1:] + "/"
                yield indent + 2, name, self.use_of(folder[len("kernel/"):] + "/")
            if not group and any(f.group == floor.path for f in self.floors):
                yield from self.rows(floor.path, indent + 2)

    def used(self, paths, others):
        return any((a, b) in self.uses for a in paths for b in others)

    def text(self):
        rows = list(self.rows())
        column = max(indent + len(name) for indent, name, _ in rows) + 2
        lines = []
        for indent, name, text in rows:
            name = " " * indent + name
            lines += textwrap.wrap(text, WIDTH - 4, initial_indent=name.ljust(column),
                                   subsequent_indent=" " * column) or [name]
            if name == "user/":
                lines.append(rule(ABOVE))
        lines += [rule(BELOW), "OpenSBI, QEMU"]
        return "".join("    %s\n" % line for line in lines).replace("\0", " ")


def rule(label):
    return "-" * (WIDTH - 4 - len(label) - 10) + " %s " % label + "-" * 8


def shown(tree):
    """What README.md shows as the house, or None."""
    readme = tree.get(SHOWN) or ""
    start, end = readme.find(BEGIN), readme.find(END)
    return readme[start + len(BEGIN):end].strip("\n") + "\n" if 0 <= start < end else None


def replaced(readme, text):
    """README.md with this text as its house."""
    start, end = readme.index(BEGIN) + len(BEGIN), readme.index(END)
    return readme[:start] + "\n" + text + "\n" + readme[end:]
