/*
 * The commands of the lab `LABNAME`: its functions, each alone, on numbers and on objects.
 *
 *     object K BYTES VALUE     object number K, from 1 on, anew: zeros, or drawn from VALUE
 *     text K BYTES VALUE       the same: letters, blanks, slashes, and a zero byte at the end
 *     word K INDEX VALUE       a 64-bit word of it
 *     point K INDEX OTHER      the same: the address of object OTHER
 *     FUNCTION ARGUMENT...     calls it: a number as it is; for a pointer the number of an object,
 *                              0 for NULL; for a structure, too
 *     sizes                    = size FUNCTION PARAMETER BYTES: of what pointers point to
 *
 *     = returns VALUE          a number, `object K + BYTES`, NULL, `a pointer elsewhere`, `nothing`
 *     = object K word I: VALUE each word that is not as it was before the call
 *     = calls FUNCTION         one that stand_ins.c has: it did nothing, and gave 0
 *
 * What a function needs besides, a list or a tree that is whole, is for you: add commands that make
 * it, and tell all that a judge has to know.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

#define OBJECTS 8u

static struct object {
    unsigned char *bytes, *before; /* exactly so many: the sanitizer sees what looks beyond */
    size_t size;
} objects[OBJECTS];

void *lab_object(uint64_t number);

WRAPPERS
static const struct {
    const char *name;
    uint64_t (*call)(const uint64_t argument[]);
    char result; /* n: a number; p: a pointer; v: nothing */
    const unsigned long *sizes, *count;
} functions[] = {
TABLE};

void *lab_object(uint64_t number)
{
    return number < OBJECTS ? objects[number].bytes : NULL;
}

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void make(uint64_t number, uint64_t size, uint64_t value, const char *letters)
{
    struct object *object = &objects[number % OBJECTS];
    uint64_t state = value;

    free(object->bytes);
    object->size = size % 65537;
    object->bytes = calloc(1, object->size + !object->size);
    for (size_t i = 0; i < object->size && (value || letters); i++) {
        uint64_t drawn = next(&state);

        object->bytes[i] = (unsigned char)(letters ? letters[drawn % strlen(letters)] : drawn);
    }
    if (letters && object->size)
        object->bytes[object->size - 1] = 0;
}

static void set_word(uint64_t number, uint64_t index, uint64_t value)
{
    struct object *object = &objects[number % OBJECTS];

    if (index < object->size / 8)
        memcpy(object->bytes + 8 * index, &value, 8);
}

/* "object 2 + 8" where that is what the value points to. */
static bool tell_pointer(const char *before, uint64_t value)
{
    for (unsigned k = 1; k < OBJECTS; k++) {
        uint64_t start = (uint64_t)objects[k].bytes;

        if (objects[k].bytes && value >= start && value <= start + objects[k].size) {
            tell("%sobject %u + %lu", before, k, (unsigned long)(value - start));
            return true;
        }
    }
    return false;
}

static void tell_result(char kind, uint64_t value)
{
    if (kind == 'v')
        tell("returns nothing");
    else if (kind == 'n')
        tell("returns %ld", (long)value);
    else if (!value)
        tell("returns NULL");
    else if (!tell_pointer("returns ", value))
        tell("returns a pointer elsewhere");
}

static void tell_changes(void)
{
    for (unsigned k = 1; k < OBJECTS; k++)
        for (size_t at = 0; at < objects[k].size; at += 8) {
            size_t bytes = objects[k].size - at < 8 ? objects[k].size - at : 8;
            uint64_t value = 0;
            char before[64];

            memcpy(&value, objects[k].bytes + at, bytes);
            if (memcmp(objects[k].before + at, objects[k].bytes + at, bytes) == 0)
                continue;
            snprintf(before, sizeof before, "object %u word %lu: ", k, (unsigned long)at / 8);
            if (!tell_pointer(before, value))
                tell("%s0x%lx", before, (unsigned long)value);
        }
}

static void call(unsigned function, const uint64_t argument[])
{
    uint64_t result;

    for (unsigned k = 1; k < OBJECTS; k++) {
        free(objects[k].before);
        objects[k].before = malloc(objects[k].size + 1);
        if (objects[k].size)
            memcpy(objects[k].before, objects[k].bytes, objects[k].size);
    }
    result = functions[function].call(argument);
    tell_result(functions[function].result, result);
    tell_changes();
}

static void tell_sizes(unsigned function)
{
    for (unsigned long i = 0; i < *functions[function].count; i++)
        tell("size %s %lu %lu", functions[function].name, (unsigned long)i,
             (unsigned long)functions[function].sizes[i]);
}

bool lab_command(const char *name, const uint64_t argument[], int count)
{
    (void)count;
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(name, "sizes") == 0)
            tell_sizes(i);
        if (strcmp(name, functions[i].name) == 0) {
            call(i, argument);
            return true;
        }
    }
    if (strcmp(name, "object") == 0)
        make(argument[0], argument[1], argument[2], NULL);
    else if (strcmp(name, "text") == 0)
        make(argument[0], argument[1], argument[2], "aabbc d/.");
    else if (strcmp(name, "word") == 0)
        set_word(argument[0], argument[1], argument[2]);
    else if (strcmp(name, "point") == 0)
        set_word(argument[0], argument[1], (uint64_t)lab_object(argument[2]));
    else
        return strcmp(name, "sizes") == 0;
    return true;
}
