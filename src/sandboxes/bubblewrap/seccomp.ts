import { denied, examined, families, newest, newNamespaces, terminalInjection, unknown } from "../syscalls.js";

/** Architectures for which there is a filter, as Node names them. */
export type Architecture = "x64" | "arm64";

/** One instruction of classic BPF. */
interface Instruction {
  readonly code: number;
  readonly jt?: number;
  readonly jf?: number;
  readonly k: number;
}

// linux/bpf_common.h, linux/seccomp.h, linux/audit.h
const load = 0x20;
const jumpEqual = 0x15;
const jumpAtLeast = 0x35;
const jumpAnyBit = 0x45;
const giveBack = 0x06;
const allow = 0x7fff0000;
const killProcess = 0x80000000;
const refuse = (errno: number): number => 0x00050000 | errno;
const [eperm, enosys, eafnosupport] = [1, 38, 97];
const offset = { number: 0, architecture: 4, argument: (index: number): number => 16 + 8 * index };

const kinds = {
  x64: { column: 0, audit: 0xc000003e },
  arm64: { column: 1, audit: 0xc00000b7 },
} as const;

const anyNewNamespace = newNamespaces.reduce((all, flag) => all | flag);
/** System calls of the x32 interface have this bit. */
const x32 = 0x40000000;

/** The filter for bubblewrap's `--seccomp`, a `struct sock_filter[]`. Every machine that has one is little-endian. */
export function seccompFilter(architecture: Architecture): Buffer {
  const { column, audit } = kinds[architecture];
  const program: Instruction[] = [
    { code: load, k: offset.architecture },
    { code: jumpEqual, k: audit, jt: 1, jf: 0 },
    { code: giveBack, k: killProcess },
    { code: load, k: offset.number },
    ...(architecture === "x64" ? when(jumpAtLeast, x32, refuse(enosys)) : []),
    ...when(jumpAtLeast, newest + 1, refuse(enosys)),
  ];
  for (const [numbers, answer] of [
    [unknown, refuse(enosys)],
    [denied, refuse(eperm)],
  ] as const) {
    for (const number of Object.values(numbers).map((both) => both[column])) {
      if (number !== null) program.push(...when(jumpEqual, number, answer));
    }
  }
  // Arguments have 64 bits, but of these the kernel takes the lower 32 (of clone's flags, those are all there are).
  program.push(
    ...only(examined.clone[column], 0, when(jumpAnyBit, anyNewNamespace, refuse(eperm))),
    ...only(
      examined.ioctl[column],
      1,
      terminalInjection.flatMap((request) => when(jumpEqual, request, refuse(eperm))),
    ),
    ...only(examined.socket[column], 0, unlessOneOf(families, refuse(eafnosupport))),
    ...only(examined.socketpair[column], 0, unlessOneOf(families, refuse(eafnosupport))),
    { code: giveBack, k: allow },
  );
  return assemble(program);
}

/** Answers where the comparison holds, and goes on otherwise. */
function when(comparison: number, k: number, answer: number): Instruction[] {
  return [
    { code: comparison, k, jt: 0, jf: 1 },
    { code: giveBack, k: answer },
  ];
}

/** Looks at an argument of one call, and allows the call where `checks` let it pass. */
function only(number: number, argument: number, checks: readonly Instruction[]): Instruction[] {
  const body = [{ code: load, k: offset.argument(argument) }, ...checks, { code: giveBack, k: allow }];
  return [{ code: jumpEqual, k: number, jt: 0, jf: body.length }, ...body];
}

function unlessOneOf(values: readonly number[], answer: number): Instruction[] {
  const tests = values.map((k, index) => ({ code: jumpEqual, k, jt: values.length - index, jf: 0 }));
  return [...tests, { code: giveBack, k: answer }];
}

function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jt = 0, jf = 0, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k >>> 0, index * 8 + 4);
  }
  return bytes;
}
