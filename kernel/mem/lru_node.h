/* What a replacement policy stores for each page: in struct page, and in a quota's entries. */
#pragma once

#include <stdint.h>

#include "lib/list.h"

struct lru_node {
    struct list_head link; /* all fields belong to the policy: vm/replacement/policy.h */
    uint32_t stamp;        /* list->clock when the page came in, or was last found in use */
    uint16_t place;        /* which of the policy's lists it is on; 0: none */
    uint16_t age;
};
