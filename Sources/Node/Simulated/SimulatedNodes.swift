import JSON
import KubeClient
import KubeModel
import Logging
import NIOConcurrencyHelpers

/// Nodes that exist in the API only: they are ready, and every pod that gets one of them is running at once, with an
/// address, until it is deleted. For trying out and measuring what is above a kubelet with thousands of nodes.
package final class SimulatedNodes: Sendable {
    /// Pods whose status is being written at once.
    private static let writesAtOnce = 32
    /// Seconds between two renewals of a node's lease, and that it holds. Source: kubelet's defaults.
    private static let renewal = 10.0, leaseDuration = 40

    private let api: any ObjectAPI
    private let names: [String]
    private let numbers: [String: Int]
    private let pods: Informer
    private let addresses = NIOLockedValueBox(PodAddresses())
    private let log: Logger
    private let now: @Sendable () -> Double

    /// - Parameters:
    ///   - api: of a user who may write nodes, leases and pods' statuses, and delete pods.
    ///   - count: up to 32,768.
    ///   - prefix: before the nodes' numbers, which begin with 0.
    ///   - now: seconds since 1970, with fractions.
    package init(
        _ api: any ObjectAPI, count: Int, prefix: String = "simulated-", log: Logger,
        now: @escaping @Sendable () -> Double
    ) {
        self.api = api
        self.log = log
        self.now = now
        let names = (0..<count).map { "\(prefix)\($0)" }
        self.names = names
        numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        pods = Informer(api, .pods, log: log)
    }

    /// Registers the nodes, then plays them until its task is cancelled; they stay registered.
    package func run() async {
        await register()
        let loop = ReconcileLoop<ObjectKey>("simulated nodes", workers: Self.writesAtOnce, log: log) { key in
            try await self.play(key)
            return .settled
        }
        pods.observe { change in
            let node = change.object["spec"]["nodeName"].string ?? ""
            guard self.numbers[node] != nil else { return }
            if change.new == nil {
                self.addresses.withLockedValue { $0.free(change.object) }
            } else {
                loop.enqueue(change.key)
            }
        }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.pods.run() }
            group.addTask { await loop.run() }
            group.addTask { await self.renewLeases() }
        }
    }

    // MARK: Nodes

    private func register() async {
        await withDiscardingTaskGroup { group in
            for start in 0..<min(Self.writesAtOnce, names.count) {
                group.addTask {
                    for number in stride(from: start, to: self.names.count, by: Self.writesAtOnce) {
                        await self.register(number)
                    }
                }
            }
        }
    }

    private func register(_ number: Int) async {
        let node = SimulatedNode.object(names[number], number, time: Timestamp(now()).text)
        do throws(APIStatus) {
            do {
                _ = try await api.create(.nodes, node)
            } catch  where error.code == 409 {}
            // Defaults and admission may have left out what only a status may say.
            _ = try await api.patch(
                .nodes, "", names[number], subresource: "status", .strategic(["status": node["status"]]))
            try await api.create(.leases, lease(number))
        } catch {
            if error.code != 409 {
                log.warning("can't register node \(names[number])", metadata: ["error": "\(error)"])
            }
        }
    }

    private func lease(_ number: Int) -> JSON {
        [
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["name": .string(names[number]), "namespace": "kube-node-lease"],
            "spec": [
                "holderIdentity": .string(names[number]), "leaseDurationSeconds": JSON(Self.leaseDuration),
                "renewTime": .string(Timestamp(now()).microText),
            ],
        ]
    }

    /// One node after the other, evenly over the time.
    private func renewLeases() async {
        guard !names.isEmpty else { return }
        let pause = Duration.microseconds(Int64(Self.renewal * 1e6) / Int64(names.count))
        var next = ContinuousClock.now
        while true {
            for number in names.indices {
                next += pause
                do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
                let patch: JSON = ["spec": ["renewTime": .string(Timestamp(now()).microText)]]
                do throws(APIStatus) {
                    _ = try await api.patch(.leases, "kube-node-lease", names[number], subresource: "", .merge(patch))
                } catch {
                    log.debug("lease not renewed", metadata: ["node": "\(names[number])", "error": "\(error)"])
                }
            }
        }
    }

    // MARK: Pods

    private func play(_ key: ObjectKey) async throws {
        guard let pod = pods.object(key), let number = numbers[pod["spec"]["nodeName"].string ?? ""] else { return }
        do throws(APIStatus) {
            if !pod["metadata"]["deletionTimestamp"].isNull {
                let options: JSON = [
                    "gracePeriodSeconds": 0, "preconditions": ["uid": pod["metadata"]["uid"]],
                ]
                try await api.delete(.pods, key.namespace, key.name, options)
            } else if pod["status"]["phase"].string == "Pending" {
                let address = addresses.withLockedValue { $0.take(pod, on: number) }
                let status = SimulatedNode.running(pod, number, address: address, time: Timestamp(now()).text)
                _ = try await api.patch(
                    .pods, key.namespace, key.name, subresource: "status",
                    .strategic(["metadata": ["uid": pod["metadata"]["uid"]], "status": status]))
            }
        } catch {
            // Gone, or another pod of the same name by now.
            if error.code != 404, error.code != 409 { throw error }
        }
    }
}
