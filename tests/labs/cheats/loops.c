/* Never comes back. */
static void cheat(void)
{
    for (;;)
        __asm__ volatile("");
}
