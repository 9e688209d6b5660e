// Loaded before libc (LD_PRELOAD): counts every call that changes something below the folder FAULTS_BELOW,
// and does at the FAULTS_AT-th what FAULTS_DO says:
//
//   enospc, eio      the call fails so, once
//   gone             it and every later call below the folder fail with EIO, opening to read too
//   full             it and every later call that takes room fail with ENOSPC
//   kill, kill-after the process is killed, before or after the call
//
// FAULTS_LOG gets a line for each call: its number, its name, what it answered, the paths. With
// FAULTS_SNAPSHOTS, a folder, each sync leaves there what it made durable (NUMBER.data, for a file) and all
// names below the folder at that moment (NUMBER.tree: inode, inode of the folder it is in, type, name), which
// a test makes the disk after a power loss from.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *below;
static size_t below_length;
static long at;
static const char *action = "";
static const char *snapshots;
static int log_fd = -1;
static atomic_long counter;
static atomic_int gone, full;

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  below = getenv("FAULTS_BELOW");
  below_length = below ? strlen(below) : 0;
  const char *number = getenv("FAULTS_AT");
  at = number ? atol(number) : 0;
  if (getenv("FAULTS_DO")) action = getenv("FAULTS_DO");
  snapshots = getenv("FAULTS_SNAPSHOTS");
  const char *log = getenv("FAULTS_LOG");
  if (below && log) log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int is_below(const char *path) {
  return path && below && strncmp(path, below, below_length) == 0 && (path[below_length] == '/' || path[below_length] == 0);
}

// The path as the kernel would take it; relative ones are made absolute.
static const char *absolute(int dir, const char *path, char *buffer) {
  if (!path || path[0] == '/') return path;
  char folder[PATH_MAX] = "";
  if (dir == AT_FDCWD) {
    if (!getcwd(folder, sizeof folder)) return path;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    ssize_t length = readlink(link, folder, sizeof folder - 1);
    folder[length < 0 ? 0 : length] = 0;
  }
  snprintf(buffer, PATH_MAX * 2, "%s/%s", folder, path);
  return buffer;
}

static const char *path_of(int fd, char *buffer) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return buffer;
}

static void tell(long number, const char *call, long answer, long inode, const char *path, const char *other) {
  if (log_fd < 0) return;
  char line[PATH_MAX * 3];
  int length = snprintf(line, sizeof line, "%ld\t%s\t%ld\t%ld\t%s\t%s\n", number, call, answer, inode, path, other ? other : "");
  if (syscall(SYS_write, log_fd, line, length) < 0) return;
}

// The number of the call, or -1 with errno set where it is to fail.
static long count(const char *call, const char *path, const char *other, int takes_room) {
  long number = atomic_fetch_add(&counter, 1) + 1;
  int error = 0;
  if (number == at) {
    if (strncmp(action, "kill", 4) == 0 && strcmp(action, "kill-after") != 0) {
      tell(number, call, -999, 0, path, other);
      syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
      for (;;) pause();
    }
    if (strcmp(action, "enospc") == 0) error = ENOSPC;
    if (strcmp(action, "eio") == 0) error = EIO;
    if (strcmp(action, "gone") == 0) gone = 1;
    if (strcmp(action, "full") == 0) full = 1;
  }
  if (gone) error = EIO;
  else if (full && takes_room) error = ENOSPC;
  if (!error) return number;
  tell(number, call, -error, 0, path, other);
  errno = error;
  return -1;
}

static void after(long number, const char *call, long answer, long inode, const char *path, const char *other) {
  int kept = errno;
  tell(number, call, answer, inode, path, other);
  if (number == at && strcmp(action, "kill-after") == 0) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
  }
  errno = kept;
}

// What is below the folder, and what a sync made durable.
static void list(int out, const char *folder, unsigned long inode) {
  DIR *dir = opendir(folder);
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char path[PATH_MAX * 2];
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    dprintf(out, "%lu\t%lu\t%c\t%s\n", (unsigned long)entry->d_ino, inode, entry->d_type == DT_DIR ? 'd' : 'f', entry->d_name);
    if (entry->d_type == DT_DIR) list(out, path, entry->d_ino);
  }
  closedir(dir);
}

