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

/* base 0: 0x means 16, a leading 0 means 8, otherwise 10. Too large a number wraps around. */
long strtol(const char *string, char **end, int base)
{
    const char *at = string;
    unsigned long value = 0;
    int negative;

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
    if (digit_value(*at) >= base)
        at = string; /* no digits: nothing was read */
    else
        for (; digit_value(*at) < base; at++)
            value = value * (unsigned long)base + (unsigned long)digit_value(*at);
    if (end)
        *end = (char *)at;
    return (long)(negative ? 0 - value : value);
}

int atoi(const char *string)
{
    return (int)strtol(string, NULL, 10);
}

int parse_number(const char *string, long *value)
{
    char *end;

    *value = strtol(string, &end, 10);
    if (end == string || *end != 0) {
        errno = EINVAL;
        return -1;
    }
    return 0;
}
