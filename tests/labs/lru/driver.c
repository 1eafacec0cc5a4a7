/*
 * The commands of the lab `lru`. Pages have numbers from 0 on. There are two lists, 0 and 1.
 *
 *     list L POLICY CAPACITY   list L is made anew, empty, with the policy of that number
 *     on L                     what follows is about list L
 *     capacity N               it has so many frames from now on
 *     use P                    the program uses the page: its accessed bit is set
 *     unused P                 and is not any more
 *
 * What the kernel does with a policy (kernel/vm/replacement/policy.h):
 *
 *     add P STAMP              ops->add; list->incoming is STAMP meanwhile
 *     remove P                 ops->remove
 *     candidate                ops->candidate: = candidate P, or = candidate none
 *     judge P BIT              ops->judge, and ops->remove where that says so: = goes, or = stays
 *     victim                   looks for one, and removes it: = looks P:BIT..., then = victim P;
 *                              or = victim none, where none was found in so many looks
 *     access P...              the program uses these pages, one after the other: what is not there
 *                              comes, and where the list is full a victim goes first, as in a fault
 *                              under a quota. Nothing is told but what `score` asks for
 *
 *     any_add N STAMP, any_remove N, any_use N, any_judge N BIT
 *                              the same for the n-th page that it can be done to, modulo how many
 *                              they are, of 64 pages: = picked P, or = picked none
 *
 *     score MARK               = score MARK FAULTS LOOKS of all accesses since `list`; = lost, if a
 *                              victim was not found
 *     quiet 0|1                1: the state is told no more after each command, but by `state`
 *     state
 *
 *     = place N count C: P...  list N of the policy, 1 or 2, in its order; = broken: it is no list
 *     = hand P                 list->hand, or none
 *     = stray P                a node that says that it is on no list, or on the other one
 *     = unstamped P            its stamp is 0
 *     = state
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "vm/replacement/policy.h"

#define PAGES 4096u
#define LISTS 2u
#define FEW 64u /* pages of any_... */
#define MOST_LOOKS 40u /* times the pages that are there, for one victim */

struct frame {
    struct lru_node node;
    uint32_t number, stamp;
    bool is_there, is_accessed;
};

static struct {
    struct lru_list list;
    struct frame frame[PAGES];
    uint32_t newest; /* the page that came last, + 1 */
    uint64_t faults, looks;
    bool is_lost;
} lists[LISTS], *now = &lists[0];
static bool is_quiet;

static struct frame *frame_of(const struct lru_node *node)
{
    return container_of((struct lru_node *)node, struct frame, node);
}

static struct frame *page(uint64_t number)
{
    struct frame *frame = &now->frame[number % PAGES];

    frame->number = (uint32_t)(number % PAGES);
    return frame;
}

/* ---- what the kernel does ---- */

static bool accessed(struct frame *frame)
{
    bool was = frame->is_accessed;

    frame->is_accessed = false;
    return was;
}

static void add(struct frame *frame, uint32_t stamp)
{
    now->list.incoming = stamp;
    now->list.ops->add(&now->list, &frame->node, stamp);
    now->list.incoming = 0;
    frame->is_there = true;
}

static void take(struct frame *frame)
{
    frame->stamp = frame->node.stamp;
    now->list.ops->remove(&now->list, &frame->node);
    frame->is_there = false;
}

/* The victim, or NULL. says: each look is told. */
static struct frame *find_victim(bool says)
{
    uint64_t most = MOST_LOOKS * (lru_list_length(&now->list) + 1);
    struct frame *frame = NULL;

    if (says)
        printf("\n= looks");
    for (uint64_t looks = 0; looks < most; looks++) {
        struct lru_node *node = now->list.ops->candidate(&now->list);
        bool bit;

        if (!node)
            return NULL;
        frame = frame_of(node);
        bit = accessed(frame);
        now->looks++;
        if (says)
            printf(" %u:%d", frame->number, bit);
        if (now->list.ops->judge(&now->list, node, bit))
            return frame;
    }
    return NULL;
}

/* As handle_page_fault() under a quota: the first use of a page is taken back at the next fault. */
static void access_page(struct frame *frame)
{
    if (!frame->is_there) {
        now->faults++;
        if (now->newest)
            page(now->newest - 1)->is_accessed = false;
        now->list.incoming = frame->stamp;
        if (lru_list_length(&now->list) >= now->list.capacity) {
            struct frame *victim = find_victim(false);

            if (victim)
                take(victim);
            now->is_lost |= !victim;
        }
        now->list.ops->add(&now->list, &frame->node, frame->stamp);
        frame->is_there = true;
        now->newest = frame->number + 1;
    }
    frame->is_accessed = true;
}

