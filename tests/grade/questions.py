"""Questions about a run of the student's own code, and their answers.

    make questions LAB=buddy ID=me      writes answers.json, with questions and room for answers
    make viva LAB=buddy SUBMISSION=dir  prints three, with what that code gives, for a talk

A lab's questions.py says `questions(seed)`: a list of Question. The seed comes from the student's
id, so each student has other ones. The answer is what the student's code does, in the host stage's
driver: no key to it is anywhere, and a code of one's own has an answer of its own. They ask only
what the same source gives with every compiler.

answers.json: {"lab": …, "id": …, "answers": [{"name": …, "question": …, "answer": …}]}.
"""

import hashlib
import json
import os
import random

import hoststage
import result

LONGEST = 200               # characters of an answer
VIVA = 3


class Bad(Exception):
    """The answers cannot be read; the message is for the student."""


class Question:
    """script: what the driver does. read(replies): the answer, as a text of words.

    about(replies): what the run did, for who has answered something else.
    Of a lab without a host stage: known, the answer; or None in a hand-out, which has none.
    """

    def __init__(self, name, points, text, script=(), read=None, about=None, known=None):
        self.name, self.points, self.text, self.script = name, points, text, script
        self.read, self.about, self.known = read, about, known


def seed_of(student):
    name = student.encode(errors="surrogatepass")
    return int.from_bytes(hashlib.sha256(name).digest()[:6], "little")


def of(lab, seed):
    return lab.module("questions").questions(seed)


def plain(answer):
    """Blanks, commas and case say nothing."""
    return " ".join(str(answer).replace(",", " ").lower().split())


def answers_of(lab, asked, program, box, folder):
    """For each question (answer, about); of one that the code does not come to, (None, why)."""
    if not lab.has_host_stage:
        return [(plain(question.known), "") if question.known else
                (None, "only your course has the answers") for question in asked]
    cases = [hoststage.Case(question.name, question.script, None) for question in asked]
    replies = hoststage.replies_of(program, box, folder, cases)
    found = []
    for question in asked:
        told = replies[question.name]
        try:
            told.finish()
            found.append((plain(question.read(told.lines)), question.about(told.lines)))
        except hoststage.Wrong as wrong:
            found.append((None, str(wrong)))
        except hoststage.ODD:
            found.append((None, "the run gives no answer to this"))
    return found


def sheet(lab, student):
    """answers.json, with no answers yet."""
    return {"lab": lab.name, "id": student,
            "answers": [{"name": question.name, "question": question.text, "answer": ""}
                        for question in of(lab, seed_of(student))]}


def read_answers(text):
    """(id, {name: answer}) of an answers.json."""
    try:
        data = json.loads(text.lstrip("\ufeff"))      # which some editors put there
        given = {str(each["name"]): plain(each["answer"])[:LONGEST] for each in data["answers"]}
        return str(data["id"]), given
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Bad("answers.json is not as `make questions` writes it")


def judge(lab, student, text, program, box, folder):
    """result.entry for each question. student: who it is, or "": as answers.json says."""
    trouble, given = "", {}
    if text is None:
        trouble = "there is no answers.json: `make questions ID=...` writes it"
    else:
        try:
            claimed, given = read_answers(text)
            if student and claimed != student:
                trouble = "answers.json has the questions of %s, not of %s" % (claimed, student)
            student = student or claimed
        except Bad as bad:
            trouble = str(bad)
    asked = of(lab, seed_of(student))
    found = [(None, trouble)] * len(asked)
    if not trouble:
        found = answers_of(lab, asked, program, box, folder)
    entries = []
    for question, (answer, about) in zip(asked, found):
        said = given.get(question.name, "")
        if answer is None:
            verdict, why = "not-run", about
        elif said == answer:
            verdict, why = "pass", ""
        else:
            verdict, why = "fail", "%s\nthe answer was: %s" % (question.text, said or "(none)")
            if lab.has_host_stage:
                why += "\nthe run:        %s\n%s" % (answer, about)
        entries.append(result.entry("question: " + question.name, "host", "questions",
                                    question.points, "N", verdict, why,
                                    needs=lab.settings["questions_need"]))
    return entries


def viva(lab, program, box, folder):
    """Three questions of a new seed, with answers, as text."""
    seed = random.SystemRandom().randrange(1 << 32)
    asked = random.Random(seed).sample(of(lab, seed), VIVA)
    lines = []
    for number, (question, (answer, about)) in enumerate(
            zip(asked, answers_of(lab, asked, program, box, folder)), 1):
        lines += ["%d. %s" % (number, question.text), "   " + (answer or "no answer"),
                  "   " + about.replace("\n", "\n   "), ""]
    return "\n".join(lines)
