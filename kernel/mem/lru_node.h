/* What a replacement policy keeps of a page: part of struct page, and of a quota's entries. */
#ifndef MEM_LRU_NODE_H
#define MEM_LRU_NODE_H

#include <stdint.h>

#include "lib/list.h"

struct lru_node {
    struct list_head link; /* all fields: the policy's, see vm/replacement/policy.h */
    uint32_t stamp;        /* list->clock when the page came in, or was seen in use last */
    uint16_t place;        /* on which of the policy's lists it is; 0: on none */
    uint16_t age;
};

#endif
