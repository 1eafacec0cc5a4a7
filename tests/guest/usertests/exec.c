/* exec: arguments, limits, what it keeps, and files that only look like programs. */
#include "test.h"

/* Runs path and gives back its status; what it writes goes to the file "out". */
static int run_program(const char *path, char *const argv[])
{
    int pid = fork();

    expect(pid >= 0);
    if (pid == 0) {
        close(1);
        expect_equal(open("out", O_CREATE | O_TRUNC | O_WRONLY), 1);
        exec(path, argv);
        exit(STATUS_FAILED);
    }
    return wait_for(pid);
}

static int read_output(char *buffer, int room)
{
    int fd = open("out", O_RDONLY), length = 0, now;

    expect(fd >= 0);
    while ((now = (int)read(fd, buffer + length, (size_t)(room - length))) > 0)
        length += now;
    expect(now == 0);
    close(fd);
    return length;
}

static void exec_arguments(void)
{
    static char *argv[] = {"echo", "one", "", "two words", NULL};
    char out[64];

    expect_equal(run_program("/echo", argv), 0);
    int length = read_output(out, sizeof(out));

    expect(length == 15 && memcmp(out, "one  two words\n", 15) == 0);
}

static void exec_32_arguments(void)
{
    static char *argv[MAX_ARGS + 2];
    char out[128];

    for (int i = 0; i < MAX_ARGS; i++)
        argv[i] = i == 0 ? "echo" : "x";
    expect_equal(run_program("/echo", argv), 0);
    expect_equal(read_output(out, sizeof(out)), 2 * (MAX_ARGS - 1));
    argv[MAX_ARGS] = "x";
    expect_error(exec("/echo", argv), E2BIG);
}

static void exec_4096_bytes(void)
{
    static char *argv[] = {"echo", block, NULL};
    int most = MAX_ARG_BYTES - 5 - 1; /* beside "echo" and two NULs */

    memset(block, 'y', (size_t)most);
    block[most] = '\0';
    expect_equal(run_program("/echo", argv), 0);
    expect_equal(read_output(other, MAX_ARG_BYTES + 1), most + 1);
    block[most] = 'y';
    block[most + 1] = '\0';
    expect_error(exec("/echo", argv), E2BIG);
}

static void exec_keeps_descriptors(void)
{
    static char *argv[] = {"cat", NULL};
    char out[16];
    int ends[2], pid;

    expect(pipe(ends) == 0);
    pid = fork();
    if (pid == 0) {
        close(0);
        expect_equal(dup(ends[0]), 0);
        close(1);
        expect_equal(open("out", O_CREATE | O_WRONLY), 1);
        close(ends[0]);
        close(ends[1]);
        exec("/cat", argv);
        exit(STATUS_FAILED);
    }
    expect_equal(write(ends[1], "kept", 4), 4);
    close(ends[1]);
    expect_equal(wait_for(pid), 0);
    expect_equal(read_output(out, sizeof(out)), 4);
    expect(memcmp(out, "kept", 4) == 0);
}

static void exec_keeps_directory(void)
{
    static char *argv[] = {"cat", "here", NULL};
    char out[16];

    write_file("here", "there", 5);
    expect_equal(run_program("/cat", argv), 0);
    expect_equal(read_output(out, sizeof(out)), 5);
}

static void exec_not_a_program(void)
{
    static char *argv[] = {"x", NULL};

    expect_error(exec("missing", argv), ENOENT);
    expect_error(exec("missing/x", argv), ENOENT);
    expect(mkdir("directory") == 0);
    expect(exec("directory", argv) == -1);
    expect_error(exec("directory/../missing", argv), ENOENT);
    write_file("empty", "", 0);
    expect_error(exec("empty", argv), ENOEXEC);
    write_file("text", "#!/sh\necho no\n", 14);
    expect_error(exec("text", argv), ENOEXEC);
    expect_error(exec("text/x", argv), ENOTDIR);
    expect(exec("/console", argv) == -1);
}

static void exec_many_at_once(void)
{
    static char *argv[] = {"true", NULL};

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 10; i++)
            if (fork() == 0) {
                exec("/true", argv);
                exit(STATUS_FAILED);
            }
        join_all(10, 0);
    }
}

/* ELF files made here. Layout: header, up to three program headers, code at CODE_OFFSET. */

struct elf_header {
    unsigned char ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t header_bytes, program_bytes, programs, section_bytes, sections, names;
};

struct elf_program {
    uint32_t type, flags;
    uint64_t offset, va, pa, file_bytes, mem_bytes, align;
};

#define CODE_OFFSET PAGE_BYTES
#define EXIT_STATUS 42
#define ELF_X 1
#define ELF_W 2
#define ELF_R 4

static const uint32_t code[] = {
    0x02a00513, /* li a0, 42 */
    0x00200893, /* li a7, SYS_exit */
    0x00000073, /* ecall */
};

static struct {
    struct elf_header header;
    struct elf_program program[3];
    char gap[CODE_OFFSET - sizeof(struct elf_header) - 3 * sizeof(struct elf_program)];
    uint32_t code[PAGE_BYTES / 4];
} elf;

