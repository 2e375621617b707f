import Foundation
import TestKit
import Testing

/// The cluster half of the course, line by line as written, with the output that the originals give.
@Suite("The tutorial's cluster half", .serialized)
struct ClusterTutorialTests {
    enum Kubectl: String, Sendable, CaseIterable, CustomStringConvertible {
        case hako, original
        var description: String { self == .hako ? "hako kubectl" : "the original kubectl" }
        static let available: [Kubectl] = KubeSandbox.hasKubectl ? allCases : [.hako]
        var program: String { self == .hako ? Repo.hako : Repo.root + "/out/kube/bin/kubectl" }
    }

    /// Holds a line's standard output against the pattern; its status must be 0.
    private func expect(
        _ box: Sandbox, _ line: String, _ pattern: String, seconds: Double = 60,
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await box.shell(line, seconds: seconds)
        #expect(answer.status == 0, "\(answer)", sourceLocation: place)
        if let problem = Transcript.mismatch(answer.out, pattern) {
            Issue.record("\(line)\n\(problem)", sourceLocation: place)
        }
    }

    private func links(_ box: Sandbox) async throws -> String {
        try await box.shell("ip -o link | awk -F': ' '{print $2}' | grep -v ^lo; nft list tables").out
    }

    @Test(
        "from start to curl, and back to nothing",
        arguments: Kubectl.available.map { ($0, 1) } + [(Kubectl.available.last ?? .hako, 3)])
    func tutorial(_ kubectl: Kubectl, _ nodes: Int) async throws {
        try await Sandbox.with { box in
            for (name, program) in [("minikube", Repo.hako), ("kubectl", kubectl.program)] {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(box.root)/bin/\(name)", withDestinationPath: program)
            }
            let before = try await links(box)
            let start = try await box.shell("minikube start\(nodes > 1 ? " --nodes \(nodes)" : "")", seconds: 120)
            #expect(start.status == 0, "\(start)")
            let done =
                "Done! kubectl is now configured to use \"minikube\" cluster and \"default\" namespace by default"
            #expect(start.out.hasSuffix("* \(done)\n"), "\(start)")
            try await contexts(box)
            try await deployment(box, nodes)
            try await expect(
                box, "kubectl delete services hello-minikube",
                "service \"hello-minikube\" deleted from default namespace\n")
            try await expect(
                box, "kubectl delete deployment hello-minikube",
                "deployment.apps \"hello-minikube\" deleted from default namespace\n")
            try await until("pods are gone", seconds: 60) {
                try await box.shell("kubectl get pods -o name").out.isEmpty
            }
            let names = (1...nodes).map { $0 == 1 ? "minikube" : "minikube-m0\($0)" }
            let stopped = names.reversed().map {
                "* Stopping node \"\($0)\"  ...\n* Powering off \"\($0)\" via SSH ...\n"
            }
            try await expect(
                box, "minikube stop", stopped.joined() + "* \(nodes) node\(nodes == 1 ? "" : "s") stopped.\n")
            let deleted =
                names.map { "* Deleting container \"\($0)\" ...\n" }
                + names.map { "* Removing \(box.root)/.hako/machines/\($0) ...\n" }
            try await expect(
                box, "minikube delete",
                "* Deleting \"minikube\" in docker ...\n" + deleted.joined()
                    + "* Removed all traces of the \"minikube\" cluster.\n")
            try await expect(
                box, "docker ps", "CONTAINER ID   IMAGE     COMMAND   CREATED   STATUS    PORTS     NAMES\n")
            #expect(try await links(box) == before)
            try await expect(box, "docker volume ls -q; docker network ls -q -f label=io.hakobune.profile", "")
            #expect(!FileManager.default.fileExists(atPath: box.root + "/.hako"))
            let config = try String(contentsOfFile: box.root + "/.kube/config", encoding: .utf8)
            #expect(!config.contains("minikube"), "\(config)")
        }
    }

    private func contexts(_ box: Sandbox) async throws {
        try await expect(
            box, "kubectl config get-contexts",
            """
            CURRENT   NAME       CLUSTER    AUTHINFO   NAMESPACE
            *         minikube   minikube   minikube   default

            """)
        try await expect(box, "kubectl config use-context minikube", "Switched to context \"minikube\".\n")
        try await expect(box, "kubectl config current-context", "minikube\n")
        try await expect(box, "minikube kubectl -- config current-context", "minikube\n")
    }

    private func deployment(_ box: Sandbox, _ nodes: Int) async throws {
        try await expect(
            box, "kubectl create deployment hello-minikube --image=registry.k8s.io/echoserver:1.10",
            "deployment.apps/hello-minikube created\n")
        try await expect(
            box, "kubectl expose deployment hello-minikube --type=NodePort --port=8080",
            "service/hello-minikube exposed\n")
        try await until("the pod runs", seconds: 60) {
            try await box.shell("kubectl get pods").out.contains("1/1     Running   0")
        }
        let pods = try await box.shell("kubectl get pods")
        let lines = pods.out.split(separator: "\n")
        #expect(lines.count == 2, "\(pods)")
        #expect(
            lines.first?.split(separator: " ").map(String.init) == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"])
        let name = lines.last?.split(separator: " ").first.map(String.init) ?? ""
        #expect(name.wholeMatch(of: /hello-minikube-[0-9a-f]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}/) != nil, "\(name)")

        let url = try await box.shell("minikube service hello-minikube --url")
        #expect(url.status == 0 && url.err.isEmpty, "\(url)")
        #expect(url.out.wholeMatch(of: /http:\/\/192\.168\.\d+\.2:3[0-2]\d{3}\n/) != nil, "\(url)")
        let answer = try await box.shell("curl -s \(url.out.dropLast())")
        for wanted in [
            "\nHostname: \(name)\n", "-no pod information available-", "server_version=nginx: 1.13.3 - lua: 10008\n",
        ] {
            #expect(answer.out.contains(wanted), "\(wanted)\n\(answer)")
        }
        // With several nodes the pod may be on another one, and sees the node that passed the request on.
        #expect(nodes > 1 || answer.out.contains("client_address=10.244.0.1\n"), "\(answer)")
    }
}
