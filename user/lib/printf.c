/*
 * Formatted output. Characters gather in a small buffer on the stack, which goes out when it is
 * full and at the end of the call: nothing is kept between calls, so fork() duplicates nothing.
 *
 * xv6_printf and xv6_fprintf are what xv6's programs call by the names without xv6_; see
 * xv6/user/user.h. Their hexadecimal digits are capitals. They call no function that xv6's library
 * lacks: a program may have defined one of that name for itself, and the linker would take it.
 */
#include "user.h"

#define SINK_BYTES 256
#define DIGITS_MAX 24

struct sink {
    int fd;        /* where full buffers go */
    int is_memory; /* nowhere: the buffer is the caller's, what does not fit in is dropped */
    char *buffer;
    size_t room, used;
    size_t total;    /* characters produced, those dropped too */
    int failed;      /* something could not be written; errno says why */
    const char *hex; /* the digits of %x and %p */
};

static const char small_hex[] = "0123456789abcdef", capital_hex[] = "0123456789ABCDEF";

struct conversion {
    int left, zero;    /* the flags - and 0 */
    int width;
    int precision;     /* -1: none */
    int wide;          /* the argument has 64 bits */
};

static void sink_flush(struct sink *sink)
{
    const char *rest = sink->buffer;
    ssize_t written;

    for (; sink->used > 0 && !sink->failed; sink->used -= (size_t)written, rest += written) {
        written = write(sink->fd, rest, sink->used);
        if (written <= 0) {
            sink->failed = 1;
            break;
        }
    }
    sink->used = 0;
}

static void sink_put(struct sink *sink, char character)
{
    sink->total++;
    if (sink->used == sink->room) {
        if (sink->is_memory)
            return;
        sink_flush(sink);
    }
    sink->buffer[sink->used++] = character;
}

static void sink_repeat(struct sink *sink, char character, int times)
{
    while (times-- > 0)
        sink_put(sink, character);
}

static void print_text(struct sink *sink, const struct conversion *conv, const char *text)
{
    int length = 0;

    if (text == NULL)
        text = "(null)";
    while (length != conv->precision && text[length])
        length++;
    if (!conv->left)
        sink_repeat(sink, ' ', conv->width - length);
    for (int i = 0; i < length; i++)
        sink_put(sink, text[i]);
    if (conv->left)
        sink_repeat(sink, ' ', conv->width - length);
}

static void print_number(struct sink *sink, struct conversion *conv, uint64_t value, unsigned base,
                         const char *prefix, const char *digits)
{
    char reversed[DIGITS_MAX];
    int length = 0, prefix_length = (int)strlen(prefix), zeros;

    do {
        reversed[length++] = digits[value % base];
        value /= base;
    } while (value > 0);
    zeros = conv->precision - length;
    if (conv->precision < 0 && conv->zero && !conv->left)
        zeros = conv->width - length - prefix_length;
    if (zeros < 0)
        zeros = 0;
    if (!conv->left)
        sink_repeat(sink, ' ', conv->width - prefix_length - zeros - length);
    for (const char *c = prefix; *c; c++)
        sink_put(sink, *c);
    sink_repeat(sink, '0', zeros);
    for (int i = length; i > 0; i--)
        sink_put(sink, reversed[i - 1]);
    if (conv->left)
        sink_repeat(sink, ' ', conv->width - prefix_length - zeros - length);
}

static int read_count(const char **format, va_list *arguments)
{
    int count = 0;

    if (**format == '*') {
        (*format)++;
        return va_arg(*arguments, int);
    }
    for (; **format >= '0' && **format <= '9'; (*format)++)
        count = count * 10 + (**format - '0');
    return count;
}

/* Reads what stands between the % and the letter; leaves format at the letter. */
static struct conversion read_conversion(const char **format, va_list *arguments)
{
    struct conversion conv = {.precision = -1};

