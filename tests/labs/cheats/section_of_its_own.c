/* Wants to be called before anything else. */
static void cheat_begin(void)
{
}

void (*const cheat_first)(void) __attribute__((section(".init_array"), used)) = cheat_begin;
