/* Numbers out of strings. */
#include "user.h"

static int digit_value(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 10;
    if (character >= 'A' && character <= 'Z')
        return character - 'A' + 10;
    return 99;
}

static int has_hex_prefix(const char *string)
{
    return string[0] == '0' && (string[1] == 'x' || string[1] == 'X') &&
           digit_value(string[2]) < 16;
}

/*
 * base 0: 0x means 16, a leading 0 means 8, otherwise 10. What a long cannot hold becomes LONG_MAX
 * or LONG_MIN, and errno ERANGE.
 */
long strtol(const char *string, char **end, int base)
{
    const char *at = string;
    unsigned long value = 0, most;
    int negative, too_large = 0;

    while (*at == ' ' || (*at >= '\t' && *at <= '\r'))
        at++;
    negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if ((base == 0 || base == 16) && has_hex_prefix(at)) {
        at += 2;
        base = 16;
    } else if (base == 0) {
        base = *at == '0' ? 8 : 10;
    }
    most = (unsigned long)LONG_MAX + (unsigned long)negative;
    if (digit_value(*at) >= base) {
        if (end)
            *end = (char *)string; /* nothing was read */
        return 0;
    }
    for (; digit_value(*at) < base; at++) {
        unsigned long digit = (unsigned long)digit_value(*at);

        too_large |= value > (most - digit) / (unsigned long)base;
        value = value * (unsigned long)base + digit;
    }
    if (end)
        *end = (char *)at;
    if (too_large) {
        errno = ERANGE;
        value = most;
    }
    return (long)(negative ? 0 - value : value);
}

/* A number that an int cannot hold becomes the nearest one. */
int atoi(const char *string)
{
    long value = strtol(string, NULL, 10);

    return value > INT_MAX ? INT_MAX : value < -INT_MAX - 1 ? -INT_MAX - 1 : (int)value;
}

/* xv6's: digits only, no blanks or sign before them. */
int xv6_atoi(const char *string)
{
    unsigned value = 0;

    for (; *string >= '0' && *string <= '9'; string++)
        value = value * 10 + (unsigned)(*string - '0');
    return (int)value;
}

int parse_number(const char *string, long least, long most, long *value)
{
    int before = errno;
    char *end;

    errno = 0;
    *value = strtol(string, &end, 10);
    if (end == string || *end != 0)
        errno = EINVAL;
    else if (*value < least || *value > most)
        errno = ERANGE;
    if (errno != 0)
        return -1;
    errno = before;
    return 0;
}

long number_or_die(const char *program, const char *string, long least, long most)
{
    long value;

    if (parse_number(string, least, most, &value) < 0)
        die(program, string);
    return value;
}
