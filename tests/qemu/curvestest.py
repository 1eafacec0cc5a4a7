"""`make curves`: its numbers against a model of its own, its pictures, and what it refuses."""

import csv
import os
import random
import re
import shutil
from xml.etree import ElementTree

import suite as s
from suite import need

SVG = "{http://www.w3.org/2000/svg}"
KERNELS = ("fifo", "clock", "lru", "aging", "adaptive")
FRAMES = (3, 4, 5, 6)


# ---- a model, as plain as can be ----

def first_in(accesses, at, resident):
    return resident[0]


def longest_unused(accesses, at, resident):
    return min(resident, key=lambda page: max(i for i in range(at) if accesses[i] == page))


def needed_last(accesses, at, resident):
    def next_use(page):
        return accesses.index(page, at) if page in accesses[at:] else len(accesses)
    return max(resident, key=next_use)


MODEL = {"fifo": first_in, "exact LRU": longest_unused, "OPT": needed_last}


def faults_of(accesses, frames, choose):
    resident, faults = [], 0        # in the order in which they came
    for at, page in enumerate(accesses):
        if page in resident:
            continue
        faults += 1
        if len(resident) == frames:
            resident.remove(choose(accesses, at, resident))
        resident.append(page)
    return faults


# ---- what is made of it ----

