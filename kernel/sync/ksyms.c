/* Names for addresses in the kernel's text. */
#include "sync/ksyms.h"

const char *ksym_find(uint64_t address, uint64_t *offset)
{
    uint64_t low = 0, high = ksyms_count;

    while (low < high) { /* for the first symbol above the address */
        uint64_t middle = (low + high) / 2;

        if (ksyms[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    *offset = low > 0 ? address - ksyms[low - 1].address : address;
    return low > 0 ? ksyms[low - 1].name : "?";
}
