/// Further lines for our kubectl and the original: forms of output, what needs no server, and verbs that read folders.
/// Words as in `KubectlVerbLines`.
enum KubectlOutputLines {
    static let files: [String: String] = [
        "dep.yaml":
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: l, creationTimestamp: null}\nspec:\n  selector: "
            + "{matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec: {containers: [{name: c, image: x}]}\n",
        "app.yaml":
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: app, labels: {app: app}}\nspec:\n  replicas: 5\n"
            + "  selector: {matchLabels: {app: app}}\n  template:\n    metadata: {labels: {app: app}}\n"
            + "    spec: {containers: [{name: main, image: 'nginx:9'}]}\n",
        "surrogates.json":
            #"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s"}, "data": {"a": "\ud83d\ude00"}}"#,
        "ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: newns}\n",
        "sec.yaml":
            "apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\nstringData: {user: other, new: x}\n",
        "words.json": #"""
        {"apiVersion": "example.com/v1", "kind": "X", "metadata": {"name": "x"}, "a": [{}, {"a": 1}], "b": [[], [1]],
         "c": [null, {"a": 1}], "keys": {"y": 1, "t": 1, "a/b": 1, "a-": 1, "1e3": 1, "0x1f": 1, "2026-01-01": 1,
         "1_000": 1, "1a": 1, "é": 1, "Inf": 1, "nil": 1, "-a": 1, "a@b": 1},
         "texts": ["a\nb", " a\n\tb\n", "q\"\\\nx", "a\tb", "\u2028x\ny", "\r\n"]}
        """#,
        "roles.yaml":
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: rc}\n"
            + "rules: [{nonResourceURLs: [/x], verbs: [get]}]\n---\napiVersion: rbac.authorization.k8s.io/v1\n"
            + "kind: ClusterRoleBinding\nmetadata: {name: rcb}\n"
            + "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: rc}\n"
            + "subjects: [{kind: Group, name: g, apiGroup: rbac.authorization.k8s.io}]\n",
        "missing/kustomization.yaml": "resources: [nope.yaml]\n", "typo/kustomization.yaml": "resourcs: [x]\n",
        "circle/kustomization.yaml": "resources: [../circle]\n",
        "outer/kustomization.yaml": "resources: [../missing]\n",
        "twice/kustomization.yaml": "resources: [cm.yaml, cm.yaml]\n",
        "twice/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n",
        "pairs/kustomization.yaml": "configMapGenerator: [{name: a, literals: [nope]}]\n",
        "files/kustomization.yaml": "configMapGenerator: [{name: a, files: [nope]}]\n",
        "patch/kustomization.yaml": "patches: [{path: nope.yaml}]\nresources: [../k]\n",
        "blank/kustomization.yaml": "kind: Kustomization\n",
        "old/kustomization.yaml": "commonLabels: {a: b}\nbases: [../k]\n",
    ]

    /// Lines that change nothing.
    static let reads =
        explanations + forms + local + folders + [
            "proxy --accept-paths='('", "proxy --port=0 --reject-methods='['", "proxy --port=99999",
            "proxy --unix-socket=/tmp/x --port=5", "proxy --api-prefix=x --port=x", "auth reconcile",
            "auth reconcile -f nope", "auth reconcile -f f.yaml", "auth reconcile -f dep.yaml", "auth reconcile x",
            "auth reconcile -f roles.yaml --dry-run=client", "auth reconcile -f roles.yaml --dry-run=server",
            "auth reconcile -f roles.yaml --dry-run=client -o yaml",
            "auth reconcile -f roles.yaml --dry-run=client -o name", "attach nope", "attach p1 -it",
            "attach p1 -c nope",
            "cp", "cp a", "cp a b", "cp a b c", "cp a:b c:d", "cp nope p1:/x", "cp p1: y", "cp p1:/x ''", "cp :/x y",
            "cp a/b/c:/x y", "cp f.yaml nope:/x", "cp p1:/x y -c nope", "cp --retries=x a b",
            "cp f.yaml p1:/x --no-preserve", "certificate nope x", "certificate -x", "certificate approve -x",
            "debug node/nope --image=x", "KUBECTL options | head -3", "KUBECTL options --nope", "plugin list x",
            plugins("plugin list"), plugins("plugin list --name-only"), plugins("foo"), plugins("foo bar x"),
            plugins("foo --help"), plugins("-n x foo"), plugins("help | sed -n '/Subcommands/,/Other/p'"),
            "get -k missing", "get -k nope", "config use-context a b 2>&1 | tail -1",
            "config delete-context a b 2>&1 >/dev/null", "KUBECTL --help get | head -1", "KUBECTL -n SIDE -f x",
            "KUBECTL --nope get pods",
            "create -f surrogates.json --dry-run=client -o yaml", "get -h --nope", "get pods -h --nope",
            "get -h=false --nope", "create deployment -h --replicas=x",
            "KUBECTL --help --nope", "KUBECTL help nope x 2>&1 | head -40", "KUBECTL help -x",
            "KUBECTL help help | tail -5",
            "KUBECTL alpha", "KUBECTL alpha nope", "KUBECTL help alpha",
        ]

    /// With commands that others have added.
    private static func plugins(_ line: String) -> String {
        "mkdir -p added && for name in foo foo-bar a_b get; do printf '#!/bin/sh\\necho \"$0\" \"$@\"\\n' >added/.new.$$ && "
            + "chmod +x added/.new.$$ && mv added/.new.$$ added/kubectl-$name; done; PATH=$PWD/added:$PATH KUBECTL \(line)"
    }

    private static let explanations = [
        "pods", "pods.spec", "pods.spec.containers", "pods.spec.containers.env.name", "deploy --recursive", "pods.nope",
        "cm.data", "crd --recursive", "pods.metadata.labels.x", "pods.metadata.managedFields.fieldsV1", "svc.spec",
        "pods.spec.volumes.projected.sources", "deploy --api-version=apps/v1", "svc.spec.ports.targetPort",
    ].map { "explain \($0) --output plaintext-openapiv2" }

    private static let forms = [
        "patch --local -f words.json --type merge -p '{\"zz\":1}' -o kyaml", "get deploy app -o kyaml",
        "get cm,secret -o kyaml", "create deployment x --image=y --dry-run=client -o kyaml", "config view -o kyaml",
        "auth whoami -o kyaml", "api-resources --api-group=apps -o kyaml", "events -o name", "events -o json",
        "events -o yaml", "events -o kyaml", "cluster-info dump | grep -v 'Request log error'",
        "cluster-info dump -o yaml | grep -v 'Request log error'",
        "cluster-info dump --namespaces SIDE -o kyaml | grep -v 'Request log error'",
        "set image deploy/app main=nginx:8 --dry-run=client -o json",
        "set image deploy/app main=nginx:8 --dry-run=server -o json", "set env deploy/app A=b --dry-run=client -o json",
        "set subject rolebinding rb --user=v --dry-run=client -o json", "set sa deploy app x --dry-run=client -o json",
        "apply -f dep.yaml --dry-run=client -o json", "create -f dep.yaml --dry-run=client -o json",
    ]

    private static let local = [
        "set image -f dep.yaml c=y --local -o yaml", "set image -f dep.yaml c=y --local -o json",
        "set env -f dep.yaml A=b --local -o yaml", "set env -f dep.yaml --list --local",
        "set resources -f dep.yaml --limits=cpu=1 --local -o yaml", "set serviceaccount -f dep.yaml x --local -o yaml",
        "set selector -f dep.yaml a=b --local -o yaml", "label --local -f dep.yaml a=b -o yaml",
        "annotate --local -f dep.yaml a=b -o json",
        "patch --local -f dep.yaml -p '{\"spec\":{\"replicas\":3}}' -o json",
        "set image deploy/app c=y --local", "label deploy/app a=b --local",
        "KUBECTL --kubeconfig=/dev/null set image -f dep.yaml c=y --local",
        "KUBECTL --kubeconfig=/dev/null label -f words.json c=y --local -o name",
    ]

    private static let folders = [
        "kustomize f.yaml", "kustomize k/kustomization.yaml", "kustomize missing", "kustomize typo", "kustomize circle",
        "kustomize outer", "kustomize twice", "kustomize pairs", "kustomize files", "kustomize patch",
        "kustomize blank",
        "kustomize old", "kustomize k k", "kustomize k --load-restrictor=nope", "kustomize k --output=/nope/x",
        "diff -f dep.yaml", "diff -f app.yaml", "diff -f app.yaml --server-side", "diff -f app.yaml --prune",
        "diff -f app.yaml --show-managed-fields", "diff -f app.yaml --force-conflicts", "diff -f app.yaml -l a=b",
        "diff -f ns.yaml", "diff -f sec.yaml", "diff -f f.yaml", "diff -k k",
        "true; export KUBECTL_EXTERNAL_DIFF=nope; KUBECTL -n SIDE diff -f app.yaml",
        "true; export KUBECTL_EXTERNAL_DIFF=false; KUBECTL -n SIDE diff -f app.yaml",
    ]

    /// What changes something, in order.
    static let changes = [
        "debug node/node-SIDE --image=x", "debug node/node-SIDE --image=x --profile=sysadmin -q",
        "certificate approve csr-SIDE --force -o json",
    ]
}
