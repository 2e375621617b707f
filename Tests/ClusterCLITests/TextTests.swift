import CommandLine
import JSON
import NIOConcurrencyHelpers
import Testing

@testable import ClusterCLI

@Suite("what cluster commands print")
struct TextTests {
    @Test("status names what each node is, and the exit code says what doesn't run")
    func status() {
        var node = NodeStatus(name: "minikube", isControlPlane: true)
        #expect(node.code == 7)
        node.host = "Running"
        node.kubelet = "Running"
        node.server = "Running"
        node.kubeconfig = "Configured"
        #expect(node.code == 0)
        #expect(
            node.text
                == "minikube\ntype: Control Plane\nhost: Running\nkubelet: Running\napiserver: Running\nkubeconfig: Configured\n"
        )
        var worker = NodeStatus(name: "minikube-m02", isControlPlane: false)
        worker.host = "Running"
        #expect(worker.code == 4)
        #expect(worker.text == "minikube-m02\ntype: Worker\nhost: Running\nkubelet: Stopped\n")
        #expect(worker.json["APIServer"].string == "Irrelevant")
    }

    @Test("a framed table has its head centred and its cells as wide as the widest")
    func table() {
        #expect(
            FramedTable.text([["NAME", "URL"], ["a", "http://x"]]) == """
                ┌──────┬──────────┐
                │ NAME │   URL    │
                ├──────┼──────────┤
                │ a    │ http://x │
                └──────┴──────────┘

                """)
    }

    @Test(
        "emoji are for terminals, or for those who ask for them",
        arguments: [
            (true, ["TERM": "xterm"], "✋  Stopping\n"), (true, ["TERM": "dumb"], "* Stopping\n"),
            (false, ["TERM": "xterm"], "* Stopping\n"), (false, ["MINIKUBE_IN_STYLE": "true"], "✋  Stopping\n"),
            (true, ["TERM": "xterm", "MINIKUBE_IN_STYLE": "false"], "* Stopping\n"),
        ])
    func emoji(_ isTerminal: Bool, _ environment: [String: String], _ wanted: String) {
        let bytes = NIOLockedValueBox<[UInt8]>([])
        let out = Output(isTerminal: isTerminal) { new in
            bytes.withLockedValue { $0 += new }
            return true
        }
        Notes(out, environment).say(.stopping, "Stopping")
        #expect(String(decoding: bytes.withLockedValue { $0 }, as: UTF8.self) == wanted)
    }
}
