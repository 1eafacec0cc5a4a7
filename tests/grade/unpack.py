"""What a student handed in, as a folder of plain files: out of an archive or a git repository.

What always holds: nothing is written before all of it has been read and found good; no size that
an archive tells is believed; nothing comes to lie outside the target folder; a member is a folder
or a regular file, and anything else (a link, a device) refuses the whole; nothing of a repository
but its objects is used: not its configuration, its hooks, its filters.
Refused is the student's affair, and has words for the student; an OSError is the machine's.
"""

import contextlib
import gzip
import io
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tempfile
import zipfile

MOST_MEMBERS = 2000
MOST_BYTES = 8 << 20                # of all files together
MOST_FILE_BYTES = 1 << 20           # of one file
MOST_ARCHIVE_BYTES = 16 << 20       # of the archive itself
MOST_STREAM_BYTES = MOST_BYTES + MOST_MEMBERS * 2048    # a tar has headers and padding, too
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip")
LITTER = re.compile(r"(__MACOSX(/|$)|(.*/)?\.DS_Store$|(.*/)?\._[^/]*$)")   # put there by macOS
PLAIN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# For git, which reads what a student made: 1 GiB of memory, 30 seconds.
LIMITS = ["sh", "-c", 'ulimit -v 1048576; ulimit -t 30; exec "$@"', "sh"]


class Refused(Exception):
    """Why nothing of it is taken."""


def too_much(what):
    return Refused("%s; pack only the lab's files, as make submission does" % what)


# ---- the members: (name, bytes), or (name, None) for a folder ------------------------------------

def read_member(name, stream):
    data = stream.read(MOST_FILE_BYTES + 1)
    if len(data) > MOST_FILE_BYTES:
        raise too_much("%s has more than %d MiB" % (name, MOST_FILE_BYTES >> 20))
    return data


def tar_members(stream):
    data = stream.read(MOST_STREAM_BYTES + 1)
    if len(data) > MOST_STREAM_BYTES:
        raise too_much("the archive unpacks to more than %d MiB" % (MOST_BYTES >> 20))
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|") as archive:
        for member in archive:
            if member.islnk() or member.issym():
                raise Refused("%s is a link" % member.name)
            if member.isdir():
                yield member.name, None
            elif member.isreg() and not member.issparse():
                yield member.name, read_member(member.name, archive.extractfile(member))
            else:
                raise Refused("%s is no regular file" % member.name)
        rest = data[archive.offset:]        # tarfile takes a broken header for the end
        if not rest or rest.strip(b"\0"):
            raise Refused("the archive is broken: it does not end as a tar does")


def zip_members(data):
    if data.count(b"PK\x01\x02") > MOST_MEMBERS:        # before zipfile reads them all
        raise too_much("the archive has more than %d members" % MOST_MEMBERS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for member in archive.infolist():
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind == stat.S_IFLNK:
                raise Refused("%s is a link" % member.filename)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise Refused("%s is no regular file" % member.filename)
            if member.flag_bits & 1 or member.compress_type not in PLAIN_METHODS:
                raise Refused("%s is encrypted, or packed in an unusual way" % member.filename)
            if member.filename.endswith(("/", "\\")):
                yield member.filename, None
            else:
                with archive.open(member) as stream:
                    yield member.filename, read_member(member.filename, stream)


def archive_members(data):
    if data[:2] == b"\x1f\x8b":
        return tar_members(gzip.GzipFile(fileobj=io.BytesIO(data)))
    if data[:2] == b"PK":
        return zip_members(data)
    if data[257:262] == b"ustar":
        return tar_members(io.BytesIO(data))
    if not data:
        raise Refused("the archive is empty")
    raise Refused("it is no archive: neither tar, nor tar.gz, nor zip")


# ---- names --------------------------------------------------------------------------------------

def clean_name(name):
    """The name with / between its parts, and "" for the top."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain):
        raise Refused("%s is an absolute path" % name)
    if ".." in parts:
        raise Refused("%s leads out of the folder" % name)
    if re.search(r"[\x00-\x1f\x7f]", plain):
        raise Refused("%r: a name has control characters" % name)
    if any(len(encoded(part)) > 200 for part in parts) or len(encoded(plain)) > 1000:
        raise Refused("%s…: the name is too long" % name[:60])
    return "/".join(parts)


def encoded(name):
    return name.encode("utf-8", "surrogateescape")


def collect(members):
    """{path: bytes}, all or nothing."""
    files, folders, count, total = {}, set(), 0, 0
    for name, data in members:
        count += 1
        if count > MOST_MEMBERS:
            raise too_much("the archive has more than %d members" % MOST_MEMBERS)
        path = clean_name(name)
        above = path.split("/")
        folders.update("/".join(above[:i]) for i in range(1, len(above)))
        if data is None:
            folders.add(path)
            continue
        if not path or path in files:
            raise Refused("%s is there twice, or has no name" % name)
        total += len(data)
        if total > MOST_BYTES:
            raise too_much("the archive unpacks to more than %d MiB" % (MOST_BYTES >> 20))
        files[path] = data
    if folders & set(files):
        raise Refused("%s is a file and a folder" % min(folders & set(files)))
    files = {path: data for path, data in files.items() if not LITTER.match(path)}
    if not files:
        raise Refused("no file is in it")
    return files


def read_archive(data):
    """Whatever goes wrong while its bytes, all in memory, are understood is the archive's fault."""
    try:
        return collect(archive_members(data))
    except Refused:
        raise
    except Exception as error:                  # noqa: B902: these modules raise all there is
        raise Refused("the archive is broken: %s" % (str(error) or type(error).__name__))


def without_top(files, of_lab):
    """Out of the one folder that all lies in, if it is not a folder of the lab's files."""
    keep = {path.split("/")[0] for path in of_lab}
    while True:
        tops = {path.split("/")[0] for path in files}
        if len(tops) != 1 or not all("/" in path for path in files) or tops & keep:
            return files
        files = {path.split("/", 1)[1]: data for path, data in files.items()}


def write(files, target):
    for path, data in files.items():
        whole = os.path.join(os.fsencode(target), encoded(path))
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "xb") as file:
            file.write(data)


