"""Kubernetes' own conformance tests on a cluster that runs: how many pass, area by area, and which fail.

    kubernetes.py --e2e E2E.TEST [--kubeconfig FILE] [--kubectl PROGRAM] [--out FOLDER]
                  [--only REGEX] [--skip REGEX] [--failed] [--processes N] [--minutes N]

E2E.TEST is the suite's program, built elsewhere of Kubernetes' sources (docs/conformance.md); the tests are those that
it lists. The serial ones run alone after the others. FOLDER keeps what each process printed, and results.tsv: outcome,
seconds, name; a later call with the same folder brings the lines of the tests that it runs up to date, so that the
suite can be run in portions. `--failed` runs what has no `passed` there yet.
"""

import argparse, collections, json, os, re, signal, subprocess, sys, time

# A test that is interrupted is given this long for taking down what it made.
GRACE_SECONDS = 60
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# The line that begins the report of one test: its outcome, if it isn't a success, and how long it took.
REPORT = re.compile(r"^• (?:\[(\w+)\] )?\[([0-9.]+) seconds\]")
OUTCOMES = {None: "passed", "FAILED": "failed", "PANICKED": "failed", "TIMEDOUT": "failed", "INTERRUPTED": "interrupted"}


def listed(program):
    """Names of all conformance tests, as the program lists them."""
    text = subprocess.run([program, "--list-conformance-tests"], capture_output=True, text=True, check=True).stdout
    names, is_name = [], False
    for line in text.splitlines():
        if key := re.match(r"(?:- |  )(\w+):(?: (.*))?$", line):
            is_name = key[1] == "codename"
            if is_name:
                names.append(key[2])
        elif is_name:
            names[-1] += " " + line.strip()  # a long name's further line
    return [unquoted(name) for name in names]


def unquoted(text):
    """A YAML scalar on one line."""
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    return json.loads(text) if text[:1] == '"' else text


def load(path):
    """name -> (outcome, seconds) of earlier calls."""
    results = {}
    if os.path.exists(path):
        for line in open(path, encoding="utf-8"):
            outcome, seconds, name = line.rstrip("\n").split("\t")
            results[name] = (outcome, seconds)
    return results


def save(path, results):
    with open(path + ".new", "w", encoding="utf-8") as file:
        for name in sorted(results):
            file.write("\t".join((*results[name], name)) + "\n")
    os.replace(path + ".new", path)


def outcomes(log, names):
    """What a process' log says of each test whose report is in it: name -> (outcome, seconds)."""
    found, name, wanted, is_first = {}, None, set(names), False
    try:
        lines = [COLOURS.sub("", line.rstrip("\n")) for line in open(log, encoding="utf-8", errors="replace")]
    except FileNotFoundError:
        return found
    for line in lines:
        if line.startswith("----------"):
            name, is_first = None, True
        elif is_first:
            # `NAME [label, label]`
            name, is_first = next((n for n in (line, line.rpartition(" [")[0]) if n in wanted), None), False
        elif name and (match := REPORT.match(line)):
            found[name] = (OUTCOMES.get(match[1], "failed"), match[2])
        elif name and line.startswith("S [SKIPPED]"):
            found[name] = ("skipped", "0")
    return found


class Run:
    """One process of the suite, for some tests."""

    def __init__(self, options, number, names):
        self.names, self.log = names, f"{options.out}/log-{time.strftime('%H%M%S')}-{number}.txt"
        focus = "|".join(re.escape(name).replace("\\ ", " ") + "( |$)" for name in names)
        command = [
            options.e2e, "--provider=skeleton", "--ginkgo.focus=" + focus, "--ginkgo.v", "--ginkgo.no-color",
            f"--ginkgo.timeout={options.minutes}m", "--ginkgo.grace-period=60s", "--disable-log-dump", "--dump-logs-on-failure=false",
            "--allowed-not-ready-nodes=0", "--num-nodes=-1", f"--kubeconfig={options.kubeconfig}",
            f"--kubectl-path={options.kubectl}", f"--report-dir={options.out}/junit-{number}",
        ]
        self.process = subprocess.Popen(command, stdout=open(self.log, "w"), stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, start_new_session=True)


def together(options, lists, results):
    """Runs a process for each list, and keeps results.tsv up to date while they run."""
    path = options.out + "/results.tsv"
    runs = [Run(options, number, names) for number, names in enumerate(lists) if names]
    end = time.monotonic() + options.minutes * 60 + GRACE_SECONDS
    while True:
        running = [run for run in runs if run.process.poll() is None]
        for run in runs:
            results.update(outcomes(run.log, run.names))
        save(path, results)
        if not running:
            return
        if time.monotonic() > end:
            for run in running:
                os.killpg(run.process.pid, signal.SIGKILL)
        time.sleep(2)


def table(names, results):
    """Prints counts by area, then the names of what didn't pass. Gives how many passed."""
    areas = collections.defaultdict(collections.Counter)
    for name in names:
        area = re.match(r"\[(sig-[a-z-]+)\]", name)
        areas[area[1] if area else "other"][results.get(name, ("not run", ""))[0]] += 1
    kinds = ["passed", "failed", "interrupted", "skipped", "not run"]
    print(f"{'area':24}" + "".join(f"{kind:>12}" for kind in kinds))
    for area in sorted(areas):
        print(f"{area:24}" + "".join(f"{areas[area][kind]:12}" for kind in kinds))
    for name in names:
        outcome = results.get(name, ("not run", ""))[0]
        if outcome != "passed":
            print(f"{outcome}: {name}")
    passed = sum(1 for name in names if results.get(name, ("",))[0] == "passed")
    print(f"{passed} passed, {len(names) - passed} failed")
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--e2e", required=True)
    parser.add_argument("--kubeconfig", default=os.environ.get("KUBECONFIG", os.path.expanduser("~/.kube/config")))
    parser.add_argument("--kubectl", default="kubectl")
    parser.add_argument("--out", default="out/conformance")
    parser.add_argument("--only", default="")
    parser.add_argument("--skip", default="")
    parser.add_argument("--failed", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=int, default=120, help="for the parallel and for the serial part")
    options = parser.parse_args()
    options.out = os.path.abspath(options.out)
    os.makedirs(options.out, exist_ok=True)
    results = load(options.out + "/results.tsv")
    everything = listed(options.e2e)
    names = [
        name for name in everything
        if re.search(options.only, name) and not (options.skip and re.search(options.skip, name))
        and not (options.failed and results.get(name, ("",))[0] == "passed")
    ]
    for name in names:
        results.pop(name, None)
    serial = [name for name in names if "[Serial]" in name]
    parallel = [name for name in names if "[Serial]" not in name]
    together(options, [parallel[number :: options.processes] for number in range(options.processes)], results)
    together(options, [serial], results)
    chosen = everything if not (options.only or options.skip) else names
    return 0 if table(chosen, results) == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main())