/* A program with one segment, at va, that exits with 42. */
static void elf_start(uint64_t va)
{
    memset(&elf, 0, sizeof(elf));
    memmove(elf.header.ident, "\177ELF\2\1\1", 7);
    elf.header.type = 2;
    elf.header.machine = 243;
    elf.header.version = 1;
    elf.header.entry = va;
    elf.header.program_offset = sizeof(elf.header);
    elf.header.header_bytes = sizeof(elf.header);
    elf.header.program_bytes = sizeof(elf.program[0]);
    elf.header.programs = 1;
    elf.program[0] = (struct elf_program){1,  ELF_R | ELF_X, CODE_OFFSET, va, va, sizeof(code),
                                          sizeof(code), PAGE_BYTES};
    memmove(elf.code, code, sizeof(code));
}

static void elf_add(int index, uint64_t va, uint64_t mem_bytes)
{
    elf.program[index] = (struct elf_program){1, ELF_R | ELF_W, CODE_OFFSET, va, va, 0, mem_bytes,
                                              PAGE_BYTES};
    elf.header.programs = (uint16_t)(index + 1);
}

/* Writes the first bytes of it, runs it; the program's status, or minus the errno of exec. */
static int elf_run(unsigned long bytes)
{
    static char *argv[] = {"elf", NULL};
    int status, pid;

    write_file("elf", &elf, bytes);
    pid = fork();
    expect(pid >= 0);
    if (pid == 0) {
        exec("elf", argv);
        exit(-1000 - errno);
    }
    status = wait_for(pid);
    expect(unlink("elf") == 0);
    return status < -1000 ? status + 1000 : status;
}

static void exec_own_elf(void)
{
    elf_start(0);
    expect_equal(elf_run(sizeof(elf)), EXIT_STATUS);
    elf_start(0x10000);
    expect_equal(elf_run(sizeof(elf)), EXIT_STATUS);
    elf_start(0x10000);
    elf_add(1, 0x20000, 3 * PAGE_BYTES);
    elf_add(2, 0x40000000, PAGE_BYTES);
    expect_equal(elf_run(sizeof(elf)), EXIT_STATUS);
    elf_start(0x10000);
    elf_add(1, 0x20000, 0); /* an empty segment is none */
    expect_equal(elf_run(sizeof(elf)), EXIT_STATUS);
}

static void exec_truncated(void)
{
    elf_start(0x10000);
    expect_equal(elf_run(4), -ENOEXEC);
    expect_equal(elf_run(sizeof(elf.header) - 1), -ENOEXEC);
    expect_equal(elf_run(sizeof(elf.header)), -ENOEXEC);
    expect_equal(elf_run(sizeof(elf.header) + sizeof(elf.program[0]) - 1), -ENOEXEC);
    expect_equal(elf_run(CODE_OFFSET), -ENOEXEC);
    expect_equal(elf_run(CODE_OFFSET + sizeof(code) - 1), -ENOEXEC);
    expect_equal(elf_run(CODE_OFFSET + sizeof(code)), EXIT_STATUS);
}

static void exec_wrong_header(void)
{
    elf_start(0x10000);
    elf.header.ident[0] = 'E';
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.ident[4] = 1; /* 32 bits */
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.machine = 62; /* x86 */
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.program_bytes = 8;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.programs = 0;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.programs = 0xffff;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.header.program_offset = 1ul << 40;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf.header.program_offset = -56ul; /* the table would wrap around */
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
}

static void exec_lying_sizes(void)
{
    elf_start(0x10000);
    elf.program[0].mem_bytes = elf.program[0].file_bytes - 1;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.program[0].file_bytes = elf.program[0].mem_bytes = 1ul << 30; /* more than the file has */
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.program[0].offset = 1ul << 40;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.program[0].offset = -16ul; /* offset + size wraps around */
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.program[0].offset += 8; /* offset and address differ within their page */
    expect(elf_run(sizeof(elf)) != EXIT_STATUS);
}

static void exec_overlap(void)
{
    elf_start(0x10000);
    elf_add(1, 0x10000, PAGE_BYTES);
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf_add(1, 0xf000, 2 * PAGE_BYTES);
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf_add(1, 0x20000, 4 * PAGE_BYTES);
    elf_add(2, 0x22000, PAGE_BYTES);
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
}

static void exec_bad_addresses(void)
{
    static const struct {
        uint64_t va, bytes;
    } bad[] = {
        {-PAGE_BYTES, PAGE_BYTES},               /* ends at 2^64 */
        {-PAGE_BYTES, 4 * PAGE_BYTES},           /* wraps around */
        {0x20000, -0x20000ul},                   /* all of the rest */
        {0x20000, -PAGE_BYTES},
        {0xffffffc000000000ul, PAGE_BYTES},      /* the kernel half, in each mode */
        {0xffffffff80200000ul, PAGE_BYTES},
        {0xffff800000000000ul, PAGE_BYTES},
        {0xff00000000000000ul, PAGE_BYTES},
        {1ul << 63, PAGE_BYTES},                 /* non-canonical */
        {1ul << 56, PAGE_BYTES},
        {0x20000, 1ul << 57},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        elf_start(0x10000);
        elf_add(1, bad[i].va, bad[i].bytes);
        expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    }
}

