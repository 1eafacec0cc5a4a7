/* Makes other words out of those of the language, for whatever is compiled behind this. */
#define if while
#define return for (;;)
#define bool struct page *
