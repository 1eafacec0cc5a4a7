/* From text to a tree, by recursive descent: one function for each line of the grammar in sh.h. */
#include "sh.h"

#define MAX_DEPTH 64 /* of parentheses: each is a call deeper here, and a process when it is run */

struct parser {
    const char *at;
    int depth; /* parentheses that are open */
    struct syntax_error error;
};

/* Everything that a tree consists of hangs in one chain, and is freed at once. */
struct piece {
    struct piece *next;
};

static struct piece *pieces;

static void *piece_new(size_t bytes)
{
    struct piece *piece = calloc(1, sizeof(*piece) + bytes);

    if (piece == NULL)
        die("sh", "parse");
    piece->next = pieces;
    pieces = piece;
    return piece + 1;
}

void parse_free(void)
{
    while (pieces) {
        struct piece *next = pieces->next;

        free(pieces);
        pieces = next;
    }
}

static struct node *node_new(enum node_kind kind, struct node *left, struct node *right)
{
    struct node *node = piece_new(sizeof(*node));

    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

/* The first thing that is wrong is told. */
static void fail(struct parser *parser, const char *what, const char *at)
{
    if (parser->error.what)
        return;
    parser->error.what = what;
    parser->error.at = at;
    parser->error.at_end = *at == 0;
}

static void skip_blanks(struct parser *parser)
{
    for (;;) {
        if (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r') {
            parser->at++;
        } else if (parser->at[0] == '\\' && parser->at[1] == '\n') {
            parser->at += 2;
        } else if (*parser->at == '#') {
            while (*parser->at && *parser->at != '\n')
                parser->at++;
        } else {
            return;
        }
    }
}

static int accept(struct parser *parser, const char *sign)
{
    size_t length = strlen(sign);

    skip_blanks(parser);
    if (strncmp(parser->at, sign, length) != 0)
        return 0;
    parser->at += length;
    return 1;
}

static void skip_newlines(struct parser *parser)
{
    while (accept(parser, "\n"))
        ;
}

static int ends_word(char character)
{
    return character == 0 || strchr(" \t\r\n;&|()<>", character) != NULL;
}

static int begins_name(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           character == '_';
}

/* What other shells replace, and this one would pass on as it stands. */
static void refuse_replacement(struct parser *parser, const char *at)
{
    if (*at == '`' || (at[0] == '$' && at[1] == '('))
        fail(parser, "this shell does not put in what a command prints", at);
    else if (at[0] == '$' && (begins_name(at[1]) || (at[1] && strchr("{0123456789@*#", at[1]))))
        fail(parser, "this shell has no variables, only $? and $$", at);
}

/* The end of the quoted part that begins at start. */
static const char *skip_quotes(struct parser *parser, const char *start)
{
    const char *at = start + 1;

    for (; *at && *at != *start; at++) {
        if (*start == '"' && *at == '\\' && at[1])
            at++;
        else if (*start == '"')
            refuse_replacement(parser, at);
    }
    if (*at == 0) {
        fail(parser, "a quote is not closed", start);
        parser->error.at_end |= parser->error.at == start;
        return at;
    }
    return at + 1;
}

/* The word as written, or NULL if there is none here. */
static char *parse_word(struct parser *parser)
{
    const char *start, *at;
    char *word;

    skip_blanks(parser);
    start = at = parser->at;
    while (!ends_word(*at)) {
        if (*at == '\'' || *at == '"') {
            at = skip_quotes(parser, at);
            continue;
        }
        refuse_replacement(parser, at);
        at += *at == '\\' && at[1] ? 2 : 1;
    }
    if (at == start)
        return NULL;
    parser->at = at;
    word = piece_new((size_t)(at - start) + 1);
    memcpy(word, start, (size_t)(at - start));
    return word;
}

static int is_digits(const char *word)
{
    while (*word >= '0' && *word <= '9')
        word++;
    return *word == 0;
}

/* Takes a redirection if one is here, and adds it at the end of the node's list. */
static int parse_redirect(struct parser *parser, struct node *node)
{
    struct redirect *redirect, **end = &node->redirects;
    const char *start;
    int fd = -1;

    skip_blanks(parser);
    if (*parser->at >= '0' && *parser->at <= '2' &&
        (parser->at[1] == '<' || parser->at[1] == '>')) {
        fd = *parser->at - '0';
        parser->at++;
    }
    if (*parser->at != '<' && *parser->at != '>')
        return 0;
    redirect = piece_new(sizeof(*redirect));
    if (accept(parser, ">>"))
        redirect->kind = REDIRECT_APPEND;
    else if (accept(parser, ">&"))
        redirect->kind = REDIRECT_COPY;
    else if (accept(parser, ">"))
        redirect->kind = REDIRECT_TO;
    else if (accept(parser, "<"))
        redirect->kind = REDIRECT_FROM;
    redirect->fd = fd >= 0 ? fd : redirect->kind == REDIRECT_FROM ? STDIN : STDOUT;
    skip_blanks(parser);
    start = parser->at;
    redirect->word = parse_word(parser);
    if (redirect->word == NULL && *start == '<')
        fail(parser, "this shell has no << text; write it to a file first", start);
    else if (redirect->word == NULL)
        fail(parser, "a file name is missing after < or >", start);
    else if (redirect->kind == REDIRECT_COPY && !is_digits(redirect->word))
        fail(parser, "behind >& belongs the number of a descriptor, 1 or 2", start);
    while (*end)
        end = &(*end)->next;
    *end = redirect;
    return 1;
}

static struct node *parse_list(struct parser *parser);

static struct node *parse_command(struct parser *parser)
{
    struct node *node = node_new(NODE_COMMAND, NULL, NULL);

