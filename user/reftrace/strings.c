/* The reference strings. See strings.h. Uses no library: a test on the host compiles it, too. */
#include "strings.h"

#include <stdbool.h>

#define ZIPF_PAGES 4096u
#define PHASE_LENGTH 8000u
#define SHIFT_AT 20000u
#define LISTED_PAGES (1u << 20) /* at most */

struct string_kind {
    const char *name;
    uint32_t pages, length, counted; /* as in struct string; pages 0: see string_start() */
    uint32_t seed;
    uint32_t (*next)(struct string *string, uint32_t index); /* index: from `counted` on */
};

static uint32_t zipf_sums[ZIPF_PAGES];

/* Knuth's generator; the high bits are the good ones. */
static uint64_t next_word(struct string *string)
{
    string->word = string->word * 6364136223846793005u + 1442695040888963407u;
    return string->word;
}

static uint32_t in_order(struct string *string, uint32_t index)
{
    return index % string->pages;
}

static uint32_t hot_and_cold(struct string *string, uint32_t index)
{
    uint32_t hot = string->pages / 5;
    bool is_hot = (next_word(string) >> 33) % 100 < 80;
    uint64_t number = next_word(string) >> 33;

    (void)index;
    return (uint32_t)(is_hot ? number % hot : hot + number % (string->pages - hot));
}

static uint32_t hot_then_cold(struct string *string, uint32_t index)
{
    if (index == SHIFT_AT)
        string->word = string->seed;
    return index < SHIFT_AT ? hot_and_cold(string, index)
                            : string->pages - 1 - hot_and_cold(string, index);
}

static uint32_t scan_and_hot(struct string *string, uint32_t index)
{
    uint64_t word = next_word(string);

    (void)index;
    if ((word >> 33) % 100 < 50)
        return (uint32_t)(word >> 40) % string->counted;
    return string->counted + string->scanned++ % (string->pages - string->counted);
}

/* The first page whose sum is larger than a random number below the sum of all. */
static uint32_t by_weight(struct string *string, uint32_t index)
{
    uint32_t low = 0, high = ZIPF_PAGES - 1;
    uint64_t wanted = (next_word(string) >> 33) * zipf_sums[high] >> 31;

    (void)index;
    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (zipf_sums[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t by_phase(struct string *string, uint32_t index)
{
    uint32_t quarter = string->pages / 4;

    return index / PHASE_LENGTH % 4 * quarter + (uint32_t)(next_word(string) >> 33) % quarter;
}

static uint32_t three_for_one(struct string *string, uint32_t index)
{
    static const uint8_t belady[] = {0, 1, 2, 3, 0, 1, 4, 0, 1, 2, 3, 4};

    (void)string;
    return 3u * belady[index / 3] + index % 3;
}

static const struct string_kind kinds[] = {
    {"seq", 2048, 4 * 2048, 2048, 0, in_order},
    {"rnd", 2048, 2048 + 20000, 2048, 12345, hot_and_cold},
    {"shift", 2048, 2048 + 2 * SHIFT_AT, 2048, 12345, hot_then_cold},
    {"scanhot", 4096, 512 + 40000, 512, 99, scan_and_hot},
    {"loop", 0, 8, 1, 0, in_order}, /* in rounds */
    {"zipf", ZIPF_PAGES, ZIPF_PAGES + 40000, ZIPF_PAGES, 1, by_weight},
    {"phase", 3072, 3072 + 6 * PHASE_LENGTH, 3072, 1, by_phase},
    {"belady", 15, 3 * 12, 0, 0, three_for_one},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct string_kind *kind_named(const char *name)
{
    for (const struct string_kind *kind = kinds; kind < kinds + KINDS; kind++) {
        const char *a = kind->name, *b = name;

        while (*a && *a == *b)
            a++, b++;
        if (*a == *b)
            return kind;
    }
    return 0;
}

int string_start(struct string *string, const char *name, uint32_t frames, const uint64_t *seed)
{
    const struct string_kind *kind = kind_named(name);
    uint32_t round = kind && kind->pages == 0 ? frames + 1 : 1, sum = 0;

    if (!kind)
        return -1;
    *string = (struct string){
        .kind = kind,
        .pages = kind->pages ? kind->pages : round,
        .length = kind->length * round,
        .counted = kind->counted * round,
        .seed = seed ? *seed : kind->seed,
    };
    string->word = string->seed;
    for (uint32_t page = 0; page < ZIPF_PAGES; page++)
        zipf_sums[page] = sum += (1u << 24) / (page + 1);
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n';
}

/* The number at the beginning of the text; the text then begins with the next one. */
static uint32_t listed_next(struct string *string, uint32_t index)
{
    uint32_t number = 0;

    (void)index;
    while (string->text < string->end && !is_blank(*string->text))
        number = number * 10 + (uint32_t)(*string->text++ - '0');
    while (string->text < string->end && is_blank(*string->text))
        string->text++;
    return number;
}

int string_listed(struct string *string, const char *text, const char *end)
{
    static const struct string_kind listed = {.name = "listed", .next = listed_next};
    struct string all = {.kind = &listed, .text = text, .end = end};

    if (text == end)
        return -1;
    for (const char *c = text; c < end; c++)
        if (!is_blank(*c) && (*c < '0' || *c > '9'))
            return -1;
    *string = all;
    for (; all.text < end; string->length++) {
        uint32_t page = listed_next(&all, 0);

        if (page >= LISTED_PAGES)
            return -1;
        if (page >= string->pages)
            string->pages = page + 1;
    }
    return 0;
}

uint32_t string_next(struct string *string)
{
    uint32_t at = string->at++;

    return at < string->counted ? at : string->kind->next(string, at - string->counted);
}
