import Foundation
import TestKit
import Testing

/// Helm and the Python client, unmodified, against `hako apiserver`.
@Suite("Kubernetes clients", .serialized, .enabled(if: KubeSandbox.hasKubectl))
struct KubeClientsTests {
    static let python = Repo.root + "/out/python/bin/python"
    static let helm = Repo.root + "/out/kube/bin/helm"

    @Test("ordinary use through the Python client", .enabled(if: FileManager.default.isExecutableFile(atPath: python)))
    func pythonClient() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let answer = try await box.shell(
                "\(Self.python) \(Repo.root)/Tests/SystemTests/Python/kubernetes_client.py", seconds: 120)
            #expect(answer.status == 0, "\(answer)")
        }
    }

    @Test(
        "helm installs, upgrades, rolls back and uninstalls a chart with definitions of its own",
        .enabled(if: FileManager.default.isExecutableFile(atPath: helm)))
    func helmChart() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            let chart = "\(Repo.root)/Tests/SystemTests/Chart"
            func helm(_ line: String, at place: SourceLocation = #_sourceLocation) async throws -> String {
                let answer = try await box.shell("helm \(line)", seconds: 120)
                #expect(answer.status == 0, "\(answer)", sourceLocation: place)
                return answer.out
            }
            #expect(try await helm("install r \(chart)").contains("STATUS: deployed"))
            #expect(try await box.ok("get", "ct", "r-ct", "-o", "jsonpath={.spec.replicas}") == "2")
            _ = try await helm("upgrade r \(chart) --set replicas=4")
            #expect(try await box.ok("get", "deployment", "r-web", "-o", "jsonpath={.spec.replicas}") == "4")
            _ = try await helm("rollback r 1")
            #expect(try await box.ok("get", "deployment", "r-web", "-o", "jsonpath={.spec.replicas}") == "2")
            #expect(try await helm("history r").contains("Rollback to 1"))
            #expect(try await helm("uninstall r").contains("uninstalled"))
            #expect(try await box.ok("get", "deployments,services,ct", "-o", "name") == "service/kubernetes")
        }
    }

    @Test("hostile requests get their status and take nothing with them")
    func hostileRequests() async throws {
        try await KubeSandbox.with { (box: KubeSandbox) async throws in
            try await until("the root certificate's map") {
                try await box.kubectl("get", "configmap", "kube-root-ca.crt").status == 0
            }
            let line = """
                for n in certificate-authority-data:ca client-certificate-data:cert client-key-data:key; do
                    sed -n "s/.*${n%:*}: //p" \(box.kubeconfig) | base64 -d >\(box.root)/${n#*:}.pem
                done
                python3 \(Repo.root)/Tests/SystemTests/Python/hostile.py \(box.port) \(box.pid ?? 0) \(box.root)
                """
            let answer = try await box.shell(line, seconds: 120)
            #expect(answer.status == 0, "\(answer)")
        }
    }
}
