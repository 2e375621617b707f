import JSON

/// What a simulated node says of itself and of its pods.
enum SimulatedNode {
    /// Marks its object: nothing is to be reached there.
    private static let label = "hakobune.dev/simulated"

    static func isOne(_ node: JSON) -> Bool { node["metadata"]["labels"][label].string == "true" }

    /// `10.128.0.0/24` for the first: a network of its own for each.
    static func podNetwork(_ number: Int) -> String { "10.\(128 + number / 256).\(number % 256)" }

    static func address(_ number: Int) -> String { "172.\(16 + number / 65_536).\(number / 256 % 256).\(number % 256)" }

    static func object(_ name: String, _ number: Int, time: String) -> JSON {
        let amounts: JSON = ["cpu": "32", "memory": "256Gi", "ephemeral-storage": "512Gi", "pods": "110"]
        return [
            "apiVersion": "v1", "kind": "Node",
            "metadata": [
                "name": .string(name),
                "labels": [
                    "kubernetes.io/hostname": .string(name), "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
                    label: "true",
                ],
            ],
            "spec": [
                "podCIDR": .string(podNetwork(number) + ".0/24"), "podCIDRs": [.string(podNetwork(number) + ".0/24")],
            ],
            "status": [
                "capacity": amounts, "allocatable": amounts,
                "addresses": [
                    ["type": "InternalIP", "address": .string(address(number))],
                    ["type": "Hostname", "address": .string(name)],
                ],
                "conditions": .array(conditions(time)),
                "nodeInfo": [
                    "architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.36.0",
                    "containerRuntimeVersion": "simulated://1", "osImage": "simulated", "kernelVersion": "",
                    "machineID": "", "systemUUID": "", "bootID": "", "kubeProxyVersion": "",
                ],
            ],
        ]
    }

    private static func conditions(_ time: String) -> [JSON] {
        let good: [(type: String, status: String, reason: String, message: String)] = [
            ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ]
        return good.map { condition in
            [
                "type": .string(condition.type), "status": .string(condition.status),
                "reason": .string(condition.reason), "message": .string(condition.message),
                "lastHeartbeatTime": .string(time), "lastTransitionTime": .string(time),
            ]
        }
    }

    /// The status of a pod all of whose containers run.
    static func running(_ pod: JSON, _ number: Int, address: String, time: String) -> JSON {
        let containers = (pod["spec"]["containers"].array ?? []).map { container -> JSON in
            [
                "name": container["name"], "image": container["image"], "imageID": container["image"],
                "containerID": .string(
                    "simulated://\(pod["metadata"]["uid"].string ?? "")/\(container["name"].string ?? "")"),
                "ready": true, "started": true, "restartCount": 0, "state": ["running": ["startedAt": .string(time)]],
            ]
        }
        let isHost = pod["spec"]["hostNetwork"].bool == true
        let own = isHost ? self.address(number) : address
        let kinds = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"]
        return [
            "phase": "Running", "startTime": .string(time), "hostIP": .string(self.address(number)),
            "hostIPs": [["ip": .string(self.address(number))]], "podIP": .string(own), "podIPs": [["ip": .string(own)]],
            "conditions": .array(
                kinds.map { ["type": .string($0), "status": "True", "lastTransitionTime": .string(time)] }),
            "containerStatuses": .array(containers),
        ]
    }
}
