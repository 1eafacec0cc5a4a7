"""The host stage of `lru`: the clock, look by look; and a policy of the student's own, of which
only two things are asked: that its lists stay whole, and that it costs few faults.
"""

import random

import lab as labs
from hoststage import Case, Test, Wrong

traces = labs.Lab("lru").module("traces")

CLOCK, OWN = 1, 4           # numbers of the policies: enum lru_policy
STEPS = 10000
DRAWN = 6                   # cases of each test that the seed draws
FEW = 64                    # as in driver.c
RULES = frozenset()         # of rules.patch, for one student
SILENT = ("list", "on", "capacity", "use", "unused", "access", "score", "quiet")


def finish(replies):
    replies.finish()
    if replies.at < len(replies.lines):
        raise Wrong("there is more told than was asked for")


def named(pages):
    return " ".join(map(str, pages)) or "none"


class Told:
    """The state, as the driver tells it: pages of both places in order, the hand, complaints."""

    def __init__(self, take):
        self.places, self.counts, self.hand, self.complaints = {}, {}, None, []
        while True:
            line = take()
            if line == "state":
                break
            words = line.replace(":", "").split()
            if words[0] == "place":
                self.counts[int(words[1])] = int(words[3])
                self.places[int(words[1])] = [int(word) for word in words[4:]]
            elif words[0] == "hand":
                self.hand = int(words[1])
            elif words[0] == "broken":
                self.complaints.append("a list is broken: its links do not fit together")
            elif words[0] == "stray":
                self.complaints.append("page %s is not where its node->place says" % words[1])
            elif words[0] == "unstamped":
                self.complaints.append("page %s has the stamp 0, which says `not known`" % words[1])

    def pages(self):
        return self.places[1] + self.places[2]

    def from_hand(self):
        """The circle, as the hand is going to meet it."""
        order = self.places[1]
        at = order.index(self.hand) if self.hand in order else 0
        return order[at:] + order[:at]


class Judge:
    """Follows a script with what the driver told, for any policy: its lists are whole, and have the
    pages that are there."""

    def __init__(self, script):
        self.script, self.done, self.quiet = script, [], False
        self.lists, self.now = {}, None
        self.replies = None

    def __call__(self, replies):
        self.replies = replies
        for command in self.script:
            self.done.append(command)
            words = command.split()
            numbers = [int(word) for word in words[1:]]
            if words[0].startswith("any_"):
                self.do_any(words[0][len("any_"):], *numbers)
                continue
            getattr(self, "do_" + words[0])(*numbers)
            if words[0] == "state" or not (self.quiet or words[0] in SILENT):
                self.check_state(Told(replies.take))
        finish(replies)

    def wrong(self, why):
        said = self.done[-12:]
        raise Wrong("after %s%s\n%s" % ("... " if len(self.done) > 12 else "", ", ".join(said),
                                        why))

    def differ(self, what, expected, found):
        self.wrong("%s\nexpected: %s\nfound:    %s" % (what, expected, found))

    def take(self, first):
        """The words of the next reply, behind its first."""
        words = self.replies.take().split()
        if words[0] != first:
            self.wrong("the driver's reply was: " + " ".join(words))
        return words[1:]

    def there(self):
        """The pages that are there, in no order."""
        return self.now["pages"]

    def check_state(self, told):
        for complaint in told.complaints:
            self.wrong(complaint)
        if sorted(told.pages()) != sorted(self.there()):
            self.differ("pages on the lists", named(sorted(self.there())),
                        named(sorted(told.pages())))
        for place, pages in told.places.items():
            if told.counts[place] != len(pages):
                self.differ("list->count[%d]" % (place - 1), len(pages), told.counts[place])
        if told.hand is not None and told.hand not in told.pages():
            self.wrong("list->hand is at page %d, which is on no list" % told.hand)

    # -- commands --

    def do_list(self, number, _policy, capacity):
        self.now = self.lists[number] = {"pages": [], "capacity": capacity, "bits": {}, "passed": 0}

    def do_on(self, number):
        self.now = self.lists[number]

    def do_capacity(self, frames):
        self.now["capacity"] = frames

    def do_use(self, page):
        pass

    def do_unused(self, page):
        pass

    def do_quiet(self, on):
        self.quiet = bool(on)

    def do_state(self):
        pass

    def do_add(self, page, stamp=0):
        self.there().append(page)

    def do_remove(self, page):
        self.there().remove(page)

    def do_candidate(self):
        found = self.take("candidate")[0]
        if (found == "none") != (not self.there()):
            self.differ("candidate()", "NULL" if not self.there() else "a page", found)
        if found != "none" and int(found) not in self.there():
            self.wrong("candidate() is page %s, which is not there" % found)

    def do_judge(self, page, _bit):
        if self.replies.take() == "goes":
            self.there().remove(page)

    def looks(self):
        looks = [tuple(map(int, word.split(":"))) for word in self.take("looks")]
        return looks, self.take("victim")[0]

    def do_victim(self):
        looks, victim = self.looks()
        if victim == "none" and self.there():
            self.wrong("no victim is found of %d pages, in %d looks" % (
                len(self.there()), len(looks)))
        if victim != "none":
            if int(victim) not in self.there():
                self.wrong("the victim is page %s, which is not there" % victim)
            self.there().remove(int(victim))

    def do_any(self, kind, number, more=0):
        picked = self.take("picked")[0]
        there = set(self.there())
        fits = [p for p in range(FEW) if (p in there) != (kind == "add")]
        found = str(fits[number % len(fits)]) if fits else "none"
        if picked != found:
            self.wrong("the pages that are there are others than they should be: `%s` finds page "
                       "%s, not %s" % (self.done[-1], picked, found))
        if found == "none":
            return
        self.done[-1] = "%s %s" % (kind, found)
        getattr(self, "do_" + kind)(*([int(found), more] if kind in ("add", "judge")
                                      else [int(found)]))


