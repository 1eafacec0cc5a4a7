/* needs: lib/string.c */
/*
 * The decision table of page faults, row by row; then every combination of facts against rules that
 * are written down independently: what a fault may and may not be.
 */
#include "mock.h"

#include "vm/faults/fault_kind.h"

#define RW (ACCESS_READ | ACCESS_WRITE)
#define RX (ACCESS_READ | ACCESS_EXEC)

/* Present user entries. */
enum {
    CLEAN = PTE_V | PTE_U | PTE_R | PTE_A,          /* read-only, accessed */
    CODE = PTE_V | PTE_U | PTE_R | PTE_X | PTE_A,
    WRITABLE = PTE_V | PTE_U | PTE_R | PTE_W | PTE_A,
    DIRTY = WRITABLE | PTE_D,
};

struct row {
    const char *what;
    struct fault_facts facts;
    enum fault_kind kind;
};

static void check(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum fault_kind kind = fault_kind(&rows[i].facts);

        if (kind != rows[i].kind)
            fail_msg("%s: kind %d, expected %d", rows[i].what, kind, rows[i].kind);
    }
}

#define AREA .has_area = true

static void outside_of_areas(void **state)
{
    static const struct row rows[] = {
        {"nothing there", {.access = ACCESS_READ}, FAULT_KIND_NO_AREA},
        {"store to nothing", {.access = ACCESS_WRITE, .allowed = RW}, FAULT_KIND_NO_AREA},
        {"the stack grows for a store", {.access = ACCESS_WRITE, .is_stack_gap = true,
            .may_grow = true}, FAULT_KIND_STACK},
        {"the stack grows for a load", {.access = ACCESS_READ, .is_stack_gap = true,
            .may_grow = true}, FAULT_KIND_STACK},
        {"below the stack pointer", {.access = ACCESS_WRITE, .is_stack_gap = true},
            FAULT_KIND_NO_AREA},
        {"at the stack pointer, but no gap", {.access = ACCESS_WRITE, .may_grow = true},
            FAULT_KIND_NO_AREA},
        {"in the stack's area, but below the stack pointer", {AREA, .access = ACCESS_WRITE,
            .allowed = RW, .below_sp = true}, FAULT_KIND_NO_AREA},
        {"the same, but the page is there", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .below_sp = true, .pte = DIRTY}, FAULT_KIND_SPURIOUS},
        {"the guard", {.access = ACCESS_WRITE, .is_guard = true}, FAULT_KIND_GUARD},
        {"the guard, stack pointer in it", {.access = ACCESS_WRITE, .is_guard = true,
            .may_grow = true}, FAULT_KIND_GUARD},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void permission_comes_first(void **state)
{
    static const struct row rows[] = {
        {"store to read-only", {AREA, .access = ACCESS_WRITE, .allowed = ACCESS_READ},
            FAULT_KIND_PERMISSION},
        {"store to text that is mapped", {AREA, .access = ACCESS_WRITE, .allowed = RX,
            .pte = CODE}, FAULT_KIND_PERMISSION},
        {"fetch from data", {AREA, .access = ACCESS_EXEC, .allowed = RW, .pte = DIRTY},
            FAULT_KIND_PERMISSION},
        {"load from nothing allowed", {AREA, .access = ACCESS_READ, .allowed = 0},
            FAULT_KIND_PERMISSION},
        {"store past the end of a read-only file", {AREA, .access = ACCESS_WRITE,
            .allowed = ACCESS_READ, .backing = BACKING_FILE_WHOLE, .past_end = true},
            FAULT_KIND_PERMISSION},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void nothing_mapped_yet(void **state)
{
    static const struct row rows[] = {
        {"load of zero memory", {AREA, .access = ACCESS_READ, .allowed = RW},
            FAULT_KIND_ZERO_READ},
        {"fetch of zero memory", {AREA, .access = ACCESS_EXEC, .allowed = RX},
            FAULT_KIND_ZERO_READ},
        {"store to zero memory", {AREA, .access = ACCESS_WRITE, .allowed = RW},
            FAULT_KIND_ZERO_WRITE},
        {"load of a file", {AREA, .access = ACCESS_READ, .allowed = RW,
            .backing = BACKING_FILE_WHOLE}, FAULT_KIND_FILE_MAP},
        {"fetch of a file", {AREA, .access = ACCESS_EXEC, .allowed = RX,
            .backing = BACKING_FILE_WHOLE}, FAULT_KIND_FILE_MAP},
        {"store to a private file page", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .backing = BACKING_FILE_WHOLE}, FAULT_KIND_FILE_COPY},
        {"load of a page that is part file, part zero", {AREA, .access = ACCESS_READ,
            .allowed = RW, .backing = BACKING_FILE_PART}, FAULT_KIND_FILE_COPY},
        {"store to it", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .backing = BACKING_FILE_PART}, FAULT_KIND_FILE_COPY},
        {"load of a shared file", {AREA, .access = ACCESS_READ, .allowed = RW,
            .backing = BACKING_FILE_WHOLE, .is_shared = true}, FAULT_KIND_FILE_MAP},
        {"store to a shared file", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .backing = BACKING_FILE_WHOLE, .is_shared = true}, FAULT_KIND_FILE_SHARE},
        {"store past the end of a shared file", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .backing = BACKING_FILE_WHOLE, .is_shared = true, .past_end = true},
            FAULT_KIND_PAST_END},
        {"past the end of the file", {AREA, .access = ACCESS_READ, .allowed = RW,
            .backing = BACKING_FILE_WHOLE, .past_end = true}, FAULT_KIND_PAST_END},
        {"store past the end of the file", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .backing = BACKING_FILE_PART, .past_end = true}, FAULT_KIND_PAST_END},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void mapped_already(void **state)
{
    static const struct row rows[] = {
        {"store to a page that fork shares", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = CLEAN}, FAULT_KIND_COPY_ON_WRITE},
        {"store to the zero page", {AREA, .access = ACCESS_WRITE, .allowed = RW, .pte = CLEAN,
            .is_zero_page = true}, FAULT_KIND_ZERO_UPGRADE},
        {"store to a private page of a file", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = CLEAN, .backing = BACKING_FILE_WHOLE}, FAULT_KIND_COPY_ON_WRITE},
        {"store to a clean page of a shared file", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = CLEAN, .backing = BACKING_FILE_WHOLE, .is_shared = true},
            FAULT_KIND_FILE_SHARE},
        {"store to one that is being cut off", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = CLEAN, .backing = BACKING_FILE_WHOLE, .is_shared = true, .past_end = true},
            FAULT_KIND_PAST_END},
        {"another hart has mapped it: load", {AREA, .access = ACCESS_READ, .allowed = RW,
            .pte = CLEAN}, FAULT_KIND_SPURIOUS},
        {"another hart has mapped it: fetch", {AREA, .access = ACCESS_EXEC, .allowed = RX,
            .pte = CODE}, FAULT_KIND_SPURIOUS},
        {"another hart has made it writable", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = DIRTY}, FAULT_KIND_SPURIOUS},
        {"load of the zero page", {AREA, .access = ACCESS_READ, .allowed = RW, .pte = CLEAN,
            .is_zero_page = true}, FAULT_KIND_SPURIOUS},
        {"an entry that does not let the user in", {AREA, .access = ACCESS_READ, .allowed = RW,
            .pte = PTE_V | PTE_R | PTE_A}, FAULT_KIND_CORRUPT},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

