// Makes POSIX objects, and prints what the C library says of them, one JSON object a line.
//
//   objects report KIND NAME...    what shm_open, mq_open and sem_open lead to
//   objects make                   objects of every kind, and then the same of them
//   objects wait NAME VALUE COUNT  a semaphore that threads wait for, until it is killed

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mqueue.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int failed, const char *what) {
  if (failed) {
    perror(what);
    exit(1);
  }
}

static void print_file(const struct stat *st) {
  printf("\"uid\":%u,\"gid\":%u,\"perms\":\"%04o\",\"links\":%lu,\"atime\":%lld,\"mtime\":%lld,"
         "\"ctime\":%lld,\"size\":%lld,\"allocated\":%lld",
         st->st_uid, st->st_gid, st->st_mode & 0777, (unsigned long)st->st_nlink,
         (long long)st->st_atime, (long long)st->st_mtime, (long long)st->st_ctime,
         (long long)st->st_size, (long long)st->st_blocks * 512);
}

static void report_shm(const char *name) {
  struct stat st;
  int fd = shm_open(name, O_RDONLY, 0);
  check(fd < 0 || fstat(fd, &st), name);
  printf("{\"kind\":\"pshm\",");
  print_file(&st);
  puts("}");
  close(fd);
}

static void report_queue(const char *name) {
  struct stat st;
  struct mq_attr attr;
  mqd_t queue = mq_open(name, O_RDONLY);
  check(queue == (mqd_t)-1 || mq_getattr(queue, &attr) || fstat(queue, &st), name);
  printf("{\"kind\":\"pmsg\",\"maxmsg\":%ld,\"msgsize\":%ld,\"qnum\":%ld,", attr.mq_maxmsg,
         attr.mq_msgsize, attr.mq_curmsgs);
  print_file(&st);
  puts("}");
  mq_close(queue);
}

static void report_semaphore(const char *name) {
  int value;
  sem_t *sem = sem_open(name, 0);
  check(sem == SEM_FAILED || sem_getvalue(sem, &value), name);
  printf("{\"kind\":\"psem\",\"value\":%d}\n", value);
  sem_close(sem);
}

static void report(const char *kind, const char *name) {
  if (!strcmp(kind, "pshm"))
    report_shm(name);
  else if (!strcmp(kind, "pmsg"))
    report_queue(name);
  else
    report_semaphore(name);
}

static void make_shm(const char *name, off_t size, int touched, mode_t mode) {
  int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
  check(fd < 0 || ftruncate(fd, size) || fchmod(fd, mode), name);
  if (touched) {
    char *memory = mmap(NULL, touched, PROT_WRITE, MAP_SHARED, fd, 0);
    check(memory == MAP_FAILED, "mmap");
    memset(memory, 'x', touched);
  }
  close(fd);
}

static void make_queue(const char *name, long maxmsg, long msgsize, int count, int size) {
  char message[1000] = {0};
  struct mq_attr attr = {.mq_maxmsg = maxmsg, .mq_msgsize = msgsize};
  mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0640, &attr);
  check(queue == (mqd_t)-1, name);
  for (int at = 0; at < count; at++)
    check(mq_send(queue, message, size, at), "mq_send");
  mq_close(queue);
}

static sem_t *make_semaphore(const char *name, unsigned value) {
  sem_t *sem = sem_open(name, O_CREAT | O_EXCL, 0600, value);
  check(sem == SEM_FAILED, name);
  return sem;
}

static void make(void) {
  make_shm("/made-empty", 0, 0, 0600);
  make_shm("/made-sparse", 1L << 40, 0, 0640);
  make_shm("/made-used", 100000, 8193, 0604);
  make_queue("/made-queue", 7, 100, 3, 33);
  make_queue("/made-none", 10, 512, 0, 0);
  make_semaphore("/made-five", 5);
  make_semaphore("/made-zero", 0);
  make_semaphore("/made-most", SEM_VALUE_MAX);
  const char *names[][2] = {{"pshm", "/made-empty"}, {"pshm", "/made-sparse"},
                            {"pshm", "/made-used"},  {"pmsg", "/made-queue"},
                            {"pmsg", "/made-none"},  {"psem", "/made-five"},
                            {"psem", "/made-zero"},  {"psem", "/made-most"}};
  for (size_t at = 0; at < sizeof names / sizeof *names; at++)
    report(names[at][0], names[at][1]);
}

static void *wait_for(void *sem) {
  check(sem_wait(sem), "sem_wait");
  return NULL;
}

// What a function leaves on the stack, which musl writes into a semaphore's file.
static void leave_stray_bytes(void) {
  volatile unsigned char stack[4096];
  for (size_t at = 0; at < sizeof stack; at++)
    stack[at] = 0xa5;
}

static void hold(const char *name, int value, int count) {
  leave_stray_bytes();
  sem_t *sem = make_semaphore(name, value);
  for (int at = 0; at < count; at++) {
    pthread_t thread;
    check(pthread_create(&thread, NULL, wait_for, sem), "pthread_create");
  }
  report("psem", name);
  fflush(stdout);
  for (;;)
    pause();
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "report"))
    for (int at = 3; at < argc; at++)
      report(argv[2], argv[at]);
  else if (argc == 2 && !strcmp(argv[1], "make"))
    make();
  else if (argc == 5 && !strcmp(argv[1], "wait"))
    hold(argv[2], atoi(argv[3]), atoi(argv[4]));
  else
    return 2;
  return 0;
}
