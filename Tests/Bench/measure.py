"""What all rows are made of: programs run and timed, processes looked at, figures taken in turn, lines of the table."""

import ctypes, os, random, shutil, statistics, subprocess, sys, tempfile, time

NETNS = "hakobench"


def sh(*arguments, check=True, **kw):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kw)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def seconds(*arguments, env=None):
    start = time.perf_counter()
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env)
    spent = time.perf_counter() - start
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {done.returncode}\n{done.stderr.decode()}")
    return spent


def pss(pid):
    """KiB of proportional set size."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def children(root):
    """All descendants of a process, itself included."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    parents.setdefault(int(file.read().rsplit(")", 1)[1].split()[1]), []).append(int(entry))
            except OSError:
                pass
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += parents.get(pid, [])
    return found


def rows():
    """A table of rows by name, and the decorator that puts them there."""
    table = {}

    def row(name):
        def add(function):
            table[name] = function
            return function

        return add

    return table, row


class Program:
    """A server under test: started, asked until it answers, stopped."""

    def __init__(self, name, root, command, environment=None):
        self.name, self.root, self.command, self.environment = name, root, command, environment
        self.process = None
        os.makedirs(root, exist_ok=True)

    def answers(self):
        raise NotImplementedError

    def start(self, patience=60):
        """Seconds from spawning to the first answer."""
        begin = time.perf_counter()
        with open(f"{self.root}/log", "a") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        while not self.answers():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended: " + open(f"{self.root}/log").read()[-2000:])
            if time.perf_counter() - begin > patience:
                raise RuntimeError(f"{self.name} did not answer within {patience} s")
            time.sleep(0.001)
        return time.perf_counter() - begin

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Bench:
    """A network namespace and a folder, both removed at the end, and the way in which figures are taken and shown."""

    def __init__(self, options):
        self.options = options
        self.root = tempfile.mkdtemp(prefix="hako-bench-")
        self.helpers = []

    def __enter__(self):
        sh("ip", "netns", "delete", NETNS, check=False)
        sh("ip", "netns", "add", NETNS)
        # This process moves into the namespace; all that it starts follows.
        descriptor = os.open(f"/run/netns/{NETNS}", os.O_RDONLY)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(0x00020000) != 0 or libc.setns(descriptor, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        os.close(descriptor)
        sh("mount", "--make-rprivate", "/")
        sh("ip", "link", "set", "lo", "up")
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def prepare(self):
        """Starts what the rows need."""

    def clear(self):
        """Puts everything back after a row that failed."""

    def __exit__(self, *_):
        for helper in self.helpers:
            helper.terminate()
            helper.wait()
        sh("ip", "netns", "delete", NETNS, check=False)
        for line in reversed(open("/proc/self/mounts").read().splitlines()):
            if self.root in line.split()[1]:
                sh("umount", "-l", line.split()[1], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def run(self, rows):
        """How many of the rows failed."""
        failed = 0
        for name, row in rows.items():
            try:
                row(self)
            except (RuntimeError, subprocess.CalledProcessError, OSError) as error:
                failed += 1
                print(f"{name}: {str(error)[:1500]}", file=sys.stderr, flush=True)
                self.clear()
        return failed

    def turns(self, count, *functions):
        """Medians of each function, run in turn; a function gives its own figure. One unmeasured turn warms up.

        Each turn has its own order: what one leaves behind (warm caches, a core that boosts) must not favour the same one each time."""
        figures = [[] for _ in functions]
        for turn in range(count + 1):
            for index, function in random.sample(list(enumerate(functions)), len(functions)):
                value = function() if function else None
                if turn and value is not None:
                    figures[index].append(value)
        return [statistics.median(figure) if figure else None for figure in figures]

    def report(self, what, ours, peer, peer_name, unit, more_is_better=False):
        if peer is None:
            ratio = "-"
        else:
            ratio = f"{ours / peer:.2f} x" if peer else "-"
        scale = {"ms": 1000.0, "s": 1.0}.get(unit, 1.0)
        shown = ["-" if value is None else self.figure(value * scale) for value in (ours, peer)]
        note = "more is better" if more_is_better else ""
        print(f"{what:58} {shown[0]:>11} {shown[1]:>11} {unit:6} {ratio:>9}  {peer_name:9} {note}", flush=True)

    @staticmethod
    def figure(value):
        return f"{value:,.{0 if value >= 1000 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"
