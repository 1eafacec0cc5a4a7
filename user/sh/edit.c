/*
 * Line editing on the raw console, which hands over each key at once and shows nothing by itself.
 *
 *   left right ^B ^F   move            up down ^P ^N   earlier and later lines
 *   home end ^A ^E     to the ends     ^K ^U ^W        cut: to the end, to the start, a word
 *   backspace delete   one character   tab             complete a name; twice: list them
 *   ^L                 clear screen    ^C              drop the line;  ^D on an empty one: leave
 *
 * A line longer than the screen is wide shows the part around the cursor. Characters are UTF-8. The
 * console gives up to a piece of a line at a time, and never what follows the line; so what is
 * pasted is drawn once for each piece.
 */
#include "sh.h"

#define COLUMNS 79
#define HISTORY 50
#define PIECE 96

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
    char *text; /* room bytes */
    int room;
    int length, cursor;
    int history_at; /* the history line shown; history_count: the new one */
    int tabs;       /* tab keys in a row */
    int is_stale;   /* the screen does not show the line as it is */
    int is_full;    /* there was no memory for all of it */
} edit;

static struct {
    unsigned char bytes[PIECE];
    int taken, count;
} typed;

static char *history[HISTORY]; /* oldest first */
static int history_count;

static int read_byte(void)
{
    if (typed.taken == typed.count) {
        typed.taken = 0;
        typed.count = (int)read(edit.console, typed.bytes, sizeof(typed.bytes));
        if (typed.count <= 0) {
            typed.count = 0;
            return KEY_EOF;
        }
    }
    return typed.bytes[typed.taken++];
}

static int more_is_typed(void)
{
    return typed.taken < typed.count;
}

/* ESC [ parameters letter, ESC O letter, ESC [ number ~ */
static int read_escape(void)
{
    static const char letters[] = "ABCDHF";
    static const int keys[] = {KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT, KEY_HOME, KEY_END};
    int byte = read_byte(), number = 0;
    const char *letter;

    if (byte != '[' && byte != 'O')
        return KEY_UNKNOWN;
    for (byte = read_byte(); byte >= ' ' && byte < '@'; byte = read_byte()) {
        if (byte >= '0' && byte <= '9' && number < 1000)
            number = number * 10 + byte - '0';
    }
    if (byte == '~') {
        if (number == 1 || number == 7)
            return KEY_HOME;
        if (number == 4 || number == 8)
            return KEY_END;
        return number == 3 ? KEY_DELETE : KEY_UNKNOWN;
    }
    letter = byte > 0 && byte < 128 ? strchr(letters, (char)byte) : NULL;
    return letter ? keys[letter - letters] : KEY_UNKNOWN;
}

static int read_key(void)
{
    int byte = read_byte();

    return byte == KEY_ESCAPE ? read_escape() : byte;
}

/* ---- characters: where they begin, and how many columns they take ---- */

static int next_character(int at)
{
    if (at < edit.length)
        at++;
    while (at < edit.length && (edit.text[at] & 0xc0) == 0x80)
        at++;
    return at;
}

