/*
 * What xv6's documents and its library promise to a program, seen from inside: formats, atoi,
 * strings, malloc, pipes, exec's arguments, standard input. What it prints is for the host to read.
 */
#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/param.h"
#include "kernel/fcntl.h"
#include "user/user.h"

#define PIECES 200

static void need(int condition, const char *what)
{
    if (!condition) {
        fprintf(2, "xv6_style: %s\n", what);
        exit(1);
    }
}

static void formats(void)
{
    printf("%d %d %u %x %p\n", -2147483647 - 1, 0, -1, 0xbeef, (void *)0xabcdef);
    printf("%ld %lu %lx %lld %llu %llx\n", -1l, -1l, 0xfeedl, 1ll << 40, 1ll << 40, 1ll << 40);
    printf("%s|%c|%%|%s|%y\n", "text", 'c', (char *)0);
    fprintf(1, "%x%s\n", 0, "");
}

static void strings(void)
{
    char text[16];

    need(atoi("12x") == 12 && atoi("-5") == 0 && atoi(" 7") == 0 && atoi("") == 0, "atoi");
    need(strcmp(strcpy(text, "abc"), "abc") == 0 && strcmp("abc", "abd") < 0, "strcpy, strcmp");
    need(strcmp("\xff", "a") > 0 && strcmp("", "") == 0, "strcmp is of unsigned characters");
    need(strlen("") == 0 && strlen("four") == 4, "strlen");
    need(strchr("abcb", 'b')[1] == 'c' && strchr("abc", 'x') == 0 && strchr("abc", 0) == 0,
         "strchr");
    need(memset(text, 'x', 3) == text && memcmp(text, "xxx", 4) == 0, "memset, memcmp");
    need(memmove(text + 1, text, 4) == text + 1 && strcmp(text, "xxxx") == 0, "memmove up");
    need(memmove(text, text + 2, 3) == text && strcmp(text, "xx") == 0, "memmove down");
    need(memcpy(text, "copy", 5) == text && memcmp("a", "b", 1) < 0, "memcpy");
}

/* Pieces of many sizes, aligned for a long, none over another; freed in another order. */
static void heap(void)
{
    char *piece[PIECES];

    for (int i = 0; i < PIECES; i++) {
        need((piece[i] = malloc(i * 37)) != 0, "malloc");
        need((uint64)piece[i] % 8 == 0, "malloc aligns");
        memset(piece[i], i, i * 37);
    }
    for (int i = 0; i < PIECES; i += 2)
        free(piece[i]);
    need((piece[0] = malloc(100 * 1000)) != 0, "malloc of much");
    memset(piece[0], 255, 100 * 1000);
    for (int i = 1; i < PIECES; i += 2) {
        for (int at = 0; at < i * 37; at++)
            need(piece[i][at] == i, "a piece changed");
        free(piece[i]);
    }
    need(malloc(1u << 31) == 0, "malloc of more than there is");
}

/* A child echoes through two pipes; the end of one is its end of file. */
static void pipes(void)
{
    int there[2], back[2], status = -1, pid, n, got = 0;
    char text[64];

    need(pipe(there) == 0 && pipe(back) == 0 && there[0] == 3, "pipe");
    if ((pid = fork()) == 0) {
        close(0);
        need(dup(there[0]) == 0, "dup takes the lowest");
        close(1);
        need(dup(back[1]) == 1, "dup");
        close(there[0]), close(there[1]), close(back[0]), close(back[1]);
        while (gets(text, sizeof(text))[0])
            printf("<%s", text);
        exit(strlen(text));
    }
    close(there[0]), close(back[1]);
    need(write(there[1], "one\ntwo\nlast", 12) == 12, "write");
    close(there[1]);
    while ((n = read(back[0], text + got, sizeof(text) - got)) > 0)
        got += n;
    close(back[0]);
    need(got == 15 && memcmp(text, "<one\n<two\n<last", 15) == 0, "what came back");
    need(wait(&status) == pid && status == 0 && wait(&status) == -1, "wait");
}

/* As many arguments as xv6 allows arrive; what does not fit, or is not there, gives -1. */
static void arguments(char *self)
{
    char *many[MAXARG], *none[] = {"nosuch", 0}, digits[] = "0123456789";
    int status;

    many[0] = self;
    for (int i = 1; i < MAXARG - 1; i++)
        many[i] = digits + i % 10;
    many[MAXARG - 1] = 0;
    need(exec("nosuch", none) == -1, "exec of nothing");
    need(exec("README", none) == -1, "exec of no program");
    if (fork() == 0) {
        exec(self, many);
        exit(99);
    }
    wait(&status);
    need(status == MAXARG - 1, "how many arguments arrived");
}

int main(int argc, char *argv[])
{
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            need(strlen(argv[i]) == 10 - i % 10, "an argument");
        exit(argc);
    }
    formats();
    strings();
    heap();
    pipes();
    arguments(argv[0]);
    printf("xv6_style: all is as in xv6\n");
    exit(0);
}
