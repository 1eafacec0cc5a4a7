/*
 * The host stage of a lab, as far as it is C: the student's file runs here, and nothing is judged.
 *
 *     script  --->  driver + the student's file  --->  replies  --->  tests/grade/hoststage.py
 *
 * The script is cases, each some commands. Each case runs in a process of its own: a crash, a loop
 * or a ruined heap ends that case alone. What came of each command is told as it is, with no word
 * of what it should be: the judge, another process, knows that.
 *
 *     case NAME           begins a case, which ends where the next one begins
 *     NAME NUMBER...      a command: lab_command() does it
 *
 * Replies are lines that begin with `=`; all else that is printed is the student's, or a
 * sanitizer's:
 *
 *     = case NAME    = WORD...    = panic MESSAGE    = not-written FUNCTION    = end WHY
 *
 * WHY: `done`, `exit STATUS`, `signal NUMBER`. A panic ends its case.
 */
#ifndef LABS_DRIVER_H
#define LABS_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARGUMENTS_MAX 8

/* Each lab has it: does one command. Missing arguments are 0. False: there is no such command. */
bool lab_command(const char *name, const uint64_t argument[], int count);

/* A reply, without its `= ` and its end of line. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