    if (accept(parser, "(")) {
        node->kind = NODE_SUBSHELL;
        if (parser->depth == MAX_DEPTH)
            fail(parser, "parentheses are nested too deeply", parser->at);
        parser->depth++;
        node->left = parse_list(parser);
        parser->depth--;
        if (!accept(parser, ")"))
            fail(parser, "a ) is missing", parser->at);
        while (parse_redirect(parser, node))
            ;
        return node;
    }
    while (parser->error.what == NULL) {
        const char *start;
        char *word;

        if (parse_redirect(parser, node))
            continue;
        start = parser->at;
        word = parse_word(parser);
        if (word == NULL)
            break;
        if (node->argc == MAX_ARGS - 1)
            fail(parser, "a command has at most 31 words", start);
        else
            node->words[node->argc++] = word;
    }
    if (node->argc == 0 && node->redirects == NULL)
        fail(parser, "a command is missing", parser->at);
    return node;
}

static struct node *parse_pipeline(struct parser *parser)
{
    struct node *first = parse_command(parser), **last = &first;

    skip_blanks(parser);
    while (parser->error.what == NULL && parser->at[0] == '|' && parser->at[1] != '|') {
        parser->at++;
        skip_newlines(parser);
        *last = node_new(NODE_PIPE, *last, parse_command(parser));
        last = &(*last)->right;
        skip_blanks(parser);
    }
    return first;
}

/* A chain: each AND or OR has one pipeline on its left, and the rest on its right. */
static struct node *parse_and_or(struct parser *parser)
{
    struct node *first = parse_pipeline(parser), **last = &first;

    while (parser->error.what == NULL) {
        enum node_kind kind;

        if (accept(parser, "&&"))
            kind = NODE_AND;
        else if (accept(parser, "||"))
            kind = NODE_OR;
        else
            break;
        skip_newlines(parser);
        *last = node_new(kind, *last, parse_pipeline(parser));
        last = &(*last)->right;
    }
    return first;
}

/* A chain of LIST nodes, each with one item on its left and the rest on its right. */
static struct node *parse_list(struct parser *parser)
{
    struct node *first = NULL, **end = &first;

    for (;;) {
        struct node *item;

        skip_newlines(parser);
        if (parser->error.what || *parser->at == 0 || *parser->at == ')')
            return first;
        item = parse_and_or(parser);
        skip_blanks(parser);
        if (parser->at[0] == '&' && parser->at[1] == '>')
            fail(parser, "this shell has no &>; write > file 2>&1", parser->at);
        else if (accept(parser, "&"))
            item = node_new(NODE_BACKGROUND, item, NULL);
        else if (!accept(parser, ";") && *parser->at && *parser->at != ')' && *parser->at != '\n')
            fail(parser, "this is not understood", parser->at);
        *end = node_new(NODE_LIST, item, NULL);
        end = &(*end)->right;
    }
}

struct node *parse(const char *text, struct syntax_error *error)
{
    struct parser parser = {.at = text};
    struct node *node = parse_list(&parser);

    if (*parser.at == ')')
        fail(&parser, "a ) too many", parser.at);
    *error = parser.error;
    return error->what ? NULL : node;
}

struct output {
    char *text;
    size_t used, room;
};

static void output_put(struct output *output, char character)
{
    if (output->used == output->room) {
        output->room = output->room ? 2 * output->room : 64;
        output->text = realloc(output->text, output->room);
        if (output->text == NULL)
            die("sh", "expand");
    }
    output->text[output->used++] = character;
}

/* Puts $? or $$ out. Returns how many characters of the word that took; 0: it is a plain $. */
static int expand_dollar(struct output *output, const char *word, int status)
{
    char number[16];

    if (word[1] != '?' && word[1] != '$')
        return 0;
    snprintf(number, sizeof(number), "%d", word[1] == '?' ? status & 255 : shell_pid);
    for (const char *c = number; *c; c++)
        output_put(output, *c);
    return 2;
}

char *expand(const char *word, int status)
{
    struct output output = {0};
    char quote = 0;
    int taken;

    while (*word) {
        if (quote == 0 && (*word == '\'' || *word == '"')) {
            quote = *word++;
        } else if (quote && *word == quote) {
            quote = 0;
            word++;
        } else if (*word == '$' && quote != '\'' &&
                   (taken = expand_dollar(&output, word, status)) > 0) {
            word += taken;
        } else if (*word == '\\' && word[1] == '\n' && quote != '\'') {
            word += 2; /* the line goes on */
        } else if (*word == '\\' && word[1] &&
                   (quote == 0 || (quote == '"' && strchr("\"\\$", word[1])))) {
            output_put(&output, word[1]);
            word += 2;
        } else {
            output_put(&output, *word++);
        }
    }
    output_put(&output, 0);
    return output.text;
}
