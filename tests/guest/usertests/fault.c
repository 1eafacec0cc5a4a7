/* Page faults: what is given on demand, and what kills. */
#include "test.h"

#define PAGES 128

static unsigned long rise(unsigned long long before, unsigned long long after)
{
    return (unsigned long)(after - before);
}

static bool zero(const char *data, unsigned long bytes)
{
    for (unsigned long i = 0; i < bytes; i++)
        if (data[i] != 0)
            return false;
    return true;
}

#define BSS_PAGES 16

static char bss[BSS_PAGES * PAGE_BYTES];

static void zero_fill(void)
{
    char *heap = grow(PAGES * PAGE_BYTES);

    expect(zero(heap, PAGES * PAGE_BYTES));
    expect(zero(bss, sizeof(bss)));
    for (int i = 0; i < BSS_PAGES; i++)
        heap[i * PAGE_BYTES + i] = bss[i * PAGE_BYTES + i] = (char)(i + 1);
    for (int i = 0; i < BSS_PAGES; i++) {
        expect_equal(heap[i * PAGE_BYTES + i], (char)(i + 1));
        expect_equal(bss[i * PAGE_BYTES + i], (char)(i + 1));
        heap[i * PAGE_BYTES + i] = bss[i * PAGE_BYTES + i] = 0;
    }
    expect(zero(heap, PAGES * PAGE_BYTES) && zero(bss, sizeof(bss)));
}

/* Memory that another process has just used must not show. */
static void dirty_memory(long bytes)
{
    memset(grow(bytes), 0x5a, (size_t)bytes);
}

static void zero_fill_after_others(void)
{
    for (int i = 0; i < 4; i++) {
        join(spawn(dirty_memory, MIB));
        expect(zero(grow(MIB / 4), MIB / 4));
    }
}

static void zero_page_for_reads(void)
{
    struct vm_stats before, after;
    char *heap = grow(PAGES * PAGE_BYTES);

    read_stats(&before);
    for (int i = 0; i < PAGES; i++)
        expect_equal(heap[i * PAGE_BYTES], 0);
    read_stats(&after);
    expect(rise(before.fault_zero_read, after.fault_zero_read) >= PAGES);
    expect(rise(before.fault_zero, after.fault_zero) < PAGES / 2);
    expect(rise(before.frames[FRAME_ANON] + 16, after.frames[FRAME_ANON] + 16 + PAGES) <
           PAGES + PAGES / 2);
}

static void zero_page_is_replaced(void)
{
    char *heap = grow(PAGES * PAGE_BYTES);

    for (int i = 0; i < PAGES; i++)
        sink += heap[i * PAGE_BYTES];
    for (int i = 0; i < PAGES; i += 2)
        heap[i * PAGE_BYTES + 7] = (char)(i + 1);
    for (int i = 0; i < PAGES; i++) {
        expect_equal(heap[i * PAGE_BYTES + 7], i % 2 ? 0 : (char)(i + 1));
        expect_equal(heap[i * PAGE_BYTES], 0);
    }
}

/* The kernel writes for a process as the process itself would. */
static void zero_page_kernel_write(void)
{
    char *heap = grow(4 * PAGE_BYTES);
    int fd;

    make_file("file", PAGE_BYTES, 5);
    for (int i = 0; i < 4; i++)
        sink += heap[i * PAGE_BYTES];
    fd = open("file", O_RDONLY);
    expect_equal(read(fd, heap + PAGE_BYTES, PAGE_BYTES), PAGE_BYTES);
    expect(filled(heap + PAGE_BYTES, PAGE_BYTES, 5));
    expect(zero(heap, PAGE_BYTES) && zero(heap + 2 * PAGE_BYTES, 2 * PAGE_BYTES));
}

static int dig(int depth);
static int (*volatile dig_deeper)(int) = dig; /* clang would make a loop of plain recursion */

/* Each level uses a page; a byte of it is checked on the way back. */
static int dig(int depth)
{
    volatile char room[PAGE_BYTES - 96];

    __asm__ volatile("" : : "r"(room) : "memory"); /* else clang keeps two bytes of it */
    room[0] = room[sizeof(room) - 1] = (char)depth;
    int below = depth > 1 ? dig_deeper(depth - 1) : 0;

    return below + (room[0] == (char)depth && room[sizeof(room) - 1] == (char)depth);
}

#define STACK_PAGES (STACK_BYTES / (int)PAGE_BYTES)

static void stack_grows(void)
{
    struct vm_stats before, after;

    read_stats(&before);
    expect_equal(dig(STACK_PAGES - 8), STACK_PAGES - 8);
    read_stats(&after);
    expect(after.fault_stack > before.fault_stack);
}

static void dig_forever(long depth)
{
    sink += (char)dig((int)depth);
}

