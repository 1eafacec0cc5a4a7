/* Defines a function that is none of the lab's. */
int cheat_more(void);
int cheat_more(void)
{
    return 1;
}
