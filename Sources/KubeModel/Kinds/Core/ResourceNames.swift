/// What a resource's name says of it (`helper.IsStandardResourceName` and its relatives).
package enum ResourceNames {
    private static let computed: Set<String> = ["cpu", "memory", "ephemeral-storage"]
    private static let counted: Set<String> = [
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    ]
    private static let quotaPrefixes = ["requests.", "limits."]

    /// `hugepages-2Mi`.
    package static func isHugePage(_ name: String) -> Bool { name.hasPrefix("hugepages-") }

    private static func isQuotaHugePage(_ name: String) -> Bool {
        isHugePage(name) || name.hasPrefix("requests.hugepages-")
    }

    /// Whether a name without a domain means something anywhere.
    package static func isStandard(_ name: String) -> Bool { isStandardForQuota(name) || name == "storage" }

    package static func isStandardForContainers(_ name: String) -> Bool {
        computed.contains(name) || isHugePage(name)
    }

    package static func isStandardForQuota(_ name: String) -> Bool {
        if computed.contains(name) || counted.contains(name) || isQuotaHugePage(name) { return true }
        if name == "requests.storage" { return true }
        for prefix in quotaPrefixes where name.hasPrefix(prefix) {
            return computed.contains(String(name.dropFirst(prefix.count)))
        }
        return false
    }

    /// Whether Kubernetes itself defines it.
    package static func isNative(_ name: String) -> Bool { !name.contains("/") || name.contains("kubernetes.io/") }

    /// Whether it is a device or the like: `example.com/gpu`.
    package static func isExtended(_ name: String) -> Bool {
        !isNative(name) && !name.hasPrefix("requests.") && Names.qualifiedName("requests.\(name)").isEmpty
    }

    /// Whether only whole numbers of it make sense.
    package static func isWhole(_ name: String) -> Bool { counted.contains(name) || isExtended(name) }

    /// Whether more may be promised than there is.
    package static func allowsOvercommit(_ name: String) -> Bool { isNative(name) && !isHugePage(name) }

    /// Whether a pod may ask for it as a whole.
    package static func isForPods(_ name: String) -> Bool { name == "cpu" || name == "memory" || isHugePage(name) }
}
