/*
 * Looks on while a student's replacement policy works, and ends the machine with its name when it
 * does what no policy may. `make` links this into a kernel that has a policy besides ours; the
 * linker's option --wrap puts it between the table of policies and those who ask for one, and in
 * front of the timer, which finds a function that does not return.
 *
 * The caller serialises what is done to one list; the counters of a policy are of all its lists,
 * and need not be exact.
 */
#include "lib/string.h"
#include "riscv/timer.h"
#include "sync/printf.h"
#include "thread/clock.h"
#include "thread/thread.h"
#include "vm/replacement/policy.h"

#define FIRST_OWN 5   /* the number of the first policy that is not ours */
#define MOST 16u
#define ROUNDS 12u    /* looks at each page, not used, by which there must be a victim */
#define FEW 16u

static struct checked {
    struct lru_ops ops;           /* what the kernel sees */
    const struct lru_ops *theirs; /* NULL: not taken, or not whole yet */
    uint32_t is_taken;
    uint64_t refused;             /* pages that were not used, and no victim, one after the other */
    uint64_t steps;               /* since the lists were walked */
    uint64_t began;               /* when it was first asked for a victim; 0: not yet */
} table[MOST];

/* Which function of a policy each hart is in. Only its hart; the caller holds a spinlock. */
static struct running {
    const struct lru_list *list;  /* NULL: in none */
    const struct thread *thread;
    const char *function;
    uint64_t since;
} running[MAX_HARTS];

const struct lru_ops *__real_lru_policy_named(const char *name);
const struct lru_ops *__real_lru_policy_numbered(int number);
const struct lru_ops *__wrap_lru_policy_named(const char *name);
const struct lru_ops *__wrap_lru_policy_numbered(int number);
void __real_timer_interrupt(void);
void __wrap_timer_interrupt(void);

static struct checked *checked_of(const struct lru_list *list)
{
    return container_of(list->ops, struct checked, ops);
}

static void __attribute__((noreturn)) give_up(const struct lru_list *list, const char *what,
                                              const char *where)
{
    uint64_t began = checked_of(list)->began;

    panic("the policy %s %s%s (%lu ms after it was first asked for a victim)", list->ops->name,
          what, where, began ? (timer_now() - began) * 1000 / timer_frequency : 0);
}

static void expect(const struct lru_list *list, bool condition, const char *what)
{
    if (!condition)
        give_up(list, what, "");
}

/* The policy's function is called next. Returns: the policy. */
static const struct lru_ops *enter(const struct lru_list *list, const char *function)
{
    struct running *here = &running[this_hart()->index];

    here->thread = current_thread();
    here->function = function;
    here->since = timer_now();
    __atomic_store_n(&here->list, list, __ATOMIC_RELEASE);
    return checked_of(list)->theirs;
}

static void leave(void)
{
    __atomic_store_n(&running[this_hart()->index].list, NULL, __ATOMIC_RELEASE);
}

void __wrap_timer_interrupt(void)
{
    const struct running *here = &running[this_hart()->index];

    if (here->list && here->thread == current_thread() &&
        timer_now() - here->since > timer_frequency / 2)
        give_up(here->list, "does not return from ", here->function);
    __real_timer_interrupt();
}

static bool has_neighbours(const struct list_head *link)
{
    return link->next != link && link->next->prev == link && link->prev->next == link;
}

static bool is_linked(const struct lru_node *node)
{
    return node->place - 1u < LRU_PLACES && has_neighbours(&node->link);
}

/* True: the node, if there is one, is on the list; and each list is as long as its count says. */
static bool lists_have(const struct lru_list *list, const struct lru_node *node)
{
    bool found = !node;

    for (unsigned i = 0; i < LRU_PLACES; i++) {
        const struct list_head *head = &list->pages[i];
        uint64_t count = 0;

        for (const struct list_head *at = head->next; at != head; at = at->next) {
            const struct lru_node *here = container_of(at, struct lru_node, link);

            expect(list, at->next->prev == at && here->place == i + 1 && ++count <= list->count[i],
                   "breaks a list");
            found = found || here == node;
        }
        expect(list, count == list->count[i], "breaks a list");
    }
    return found;
}

/* Now and then, so that a step costs little whatever the lists' length. */
static bool is_time_to_walk(const struct lru_list *list)
{
    struct checked *checked = checked_of(list);

    if (++checked->steps < lru_list_length(list))
        return false;
    checked->steps = 0;
    return true;
}

static struct lru_node *candidate(struct lru_list *list)
{
    struct checked *checked = checked_of(list);
    struct lru_node *node;

    if (checked->began == 0)
        checked->began = timer_now();
    node = enter(list, "candidate()")->candidate(list);
    leave();
    expect(list, node || lru_list_length(list) == 0, "never names a victim: there are pages");
    expect(list, !node || (is_linked(node) && (!is_time_to_walk(list) || lists_have(list, node))),
           "names a page that is not on its list");
    return node;
}

static bool judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    struct checked *checked = checked_of(list);
    uint64_t length = lru_list_length(list);
    bool goes = enter(list, "judge()")->judge(list, node, accessed);

    leave();
    expect(list, is_linked(node) && lru_list_length(list) == length, "breaks a list in judge()");
    checked->refused = goes ? 0 : checked->refused + !accessed;
    expect(list, checked->refused <= ROUNDS * (length + FEW),
           "never names a victim: no page was used, and none may go");
    return goes;
}

static void add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    uint64_t length = lru_list_length(list);

    enter(list, "add()")->add(list, node, stamp);
    leave();
    expect(list, is_linked(node) && lru_list_length(list) == length + 1, "breaks a list in add()");
    if (is_time_to_walk(list))
        lists_have(list, NULL);
}

static void take(struct lru_list *list, struct lru_node *node)
{
    uint64_t length = lru_list_length(list);

    enter(list, "remove()")->remove(list, node);
    leave();
    expect(list, !has_neighbours(&node->link) && lru_list_length(list) == length - 1 &&
           list->hand != node, "breaks a list in remove()");
}

static const struct lru_ops *with_check(const struct lru_ops *theirs)
{
    static const struct lru_ops ops = {
        .candidate = candidate, .judge = judge, .add = add, .remove = take,
    };

    if (!theirs || theirs->number < FIRST_OWN)
        return theirs;
    for (struct checked *at = table; at < table + MOST; at++) {
        if (__atomic_load_n(&at->theirs, __ATOMIC_ACQUIRE) == theirs)
            return &at->ops;
        if (__atomic_exchange_n(&at->is_taken, 1, __ATOMIC_ACQ_REL))
            continue;
        at->ops = ops;
        at->ops.name = theirs->name;
        at->ops.number = theirs->number;
        __atomic_store_n(&at->theirs, theirs, __ATOMIC_RELEASE);
        return &at->ops;
    }
    return theirs;
}

const struct lru_ops *__wrap_lru_policy_named(const char *name)
{
    return with_check(__real_lru_policy_named(name));
}

const struct lru_ops *__wrap_lru_policy_numbered(int number)
{
    return with_check(__real_lru_policy_numbered(number));
}
