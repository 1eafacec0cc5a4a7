"""What happens when the file system's disk fails: QEMU's blkdebug driver refuses one sector.

The caller that needs the sector gets EIO, or is killed with a message where it is a page fault;
nobody else notices. Only a failing log ends all writing. The machine lives on in every case.
"""

import json
import os
import re
import struct

import machine as m
import suite as s
from suite import Failure, Skip, need, tail

BLOCK = 4096
SECTOR = 512
EIO = 5
LOG_START = 5 * 4               # in struct disk_super
SECONDS = 300
VICTIM = "wc"                   # a program in the image; no test of the group proc runs it
LONG = "bench"                   # another one, of many pages
PROC = "usertests -q proc"
DEAD = "fs: disk error in the log: the file system is read-only from now on"


def build():
    """A folder with the kernel and an image that holds our program, and a file to fail in."""
    folder = s.BUILD + "/diskerror"
    s.build_all(folder, "EXTRA=tests/qemu/programs/diskerror.c", "all")
    return folder


def sector_of(image, content):
    """The first sector of the block of the image that starts like this."""
    with open(image, "rb") as file:
        data = file.read()
    at = data.find(content)
    while at > 0 and at % BLOCK:
        at = data.find(content, at + 1)
    need(at > 0, "the image lacks a page that it should have")
    return at // SECTOR


def log_sector(image):
    with open(image, "rb") as file:
        return struct.unpack_from("<I", file.read(BLOCK), LOG_START)[0] * BLOCK // SECTOR


def run(folder, name, way, sector, command):
    """Boots with a disk on which to read, or write, that sector is an error. Returns the ending."""
    image = "%s/%s.img" % (folder, name)
    m.copy_sparse(folder + "/fs.img", image)
    node = {"driver": "blkdebug", "node-name": "failing",
            "image": {"driver": "file", "filename": image},
            "inject-error": [{"event": "none", "iotype": way, "sector": sector, "errno": EIO}]}
    arguments = ("-blockdev", json.dumps(node),
                 "-blockdev", json.dumps({"driver": "raw", "node-name": "fs", "file": "failing"}),
                 "-device", "virtio-blk-device,drive=fs,serial=fs,werror=report,rerror=report")
    settings = s.cell_settings(folder, CMD=command)
    with m.Machine(settings, image=None, log=s.log_name("disk error " + name),
                   arguments=arguments) as guest:
        ending = guest.run(SECONDS)
    os.unlink(image)
    if ending.status == m.NOT_STARTED and "blkdebug" in ending.why:
        raise Skip("this QEMU has no blkdebug driver")
    need(not ending.panicked and ending.status not in (m.NOT_STARTED, m.TIME_OUT),
         "%s\n%s" % (ending.why, tail(ending)))
    return ending


def need_lines(ending, *patterns):
    """They are there, in this order."""
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.MULTILINE).search(ending.output, at)
        need(match, "no line %r where it is due\n%s" % (pattern, tail(ending, 30)))
        at = match.end()


def program_page(folder):
    with open(folder + "/user/user/" + VICTIM, "rb") as file:
        return file.read(BLOCK)


def entry_page(folder):
    """The page of the program's file in which its first instruction lies."""
    with open(folder + "/user/user/" + VICTIM, "rb") as file:
        data = file.read()
    entry, headers = struct.unpack_from("<QQ", data, 24)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, offset, va, _, size = struct.unpack_from("<IIQQQQ", data, headers + 56 * i)
        if kind == 1 and va <= entry < va + size:
            start = (offset + entry - va) // BLOCK * BLOCK
            return data[start:start + BLOCK]
    raise Failure("the program has no segment with its entry")


def read_fails(folder):
    """read, exec and mmap of one bad page fail; nothing else does."""
    sector = sector_of(folder + "/fs.img", program_page(folder))
    ending = run(folder, "read", "read", sector,
                 "diskerror read %s; diskerror map %s; %s x; diskerror read cat; %s"
                 % (VICTIM, VICTIM, VICTIM, PROC))
    need_lines(ending, r"^read: errno 5$",
               r"^pid \d+ \(diskerror\): killed: load page fault .*could not be read from the disk",
               VICTIM, r"^read: errno 0$", r"^usertests: \d+ passed, 0 failed")


def fault_fails(folder):
    """A program one page of which is bad is killed where it comes to it."""
    page = entry_page(folder)
    if page == program_page(folder):
        return                      # then exec itself cannot read it
    ending = run(folder, "fault", "read", sector_of(folder + "/fs.img", page),
                 "%s LICENSE; %s" % (VICTIM, PROC))
    need_lines(ending, r"^pid \d+ \(%s\): killed: instruction page fault .*could not be read from "
               r"the disk" % VICTIM, r"^usertests: \d+ passed, 0 failed")


def read_ahead_fails(folder):
    """A bad page that came along with others is missed by those alone that ask for it."""
    with open(folder + "/user/user/" + LONG, "rb") as file:
        data = file.read()
    pages = (len(data) + BLOCK - 1) // BLOCK
    bad = pages // 2
    sector = sector_of(folder + "/fs.img", data[bad * BLOCK:(bad + 1) * BLOCK])
    ending = run(folder, "read ahead", "read", sector, "diskerror scan %s" % LONG)
    need_lines(ending, *(2 * (r"^scan: errno 5$", "^scan: not page %d$" % bad,
                              "^scan: %d pages$" % pages)))
    need(ending.output.count("not page") == 2, "more pages fail\n" + tail(ending))


def write_fails(folder):
    """Data that cannot be written: a message, and fsync says so; other files are written."""
    sector = sector_of(folder + "/fs.img", program_page(folder))
    ending = run(folder, "write", "write", sector,
                 "diskerror write %s; diskerror make other; %s" % (VICTIM, PROC))
    need_lines(ending, r"^write: errno 0$", r"^fs: disk error: data of inode \d+ is lost$",
               r"^fsync: errno 5$", r"^write: errno 0$", r"^fsync: errno 0$",
               r"^usertests: \d+ passed, 0 failed")
    need("read-only" not in ending.output, "the file system gave up\n" + tail(ending))


def log_fails(folder):
    """The log cannot be written: no more changes, not in memory either, which pages that cannot be
    written would fill; but what there is can be read and run."""
    ending = run(folder, "log", "write", log_sector(folder + "/fs.img"),
                 "diskerror make other; mkdir fresh; diskerror write cat; diskerror read cat; "
                 "%s LICENSE cat; forktest; echo alive" % VICTIM)
    need_lines(ending, "^" + re.escape(DEAD) + "$", r"^fsync: errno 5$", r"^mkdir: .*fresh",
               r"^write: errno 5$", r"^read: errno 0$", r"^alive$")
    need(ending.output.count("read-only from now on") == 1, "the message comes more than once")
    need(ending.status == 0, ending.why)


def all_cases():
    folder = build()
    for case in (read_fails, fault_fails, read_ahead_fails, write_fails, log_fails):
        case(folder)
