/*
 * Line editing on the raw console, which hands over each key at once and shows nothing by itself.
 *
 *   left right ^B ^F   move            up down ^P ^N   earlier and later lines
 *   home end ^A ^E     to the ends     ^K ^U ^W        cut: to the end, to the start, a word
 *   backspace delete   one character   tab             complete a name; twice: list them
 *   ^L                 clear screen    ^C              drop the line;  ^D on an empty one: leave
 *
 * A line longer than the screen is wide shows the part around the cursor.
 */
#include "sh.h"

#define COLUMNS 79
#define HISTORY 50

enum key {
    KEY_CTRL_A = 1, KEY_CTRL_B = 2, KEY_CTRL_C = 3, KEY_CTRL_D = 4, KEY_CTRL_E = 5,
    KEY_CTRL_F = 6, KEY_CTRL_H = 8, KEY_TAB = 9, KEY_NEWLINE = 10, KEY_CTRL_K = 11,
    KEY_CTRL_L = 12, KEY_RETURN = 13, KEY_CTRL_N = 14, KEY_CTRL_P = 16, KEY_CTRL_U = 21,
    KEY_CTRL_W = 23, KEY_ESCAPE = 27, KEY_BACKSPACE = 127,
    KEY_UP = 256, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_HOME, KEY_END, KEY_DELETE, KEY_UNKNOWN,
    KEY_EOF
};

static struct {
    int console;
    char text[LINE_MAX];
    int length, cursor;
    int history_at; /* the history line shown; history_count: the new one */
    int tabs;       /* tab keys in a row */
} edit;

static char *history[HISTORY]; /* oldest first */
static int history_count;

static int read_byte(void)
{
    unsigned char byte;

    return read(edit.console, &byte, 1) == 1 ? byte : KEY_EOF;
}

/* ESC [ letter, ESC O letter, ESC [ number ~ */
static int read_escape(void)
{
    static const char letters[] = "ABCDHF";
    static const int keys[] = {KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_HOME, KEY_END};
    int byte = read_byte(), number = 0;
    const char *letter;

    if (byte != '[' && byte != 'O')
        return KEY_UNKNOWN;
    for (byte = read_byte(); byte >= '0' && byte <= '9'; byte = read_byte())
        number = number * 10 + byte - '0';
    if (byte == '~') {
        if (number == 1 || number == 7)
            return KEY_HOME;
        if (number == 4 || number == 8)
            return KEY_END;
        return number == 3 ? KEY_DELETE : KEY_UNKNOWN;
    }
    letter = byte < 128 ? strchr(letters, (char)byte) : NULL;
    return letter ? keys[letter - letters] : KEY_UNKNOWN;
}

static int read_key(void)
{
    int byte = read_byte();

    return byte == KEY_ESCAPE ? read_escape() : byte;
}

/* Draws the line anew: the whole of it, or what fits around the cursor. */
static void show(void)
{
    int room = COLUMNS - (int)strlen(PROMPT);
    int start = edit.cursor > room ? edit.cursor - room : 0;
    int shown = edit.length - start < room ? edit.length - start : room;
    int back = start + shown - edit.cursor;

    fprintf(edit.console, "\r%s%.*s\x1b[K", PROMPT, shown, edit.text + start);
    if (back > 0)
        fprintf(edit.console, "\x1b[%dD", back);
}

static void insert(const char *text, int length)
{
    if (edit.length + length >= LINE_MAX)
        return;
    memmove(edit.text + edit.cursor + length, edit.text + edit.cursor,
            (size_t)(edit.length - edit.cursor));
    memcpy(edit.text + edit.cursor, text, (size_t)length);
    edit.length += length;
    edit.cursor += length;
}

static void insert_character(char character)
{
    insert(&character, 1);
    if (edit.cursor == edit.length && edit.length + (int)strlen(PROMPT) < COLUMNS)
        write(edit.console, &character, 1);
    else
        show();
}

