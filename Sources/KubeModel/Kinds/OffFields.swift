import JSON

/// Fields of features that are off in 1.36: a write leaves them out, unless the object has them already (upstream's
/// `dropDisabledFields` under the feature gates' defaults).
package enum OffFields {
    /// Member names; `*` is each element of a list or value of a map.
    private struct Place {
        let path: [String]
        /// Whether what holds the field goes with it when it is then empty.
        var takesHolder = false

        init(_ path: String, takesHolder: Bool = false) {
            self.path = path.split(separator: ".").map(String.init)
            self.takesHolder = takesHolder
        }

        func below(_ prefix: [String]) -> Place {
            Place(path: prefix + path, takesHolder: takesHolder)
        }

        private init(path: [String], takesHolder: Bool) {
            self.path = path
            self.takesHolder = takesHolder
        }
    }

    /// Each group's fields stay or go together.
    private static let ofPodSpecs: [[Place]] = [
        // GenericWorkload
        [Place("schedulingGroup")],
        // ContainerStopSignals
        ["containers", "initContainers", "ephemeralContainers"].map {
            Place("\($0).*.lifecycle.stopSignal", takesHolder: true)
        },
        // ClusterTrustBundleProjection
        [Place("volumes.*.projected.sources.*.clusterTrustBundle")],
        // PodCertificateRequest
        [Place("volumes.*.projected.sources.*.podCertificate")],
    ]

    /// Where kinds have their pods' specification.
    private static let podSpecs: [String: String] = [
        "/Pod": "spec", "/PodTemplate": "template.spec", "/ReplicationController": "spec.template.spec",
        "apps/Deployment": "spec.template.spec", "apps/ReplicaSet": "spec.template.spec",
        "apps/DaemonSet": "spec.template.spec", "apps/StatefulSet": "spec.template.spec",
        "batch/Job": "spec.template.spec", "batch/CronJob": "spec.jobTemplate.spec.template.spec",
    ]

    private static let ofKinds: [String: [[Place]]] = [
        "/Pod": [
            // ImageVolumeWithDigest
            ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"].map {
                Place("status.\($0).*.volumeMounts.*.volumeStatus")
            },
            // DRANodeAllocatableResources
            [Place("status.nodeAllocatableResourceClaimStatuses")],
        ],
        // VolumeLimitScaling
        "storage.k8s.io/CSIDriver": [[Place("spec.preventPodSchedulingIfMissing")]],
        "resource.k8s.io/ResourceSlice": [
            // DRANodeAllocatableResources
            [Place("spec.devices.*.nodeAllocatableResourceMappings")],
            // DRAListTypeAttributes
            ["bools", "ints", "strings", "versions"].map { Place("spec.devices.*.attributes.*.\($0)") },
        ],
    ]

    private static let table: [String: [[Place]]] = {
        var table = ofKinds
        for (kind, path) in podSpecs {
            let prefix = path.split(separator: ".").map(String.init)
            table[kind, default: []] += ofPodSpecs.map { group in group.map { $0.below(prefix) } }
        }
        return table
    }()

    /// - Parameter old: the object before the write; nil: it is new.
    package static func drop(from new: inout JSON, old: JSON?, group: String, kind: String) {
        for places in table["\(group)/\(kind)"] ?? [] {
            guard places.contains(where: { isUsed(new, $0.path[...]) }) else { continue }
            if let old, places.contains(where: { isUsed(old, $0.path[...]) }) { continue }
            for place in places { remove(from: &new, place.path[...], place.takesHolder) }
        }
    }

    private static func isUsed(_ value: JSON, _ path: ArraySlice<String>) -> Bool {
        guard let name = path.first else { return !value.isNull }
        switch value {
        case .object(let members) where name == "*":
            return members.contains { isUsed($0.1, path.dropFirst()) }
        case .array(let elements) where name == "*":
            return elements.contains { isUsed($0, path.dropFirst()) }
        case .object(let members): return members[name].map { isUsed($0, path.dropFirst()) } ?? false
        default: return false
        }
    }

    private static func remove(from value: inout JSON, _ path: ArraySlice<String>, _ takesHolder: Bool) {
        guard let name = path.first else { return }
        let rest = path.dropFirst()
        if name == "*" {
            switch value {
            case .array(var elements):
                for index in elements.indices { remove(from: &elements[index], rest, takesHolder) }
                value = .array(elements)
            case .object(let members):
                for (key, _) in members { value.edit(key) { remove(from: &$0, rest, takesHolder) } }
            default: break
            }
        } else if rest.isEmpty {
            value.remove(name)
        } else {
            value.edit(name) { remove(from: &$0, rest, takesHolder) }
            if takesHolder, rest.count == 1, value[name].object?.isEmpty == true { value.remove(name) }
        }
    }
}
