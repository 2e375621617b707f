"""The same docker commands on two daemons, with the same client: prints where they differ.

    docker.py --hako HAKO --images FOLDER --peers FOLDER [-k WORD] [FILE...]
    docker.py --sockets OURS THEIRS [-k WORD] [FILE...]

The first form starts both daemons, in a network namespace of their own, as the benchmark does; the second takes
daemons that run and hold the images busybox, ubuntu and nginx. A file holds cases: a line
`## name`, then a script for bash that calls `docker`. What a case prints, on both streams, and the status of each
command that asks for it (`echo $?`) are compared, after identifiers, times and addresses were made equal, and what an
older reference words otherwise was put into today's words. Each case ends with neither containers nor volumes: give
it daemons that have nothing to lose. A case whose name ends in ` (differs: why)` is one where the reference is known to be older or other: it is run, and
its difference is not counted.
"""

import argparse, difflib, glob, os, re, shutil, signal, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
# For one case on one daemon.
SECONDS = 30

RULES = [
    (r"sha256:[0-9a-f]{64}", "sha256:DIGEST"),
    (r"\b[0-9a-f]{64}\b", "ID"),
    (r"\b[0-9a-f]{32}\b", "HEX32"),
    (r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{12}\b", "SHORTID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
    (r"172\.2[89]\.\d+\.\d+", "ADDRESS"),
    (r"\b02:42(:[0-9a-f]{2}){4}\b", "MAC"),
    (r"\b(?!00:00:00)[0-9a-f]{2}(:[0-9a-f]{2}){5}\b", "MAC"),
]

# What dockerd 20.10, the newest that Debian 12 has, words otherwise than 28: (its words, 28's words).
NEWER_WORDS = [
    (r"failed to create shim task: OCI runtime create failed: runc create failed:",
     "failed to create task for container: failed to create shim task: OCI runtime create failed:"),
    (r"daemon: (failed to initialize logging driver)", r"daemon: failed to create task for container: \1"),
    (r"Invalid escape keys \(foo\) provided", "Invalid detach keys (foo) provided: Unknown character: 'foo'"),
    (r"(Container )\S+ (is paused, unpause)", r"\1ID \2"),
    (r"invalid value for max-size: -1: invalid size", "invalid size"),
    (r"daemon: (driver failed programming external)", r"daemon: failed to set up container networking: \1"),
    (r"error looking up logging plugin (\w+): plugin \"\w+\" not found", r"logger: no log driver named '\1' is registered"),
    (r"Range of CPUs", "range of CPUs"),
    (r"No command specified", "no command specified"),
    (r"no such container (\w+)", r"No such container: \1"),
    (r"\bContainer (ID|\w+) is (not running|already paused)", r"container \1 is \2"),
    (r"Cannot kill container: (\S+): (No such container|The linux)", r"\2"),
    (r"Cannot kill container", "cannot kill container"),
    (r"The linux daemon", "the linux daemon"),
    (r"Invalid (signal|filter|IPC mode|isolation)", r"invalid \1"),
    (r"isolation: \"(\w+)\" - linux", r"isolation (\1): linux"),
    (r"Unable to find (group|user)", r"unable to find \1"),
    (r"You cannot remove a running container ID. Stop the container before attempting removal or force remove",
     "cannot remove container: container is running: stop the container before removing or force remove"),
    (r"You cannot remove a paused container ID. Unpause and then stop the container before attempting removal or force remove",
     "cannot remove container: container is paused and must be unpaused first"),
    (r"You cannot remove a restarting container ID. Stop the container before attempting removal or force remove",
     "cannot remove container: container is running: stop the container before removing or force remove"),
    (r"cannot remove container \"/\w+\"", "cannot remove container"),
    (r"cannot remove container: container is restarting", "cannot remove container: container is running"),
    (r"invalid restart policy '(\w+)'",
     r"invalid restart policy: unknown policy '\1'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"),
    (r"(daemon: )maximum retry count cannot be negative", r"\1invalid restart policy: maximum retry count cannot be negative"),
    (r"(daemon: )maximum retry count cannot be used with restart policy '\S+'",
     r"\1invalid restart policy: maximum retry count can only be used with 'on-failure'"),
    (r"Unknown runtime specified", "unknown or invalid runtime name:"),
    (r"invalid (IPv[46]) address", "invalid IP address"),
    (r"cannot join network of a non running container: ID", "cannot join network namespace of a non running container"),
    (r"(cannot join network namespace of a non running container): container \w+ is \w+", r"\1"),
    (r"joining network namespace of container: ", ""),
    (r"can't join IPC of container ID: ", "failed to join IPC namespace: "),
    (r"\b(fe|ff)00::0\t", r"\g<1>00::\t"),
    (r'\{"Error":null,"StatusCode"', '{"StatusCode"'),
    (r'"message":"(EOF|unexpected EOF|invalid JSON[^}]*)"', '"message":"invalid JSON"'),
    (r"exec: \"(\S+)\": (is a directory|permission denied)", r'exec: "\1": permission denied'),
    # What we add to Docker's sentences.
    (r" \((container \S+ has it: [^)]*|did you mean [^)]*)\)", ""),
    (r": container \w+ logs to \"none\"", ""),
]


def normal(text, socket):
    text = text.replace(os.path.dirname(socket), "ROOT")
    for pattern, word in RULES:
        text = re.sub(pattern, word, text)
    for pattern, word in NEWER_WORDS:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


def cases(paths):
    for path in paths:
        name, lines = None, []
        with open(path) as file:
            for line in list(file) + ["## end\n"]:
                if line.startswith("## "):
                    if name:
                        yield os.path.basename(path), name, "".join(lines)
                    name, lines = line[3:].strip(), []
                else:
                    lines.append(line)


def run(script, socket, folder):
    config = folder + "/config"
    os.makedirs(config, exist_ok=True)
    work = tempfile.mkdtemp(dir=folder)
    environment = dict(os.environ, DOCKER_HOST="unix://" + socket, DOCKER_CONFIG=config, DOCKER_CLI_HINTS="false",
                       SOCKET=socket, W=work, TZ="UTC", LC_ALL="C.UTF-8")
    try:
        done = subprocess.run(["bash", "-c", script], env=environment, cwd=work, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, errors="replace")
        output = done.stdout
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace") + f"\n(not over after {SECONDS} s)\n"
    clear = ("docker ps -aq | xargs -r docker rm -fv; docker network prune -f; docker volume ls -q | xargs -r docker volume rm -f")
    subprocess.run(["bash", "-c", clear], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=SECONDS)
    return normal(output.replace(work, "WORK"), socket)


def compare(options, ours_socket, theirs_socket):
    paths = options.files or sorted(glob.glob(HERE + "/docker/*.cases"))
    folder = tempfile.mkdtemp(prefix="hako-conformance-")
    counts = {"same": 0, "differ": 0, "known": 0}
    try:
        for file, name, script in cases(paths):
            if options.k not in name:
                continue
            ours, theirs = run(script, ours_socket, folder), run(script, theirs_socket, folder)
            if options.v:
                print(f"== {file}: {name}\n{ours}")
            if ours == theirs:
                counts["same"] += 1
                continue
            known = "(differs:" in name
            counts["known" if known else "differ"] += 1
            print(f"{'known' if known else 'DIFFERS'}: {file}: {name}")
            if not known or options.v:
                for line in difflib.unified_diff(theirs.splitlines(), ours.splitlines(), "theirs", "ours", lineterm="", n=0):
                    print("    " + line)
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(", ".join(f"{count} {word}" for word, count in counts.items()))
    return 1 if counts["differ"] else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sockets", nargs=2, metavar=("OURS", "THEIRS"))
    parser.add_argument("--hako", type=os.path.abspath)
    parser.add_argument("--images", type=os.path.abspath)
    parser.add_argument("--peers", type=os.path.abspath)
    parser.add_argument("-k", default="", help="only cases whose name holds this")
    parser.add_argument("-v", action="store_true", help="print what each case gave on the first daemon")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    if options.sockets:
        return compare(options, *options.sockets)
    sys.path.insert(0, os.path.join(HERE, "..", "Bench"))
    from bench import Bench

    # So that an end from outside takes everything down, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with Bench(options) as bench:
        for daemon in bench.daemons:
            daemon.start()
            for image in ("busybox", "ubuntu", "nginx"):
                daemon.docker("pull", "-q", image)
        return compare(options, bench.hako.socket, bench.peer.socket)


sys.exit(main())
