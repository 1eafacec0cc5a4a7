/*
 * The shell. A line of text becomes a tree (parse.c), which is run (run.c); at the console the
 * line is edited first (edit.c).
 *
 *   list     = and-or { ( ; | & | newline ) and-or }
 *   and-or   = pipeline { ( && | || ) pipeline }
 *   pipeline = command { | command }
 *   command  = { word | redirection }  or  ( list ) { redirection }
 *
 * Redirections: < file, > file, >> file, 2> file, 2>> file, 2>&1, >&2. Words may hold '...', "...",
 * backslashes, $? and $$; a # at the start of a word begins a comment. It is small: there are no
 * variables, no control flow, and no patterns of file names.
 */
#ifndef SH_SH_H
#define SH_SH_H

#include "user.h"

#define STATUS_CANNOT_RUN 126
#define STATUS_NOT_FOUND 127
#define STATUS_SYNTAX 2

#define PROMPT "$ "

enum node_kind {
    NODE_COMMAND,
    NODE_SUBSHELL,
    NODE_PIPE,
    NODE_AND,
    NODE_OR,
    NODE_LIST,
    NODE_BACKGROUND
};

enum redirect_kind { REDIRECT_FROM, REDIRECT_TO, REDIRECT_APPEND, REDIRECT_COPY };

struct redirect {
    struct redirect *next;
    enum redirect_kind kind;
    int fd;     /* 0, 1 or 2: the descriptor that changes */
    char *word; /* the file's name as it was written; for COPY the other descriptor */
};

struct node {
    enum node_kind kind;
    struct node *left, *right; /* the parts; SUBSHELL and BACKGROUND have only left */
    int argc;
    char *words[MAX_ARGS + 1]; /* COMMAND: as written, quotes and all */
    struct redirect *redirects;
};

/* What is wrong with a text. */
struct syntax_error {
    const char *what; /* NULL: nothing */
    const char *at;   /* where in the text */
    int at_end;       /* more text might make it right */
};

/* parse.c: the tree of text, NULL if it is empty or wrong. */
struct node *parse(const char *text, struct syntax_error *error);
void parse_free(void); /* the memory of all trees so far */
char *expand(const char *word, int last_status); /* quotes off, $ replaced; to be freed */

/* run.c */
int run(struct node *node);
void run_and_exit(struct node *node) __attribute__((noreturn)); /* in a process of its own */
extern int last_status;                                         /* an end_status(): $? */
extern int interactive; /* a shell at the console: it puts jobs into the foreground */
extern int interrupted; /* Ctrl-C ended the job: what is left of the line is not run */
extern int shell_pid;                                           /* $$, in children as well */

/* edit.c: one line without its newline; NULL at the end of input. Valid until the next call. */
char *edit_line(int console);

/* help.c */
int builtin_help(char **argv);
const char *missing_feature(const char *word); /* what other shells would do with it, or NULL */

/* complete.c: what may be put in at the cursor; see there. */
int complete(const char *line, int cursor, char *insert, int room);
void complete_list(const char *line, int cursor);

#endif