class ClockJudge(Judge):
    """The same for the clock. "pages" is the circle, as the hand is going to meet it; "bits" has
    the pages that count as used, whatever the hardware says: where no rule says more, those that
    are new and not yet passed. "passed": how many were since the last victim."""

    def check_state(self, told):
        super().check_state(told)
        if told.places[2]:
            self.wrong("the clock has one circle, list->pages[0]; page %d is on the other list" %
                       told.places[2][0])
        if told.from_hand() != self.there():
            self.differ("the circle, as the hand is going to meet it", named(self.there()),
                        named(told.from_hand()))

    def do_add(self, page, stamp=0):
        self.there().append(page)           # last to be met
        self.now["bits"][page] = "only_back_counts" not in RULES or stamp != 0

    def do_candidate(self):
        found = self.take("candidate")[0]
        wanted = str(self.there()[0]) if self.there() else "none"
        if found != wanted:
            self.differ("candidate()", "NULL" if wanted == "none" else "page " + wanted,
                        "NULL" if found == "none" else "page " + found)

    def why_passed(self, page, bit):
        """What is so about the page, so that it is to be passed; or None."""
        if bit:
            return "was used since the hand came by"
        if not self.now["bits"].get(page, False):
            return None
        return "%s since the hand came by%s" % (
            "came back" if "only_back_counts" in RULES else "came",
            ", or was in use when that was last here" * ("passed_twice" in RULES))

    def need_verdict(self, page, bit, goes):
        passed, used = self.now["passed"], self.why_passed(page, bit)
        is_sixth = "sixth_goes" in RULES and passed >= traces.MOST_PASSED
        if goes and used and not is_sixth:
            self.wrong("page %d goes, though it %s" % (page, used))
        if not goes and is_sixth:
            self.wrong("page %d is passed, though %d were passed already for this victim" % (
                page, passed))
        if not goes and not used:
            self.wrong("page %d is passed, though it was not used since the hand came by, nor "
                       "counts as used" % page)
        self.now["passed"] = 0 if goes else passed + 1
        self.now["bits"][page] = "passed_twice" in RULES and bool(bit)

    def do_victim(self):
        looks, victim = self.looks()
        if not self.there():
            if victim != "none":
                self.wrong("the circle is empty, and the victim is page " + victim)
            return
        for at, (page, bit) in enumerate(looks):
            if page != self.there()[0]:
                self.differ("look number %d of the hand" % (at + 1), "page %d" % self.there()[0],
                            "page %d" % page)
            goes = at == len(looks) - 1 and victim != "none"
            self.need_verdict(page, bit, goes)
            self.there().pop(0)
            if not goes:
                self.there().append(page)
        if victim == "none":
            self.wrong("no victim is found of %d pages, in %d looks" % (
                len(self.there()), len(looks)))

    def do_judge(self, page, bit):
        """Of a page that need not be the candidate: where the hand is afterwards is not laid down,
        but it meets the pages in the same order."""
        goes, circle = self.replies.take() == "goes", self.there()
        self.need_verdict(page, bit, goes)
        at = circle.index(page)
        if goes:
            circle.pop(at)
            return
        if not self.quiet:
            told = Told(self.replies.take)
            self.replies.at -= len(told.complaints) + 3 + (told.hand is not None)
            turned = [circle[n:] + circle[:n] for n in range(len(circle))]
            allowed = turned + [circle[:at] + circle[at + 1:] + [page]]
            if at == 0 and len(circle) > 1:     # it was the candidate: the hand has to go on
                allowed = allowed[1:]
            if told.from_hand() not in allowed:
                self.differ("the circle, as the hand is going to meet it",
                            "as before, %s, from any page on" % named(circle),
                            named(told.from_hand()))
            self.now["pages"] = told.from_hand()


