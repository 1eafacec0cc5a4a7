/*
 * Replacement policies. Chapter "Page Replacement". A policy orders the nodes of a list and names
 * victims; it knows neither pages nor page tables. Each is one file in policies/, which ends in
 *
 *     LRU_POLICY(name_ops);
 *
 * and is thereby in the table: chosen by name at boot (POLICY=), by number in memlimit().
 *
 * A victim is found in steps, so that nobody holds a lock while accessed bits are read:
 *
 *     list->incoming = stamp;                                a page is about to come in
 *     do node = list->ops->candidate(list);                  the accessed bit of which page?
 *     while (node && !list->ops->judge(list, node, accessed(node)));   true: the victim
 *     list->ops->add(list, incoming, stamp);
 *
 * Reading an accessed bit clears it. Where judge() returns false it moves the node, or the hand, or
 * remembers the look: else the same node would be the candidate for ever. Where it returns true it
 * leaves the node on its list: remove() follows.
 *
 * Where several harts look for victims, judge() may meet a node that is not the candidate any more.
 * The node is still on the list: it is judged like any other.
 *
 * All functions: the caller serialises. None sleeps. None allocates: what a policy remembers of a
 * page that is out is a stamp, which the caller keeps with the page's swap slot.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "mem/lru_node.h"

#define LRU_PLACES 2u /* places 1 and 2 are lists->pages[0] and [1] */

struct lru_ops;

struct lru_list {
    const struct lru_ops *ops;
    struct list_head pages[LRU_PLACES];
    uint64_t count[LRU_PLACES];
    uint64_t capacity;       /* frames: the quota; on a global list what is on it as a page comes */
    uint32_t clock;          /* pages that came in; never 0, so that a stamp of 0 is "not known" */
    uint32_t incoming;       /* stamp of the page that is about to come in; 0: nothing known, or
                              * pages come when they come, and victims are looked for in advance */
    struct lru_node *hand;   /* the policy's: where it looks next; NULL: at the first of its list */
    uint32_t looked;         /* the policy's: bits that it has read since the last victim */
};

struct lru_ops {
    const char *name;
    int number; /* enum lru_policy, or 5 and more: a student's own */
    struct lru_node *(*candidate)(struct lru_list *list); /* NULL: the list is empty */
    /* True: it is the victim. node->stamp, never 0, is kept for it, and comes back with it. */
    bool (*judge)(struct lru_list *list, struct lru_node *node, bool accessed);
    void (*add)(struct lru_list *list, struct lru_node *node, uint32_t stamp);
    /* The page is gone, by whatever way; a victim is taken off by this, too. The hand, if it is on
     * this node, goes on to the next: lru_take does that. */
    void (*remove)(struct lru_list *list, struct lru_node *node);
};

/* A pointer in a section that the linker gathers, and gives names for its bounds. */
#define LRU_POLICY(ops) \
    const struct lru_ops *const ops##_entry __attribute__((used, section("lru_policies"))) = &(ops)

void lru_list_init(struct lru_list *list, const struct lru_ops *ops);
static inline uint64_t lru_list_length(const struct lru_list *list)
{
    return list->count[0] + list->count[1];
}

/* The policy of that name or number, or NULL. */
const struct lru_ops *lru_policy_named(const char *name);
const struct lru_ops *lru_policy_numbered(int number);

/* What most policies need. A place is 1 or 2: list->pages[place - 1]. */
struct lru_node *lru_oldest(struct lru_list *list); /* ops->candidate: the first of place 1 */
void lru_join(struct lru_list *list, struct lru_node *node, uint32_t stamp);   /* ops->add: last */
void lru_take(struct lru_list *list, struct lru_node *node);                   /* ops->remove */
struct lru_node *lru_first(const struct lru_list *list, uint16_t place);       /* or NULL */
void lru_again(struct lru_list *list, struct lru_node *node);                  /* seen, so last */

/* The one after it, or NULL. */
static inline struct lru_node *lru_next(const struct lru_list *list, const struct lru_node *node)
{
    struct list_head *next = node->link.next;

    return next == &list->pages[node->place - 1] ? NULL : container_of(next, struct lru_node, link);
}

/* It was moved: it becomes the last one. */
static inline void lru_append(struct lru_list *list, struct lru_node *node, uint16_t place)
{
    list_add_tail(&node->link, &list->pages[place - 1]);
    list->count[place - 1]++;
    node->place = place;
}

/* It is new: it becomes the last one. */
static inline void lru_arrive(struct lru_list *list, struct lru_node *node, uint16_t place)
{
    if (++list->clock == 0)
        list->clock = 1;
    node->stamp = list->clock;
    node->age = 0;
    lru_append(list, node, place);
}
