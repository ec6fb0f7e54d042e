import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import type { SuiteCase } from "../suite.js";
import type { SandboxBench } from "./bench.js";

const tcp = `
import socket, sys
for host in ("127.0.0.1", "localhost", "::1", *sys.argv[2:]):
    try:
        with socket.create_connection((host, int(sys.argv[1])), timeout=1) as s:
            print("connected", host)
    except OSError:
        pass`;

/** Every way out but the door. */
export function networkCases({ isolated }: SandboxBench): SuiteCase[] {
  return [
    isolated("no TCP server of the host is reached", async ({ python }) => {
      await using server = await listening({ port: 0, host: "127.0.0.1" });
      assert.equal(await python(tcp, [`${(server.address() as AddressInfo).port}`]), "");
    }),
    isolated("no address of a network is reached", async ({ python }) => {
      const program = `
import errno, socket
for address in ("192.0.2.1", "169.254.169.254", "10.0.0.1", "8.8.8.8"):
    s = socket.socket(); s.settimeout(0.2)
    print(s.connect_ex((address, 80)) in (errno.ENETUNREACH, errno.EPERM, errno.EACCES))`;
      assert.equal(await python(program), "True\nTrue\nTrue\nTrue");
    }),
    isolated("no datagram reaches the host", async ({ python }) => {
      const socket = createSocket("udp4");
      try {
        socket.bind(0, "127.0.0.1");
        await once(socket, "listening");
        let arrived = 0;
        socket.on("message", () => arrived++);
        const program = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try: s.sendto(b"out", ("127.0.0.1", int(sys.argv[1])))
except OSError: pass`;
        await python(program, [`${socket.address().port}`]);
        // What was sent before this one has come before it.
        const mark = once(socket, "message");
        socket.send("mark", socket.address().port, "127.0.0.1");
        await mark;
        assert.equal(arrived, 1);
      } finally {
        socket.close();
      }
    }),
    isolated("no name is resolved", async ({ python }) => {
      const program = `
import socket
try: print(socket.getaddrinfo("example.com", 80))
except OSError: print("unknown")`;
      assert.equal(await python(program), "unknown");
    }),
    isolated("there is no network interface but its own loopback", async ({ shell }) => {
      const { output } = await shell("tail -n +3 /proc/net/dev | cut -d: -f1");
      assert.deepEqual(
        output
          .trim()
          .split(/\s+/)
          .filter((name) => !/^(lo|sit0|tunl0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0)$/.test(name)),
        [],
      );
    }),
    isolated("abstract sockets of the host are not reached", async ({ python, secret }) => {
      await using _ = await listening({ path: `\0w2s-${secret}` });
      const program = `
import socket, sys
try: socket.socket(socket.AF_UNIX).connect("\\0w2s-" + sys.argv[1]); print("connected")
except OSError: print("refused")`;
      assert.equal(await python(program, [secret]), "refused");
    }),
    isolated("sockets in the host's file system are not reached", async ({ python, host }) => {
      const path = join(host, "other.sock");
      await using _ = await listening({ path });
      const program = `
import socket, sys
for path in (sys.argv[1], "/var/run/docker.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket"):
    try: socket.socket(socket.AF_UNIX).connect(path); print("connected", path)
    except OSError: pass`;
      assert.equal(await python(program, [path]), "");
    }),
    isolated("no raw or foreign kind of socket can be made", async ({ python }) => {
      const program = `
import socket
kinds = {"packet": (17, socket.SOCK_RAW, 0x300), "raw": (2, socket.SOCK_RAW, 1), "vsock": (40, socket.SOCK_STREAM, 0), "alg": (38, 5, 0)}
for name, kind in kinds.items():
    try: socket.socket(*kind).close(); print(name)
    except OSError: pass`;
      assert.equal(await python(program), "");
    }),
    isolated("a sandbox has a loopback of its own", async ({ python, another, host }) => {
      const other = await another({ name: "other", work: join(host, "other") });
      const serve = `
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True)
while True: s.accept()`;
      const server = await other.spawn(["python3", "-I", "-c", serve]);
      const { value } = await server.stdout.getReader().read();
      assert.equal(await python(tcp, [new TextDecoder().decode(value).trim()]), "");
      await server.kill();
    }),
  ];
}

async function listening(where: { path: string } | { port: number; host: string }): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(where);
  await once(server, "listening");
  return server;
}
