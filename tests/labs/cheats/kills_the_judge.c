/* Kills whatever it may. */
int kill(int pid, int signal) __attribute__((weak));

static void cheat(void)
{
    if (kill)
        kill(-1, 9);
}
