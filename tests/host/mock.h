/*
 * What stands in for the rest of the kernel when some of its files run on the host under a test.
 *
 * A test includes this first, which brings cmocka, then the kernel's headers (but never
 * sync/printf.h or lib/string.h, whose names the C library has too). mock.c defines, weakly,
 * functions that kernel files call: a test that links the real one gets the real one. instead/ has
 * headers that are found before the kernel's of the same name: most include that one, and then put
 * something that fits the host in its place.
 *
 *   spinlocks    taking one twice, or releasing one that is not held, fails the test
 *   panic        ends the test, unless expect_panic() awaits it
 *   RAM          mock_ram() makes an arena of frames, with a frame table, behind the direct map
 *   frame_alloc  takes frames of the arena one by one; page_put gives back
 *   kmem_alloc   the host's calloc
 */
#ifndef TESTS_HOST_MOCK_H
#define TESTS_HOST_MOCK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Random numbers; the seed is printed, and taken from SEED in the environment where that is set. */
void mock_seed(void);
uint32_t mock_random(uint32_t limit);
uint64_t mock_random64(void);

extern char mock_panic_message[256]; /* the last one */

/* statement must panic with a message that has text in it. Locks held then stay held. */
#define expect_panic(statement, text)                              \
    do {                                                           \
        expect_assert_failure(statement);                          \
        assert_non_null(strstr(mock_panic_message, text));         \
    } while (0)

#define MOCK_RAM_FIRST_PFN 0x80000ul

void mock_ram(uint64_t frames); /* a fresh arena; the one before is freed */
void mock_ram_free(void);
extern uint64_t mock_frames_out;    /* by frame_alloc, not yet put back */
extern int64_t mock_fail_after;     /* so many allocations succeed, then none; < 0: all do */
extern int64_t mock_objects_out;    /* by kmem_alloc */
extern int64_t mock_locks_held;     /* spinlocks */

#endif