/* Too big to be promised is no fault of the file. */
static void exec_no_memory(void)
{
    elf_start(0x10000);
    elf_add(1, 0x100000, 1ul << 36);
    int status = elf_run(sizeof(elf));

    if (status == EXIT_STATUS)
        skip("this machine promises everything");
    expect_equal(status, -ENOMEM);
}

/* A jump to nowhere ends the program, not the machine. */
static void exec_entry_outside(void)
{
    static const uint64_t entries[] = {0x20000, 0, 0x10001, 0xffffffff80200000ul, 1ul << 60};

    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        elf_start(0x10000);
        elf.header.entry = entries[i];
        int status = elf_run(sizeof(elf));

        expect(status == STATUS_KILLED || status == -ENOEXEC);
    }
}

/*
 * A segment at 2^41 needs four levels of page table, one at 2^50 five. Nothing else tells a program
 * how many there are, so what is shown is that all answers agree.
 */
static void exec_high_segment(void)
{
    static char *argv[] = {"highseg", NULL};
    int status, pid;

    elf_start(1ul << 41);
    status = elf_run(sizeof(elf));
    bool four = status == EXIT_STATUS;

    expect(four || status == -ENOEXEC);
    elf_start(1ul << 50);
    status = elf_run(sizeof(elf));
    expect(status == -ENOEXEC || (four && status == EXIT_STATUS));
    elf_start(0x10000);
    elf_add(1, 1ul << 41, 100 * PAGE_BYTES);
    expect_equal(elf_run(sizeof(elf)), four ? EXIT_STATUS : -ENOEXEC);

    pid = fork();
    if (pid == 0) { /* a program that reads and writes up there */
        exec("/highseg", argv);
        exit(errno);
    }
    expect_equal(wait_for(pid), four ? 41 : ENOEXEC);
}

/* The entry must lie in a segment that is executable. */
static void exec_flags(void)
{
    elf_start(0x10000);
    elf.program[0].flags = ELF_R;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
    elf_start(0x10000);
    elf.program[0].flags = ELF_R | ELF_W;
    expect_equal(elf_run(sizeof(elf)), -ENOEXEC);
}

/* Bytes that chance put there: whatever it does, it ends, and the machine goes on. */
static void exec_random_damage(void)
{
    unsigned state = 12345;

    for (int i = 0; i < 150; i++) {
        elf_start(0x10000);
        elf_add(1, 0x20000, PAGE_BYTES);
        unsigned char *bytes = (unsigned char *)&elf;

        for (int n = 0; n < 3; n++)
            bytes[next_random(&state) % (sizeof(elf.header) + 2 * sizeof(elf.program[0]))] =
                (unsigned char)next_random(&state);
        elf_run(CODE_OFFSET + sizeof(code));
    }
}

/* The file of a program that runs, gone or written to: the program goes on. */
static void exec_unlinked(void)
{
    static char *argv[] = {"copy", "2", NULL};
    static char block[PAGE_BYTES];
    int from = open("/sleep", O_RDONLY), to = open("copy", O_CREATE | O_WRONLY), now, pid;

    expect(from >= 0 && to >= 0);
    while ((now = (int)read(from, block, sizeof(block))) > 0)
        expect_equal(write(to, block, (size_t)now), now);
    close(from);
    close(to);
    pid = fork();
    if (pid == 0) {
        exec("copy", argv);
        exit(STATUS_FAILED);
    }
    wait_to_see(pid, "copy", 'S');
    expect(unlink("copy") == 0);
    expect_equal(wait_for(pid), 0);
}

const struct test exec_tests[] = {
    {"exec_arguments", exec_arguments, QUICK},
    {"exec_32_arguments", exec_32_arguments, QUICK},
    {"exec_4096_bytes", exec_4096_bytes, QUICK},
    {"exec_keeps_descriptors", exec_keeps_descriptors, QUICK},
    {"exec_keeps_directory", exec_keeps_directory, QUICK},
    {"exec_not_a_program", exec_not_a_program, QUICK},
    {"exec_many_at_once", exec_many_at_once, QUICK},
    {"exec_own_elf", exec_own_elf, QUICK},
    {"exec_truncated", exec_truncated, QUICK},
    {"exec_wrong_header", exec_wrong_header, QUICK},
    {"exec_lying_sizes", exec_lying_sizes, QUICK},
    {"exec_overlap", exec_overlap, QUICK},
    {"exec_bad_addresses", exec_bad_addresses, QUICK},
    {"exec_no_memory", exec_no_memory, QUICK},
    {"exec_entry_outside", exec_entry_outside, QUICK},
    {"exec_high_segment", exec_high_segment, QUICK},
    {"exec_flags", exec_flags, QUICK},
    {"exec_random_damage", exec_random_damage, QUICK},
    {"exec_unlinked", exec_unlinked, QUICK},
    {NULL, NULL, QUICK},
};
