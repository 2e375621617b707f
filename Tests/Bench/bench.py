"""Hakobune beside its peers, in one run, as ratios.

Each row runs ours and the peer in turn (A B A B ...) and compares medians, so that a machine that gets slower in
between slows both. Everything happens in a network namespace and a folder of its own; both are removed at the end.
"""

import argparse, os, signal, sys

import apiserver_rows, cluster_rows, container_rows
from apiservers import APIServers
from clusters import Clusters
from engines import Engines


def chosen(rows, names, always):
    """The rows to run, in their order; the first one makes what the others need."""
    named = [name for name in rows if not names or name in names]
    return {name: rows[name] for name in rows if name in named or (named and name == always)}


def main():
    every = list(container_rows.ROWS) + list(apiserver_rows.ROWS) + list(cluster_rows.ROWS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--hako", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--peers", required=True, help="folder with dockerd and its programs")
    parser.add_argument("--kubeload", required=True)
    parser.add_argument("--peer-apiserver", default=os.environ.get("HAKO_PEER_APISERVER", ""), help="kube-apiserver")
    parser.add_argument("--peer-etcd", default=os.environ.get("HAKO_PEER_ETCD", ""), help="etcd")
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(every)}; all when none is named")
    options = parser.parse_args()
    for name in options.rows:
        if name not in every:
            parser.error(f"no row {name}: {', '.join(every)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    print(f"{'':58} {'hako':>11} {'peer':>11} {'unit':6} {'ratio':>9}  peer", flush=True)
    failed = 0
    for bench, rows in (
        (Engines, chosen(container_rows.ROWS, options.rows, "start")),
        (APIServers, chosen(apiserver_rows.ROWS, options.rows, None)),
        (Clusters, chosen(cluster_rows.ROWS, options.rows, None)),
    ):
        if rows:
            with bench(options) as running:
                failed += running.run(rows)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