static void stack_has_a_limit(void)
{
    expect_killed(dig_forever, STACK_PAGES + 2);
    expect_killed(dig_forever, 1000000);
}

static char *stack_pointer(void)
{
    char *sp;

    __asm__ volatile("mv %0, sp" : "=r"(sp));
    return sp;
}

static void read_below_stack(long distance)
{
    sink = *(volatile char *)(stack_pointer() - distance);
}

static void write_below_stack(long distance)
{
    *(volatile char *)(stack_pointer() - distance) = 1;
}

static void stack_only_above_sp(void)
{
    expect_killed(read_below_stack, 8 * PAGE_BYTES);
    expect_killed(write_below_stack, 8 * PAGE_BYTES);
}

static void stack_guard(void)
{
    expect_killed(read_below_stack, STACK_BYTES + PAGE_BYTES);
    expect_killed(write_below_stack, STACK_BYTES + PAGE_BYTES);
    expect_killed(read_below_stack, 16 * STACK_BYTES);
}

/* A buffer on the stack that nobody has touched yet is good for a system call. */
static void stack_buffer(void)
{
    volatile char buffer[16 * PAGE_BYTES];
    int fd;

    make_file("file", 16 * PAGE_BYTES, 9);
    fd = open("file", O_RDONLY);
    expect_equal(read(fd, (char *)buffer, sizeof(buffer)), sizeof(buffer));
    for (unsigned i = 0; i < 16; i++)
        expect(filled((char *)buffer + i * PAGE_BYTES, PAGE_BYTES, 9 + i));
}

/* What lies below sp is not there for the kernel either. */
static void stack_kernel_below_sp(void)
{
    int ends[2];

    expect(pipe(ends) == 0);
    expect_equal(write(ends[1], "12345678", 8), 8);
    expect_equal(call(SYS_read, ends[0], (long)(stack_pointer() - 20 * PAGE_BYTES), 8, 0, 0, 0),
                 -EFAULT);
    expect_equal(call(SYS_write, ends[1], (long)(stack_pointer() - 20 * PAGE_BYTES), 8, 0, 0, 0),
                 -EFAULT);
}

/* Offences. Each gets an address. */

static void load(long address)
{
    sink = *(volatile char *)address;
}

static void store(long address)
{
    *(volatile char *)address = 1;
}

static void jump(long address)
{
    ((void (*)(void))address)();
}

static void add_atomically(long address)
{
    __asm__ volatile("amoadd.w zero, zero, (%0)" : : "r"(address) : "memory");
}

static void reserve(long address)
{
    __asm__ volatile("lr.d t0, (%0)" : : "r"(address) : "t0", "memory");
}

#define KERNEL_IMAGE 0xffffffff80200000ul

static const unsigned long nowhere[] = {
    0,            8,            PAGE_BYTES - 8,   /* NULL, and members of what it points to */
    0x80000000ul, 0x80200000ul,                   /* where RAM is, physically */
    0x10000000ul, 0x0c000000ul, 0x02000000ul,     /* devices, physically */
    1ul << 37,    1ul << 38,    1ul << 47,        /* user half in some modes, mapped in none */
    1ul << 56,    1ul << 63,    0x8000000000001000ul,
    KERNEL_IMAGE, -PAGE_BYTES,  0xffffffc000000000ul,
    0xffff800000000000ul,       0xff00000000000000ul,
};
#define NOWHERE (int)(sizeof(nowhere) / sizeof(nowhere[0]))

static void load_nowhere(void)
{
    for (int i = 0; i < NOWHERE; i++)
        expect_killed(load, (long)nowhere[i]);
}

static void store_nowhere(void)
{
    for (int i = 0; i < NOWHERE; i++)
        expect_killed(store, (long)nowhere[i]);
}

static void jump_nowhere(void)
{
    for (int i = 0; i < NOWHERE; i++)
        expect_killed(jump, (long)nowhere[i]);
}

static uint32_t code_in_data[] = {0x00008067}; /* ret */

static void jump_to_data(void)
{
    volatile uint32_t on_stack[4] = {0x00008067};
    char *heap = grow(PAGE_BYTES);

    memmove(heap, code_in_data, sizeof(code_in_data));
    expect_killed(jump, (long)code_in_data);
    expect_killed(jump, (long)on_stack);
    expect_killed(jump, (long)heap);
}

static const char constant[] = "constant";

static void store_to_text(void)
{
    expect_killed(store, (long)store);
    expect_killed(store, (long)constant);
    expect(constant[0] == 'c');
    load((long)store);
}

static void misaligned_atomics(void)
{
    char *heap = grow(PAGE_BYTES);

    expect_killed(add_atomically, (long)heap + 1);
    expect_killed(add_atomically, (long)heap + 4094);
    expect_killed(reserve, (long)heap + 2);
}

