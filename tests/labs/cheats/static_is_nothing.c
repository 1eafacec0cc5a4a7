/* Makes functions that others may call out of those that nobody else can. */
#define static
#define inline