static int previous_character(int at)
{
    if (at > 0)
        at--;
    while (at > 0 && (edit.text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

static unsigned code_point(int at)
{
    unsigned char first = (unsigned char)edit.text[at];
    unsigned code = first < 0xc0 ? first : first < 0xe0 ? first & 31u : first < 0xf0 ? first & 15u
                                                                                     : first & 7u;

    for (int i = at + 1; i < next_character(at); i++)
        code = code << 6 | ((unsigned char)edit.text[i] & 63u);
    return code;
}

/* 0: it is put on the one before; 2: those of East Asia, and pictures. */
static int columns_of(int at)
{
    static const struct {
        unsigned first, last;
        int columns;
    } ranges[] = {{0x300, 0x36f, 0}, {0x200b, 0x200f, 0}, {0xfe00, 0xfe0f, 0},
                  {0x1100, 0x115f, 2}, {0x2e80, 0xa4cf, 2}, {0xac00, 0xd7a3, 2},
                  {0xf900, 0xfaff, 2}, {0xfe30, 0xfe6f, 2}, {0xff00, 0xff60, 2},
                  {0xffe0, 0xffe6, 2}, {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2},
                  {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2}};
    unsigned code = code_point(at);

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return ranges[i].columns;
    return 1;
}

/* From where the line is shown, so that the cursor is on the screen. */
static int shown_from(int room)
{
    int start = edit.cursor, columns = 0;

    while (start > 0) {
        int before = previous_character(start);

        columns += columns_of(before);
        if (columns > room)
            break;
        start = before;
    }
    return start;
}

/* Draws the line anew: the whole of it, or what fits around the cursor. */
static void show(void)
{
    int room = COLUMNS - (int)strlen(PROMPT), columns = 0, back = 0;
    int start = shown_from(room), end = start;

    while (end < edit.length && columns + columns_of(end) <= room) {
        columns += columns_of(end);
        back += end >= edit.cursor ? columns_of(end) : 0;
        end = next_character(end);
    }
    fprintf(edit.console, "\r%s", PROMPT);
    while (start < end) { /* a tab, which was pasted, is shown as a blank */
        int tab = start;

        while (tab < end && edit.text[tab] != '\t')
            tab++;
        write_full(edit.console, edit.text + start, (size_t)(tab - start));
        if (tab < end)
            write_full(edit.console, " ", 1);
        start = tab + 1;
    }
    fprintf(edit.console, "\x1b[K");
    if (back > 0)
        fprintf(edit.console, "\x1b[%dD", back);
    edit.is_stale = 0;
}

/* Returns: is there room for so many more? */
static int make_room(int length)
{
    char *text;

    if (edit.length + length < edit.room)
        return 1;
    text = realloc(edit.text, (size_t)(2 * (edit.room + length + 128)));
    if (text == NULL) {
        edit.is_full = 1;
        return 0;
    }
    edit.text = text;
    edit.room = 2 * (edit.room + length + 128);
    return 1;
}

static void insert(const char *text, int length)
{
    if (!make_room(length))
        return;
    memmove(edit.text + edit.cursor + length, edit.text + edit.cursor,
            (size_t)(edit.length - edit.cursor));
    memcpy(edit.text + edit.cursor, text, (size_t)length);
    edit.length += length;
    edit.cursor += length;
}

static void insert_byte(char byte)
{
    int at_end = edit.cursor == edit.length;

    insert(&byte, 1);
    if (at_end && !edit.is_stale && byte != '\t' &&
        edit.length + (int)strlen(PROMPT) < COLUMNS)
        write(edit.console, &byte, 1);
    else
        edit.is_stale = 1;
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

    if (!make_room(1))
        return;
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
    case KEY_LEFT: case KEY_CTRL_B: move(previous_character(edit.cursor)); break;
    case KEY_RIGHT: case KEY_CTRL_F: move(next_character(edit.cursor)); break;
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
            cut(previous_character(edit.cursor), edit.cursor);
        break;
    case KEY_DELETE: case KEY_CTRL_D:
        if (edit.cursor < edit.length)
            cut(edit.cursor, next_character(edit.cursor));
        break;
    }
    edit.is_stale = 1;
}

/* Reads keys until the line ends. Returns: the key that ended it. */
static int edit_keys(void)
{
    for (;;) {
        int key;

        if (edit.is_stale && !more_is_typed())
            show();
        key = read_key();
        if (key == KEY_RETURN || key == KEY_NEWLINE || key == KEY_EOF || key == KEY_CTRL_C ||
            (key == KEY_CTRL_D && edit.length == 0))
            return key;
        if (key != KEY_TAB)
            edit.tabs = 0;
        if ((key >= ' ' && key < 256 && key != KEY_BACKSPACE) ||
            (key == KEY_TAB && more_is_typed())) /* a tab that is pasted completes nothing */
            insert_byte((char)key);
        else
            handle_key(key);
    }
}

char *edit_line(int console)
{
    int key;

    edit.console = console;
    edit.length = edit.cursor = edit.tabs = edit.is_stale = edit.is_full = 0;
    edit.history_at = history_count;
    fprintf(console, PROMPT);
    key = edit_keys();
    if (edit.is_stale)
        show();
    fprintf(console, key == KEY_CTRL_C ? "^C\n" : "\n");
    if (key == KEY_EOF || key == KEY_CTRL_D)
        return NULL;
    if (edit.is_full || !make_room(1)) {
        fprintf(STDERR, "sh: the line is too long for the memory that there is\n");
        return "";
    }
    if (key == KEY_CTRL_C)
        edit.length = 0;
    edit.text[edit.length] = 0;
    history_add(edit.text);
    return edit.text;
}
