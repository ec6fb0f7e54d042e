/*
 * System calls that no sandbox needs and that reach beyond it: numbers on x86_64 and aarch64, as in the kernel's tables.
 * Null where an architecture has none.
 */

type Numbers = readonly [x86_64: number | null, aarch64: number | null];

/** Refused with EPERM. */
export const denied: Readonly<Record<string, Numbers>> = {
  // The keyring is shared by all processes of a user, inside and outside.
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Other processes' memory and files.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // Mounts, roots and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  unshare: [272, 97],
  setns: [308, 268],
  open_by_handle_at: [304, 265],
  // Large parts of the kernel that programs inside do without.
  bpf: [321, 280],
  userfaultfd: [323, 282],
  perf_event_open: [298, 241],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  fanotify_init: [300, 262],
  // Of these the whole machine has only so many for each user.
  inotify_init: [253, null],
  inotify_init1: [294, 26],
  io_setup: [206, 0],
  lookup_dcookie: [212, 18],
  modify_ldt: [154, null],
  vhangup: [153, 58],
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  nfsservctl: [180, 42],
  // The machine itself.
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  iopl: [172, null],
  ioperm: [173, null],
};

/** Refused as unknown, so that the C library falls back to calls whose arguments can be looked at. */
export const unknown: Readonly<Record<string, Numbers>> = { clone3: [435, 435] };

/** Newer than the tables above: nobody has looked at what they can do. Refused as unknown where a filter can compare numbers. */
export const newest = 467;

/** Refused by their arguments. */
export const examined = {
  clone: [56, 220],
  ioctl: [16, 29],
  socket: [41, 198],
  socketpair: [53, 199],
} as const satisfies Readonly<Record<string, Numbers>>;

/** Refused of clone: CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}. */
export const newNamespaces = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000];

/** Refused of ioctl, which puts letters into a terminal's input by TIOCSTI, and TIOCLINUX of consoles. */
export const terminalInjection = [0x5412, 0x541c];

/** All that sockets may be of: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. Others, such as AF_VSOCK, may know no network namespaces. */
export const families = [1, 2, 10, 16];
