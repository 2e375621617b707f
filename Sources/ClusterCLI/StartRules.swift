import Cluster
import CommandLine
import DockerCLI
import Fault
import Kubelet

/// What the values of start's flags may be.
enum StartRules {
    private static let nodes = 1...50, simulatedNodes = 0...5_000
    private static let leastMemory: Int64 = 256 << 20

    /// Refuses what has no meaning here, with the reason.
    static func check(_ options: StartOptions) throws {
        try Profile.check(name: options.profile)
        if !options.driver.isEmpty, !Setting.drivers.contains(options.driver) {
            throw Failure(
                "The driver '\(options.driver)' isn't supported: nodes are containers of this engine, --driver=docker",
                exitCode: 56)
        }
        if !options.runtime.isEmpty, !Setting.runtimes.contains(options.runtime) {
            throw Failure(
                "The container runtime '\(options.runtime)' isn't supported: this program has its own, leave the flag out",
                exitCode: 14)
        }
        let version = options.version.drop { $0 == "v" }
        if !version.isEmpty, version != "stable", version != "latest", !version.hasPrefix("1.36") {
            throw Failure(
                "Kubernetes \(options.version) isn't in this program, which is \(ClusterVersions.kubernetes): leave --kubernetes-version out",
                exitCode: 14)
        }
        guard nodes.contains(options.nodes) else {
            throw Failure("--nodes \(options.nodes): a cluster has 1 to 50 nodes", exitCode: 14)
        }
        guard simulatedNodes.contains(options.simulatedNodes) else {
            throw Failure("--simulated-nodes \(options.simulatedNodes): give 0 to 5000", exitCode: 14)
        }
        guard options.waitTimeout > 0 else {
            throw Failure("--wait-timeout: give a time that isn't over at once, as 6m0s", exitCode: 14)
        }
        var kubelet = KubeletSettings(nodeName: "", addresses: [])
        for setting in options.extraConfig {
            do throws(Fault) { try KubeletOption.apply(setting, to: &kubelet) } catch {
                throw Failure("--extra-config \(setting): \(error.message)", exitCode: 14)
            }
        }
        do throws(Fault) { try KubeletOption.check(kubelet) } catch {
            throw Failure("--extra-config: \(error.message)", exitCode: 14)
        }
        if let addon = options.addons.first { throw Verbs.refusal(of: addon) }
        _ = try (processors(options.processors), memory(options.memory))
    }

    /// 0: all of the machine's.
    static func processors(_ text: String) throws -> Int {
        if ["", "max", "no-limit"].contains(text) { return 0 }
        guard let count = Int(text), count > 0 else {
            throw Failure("--cpus \(text): give a number, `max` or `no-limit`", exitCode: 14)
        }
        guard count <= MachineFacts.processors else {
            throw Failure(
                "Requested cpu count \(count) is greater than the available cpus of \(MachineFacts.processors)",
                exitCode: 29)
        }
        return count
    }

    /// Bytes; 0: all of the machine's.
    static func memory(_ text: String) throws -> Int64 {
        if ["", "max", "no-limit"].contains(text) { return 0 }
        // As minikube has it, a bare number is in mebibytes.
        let isPlain = text.allSatisfy(\.isNumber)
        guard let bytes = Units.parseBinarySize(isPlain ? text + "m" : text), bytes >= leastMemory else {
            throw Failure("--memory \(text): give at least 256m", exitCode: 14)
        }
        return bytes
    }
}