/* ---- the state ---- */

static void tell_place(uint16_t place)
{
    struct list_head *head = &now->list.pages[place - 1], *link;
    uint32_t count = 0;

    printf("\n= place %u count %lu:", place, (unsigned long)now->list.count[place - 1]);
    for (link = head->next; link != head && count <= PAGES; link = link->next, count++) {
        if (link->next->prev != link || link->prev->next != link)
            break;
        printf(" %u", frame_of(container_of(link, struct lru_node, link))->number);
    }
    printf("\n");
    if (link != head)
        tell("broken");
}

static void tell_state(void)
{
    for (uint16_t place = 1; place <= LRU_PLACES; place++)
        tell_place(place);
    if (now->list.hand)
        tell("hand %u", frame_of(now->list.hand)->number);
    for (uint32_t i = 0; i < PAGES; i++) {
        struct frame *frame = &now->frame[i];

        if (frame->is_there != (frame->node.place != 0) || frame->node.place > LRU_PLACES)
            tell("stray %u", i);
        if (frame->is_there && frame->node.stamp == 0)
            tell("unstamped %u", i);
    }
    tell("state");
}

/* ---- commands ---- */

static void list(uint64_t number, int policy, uint64_t capacity)
{
    now = &lists[number % LISTS];
    memset(now, 0, sizeof(*now));
    lru_list_init(&now->list, lru_policy_numbered(policy));
    now->list.capacity = capacity;
}

static void judge(struct frame *frame, bool bit)
{
    frame->is_accessed = false;
    if (now->list.ops->judge(&now->list, &frame->node, bit)) {
        take(frame);
        tell("goes");
    } else {
        tell("stays");
    }
}

static void victim(void)
{
    struct frame *frame = find_victim(true);

    if (!frame) {
        tell("victim none");
        return;
    }
    take(frame);
    tell("victim %u", frame->number);
}

static void candidate(void)
{
    struct lru_node *node = now->list.ops->candidate(&now->list);

    if (node)
        tell("candidate %u", frame_of(node)->number);
    else
        tell("candidate none");
}

static bool prepare(const char *name, const uint64_t a[], int count)
{
    if (strcmp(name, "list") == 0)
        list(a[0], (int)a[1], a[2]);
    else if (strcmp(name, "on") == 0)
        now = &lists[a[0] % LISTS];
    else if (strcmp(name, "capacity") == 0)
        now->list.capacity = a[0];
    else if (strcmp(name, "quiet") == 0)
        is_quiet = a[0] != 0;
    else if (strcmp(name, "use") == 0 || strcmp(name, "unused") == 0)
        page(a[0])->is_accessed = name[2] == 'e';
    else if (strcmp(name, "access") == 0)
        for (int i = 0; i < count; i++)
            access_page(page(a[i]));
    else if (strcmp(name, "score") == 0)
        now->is_lost ? tell("lost") : tell("score %lu %lu %lu", (unsigned long)a[0],
                                           (unsigned long)now->faults, (unsigned long)now->looks);
    else
        return false;
    return true;
}

static bool students(const char *name, const uint64_t a[])
{
    if (strcmp(name, "add") == 0)
        add(page(a[0]), (uint32_t)a[1]);
    else if (strcmp(name, "remove") == 0)
        take(page(a[0]));
    else if (strcmp(name, "candidate") == 0)
        candidate();
    else if (strcmp(name, "judge") == 0)
        judge(page(a[0]), a[1] != 0);
    else if (strcmp(name, "victim") == 0)
        victim();
    else
        return strcmp(name, "state") == 0;
    return true;
}

/* The n-th page of those that are there, or are not. */
static bool pick(bool is_there, uint64_t n, uint64_t *number)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < FEW; i++)
        count += page(i)->is_there == is_there;
    for (uint32_t i = 0; i < FEW && count > 0; i++)
        if (page(i)->is_there == is_there && n-- % count == 0) {
            *number = i;
            return true;
        }
    return false;
}

static void any(const char *name, const uint64_t argument[], int count)
{
    uint64_t a[ARGUMENTS_MAX] = {0, argument[1]};

    if (!pick(strcmp(name, "add") != 0, argument[0], &a[0])) {
        tell("picked none");
        return;
    }
    tell("picked %lu", (unsigned long)a[0]);
    if (!prepare(name, a, count))
        students(name, a);
}

bool lab_command(const char *name, const uint64_t a[], int count)
{
    if (strncmp(name, "any_", 4) == 0) {
        any(name + 4, a, count);
        return true;
    }
    if (prepare(name, a, count))
        return true;
    if (!students(name, a))
        return false;
    if (!is_quiet || strcmp(name, "state") == 0)
        tell_state();
    return true;
}