/* Svade: the machine does not set A and D itself, it faults. */
static void in_swap(void **state)
{
    static const struct row rows[] = {
        {"load", {AREA, .access = ACCESS_READ, .allowed = RW, .pte = PTE_SOFT_SWAP},
            FAULT_KIND_SWAP},
        {"store", {AREA, .access = ACCESS_WRITE, .allowed = RW, .pte = PTE_SOFT_SWAP},
            FAULT_KIND_SWAP},
        {"a copy of a file's page, past its end by now", {AREA, .access = ACCESS_READ,
            .allowed = RW, .pte = PTE_SOFT_SWAP, .backing = BACKING_FILE_WHOLE, .past_end = true},
            FAULT_KIND_SWAP},
        {"store where that is not allowed any more", {AREA, .access = ACCESS_WRITE,
            .allowed = ACCESS_READ, .pte = PTE_SOFT_SWAP}, FAULT_KIND_PERMISSION},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

static void a_and_d_set_by_software(void **state)
{
    static const struct row rows[] = {
        {"load, A = 0", {AREA, .access = ACCESS_READ, .allowed = RW, .pte = CLEAN & ~PTE_A},
            FAULT_KIND_MARK},
        {"fetch, A = 0", {AREA, .access = ACCESS_EXEC, .allowed = RX, .pte = CODE & ~PTE_A},
            FAULT_KIND_MARK},
        {"load of the zero page, A = 0", {AREA, .access = ACCESS_READ, .allowed = RW,
            .pte = CLEAN & ~PTE_A, .is_zero_page = true}, FAULT_KIND_MARK},
        {"store, D = 0", {AREA, .access = ACCESS_WRITE, .allowed = RW, .pte = WRITABLE},
            FAULT_KIND_MARK},
        {"store, A = 0 and D = 0", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = WRITABLE & ~PTE_A}, FAULT_KIND_MARK},
        {"store, A = 0 though D = 1", {AREA, .access = ACCESS_WRITE, .allowed = RW,
            .pte = DIRTY & ~PTE_A}, FAULT_KIND_MARK},
        {"load, D = 0", {AREA, .access = ACCESS_READ, .allowed = RW, .pte = WRITABLE},
            FAULT_KIND_SPURIOUS},
        {"store to a shared page, D = 0 and A = 0: copying matters more", {AREA,
            .access = ACCESS_WRITE, .allowed = RW, .pte = CLEAN & ~PTE_A},
            FAULT_KIND_COPY_ON_WRITE},
    };

    (void)state;
    check(rows, sizeof rows / sizeof *rows);
}

/* ---- Every combination ---- */

static void check_rules(const struct fault_facts *facts)
{
    enum fault_kind kind = fault_kind(facts);
    bool present = facts->pte & PTE_V, store = facts->access == ACCESS_WRITE;
    bool refused = !facts->has_area || !(facts->allowed & facts->access);
    bool enough = present && (facts->pte & PTE_U) && (facts->pte & facts->access);

    switch (kind) {
    case FAULT_KIND_NO_AREA:
        assert_true(!facts->has_area || (!present && facts->below_sp));
        break;
    case FAULT_KIND_GUARD:
        assert_false(facts->has_area);
        break;
    case FAULT_KIND_STACK:
        assert_true(!facts->has_area && facts->is_stack_gap && facts->may_grow);
        break;
    case FAULT_KIND_PERMISSION:
        assert_true(facts->has_area && refused);
        break;
    case FAULT_KIND_PAST_END:
        assert_true(!refused && facts->past_end);
        assert_true(present ? facts->is_shared && store : facts->backing != BACKING_ZERO);
        break;
    case FAULT_KIND_ZERO_READ:
    case FAULT_KIND_FILE_MAP: /* nothing shared is ever mapped for a store */
        assert_true(!refused && !present && !store);
        break;
    case FAULT_KIND_ZERO_WRITE:
        assert_true(!refused && !present && store);
        break;
    case FAULT_KIND_FILE_COPY:
        assert_true(!refused && !present && facts->backing != BACKING_ZERO && !facts->past_end);
        assert_false(facts->is_shared); /* a copy would be nobody's but this process's */
        break;
    case FAULT_KIND_FILE_SHARE:
        assert_true(!refused && store && facts->is_shared && !enough);
        assert_false(facts->past_end);
        break;
    case FAULT_KIND_ZERO_UPGRADE:
    case FAULT_KIND_COPY_ON_WRITE:
        assert_true(!refused && present && store && !enough && !facts->is_shared);
        assert_int_equal(kind == FAULT_KIND_ZERO_UPGRADE, facts->is_zero_page);
        break;
    case FAULT_KIND_SWAP: /* whatever is to be done with the page, it has to come first */
        assert_true(!refused && (facts->pte & (PTE_V | PTE_SOFT_SWAP)) == PTE_SOFT_SWAP);
        break;
    case FAULT_KIND_MARK:
        assert_true(!refused && enough);
        assert_true(!(facts->pte & PTE_A) || (store && !(facts->pte & PTE_D)));
        break;
    case FAULT_KIND_SPURIOUS: /* else the process would fault for ever */
        assert_true(!refused && enough && (facts->pte & PTE_A));
        assert_true(!store || (facts->pte & PTE_D));
        break;
    case FAULT_KIND_CORRUPT:
        assert_true(!refused && facts->pte != 0 && !enough);
        break;
    }
}

static void every_combination_keeps_the_rules(void **state)
{
    static const enum access accesses[] = {ACCESS_READ, ACCESS_WRITE, ACCESS_EXEC};

    (void)state;
    for (uint32_t bits = 0; bits < 1u << 8; bits++)
        for (uint32_t access = 0; access < 3; access++)
            for (uint32_t backing = 0; backing < 3; backing++)
                for (uint32_t allowed = 0; allowed < 8; allowed++)
                    for (uint32_t pte = 0; pte < 1u << 8; pte++) {
                        const struct fault_facts facts = {
                            .access = accesses[access],
                            .has_area = bits & 1, .is_stack_gap = bits & 2, .may_grow = bits & 4,
                            .is_guard = bits & 8, .past_end = bits & 16, .is_zero_page = bits & 32,
                            .is_shared = bits & 64, .below_sp = bits & 128,
                            .allowed = allowed << 1, .backing = (enum fault_backing)backing,
                            .pte = pte & PTE_V ? pte : pte & PTE_R ? PTE_SOFT_SWAP : 0,
                        };

                        check_rules(&facts);
                    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_of_areas),
        cmocka_unit_test(permission_comes_first),
        cmocka_unit_test(nothing_mapped_yet),
        cmocka_unit_test(mapped_already),
        cmocka_unit_test(in_swap),
        cmocka_unit_test(a_and_d_set_by_software),
        cmocka_unit_test(every_combination_keeps_the_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
