import Foundation
import TestKit
import Testing

/// Our kubectl beside the original on one server: the same lines, each in a namespace of its own, and what both print.
@Suite("kubectl beside the original", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubectlParityTests {
    private struct Line: Sendable {
        let text: String
        let input: String
    }

    /// Differences that say nothing: times, UIDs, versions, addresses and ports that the server picks.
    private static let noise: [(String, String)] = [
        ("CLUSTER-IP +", "CLUSTER-IP "),
        (#"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, "UID"),
        (#"\b\d+(s|m|h|d)(\d+(s|m|h))?\b"#, "AGE"), (#" +AGE"#, " AGE"), (#"AGE +"#, "AGE "),
        (#"(resourceVersion\\*"?: ?\\*")\d+"#, "$1RV"), (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"#, "TIME"),
        (#"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000"#, "DATE"),
        (#"\b10\.(9[6-9]|1[01]\d)\.\d+\.\d+ *"#, "ADDRESS "),
        (#"\b3[0-2]\d{3}\b"#, "PORT"), (#"\b(one|two)\b"#, "NS"), (#"(?m)^[EWI]\d{4} .*\n"#, ""),
        (#"kube-api-access-[a-z0-9]{5}"#, "kube-api-access"),
    ]

    private static func plain(_ text: String) -> String {
        noise.reduce(text) { text, pair in
            text.replacingOccurrences(of: pair.0, with: pair.1, options: .regularExpression)
        }
    }

    private func compare(_ box: KubeSandbox, _ line: Line) async throws {
        async let original = box.shell("kubectl -n one \(line.text)", input: line.input)
        async let ours = box.shell("\(Repo.hako) kubectl -n two \(line.text)", input: line.input)
        let (a, b) = (try await original, try await ours)
        #expect(a.status == b.status, "\(line.text): exit codes")
        #expect(Self.plain(a.out) == Self.plain(b.out), "\(line.text): output")
        #expect(Self.plain(a.err) == Self.plain(b.err), "\(line.text): errors")
    }

    private static let manifest = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app, labels: {app: app}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: app}}
          template:
            metadata: {labels: {app: app}}
            spec:
              containers:
              - name: main
                image: nginx:1
                ports: [{containerPort: 80, name: http}]
                resources: {requests: {cpu: 100m}, limits: {cpu: '1'}}
                env: [{name: A, value: b}, {name: P, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
                livenessProbe: {httpGet: {path: /x, port: http}}
                volumeMounts: [{name: v, mountPath: /v}]
              volumes: [{name: v, emptyDir: {}}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {a: b, c: "two\\nlines"}
        """

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
        ("run p1 --image=nginx --labels=app=p", ""), ("apply -f -", manifest), ("apply -f -", manifest),
        ("apply -f -", manifest.replacingOccurrences(of: "nginx:1", with: "nginx:2")),
        ("apply --server-side -f -", manifest), ("scale deployment web --replicas=3", ""),
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
            for (text, input) in Self.changes { try await compare(box, Line(text: text, input: input)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for text in Self.reads { group.addTask { try await compare(box, Line(text: text, input: "")) } }
                try await group.waitForAll()
            }
            for text in Self.deletions { try await compare(box, Line(text: text, input: "")) }
        }
    }
}
