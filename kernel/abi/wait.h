/* Why a child ended: the second result of wait_info(). New causes come at the end. */
#pragma once

/* CAUSE(name, in words) */
#define FOR_EACH_CAUSE(CAUSE)                                                                  \
    CAUSE(EXITED, "exited") /* by exit(), or its last thread left: the status is its own */    \
    CAUSE(KILL, "kill")     /* somebody called kill() */                                       \
    CAUSE(LOAD, "load page fault")   /* of what is not mapped, or not in this way */           \
    CAUSE(STORE, "store page fault") /* the same */                                            \
    CAUSE(FETCH, "instruction page fault") /* the same */                                      \
    CAUSE(NO_PAGE, "page cannot be had") /* past the file's end, disk error, disk full */      \
    CAUSE(NO_MEMORY, "out of memory")                                                          \
    CAUSE(INSTRUCTION, "bad instruction") /* illegal, ebreak, misaligned, physical access */      \
    CAUSE(INTERRUPT, "Ctrl-C") /* typed for the foreground job */

#define CAUSE_NUMBER(name, words) CAUSE_##name,
enum wait_cause { FOR_EACH_CAUSE(CAUSE_NUMBER) CAUSES };
