#!/usr/bin/env python3
"""Power loss: does the store keep what it acknowledged when the disk loses what it hadn't flushed?

    Tests/VM/power.py [--writer PROGRAM] [--cuts N] [--seconds N] [--seed N] [--lying-disk]

A machine writes to a store on ext4 on a disk that this program serves (NBD), and sends each acknowledged write out at
once. The disk has a volatile cache: what was written since the last flush may be lost. From the recorded writes,
flushes and acknowledgements come N images of the disk as a power cut at a random moment would leave it: all that was
flushed, and of the rest some writes, some of their sectors. A second machine mounts each, lets the store recover, and
holds it to what was acknowledged before the cut. Then it writes on, and checks again.

Needs qemu-system-x86, busybox-static, cpio, e2fsprogs and no root. Prints the seed, a line for each image and
"N passed, N failed"; ends with 0 when all passed.
"""
import argparse
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
IMAGE_BYTES = 96 << 20
SECTOR = 512
# Longest that a machine may take to boot, and to check one image, in seconds: emulated, on a busy host.
BOOT_SECONDS = 240
CHECK_SECONDS = 60


class Disk:
    """A disk with a volatile cache, served over NBD to one machine. It remembers everything in order."""

    READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
    FUA = 1

    def __init__(self, path, content):
        self.initial = bytes(content)
        self.content = bytearray(content)
        self.lock = threading.Lock()
        # ("write", offset, bytes, is durable at once), ("flush",) or ("line", text), as they were completed.
        self.record = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        link, _ = self.listener.accept()
        stream = link.makefile("rb")
        try:
            self.greet(link, stream)
            while self.answer(link, stream):
                pass
        except (OSError, struct.error):
            pass  # the machine was killed

    def greet(self, link, stream):
        link.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
        stream.read(4)
        while True:
            _, option, length = struct.unpack(">8sII", stream.read(16))
            stream.read(length)
            reply = lambda kind, data=b"": link.sendall(
                struct.pack(">QIII", 0x3E889045565A9, option, kind, len(data)) + data)
            if option == 7:  # go: size; has flags, flush, FUA
                reply(3, struct.pack(">HQH", 0, len(self.content), 1 | 4 | 8))
                reply(1)
                return
            reply(0x80000001)

    def answer(self, link, stream):
        magic, flags, kind, handle, offset, length = struct.unpack(">IHHQQI", stream.read(28))
        if magic != 0x25609513 or kind == self.DISCONNECT:
            return False
        data = b""
        with self.lock:
            if kind == self.READ:
                data = bytes(self.content[offset:offset + length])
            elif kind == self.WRITE:
                written = stream.read(length)
                self.content[offset:offset + length] = written
                self.record.append(("write", offset, written, bool(flags & self.FUA)))
            elif kind == self.FLUSH:
                self.record.append(("flush",))
        error = 0 if kind in (self.READ, self.WRITE, self.FLUSH) else 22
        link.sendall(struct.pack(">IIQ", 0x67446698, error, handle) + data)
        return True

    def hear(self, path):
        """Records the lines that come in at a socket, each when it is there."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)

        def listen():
            link, _ = listener.accept()
            for line in link.makefile("rb"):
                with self.lock:
                    self.record.append(("line", line.decode("utf-8", "replace").strip()))

        threading.Thread(target=listen, daemon=True).start()


class Cut:
    """The disk and the acknowledged lines after the first `length` entries of the record."""

    def __init__(self, length):
        self.length = length
        self.lines = []
        self.dropped = 0


def cuts(record, initial, count, chance, lying):
    """Yields `count` cuts with their images, in order of time."""
    first = next(index for index, entry in enumerate(record) if entry[0] == "line")
    # Half of them just before a flush, when there is most to lose.
    flushes = [index for index in range(first, len(record)) if record[index][0] == "flush"]
    moments = sorted(
        chance.choice(flushes) if number % 2 else chance.randrange(first, len(record) + 1) for number in range(count))
    stable, pending, lines, done = bytearray(initial), [], [], 0
    for moment in moments:
        for entry in record[done:moment]:
            if entry[0] == "line":
                lines.append(entry[1])
            elif entry[0] == "flush":
                kept = [write for write in pending if lying and chance.random() < 0.9]
                for offset, data in [write for write in pending if write not in kept]:
                    stable[offset:offset + len(data)] = data
                pending = kept
            elif entry[3]:
                stable[entry[1]:entry[1] + len(entry[2])] = entry[2]
            else:
                pending.append((entry[1], entry[2]))
        done = moment
        cut = Cut(moment)
        cut.lines = list(lines)
        yield cut, lose(stable, pending, cut, chance)


def lose(stable, pending, cut, chance):
    image = bytearray(stable)
    share = chance.choice([0, 0.2, 0.5, 0.8, 0.97])
    for offset, data in pending:
        fate = chance.random()
        if fate < share:
            image[offset:offset + len(data)] = data
            continue
        cut.dropped += 1
        if fate < share + (1 - share) / 3:  # torn: some of its sectors
            for start in range(0, len(data), SECTOR):
                if chance.random() < 0.5:
                    image[offset + start:offset + start + SECTOR] = data[start:start + SECTOR]
    return image


class Machines:
    """Builds and boots the machines."""

    def __init__(self, writer, work):
        subprocess.run([HERE / "fetch-kernel"], check=True)
        self.cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "hakobune/vm"
        self.kernel = next(iter(sorted((self.cache / "boot").glob("vmlinuz-*"))))
        self.work = work
        self.root = work / "root"
        for name in ["bin", "sbin", "proc", "sys", "dev", "libraries", "acknowledged"]:
            (self.root / name).mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), self.root / "bin/busybox")
        (self.root / "sbin/modprobe").symlink_to("/bin/busybox")
        shutil.copy(HERE / "power.sh", self.root / "init")
        subprocess.run(["strip", "-o", self.root / "bin/storagewriter", writer], check=True)
        for word in subprocess.run(["ldd", writer], check=True, capture_output=True, text=True).stdout.split():
            if word.startswith("/"):
                target = self.root / word.lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(word, target)
                link = self.root / "libraries" / target.name
                if not link.exists():
                    link.symlink_to(word)
        self.copy_modules()

    def copy_modules(self):
        release = next((self.cache / "lib/modules").iterdir())
        target = self.root / "lib/modules" / release.name
        for part in ["drivers/virtio", "drivers/block/virtio_blk.ko", "drivers/block/loop.ko"]:
            source = release / "kernel" / part
            copy = shutil.copytree if source.is_dir() else shutil.copy
            (target / "kernel" / part).parent.mkdir(parents=True, exist_ok=True)
            copy(source, target / "kernel" / part)
        for name in ["modules.order", "modules.builtin", "modules.builtin.modinfo"]:
            if (release / name).exists():
                shutil.copy(release / name, target / name)
        subprocess.run(["busybox", "depmod", "-b", self.root, release.name], check=True)

    def boot(self, name, job, arguments):
        (self.root / "job").write_text(job + "\n")
        archive = self.work / f"{name}.cpio"
        with open(archive, "wb") as output:
            find = subprocess.Popen(["find", "."], cwd=self.root, stdout=subprocess.PIPE)
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=self.root, stdin=find.stdout, stdout=output,
                           check=True)
        console = self.work / f"{name}.log"
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-smp", "1", "-m", "1024M",
                   "-display", "none", "-monitor", "none", "-no-reboot", "-nic", "none",
                   "-kernel", self.kernel, "-initrd", archive, "-serial", f"file:{console}",
                   "-append", "console=ttyS0 quiet panic=-1"] + arguments
        return subprocess.Popen(command, stdin=subprocess.DEVNULL), console


def lines_of(console):
    text = console.read_text(errors="replace") if console.exists() else ""
    return [line.strip().split("VM: ", 1)[1] for line in text.splitlines() if "VM: " in line]


def wait_for(machine, console, word, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if any(line.startswith(word) for line in lines_of(console)):
            return
        if machine.poll() is not None:
            break
        time.sleep(0.2)
    tail = "\n".join(console.read_text(errors="replace").splitlines()[-20:]) if console.exists() else ""
    sys.exit(f"the machine never said \"{word}\"; its console ends:\n{tail}")


def load(machines, work, options):
    """Runs the writing machine until its power is cut; the disk with its record."""
    image = work / "empty"
    with open(image, "wb") as output:
        output.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    disk = Disk(str(work / "disk"), image.read_bytes())
    disk.hear(str(work / "lines"))
    machine, console = machines.boot("load", f"load {options.seed}", [
        "-serial", f"unix:{work}/lines",
        "-drive", f"file=nbd+unix:///?socket={work}/disk,format=raw,if=virtio,cache=none"])
    try:
        wait_for(machine, console, "load", BOOT_SECONDS)
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end and not any(entry[0] == "line" for entry in disk.record):
            time.sleep(0.1)
        time.sleep(options.seconds)
    finally:
        machine.kill()
        machine.wait()
    return disk


def check(machines, work, disk, options):
    chance = random.Random(options.seed)
    made = []
    with open(work / "images", "wb") as output:
        for number, (cut, image) in enumerate(cuts(
                disk.record, disk.initial, options.cuts, chance, options.lying_disk)):
            output.seek(number * IMAGE_BYTES)
            for start in range(0, IMAGE_BYTES, 1 << 16):
                block = image[start:start + (1 << 16)]
                if any(block):
                    output.seek(number * IMAGE_BYTES + start)
                    output.write(block)
            (machines.root / "acknowledged" / str(number)).write_text("\n".join(cut.lines) + "\n")
            made.append(cut)
        output.truncate(options.cuts * IMAGE_BYTES)
    machine, console = machines.boot("check", f"check {options.cuts} {IMAGE_BYTES}", [
        "-drive", f"file={work}/images,format=raw,if=virtio,cache=unsafe"])
    try:
        machine.wait(BOOT_SECONDS + CHECK_SECONDS * options.cuts)
    except subprocess.TimeoutExpired:
        machine.kill()
    answers = [line.split(" ", 2) for line in lines_of(console) if line.startswith("cut ")]
    said = {int(words[1]): words[2] for words in answers if len(words) == 3}
    failed = 0
    for number, cut in enumerate(made):
        answer = said.get(number, "FAILED: no answer")
        good = answer.startswith("ok: ")
        failed += not good
        print(f"{'ok    ' if good else 'FAILED'}  cut {number}: {cut.dropped} writes lost, "
              f"{len(cut.lines)} acknowledged; {answer}")
    print(f"{len(made) - failed} passed, {failed} failed")
    return failed == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writer", default=HERE.parents[1] / ".build/debug/storagewriter")
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=30, help="of load before the power goes")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--lying-disk", action="store_true",
                        help="flushing keeps little: the store can't survive that, so the test must fail")
    options = parser.parse_args()
    for program in ["qemu-system-x86_64", "cpio", "busybox", "mkfs.ext4", "strip"]:
        if not shutil.which(program):
            sys.exit(f"needs {program}: apt-get install qemu-system-x86 cpio busybox-static e2fsprogs binutils")
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        machines = Machines(options.writer, work)
        disk = load(machines, work, options)
        kinds = [entry[0] for entry in disk.record]
        print(f"{kinds.count('write')} writes, {kinds.count('flush')} flushes, {kinds.count('line')} acknowledgements",
              flush=True)
        return 0 if check(machines, work, disk, options) else 1


if __name__ == "__main__":
    sys.exit(main())
