/* Replacement policies by name: those that the kernel was built with, a student's among them. */
#include "policy.h"

#include "user.h"

#include "policies.h" /* build/policies.h: tests/tools/policies */

#define NAMED(name, number) {name, number},

static const struct {
    const char *name;
    int number;
} policies[] = {FOR_EACH_POLICY(NAMED)};

int find_policy(const char *word, long *policy)
{
    for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
        if (strcmp(policies[i].name, word) == 0) {
            *policy = policies[i].number;
            return 0;
        }
    return parse_number(word, 0, INT_MAX, policy);
}