def case(name, *script):
    script = ["list 0 %d 8" % CLOCK] + list(script)
    return Case(name, script, ClockJudge(script))


def own(name, *script):
    script = ["list 0 %d 8" % OWN] + list(script)
    return Case(name, script, Judge(script))


def adds(*pages):
    return ["add %d" % page for page in pages]


GOING_ROUND = (
    case("nothing_was_used", *(adds(0, 1, 2, 3) + ["victim", "victim", "victim", "victim"])),
    case("the_hand_goes_on_where_it_was", *(
        adds(0, 1, 2, 3) + ["victim", "add 4", "victim", "add 5", "victim", "add 6"])),
    case("after_the_last_comes_the_first", *(
        adds(5, 3, 1) + ["victim", "add 7", "victim", "add 2", "victim", "add 0", "victim"])),
    case("of_one_page", "add 9", "victim", "add 4", "victim"),
    case("of_two_pages", *(
        adds(8, 2) + ["victim", "add 8", "victim", "add 3", "victim", "victim"])),
    case("only_the_candidate", *(
        adds(4, 6, 2) + ["candidate", "candidate", "victim", "candidate"])),
    case("a_large_circle", *(adds(*range(40)) + ["victim"] * 3 + ["add 50"] + ["victim"] * 5)),
    case("all_of_them_go", *(adds(3, 1, 4, 5, 9, 2, 6) + ["victim"] * 7)),
)

SECOND_CHANCES = (
    case("a_page_that_was_used_is_passed", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "victim", "victim"])),
    case("once_only", *(adds(0, 1, 2, 3) + ["victim", "use 1", "victim", "victim", "victim"])),
    case("used_again_passed_again", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "victim", "use 1", "victim", "use 1", "victim"])),
    case("all_were_used", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "use 2", "use 3", "victim", "victim"])),
    case("all_but_one", *(
        adds(0, 1, 2, 3, 4) + ["victim", "use 1", "use 2", "use 4", "victim", "victim"])),
    case("the_hands_page_was_used", *(adds(0, 1, 2) + ["victim", "use 1", "victim"])),
    case("the_last_page_was_used", *(adds(0, 1, 2) + ["victim", "use 2", "victim", "victim"])),
    case("used_twice_counts_once", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "use 1", "victim", "victim", "victim"])),
)

NEW_PAGES = (
    case("a_new_page_takes_the_place_of_the_victim", *(
        adds(0, 1, 2, 3) + ["victim", "add 4", "victim", "victim", "victim", "victim"])),
    case("it_counts_as_used", *(
        adds(0, 1) + ["victim", "add 2", "victim", "add 3", "use 2", "victim"])),
    case("it_counts_as_used_without_its_bit", *(
        adds(0, 1, 2) + ["unused 0", "unused 1", "victim", "unused 2", "add 3", "unused 3",
                         "victim", "victim", "victim"])),
    case("many_new_pages_come", *(
        adds(0, 1, 2, 3) + ["victim"] + adds(4, 5, 6) + ["victim"] * 6)),
    case("the_hand_stands_in_the_middle", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "victim"] + adds(7, 8) + ["victim", "add 9"] +
        ["victim"] * 4)),
    case("the_hand_stands_at_the_first", *(
        adds(0, 1, 2) + ["candidate"] + adds(3, 4) + ["victim", "victim"])),
    case("the_hand_stands_at_the_last", *(
        adds(0, 1, 2) + ["victim", "victim", "add 3", "add 4", "victim", "victim", "victim"])),
    case("a_page_comes_back", *(
        adds(0, 1, 2) + ["victim", "add 0 7", "victim", "add 1 8", "victim", "add 2 9", "victim"])),
)

