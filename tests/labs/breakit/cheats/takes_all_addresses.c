/*
 * Is so large that nothing else has an address.
 * whole: file
 */
char large[1ul << 30];

int main(void)
{
    return 1;
}
