import Foundation
import TestKit
import Testing

/// The unmodified kubectl against `hako apiserver`.
@Suite("kubectl", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubectlTests {
    @Test("a fresh server has a cluster's namespaces, accounts and roles")
    func freshServer() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let namespaces = try await box.ok("get", "namespaces", "-o", "name")
            #expect(
                namespaces.split(separator: "\n").sorted() == [
                    "namespace/default", "namespace/kube-node-lease", "namespace/kube-public", "namespace/kube-system",
                ])
            try await until("the default account") {
                try await box.kubectl("get", "serviceaccount", "default").status == 0
            }
            #expect(
                try await box.ok("get", "configmap", "kube-root-ca.crt", "-o", "name") == "configmap/kube-root-ca.crt")
            #expect(try await box.ok("auth", "can-i", "*", "*") == "yes")
            #expect(try await box.ok("auth", "whoami").contains("kubernetes-admin"))
            #expect(try await box.kubectl("auth", "can-i", "list", "pods", "--as", "nobody").out == "no\n")
            #expect(
                try await box.ok("get", "clusterrole", "view", "-o", "name")
                    == "clusterrole.rbac.authorization.k8s.io/view")
            #expect(try await box.ok("get", "--raw", "/readyz?verbose").contains("[+]etcd ok"))
        }
    }

    @Test("the tutorial's objects are made, shown, changed and deleted")
    func tutorialObjects() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            #expect(
                try await box.ok("create", "deployment", "testapp", "--image=testapp")
                    == "deployment.apps/testapp created")
            #expect(try await box.ok("get", "deployments").contains("testapp   0/1     0            0"))
            let exposed = try await box.ok("expose", "deployment", "testapp", "--type=NodePort", "--port=8080")
            #expect(exposed == "service/testapp exposed")
            let port =
                Int(try await box.ok("get", "service", "testapp", "-o", "jsonpath={.spec.ports[0].nodePort}")) ?? 0
            #expect((30_000...32_767).contains(port))
            #expect(
                try await box.ok("scale", "deployment", "testapp", "--replicas=3") == "deployment.apps/testapp scaled")
            #expect(
                try await box.ok(
                    "get", "deployment", "testapp", "-o", "jsonpath={.spec.replicas} {.metadata.generation}") == "3 2")
            #expect(
                try await box.ok("set", "image", "deployment/testapp", "testapp=testapp:2").hasSuffix("image updated"))
            #expect(try await box.ok("label", "deployment", "testapp", "tier=web").hasSuffix("labeled"))
            #expect(try await box.ok("annotate", "deployment", "testapp", "note=x").hasSuffix("annotated"))
            #expect(try await box.ok("describe", "deployment", "testapp").contains("Replicas:               3 desired"))
            #expect(try await box.ok("delete", "service", "testapp").hasPrefix("service \"testapp\" deleted"))
            #expect(
                try await box.ok("delete", "deployment", "testapp").hasPrefix("deployment.apps \"testapp\" deleted"))
            #expect(
                try await box.refused("get", "deployment", "testapp")
                    == "Error from server (NotFound): deployments.apps \"testapp\" not found\n")
        }
    }

    @Test("pods get their defaults, their account's token, and kubectl's columns")
    func pods() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await until("the default account") {
                try await box.kubectl("get", "serviceaccount", "default").status == 0
            }
            #expect(try await box.ok("run", "web", "--image=nginx") == "pod/web created")
            #expect(try await box.ok("get", "pods").contains("web    0/1     Pending   0"))
            let wide = try await box.ok("get", "pods", "-o", "wide").split(separator: "\n")[0]
            #expect(
                wide.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                    == "NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES")
            let spec = try await box.ok(
                "get", "pod", "web", "-o",
                "jsonpath={.spec.restartPolicy} {.spec.dnsPolicy} {.status.qosClass} {.spec.serviceAccountName} {.spec.containers[0].imagePullPolicy}"
            )
            #expect(spec == "Always ClusterFirst BestEffort default Always")
            #expect(try await box.ok("describe", "pod", "web").contains("kube-api-access-"))
            #expect(try await box.refused("logs", "web").contains("pod web does not have a host assigned"))
            #expect(
                try await box.refused("run", "Bad", "--image=x").contains(
                    "metadata.name: Invalid value: \"Bad\": a lowercase RFC 1123 subdomain"))
            #expect(try await box.ok("delete", "pod", "web").hasPrefix("pod \"web\" deleted"))
        }
    }

    private static let configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\n"

    @Test("apply, diff, patch of every kind, replace and edit come out as the original's")
    func changes() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            #expect(try await box.ok("apply", "-f", "-", input: Self.configMap) == "configmap/a created")
            #expect(try await box.ok("apply", "-f", "-", input: Self.configMap) == "configmap/a unchanged")
            let changed = Self.configMap.replacing("k: v", with: "k: w")
            #expect(try await box.kubectl("diff", "-f", "-", input: changed).status == 1)
            #expect(try await box.ok("apply", "-f", "-", input: changed) == "configmap/a configured")
            #expect(
                try await box.ok("patch", "configmap", "a", "--type=merge", "-p", #"{"data":{"m":"1"}}"#)
                    == "configmap/a patched")
            #expect(
                try await box.ok("patch", "configmap", "a", "--type=json", "-p", #"[{"op":"remove","path":"/data/k"}]"#)
                    == "configmap/a patched")
            #expect(try await box.ok("get", "configmap", "a", "-o", "jsonpath={.data}") == #"{"m":"1"}"#)
            #expect(
                try await box.ok("patch", "configmap", "a", "-p", #"{"data":{"m":null,"s":"2"}}"#)
                    == "configmap/a patched")
            #expect(try await box.ok("get", "configmap", "a", "-o", "jsonpath={.data}") == #"{"s":"2"}"#)
            #expect(try await box.ok("replace", "-f", "-", input: Self.configMap) == "configmap/a replaced")
            #expect(
                try await box.ok("create", "configmap", "b", "--from-literal=x=y", "--dry-run=server")
                    == "configmap/b created (server dry run)")
            #expect(try await box.refused("get", "configmap", "b").contains("NotFound"))
            #expect(
                try await box.refused("create", "-f", "-", input: Self.configMap).contains(
                    "configmaps \"a\" already exists"))
        }
    }

    @Test("server-side apply tells conflicts and lets who forces take fields")
    func serverSideApply() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            #expect(
                try await box.ok("apply", "--server-side", "-f", "-", input: Self.configMap)
                    == "configmap/a serverside-applied")
            let other = Self.configMap.replacing("k: v", with: "k: w")
            let conflict = try await box.refused(
                "apply", "--server-side", "--field-manager=other", "-f", "-", input: other)
            #expect(conflict.contains("Apply failed with 1 conflict: conflict with \"kubectl\": .data.k"))
            #expect(
                try await box.ok(
                    "apply", "--server-side", "--field-manager=other", "--force-conflicts", "-f", "-", input: other)
                    == "configmap/a serverside-applied")
            #expect(try await box.ok("get", "configmap", "a", "-o", "jsonpath={.data.k}") == "w")
        }
    }

    @Test("unknown and wrong fields are told as the original tells them")
    func fieldValidation() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let deployment = """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: d}
                spec:
                  selector: {matchLabels: {a: b}}
                  template: {metadata: {labels: {a: c}}, spec: {containers: [{name: c, image: x, foo: 1}]}}
                """
            let unknown = try await box.refused("create", "-f", "-", input: deployment)
            #expect(
                unknown.contains(#"strict decoding error: unknown field "spec.template.spec.containers[0].foo""#),
                "\(unknown)")
            let mismatch = try await box.refused("create", "--validate=false", "-f", "-", input: deployment)
            #expect(
                mismatch.contains(
                    #"spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`"#
                ), "\(mismatch)")
            let type = try await box.refused(
                "create", "--validate=false", "-f", "-",
                input: deployment.replacing("{name: d}", with: "{name: d, labels: {x: 1}}"))
            #expect(
                type.contains(
                    "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"),
                "\(type)")
        }
    }

    @Test("discovery and explain answer what kubectl asks")
    func discovery() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let versions = try await box.ok("api-versions").split(separator: "\n")
            #expect(versions.contains("apps/v1") && versions.contains("v1") && versions.contains("resource.k8s.io/v1"))
            let resources = try await box.ok("api-resources", "--no-headers")
            #expect(resources.contains("deployments"))
            #expect(resources.split(separator: "\n").count > 60)
            #expect(try await box.ok("explain", "deployment.spec.template.spec.containers").contains("imagePullPolicy"))
            #expect(try await box.ok("version").contains("Server Version: v1.36"))
            #expect(
                try await box.refused("get", "nonsense").contains(
                    "the server doesn't have a resource type \"nonsense\""))
        }
    }

    private static let definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: crontabs.stable.example.com}
        spec:
          group: stable.example.com
          scope: Namespaced
          names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct]}
          versions:
          - name: v1
            served: true
            storage: true
            additionalPrinterColumns: [{name: Spec, type: string, jsonPath: .spec.cronSpec}]
            subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      cronSpec: {type: string}
                      image: {type: string, default: busybox}
                      replicas: {type: integer, maximum: 10}
        """

    @Test("a custom resource is served once defined, and gone once its definition is")
    func customResources() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await box.ok("apply", "-f", "-", input: Self.definition)
            try await box.ok("wait", "--for=condition=Established", "crd/crontabs.stable.example.com", "--timeout=10s")
            let object =
                "apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: my}\nspec: {cronSpec: '* * * * *', replicas: 3}\n"
            #expect(try await box.ok("apply", "-f", "-", input: object) == "crontab.stable.example.com/my created")
            #expect(try await box.ok("get", "ct").contains("my     * * * * *"))
            #expect(try await box.ok("get", "ct", "my", "-o", "jsonpath={.spec.image}") == "busybox")
            try await box.ok("scale", "ct", "my", "--replicas=5")
            #expect(try await box.ok("get", "ct", "my", "-o", "jsonpath={.spec.replicas}") == "5")
            let tooMany = try await box.refused(
                "apply", "-f", "-", input: object.replacing("replicas: 3", with: "replicas: 30"))
            #expect(tooMany.contains("spec.replicas in body should be less than or equal to 10"))
            try await box.ok("delete", "crd", "crontabs.stable.example.com")
            try await until("its resource is gone") { try await box.kubectl("get", "crontabs").status != 0 }
        }
    }

    @Test("roles decide what a service account may do, and nobody grants what they lack")
    func roles() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await box.ok("create", "serviceaccount", "robot")
            try await box.ok("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
            try await box.ok("create", "rolebinding", "robot", "--role=reader", "--serviceaccount=default:robot")
            let token = try await box.ok("create", "token", "robot")
            #expect(
                try await box.shell(
                    "kubectl --token=\(token) --kubeconfig=/dev/null --server=https://127.0.0.1:\(box.port) --insecure-skip-tls-verify get configmaps -o name"
                ).status == 0)
            let secrets = try await box.shell(
                "kubectl --token=\(token) --kubeconfig=/dev/null --server=https://127.0.0.1:\(box.port) --insecure-skip-tls-verify get secrets"
            )
            #expect(
                secrets.err.contains(
                    #"User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default""#
                ), "\(secrets)")
            try await box.ok("create", "clusterrole", "roles", "--verb=create,bind", "--resource=roles")
            try await box.ok("create", "rolebinding", "maker", "--clusterrole=roles", "--user=eve")
            let grant = try await box.refused("create", "role", "more", "--verb=delete", "--resource=pods", "--as=eve")
            #expect(grant.contains("is attempting to grant RBAC permissions not currently held"), "\(grant)")
        }
    }

    @Test("a watch sees each change once and in order")
    func watch() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let line =
                "kubectl get configmaps --watch-only -l w=1 -o name --request-timeout=6s & sleep 2; for i in 1 2 3; do kubectl create configmap w$i >/dev/null; kubectl label configmap w$i w=1 >/dev/null; done; kubectl delete configmap w2 >/dev/null; wait"
            let answer = try await box.shell(line)
            let seen = answer.out.split(separator: "\n").map(String.init)
            #expect(seen == ["configmap/w1", "configmap/w2", "configmap/w3", "configmap/w2"], "\(answer)")
        }
    }

    @Test("what was acknowledged is there after kill -9, and the server starts again on it")
    func killed() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            for round in 1...5 {
                let object = "apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: k\(round)-%d}\\n---\\n"
                let line = "printf '\(object)' $(seq 1 2000) | kubectl create --validate=false -f - -o name"
                async let writing = box.shell(line)
                try await Task.sleep(for: .milliseconds(700 + 150 * round))
                try await box.stop(SIGKILL)
                let acknowledged = Set(try await writing.out.split(separator: "\n").map(String.init))
                try await box.start()
                let stored = Set(
                    try await box.ok("get", "configmaps", "-o", "name").split(separator: "\n").map(String.init))
                #expect(acknowledged.isSubset(of: stored), "lost: \(acknowledged.subtracting(stored))")
            }
        }
    }
}