LEAVING = (
    case("the_hands_page", *(adds(0, 1, 2, 3) + ["victim", "remove 1", "victim", "victim"])),
    case("the_hands_page_is_the_last", *(
        adds(0, 1, 2, 3) + ["victim", "victim", "victim", "add 4", "add 5", "remove 3", "candidate",
                            "victim", "victim"])),
    case("a_page_before_the_hand", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "victim", "remove 1", "victim"])),
    case("a_page_behind_the_hand", *(
        adds(0, 1, 2, 3) + ["victim", "remove 3", "victim", "victim"])),
    case("before_any_look", *(adds(0, 1, 2) + ["remove 0", "candidate", "victim", "victim"])),
    case("a_page_leaves_and_comes_again", *(
        adds(0, 1, 2) + ["victim", "remove 1", "add 1", "victim", "victim"])),
    case("all_leave_and_others_come", *(
        adds(0, 1, 2) + ["victim", "remove 2", "remove 1"] + adds(5, 6) + ["victim", "victim"])),
    case("all_but_the_new_one_leave", *(
        adds(0, 1, 2) + ["victim", "add 3", "remove 1", "remove 2", "candidate", "victim"])),
)

EMPTY = (
    case("from_the_start", "candidate", "victim"),
    case("after_the_last_victim", "add 1", "victim", "candidate", "victim", "add 2", "candidate",
         "victim"),
    case("after_the_last_page_left", "add 1", "remove 1", "candidate", "add 2", "victim"),
    case("after_the_hands_page_left", *(
        adds(1, 2) + ["victim", "remove 2", "candidate", "add 3", "candidate", "victim",
                      "candidate"])),
    case("again_and_again", *(["add 1", "victim", "add 2", "remove 2"] * 6 + ["candidate"])),
)

ANY_PAGE = (
    case("one_that_was_not_used_goes", *(
        adds(0, 1, 2, 3) + ["victim", "judge 3 0", "victim", "victim"])),
    case("one_that_was_used_stays", *(
        adds(0, 1, 2, 3) + ["victim", "judge 2 1", "victim", "victim", "victim"])),
    case("one_that_has_come_back_stays_once", *(
        adds(0, 1, 2, 3) + ["victim", "add 4 7", "judge 4 0", "judge 4 0", "victim"])),
    case("the_last_one_of_the_list", *(
        adds(0, 1, 2, 3) + ["victim", "judge 3 1", "victim", "victim", "victim"])),
    case("the_first_one_of_the_list", *(
        adds(0, 1, 2, 3) + ["victim", "use 1", "victim", "judge 1 1", "victim", "victim"])),
    case("the_candidate_itself", "add 0 7", "add 1 8", "add 2 9", "judge 0 0", "candidate",
         "judge 1 1", "candidate", "judge 2 0", "candidate", "judge 0 0", "candidate"),
    case("a_single_page", "add 5", "judge 5 1", "candidate", "judge 5 0"),
)

TWO_LISTS = (
    case("two_circles", *(
        adds(0, 1, 2, 3) + ["list 1 %d 8" % CLOCK] + adds(4, 5, 6) + ["victim", "on 0", "victim",
                                                                      "victim", "on 1", "victim",
                                                                      "on 0", "victim"])),
    case("one_has_a_page_that_the_other_has", *(
        adds(0, 1, 2) + ["list 1 %d 8" % CLOCK] + adds(2, 1, 0) + ["victim", "on 0", "victim",
                                                                   "on 1", "add 2", "victim"])),
    case("one_has_one_page", *(
        adds(0, 1, 2) + ["victim", "list 1 %d 8" % CLOCK, "add 7", "on 0", "victim", "on 1",
                         "victim", "add 8", "victim", "on 0", "victim"])),
    case("both_hands_are_in_the_middle", *(
        adds(0, 1, 2, 3, 4) + ["victim", "use 1", "victim", "list 1 %d 8" % CLOCK] +
        adds(6, 7, 8, 9) + ["victim", "use 7", "victim", "add 10", "on 0", "add 10", "on 1",
                              "victim", "victim", "on 0"] + ["victim"] * 4)),
    case("one_is_made_anew", *(
        adds(0, 1, 2) + ["victim", "list 0 %d 8" % CLOCK] + adds(6, 5) + ["victim", "victim"])),
)

