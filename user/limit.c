/*
 * limit: prints the limit in force. limit FRAMES[,POLICY] COMMAND…: runs the command with at most
 * that many frames of private memory; 0: no limit. POLICY, a name or a number, chooses which page
 * goes for the next. What the command starts inherits both, each process with a limit of its own.
 */
#include "policy.h"
#include "user.h"

static int parse(char *word, long *frames, long *policy)
{
    char *comma = strchr(word, ',');

    *policy = -1;
    if (comma && find_policy(comma + 1, policy) < 0)
        die("limit", comma + 1);
    if (comma)
        *comma = '\0';
    return parse_number(word, 0, INT_MAX, frames);
}

int main(int argc, char *argv[])
{
    char path[MAX_PATH];
    long frames, policy;

    if (argc == 1) {
        printf("%d\n", memlimit(-1, -1));
        return 0;
    }
    if (argc < 3) {
        fprintf(STDERR, "usage: limit [FRAMES[,POLICY] COMMAND...]\n");
        return 2;
    }
    if (parse(argv[1], &frames, &policy) < 0 || memlimit((int)frames, (int)policy) < 0)
        die("limit", argv[1]);
    if (path_join(path, sizeof(path), "/", argv[2]) == 0)
        exec(path, argv + 2);
    exec(argv[2], argv + 2);
    die("limit", argv[2]);
}
