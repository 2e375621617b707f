/// `policy` Eviction: asks for a pod's deletion that heeds budgets; written to a pod's `eviction`, never stored.
enum Eviction {
    static let rules = KindRules(group: "policy", kind: "Eviction")
}
