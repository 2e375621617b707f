import Foundation
import TestKit
import Testing

/// Our kubectl beside the original on one server: the same lines, each in a namespace of its own, and what both print.
@Suite("kubectl beside the original", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubectlParityTests {
    /// In order: each changes something.
    private static let changes: [(String, String)] = [
        ("create deployment web --image=nginx --replicas=2", ""), ("create deployment web --image=nginx", ""),
        ("expose deployment web --port=80 --type=NodePort", ""), ("expose deployment web --port=80", ""),
        ("create configmap cm --from-literal=a=b", ""), ("create secret generic s --from-literal=k=v", ""),
        ("create serviceaccount sa", ""), ("create job j --image=busybox -- true", ""),
        ("create cronjob cj --image=busybox --schedule='* * * * *'", ""),
        ("create role r --verb=get,list --resource=pods,deployments", ""),
        ("create rolebinding rb --role=r --user=u --serviceaccount=one:sa", ""), ("create quota q --hard=pods=50", ""),
        ("create ingress i --rule='a.com/x*=svc:80,tls=sec'", ""),
        ("create pdb p --selector=app=web --min-available=1", ""),
        ("run p1 --image=nginx --labels=app=p", ""), ("apply -f -", KubectlManifest.application),
        ("apply -f -", KubectlManifest.application),
        ("apply -f -", KubectlManifest.application.replacingOccurrences(of: "nginx:1", with: "nginx:2")),
        ("apply --server-side -f -", KubectlManifest.application), ("scale deployment web --replicas=3", ""),
        ("scale deployment web --replicas=3 --current-replicas=9", ""), ("label deployment web tier=front", ""),
        ("label deployment web tier=front", ""), ("label deployment web tier=back", ""),
        ("label deployment web tier-", ""),
        ("annotate deployment web note=x", ""), ("annotate deployment web note-", ""),
        ("set image deployment/web nginx=nginx:9", ""), ("set image deployment/web nope=x", ""),
        ("set env deployment/web A=b", ""),
        ("set resources deployment/web --limits=cpu=1", ""), ("rollout restart deployment/app", ""),
        ("rollout pause deployment/web", ""), ("rollout pause deployment/web", ""),
        ("rollout resume deployment/web", ""),
        ("rollout undo deployment/web", ""), ("patch deployment web -p '{\"spec\":{\"replicas\":2}}'", ""),
        ("patch deployment web -p '{\"spec\":{\"replicas\":2}}'", ""),
        ("patch deployment web -p '{\"spec\":{\"replicas\":\"x\"}}'", ""),
        ("replace -f -", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {z: y}\n"),
        ("autoscale deployment web --max=5", ""),
        ("create -f -", "apiVersion: v1\nkind: Pod\nmetadata: {name: BAD}\nspec: {containers: []}\n"),
        ("apply -f -", "apiVersion: nope/v1\nkind: Nope\nmetadata: {name: x}\n"),
    ]

    /// What changes nothing.
    private static let reads = [
        "get all", "get pods", "get deploy,svc,cm", "get deploy -o wide --show-labels", "get deploy web -o yaml",
        "get svc web -o json",
        "get deploy -o name", "get cm -L app", "get deploy --no-headers", "get nope", "get deploy nope",
        "get deploy web nope", "get",
        "get deploy -o jsonpath='{.items[*].metadata.name}'",
        "get deploy -o custom-columns=N:.metadata.name,R:.spec.replicas,X:.x",
        "get deploy -o go-template='{{range .items}}{{.metadata.name}} {{end}}'", "get deploy --sort-by=.metadata.name",
        "get deploy -o nope",
        "get deploy -l app=web", "get pods --field-selector=metadata.name=nope", "get deploy nope --ignore-not-found",
        "get ns default",
        "get --raw /version", "describe deploy app", "describe svc web", "describe cm settings", "describe secret s",
        "describe job j",
        "describe cronjob cj", "describe ingress i", "describe pdb p", "describe sa sa", "describe role r",
        "describe rolebinding rb",
        "describe pod p1", "describe quota q", "describe pod nope", "describe ns default", "describe clusterrole view",
        "rollout status deploy/web --watch=false", "rollout history deploy/web", "set env deploy/app --list",
        "label deploy web --list",
        "explain pods", "explain deploy.spec.strategy", "explain pods.nope", "explain svc.spec --recursive",
        "api-versions", "api-resources",
        "api-resources -o wide", "auth can-i get pods", "auth can-i list nodes --as nobody", "auth whoami",
        "auth can-i --list", "cluster-info",
        "config current-context", "config get-contexts", "config view", "events", "top pods",
        "get deploy web --dry-run",
        "create deployment x --image=y --dry-run=client -o yaml",
        "create service clusterip x --tcp=80:8080 --dry-run=client -o json",
        "create secret docker-registry x --docker-username=u --docker-password=p --dry-run=client -o yaml",
        "create clusterrole x --verb=get --resource=nodes --dry-run=client -o yaml",
        "run x --image=y --dry-run=client -o yaml -- a b",
        "delete deploy nope", "delete deploy", "delete deploy web --dry-run=client", "delete cm cm --dry-run=server",
        "logs nope",
        "exec p1 -- true", "logs", "exec", "wait --for=condition=Available deploy/web --timeout=0",
        "wait --for=delete pod/nope",
        "taint nodes nope a=b:NoSchedule", "cordon nope", "drain nope", "diff -f /nope",
        "apply view-last-applied deploy app",
    ]

    /// In order, at the end.
    private static let deletions = [
        "delete deployment web", "delete deployment web", "delete cm,secret cm", "delete deploy,job --all",
        "delete pod p1 --now --wait=false",
    ]

    @Test("the same lines print the same")
    func sameLines() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await box.ok("create", "namespace", "one")
            try await box.ok("create", "namespace", "two")
            let parity = try KubectlParity(box)
            for (text, input) in Self.changes { try await parity.compare(text, input: input) }
            try await parity.compareAll(Self.reads)
            for text in Self.deletions { try await parity.compare(text) }
        }
    }

    @Test("so they do verb by verb: nodes, certificates, set, rollout, wait, debug, generators, refusals")
    func verbs() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let parity = try KubectlParity(box, files: KubectlVerbLines.files.merging(KubectlOutputLines.files) { $1 })
            for side in KubectlParity.sides {
                try await box.ok("create", "namespace", side)
                let objects = KubectlVerbLines.objects.replacing("SIDE", with: side)
                try await box.ok("-n", side, "apply", "-f", "-", input: objects)
            }
            for text in KubectlVerbLines.first { try await parity.compare(text) }
            try await parity.compareAll(KubectlVerbLines.reads)
            try await parity.compareAll(KubectlOutputLines.reads)
            for text in KubectlOutputLines.changes { try await parity.compare(text) }
            for text in KubectlVerbLines.second { try await parity.compare(text) }
        }
    }

    @Test("descriptions and rows of every kind are the same")
    func kinds() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let parity = try KubectlParity(box), side = KubectlParity.sides[0]
            try await box.ok("create", "namespace", side)
            try await box.ok(
                "-n", side, "apply", "--server-side", "-f", "-", input: KubectlDescribedObjects.manifest)
            let lines =
                KubectlDescribedObjects.resources.flatMap { ["describe \($0)", "get \($0) -o wide", "get \($0)"] }
                + [
                    "describe hpa hpa1", "describe netpol np1", "describe pv pv1", "describe vac vac1",
                    "describe csinode node-one", "describe servicecidr kubernetes", "describe sc sc1",
                    "describe pvc pvc1", "describe pod big", "describe limitranges | sort",
                ]
            // Both look at the same objects.
            try await parity.compareAll(lines.map { "KUBECTL -n \(side) \($0)" })
        }
    }
}