    for (; **format == '-' || **format == '0'; (*format)++) {
        conv.left |= **format == '-';
        conv.zero |= **format == '0';
    }
    conv.width = read_count(format, arguments);
    if (conv.width < 0) {
        conv.left = 1;
        conv.width = -conv.width;
    }
    if (**format == '.') {
        (*format)++;
        conv.precision = read_count(format, arguments);
    }
    for (; **format == 'l' || **format == 'z'; (*format)++)
        conv.wide = 1;
    return conv;
}

static void print_signed(struct sink *sink, struct conversion *conv, va_list *arguments)
{
    int64_t value = conv->wide ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    print_number(sink, conv, size, 10, value < 0 ? "-" : "", "0123456789");
}

static void print_unsigned(struct sink *sink, struct conversion *conv, va_list *arguments,
                           unsigned base, const char *digits)
{
    uint64_t value = conv->wide ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);

    print_number(sink, conv, value, base, "", digits);
}

static void print_format(struct sink *sink, const char *format, va_list *arguments)
{
    for (; *format; format++) {
        struct conversion conv;
        char character[2] = {0, 0};

        if (*format != '%') {
            sink_put(sink, *format);
            continue;
        }
        format++;
        conv = read_conversion(&format, arguments);
        switch (*format) {
        case 'd':
        case 'i':
            print_signed(sink, &conv, arguments);
            break;
        case 'u':
            print_unsigned(sink, &conv, arguments, 10, "0123456789");
            break;
        case 'x':
            print_unsigned(sink, &conv, arguments, 16, sink->hex);
            break;
        case 'X':
            print_unsigned(sink, &conv, arguments, 16, capital_hex);
            break;
        case 'p':
            conv.precision = 16;
            print_number(sink, &conv, va_arg(*arguments, uint64_t), 16, "0x", sink->hex);
            break;
        case 's':
            print_text(sink, &conv, va_arg(*arguments, const char *));
            break;
        case 'c':
            character[0] = (char)va_arg(*arguments, int);
            sink_put(sink, character[0]);
            break;
        case '%':
            sink_put(sink, '%');
            break;
        default:
            if (!conv.wide) { /* unknown: shown as it stands */
                sink_put(sink, '%');
            } else { /* xv6 of 2022 prints a long with a bare %l */
                print_signed(sink, &conv, arguments);
            }
            if (*format == 0)
                return;
            sink_put(sink, *format);
        }
    }
}

/* Returns how many characters that were, or -1, if not all could be written. */
static int print_to(int fd, const char *hex, const char *format, va_list arguments)
{
    char buffer[SINK_BYTES];
    struct sink sink = {.fd = fd, .buffer = buffer, .room = sizeof(buffer), .hex = hex};
    va_list copy;

    va_copy(copy, arguments);
    print_format(&sink, format, &copy);
    va_end(copy);
    sink_flush(&sink);
    return sink.failed ? -1 : (int)sink.total;
}

int vfprintf(int fd, const char *format, va_list arguments)
{
    int total = print_to(fd, small_hex, format, arguments);

    if (total < 0 && fd == STDOUT)
        output_failed();
    return total;
}

int vsnprintf(char *to, size_t room, const char *format, va_list arguments)
{
    struct sink sink = {.is_memory = 1, .buffer = to, .room = room > 0 ? room - 1 : 0,
                        .hex = small_hex};
    va_list copy;

    va_copy(copy, arguments);
    print_format(&sink, format, &copy);
    va_end(copy);
    if (room > 0)
        to[sink.used] = 0;
    return (int)sink.total;
}

int printf(const char *format, ...)
{
    va_list arguments;
    int total;

    va_start(arguments, format);
    total = vfprintf(STDOUT, format, arguments);
    va_end(arguments);
    return total;
}

int fprintf(int fd, const char *format, ...)
{
    va_list arguments;
    int total;

    va_start(arguments, format);
    total = vfprintf(fd, format, arguments);
    va_end(arguments);
    return total;
}

int snprintf(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    int total;

    va_start(arguments, format);
    total = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return total;
}

void xv6_printf(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_to(STDOUT, capital_hex, format, arguments);
    va_end(arguments);
}

void xv6_fprintf(int fd, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_to(fd, capital_hex, format, arguments);
    va_end(arguments);
}