static void cut(int from, int to)
{
    memmove(edit.text + from, edit.text + to, (size_t)(edit.length - to));
    edit.length -= to - from;
    edit.cursor = from;
}

static int word_start(void)
{
    int at = edit.cursor;

    while (at > 0 && edit.text[at - 1] == ' ')
        at--;
    while (at > 0 && edit.text[at - 1] != ' ')
        at--;
    return at;
}

static void show_history(int at)
{
    if (at < 0 || at > history_count)
        return;
    edit.history_at = at;
    edit.length = 0;
    edit.cursor = 0;
    if (at < history_count)
        insert(history[at], (int)strlen(history[at]));
}

static void history_add(const char *line)
{
    char *copy;

    if (line[0] == 0 || (history_count > 0 && strcmp(history[history_count - 1], line) == 0))
        return;
    copy = malloc(strlen(line) + 1);
    if (copy == NULL)
        return;
    strcpy(copy, line);
    if (history_count == HISTORY) {
        free(history[0]);
        memmove(history, history + 1, (HISTORY - 1) * sizeof(history[0]));
        history_count--;
    }
    history[history_count++] = copy;
}

static void complete_name(void)
{
    char added[DIRSIZ + 2];
    int length;

    edit.text[edit.length] = 0;
    length = complete(edit.text, edit.cursor, added, sizeof(added));
    insert(added, length);
    if (length == 0 && ++edit.tabs >= 2) {
        fprintf(edit.console, "\n");
        complete_list(edit.text, edit.cursor);
    }
}

static void move(int cursor)
{
    if (cursor >= 0 && cursor <= edit.length)
        edit.cursor = cursor;
}

static void handle_key(int key)
{
    switch (key) {
    case KEY_LEFT: case KEY_CTRL_B: move(edit.cursor - 1); break;
    case KEY_RIGHT: case KEY_CTRL_F: move(edit.cursor + 1); break;
    case KEY_HOME: case KEY_CTRL_A: move(0); break;
    case KEY_END: case KEY_CTRL_E: move(edit.length); break;
    case KEY_UP: case KEY_CTRL_P: show_history(edit.history_at - 1); break;
    case KEY_DOWN: case KEY_CTRL_N: show_history(edit.history_at + 1); break;
    case KEY_CTRL_K: edit.length = edit.cursor; break;
    case KEY_CTRL_U: cut(0, edit.cursor); break;
    case KEY_CTRL_W: cut(word_start(), edit.cursor); break;
    case KEY_CTRL_L: fprintf(edit.console, "\x1b[H\x1b[2J"); break;
    case KEY_TAB: complete_name(); break;
    case KEY_BACKSPACE: case KEY_CTRL_H:
        if (edit.cursor > 0)
            cut(edit.cursor - 1, edit.cursor);
        break;
    case KEY_DELETE: case KEY_CTRL_D:
        if (edit.cursor < edit.length)
            cut(edit.cursor, edit.cursor + 1);
        break;
    }
    show();
}

char *edit_line(int console)
{
    int key;

    memset(&edit, 0, sizeof(edit));
    edit.console = console;
    edit.history_at = history_count;
    fprintf(console, PROMPT);
    for (;;) {
        key = read_key();
        if (key == KEY_RETURN || key == KEY_NEWLINE)
            break;
        if (key == KEY_EOF || (key == KEY_CTRL_D && edit.length == 0)) {
            fprintf(console, "\n");
            return NULL;
        }
        if (key == KEY_CTRL_C) {
            edit.length = 0;
            fprintf(console, "^C");
            break;
        }
        if (key != KEY_TAB)
            edit.tabs = 0;
        if (key >= ' ' && key < KEY_BACKSPACE)
            insert_character((char)key);
        else
            handle_key(key);
    }
    fprintf(console, "\n");
    edit.text[edit.length] = 0;
    history_add(edit.text);
    return edit.text;
}