ANYTHING = (
    own("empty_has_no_candidate", "candidate", "add 1", "candidate", "remove 1", "candidate"),
    own("of_one_page_it_goes", "add 9", "victim", "candidate", "add 9 7", "victim"),
    own("all_go_one_after_the_other", *(adds(*range(20)) + ["victim"] * 21)),
    own("all_leave_by_other_ways", *(adds(*range(10)) + ["remove %d" % n for n in range(10)] +
                                     ["candidate"] + adds(3, 4) + ["victim"])),
    own("all_are_in_use", *(adds(*range(12)) + ["use %d" % n for n in range(12)] + ["victim"] * 4)),
    own("the_quota_shrinks_to_nothing", *(
        adds(*range(12)) + ["capacity 2"] + ["victim"] * 10 + ["add 20", "capacity 0", "victim",
                                                               "victim", "victim"])),
    own("pages_are_judged_that_nobody_asked_for", *(
        adds(*range(12)) + ["judge 5 1", "judge 11 1", "judge 0 1", "judge 6 1", "victim"])),
    own("what_comes_back_with_a_stamp", *(
        adds(*range(8)) + ["victim", "add 20 1", "victim", "add 21 4294967295", "victim",
                           "add 22 2147483648", "victim"])),
    own("two_lists", *(
        adds(*range(6)) + ["list 1 %d 4" % OWN] + adds(2, 9, 7, 8) + ["victim", "on 0", "victim",
                                                                      "victim", "on 1", "remove 9",
                                                                      "victim", "on 0", "victim"])),
)


# ---- drawn ones ----

def drawn_circle(dice):
    """A circle of which the hand has passed some, and pages for it: (script, pages that are there).
    Which pages that are, follows from the textbook, and the rules."""
    pages = dice.sample(range(FEW), dice.randint(6, 14))
    clock = traces.Clock(len(pages), RULES)
    for page in pages:
        clock.add(page)
    script, fresh = adds(*pages), [p for p in range(FEW) if p not in pages]
    dice.shuffle(fresh)
    for _ in range(dice.randint(2, 6)):
        for page in dice.sample(sorted(clock.circle), dice.randint(0, 3)):
            script.append("use %d" % page)
            clock.mark(page)
        page = fresh.pop()
        script += ["victim", "add %d" % page]
        clock.victim()
        clock.add(page)
    return script, sorted(clock.circle), fresh


def drawn(dice, number):
    """A case for each test of the clock, whose pages nobody knows before."""
    script, there, fresh = drawn_circle(dice)
    some = dice.sample(there, 4)
    judged = [word for page in some for word in (
        "judge %d 1" % page, "candidate")] + ["victim", "victim"]
    return {
        "the hand goes round": case("drawn_round_%d" % number, *(
            adds(*there) + ["victim"] * dice.randint(2, 5))),
        "a second chance": case("drawn_chances_%d" % number, *(
            adds(*there) + ["victim"] + ["use %d" % page for page in some] + ["victim"] * 2)),
        "new pages are met last": case("drawn_new_%d" % number, *(
            script + adds(*fresh[:4]) + ["victim"] * (len(there) + 4))),
        "pages leave by other ways": case("drawn_leaving_%d" % number, *(
            script + ["remove %d" % page for page in some] + ["victim"] * 2)),
        "any page is judged": case("drawn_any_%d" % number, *(script + judged)),
    }


def random_script(dice, policy):
    script = ["list 0 %d 30" % policy, "quiet 1"]
    kinds = ["add"] * 5 + ["victim"] * 3 + ["use"] * 5 + ["remove"] + (
        ["judge", "capacity"] if policy == OWN else [])
    for step in range(STEPS):
        kind = dice.choice(kinds)
        if kind == "victim":
            script.append("victim")
        elif kind == "capacity":
            script.append("capacity %d" % dice.randrange(40))
        else:
            more = {"judge": dice.randrange(2), "add": dice.choice((0, 0, dice.randrange(1 << 32)))}
            script.append("any_%s %d %d" % (kind, dice.randrange(1 << 16), more.get(kind, 0)))
        if step % 50 == 49:
            script.append("state")
    return script


def random_case(seed, policy, judge, name):
    """10,000 steps on 64 pages: what is done is drawn by the seed, and what it is done to."""
    script = random_script(random.Random("%s %d" % (name, seed)), policy)
    return Case("%s_seed_%d" % (name, seed), script, judge(script))


# ---- how many faults ----

