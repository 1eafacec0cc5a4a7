/* Formatting, one character at a time, without memory of its own: also right in a panic. */
#include "lib/format.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/string.h"

struct output {
    void (*put)(void *context, char c);
    void *context;
};

/* What stands between the % and the letter. */
struct directive {
    bool left;      /* - */
    bool zeros;     /* 0 */
    unsigned width;
    unsigned longs; /* l: 1; ll, z: 2 */
};

static void put_repeated(const struct output *out, char c, unsigned count)
{
    for (; count > 0; count--)
        out->put(out->context, c);
}

/* text, with sign (may be empty) before it, padded to the width. */
static void put_field(const struct output *out, const struct directive *directive,
                      const char *sign, const char *text, size_t length)
{
    size_t used = length + strlen(sign);
    unsigned padding = directive->width > used ? (unsigned)(directive->width - used) : 0;

    if (!directive->left && !directive->zeros)
        put_repeated(out, ' ', padding);
    for (; *sign != '\0'; sign++)
        out->put(out->context, *sign);
    if (!directive->left && directive->zeros)
        put_repeated(out, '0', padding);
    for (; length > 0; length--, text++)
        out->put(out->context, *text);
    if (directive->left)
        put_repeated(out, ' ', padding);
}

static void put_number(const struct output *out, const struct directive *directive,
                       const char *sign, uint64_t value, unsigned base)
{
    char digits[20]; /* of 2^64 - 1 */
    unsigned at = sizeof(digits);

    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    put_field(out, directive, sign, digits + at, sizeof(digits) - at);
}

static const char *parse_directive(const char *format, struct directive *directive)
{
    *directive = (struct directive){.width = 0};
    for (; *format == '-' || *format == '0'; format++) {
        if (*format == '-')
            directive->left = true;
        else
            directive->zeros = true;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        directive->width = directive->width * 10 + (unsigned)(*format - '0');
    for (; *format == 'l' || *format == 'z'; format++)
        directive->longs += *format == 'z' ? 2 : 1;
    return format;
}

void format_v(void (*put)(void *context, char c), void *context, const char *format, va_list list)
{
    const struct output out = {put, context};
    struct directive directive;

    for (; *format != '\0'; format++) {
        if (*format != '%') {
            put(context, *format);
            continue;
        }
        format = parse_directive(format + 1, &directive);
        switch (*format) {
        case 'd':
        case 'i': {
            int64_t value = directive.longs ? va_arg(list, long long) : va_arg(list, int);
            uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;

            put_number(&out, &directive, value < 0 ? "-" : "", size, 10);
            break;
        }
        case 'u':
        case 'x': {
            uint64_t value = directive.longs ? va_arg(list, unsigned long long)
                                             : va_arg(list, unsigned);

            put_number(&out, &directive, "", value, *format == 'u' ? 10 : 16);
            break;
        }
        case 'p':
            directive.zeros = true;
            directive.width = 18;
            put_number(&out, &directive, "0x", (uint64_t)va_arg(list, void *), 16);
            break;
        case 's': {
            const char *text = va_arg(list, const char *);

            directive.zeros = false;
            text = text ? text : "(null)";
            put_field(&out, &directive, "", text, strlen(text));
            break;
        }
        case 'c':
            put(context, (char)va_arg(list, int));
            break;
        case '\0': /* a lone % ends the format */
            return;
        default: /* %%, and what we do not know is shown as it is */
            put(context, *format);
        }
    }
}