/* Misaligned loads and stores work, also across two pages, whoever does the work. */
static void misaligned_accesses(void)
{
    char *heap = grow(3 * PAGE_BYTES);

    for (unsigned long at = PAGE_BYTES - 7; at < PAGE_BYTES; at++) {
        unsigned long value = 0x0123456789abcdeful + at, got;

        __asm__ volatile("sd %1, (%2)\n\tld %0, (%2)"
                         : "=&r"(got)
                         : "r"(value), "r"(heap + at)
                         : "memory");
        expect(got == value);
    }
    expect_killed(load, (long)heap + 3 * PAGE_BYTES);
}

static void run_illegal(long which)
{
    switch (which) {
    case 0:
        __asm__ volatile(".word 0");
        break;
    case 1:
        __asm__ volatile(".word 0xffffffff");
        break;
    case 2:
        __asm__ volatile("csrr t0, sstatus" : : : "t0");
        break;
    case 3:
        __asm__ volatile("csrw satp, zero");
        break;
    case 4:
        __asm__ volatile("sret");
        break;
    case 5:
        __asm__ volatile("sfence.vma");
        break;
    case 6:
        __asm__ volatile("csrw sscratch, zero");
        break;
    case 7:
        __asm__ volatile("mret");
        break;
    default:
        __asm__ volatile("ebreak");
    }
}

static void illegal_instructions(void)
{
    for (long which = 0; which < 9; which++)
        expect_killed(run_illegal, which);
}

/* A load faults in the middle of an instruction's work; registers must be as before. */
static void faults_keep_registers(void)
{
    char *heap = grow(PAGES * PAGE_BYTES);
    unsigned long sum = 0, expected = 0;

    for (unsigned long i = 0; i < PAGES; i++) {
        unsigned long a = i, b = i * 3, c = ~i, d = i << 7;

        heap[i * PAGE_BYTES] = (char)i;
        sum += a ^ b ^ c ^ d ^ (unsigned char)heap[i * PAGE_BYTES];
        expected += i ^ i * 3 ^ ~i ^ i << 7 ^ (i & 0xff);
    }
    expect(sum == expected);
}

static void run_bigexec(int arguments)
{
    char *argv[] = {"bigexec", arguments ? "all" : NULL, NULL};
    int pid = fork();

    if (pid == 0) {
        exec("/bigexec", argv);
        exit(STATUS_FAILED);
    }
    expect_equal(wait_for(pid), 0);
}

/* exec maps and does not read. */
static void exec_reads_little(void)
{
    struct vm_stats before, after;

    need_memory(12 * MIB);
    drop_caches();
    read_stats(&before);
    run_bigexec(0);
    read_stats(&after);
    expect(after.disk_read_bytes > before.disk_read_bytes);
    expect(rise(before.disk_read_bytes, after.disk_read_bytes) < 200 * KIB);
}

/* Each run reads its data, then overwrites it: the next must find it as the file has it. */
static void data_is_private(void)
{
    need_memory(14 * MIB);
    drop_caches();
    for (int i = 0; i < 3; i++)
        run_bigexec(1);
    drop_caches();
    run_bigexec(1);
}

const struct test fault_tests[] = {
    {"zero_fill", zero_fill, QUICK},
    {"zero_fill_after_others", zero_fill_after_others, QUICK},
    {"zero_page_for_reads", zero_page_for_reads, QUICK},
    {"zero_page_is_replaced", zero_page_is_replaced, QUICK},
    {"zero_page_kernel_write", zero_page_kernel_write, QUICK},
    {"stack_grows", stack_grows, QUICK},
    {"stack_has_a_limit", stack_has_a_limit, QUICK},
    {"stack_only_above_sp", stack_only_above_sp, QUICK},
    {"stack_guard", stack_guard, QUICK},
    {"stack_buffer", stack_buffer, QUICK},
    {"stack_kernel_below_sp", stack_kernel_below_sp, QUICK},
    {"load_nowhere", load_nowhere, QUICK},
    {"store_nowhere", store_nowhere, QUICK},
    {"jump_nowhere", jump_nowhere, QUICK},
    {"jump_to_data", jump_to_data, QUICK},
    {"store_to_text", store_to_text, QUICK},
    {"misaligned_atomics", misaligned_atomics, QUICK},
    {"misaligned_accesses", misaligned_accesses, QUICK},
    {"illegal_instructions", illegal_instructions, QUICK},
    {"faults_keep_registers", faults_keep_registers, QUICK},
    {"exec_reads_little", exec_reads_little, QUICK},
    {"data_is_private", data_is_private, QUICK},
    {NULL, NULL, QUICK},
};
