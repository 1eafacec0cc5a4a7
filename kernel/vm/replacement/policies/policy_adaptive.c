/*
 * For any pattern of use: a page must earn its place. Most frames are a ring of protected pages;
 * the last sixteenth holds pages on probation, first in, first out. A page that comes in is on
 * probation, and the victim is the first one there that was not used meanwhile.
 *
 * A page used again may change places with a protected one, but not with any: in a loop over more
 * pages than there are frames every page is used again, and each would push out another just before
 * that is needed. So there is a contest. The contender is the page that is about to come in, where
 * its stamp tells of an earlier use, or the first page on probation, if it was used there. The hand
 * of the ring, which is the first of its list, passes pages that were used since it came by. The
 * first that was not stands against the contender: its last use against the contender's last but
 * one; the later use wins. A victim costs LOOKS steps of the hand at most; more are no better.
 */
#include "vm/replacement/policy.h"

#include "abi/mman.h"

#define RING 1
#define PROBATION 2
#define LOOKS 2u
#define SEEN 1 /* age of a page that was used on probation, and has not had its contest yet */

/* When the contender was used before this use, or 0: there is none, or it has lost. */
static uint32_t contender_stamp(const struct lru_list *list, const struct lru_node *trial)
{
    if (list->looked >= LOOKS)
        return 0;
    if (list->incoming)
        return list->incoming;
    return trial && trial->age == SEEN ? trial->stamp : 0;
}

/* Locks: the caller serialises. Returns: NULL: both lists are empty. */
static struct lru_node *adaptive_candidate(struct lru_list *list)
{
    struct lru_node *hand = lru_first(list, RING);
    struct lru_node *trial = lru_first(list, PROBATION);

    return hand && (!trial || contender_stamp(list, trial)) ? hand : trial;
}

static void change_places(struct lru_list *list, struct lru_node *node, struct lru_node *trial)
{
    lru_take(list, node);
    lru_append(list, node, PROBATION);
    if (list->incoming) {
        list->incoming = 0; /* add() will find the room */
    } else {
        lru_take(list, trial);
        lru_append(list, trial, RING);
        trial->stamp = list->clock;
        trial->age = 0;
    }
}

/* True: the node is the victim. */
static bool judge_protected(struct lru_list *list, struct lru_node *node, bool accessed)
{
    struct lru_node *trial = lru_first(list, PROBATION);
    uint32_t stamp = contender_stamp(list, trial);

    list->looked++;
    if (accessed)
        lru_again(list, node);
    else if (!trial) /* pages leave in other ways, too */
        return true;
    else if (stamp && (int32_t)(stamp - node->stamp) > 0)
        change_places(list, node, trial);
    else
        list->looked = LOOKS;
    return false;
}

static bool judge_on_probation(struct lru_list *list, struct lru_node *node, bool accessed)
{
    if (!accessed && node->age != SEEN)
        return true;
    if (node->age != SEEN && list->looked < LOOKS) {
        node->age = SEEN;
    } else { /* no contest, or lost */
        node->age = 0;
        lru_again(list, node);
    }
    return false;
}

/* Returns: true: the node is the victim. Else, next time the candidate may be another one. */
static bool adaptive_judge(struct lru_list *list, struct lru_node *node, bool accessed)
{
    bool goes = node->place == RING ? judge_protected(list, node, accessed)
                                    : judge_on_probation(list, node, accessed);

    if (goes) {
        list->looked = 0;
        list->incoming = 0;
    }
    return goes;
}

/* stamp: of its last use, as of the time when it went; 0: that is not known. */
static void adaptive_add(struct lru_list *list, struct lru_node *node, uint32_t stamp)
{
    (void)stamp; /* list->incoming was the same */
    lru_arrive(list, node, list->count[RING - 1] < 15 * list->capacity / 16 ? RING : PROBATION);
}

static const struct lru_ops adaptive_ops = {
    .name = "adaptive",
    .number = POLICY_ADAPTIVE,
    .candidate = adaptive_candidate,
    .judge = adaptive_judge,
    .add = adaptive_add,
    .remove = lru_take,
};
LRU_POLICY(adaptive_ops);
