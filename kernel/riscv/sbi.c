/*
 * Calls to the firmware. The numbers are those of the SBI specification 1.0, chapters by extension.
 */
#include "riscv/sbi.h"

#include "riscv/csr.h"
#include "riscv/hart.h"

enum sbi_extension {
    SBI_LEGACY_PUTCHAR = 0x01,
    SBI_LEGACY_SHUTDOWN = 0x08,
    SBI_BASE = 0x10,
    SBI_TIME = 0x54494d45,
    SBI_IPI = 0x735049,
    SBI_RFENCE = 0x52464e43,
    SBI_HSM = 0x48534d,
    SBI_SRST = 0x53525354,
    SBI_DBCN = 0x4442434e,
};

enum sbi_function {
    SBI_BASE_PROBE = 3,
    SBI_TIME_SET = 0,
    SBI_IPI_SEND = 0,
    SBI_RFENCE_I = 0,
    SBI_RFENCE_VMA = 1,
    SBI_HSM_START = 0,
    SBI_SRST_RESET = 0,
    SBI_DBCN_WRITE_BYTE = 2,
};

struct sbi_result {
    int64_t error;
    int64_t value;
};

static bool has_debug_console;
static bool has_system_reset;

static struct sbi_result sbi_call(uint64_t extension, uint64_t function, uint64_t x, uint64_t y,
                                  uint64_t z, uint64_t u)
{
    register uint64_t a0 __asm__("a0") = x;
    register uint64_t a1 __asm__("a1") = y;
    register uint64_t a2 __asm__("a2") = z;
    register uint64_t a3 __asm__("a3") = u;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){(int64_t)a0, (int64_t)a1};
}

static bool sbi_has(uint64_t extension)
{
    struct sbi_result result = sbi_call(SBI_BASE, SBI_BASE_PROBE, extension, 0, 0, 0);

    return result.error == 0 && result.value != 0;
}

void sbi_init(void)
{
    has_debug_console = sbi_has(SBI_DBCN);
    has_system_reset = sbi_has(SBI_SRST);
}

void sbi_console_put(char c)
{
    if (has_debug_console)
        sbi_call(SBI_DBCN, SBI_DBCN_WRITE_BYTE, (uint8_t)c, 0, 0, 0);
    else
        sbi_call(SBI_LEGACY_PUTCHAR, 0, (uint8_t)c, 0, 0, 0);
}

void sbi_set_timer(uint64_t deadline)
{
    sbi_call(SBI_TIME, SBI_TIME_SET, deadline, 0, 0, 0);
}

/* The firmware's mask has a bit for each id; machine.c uses only ids below 64. */
static uint64_t id_mask(uint64_t harts_mask)
{
    uint64_t ids = 0;

    for (uint32_t i = 0; i < MAX_HARTS; i++)
        if (harts_mask & 1ul << i)
            ids |= 1ul << harts[i].id;
    return ids;
}

void sbi_send_ipi(uint64_t harts_mask)
{
    sbi_call(SBI_IPI, SBI_IPI_SEND, id_mask(harts_mask), 0, 0, 0);
}

void sbi_remote_sfence_vma(uint64_t harts_mask, uint64_t start, uint64_t bytes)
{
    sbi_call(SBI_RFENCE, SBI_RFENCE_VMA, id_mask(harts_mask), 0, start, bytes);
}

void sbi_remote_fence_i(uint64_t harts_mask)
{
    sbi_call(SBI_RFENCE, SBI_RFENCE_I, id_mask(harts_mask), 0, 0, 0);
}

int64_t sbi_hart_start(uint64_t hart_id, uint64_t entry, uint64_t opaque)
{
    return sbi_call(SBI_HSM, SBI_HSM_START, hart_id, entry, opaque, 0).error;
}

void sbi_shutdown(int status)
{
    if (has_system_reset)
        sbi_call(SBI_SRST, SBI_SRST_RESET, 0 /* shutdown */, status != 0, 0, 0);
    sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0);
    for (;;)
        wait_for_interrupt();
}