static void snapshot(int fd, long number) {
  if (!snapshots) return;
  int kept = errno;
  char name[PATH_MAX];
  struct stat stat;
  snprintf(name, sizeof name, "%s/%ld.tree", snapshots, number);
  int out = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (lstat(below, &stat) == 0) list(out, below, stat.st_ino);
  syscall(SYS_close, out);
  if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode)) {
    char self[64];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    int in = syscall(SYS_openat, AT_FDCWD, self, O_RDONLY, 0);
    snprintf(name, sizeof name, "%s/%ld.data", snapshots, number);
    out = syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    char piece[65536];
    for (long got; (got = syscall(SYS_read, in, piece, sizeof piece)) > 0;)
      if (syscall(SYS_write, out, piece, got) < 0) break;
    syscall(SYS_close, in);
    syscall(SYS_close, out);
  }
  errno = kept;
}

static long inode_of(int fd) {
  struct stat stat;
  return fstat(fd, &stat) == 0 ? (long)stat.st_ino : 0;
}

static int wants_write(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
}

static int opened(int dir, const char *path, int flags, mode_t mode) {
  char buffer[PATH_MAX * 2];
  const char *full_path = absolute(dir, path, buffer);
  if (!is_below(full_path)) return syscall(SYS_openat, dir, path, flags, mode);
  if (!wants_write(flags)) {
    if (gone) {
      errno = EIO;
      return -1;
    }
    return syscall(SYS_openat, dir, path, flags, mode);
  }
  int is_new = (flags & O_CREAT) && syscall(SYS_faccessat, dir, path, F_OK) != 0;
  const char *call = is_new ? "create" : "open";
  long number = count(call, full_path, NULL, is_new);
  if (number < 0) return -1;
  int fd = syscall(SYS_openat, dir, path, flags, mode);
  after(number, call, fd < 0 ? -errno : 0, fd < 0 ? 0 : inode_of(fd), full_path, NULL);
  return fd;
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int dir, const char *path, int flags, ...) { MODE_OF(flags) return opened(dir, path, flags, mode); }
int openat64(int dir, const char *path, int flags, ...) { MODE_OF(flags) return opened(dir, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

// A call on an open file.
#define ON_FILE(type, name, room, parameters, arguments) \
  type name parameters { \
    REAL(name); \
    char buffer[PATH_MAX * 2]; \
    const char *path = below ? path_of(fd, buffer) : NULL; \
    if (!is_below(path)) return real arguments; \
    long number = count(#name, path, NULL, room); \
    if (number < 0) return -1; \
    type answer = real arguments; \
    after(number, #name, answer < 0 ? -errno : (long)answer, inode_of(fd), path, NULL); \
    return answer; \
  }

ON_FILE(ssize_t, write, 1, (int fd, const void *data, size_t size), (fd, data, size))
ON_FILE(ssize_t, pwrite, 1, (int fd, const void *data, size_t size, off_t where), (fd, data, size, where))
ON_FILE(ssize_t, pwrite64, 1, (int fd, const void *data, size_t size, off64_t where), (fd, data, size, where))
ON_FILE(ssize_t, writev, 1, (int fd, const struct iovec *parts, int n), (fd, parts, n))
ON_FILE(ssize_t, pwritev, 1, (int fd, const struct iovec *parts, int n, off_t where), (fd, parts, n, where))
ON_FILE(ssize_t, pwritev64, 1, (int fd, const struct iovec *parts, int n, off64_t where), (fd, parts, n, where))
ON_FILE(ssize_t, sendfile, 1, (int fd, int in, off_t *where, size_t size), (fd, in, where, size))
ON_FILE(ssize_t, sendfile64, 1, (int fd, int in, off64_t *where, size_t size), (fd, in, where, size))
ON_FILE(int, ftruncate, 1, (int fd, off_t size), (fd, size))
ON_FILE(int, ftruncate64, 1, (int fd, off64_t size), (fd, size))

#define SYNC(name) \
  int name(int fd) { \
    REAL(name); \
    char buffer[PATH_MAX * 2]; \
    const char *path = below ? path_of(fd, buffer) : NULL; \
    if (!is_below(path)) return real(fd); \
    long number = count(#name, path, NULL, 0); \
    if (number < 0) return -1; \
    int answer = real(fd); \
    if (answer == 0) snapshot(fd, number); \
    after(number, #name, answer < 0 ? -errno : 0, inode_of(fd), path, NULL); \
    return answer; \
  }
SYNC(fsync)
SYNC(fdatasync)

// Calls on names.
static int named(const char *call, int room, int dir, const char *path, int other_dir, const char *other, long how,
                 long a, long b, long c, long d, long e) {
  char buffer[PATH_MAX * 2], other_buffer[PATH_MAX * 2];
  const char *first = absolute(dir, path, buffer);
  const char *second = other ? absolute(other_dir, other, other_buffer) : NULL;
  if (!is_below(first) && !is_below(second)) return syscall(how, a, b, c, d, e);
  long number = count(call, first, second, room);
  if (number < 0) return -1;
  int answer = syscall(how, a, b, c, d, e);
  after(number, call, answer < 0 ? -errno : 0, 0, first, second);
  return answer;
}
#define L(value) ((long)(value))

int rename(const char *from, const char *to) {
  return named("rename", 0, AT_FDCWD, from, AT_FDCWD, to, SYS_renameat2, AT_FDCWD, L(from), AT_FDCWD, L(to), 0);
}
int renameat(int dir, const char *from, int other, const char *to) {
  return named("rename", 0, dir, from, other, to, SYS_renameat2, dir, L(from), other, L(to), 0);
}
int renameat2(int dir, const char *from, int other, const char *to, unsigned flags) {
  return named("rename", 0, dir, from, other, to, SYS_renameat2, dir, L(from), other, L(to), flags);
}
int link(const char *from, const char *to) {
  return named("link", 1, AT_FDCWD, from, AT_FDCWD, to, SYS_linkat, AT_FDCWD, L(from), AT_FDCWD, L(to), 0);
}
int linkat(int dir, const char *from, int other, const char *to, int flags) {
  return named("link", 1, dir, from, other, to, SYS_linkat, dir, L(from), other, L(to), flags);
}
int symlink(const char *target, const char *path) {
  return named("symlink", 1, AT_FDCWD, path, 0, NULL, SYS_symlinkat, L(target), AT_FDCWD, L(path), 0, 0);
}
int mkdir(const char *path, mode_t mode) {
  return named("mkdir", 1, AT_FDCWD, path, 0, NULL, SYS_mkdirat, AT_FDCWD, L(path), mode, 0, 0);
}
int mkdirat(int dir, const char *path, mode_t mode) {
  return named("mkdir", 1, dir, path, 0, NULL, SYS_mkdirat, dir, L(path), mode, 0, 0);
}
int mknod(const char *path, mode_t mode, dev_t device) {
  return named("mknod", 1, AT_FDCWD, path, 0, NULL, SYS_mknodat, AT_FDCWD, L(path), mode, L(device), 0);
}
int unlink(const char *path) {
  return named("unlink", 0, AT_FDCWD, path, 0, NULL, SYS_unlinkat, AT_FDCWD, L(path), 0, 0, 0);
}
int unlinkat(int dir, const char *path, int flags) {
  return named("unlink", 0, dir, path, 0, NULL, SYS_unlinkat, dir, L(path), flags, 0, 0);
}
int rmdir(const char *path) {
  return named("rmdir", 0, AT_FDCWD, path, 0, NULL, SYS_unlinkat, AT_FDCWD, L(path), AT_REMOVEDIR, 0, 0);
}
int remove(const char *path) {
  struct stat stat;
  return lstat(path, &stat) == 0 && S_ISDIR(stat.st_mode) ? rmdir(path) : unlink(path);
}
int truncate(const char *path, off_t size) {
  return named("truncate", 1, AT_FDCWD, path, 0, NULL, SYS_truncate, L(path), size, 0, 0, 0);
}

// libuv copies files by this call.
long syscall(long how, ...) {
  static long (*real)(long, ...);
  if (!real) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list list;
  va_start(list, how);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  char buffer[PATH_MAX * 2];
  if (how != SYS_copy_file_range || !below || !is_below(path_of((int)c, buffer))) return real(how, a, b, c, d, e, f);
  long number = count("copy", buffer, NULL, 1);
  if (number < 0) return -1;
  long answer = real(how, a, b, c, d, e, f);
  after(number, "copy", answer < 0 ? -errno : answer, inode_of((int)c), buffer, NULL);
  return answer;
}
