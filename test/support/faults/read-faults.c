/* Preloaded into a program, this makes its reading go wrong where READ_FAULTS says: rules, one a line, of
 * four fields with a bar between them: how the path ends, the call (open, read, list, readlink), at which of
 * these calls on such paths (or `sector`, and which sector of 2,048 bytes: then every read of it fails), and
 * what happens then: the name of an error, "short" (one byte is read), or a command that the shell runs
 * before the call goes on.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

struct rule {
  char *end, *call, *action;
  int at;
  atomic_int calls;
};
static struct rule rules[64];
static int count;

__attribute__((constructor)) static void begin(void) {
  char *text = getenv("READ_FAULTS");
  unsetenv("LD_PRELOAD"); /* programs that are started read as they should */
  if (!text) return;
  text = strdup(text);
  for (char *line; count < 64 && (line = strsep(&text, "\n"));) {
    struct rule *rule = &rules[count];
    rule->end = strsep(&line, "|");
    rule->call = line ? strsep(&line, "|") : NULL;
    char *at = line ? strsep(&line, "|") : NULL;
    if (!line) continue;
    rule->at = atoi(at);
    rule->action = line;
    count++;
  }
}

static int is_of(const char *path, const char *end) {
  size_t length = strlen(path), wanted = strlen(end);
  return length >= wanted && strcmp(path + length - wanted, end) == 0;
}

/* 0 to go on; -1 with errno set; 1 to read short. */
static int fault(const char *path, const char *call) {
  int result = 0;
  for (int i = 0; i < count && result == 0; i++) {
    struct rule *rule = &rules[i];
    if (strcmp(rule->call, call) != 0 || !is_of(path, rule->end)) continue;
    if (atomic_fetch_add(&rule->calls, 1) + 1 != rule->at) continue;
    if (strcmp(rule->action, "EIO") == 0) result = -1, errno = EIO;
    else if (strcmp(rule->action, "EACCES") == 0) result = -1, errno = EACCES;
    else if (strcmp(rule->action, "short") == 0) result = 1;
    else if (system(rule->action) != 0) fprintf(stderr, "read-faults: failed: %s\n", rule->action);
  }
  return result;
}

static int is_bad_sector(const char *path, size_t size, long long offset) {
  for (int i = 0; i < count; i++) {
    struct rule *rule = &rules[i];
    if (strcmp(rule->call, "sector") != 0 || !is_of(path, rule->end)) continue;
    long long start = rule->at * 2048LL;
    if (offset < start + 2048 && start < offset + (long long)size) return 1;
  }
  return 0;
}

static int fault_of(int fd, size_t size, long long offset) {
  char name[64], path[4096];
  if (count == 0) return 0;
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  static ssize_t (*real)(const char *, char *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "readlink");
  ssize_t length = real(name, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  if (offset >= 0 && is_bad_sector(path, size, offset)) return errno = EIO, -1;
  return fault(path, "read");
}

#define OPENER(name)                                                         \
  int name(const char *path, int flags, ...) {                               \
    static int (*real)(const char *, int, ...);                              \
    if (!real) real = dlsym(RTLD_NEXT, #name);                               \
    va_list rest;                                                            \
    va_start(rest, flags);                                                   \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;  \
    va_end(rest);                                                            \
    return fault(path, "open") < 0 ? -1 : real(path, flags, mode);           \
  }
OPENER(open)
OPENER(open64)

#define READER(name, offset_type)                                            \
  ssize_t name(int fd, void *data, size_t size, offset_type offset) {        \
    static ssize_t (*real)(int, void *, size_t, offset_type);                \
    if (!real) real = dlsym(RTLD_NEXT, #name);                               \
    int result = fault_of(fd, size, offset);                                 \
    return result < 0 ? -1 : real(fd, data, result ? 1 : size, offset);      \
  }
READER(pread, off_t)
READER(pread64, off64_t)

ssize_t readlink(const char *path, char *target, size_t size) {
  static ssize_t (*real)(const char *, char *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "readlink");
  return fault(path, "readlink") < 0 ? -1 : real(path, target, size);
}

#define LISTER(name, entry)                                                                             \
  int name(const char *path, struct entry ***list, int (*filter)(const struct entry *),                 \
           int (*order)(const struct entry **, const struct entry **)) {                                \
    static int (*real)(const char *, struct entry ***, int (*)(const struct entry *),                   \
                       int (*)(const struct entry **, const struct entry **));                          \
    if (!real) real = dlsym(RTLD_NEXT, #name);                                                          \
    return fault(path, "list") < 0 ? -1 : real(path, list, filter, order);                              \
  }
LISTER(scandir, dirent)
LISTER(scandir64, dirent64)
