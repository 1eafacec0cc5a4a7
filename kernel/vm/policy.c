/* The table of replacement policies, and the lists that they are made of. See vm/policy.h. */
#include "vm/policy.h"

#include "lib/string.h"

extern const struct lru_ops *const lru_policies_start[]; /* kernel.ld */
extern const struct lru_ops *const lru_policies_end[];

void lru_list_init(struct lru_list *list, const struct lru_ops *ops)
{
    memset(list, 0, sizeof(*list));
    for (unsigned i = 0; i < LRU_PLACES; i++)
        list_init(&list->pages[i]);
    list->ops = ops;
    list->clock = 1;
}

const struct lru_ops *lru_policy_named(const char *name)
{
    for (const struct lru_ops *const *at = lru_policies_start; at < lru_policies_end; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

const struct lru_ops *lru_policy_numbered(int number)
{
    for (const struct lru_ops *const *at = lru_policies_start; at < lru_policies_end; at++)
        if ((*at)->number == number)
            return *at;
    return NULL;
}

void lru_append(struct lru_list *list, struct lru_node *node, uint16_t place)
{
    list_add_tail(&node->link, &list->pages[place - 1]);
    list->count[place - 1]++;
    node->place = place;
}

void lru_take(struct lru_list *list, struct lru_node *node)
{
    if (list->hand == node) /* the hand goes on to what follows; NULL: the list's first */
        list->hand = node->link.next == &list->pages[node->place - 1]
                         ? NULL
                         : container_of(node->link.next, struct lru_node, link);
    list_del(&node->link);
    list->count[node->place - 1]--;
    node->place = 0;
}
