import JSON
import KubeModel

/// Amounts of what nodes have and pods ask for.
struct Resources: Sendable, Equatable {
    /// In thousandths of a core.
    var cpu = 0
    /// In bytes.
    var memory = 0
    /// `ephemeral-storage`, in bytes.
    var storage = 0
    /// Extended resources, huge pages and attachable volumes, by name, in whole units.
    var others: [String: Int] = [:]

    init(cpu: Int = 0, memory: Int = 0, storage: Int = 0, others: [String: Int] = [:]) {
        self.cpu = cpu
        self.memory = memory
        self.storage = storage
        self.others = others
    }

    /// - Parameter list: a `ResourceList`; what isn't scheduled by (`pods`, `storage`) is left out.
    init(_ list: JSON) {
        for (name, amount) in list.object ?? JSONObject() {
            guard let quantity = Quantity(amount) else { continue }
            switch name {
            case "cpu": cpu = quantity.milliValue
            case "memory": memory = quantity.value
            case "ephemeral-storage": storage = quantity.value
            default: if Self.isOther(name) { others[name] = quantity.value }
            }
        }
    }

    static func isOther(_ name: String) -> Bool {
        name.contains("/") || name.hasPrefix("hugepages-") || name.hasPrefix("attachable-volumes-")
    }

    var isZero: Bool { cpu == 0 && memory == 0 && storage == 0 && others.isEmpty }

    static func += (total: inout Resources, some: Resources) {
        total.cpu += some.cpu
        total.memory += some.memory
        total.storage += some.storage
        for (name, amount) in some.others { total.others[name, default: 0] += amount }
    }

    static func -= (total: inout Resources, some: Resources) {
        total.cpu -= some.cpu
        total.memory -= some.memory
        total.storage -= some.storage
        for (name, amount) in some.others { total.others[name, default: 0] -= amount }
    }

    static func + (a: Resources, b: Resources) -> Resources {
        var sum = a
        sum += b
        return sum
    }

    /// Of each resource the larger amount.
    mutating func raise(to some: Resources) {
        cpu = max(cpu, some.cpu)
        memory = max(memory, some.memory)
        storage = max(storage, some.storage)
        for (name, amount) in some.others { others[name] = max(others[name] ?? 0, amount) }
    }
}