class Prices:
    """What each trace costs: by the textbooks, and at least."""

    def __init__(self, seed):
        dice = random.Random("traces %d" % seed)
        self.traces = traces.drawn(dice)
        self.marks = [dice.randrange(1 << 62) for _ in self.traces]     # of the driver's replies
        self.costs = {name: (traces.fifo(trace), traces.clock(trace), traces.exact_lru(trace),
                             traces.opt(trace)) for name, trace in self.traces.items()}

    def script(self):
        script = []
        for trace, mark in zip(self.traces.values(), self.marks):
            script.append("list 0 %d %d" % (OWN, traces.FRAMES))
            script += ["access " + " ".join(map(str, trace[i:i + 8]))
                       for i in range(0, len(trace), 8)]
            script.append("score %d" % mark)
        return script

    def mean(self, faults):
        """Of all traces, each in relation to exact LRU. faults: in the order of the traces."""
        return sum(own / cost[2] for own, cost in zip(faults, self.costs.values())) / len(faults)

    def of(self, column):
        return self.mean([cost[column] for cost in self.costs.values()])

    def table(self, faults):
        lines = ["%-14s %8s %8s %8s %8s %8s" % ("faults", "yours", "fifo", "clock", "lru", "opt")]
        for (name, cost), own_ in zip(self.costs.items(), faults):
            lines.append("%-14s %8d %8d %8d %8d %8d" % ((name, own_) + cost))
        lines.append("%-14s %8.2f %8.2f %8.2f %8.2f %8.2f" % (
            ("of lru, mean", self.mean(faults)) + tuple(map(self.of, range(4)))))
        return "\n".join(lines)


def band(name, prices, most, words):
    """The own policy costs at most so much, in relation to exact LRU, over all traces."""
    def judge(replies):
        faults = []
        for trace, mark in zip(prices.traces, prices.marks):
            words = replies.take().split()
            if words[0] == "lost":
                raise Wrong("trace `%s`: no victim was found" % trace)
            if words[:2] != ["score", str(mark)]:
                raise Wrong("the driver's reply was: " + " ".join(words))
            faults.append(int(words[2]))
        finish(replies)
        if prices.mean(faults) > most:
            raise Wrong("%d frames, traces of five kinds\nexpected: at most %.2f of the faults of "
                        "exact LRU, %s\nfound:    %.2f\n%s" % (
                            traces.FRAMES, most, words, prices.mean(faults), prices.table(faults)))
    return Case(name, prices.script(), judge)


FIRST = ("the hand goes round", "a second chance", "new pages are met last", "random steps")
LATER = FIRST + ("own: the lists stay whole",)


def tests(seed):
    dice = random.Random("cases %d" % seed)
    more = [drawn(dice, number) for number in range(DRAWN)]
    prices = Prices(seed)

    def clock(name, part, points, cases, needs=()):
        return Test(name, part, points, cases + tuple(
            each[name] for each in more if name in each), needs)
    return [
        clock("the hand goes round", "works", 3, GOING_ROUND),
        clock("a second chance", "works", 4, SECOND_CHANCES, FIRST[:1]),
        clock("new pages are met last", "works", 3, NEW_PAGES, FIRST[:2]),
        Test("random steps", "works", 4, (random_case(seed, CLOCK, ClockJudge, "random_steps"),),
             together=True),
        clock("pages leave by other ways", "bad arguments", 4, LEAVING, FIRST),
        clock("an empty circle", "bad arguments", 3, EMPTY, FIRST),
        clock("any page is judged", "bad arguments", 4, ANY_PAGE, FIRST),
        clock("two circles", "bad arguments", 3, TWO_LISTS, FIRST),
        Test("own: the lists stay whole", "bad arguments", 6, ANYTHING + (
            random_case(seed, OWN, Judge, "own_random_steps"),), FIRST),
        Test("own: better than first in, first out", "works", 2, (band(
            "better_than_fifo", prices, prices.of(0) - 0.05, "which is better than fifo"),), LATER),
        Test("own: as good as the clock", "works", 2, (band(
            "as_good_as_the_clock", prices, prices.of(1),
            "which is what the textbook's clock costs"),),
             LATER + ("own: better than first in, first out",)),
        Test("own: as good as exact LRU", "works", 2, (band(
            "as_good_as_lru", prices, 1.0, "which knows every use"),),
             LATER + ("own: better than first in, first out", "own: as good as the clock")),
    ]
