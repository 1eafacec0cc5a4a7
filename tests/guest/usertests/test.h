/*
 * What the tests of /usertests share. A test is a function that runs in a process of its own, in an
 * empty directory; it passes by returning. What it expects in vain, in whichever of its processes,
 * ends that one and the test: the reason goes to the runner through a pipe.
 */
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "abi/limits.h"
#include "abi/stat.h"
#include "abi/syscall.h"
#include "abi/vm_stats.h"
#include "user.h"

#define PAGE_BYTES 4096ul
#define KIB 1024ul
#define MIB (1024ul * 1024ul)

enum pace { QUICK, SLOW }; /* SLOW: more than 5 s; usertests -q leaves it out */

struct test {
    const char *name;
    void (*run)(void);
    enum pace pace;
};

/* Each table ends with a test without a name. */
extern const struct test process_tests[], kill_tests[], exec_tests[], library_tests[];
extern const struct test file_tests[], directory_tests[], name_tests[], pipe_tests[];
extern const struct test disk_tests[];
extern const struct test cow_tests[], fault_tests[], memory_tests[];
extern const struct test code_tests[], pointer_tests[], nomem_tests[], stress_tests[];
extern const struct test long_call_tests[];
extern const struct test mmap_tests[], mmap_file_tests[], mmap_hole_tests[], mmap_error_tests[];
extern const struct test mmap_race_tests[];
extern const struct test mprotect_tests[], advise_tests[], shared_tests[], place_tests[];
extern const struct test read_ahead_tests[];
extern const struct test thread_tests[], futex_tests[], thread_memory_tests[];
extern const struct test paging_quota_tests[], swap_slot_tests[], swap_page_tests[];
extern const struct test swap_call_tests[], swap_race_tests[], quota_race_tests[];
extern const struct test paging_memory_tests[];
extern const struct test paging_limit_tests[], paging_counter_tests[], paging_file_tests[];

/* Status of a test's process that met something which this machine cannot show. */
#define STATUS_FAILED 101
#define STATUS_SKIPPED 102
#define STATUS_KILLED (-1)

#define expect(condition) expect_true((condition), __FILE__, __LINE__, #condition)
#define expect_equal(got, want) \
    expect_number((long)(got), (long)(want), __FILE__, __LINE__, #got)
/* The call is to fail, with that errno. */
#define expect_error(call, error) expect_errno((long)(call), (error), __FILE__, __LINE__, #call)

/* Ends the test; format and the rest are the reason, a line. */
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void expect_true(bool condition, const char *file, int line, const char *what);
void expect_number(long got, long want, const char *file, int line, const char *what);
void expect_errno(long result, int error, const char *file, int line, const char *what);
int processes(int most); /* how many children this machine can have now, with room to spare */
void skip(const char *why) __attribute__((noreturn));
bool has_floating_point(void);
void need_floating_point(void); /* skips where the machine has none */

/* Processes. */
int spawn(void (*run)(long), long argument);       /* a child that runs it, then exits with 0 */
void join(int pid);                                /* waits for that child; it is to exit with 0 */
void join_all(int count, int status);              /* as many, each of which exits with status */
int wait_for(int pid);                             /* the next to end: its status */
void expect_killed(void (*run)(long), long argument); /* in a child, which is to be killed */
void wait_to_see(int pid, const char *name, char state); /* waits for it to be called and do so */
void tell(int fd);                                 /* writes a byte into a pipe */
void listen(int fd);                               /* waits for a byte */

/* System calls by number, past the library: the kernel's own answer, -errno. */
long call(long number, long a0, long a1, long a2, long a3, long a4, long a5);
extern volatile char sink; /* for reads that the compiler must not drop */

/* Memory and files. The buffers are any test's; each has a process of its own. */
#define BLOCK_BYTES (96 * KIB)
extern char block[BLOCK_BYTES], other[BLOCK_BYTES];
extern struct proc_info process_rows[MAX_PROCESSES];
char *grow(long bytes);               /* sbrk, of which the test depends */
void need_memory(unsigned long bytes); /* skips where that much cannot be promised */
void fill(char *data, unsigned long bytes, unsigned seed);
bool filled(const char *data, unsigned long bytes, unsigned seed);
void make_file(const char *path, unsigned long bytes, unsigned seed);
void verify_file(const char *path, unsigned long bytes, unsigned seed);
void write_file(const char *path, const void *data, unsigned long bytes);
unsigned long file_size(int fd);
void read_stats(struct vm_stats *stats); /* without dropping anything */
void drop_caches(void); /* and brings this program back: what is read next, the test asked for */
unsigned next_random(unsigned *state);

/* The clock, in ticks; what these are worth is known where ICOUNT=1. */
#define INSTRUCTIONS_PER_TICK 100
unsigned long time_now(void);
bool clock_counts_instructions(void);

/* runner.c and ledger.c */
extern int report_fd, test_pid; /* where reasons go, and the test's own process */
struct ledger {
    unsigned long long frames[FRAME_CLASSES];
    unsigned long long commit; /* pages promised */
};
void ledger_begin(struct ledger *ledger);
bool ledger_settles(const struct ledger *before, struct ledger *after);
void ledger_print(const struct ledger *before, const struct ledger *after);
void empty_directory(const char *path); /* and goes there */

#endif
