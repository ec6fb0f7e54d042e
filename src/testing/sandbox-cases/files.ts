import assert from "node:assert/strict";
import { snapshot } from "../../data/snapshot.js";
import type { SuiteCase } from "../suite.js";
import { refused, type SandboxBench } from "./bench.js";

const utf8 = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Files and snapshots. */
export function fileCases({ test }: SandboxBench): SuiteCase[] {
  return [
    test("files go in and out as they are, with the folders above them", async ({ sandbox, shell }) => {
      const content = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
      await sandbox.files.write("a/b/c.bin", content);
      assert.deepEqual(await sandbox.files.read("a/b/c.bin"), content);
      assert.equal((await shell("wc -c < a/b/c.bin")).output.trim(), "70000");
      await sandbox.files.write("a/b/c.bin", "short");
      assert.equal(utf8(await sandbox.files.read("/work/a/b/c.bin")), "short");
    }),
    test("an executable file stays one when it is written again", async ({ sandbox, shell }) => {
      await shell("printf '#!/bin/sh\\necho one\\n' > run; chmod +x run");
      await sandbox.files.write("run", "#!/bin/sh\necho two\n");
      assert.equal((await shell("./run")).output, "two\n");
    }),
    test("what is not there, too large or no file is refused", async ({ sandbox, shell }) => {
      await shell("mkdir folder; head -c 1000 /dev/zero > thousand; mkfifo pipe; truncate -s 20000000 huge");
      await refused(sandbox.files.read("nothing"), "not_found");
      await refused(sandbox.files.read("thousand/nothing"), "bad_input");
      await refused(sandbox.files.read("thousand", { maxBytes: 999 }), "bad_input");
      assert.equal((await sandbox.files.read("thousand", { maxBytes: 1000 })).length, 1000);
      await refused(sandbox.files.read("huge"), "bad_input");
      await refused(sandbox.files.read("folder"), "bad_input");
      await refused(sandbox.files.read("pipe"), "bad_input");
      await refused(sandbox.files.write("folder", "x"), "bad_input");
      await refused(sandbox.files.list("nothing"), "not_found");
    }),
    test("a folder is listed with what is in it", async ({ sandbox, shell }) => {
      await shell("mkdir f; cd f; printf abc > file; mkdir folder; ln -s file link; mkfifo pipe");
      assert.deepEqual(await sandbox.files.list("f"), [
        { name: "file", type: "file", bytes: 3 },
        { name: "folder", type: "folder", bytes: 0 },
        { name: "link", type: "link", bytes: 0 },
        { name: "pipe", type: "other", bytes: 0 },
      ]);
    }),
    test("removing takes all that is below, however deep, and nothing else", async ({ sandbox, python }) => {
      await python("import os\nfor i in range(300):\n os.mkdir('deep'); open('file', 'w').close(); os.chdir('deep')");
      await sandbox.files.write("kept", "");
      await sandbox.files.remove("deep");
      await sandbox.files.remove("deep");
      assert.deepEqual(
        (await sandbox.files.list(".")).map(({ name }) => name),
        ["file", "kept"],
      );
    }),
    test("equal files make equal snapshots, in any sandbox", async ({ sandbox, shell, another, host }) => {
      await shell("mkdir -p d/e; echo 1 > d/e/one; echo 2 > two; chmod +x two; touch -d 2001-01-01 two");
      const first = await sandbox.snapshot();
      const other = await another({ name: "other", work: `${host}/other` });
      await other.exec("echo 2 > two; chmod 700 two; mkdir -p d/e empty; echo 1 > d/e/one");
      const second = await other.snapshot();
      assert.equal(first.hash, second.hash);
      assert.deepEqual(first.files, second.files);
      assert.equal((await sandbox.snapshot({ folder: "d" })).files[0]!.path, "e/one");
      await shell("echo 3 > two");
      assert.notEqual((await sandbox.snapshot()).hash, first.hash);
    }),
    test("a snapshot leaves out what it is told to, and names what it cannot hold", async ({ sandbox, shell }) => {
      await shell("mkdir -p a/b; echo 1 > a/b/c; echo 2 > keep; ln -s keep link; mkfifo pipe");
      const taken = await sandbox.snapshot({ exclude: ["a/b"] });
      assert.deepEqual(
        taken.files.map(({ path }) => path),
        ["keep"],
      );
      assert.deepEqual(taken.skipped, ["link", "pipe"]);
    }),
    test("a snapshot skips what it cannot read or name", async ({ sandbox, shell, python, capabilities }) => {
      await python("import os\nfor i in range(6): os.mkdir('d' * 200); os.chdir('d' * 200)\nopen('file', 'w').close()");
      await shell("echo 1 > kept; echo 2 > closed; chmod 0 closed");
      const taken = await sandbox.snapshot();
      assert.ok(taken.files.some(({ path }) => path === "kept"));
      const [long, ...others] = taken.skipped.toSorted((a, b) => b.length - a.length);
      assert.match(long!, /^ddd/);
      // Root outside of a sandbox reads everything.
      if (capabilities.isolated) assert.deepEqual(others, ["closed"]);
    }),
    test("a snapshot beyond its limits is refused", async ({ sandbox, shell }) => {
      await shell("echo 1 > one; echo 2 > two; head -c 100 /dev/zero > three");
      await refused(sandbox.snapshot({ files: 2 }), "bad_input");
      await refused(sandbox.snapshot({ bytes: 50 }), "bad_input");
      assert.equal((await sandbox.snapshot({ files: 3, bytes: 104 })).files.length, 3);
    }),
    test("a snapshot is restored, exactly where that is asked for", async ({ sandbox, shell }) => {
      const files = snapshot([
        { path: "a/one", executable: false, content: bytes("1") },
        { path: "run", executable: true, content: bytes("#!/bin/sh\necho ran\n") },
      ]);
      await shell("mkdir -p to/b to/run.d; echo x > to/b/x; echo old > to/run; echo y > to/other");
      await sandbox.files.restore(files, "to");
      assert.equal((await shell("to/run; cat to/other")).output, "ran\ny\n");
      await sandbox.files.restore(files, "to", { exact: true });
      const { hash } = await sandbox.snapshot({ folder: "to" });
      assert.equal(hash, files.hash);
    }),
  ];
}
