import Foundation
import JSON
import Testing

@testable import KubectlCLI

@Suite("Verbs about the whole cluster", .serialized) struct ClusterVerbTests {
    private static func roles(_ verbs: String, subject: String) -> String {
        """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: r, namespace: fresh}
        rules: [{apiGroups: [""], resources: [pods], verbs: [\(verbs)]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: b, namespace: fresh}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
        subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: \(subject)}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: passed-over, namespace: fresh}
        """
    }

    @Test("auth reconcile makes what is missing, adds to what is there, and takes away when told")
    func reconcile() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            let printed =
                "role.rbac.authorization.k8s.io/r reconciled\nrolebinding.rbac.authorization.k8s.io/b reconciled\n"
            let first = await cluster.run("auth", "reconcile", "-f", "-", input: Self.roles("get", subject: "u"))
            #expect(first.code == 0 && first.out == printed)
            #expect(
                first.err == """
                    \treconciliation required create
                    \tmissing rules added:
                    \t\t{Verbs:[get] APIGroups:[] Resources:[pods] ResourceNames:[] NonResourceURLs:[]}
                    \treconciliation required create
                    \tmissing subjects added:
                    \t\t{Kind:User APIGroup:rbac.authorization.k8s.io Name:u Namespace:}

                    """)
            let again = await cluster.run("auth", "reconcile", "-f", "-", input: Self.roles("get", subject: "u"))
            #expect(again.out == printed && again.err == "")
            let more = await cluster.run("auth", "reconcile", "-f", "-", input: Self.roles("list", subject: "v"))
            #expect(more.err.contains("\treconciliation required update\n\tmissing rules added:\n\t\t{Verbs:[list]"))
            let verbs = await cluster.run("get", "role", "r", "-n", "fresh", "-o", "jsonpath={.rules[*].verbs[*]}")
            #expect(verbs.out == "get list")
            let less = await cluster.run(
                "auth", "reconcile", "--remove-extra-permissions", "--remove-extra-subjects", "-f", "-",
                input: Self.roles("list", subject: "v"))
            #expect(less.err.contains("\textra rules removed:\n\t\t{Verbs:[get]"))
            #expect(less.err.contains("\textra subjects removed:\n\t\t{Kind:User"))
            let dry = await cluster.run(
                "auth", "reconcile", "--dry-run=client", "-f", "-", input: Self.roles("watch", subject: "v"))
            #expect(dry.out.hasPrefix("role.rbac.authorization.k8s.io/r reconciled (dry run)\n"))
            let kept = await cluster.run("get", "role", "r", "-n", "fresh", "-o", "jsonpath={.rules[*].verbs[*]}")
            #expect(kept.out == "list")
        }
    }

    @Test("cluster-info dump writes a file a list, for its owner's eyes")
    func dump() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            _ = await cluster.run("create", "service", "clusterip", "s", "--tcp=80")
            let folder = (cluster.environment["HOME"] ?? "") + "/out/deep"
            let printed = await cluster.run("cluster-info", "dump", "--output-directory", folder, "-o", "yaml")
            #expect(printed == Printed(code: 0, out: "Cluster info dumped to \(folder)\n", err: ""))
            let files = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            #expect(files.contains("nodes.yaml") && files.contains("kube-system/replication-controllers.yaml"))
            let services = folder + "/default/services.yaml"
            #expect(try String(contentsOfFile: services, encoding: .utf8).contains("name: s\n"))
            let mode = try FileManager.default.attributesOfItem(atPath: services)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            let shown = await cluster.run("cluster-info", "dump", "--namespaces=default")
            #expect(shown.out.hasPrefix("{\n    \"kind\": \"NodeList\"") && !shown.out.contains("kube-system\""))
        }
    }

    @Test("a debugging container comes into a pod, a copy and a node's pod")
    func debug() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            _ = await cluster.run("run", "web", "--image=nginx")
            let added = await cluster.run("debug", "web", "--image=busybox", "-c", "dbg", "--target=web", "--", "sh")
            #expect(added.code == 0 && added.err == "")
            #expect(
                added.out
                    == "Targeting container \"web\". If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n"
            )
            let names = await cluster.run(
                "get", "pod", "web", "-o", "jsonpath={.spec.ephemeralContainers[0]['name','targetContainerName']}")
            #expect(names.out == "dbg web")
            let unnamed = await cluster.run("debug", "web", "--image=busybox")
            #expect(unnamed.out.wholeMatch(of: /Defaulting debug container name to debugger-[a-z0-9]{5}\.\n/) != nil)
            let copied = await cluster.run("debug", "web", "--image=busybox", "--copy-to=two", "-q", "--replace")
            #expect(copied == Printed(code: 0, out: "", err: ""))
            #expect(await cluster.run("get", "pods", "-o", "name").out == "pod/two\n")
            let missing = await cluster.run("debug", "nope", "--image=x")
            #expect(missing.err == "Error from server (NotFound): pods \"nope\" not found\n")
            _ = await cluster.run("create", "deployment", "d", "--image=x")
            #expect(
                await cluster.run("debug", "deploy/d", "--image=x").err
                    == "error: \"apps/v1, Kind=Deployment\" not supported by debug\n")
            let node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
            _ = await cluster.run("create", "-f", "-", input: node)
            let onNode = await cluster.run("debug", "node/n1", "--image=busybox")
            #expect(
                onNode.out.wholeMatch(
                    of: /Creating debugging pod node-debugger-n1-[a-z0-9]{5} with container debugger on node n1\.\n/)
                    != nil)
        }
    }

    @Test("plugins are found on the search path by the longest name, and told of")
    func plugins() async throws {
        let folder = NSTemporaryDirectory() + "hako-plugins-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["kubectl-foo", "kubectl-foo-bar_baz", "kubectl-get"] {
            try "#!/bin/sh\n".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
        }
        let plugins = Plugins(["PATH": "/nonexistent:\(folder)"])
        #expect(plugins.find(["foo", "bar-baz", "x"])?.count == 2)
        #expect(plugins.find(["foo", "--flag", "bar"])?.path == "\(folder)/kubectl-foo")
        #expect(plugins.find(["other"]) == nil)
        let printed = await Printed.run(["plugin", "list", "--name-only"], environment: ["PATH": folder])
        #expect(printed.code == 1)
        #expect(
            printed.out
                == "The following compatible plugins are available:\n\nkubectl-foo\nkubectl-foo-bar_baz\nkubectl-get\n")
        #expect(
            printed.err
                == "  - warning: kubectl-get overwrites existing command: \"kubectl get\"\nerror: one plugin warning was found\n"
        )
        let none = await Printed.run(["plugin", "list"], environment: ["PATH": ""])
        #expect(none.err == "error: unable to find any kubectl plugins in your PATH\n")
    }

    @Test("diff tells of changed secrets without their values, and of what apply would prune")
    func diff() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            func secret(_ data: String) -> String {
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s, labels: {a: b}}\nstringData: {\(data)}\n"
            }
            _ = await cluster.run("apply", "-f", "-", input: secret("k: one, l: same"))
            let (old, new) = SecretMask.masked(
                ["data": ["k": "b25l", "l": "c2FtZQ=="]], ["data": ["k": "dHdv", "l": "c2FtZQ==", "m": "bmV3"]])
            #expect(old["data"].text == #"{"k":"*** (before)","l":"***"}"#)
            #expect(new["data"].text == #"{"k":"*** (after)","l":"***","m":"***"}"#)
        }
    }

    @Test("objects and last configurations are changed in an editor")
    func editor() async throws {
        try await Cluster.with { (cluster: Cluster) async throws in
            let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: one}\n"
            let environment = cluster.environment.merging(["KUBE_EDITOR": "sed -i s/one/two/"]) { $1 }
            let created = await Printed.run(
                ["create", "--edit", "-f", "-"], environment: environment, input: map)
            #expect(created == Printed(code: 0, out: "configmap/c created\n", err: ""))
            #expect(await cluster.run("get", "cm", "c", "-o", "jsonpath={.data.a}").out == "two")
            let none = await Printed.run(["apply", "edit-last-applied", "cm/c"], environment: environment)
            #expect(none.err.hasPrefix("error: no last-applied-configuration annotation found on resources"))
            _ = await cluster.run("apply", "-f", "-", input: map)
            let edited = await Printed.run(
                ["apply", "edit-last-applied", "cm/c", "--windows-line-endings"], environment: environment)
            #expect(edited == Printed(code: 0, out: "configmap/c edited\n", err: ""))
            #expect(await cluster.run("apply", "view-last-applied", "cm/c").out.contains("a: two\n"))
        }
    }
}
