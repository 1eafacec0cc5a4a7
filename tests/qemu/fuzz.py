"""Runs whose course is drawn from a seed: callfuzz, and tests with the windows of races widened."""

import suite as s

# Tests of what several threads do to the same thing, for RACE=; the second row takes long there.
RACES = ("one_name_many_processes writes_during_forks truncate_while_storing synced_while_split "
         "stores_and_writes_at_once buffers_that_move swap_goes_under_faults "
         "exec_while_limit_changes act_while_paging greediest_is_killed")
LONG_RACES = ("kill_family cut_off_while_stored marked_while_cut_off copy_of_what_came_back "
              "limit_is_set_and_lifted fork_while_paging pipes_without_memory")

# Name, settings, command. The seeds are fixed, so that a failure can be had again.
QUICK = (
    ("callfuzz SAN", {"PAGING": "sv48", "CPUS": "4", "MEM": "16M", "SWAP": "64M", "SAN": "1"},
     "callfuzz 1 20000"),
    ("callfuzz", {"PAGING": "sv39", "CPUS": "2", "MEM": "24M", "SWAP": "64M"},
     "callfuzz 2 20000"),
    ("races", {"PAGING": "auto", "CPUS": "4", "MEM": "32M", "SWAP": "128M", "SAN": "1",
               "RACE": "1"}, "usertests " + RACES),
)
RACE_SEEDS = (2, 3, 4)      # of the full suite

# A million calls: each row so many times, with the next seeds.
FULL = (
    (2, {"PAGING": "sv39", "CPUS": "4", "MEM": "16M", "SWAP": "64M", "SAN": "1"}, 60000, "3 2"),
    (2, {"PAGING": "sv57", "CPUS": "2", "MEM": "16M", "SWAP": "64M", "SAN": "1"}, 60000, "2 4"),
    (2, {"PAGING": "sv48", "CPUS": "4", "MEM": "20M", "SWAP": "64M", "SAN": "1", "RACE": "1"},
     30000, "4 2"),
    (3, {"PAGING": "sv48", "CPUS": "4", "MEM": "16M", "SWAP": "64M"}, 120000, "8 1"),
    (2, {"PAGING": "sv39", "CPUS": "8", "MEM": "20M", "SWAP": "64M"}, 100000, "4 2"),
    (2, {"PAGING": "sv57", "CPUS": "1", "MEM": "16M", "SWAP": "64M"}, 100000, "3 2"),
)


def run(name, values, command):
    values = dict(values)
    san = values.pop("SAN", "0") == "1"
    ending = s.boot(name, s.SECONDS["cell"], san=san, CMD=command, **values)
    s.need_status(ending, 0)


def items():
    return tuple((name, lambda row=(name, values, command): run(*row))
                 for name, values, command in QUICK)


def full_items():
    """Jobs for check-full: name, function, arguments."""
    jobs = []
    for times, values, calls, shape in FULL:
        for _ in range(times):
            seed = 100 + len(jobs)
            more = {"RACE": str(seed)} if "RACE" in values else {}
            name = "callfuzz %d %s" % (seed, s.cell_name(values))
            jobs.append((name, run, name, dict(values, **more),
                         "callfuzz %d %d %s" % (seed, calls, shape)))
    for seed in RACE_SEEDS:
        name = "races %d" % seed
        jobs.append((name, run, name, dict(QUICK[-1][1], RACE=str(seed)),
                     "usertests %s %s" % (RACES, LONG_RACES)))
    return jobs
