import JSON

/// What keeps pods off a node unless they put up with it.
struct Taint: Sendable, Equatable {
    enum Effect: String, Sendable {
        case noSchedule = "NoSchedule", noExecute = "NoExecute", prefer = "PreferNoSchedule"
    }

    let key: String
    let value: String
    let effect: Effect?

    init(key: String, value: String = "", effect: Effect?) {
        self.key = key
        self.value = value
        self.effect = effect
    }

    init(_ json: JSON) {
        self.init(
            key: json["key"].string ?? "", value: json["value"].string ?? "",
            effect: Effect(rawValue: json["effect"].string ?? ""))
    }

    /// Whether it keeps pods from being placed, and not only makes others preferred.
    var forbidsScheduling: Bool { effect == .noSchedule || effect == .noExecute }

    /// `node.kubernetes.io/unschedulable`: a cordoned node has it.
    static let unschedulable = Taint(key: "node.kubernetes.io/unschedulable", effect: .noSchedule)
}

struct Toleration: Sendable, Equatable {
    /// "" for all keys.
    let key: String
    /// nil for all values.
    let value: String?
    /// nil for all effects.
    let effect: Taint.Effect?

    init(_ json: JSON) {
        key = json["key"].string ?? ""
        value = json["operator"].string == "Exists" ? nil : json["value"].string ?? ""
        effect = Taint.Effect(rawValue: json["effect"].string ?? "")
    }

    func tolerates(_ taint: Taint) -> Bool {
        if let effect, effect != taint.effect { return false }
        if !key.isEmpty, key != taint.key { return false }
        return value.map { $0 == taint.value } ?? true
    }
}

extension [Toleration] {
    func tolerate(_ taint: Taint) -> Bool { contains { $0.tolerates(taint) } }

    /// The first taint that keeps the pod off; nil when none does.
    func intolerable(of taints: [Taint]) -> Taint? {
        taints.first { $0.forbidsScheduling && !tolerate($0) }
    }
}