def read_csv(folder, name):
    with open("%s/%s" % (folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_all(folder):
    """Name → content of all that was drawn."""
    found = {}
    for name in sorted(os.listdir(folder)):
        if name != "run.log":
            with open(os.path.join(folder, name), "rb") as file:
                found[name] = file.read()
    return found


def check_faults(rows, name, accesses):
    """FIFO in the kernel, OPT and exact LRU have the model's faults; no policy beats OPT."""
    best = {}
    for row in rows:
        if row["string"] != name:
            continue
        policy, frames, faults = row["policy"], int(row["frames"]), float(row["faults"])
        quota = int(row["quota"] or 0)
        # OPT and exact LRU are for pages of memory: so many stand for one of the string's.
        times = quota // frames if quota else -(-8 // FRAMES[0]) if FRAMES[0] < 8 else 1
        memory = [(page, part) for page in accesses for part in range(times)]
        if policy in MODEL:
            expected = faults_of(memory, frames * times, MODEL[policy])
            need(abs(faults * times - expected) < .01, "%s, %s, %d frames: %s faults, not %s/%d" % (
                name, policy, frames, row["faults"], expected, times))
        if policy == "OPT":
            best[frames] = faults
        need(faults >= best[frames], "%s, %s, %d frames: better than OPT" % (
            name, policy, frames))
        if quota:
            need(quota >= 8 and abs(int(row["counted"]) / times - faults) < .001,
                 "%s: frames and faults are not those of the quota" % row)
    need(best, "no row of " + name)


def check_picture(path, policies):
    """What is drawn is told in words, and each policy by marker and dashes."""
    root = ElementTree.parse(path).getroot()
    text = open(path, encoding="utf-8").read()
    named = root.get("aria-labelledby").split()
    title, description = root.find(SVG + "title"), root.find(SVG + "desc")
    need([title.get("id"), description.get("id")] == named and root.get("role") == "img",
         path + ": it is not told what it shows")
    need("prefers-color-scheme: dark" in text and "<script" not in text,
         path + ": no dark, or a script")
    for policy in policies:
        need("%s: " % policy in description.text, "%s: nothing about %s" % (path, policy))
    lines = [line for line in root.iter(SVG + "polyline")]
    need(len(lines) == len(policies or (1, 2, 3)), "%s: %d lines" % (path, len(lines)))
    dashes = [line.get("stroke-dasharray") for line in lines]
    need(len(set(dashes)) == len(dashes), "%s: dashes are there twice: %s" % (path, dashes))


def curves():
    """Of a string drawn now, and of Belady's."""
    build, seed = s.BUILD + "/curvestest", random.randrange(1 << 30)
    shutil.rmtree(build, ignore_errors=True)
    os.makedirs(build)
    dice = random.Random(seed)
    drawn = [dice.randrange(9) * 7 for _ in range(120)]
    with open(build + "/My string.txt", "w", encoding="ascii") as file:
        file.write("# drawn with %d\n" % seed + ", ".join(map(str, drawn)) + "  # its end\n")
    os.rename(build + "/My string.txt", build + "/My_string.txt")
    folder = s.BUILD + "/curves"
    words = ("BUILD=" + s.BUILD, "WERROR=1", "curves", "FRAMES=" + " ".join(map(str, FRAMES)),
             "STRING=belady belady-long %s/My_string.txt" % build)
    told = s.call_make(*words).text
    rows = read_csv(folder, "faults.csv")
    need(set(KERNELS) < {row["policy"] for row in rows}, "not all policies are there\n" + told)
    long = "7 1 2 3 4 5 6 1 7 3 2 4 5 1 7 3 6 2 5".split() + "1 2 3 4 5 6 7".split() * 20
    strings = {"belady": "1 2 3 4 1 2 5 1 2 3 4 5".split(), "belady-long": long,
               "my-string": drawn}
    for name, accesses in strings.items():
        check_faults(rows, name, accesses)
        check_picture("%s/%s-faults.svg" % (folder, name), KERNELS + ("OPT", "exact LRU"))
        check_picture("%s/%s-working-set.svg" % (folder, name), ())
    for row in read_csv(folder, "working-set.csv"):
        accesses, end = strings[row["string"]], int(row["access"])
        among = accesses[max(0, end - int(row["window"])):end]
        need(len(set(among)) == int(row["pages"]), "working set: %s (seed %d)" % (row, seed))
    anomaly(told, folder, "belady", "fifo: 3 → 4 frames, 9 → 10 faults")
    anomaly(told, folder, "belady-long", "fifo: 5 → 6 frames, 66 → 148 faults")
    with open(folder + "/index.html", encoding="utf-8") as file:
        page = file.read().replace('xmlns="http://www.w3.org/2000/svg"', "")
    need("//" not in page and "<script" not in page, "the page wants a network or a script")
    need(page.count("<svg") == 2 * len(strings), "the page has %d pictures" % page.count("<svg"))
    before = read_all(folder)
    need(s.call_make(*words).text.endswith(told[-200:]) and read_all(folder) == before,
         "a second time it is not the same")


def anomaly(told, folder, name, words):
    with open("%s/%s-faults.svg" % (folder, name), encoding="utf-8") as file:
        picture = file.read()
    need("Belady's anomaly, " + words in told, "%s: not told: %s\n%s" % (name, words, told))
    need(words in picture and 'class="band"' in picture, "%s: not drawn: %s" % (name, words))


def students_policies(folder, wrong):
    """Of a tree with policies of students: they are drawn by themselves; one that ends the machine
    is told by its name, and the others have their results."""
    done = s.call_make("-C", folder, "curves", "STRING=loop scan", "FRAMES=20 30",
                       expect_success=False)
    need(done.returncode != 0, "policies ended the machine, and all is well\n" + done.text)
    rows = read_csv(folder + "/build/curves", "faults.csv")
    loop = {row["policy"]: float(row["faults"]) for row in rows if row["string"] == "loop"}
    scan = {row["policy"] for row in rows if row["string"] == "scan"}
    need(scan == {"OPT", "exact LRU", "mru", "hasty"} | set(KERNELS), str(sorted(scan)))
    need(loop["mru"] < loop["lru"], "mru is no better: %s" % loop)
    for policy, why in wrong.items():
        need(re.search("^  %s has no result: panic.*the policy %s %s" % (policy, policy, why),
                       done.text, re.MULTILINE), "%s: it says\n%s" % (policy, done.text))
    check_picture(folder + "/build/curves/scan-faults.svg", tuple(scan))


def bad_input():
    """Each is refused with one line that names it, before anything is built."""
    folder = s.BUILD + "/nothing"
    shutil.rmtree(folder, ignore_errors=True)
    made = s.BUILD + "/bad"
    os.makedirs(made, exist_ok=True)
    for name, content in (("empty", b""), ("only", b"# 1 2 3\n"), ("binary", b"\0\1\2\xff"),
                          ("long", b"1 2 " * 500001),
                          ("many", b"%d " * 20000 % tuple(range(20000)))):
        with open("%s/%s" % (made, name), "wb") as file:
            file.write(content)
    for word, why in (("STRING=nowhere", "no such file"), ("STRING=" + made, "directory"),
                      ("STRING=%s/empty" % made, "no page in it"),
                      ("STRING=%s/only" % made, "no page in it"),
                      ("STRING=%s/binary" % made, "no text"),
                      ("STRING=%s/long" % made, "accesses; allowed"),
                      ("STRING=%s/many" % made, "pages of memory; allowed"),
                      ("FRAMES=0", "from 1"), ("FRAMES=8 x", "from 1"), ("FRAMES=99999", "from 1"),
                      ("POLICY=lru none", "allowed are"), ("SWAP=0", "swap disk")):
        done = s.call_make("BUILD=" + folder, "curves", word, expect_success=False)
        lines = done.text.strip().splitlines()
        need(done.returncode != 0 and len(lines) == 1 and why in lines[0] and
             word.split("=")[0] + "=" in lines[0], "%s: %s" % (word, lines))
        need(not os.path.exists(folder), "%s: something was built" % word)