# ---- git ----------------------------------------------------------------------------------------

def plain_folder(path):
    return os.path.isdir(path) and not os.path.islink(path)


def git_folder(path):
    """The repository's own folder, where path is one; else None."""
    inside = os.path.join(path, ".git")
    if os.path.lexists(inside):
        if not plain_folder(inside):
            raise Refused(".git is a link or a file, and the repository elsewhere")
        return inside
    if path.endswith(".git") and os.path.exists(os.path.join(path, "HEAD")):
        return path
    return None


def read_small(path):
    """A file of git's own that is text; "" where there is none."""
    if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > MOST_FILE_BYTES:
        return ""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def head_of(folder):
    """The hash that HEAD names. Read here: git would read the repository's configuration first."""
    text = read_small(os.path.join(folder, "HEAD")).strip()
    match = re.match(r"ref: (refs/[^\0-\x20]+)$", text)
    if match and ".." not in match.group(1):
        name = match.group(1)
        text = read_small(os.path.join(folder, name)).strip()
        if not text:
            found = re.search(r"^([0-9a-f]+) %s$" % re.escape(name),
                              read_small(os.path.join(folder, "packed-refs")), re.MULTILINE)
            text = found.group(1) if found else ""
    if not re.match(r"([0-9a-f]{40}|[0-9a-f]{64})$", text):
        raise Refused("the git repository has no commit that HEAD names")
    return text


def check_objects(objects):
    if not plain_folder(objects):
        raise Refused("the git repository has no objects")
    for path, folders, names in os.walk(objects):
        for name in folders + names:
            if os.path.islink(os.path.join(path, name)):
                raise Refused("in the git repository is a link")
    for name in ("alternates", "http-alternates"):
        if os.path.exists(os.path.join(objects, "info", name)):
            raise Refused("the git repository has its objects elsewhere")


def git_environment(**more):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean.update(GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull, HOME=os.devnull,
                 XDG_CONFIG_HOME=os.devnull, GIT_TERMINAL_PROMPT="0", LC_ALL="C", **more)
    return clean


@contextlib.contextmanager
def borrowing(folder):
    """(words before a command of git's, its environment, HEAD's commit): of an empty repository of
    ours that borrows the objects of that one."""
    head, objects = head_of(folder), os.path.realpath(os.path.join(folder, "objects"))
    check_objects(os.path.join(folder, "objects"))
    ours = tempfile.mkdtemp(prefix="xv39.git.")
    try:
        form = "sha1" if len(head) == 40 else "sha256"
        subprocess.run(["git", "init", "-q", "--bare", "--template=", "--object-format=" + form,
                        ours], env=git_environment(), check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield LIMITS + ["git", "--git-dir", ours, "-c", "core.bigFileThreshold=1m"], \
            git_environment(GIT_OBJECT_DIRECTORY=objects), head
    except subprocess.CalledProcessError:
        raise OSError("git does not make a repository in %s" % ours)
    finally:
        shutil.rmtree(ours, ignore_errors=True)


def read_git(folder):
    """The files of HEAD."""
    with borrowing(folder) as (words, environment, head):
        process = subprocess.Popen(words + ["archive", "--format=tar", head], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        try:
            data = process.stdout.read(MOST_STREAM_BYTES + 1)
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()      # git ends by that, if it has more to say
            status = process.wait()
        if len(data) > MOST_STREAM_BYTES:
            raise too_much("the repository's files have more than %d MiB" % (MOST_BYTES >> 20))
        if status != 0:
            raise Refused("git cannot read the files of HEAD's commit")
        return read_archive(data)


def time_of(path):
    """When it was handed in, in seconds: the time of HEAD's commit, as its author says; else of the
    entry's last change."""
    repository = git_folder(path) if os.path.isdir(path) else None
    if not repository:
        return int(os.lstat(path).st_mtime)
    with borrowing(repository) as (words, environment, head):
        done = subprocess.run(words + ["show", "-s", "--format=%ct", head], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    text = done.stdout[:100].decode(errors="replace").strip()
    if done.returncode != 0 or not text.isdigit():
        raise Refused("git cannot read HEAD's commit")
    return int(text)


# ---- all of it ----------------------------------------------------------------------------------

def student_of(name):
    """The student's id: the entry's name without what says what kind of entry it is."""
    for suffix in SUFFIXES + (".git",):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[:-len(suffix)]
    return name


def unpack(path, target, of_lab):
    """The folder to grade: the entry itself, or target with what was in it. Raises Refused."""
    if os.path.islink(path):
        raise Refused("it is a link")
    if os.path.isdir(path):
        repository = git_folder(path)
        if not repository:
            return path
        write(without_top(read_git(repository), of_lab), target)
        return target
    if not os.path.isfile(path) or not path.lower().endswith(SUFFIXES):
        raise Refused("it is neither a folder nor an archive (%s)" % " ".join(SUFFIXES))
    if os.path.getsize(path) > MOST_ARCHIVE_BYTES:
        raise too_much("the archive has more than %d MiB" % (MOST_ARCHIVE_BYTES >> 20))
    with open(path, "rb") as file:
        data = file.read(MOST_ARCHIVE_BYTES + 1)
    write(without_top(read_archive(data), of_lab), target)
    return target
