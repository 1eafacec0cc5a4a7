/* How many pages to read at once. See dev/read_ahead.h. */
#include "dev/read_ahead.h"

#include "sync/printf.h"

#define MEMORY 128u /* when so many were counted, all counts are halved */

uint32_t read_ahead_size(const struct read_ahead *window, enum read_advice advice)
{
    uint32_t size = (window->pages + 1u) / (window->unused + 1u);

    if (advice != READ_NORMAL)
        return advice == READ_RANDOM ? 1 : READ_AHEAD_MAX;
    return size < 1 ? 1 : size < READ_AHEAD_MAX ? size : READ_AHEAD_MAX;
}

void read_ahead_note(struct read_ahead *window, uint32_t start, uint32_t end)
{
    uint32_t ahead = end - start - 1, i = 0;

    san_assert(start < end && ahead < READ_AHEAD_MAX && window->unused <= window->pages);
    if (ahead == 0 && read_ahead_size(window, READ_NORMAL) == 1)
        ahead = 1; /* the next page counts as if it had been read */
    while (i < READ_AHEAD_RUNS && window->run[i].end != start && window->run[i].start != end)
        i++;
    if (i < READ_AHEAD_RUNS) {
        window->unused /= 2;
    } else {
        i = window->oldest;
        window->oldest = (i + 1) % READ_AHEAD_RUNS;
    }
    window->run[i].start = start;
    window->run[i].end = end;
    window->pages = (uint16_t)(window->pages + ahead);
    window->unused = (uint16_t)(window->unused + ahead);
    if (window->pages > MEMORY) {
        window->pages /= 2;
        window->unused /= 2;
    }
}

void read_ahead_used(struct read_ahead *window)
{
    if (window->unused > 0)
        window->unused--;
}
